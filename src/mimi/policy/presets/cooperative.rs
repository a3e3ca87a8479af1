//! The cooperatively administered room of RP03 Appendix A.1: friends and small groups.
//!
//! Everyone may add and remove ordinary users; admins also ban, kick and promote. Nobody but a
//! policy enforcer may change role definitions. The appendix gives group admins `canRevokeVoice`
//! and `canGrantVoice`, which no registry value stands for; they are left out.

use super::{banned, enforcer, no_role, role};
use crate::mimi::policy::{Capability, Role, RoleData};

/// What an added user becomes in a cooperative room.
pub const ORDINARY_USER: u32 = 2;
/// May also ban, kick and change roles in a cooperative room.
pub const GROUP_ADMIN: u32 = 3;
/// The creator of a cooperative room.
pub const SUPER_ADMIN: u32 = 4;
/// A provider's own hand in a cooperative room: removes and bans, and has no clients.
pub const POLICY_ENFORCER: u32 = 5;

impl RoleData {
    /// The roles of a cooperatively administered room (RP03 Appendix A.1).
    pub fn cooperative() -> Self {
        let admin = [ORDINARY, ADMIN].concat();
        let top = [ORDINARY, ADMIN, TOP].concat();
        let group_admin = role(GROUP_ADMIN, "group_admin", &admin, GROUP_ADMIN_CHANGES);
        let roles = vec![
            no_role(&[], &[]),
            banned(),
            role(ORDINARY_USER, "ordinary_user", ORDINARY, &[(0, &[2]), (2, &[0])]),
            Role { minimum_participants: 1, ..group_admin },
            role(SUPER_ADMIN, "super_admin", &top, SUPER_ADMIN_CHANGES),
            enforcer(POLICY_ENFORCER, ENFORCER_CHANGES),
        ];
        Self { roles }
    }
}

pub(super) const GROUP_ADMIN_CHANGES: &[(u32, &[u32])] =
    &[(0, &[1, 2, 3]), (1, &[0, 2, 3]), (2, &[0, 1, 3]), (3, &[0, 1, 2])];
pub(super) const SUPER_ADMIN_CHANGES: &[(u32, &[u32])] = &[
    (0, &[1, 2, 3, 4]),
    (1, &[0, 2, 3, 4]),
    (2, &[0, 1, 3, 4]),
    (3, &[0, 1, 2, 4]),
    (4, &[0, 1, 2, 3]),
];
pub(super) const ENFORCER_CHANGES: &[(u32, &[u32])] =
    &[(0, &[1]), (1, &[0]), (2, &[0, 1]), (3, &[0, 1]), (4, &[0, 1])];

const ORDINARY: &[Capability] = &[
    Capability::ADD_PARTICIPANT,
    Capability::REMOVE_PARTICIPANT,
    Capability::ADD_OWN_CLIENT,
    Capability::REMOVE_OWN_CLIENT,
    Capability::REMOVE_SELF,
    Capability::SEND_MESSAGE,
    Capability::RECEIVE_MESSAGE,
    Capability::COPY_MESSAGE,
    Capability::REPORT_ABUSE,
    Capability::REPLY_TO_MESSAGE,
    Capability::REACT_TO_MESSAGE,
    Capability::DELETE_OWN_REACTION,
    Capability::EDIT_OWN_MESSAGE,
    Capability::DELETE_OWN_MESSAGE,
    Capability::START_TOPIC,
    Capability::REPLY_IN_TOPIC,
    Capability::EDIT_OWN_TOPIC,
    Capability::UPLOAD_IMAGE,
    Capability::UPLOAD_VIDEO,
    Capability::UPLOAD_AUDIO,
    Capability::UPLOAD_ATTACHMENT,
    Capability::DOWNLOAD_IMAGE,
    Capability::DOWNLOAD_VIDEO,
    Capability::DOWNLOAD_AUDIO,
    Capability::DOWNLOAD_ATTACHMENT,
    Capability::SEND_LINK,
    Capability::SEND_LINK_PREVIEW,
    Capability::FOLLOW_LINK,
    Capability::COPY_LINK,
    Capability::CHANGE_ROOM_NAME,
    Capability::CHANGE_ROOM_AVATAR,
    Capability::CHANGE_ROOM_SUBJECT,
    Capability::CHANGE_ROOM_MOOD,
    Capability::CHANGE_OWN_NAME,
    Capability::CHANGE_OWN_PRESENCE,
    Capability::CHANGE_OWN_MOOD,
    Capability::CHANGE_OWN_AVATAR,
];
/// What group admins have beyond ordinary users.
const ADMIN: &[Capability] = &[
    Capability::BAN,
    Capability::UNBAN,
    Capability::KICK,
    Capability::CHANGE_USER_ROLE,
    Capability::DELETE_OTHER_MESSAGE,
    Capability::EDIT_OTHER_TOPIC,
    Capability::CHANGE_ROOM_DESCRIPTION,
];
/// What super admins have beyond group admins.
const TOP: &[Capability] = &[
    Capability::CHANGE_ROOM_MEMBERSHIP_STYLE,
    Capability::CHANGE_PREAUTHORIZED_USER_LIST,
    Capability::DESTROY_ROOM,
];
#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::policy::{BANNED, NO_ROLE};

    #[test]
    fn a_cooperative_room_lets_users_add_users_and_only_admins_ban() {
        let roles = RoleData::cooperative();
        let user = roles.get(ORDINARY_USER).unwrap();
        assert!(user.holds(Capability::ADD_PARTICIPANT));
        assert!(user.may_change(NO_ROLE, ORDINARY_USER));
        assert!(!user.may_change(NO_ROLE, GROUP_ADMIN));
        assert!(!user.holds(Capability::BAN));
        let admin = roles.get(GROUP_ADMIN).unwrap();
        assert!(admin.holds(Capability::BAN) && admin.may_change(ORDINARY_USER, BANNED));
        assert!(!admin.may_change(SUPER_ADMIN, ORDINARY_USER));
    }

    #[test]
    fn each_admin_role_of_a_cooperative_room_can_do_all_that_the_one_below_can() {
        let roles = RoleData::cooperative();
        for pair in [ORDINARY_USER, GROUP_ADMIN, SUPER_ADMIN].windows(2) {
            let (below, above) = (roles.get(pair[0]).unwrap(), roles.get(pair[1]).unwrap());
            assert!(below.capabilities.iter().all(|capability| above.holds(*capability)));
        }
    }

    #[test]
    fn only_a_policy_enforcer_changes_role_definitions_and_it_has_no_clients() {
        let roles = RoleData::cooperative();
        let change = Capability::CHANGE_ROLE_DEFINITIONS;
        let able: Vec<_> = roles.roles.iter().filter(|role| role.holds(change)).collect();
        assert_eq!(able.len(), 1);
        assert_eq!(able[0].index, POLICY_ENFORCER);
        assert_eq!(able[0].maximum_active_participants, Some(0));
    }
}
