//! The strictly administered room of RP03 Appendix A.2: only admins add and remove users, others
//! come with a join code or preauthorised.
//!
//! Roles move users as in a cooperative room; what they may do beside that differs. The text that
//! introduces the example is that of A.1 again.

use super::cooperative::{ENFORCER_CHANGES, GROUP_ADMIN_CHANGES, SUPER_ADMIN_CHANGES};
use super::{banned, enforcer, no_role, role};
use crate::mimi::policy::{Capability, Role, RoleData};

/// The creator of a strict room.
pub(super) const SUPER_ADMIN: u32 = 4;

/// The roles of a strictly administered room.
pub(super) fn roles() -> RoleData {
    let admin = [ORDINARY, ADMIN].concat();
    let top = [ORDINARY, ADMIN, TOP].concat();
    let group_admin = role(3, "group_admin", &admin, GROUP_ADMIN_CHANGES);
    let roles = vec![
        no_role(&[Capability::USE_JOIN_CODE], &[(0, &[2])]),
        banned(),
        role(2, "ordinary_user", ORDINARY, &[(0, &[2]), (2, &[0])]),
        Role { minimum_participants: 1, ..group_admin },
        role(SUPER_ADMIN, "super_admin", &top, SUPER_ADMIN_CHANGES),
        enforcer(5, ENFORCER_CHANGES),
    ];
    RoleData { roles }
}

/// What ordinary users have.
const ORDINARY: &[Capability] = &[
    Capability::ADD_OWN_CLIENT,
    Capability::JOIN_IF_PREAUTHORIZED,
    Capability::REMOVE_OWN_CLIENT,
    Capability::REMOVE_SELF,
    Capability::CHANGE_OWN_ROLE,
    Capability::SEND_MESSAGE,
    Capability::RECEIVE_MESSAGE,
    Capability::COPY_MESSAGE,
    Capability::REPORT_ABUSE,
    Capability::REACT_TO_MESSAGE,
    Capability::DELETE_OWN_REACTION,
    Capability::EDIT_OWN_MESSAGE,
    Capability::DELETE_OWN_MESSAGE,
    Capability::START_TOPIC,
    Capability::REPLY_IN_TOPIC,
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
    Capability::CHANGE_OWN_NAME,
    Capability::CHANGE_OWN_PRESENCE,
    Capability::CHANGE_OWN_MOOD,
    Capability::CHANGE_OWN_AVATAR,
];
/// What group admins have beyond ordinary users.
const ADMIN: &[Capability] = &[
    Capability::ADD_PARTICIPANT,
    Capability::REMOVE_PARTICIPANT,
    Capability::BAN,
    Capability::UNBAN,
    Capability::KICK,
    Capability::CHANGE_USER_ROLE,
    Capability::CREATE_JOIN_CODE,
    Capability::DELETE_JOIN_CODE,
    Capability::DELETE_OTHER_REACTION,
    Capability::DELETE_OTHER_MESSAGE,
    Capability::EDIT_OWN_TOPIC,
    Capability::EDIT_OTHER_TOPIC,
    Capability::CHANGE_ROOM_DESCRIPTION,
    Capability::CHANGE_ROOM_NAME,
    Capability::CHANGE_ROOM_AVATAR,
    Capability::CHANGE_ROOM_SUBJECT,
    Capability::CHANGE_ROOM_MOOD,
];
/// What super admins have beyond group admins.
const TOP: &[Capability] = &[
    Capability::CHANGE_ROOM_MEMBERSHIP_STYLE,
    Capability::CHANGE_ROLE_DEFINITIONS,
    Capability::CHANGE_PREAUTHORIZED_USER_LIST,
    Capability::DESTROY_ROOM,
    Capability::SEND_MLS_REINIT_PROPOSAL,
];
