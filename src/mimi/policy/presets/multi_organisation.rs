//! The room of several organisations of RP03 Appendix A.4: each has users and admins of its own,
//! and organisation A a super admin.
//!
//! Kept though it looks like a slip: the policy enforcer may move users of every role but those of
//! organisation A's users. Roles name organisations, and nothing binds a role to a provider: who
//! adds a user says which (an organisation's admins can say only their own).

use super::{banned, enforcer, no_role, role};
use crate::mimi::policy::{Capability, Role, RoleData};

/// The creator of a room of several organisations.
pub(super) const SUPER_ADMIN: u32 = 8;

/// The roles of a room of several organisations.
pub(super) fn roles() -> RoleData {
    let host_user = [USER, HOST].concat();
    let admin = [USER, ADMIN].concat();
    let host_admin = [USER, ADMIN, HOST].concat();
    let top = [USER, ADMIN, HOST, TOP].concat();
    let few = |role: Role| Role {
        minimum_participants: 1,
        maximum_participants: Some(3),
        minimum_active_participants: 1,
        ..role
    };
    let super_admin = role(SUPER_ADMIN, "super_admin", &top, SUPER_ADMIN_CHANGES);
    let roles = vec![
        no_role(&[], &[]),
        banned(),
        role(2, "org_a_user", &host_user, &[(0, &[2]), (2, &[0])]),
        role(3, "org_b_user", USER, &[(0, &[3]), (3, &[0])]),
        role(4, "org_c_user", USER, &[(0, &[4]), (4, &[0])]),
        role(5, "org_a_admin", &host_admin, &[(0, &[2, 5]), (2, &[0, 1, 5]), (5, &[0, 1, 2])]),
        few(role(6, "org_b_admin", &admin, &[(0, &[3, 6]), (3, &[0, 1, 6]), (6, &[0, 1, 3])])),
        few(role(7, "org_c_admin", &admin, &[(0, &[4, 7]), (4, &[0, 1, 7]), (7, &[0, 1, 4])])),
        Role { minimum_participants: 1, minimum_active_participants: 1, ..super_admin },
        enforcer(9, ENFORCER_CHANGES),
    ];
    RoleData { roles }
}

const SUPER_ADMIN_CHANGES: &[(u32, &[u32])] = &[
    (0, &[1, 2, 3, 4, 5, 6, 7, 8]),
    (1, &[0, 2, 3, 4, 5, 6, 7, 8]),
    (2, &[0, 1, 5, 8]),
    (3, &[0, 1, 6]),
    (4, &[0, 1, 7]),
    (5, &[0, 1, 2, 8]),
    (6, &[0, 1, 3]),
    (7, &[0, 1, 4]),
    (8, &[0, 1, 2, 5]),
];
const ENFORCER_CHANGES: &[(u32, &[u32])] = &[
    (0, &[1]),
    (1, &[0]),
    (3, &[0, 1]),
    (4, &[0, 1]),
    (5, &[0, 1]),
    (6, &[0, 1]),
    (7, &[0, 1]),
    (8, &[0, 1]),
];

/// What every user has.
const USER: &[Capability] = &[
    Capability::REMOVE_SELF,
    Capability::ADD_OWN_CLIENT,
    Capability::REMOVE_OWN_CLIENT,
    Capability::SEND_MESSAGE,
    Capability::RECEIVE_MESSAGE,
    Capability::COPY_MESSAGE,
    Capability::REPORT_ABUSE,
    Capability::REPLY_IN_TOPIC,
    Capability::REACT_TO_MESSAGE,
    Capability::DELETE_OWN_REACTION,
    Capability::EDIT_OWN_MESSAGE,
    Capability::SEND_LINK,
    Capability::SEND_LINK_PREVIEW,
    Capability::FOLLOW_LINK,
    Capability::COPY_LINK,
    Capability::DOWNLOAD_IMAGE,
    Capability::DOWNLOAD_VIDEO,
    Capability::DOWNLOAD_AUDIO,
    Capability::DOWNLOAD_ATTACHMENT,
    Capability::CHANGE_OWN_NAME,
    Capability::CHANGE_OWN_PRESENCE,
    Capability::CHANGE_OWN_AVATAR,
];
/// What users of organisation A have beyond others.
const HOST: &[Capability] = &[Capability::CHANGE_OWN_ROLE, Capability::JOIN_IF_PREAUTHORIZED];
/// What admins have beyond users.
const ADMIN: &[Capability] = &[
    Capability::DELETE_OWN_MESSAGE,
    Capability::START_TOPIC,
    Capability::UPLOAD_IMAGE,
    Capability::UPLOAD_VIDEO,
    Capability::UPLOAD_AUDIO,
    Capability::UPLOAD_ATTACHMENT,
    Capability::ADD_PARTICIPANT,
    Capability::REMOVE_PARTICIPANT,
    Capability::BAN,
    Capability::KICK,
    Capability::CHANGE_USER_ROLE,
];
/// What the super admin has beyond organisation A's admins.
const TOP: &[Capability] = &[
    Capability::UNBAN,
    Capability::DELETE_OTHER_REACTION,
    Capability::DELETE_OTHER_MESSAGE,
    Capability::EDIT_OWN_TOPIC,
    Capability::EDIT_OTHER_TOPIC,
    Capability::CHANGE_ROOM_DESCRIPTION,
    Capability::CHANGE_ROOM_NAME,
    Capability::CHANGE_ROOM_AVATAR,
    Capability::CHANGE_ROOM_SUBJECT,
    Capability::CHANGE_ROOM_MOOD,
    Capability::CHANGE_ROOM_MEMBERSHIP_STYLE,
    Capability::CHANGE_ROLE_DEFINITIONS,
    Capability::CHANGE_PREAUTHORIZED_USER_LIST,
    Capability::DESTROY_ROOM,
    Capability::SEND_MLS_REINIT_PROPOSAL,
];
