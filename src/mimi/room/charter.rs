//! What a room is founded with: the preset that it takes its roles from, and what differs.
//!
//! A charter is what people write; [`Charter::found`] makes the first room state of it. Components
//! that would only say what holds anyway are left out.

use std::collections::BTreeSet;

use thiserror::Error;

use super::{ApplyError, COMPONENTS, Participant, RoomState};
use crate::mimi::policy::{
    BaseRoomPolicy, Capability, Claim, JoinLink, JoinLinks, NO_ROLE, OperationalParameters,
    PRESETS, PreAuthData, PreAuthRoleEntry, Preset, Role, RoleData,
};
use crate::mimi::uri::{ProviderName, RoomUri, UserUri};

/// How a room is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    /// Name of the preset ([`PRESETS`]).
    pub policy: String,
    /// Users who are in the room from the start, beside its creator, with the role that the
    /// creator would give to users whom it adds.
    pub participants: Vec<UserUri>,
    /// Nobody enters or leaves the list. No role keeps `canAddParticipant` then (RP03 §5).
    pub fixed_membership: bool,
    /// The room whose participants this one's must be among.
    pub parent: Option<RoomUri>,
    /// Whether a user may have several clients in the group.
    pub multi_device: bool,
    /// Most users.
    pub max_users: Option<u32>,
    /// Most clients.
    pub max_clients: Option<u32>,
    /// What roles of the preset, by name, do not hold here.
    pub lacking: Vec<(String, Capability)>,
    /// What they hold beyond the preset.
    pub granting: Vec<(String, Capability)>,
    /// Whether the hub franks messages: the room names a franking agent then (P06 §5.4.1).
    pub franking: bool,
    /// Who is preauthorised for the role of which name, in the order of asking.
    pub preauthorized: Vec<(Whom, String)>,
    /// Codes to join with.
    pub join_codes: Vec<String>,
    /// The operational policy.
    pub operational: OperationalParameters,
}

/// Who is preauthorised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// All users of a provider.
    Provider(ProviderName),
    /// One user.
    User(UserUri),
    /// A provider's server.
    Server(ProviderName),
}

impl Whom {
    pub(super) fn claim(&self) -> Claim {
        match self {
            Self::Provider(provider) => Claim::provider(provider),
            Self::User(user) => Claim::user(user),
            Self::Server(provider) => Claim::server(provider),
        }
    }
}

/// Why a charter makes no room.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CharterError {
    /// No preset has this name.
    #[error("there is no policy named `{0}`")]
    UnknownPreset(String),
    /// The preset has no role of this name.
    #[error("the policy {policy} has no role named `{role}`")]
    UnknownRole {
        /// The preset.
        policy: &'static str,
        /// The name.
        role: String,
    },
    /// The room has no such join code.
    #[error("there is no join code `{0}`")]
    UnknownCode(String),
    /// What it says contradicts itself.
    #[error("{0}")]
    Contradiction(#[from] ApplyError),
}

impl Default for Charter {
    fn default() -> Self {
        Self {
            policy: PRESETS[0].name.to_owned(),
            participants: Vec::new(),
            fixed_membership: false,
            parent: None,
            multi_device: true,
            max_users: None,
            max_clients: None,
            lacking: Vec::new(),
            granting: Vec::new(),
            franking: true,
            preauthorized: Vec::new(),
            join_codes: Vec::new(),
            operational: OperationalParameters::UNSTATED,
        }
    }
}

impl Charter {
    /// The state of the new room.
    ///
    /// # Errors
    /// When preset or role are unknown, or what the charter says contradicts itself.
    pub fn found(
        &self,
        uri: RoomUri,
        name: &str,
        creator: UserUri,
    ) -> Result<RoomState, CharterError> {
        let preset = Preset::named(&self.policy)
            .ok_or_else(|| CharterError::UnknownPreset(self.policy.clone()))?;
        let mut roles = preset.roles();
        let usual = roles.get(preset.creator).and_then(|role| role.usual_role(NO_ROLE));
        if self.fixed_membership {
            for role in roles.roles.iter_mut().filter(|role| role.index != NO_ROLE) {
                role.capabilities.retain(|held| *held != Capability::ADD_PARTICIPANT);
            }
        }
        for (name, capability) in &self.lacking {
            let role = role_named(&mut roles, preset.name, name)?;
            role.capabilities.retain(|held| held != capability);
        }
        for (name, capability) in &self.granting {
            let role = role_named(&mut roles, preset.name, name)?;
            if !role.holds(*capability) {
                role.capabilities.push(*capability);
            }
        }
        let creator = Participant { user: creator, role: preset.creator };
        let others = self
            .participants
            .iter()
            .map(|user| Participant { user: user.clone(), role: usual.unwrap_or(preset.creator) });
        let participants = std::iter::once(creator).chain(others).collect();
        let mut state = RoomState::with(participants, roles, uri, name);
        state.preauthorized = self.preauthorized(preset.name, &state.roles)?;
        if !self.join_codes.is_empty() {
            let links = self.join_codes.iter().map(|code| JoinLink { code: code.clone().into() });
            state.join_links = Some(JoinLinks { links: links.collect() });
        }
        let operational = self.operational != OperationalParameters::UNSTATED;
        state.operational = operational.then(|| Box::new(self.operational.clone()));
        state.base = self.base(&state);
        state.check()?;
        Ok(state)
    }

