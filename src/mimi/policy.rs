//! Roles: what each may do, from which role to which it may move others, how many may hold it.
//!
//! A room defines its roles itself (RP03 §3); a user has one of them at a time. [`RoleData`] is
//! the component that holds the definitions, [`Capability`] an entry of the registry (RP03 §10.2,
//! R51), and [`RoleData::cooperative`] the draft's example for friends and small groups.
//!
//! Not here: who has which role (`room`), and what follows from a capability (`rules`).
//! Preauthorisation, join codes, base policy and the other example rooms are not modelled.

use std::fmt;

use tls_codec::{TlsDeserializeBytes, TlsSerialize, TlsSize};

use super::room::text;

/// The role of those who are not in the list: reserved (RP03 §3).
pub const NO_ROLE: u32 = 0;
/// The role of the banned, in rooms where role 1 is named "banned" (R49).
pub const BANNED: u32 = 1;
/// What an added user becomes in a cooperative room.
pub const ORDINARY_USER: u32 = 2;
/// May also ban, kick and change roles in a cooperative room.
pub const GROUP_ADMIN: u32 = 3;
/// The creator of a cooperative room.
pub const SUPER_ADMIN: u32 = 4;
/// A provider's own hand in a cooperative room: removes and bans, and has no clients.
pub const POLICY_ENFORCER: u32 = 5;

/// Something that a role may do: a value of the "MIMI Role Capabilities" registry (RP03 §10.2).
/// Values that are not registered are kept as they are.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, TlsSize, TlsSerialize, TlsDeserializeBytes,
)]
pub struct Capability(pub u16);

macro_rules! registry {
    ($($constant:ident = $value:literal, $name:literal;)*) => {
        impl Capability {
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $constant: Self = Self($value);
            )*
        }

        /// Every registered capability with its name, in the registry's order.
        pub const REGISTRY: &[(Capability, &str)] = &[$((Capability::$constant, $name)),*];
    };
}

