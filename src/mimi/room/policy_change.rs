//! One thing that people change in a room's policy.
//!
//! A component is replaced as a whole, so the change is made to the room's own one as it is then;
//! where the room has none, to what holds without. Who may make it is the business of `rules`.

use super::{CharterError, ComponentUpdate, RoomState, Whom};
use crate::mimi::policy::{JoinLink, JoinLinksUpdate, PreAuthRoleEntry, Preset};

/// What changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyChange {
    /// The roles are those of the preset of this name.
    Roles(String),
    /// Most users.
    MaxUsers(u32),
    /// Most clients.
    MaxClients(u32),
    /// Whether a user may have several clients.
    MultiDevice(bool),
    /// Whether nobody enters or leaves.
    FixedMembership(bool),
    /// Whether clients may join by an external commit.
    ExternalCommits(bool),
    /// Whether servers may propose.
    ExternalProposals(bool),
    /// How far ahead of its sender's last one a message may be, in messages.
    MaxSkip(u32),
    /// How many epochs a message may be late.
    EpochTolerance(u8),
    /// Somebody is preauthorised for the role of this name too, ahead of all others.
    Preauthorize(Whom, String),
    /// A join code begins.
    JoinCode(String),
    /// A join code ends.
    NoJoinCode(String),
}

impl PolicyChange {
    /// The update that makes this change to `state`.
    ///
    /// # Errors
    /// When it names a preset, a role or a code that is not there.
    pub fn update(&self, state: &RoomState) -> Result<ComponentUpdate, CharterError> {
        let mut base = state.base_policy().clone();
        let mut operational = state.operational_policy().clone();
        match self {
            Self::Roles(policy) => {
                let preset = Preset::named(policy)
                    .ok_or_else(|| CharterError::UnknownPreset(policy.clone()))?;
                return Ok(ComponentUpdate::Roles(preset.roles()));
            }
            Self::MaxUsers(most) => base.max_users = Some(*most),
            Self::MaxClients(most) => base.max_clients = Some(*most),
            Self::MultiDevice(several) => base.multi_device = *several,
            Self::FixedMembership(fixed) => base.fixed_membership = *fixed,
            Self::ExternalProposals(allowed) => operational.external_proposal_allowed = *allowed,
            Self::MaxSkip(most) => operational.app_messages.max_generations_skipahead = *most,
            Self::ExternalCommits(allowed) => operational.external_commit_allowed = *allowed,
            Self::EpochTolerance(epochs) => operational.app_messages.epoch_tolerance = *epochs,
            Self::Preauthorize(whom, role) => return preauthorize(state, whom, role),
            Self::JoinCode(code) => {
                let added = vec![JoinLink { code: code.clone().into() }];
                let update = JoinLinksUpdate { added, ..JoinLinksUpdate::default() };
                return Ok(ComponentUpdate::JoinLinks(update));
            }
            Self::NoJoinCode(code) => return end_code(state, code),
        }
        Ok(match self {
            Self::ExternalCommits(_)
            | Self::ExternalProposals(_)
            | Self::EpochTolerance(_)
            | Self::MaxSkip(_) => ComponentUpdate::Operational(Box::new(operational)),
            _ => ComponentUpdate::Base(base),
        })
    }
}

fn preauthorize(
    state: &RoomState,
    whom: &Whom,
    role: &str,
) -> Result<ComponentUpdate, CharterError> {
    let mut data = state.preauthorized.clone().unwrap_or_default();
    let unknown = || CharterError::UnknownRole { policy: "of the room", role: role.to_owned() };
    let target_role = state.roles.named(role).ok_or_else(unknown)?.index;
    data.entries.insert(0, PreAuthRoleEntry { claims: vec![whom.claim()], target_role });
    Ok(ComponentUpdate::Preauthorized(data))
}

fn end_code(state: &RoomState, code: &str) -> Result<ComponentUpdate, CharterError> {
    let links = state.join_links.as_ref().map_or(&[][..], |data| data.links.as_slice());
    let place = links.iter().position(|link| link.code == code.as_bytes());
    let index = place.and_then(|place| u32::try_from(place).ok());
    let index = index.ok_or_else(|| CharterError::UnknownCode(code.to_owned()))?;
    let update = JoinLinksUpdate { removed: vec![index], ..JoinLinksUpdate::default() };
    Ok(ComponentUpdate::JoinLinks(update))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::policy::GROUP_ADMIN;
    use crate::mimi::uri::{ProviderName, RoomUri, UserUri};

    fn user(name: &str) -> UserUri {
        UserUri::new(&ProviderName::new("a.example").unwrap(), name).unwrap()
    }

    fn after(changes: &[PolicyChange]) -> RoomState {
        let uri = RoomUri::parse("mimi://a.example/r/clubhouse").unwrap();
        let room = RoomState::cooperative(uri, "Clubhouse", user("alice"));
        changes.iter().fold(room, |room, change| {
            let update = change.update(&room).unwrap();
            room.apply(&[&update]).unwrap()
        })
    }

    #[test]
    fn each_change_leaves_the_rest_of_its_component_as_it_was() {
        let state = after(&[
            PolicyChange::MaxUsers(3),
            PolicyChange::MultiDevice(false),
            PolicyChange::MaxClients(4),
            PolicyChange::EpochTolerance(1),
            PolicyChange::ExternalCommits(false),
        ]);
        let base = state.base_policy();
        assert_eq!((base.max_users, base.max_clients), (Some(3), Some(4)));
        assert!(!base.multi_device);
        let operational = state.operational_policy();
        assert_eq!(operational.app_messages.epoch_tolerance, 1);
        assert!(!operational.external_commit_allowed);
    }

    #[test]
    fn codes_and_preauthorisations_come_one_by_one() {
        let bob = || Whom::User(user("bob"));
        let state = after(&[
            PolicyChange::JoinCode("abc".to_owned()),
            PolicyChange::JoinCode("def".to_owned()),
            PolicyChange::NoJoinCode("abc".to_owned()),
            PolicyChange::Preauthorize(bob(), "group_admin".to_owned()),
        ]);
        let links = state.join_links.as_ref().unwrap();
        assert!(links.accept(b"def") && !links.accept(b"abc"));
        assert_eq!(state.preauthorized.as_ref().unwrap().entries[0].target_role, GROUP_ADMIN);
        let no_code = PolicyChange::NoJoinCode("abc".to_owned());
        assert_eq!(no_code.update(&state), Err(CharterError::UnknownCode("abc".to_owned())));
        assert!(PolicyChange::Preauthorize(bob(), "king".to_owned()).update(&state).is_err());
        assert!(PolicyChange::Roles("wild".to_owned()).update(&state).is_err());
    }

    #[test]
    fn the_roles_of_another_preset_replace_those_of_the_room() {
        let state = after(&[PolicyChange::Roles("strict".to_owned())]);
        assert_eq!(state.roles, Preset::named("strict").unwrap().roles());
    }
}
