//! The room state as data: participants, metadata and policy, as the GroupContext carries them.
//!
//! Each is a component of the `app_data_dictionary` extension (P06 §7.2) in TLS presentation
//! language. A [`RoomState`] is all of them, decoded and consistent. Participants, metadata and
//! roles there must be; what a room without one of the others is like, each says itself. The state
//! changes by [`ComponentUpdate`]s, the content of AppDataUpdate proposals: [`RoomState::apply`]
//! gives the state after the commit that carries them. No component can be removed: an update to
//! the default does the same for the optional ones.
//!
//! Not here: who may change what (`rules`), what a policy is (`policy`), and anything of MLS.

mod apply;
mod charter;
mod codec;
mod franking_agent;
mod metadata;
mod participants;
mod policy_change;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_policy;
mod update;

use sha2::{Digest, Sha256};
use thiserror::Error;
use tls_codec::{DeserializeBytes, Serialize};

pub use apply::ApplyError;
pub use charter::{Charter, CharterError, Whom};
pub(in crate::mimi) use codec::{flag, text};
pub use franking_agent::FrankingAgent;
pub use metadata::{RichDescription, RoomMetadata};
pub use participants::{ChangedRole, Participant, ParticipantList, ParticipantListUpdate};
pub use policy_change::PolicyChange;
pub use update::ComponentUpdate;

use super::policy::{
    BANNED, BaseRoomPolicy, Capability, JoinLinkPolicy, JoinLinks, NO_ROLE, OperationalParameters,
    PreAuthData, RoleData, SUPER_ADMIN,
};
use super::uri::{RoomUri, UserUri};

/// Component id of the franking key (P06 §5.4.1).
pub const FRANKING_AGENT: u16 = 0x0021;
/// Component id of the participant list (P06 §7.5).
pub const PARTICIPANT_LIST: u16 = 0x0022;
/// Component id of the metadata (P06 §7.6).
pub const ROOM_METADATA: u16 = 0x0023;
/// Component id of the operational policy (RP03 §7).
pub const OPERATIONAL_POLICY: u16 = 0x0024;
/// Component id of the roles (RP03 §3).
pub const ROLES: u16 = 0x0025;
/// Component id of the preauthorised users (RP03 §4).
pub const PREAUTHORIZED: u16 = 0x0026;
/// Component id of the base policy (RP03 §5).
pub const BASE_POLICY: u16 = 0x0027;
/// Component id of the policy of join links (RP03 §6.2).
pub const JOIN_LINK_POLICY: u16 = 0x0029;
/// Component id of the join links (RP03 §6.2).
pub const JOIN_LINKS: u16 = 0x002a;

/// Every component that a room may have, in the order of the ids.
pub const COMPONENTS: [u16; 9] = [
    FRANKING_AGENT,
    PARTICIPANT_LIST,
    ROOM_METADATA,
    OPERATIONAL_POLICY,
    ROLES,
    PREAUTHORIZED,
    BASE_POLICY,
    JOIN_LINK_POLICY,
    JOIN_LINKS,
];

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
    #[error(
        "component {0:#06x} is none that rooms have here: expected 0x0021 to 0x0027, 0x0029, 0x002a"
    )]
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
    /// Who signs franks; nobody where there is none.
    pub franking_agent: Option<FrankingAgent>,
    /// How the room uses MLS; read it by [`RoomState::operational_policy`].
    pub operational: Option<Box<OperationalParameters>>,
    /// Who has a right to a role without being listed; nobody where there is none.
    pub preauthorized: Option<PreAuthData>,
    /// What kind of room it is; read it by [`RoomState::base_policy`].
    pub base: Option<BaseRoomPolicy>,
    /// How join links are made.
    pub join_link_policy: Option<JoinLinkPolicy>,
    /// The codes that are valid; none where there is none.
    pub join_links: Option<JoinLinks>,
}

static UNSTATED_BASE: BaseRoomPolicy = BaseRoomPolicy::UNSTATED;
static UNSTATED_OPERATIONAL: OperationalParameters = OperationalParameters::UNSTATED;

