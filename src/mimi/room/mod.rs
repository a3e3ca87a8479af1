//! The room state as data: participants, roles and metadata, as the GroupContext carries them.
//!
//! Each is a component of the `app_data_dictionary` extension (P06 §7.2) in TLS presentation
//! language. A [`RoomState`] is all three, decoded and consistent. It changes by
//! [`ComponentUpdate`]s, the content of AppDataUpdate proposals: [`RoomState::apply`] gives the
//! state after the commit that carries them.
//!
//! Not here: who may change what (`rules`), what roles allow (`policy`), the other components of
//! RP03 (preauthorisation, base policy, operational parameters), and anything of MLS.

mod apply;
mod codec;
mod metadata;
mod participants;
#[cfg(test)]
mod tests;
mod update;

use sha2::{Digest, Sha256};
use thiserror::Error;
use tls_codec::{DeserializeBytes, Serialize};

pub use apply::ApplyError;
pub(in crate::mimi) use codec::text;
pub use metadata::{RichDescription, RoomMetadata};
pub use participants::{ChangedRole, Participant, ParticipantList, ParticipantListUpdate};
pub use update::ComponentUpdate;

use super::policy::{BANNED, Capability, NO_ROLE, RoleData, SUPER_ADMIN};
use super::uri::{RoomUri, UserUri};

/// Component id of the participant list (P06 §7.5).
pub const PARTICIPANT_LIST: u16 = 0x0022;
/// Component id of the metadata (P06 §7.6).
pub const ROOM_METADATA: u16 = 0x0023;
/// Component id of the roles (RP03 §3).
pub const ROLES: u16 = 0x0025;

/// Why bytes are not what a room's component or update should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The component is not in the GroupContext.
    #[error("component {0:#06x} is missing: expected participant list, metadata and roles")]
    Missing(u16),
    /// The bytes are not of the component's format.
    #[error("component {component:#06x} is malformed: {why}")]
    Malformed {
        /// Id of the component.
        component: u16,
        /// What the decoder met.
        why: String,
    },
    /// No component of a room has this id.
    #[error("component {0:#06x} is none of a room's: expected 0x0022, 0x0023 or 0x0025")]
    UnknownComponent(u16),
    /// Each component can be read, but they contradict themselves or each other.
    #[error("the room state contradicts itself: {0}")]
    Inconsistent(#[from] ApplyError),
}

/// All that a room agrees on beside its MLS group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomState {
    /// Who is in the room.
    pub participants: ParticipantList,
    /// What each role may do.
    pub roles: RoleData,
    /// What people see of the room.
    pub metadata: RoomMetadata,
}

impl RoomState {
    /// A new room under the cooperative policy (RP03 Appendix A.1), with its creator as super
    /// admin and only participant.
    pub fn cooperative(uri: RoomUri, name: &str, creator: UserUri) -> Self {
        let creator = Participant { user: creator, role: SUPER_ADMIN };
        Self {
            participants: ParticipantList { participants: vec![creator] },
            roles: RoleData::cooperative(),
            metadata: RoomMetadata::named(uri, name),
        }
    }

    /// Reads the state from a GroupContext; `component` gives the data of a component by its id.
    ///
    /// # Errors
    /// When one of the three is missing or malformed, or when they contradict each other: a user
    /// listed twice, a role that is not defined.
    pub fn decode(component: impl Fn(u16) -> Option<Vec<u8>>) -> Result<Self, DecodeError> {
        let state = Self {
            participants: read(&component, PARTICIPANT_LIST)?,
            roles: read(&component, ROLES)?,
            metadata: read(&component, ROOM_METADATA)?,
        };
        state.check()?;
        Ok(state)
    }

    /// The data of one component; empty where `id` is none of the three.
    pub fn encode_component(&self, id: u16) -> Vec<u8> {
        match id {
            PARTICIPANT_LIST => encoded(self.participants.tls_serialize_detached()),
            ROOM_METADATA => encoded(self.metadata.tls_serialize_detached()),
            ROLES => encoded(self.roles.tls_serialize_detached()),
            _ => Vec::new(),
        }
    }

    /// Id and data of each component, in the order of the ids.
    pub fn components(&self) -> [(u16, Vec<u8>); 3] {
        [PARTICIPANT_LIST, ROOM_METADATA, ROLES].map(|id| (id, self.encode_component(id)))
    }

    /// The user's role, also where that is "banned"; none if it is not in the list.
    pub fn role_of(&self, user: &UserUri) -> Option<u32> {
        let mut participants = self.participants.participants.iter();
        participants.find(|listed| listed.user == *user).map(|listed| listed.role)
    }

    /// The user's place in the list, as updates name it.
    pub fn index_of(&self, user: &UserUri) -> Option<u32> {
        let mut participants = self.participants.participants.iter();
        let place = participants.position(|listed| listed.user == *user)?;
        u32::try_from(place).ok()
    }

    /// Whether the user is in the list and not banned.
    pub fn is_participant(&self, user: &UserUri) -> bool {
        self.role_of(user).is_some_and(|role| !self.is_ban(role))
    }

    /// Whether `role` is the one of the banned: index 1, if it is named "banned" (R49).
    pub fn is_ban(&self, role: u32) -> bool {
        role == BANNED && self.roles.get(BANNED).is_some_and(|role| role.name == "banned")
    }

    /// Whether the user's role holds the capability. Role 0 speaks for users who are not listed.
    pub fn can(&self, user: &UserUri, capability: Capability) -> bool {
        let role = self.roles.get(self.role_of(user).unwrap_or(NO_ROLE));
        role.is_some_and(|role| role.holds(capability))
    }

    /// SHA-256 over the decoded value, encoded anew: two nodes that read the same bytes in
    /// different ways have different hashes (I2).
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for (id, data) in self.components() {
            hasher.update(id.to_be_bytes());
            hasher.update((data.len() as u64).to_be_bytes());
            hasher.update(data);
        }
        hasher.finalize().into()
    }
}

fn read<T: DeserializeBytes>(
    component: impl Fn(u16) -> Option<Vec<u8>>,
    id: u16,
) -> Result<T, DecodeError> {
    let data = component(id).ok_or(DecodeError::Missing(id))?;
    T::tls_deserialize_exact_bytes(&data).map_err(malformed(id))
}

fn malformed(component: u16) -> impl Fn(tls_codec::Error) -> DecodeError {
    move |error| DecodeError::Malformed { component, why: error.to_string() }
}

fn encoded(bytes: Result<Vec<u8>, tls_codec::Error>) -> Vec<u8> {
    // Encoding fails only for a vector of 2^30 bytes or more, and rooms grow by bodies of at most
    // 1 MiB.
    bytes.expect("a room's component is shorter than 2^30 bytes")
}