    fn preauthorized(
        &self,
        policy: &'static str,
        roles: &RoleData,
    ) -> Result<Option<PreAuthData>, CharterError> {
        let entry = |(whom, role): &(Whom, String)| {
            let role = roles
                .named(role)
                .ok_or_else(|| CharterError::UnknownRole { policy, role: role.clone() })?;
            Ok(PreAuthRoleEntry { claims: vec![whom.claim()], target_role: role.index })
        };
        let entries: Vec<_> =
            self.preauthorized.iter().map(entry).collect::<Result<_, CharterError>>()?;
        Ok((!entries.is_empty()).then_some(PreAuthData { entries }))
    }

    fn base(&self, state: &RoomState) -> Option<BaseRoomPolicy> {
        let base = BaseRoomPolicy {
            fixed_membership: self.fixed_membership,
            parent: self.parent.clone(),
            multi_device: self.multi_device,
            max_clients: self.max_clients,
            max_users: self.max_users,
            ..BaseRoomPolicy::UNSTATED
        };
        let policies: BTreeSet<u16> = state.components().iter().map(|(id, _)| *id).collect();
        let ids = COMPONENTS.into_iter().filter(|id| *id >= 0x0024 && policies.contains(id));
        let stated = base != BaseRoomPolicy::UNSTATED;
        stated.then(|| BaseRoomPolicy { policy_component_ids: ids.collect(), ..base })
    }
}

fn role_named<'a>(
    roles: &'a mut RoleData,
    policy: &'static str,
    name: &str,
) -> Result<&'a mut Role, CharterError> {
    let found = roles.roles.iter_mut().find(|role| role.name == name);
    found.ok_or_else(|| CharterError::UnknownRole { policy, role: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::policy::{ORDINARY_USER, SUPER_ADMIN};
    use crate::mimi::room::{JOIN_LINKS, PREAUTHORIZED, ROLES};

    fn user(name: &str) -> UserUri {
        UserUri::new(&ProviderName::new("a.example").unwrap(), name).unwrap()
    }

    fn found(charter: &Charter) -> Result<RoomState, CharterError> {
        let uri = RoomUri::parse("mimi://a.example/r/clubhouse").unwrap();
        charter.found(uri, "Clubhouse", user("alice"))
    }

    #[test]
    fn a_charter_that_says_nothing_makes_a_cooperative_room_and_no_optional_component() {
        let state = found(&Charter::default()).unwrap();
        let uri = RoomUri::parse("mimi://a.example/r/clubhouse").unwrap();
        assert_eq!(state, RoomState::cooperative(uri, "Clubhouse", user("alice")));
    }

    #[test]
    fn what_a_charter_says_is_in_the_state() {
        let strict = Charter {
            policy: "strict".to_owned(),
            participants: vec![user("bob")],
            max_users: Some(5),
            preauthorized: vec![(Whom::User(user("cathy")), "group_admin".to_owned())],
            join_codes: vec!["abc".to_owned()],
            ..Charter::default()
        };
        let state = found(&strict).unwrap();
        assert_eq!(state.role_of(&user("alice")), Some(SUPER_ADMIN));
        assert_eq!(state.role_of(&user("bob")), Some(ORDINARY_USER));
        assert!(state.join_links.as_ref().unwrap().accept(b"abc"));
        let base = state.base.as_ref().unwrap();
        assert_eq!(base.max_users, Some(5));
        assert_eq!(base.policy_component_ids, [ROLES, PREAUTHORIZED, JOIN_LINKS]);
        assert_eq!(RoomState::decode(|id| state.encode_component(id)), Ok(state));
    }

    #[test]
    fn a_room_of_fixed_membership_has_no_role_that_adds_users() {
        for preset in PRESETS {
            let policy = preset.name.to_owned();
            let fixed = Charter { policy, fixed_membership: true, ..Charter::default() };
            let roles = found(&fixed).unwrap().roles.roles;
            assert!(roles.iter().all(|role| !role.holds(Capability::ADD_PARTICIPANT)));
        }
    }

    #[test]
    fn what_makes_no_room_is_named() {
        let policy = Charter { policy: "wild".to_owned(), ..Charter::default() };
        assert_eq!(found(&policy), Err(CharterError::UnknownPreset("wild".to_owned())));
        let preauthorized = |role: &str| {
            let preauthorized = vec![(Whom::User(user("bob")), role.to_owned())];
            found(&Charter { preauthorized, ..Charter::default() }).unwrap_err().to_string()
        };
        assert_eq!(preauthorized("king"), "the policy cooperative has no role named `king`");
        assert!(preauthorized("banned").contains("preauthorised users would get role 1"));
        let participants = vec![user("bob"), user("bob")];
        let twice = found(&Charter { participants, ..Charter::default() });
        assert!(twice.unwrap_err().to_string().contains("is in the participant list already"));
    }
}
