//! The moderated room of RP03 Appendix A.3: guests and attendees listen, speakers speak, moderators
//! decide who is what.
//!
//! The appendix defines speakers by themselves ("all the capabilities authorized for a speaker")
//! and moderators by a role that the room does not have ("ordinary_user"). Each is taken to have
//! all of the role before it: speakers of attendees, moderators of speakers. It is the one example
//! that sets no maximum of active users without a role, which means nothing and is kept.

use super::{banned, enforcer, no_role, role};
use crate::mimi::policy::{Capability, Role, RoleData};

/// The creator of a moderated room.
pub(super) const SUPER_ADMIN: u32 = 6;

/// The roles of a moderated room.
pub(super) fn roles() -> RoleData {
    let attendee = [GUEST, ATTENDEE].concat();
    let speaker = [GUEST, ATTENDEE, SPEAKER].concat();
    let moderator = [GUEST, ATTENDEE, SPEAKER, MODERATOR].concat();
    let top = [GUEST, ATTENDEE, SPEAKER, MODERATOR, TOP].concat();
    let nobody = no_role(&[Capability::USE_JOIN_CODE], &[(0, &[2, 3])]);
    let moderator = role(5, "moderator", &moderator, MODERATOR_CHANGES);
    let roles = vec![
        Role { maximum_active_participants: None, ..nobody },
        banned(),
        role(2, "guest", GUEST, &[(0, &[2]), (2, &[0])]),
        role(3, "attendee", &attendee, &[(0, &[3]), (3, &[0])]),
        role(4, "speaker", &speaker, &[(0, &[4]), (4, &[0])]),
        Role { minimum_participants: 1, ..moderator },
        role(SUPER_ADMIN, "super_admin", &top, SUPER_ADMIN_CHANGES),
        enforcer(7, ENFORCER_CHANGES),
    ];
    RoleData { roles }
}

const MODERATOR_CHANGES: &[(u32, &[u32])] = &[
    (0, &[1, 2, 3, 4, 5]),
    (1, &[0, 2, 3, 4, 5]),
    (2, &[0, 1, 3, 4, 5]),
    (3, &[0, 1, 2, 4, 5]),
    (4, &[0, 1, 2, 3, 5]),
    (5, &[0, 1, 2, 3, 4]),
];
const SUPER_ADMIN_CHANGES: &[(u32, &[u32])] = &[
    (0, &[1, 2, 3, 4, 5, 6]),
    (1, &[0, 2, 3, 4, 5, 6]),
    (2, &[0, 1, 3, 4, 5, 6]),
    (3, &[0, 1, 2, 4, 5, 6]),
    (4, &[0, 1, 2, 3, 5, 6]),
    (5, &[0, 1, 2, 3, 4, 6]),
    (6, &[0, 1, 2, 3, 4, 5]),
];
const ENFORCER_CHANGES: &[(u32, &[u32])] =
    &[(0, &[1]), (1, &[0]), (2, &[0, 1]), (3, &[0, 1]), (4, &[0, 1]), (5, &[0, 1]), (6, &[0, 1])];

/// What guests have.
const GUEST: &[Capability] = &[
    Capability::REMOVE_SELF,
    Capability::RECEIVE_MESSAGE,
    Capability::COPY_MESSAGE,
    Capability::REACT_TO_MESSAGE,
    Capability::DELETE_OWN_REACTION,
    Capability::FOLLOW_LINK,
    Capability::COPY_LINK,
    Capability::DOWNLOAD_IMAGE,
    Capability::DOWNLOAD_VIDEO,
    Capability::DOWNLOAD_AUDIO,
];
/// What attendees have beyond guests.
const ATTENDEE: &[Capability] = &[
    Capability::ADD_OWN_CLIENT,
    Capability::JOIN_IF_PREAUTHORIZED,
    Capability::REMOVE_OWN_CLIENT,
    Capability::CHANGE_OWN_ROLE,
    Capability::REPORT_ABUSE,
    Capability::REPLY_IN_TOPIC,
    Capability::DOWNLOAD_ATTACHMENT,
    Capability::CHANGE_OWN_NAME,
    Capability::CHANGE_OWN_PRESENCE,
    Capability::CHANGE_OWN_AVATAR,
];
/// What speakers have beyond attendees.
const SPEAKER: &[Capability] = &[
    Capability::SEND_MESSAGE,
    Capability::EDIT_OWN_MESSAGE,
    Capability::DELETE_OWN_MESSAGE,
    Capability::START_TOPIC,
    Capability::UPLOAD_IMAGE,
    Capability::UPLOAD_VIDEO,
    Capability::UPLOAD_AUDIO,
    Capability::UPLOAD_ATTACHMENT,
    Capability::SEND_LINK,
    Capability::SEND_LINK_PREVIEW,
];
/// What moderators have beyond speakers.
const MODERATOR: &[Capability] = &[
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
    Capability::CHANGE_ROOM_NAME,
    Capability::CHANGE_ROOM_AVATAR,
    Capability::CHANGE_ROOM_SUBJECT,
    Capability::CHANGE_ROOM_MOOD,
];
/// What super admins have beyond moderators.
const TOP: &[Capability] = &[
    Capability::CHANGE_ROOM_DESCRIPTION,
    Capability::CHANGE_ROOM_MEMBERSHIP_STYLE,
    Capability::CHANGE_ROLE_DEFINITIONS,
    Capability::CHANGE_PREAUTHORIZED_USER_LIST,
    Capability::DESTROY_ROOM,
    Capability::SEND_MLS_REINIT_PROPOSAL,
];
