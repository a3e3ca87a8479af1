//! The rules, each with its id, meaning, source and check: the first catalogue.
//!
//! Hubs and clients judge in this order and stop at the first objection. `enforcers` says who
//! enforces a rule, `evidence` where it is seen at work; tests hold both to this list.

use super::{Check, Rule, authorised, group, kind, message, proposals, sender, servers};

/// The catalogue, in the order of judging.
pub static RULES: &[Rule] = &[
    Rule {
        id: "current-epoch",
        meaning: "a commit or proposal is for the hub's epoch, so each epoch has one commit",
        source: "P06 §5.3, RFC 9420 §14; R13, R15",
        check: Check::Handshake(sender::current_epoch),
    },
    Rule {
        id: "sender-is-member",
        meaning: "who commits or proposes is a member of the epoch, unless it joins by the commit",
        source: "RFC 9420 §6.2, §12.4",
        check: Check::Handshake(sender::is_member),
    },
    Rule {
        id: "exiting-only-removes",
        meaning: "a user who is about to leave proposes removals of its own clients, nothing else \
                  (reading committed-list-counts: its clients may join)",
        source: "P06 §5.3; R22",
        check: Check::Handshake(sender::exiting_only_removes),
    },
    Rule {
        id: "sender-is-participant",
        meaning: "who commits or proposes is listed and not banned, cached proposals included",
        source: "P06 §5.3, §7.1; R19",
        check: Check::Handshake(sender::is_participant),
    },
    Rule {
        id: "known-references",
        meaning: "a commit refers only to proposals that were accepted in its epoch",
        source: "RFC 9420 §12.4",
        check: Check::Handshake(proposals::known_references),
    },
    Rule {
        id: "only-known-proposals",
        meaning: "proposals of types that rooms have no use for are refused",
        source: "P06 §5.3, RP03 §7",
        check: Check::Handshake(proposals::only_known_types),
    },
    Rule {
        id: "external-commit-shape",
        meaning: "an external commit has one ExternalInit, at most one Remove, of an own client, \
                  and changes nothing but the joiner's own entry in the list",
        source: "RFC 9420 §12.2, §12.4.3.2, RP03 §8.1.1; R32",
        check: Check::Handshake(group::external_commit_shape),
    },
    Rule {
        id: "cached-proposals-included",
        meaning: "a member's commit includes every proposal that waits for it (without it, \
                  committers choose)",
        source: "P06 §3.5, §7.3; R18, Q3, Q4",
        check: Check::Handshake(proposals::cached_included),
    },
    Rule {
        id: "no-self-removal-by-commit",
        meaning: "a committer does not commit its own removal",
        source: "RFC 9420 §12.2; R27",
        check: Check::Handshake(group::no_self_removal),
    },
    Rule {
        id: "client-changes-once",
        meaning: "a commit takes in only clients that are out, removes only members, each once",
        source: "RFC 9420 §12.2; Q3, A21",
        check: Check::Handshake(group::client_changes_once),
    },
    Rule {
        id: "one-metadata-update",
        meaning: "a commit carries at most one update of the metadata",
        source: "P06 §7.6; R24",
        check: Check::Handshake(proposals::one_metadata_update),
    },
    Rule {
        id: "roles-apart-from-list",
        meaning: "role definitions do not change together with the participant list",
        source: "RP03 §3; R25",
        check: Check::Handshake(proposals::roles_apart_from_list),
    },
    Rule {
        id: "preauthorisation-apart-from-list",
        meaning: "preauthorised users change together with removals from the list, and no other \
                  change of it",
        source: "RP03 §4; R25",
        check: Check::Handshake(proposals::preauth_apart_from_list),
    },
    Rule {
        id: "list-update-applies",
        meaning: "all updates of a commit together make a room state, no user touched twice",
        source: "P06 §7.5; R23, R24",
        check: Check::Handshake(proposals::updates_apply),
    },
    Rule {
        id: "listed-before-member",
        meaning: "each client that enters belongs to a participant of the state after the commit",
        source: "P06 §5.3; R20, I11",
        check: Check::Handshake(group::listed_before_member),
    },
    Rule {
        id: "clients-leave-with-user",
        meaning: "who leaves the list or is banned leaves with all clients, in the same commit",
        source: "P06 §3.5, §5.3, RP03 §8.1.2; R21",
        check: Check::Handshake(group::clients_leave_with_user),
    },
    Rule {
        id: "external-commits-allowed",
        meaning: "nobody joins by an external commit where the operational policy forbids it",
        source: "RP03 §7; R56",
        check: Check::Handshake(kind::external_commits_allowed),
    },
    Rule {
        id: "fixed-membership",
        meaning: "nobody enters or leaves a room of fixed membership; clients come and go (reading \
                  fixed-rooms-may-be-left: users leave by themselves)",
        source: "RP03 §5; R55, Q8",
        check: Check::Handshake(kind::fixed_membership),
    },
    Rule {
        id: "inside-parent",
        meaning: "the participants of a room with a parent are some of the parent's, not all",
        source: "RP03 §5; R55, I17",
        check: Check::Handshake(kind::inside_parent),
    },
    Rule {
        id: "at-most-max-users",
        meaning: "a room has no more users than its base policy allows",
        source: "RP03 §5; R55",
        check: Check::Handshake(kind::at_most_max_users),
    },
    Rule {
        id: "at-most-max-clients",
        meaning: "a room's group has no more clients than its base policy allows",
        source: "RP03 §5; R55",
        check: Check::Handshake(kind::at_most_max_clients),
    },
    Rule {
        id: "one-client-per-user",
        meaning: "a user has one client in a room that is not for several devices",
        source: "RP03 §5; R55",
        check: Check::Handshake(kind::one_client_per_user),
    },
    Rule {
        id: "authorised",
        meaning: "each proposal's own sender may make it, and the constraints of roles hold after",
        source: "RP03 §3, §8; R50",
        check: Check::Handshake(authorised::authorised),
    },
    Rule {
        id: "message-sender-is-active",
        meaning: "who sends a message is a participant with a client in the group",
        source: "P06 §5.4; R36",
        check: Check::Message(message::sender_is_active),
    },
    Rule {
        id: "message-epoch-not-newer",
        meaning: "a message is not from an epoch that the hub has not seen",
        source: "P06 §5.4; R36",
        check: Check::Message(message::epoch_not_newer),
    },
    Rule {
        id: "message-epoch-tolerated",
        meaning: "a message lags behind by no more epochs than the room tolerates",
        source: "P06 §5.4, RP03 §7; R36, R56",
        check: Check::Message(message::epoch_tolerated),
    },
    Rule {
        id: "exiting-sends-nothing",
        meaning: "a user who is about to leave sends no messages",
        source: "P06 §5.3; R22",
        check: Check::Message(message::exiting_sends_nothing),
    },
    Rule {
        id: "may-send",
        meaning: "the sender's role holds canSendMessage",
        source: "RP03 §8.3; R51",
        check: Check::Message(message::may_send),
    },
    Rule {
        id: "may-receive",
        meaning: "a message goes to no user whose role lacks canReceiveMessage: hubs withhold it \
                  where they can, clients show it to nobody",
        source: "RP03 §8.3; R51",
        check: Check::Request,
    },
    Rule {
        id: "may-report",
        meaning: "a participant who reports abuse by name has a role with canReportAbuse",
        source: "RP03 §8.3; R41, R51",
        check: Check::Request,
    },
    Rule {
        id: "peer-is-who-it-says",
        meaning: "the provider or client that a request names is the one that dialled",
        source: "P06 §4.1; R1",
        check: Check::Request,
    },
    Rule {
        id: "body-at-most-1-mib",
        meaning: "a request's body has at most 1 MiB",
        source: "this testbed: the drafts set no limit; L10",
        check: Check::BuiltIn("a server reads no more, whoever answers"),
    },
    Rule {
        id: "body-is-well-formed",
        meaning: "a request's body is exactly what its endpoint takes",
        source: "P06 §5; R2",
        check: Check::BuiltIn("what can't be read can't be acted on"),
    },
    Rule {
        id: "protocol-is-spoken",
        meaning: "KeyPackages are asked for in a protocol that the provider speaks: mls10",
        source: "P06 §5.2; R7",
        check: Check::BuiltIn("there is no other protocol to answer in"),
    },
    Rule {
        id: "room-is-known",
        meaning: "a request is about a room that this provider is the hub of, or follows",
        source: "P06 §5.6; R31",
        check: Check::BuiltIn("of a room that is not there, there is nothing to give"),
    },
    Rule {
        id: "key-material-through-the-hub",
        meaning: "KeyPackages for a room are fetched through its hub, which routes the Welcome",
        source: "P06 §5.2; R5",
        check: Check::Request,
    },
    Rule {
        id: "key-package-once",
        meaning: "a KeyPackage is handed out once, unless it is a last resort",
        source: "P06 §5.2; R6, I15",
        check: Check::Request,
    },
    Rule {
        id: "key-material-is-signed",
        meaning: "a request for KeyPackages is signed by the client that makes it",
        source: "P06 §5.2; R4",
        check: Check::Request,
    },
    Rule {
        id: "group-info-is-signed",
        meaning: "a request for a GroupInfo is signed by the client that makes it",
        source: "P06 §5.6; R29",
        check: Check::Request,
    },
    Rule {
        id: "group-info-for-participants",
        meaning: "a GroupInfo goes to clients of participants, and of users whom an open room, \
                  preauthorisation or a join code lets in",
        source: "P06 §5.6, RP03 §8.1.1; R29, R53",
        check: Check::Request,
    },
    Rule {
        id: "group-info-is-the-hubs",
        meaning: "a GroupInfo comes signed by the room's hub: the group's first external sender, \
                  with the key that it had before",
        source: "P06 §5.6, §7.4; R30, A7",
        check: Check::Request,
    },
    Rule {
        id: "welcome-leads-on",
        meaning: "a Welcome is for a later epoch than the client was in when it was last inside, or \
                  than its stay began in where it has lost the room",
        source: "RFC 9420 §12.4.3.1, §14; N-03, A30",
        check: Check::Request,
    },
    Rule {
        id: "room-is-new",
        meaning: "a room is created once",
        source: "P06 §3.1",
        check: Check::Request,
    },
    Rule {
        id: "route-is-known",
        meaning: "a request is for an endpoint that there is, with the method that it takes",
        source: "P06 §5.1; R2",
        check: Check::BuiltIn("there is nobody behind another path or method"),
    },
    Rule {
        id: "user-is-known",
        meaning: "KeyPackages are asked of a user that the provider has",
        source: "P06 §5.2; R7",
        check: Check::BuiltIn("of a user who is not there, there is nothing to give"),
    },
    Rule {
        id: "valid-mls",
        meaning: "a handshake message is valid by RFC 9420, as far as a hub can see",
        source: "RFC 9420 §12.2, §12.4; S20",
        check: Check::BuiltIn("MLS itself makes nothing of what is not valid"),
    },
    Rule {
        id: "group-info-matches",
        meaning: "a commit comes with the GroupInfo of the epoch that it leads to, full or partial",
        source: "P06 §5.3, RP03 §7; R11, R35",
        check: Check::Request,
    },
    Rule {
        id: "welcome-after-its-commit",
        meaning: "a Welcome is released only once its commit is accepted",
        source: "RFC 9420 §14; R17, I25",
        check: Check::BuiltIn("a Welcome comes with its commit, and waits for it"),
    },
    Rule {
        id: "frank-is-genuine",
        meaning: "a frank that comes with a message is the hub's, for its sender, room and time",
        source: "P06 §5.4.1; R39",
        check: Check::Request,
    },
    Rule {
        id: "franking-tag-fits",
        meaning: "the franking tag on a message's outside is the one of its plaintext",
        source: "P06 §5.4.1; R38, R39",
        check: Check::Request,
    },
    Rule {
        id: "content-names-its-sender",
        meaning: "a content names the user that its leaf does, and the room that it came in",
        source: "P06 §5.4.1; R39",
        check: Check::Request,
    },
    Rule {
        id: "consent-is-given",
        meaning: "where consent is explicit, KeyPackages go to those whom their user agreed to",
        source: "P06 §5.2, §5.7, §8; R57, I18",
        check: Check::Request,
    },
    Rule {
        id: "key-package-not-expired",
        meaning: "a KeyPackage that has expired is neither handed out nor welcomed by",
        source: "P06 §5.2; R6, R8",
        check: Check::Request,
    },
    Rule {
        id: "asset-host-is-a-peer",
        meaning: "a hub downloads for others only from providers of its rooms' participants",
        source: "P06 §5.10.2",
        check: Check::Request,
    },
    Rule {
        id: "asset-is-known",
        meaning: "an asset is uploaded once under its name, and asked for by it",
        source: "P06 §5.10",
        check: Check::BuiltIn("of an asset that is not there, there is nothing to give"),
    },
    Rule {
        id: "external-proposals-allowed",
        meaning: "no server proposes anything where the operational policy forbids it",
        source: "RP03 §7; R56",
        check: Check::Handshake(servers::external_proposals_allowed),
    },
    Rule {
        id: "servers-only-remove",
        meaning: "a server proposes that clients go, the hub also who may propose; none commits",
        source: "P06 §7.4; A31; RFC 9420 §12.1.8",
        check: Check::Handshake(servers::only_remove),
    },
    Rule {
        id: "obliged-list-change",
        meaning: "a commit by which servers take out all clients of a user unlists that user, or \
                  bans it where the server may ban",
        source: "P06 §5.3; R21; study/openmls.md §2 (why the server can't say so itself)",
        check: Check::Handshake(servers::obliged_list_change),
    },
    Rule {
        id: "external-senders-fit",
        meaning: "the hub alone changes who the external senders are: itself first, and followers \
                  with a participant",
        source: "P06 §7.4; R26, I16",
        check: Check::Handshake(servers::external_senders_fit),
    },
    Rule {
        id: "somebody-can-commit",
        meaning: "who proposes leaves a member in the room who can commit all that waits: one that \
                  it does not take out",
        source: "RFC 9420 §12.2; P06 §3.5; R27, Q7",
        check: Check::Handshake(proposals::somebody_can_commit),
    },
];
