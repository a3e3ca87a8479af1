//! The registry of what roles may do (RP03 §10.2, R51).
//!
//! A capability is a number with a name. Which action asks for which is the business of `rules`.

use std::fmt;

use tls_codec::{TlsDeserializeBytes, TlsSerialize, TlsSize};

/// Something that a role may do: a value of the "MIMI Role Capabilities" registry (RP03 §10.2).
/// Values that are not registered are kept as they are.
///
/// Who obeys which:
///
/// - Hub and clients, with each commit and proposal (rule `authorised`): those about who is in the
///   room, with which clients and which role (adding, removing, kicking, banning, leaving, changing
///   roles, joining by each way in); those about join codes; those about the room's name,
///   description, avatar, subject and mood; and those about its policy (`canChangeRoleDefinitions`,
///   `canChangePreauthorizedUserList`, `canChangeRoomMembershipStyle`,
///   `canChangeMlsOperationalPolicies`, `canChangeOtherPolicyAttribute`).
/// - The hub alone: `canSendMessage` (`may-send`); and `canReportAbuse`, where a report names who
///   makes it (`may-report`).
/// - The hub where it can withhold, and clients: `canReceiveMessage` (`may-receive`).
///
/// The others nobody obeys. Of these, uploads and downloads are the only ones that the testbed has
/// an action for; but an upload names no room, and no request says what an asset is, an image or a
/// video: only who reads the message that it hangs on could tell (RP03 §8.4). There is no action
/// for what is done with single messages (copies, replies, reactions, edits, topics, links,
/// targets), for knocking, subgroups, calls, own names and moods, nor for making or destroying
/// rooms by right of a role. ReInit and PSK proposals are refused to everybody
/// (`only-known-proposals`); external commits and proposals, and updates, follow the operational
/// policy, as RP03 §8.7 reserves their capabilities.
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
    /// The one of this name; none where the registry has none.
    pub fn named(name: &str) -> Option<Self> {
        REGISTRY.iter().find(|(_, registered)| *registered == name).map(|(it, _)| *it)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_grows_and_names_each_value_once() {
        assert!(REGISTRY.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(Capability::SEND_MESSAGE.name(), Some("canSendMessage"));
        assert_eq!(Capability(0xf001).to_string(), "capability 0xf001");
    }
}