registry! {
    ADD_PARTICIPANT = 0x0000, "canAddParticipant";
    REMOVE_PARTICIPANT = 0x0001, "canRemoveParticipant";
    ADD_OWN_CLIENT = 0x0002, "canAddOwnClient";
    REMOVE_OWN_CLIENT = 0x0003, "canRemoveOwnClient";
    OPEN_JOIN = 0x0004, "canOpenJoin";
    JOIN_IF_PREAUTHORIZED = 0x0005, "canJoinIfPreauthorized";
    REMOVE_SELF = 0x0006, "canRemoveSelf";
    CREATE_JOIN_CODE = 0x0007, "canCreateJoinCode";
    DELETE_JOIN_CODE = 0x0008, "canDeleteJoinCode";
    USE_JOIN_CODE = 0x0009, "canUseJoinCode";
    BAN = 0x000a, "canBan";
    UNBAN = 0x000b, "canUnBan";
    KICK = 0x000c, "canKick";
    KNOCK = 0x000d, "canKnock";
    ACCEPT_KNOCK = 0x000e, "canAcceptKnock";
    CHANGE_USER_ROLE = 0x000f, "canChangeUserRole";
    CHANGE_OWN_ROLE = 0x0010, "canChangeOwnRole";
    CREATE_SUBGROUP = 0x0011, "canCreateSubgroup";
    SEND_MESSAGE = 0x0100, "canSendMessage";
    RECEIVE_MESSAGE = 0x0101, "canReceiveMessage";
    COPY_MESSAGE = 0x0102, "canCopyMessage";
    REPORT_ABUSE = 0x0103, "canReportAbuse";
    REPLY_TO_MESSAGE = 0x0104, "canReplyToMessage";
    REACT_TO_MESSAGE = 0x0105, "canReactToMessage";
    EDIT_REACTION = 0x0106, "canEditReaction";
    DELETE_OWN_REACTION = 0x0107, "canDeleteOwnReaction";
    DELETE_OTHER_REACTION = 0x0108, "canDeleteOtherReaction";
    EDIT_OWN_MESSAGE = 0x0109, "canEditOwnMessage";
    DELETE_OWN_MESSAGE = 0x010a, "canDeleteOwnMessage";
    DELETE_OTHER_MESSAGE = 0x010b, "canDeleteOtherMessage";
    START_TOPIC = 0x010c, "canStartTopic";
    REPLY_IN_TOPIC = 0x010d, "canReplyInTopic";
    EDIT_OWN_TOPIC = 0x010e, "canEditOwnTopic";
    EDIT_OTHER_TOPIC = 0x010f, "canEditOtherTopic";
    SEND_DIRECT_MESSAGE = 0x0110, "canSendDirectMessage";
    TARGET_MESSAGE = 0x0111, "canTargetMessage";
    UPLOAD_IMAGE = 0x0200, "canUploadImage";
    UPLOAD_AUDIO = 0x0201, "canUploadAudio";
    UPLOAD_VIDEO = 0x0202, "canUploadVideo";
    UPLOAD_ATTACHMENT = 0x0203, "canUploadAttachment";
    DOWNLOAD_IMAGE = 0x0204, "canDownloadImage";
    DOWNLOAD_AUDIO = 0x0205, "canDownloadAudio";
    DOWNLOAD_VIDEO = 0x0206, "canDownloadVideo";
    DOWNLOAD_ATTACHMENT = 0x0207, "canDownloadAttachment";
    SEND_LINK = 0x0208, "canSendLink";
    SEND_LINK_PREVIEW = 0x0209, "canSendLinkPreview";
    FOLLOW_LINK = 0x020a, "canFollowLink";
    COPY_LINK = 0x020b, "canCopyLink";
    CHANGE_ROOM_NAME = 0x0300, "canChangeRoomName";
    CHANGE_ROOM_DESCRIPTION = 0x0301, "canChangeRoomDescription";
    CHANGE_ROOM_AVATAR = 0x0302, "canChangeRoomAvatar";
    CHANGE_ROOM_SUBJECT = 0x0303, "canChangeRoomSubject";
    CHANGE_ROOM_MOOD = 0x0304, "canChangeRoomMood";
    CHANGE_OWN_NAME = 0x0380, "canChangeOwnName";
    CHANGE_OWN_PRESENCE = 0x0381, "canChangeOwnPresence";
    CHANGE_OWN_MOOD = 0x0382, "canChangeOwnMood";
    CHANGE_OWN_AVATAR = 0x0383, "canChangeOwnAvatar";
    START_CALL = 0x0400, "canStartCall";
    JOIN_CALL = 0x0401, "canJoinCall";
    SEND_AUDIO = 0x0402, "canSendAudio";
    RECEIVE_AUDIO = 0x0403, "canReceiveAudio";
    SEND_VIDEO = 0x0404, "canSendVideo";
    RECEIVE_VIDEO = 0x0405, "canReceiveVideo";
    SHARE_SCREEN = 0x0406, "canShareScreen";
    VIEW_SHARED_SCREEN = 0x0407, "canViewSharedScreen";
    CREATE_ROOM = 0x0500, "canCreateRoom";
    DESTROY_ROOM = 0x0501, "canDestroyRoom";
    CHANGE_ROOM_MEMBERSHIP_STYLE = 0x0502, "canChangeRoomMembershipStyle";
    CHANGE_ROLE_DEFINITIONS = 0x0503, "canChangeRoleDefinitions";
    CHANGE_PREAUTHORIZED_USER_LIST = 0x0504, "canChangePreauthorizedUserList";
    CHANGE_OTHER_POLICY_ATTRIBUTE = 0x0505, "canChangeOtherPolicyAttribute";
    CHANGE_MLS_OPERATIONAL_POLICIES = 0x0600, "canChangeMlsOperationalPolicies";
    SEND_MLS_REINIT_PROPOSAL = 0x0601, "canSendMLSReinitProposal";
    SEND_MLS_UPDATE_PROPOSAL = 0x0602, "canSendMLSUpdateProposal";
    SEND_MLS_PSK_PROPOSAL = 0x0603, "canSendMLSPSKProposal";
    SEND_MLS_EXTERNAL_PROPOSAL = 0x0604, "canSendMLSExternalProposal";
    SEND_MLS_EXTERNAL_COMMIT = 0x0605, "canSendMLSExternalCommit";
}

impl Capability {
    /// Its name in the registry; none where it is not registered.
    pub fn name(self) -> Option<&'static str> {
        REGISTRY.iter().find(|(registered, _)| *registered == self).map(|(_, name)| *name)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "capability {:#06x}", self.0),
        }
    }
}

impl fmt::Debug for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The roles into which the holder of a role may move somebody who has role `from`
/// (`SingleSourceRoleChangeTargets`, RP03 §3). Role 0 stands for "not in the list".
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct RoleChanges {
    /// The role before.
    pub from: u32,
    /// The roles that it may become.
    pub to: Vec<u32>,
}

