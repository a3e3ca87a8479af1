//! One change of one component: the content of an AppDataUpdate proposal.
//!
//! Participant list and join links are changed by a difference, all others are replaced as a whole.
//! Not here: what the change does (`apply`), and the proposal around it (`mls`).

use tls_codec::{DeserializeBytes, Serialize};

use super::{
    BASE_POLICY, DecodeError, FRANKING_AGENT, FrankingAgent, JOIN_LINK_POLICY, JOIN_LINKS,
    OPERATIONAL_POLICY, PARTICIPANT_LIST, PREAUTHORIZED, ParticipantListUpdate, ROLES,
    ROOM_METADATA, RoomMetadata, encoded, malformed,
};
use crate::mimi::policy::{
    BaseRoomPolicy, JoinLinkPolicy, JoinLinksUpdate, OperationalParameters, PreAuthData, RoleData,
};

macro_rules! updates {
    ($($(#[$doc:meta])* $variant:ident($content:ty) = $id:ident;)*) => {
        /// A change of one component.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum ComponentUpdate {
            $($(#[$doc])* $variant($content),)*
        }

        impl ComponentUpdate {
            /// The component that it changes.
            pub fn component_id(&self) -> u16 {
                match self {
                    $(Self::$variant(_) => $id,)*
                }
            }

            /// The `update` field of an AppDataUpdate.
            pub fn encode(&self) -> Vec<u8> {
                encoded(match self {
                    $(Self::$variant(update) => update.tls_serialize_detached(),)*
                })
            }

            /// Reads the `update` field of an AppDataUpdate.
            ///
            /// # Errors
            /// When the component is none of a room's, or `bytes` are not exactly one update of
            /// it.
            pub fn decode(component_id: u16, bytes: &[u8]) -> Result<Self, DecodeError> {
                match component_id {
                    $($id => DeserializeBytes::tls_deserialize_exact_bytes(bytes)
                        .map(Self::$variant),)*
                    other => return Err(DecodeError::UnknownComponent(other)),
                }
                .map_err(malformed(component_id))
            }
        }
    };
}

updates! {
    /// Changes the participant list (P06 §7.5).
    Participants(ParticipantListUpdate) = PARTICIPANT_LIST;
    /// Replaces the metadata (P06 §7.6).
    Metadata(RoomMetadata) = ROOM_METADATA;
    /// Replaces the definitions of roles (RP03 §3).
    Roles(RoleData) = ROLES;
    /// Replaces the franking key (P06 §5.4.1).
    FrankingAgent(FrankingAgent) = FRANKING_AGENT;
    /// Replaces the operational policy (RP03 §7).
    Operational(Box<OperationalParameters>) = OPERATIONAL_POLICY;
    /// Replaces the preauthorised users (RP03 §4).
    Preauthorized(PreAuthData) = PREAUTHORIZED;
    /// Replaces the base policy (RP03 §5).
    Base(BaseRoomPolicy) = BASE_POLICY;
    /// Replaces the policy of join links (RP03 §6.2).
    JoinLinkPolicy(JoinLinkPolicy) = JOIN_LINK_POLICY;
    /// Changes the join links (RP03 §6.2).
    JoinLinks(JoinLinksUpdate) = JOIN_LINKS;
}
