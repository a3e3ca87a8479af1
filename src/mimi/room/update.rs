//! One change of one component: the content of an AppDataUpdate proposal.
//!
//! The participant list is changed by a difference, metadata and roles are replaced as a whole.
//! Not here: what the change does (`apply`), and the proposal around it (`mls`).

use tls_codec::{DeserializeBytes, Serialize};

use super::{
    DecodeError, PARTICIPANT_LIST, ParticipantListUpdate, ROLES, ROOM_METADATA, RoomMetadata,
    encoded, malformed,
};
use crate::mimi::policy::RoleData;

/// A change of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentUpdate {
    /// Changes the participant list (P06 §7.5).
    Participants(ParticipantListUpdate),
    /// Replaces the metadata (P06 §7.6).
    Metadata(RoomMetadata),
    /// Replaces the definitions of roles (RP03 §3).
    Roles(RoleData),
}

impl ComponentUpdate {
    /// The component that it changes.
    pub fn component_id(&self) -> u16 {
        match self {
            Self::Participants(_) => PARTICIPANT_LIST,
            Self::Metadata(_) => ROOM_METADATA,
            Self::Roles(_) => ROLES,
        }
    }

    /// The `update` field of an AppDataUpdate.
    pub fn encode(&self) -> Vec<u8> {
        encoded(match self {
            Self::Participants(update) => update.tls_serialize_detached(),
            Self::Metadata(update) => update.tls_serialize_detached(),
            Self::Roles(update) => update.tls_serialize_detached(),
        })
    }

    /// Reads the `update` field of an AppDataUpdate.
    ///
    /// # Errors
    /// When the component is none of a room's, or `bytes` are not exactly one update of it.
    pub fn decode(component_id: u16, bytes: &[u8]) -> Result<Self, DecodeError> {
        match component_id {
            PARTICIPANT_LIST => {
                DeserializeBytes::tls_deserialize_exact_bytes(bytes).map(Self::Participants)
            }
            ROOM_METADATA => {
                DeserializeBytes::tls_deserialize_exact_bytes(bytes).map(Self::Metadata)
            }
            ROLES => DeserializeBytes::tls_deserialize_exact_bytes(bytes).map(Self::Roles),
            other => return Err(DecodeError::UnknownComponent(other)),
        }
        .map_err(malformed(component_id))
    }
}