/// The definition of a role (RP03 §3). An *active* participant is one with a client in the MLS
/// group.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct Role {
    /// By which participants refer to it. Indices need not be contiguous.
    pub index: u32,
    /// For people, except for "banned" (R49).
    #[tls_codec(with = "text")]
    pub name: String,
    /// For people; may be empty.
    #[tls_codec(with = "text")]
    pub description: String,
    /// What its holders may do.
    pub capabilities: Vec<Capability>,
    /// Fewest participants with this role.
    pub minimum_participants: u32,
    /// Most participants with this role; no limit where there is none.
    pub maximum_participants: Option<u32>,
    /// Fewest active participants with this role.
    pub minimum_active_participants: u32,
    /// Most active participants with this role; 0 where they may have no clients at all.
    pub maximum_active_participants: Option<u32>,
    /// The role changes that its holders may make.
    pub authorized_role_changes: Vec<RoleChanges>,
}

impl Role {
    /// Whether it holds the capability.
    pub fn holds(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// Whether its holders may move somebody from role `from` to role `to`.
    pub fn may_change(&self, from: u32, to: u32) -> bool {
        let mut changes = self.authorized_role_changes.iter();
        changes.any(|changes| changes.from == from && changes.to.contains(&to))
    }
}

/// All roles of a room: the component, and the update that replaces it (RP03 §3).
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct RoleData {
    /// The roles, in the order of the component.
    pub roles: Vec<Role>,
}

impl RoleData {
    /// The role with this index.
    pub fn get(&self, index: u32) -> Option<&Role> {
        self.roles.iter().find(|role| role.index == index)
    }

    /// The cooperatively administered room of RP03 Appendix A.1: everyone may add and remove
    /// ordinary users, admins also ban, kick and promote.
    ///
    /// The text gives group admins `canRevokeVoice` and `canGrantVoice`, which no registry value
    /// stands for; they are left out. Nobody but a policy enforcer may change role definitions.
    pub fn cooperative() -> Self {
        let admin = [ORDINARY, ADMIN].concat();
        let top = [ORDINARY, ADMIN, TOP].concat();
        let inactive = |role: Role| Role { maximum_active_participants: Some(0), ..role };
        let no_role = role(NO_ROLE, "no_role", &[], &[]);
        let banned = role(BANNED, "banned", &[], &[]);
        let user = role(ORDINARY_USER, "ordinary_user", ORDINARY, &[(0, &[2]), (2, &[0])]);
        let group_admin = role(GROUP_ADMIN, "group_admin", &admin, GROUP_ADMIN_CHANGES);
        let super_admin = role(SUPER_ADMIN, "super_admin", &top, SUPER_ADMIN_CHANGES);
        let enforcer = role(POLICY_ENFORCER, "policy_enforcer", ENFORCER, ENFORCER_CHANGES);
        let group_admin = Role { minimum_participants: 1, ..group_admin };
        let enforcer = Role { minimum_participants: 1, maximum_participants: Some(2), ..enforcer };
        let (no_role, banned, enforcer) = (inactive(no_role), inactive(banned), inactive(enforcer));
        Self { roles: vec![no_role, banned, user, group_admin, super_admin, enforcer] }
    }
}

/// A role without constraints.
fn role(index: u32, name: &str, holds: &[Capability], changes: &[(u32, &[u32])]) -> Role {
    let changes = changes.iter().map(|(from, to)| RoleChanges { from: *from, to: to.to_vec() });
    Role {
        index,
        name: name.to_owned(),
        description: String::new(),
        capabilities: holds.to_vec(),
        minimum_participants: 0,
        maximum_participants: None,
        minimum_active_participants: 0,
        maximum_active_participants: None,
        authorized_role_changes: changes.collect(),
    }
}

const GROUP_ADMIN_CHANGES: &[(u32, &[u32])] =
    &[(0, &[1, 2, 3]), (1, &[0, 2, 3]), (2, &[0, 1, 3]), (3, &[0, 1, 2])];
const SUPER_ADMIN_CHANGES: &[(u32, &[u32])] = &[
    (0, &[1, 2, 3, 4]),
    (1, &[0, 2, 3, 4]),
    (2, &[0, 1, 3, 4]),
    (3, &[0, 1, 2, 4]),
    (4, &[0, 1, 2, 3]),
];
const ENFORCER_CHANGES: &[(u32, &[u32])] =
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
const ENFORCER: &[Capability] = &[
    Capability::REMOVE_PARTICIPANT,
    Capability::CHANGE_USER_ROLE,
    Capability::BAN,
    Capability::UNBAN,
    Capability::CHANGE_ROLE_DEFINITIONS,
    Capability::CHANGE_PREAUTHORIZED_USER_LIST,
    Capability::CHANGE_MLS_OPERATIONAL_POLICIES,
    Capability::DESTROY_ROOM,
    Capability::SEND_MLS_REINIT_PROPOSAL,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_grows_and_names_each_value_once() {
        assert!(REGISTRY.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(Capability::SEND_MESSAGE.name(), Some("canSendMessage"));
        assert_eq!(Capability(0xf001).to_string(), "capability 0xf001");
    }

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