impl RoomState {
    /// A new room under the cooperative policy (RP03 Appendix A.1), with its creator as super
    /// admin and only participant.
    pub fn cooperative(uri: RoomUri, name: &str, creator: UserUri) -> Self {
        let creator = Participant { user: creator, role: SUPER_ADMIN };
        Self::with(vec![creator], RoleData::cooperative(), uri, name)
    }

    /// A new room with no more than it must have.
    fn with(participants: Vec<Participant>, roles: RoleData, uri: RoomUri, name: &str) -> Self {
        Self {
            participants: ParticipantList { participants },
            roles,
            metadata: RoomMetadata::named(uri, name),
            franking_agent: None,
            operational: None,
            preauthorized: None,
            base: None,
            join_link_policy: None,
            join_links: None,
        }
    }

    /// Reads the state from a GroupContext; `component` gives the data of a component by its id.
    ///
    /// # Errors
    /// When participants, metadata or roles are missing, a component is malformed, or they
    /// contradict each other: a user listed twice, a role that is not defined.
    pub fn decode(component: impl Fn(u16) -> Option<Vec<u8>>) -> Result<Self, DecodeError> {
        let state = Self {
            participants: read(&component, PARTICIPANT_LIST)?,
            roles: read(&component, ROLES)?,
            metadata: read(&component, ROOM_METADATA)?,
            franking_agent: read_optional(&component, FRANKING_AGENT)?,
            operational: read_optional(&component, OPERATIONAL_POLICY)?,
            preauthorized: read_optional(&component, PREAUTHORIZED)?,
            base: read_optional(&component, BASE_POLICY)?,
            join_link_policy: read_optional(&component, JOIN_LINK_POLICY)?,
            join_links: read_optional(&component, JOIN_LINKS)?,
        };
        state.check()?;
        Ok(state)
    }

    /// The data of one component; none where the room has no such component.
    pub fn encode_component(&self, id: u16) -> Option<Vec<u8>> {
        fn optional<T: Serialize>(data: &Option<T>) -> Option<Vec<u8>> {
            data.as_ref().map(|data| encoded(data.tls_serialize_detached()))
        }
        match id {
            FRANKING_AGENT => optional(&self.franking_agent),
            PARTICIPANT_LIST => Some(encoded(self.participants.tls_serialize_detached())),
            ROOM_METADATA => Some(encoded(self.metadata.tls_serialize_detached())),
            OPERATIONAL_POLICY => optional(&self.operational),
            ROLES => Some(encoded(self.roles.tls_serialize_detached())),
            PREAUTHORIZED => optional(&self.preauthorized),
            BASE_POLICY => optional(&self.base),
            JOIN_LINK_POLICY => optional(&self.join_link_policy),
            JOIN_LINKS => optional(&self.join_links),
            _ => None,
        }
    }

    /// Id and data of each component that the room has, in the order of the ids.
    pub fn components(&self) -> Vec<(u16, Vec<u8>)> {
        let data = COMPONENTS.map(|id| self.encode_component(id).map(|data| (id, data)));
        data.into_iter().flatten().collect()
    }

    /// What kind of room it is, also where it does not say.
    pub fn base_policy(&self) -> &BaseRoomPolicy {
        self.base.as_ref().unwrap_or(&UNSTATED_BASE)
    }

    /// How the room uses MLS, also where it does not say.
    pub fn operational_policy(&self) -> &OperationalParameters {
        self.operational.as_deref().unwrap_or(&UNSTATED_OPERATIONAL)
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

fn read_optional<T: DeserializeBytes>(
    component: impl Fn(u16) -> Option<Vec<u8>>,
    id: u16,
) -> Result<Option<T>, DecodeError> {
    let data = component(id);
    data.map(|data| T::tls_deserialize_exact_bytes(&data).map_err(malformed(id))).transpose()
}

fn malformed(component: u16) -> impl Fn(tls_codec::Error) -> DecodeError {
    move |error| DecodeError::Malformed { component, why: error.to_string() }
}

fn encoded(bytes: Result<Vec<u8>, tls_codec::Error>) -> Vec<u8> {
    // Encoding fails only for a vector of 2^30 bytes or more, and rooms grow by bodies of at most
    // 1 MiB.
    bytes.expect("a room's component is shorter than 2^30 bytes")
}
