//! The ids that a scenario file can name, in one place for the parser and its messages; those of
//! behaviours stand in their forms.
//!
//! The catalogues themselves, with meaning and source, live with the code that they drive
//! (`oracle`, `world`, `adversary`, `mimi::rules`); a test holds each of them against its list
//! here.

/// Ids of the second catalogue.
pub const INVARIANTS: &[&str] = &[
    "agreement",
    "state_agreement",
    "hub_shadow",
    "single_commit",
    "contiguous_history",
    "epochs_grow",
    "members_inside_participants",
    "no_ghost",
    "add_leave_order",
    "exactly_once",
    "truthful_responses",
    "verdicts_agree",
    "stamps_grow",
    "used_in_order",
    "banned_stay_out",
    "exiting_is_silent",
    "bad_input_passes",
    "convergence",
    "messages_delivered",
    "leave_completes",
    "nobody_stuck",
    "no_rejoin_storm",
    "queues_drain",
    "listed_users_get_in",
    "removed_cannot_read",
    "joiner_cannot_read_before",
    "old_keys_deleted",
    "compromise_heals",
    "servers_see_no_content",
    "restart_is_whole",
    "frank_sound",
    "consent_respected",
    "key_package_once",
    "limits_hold",
    "welcome_after_commit",
    "external_senders_are_hub_and_followers",
    "inside_parent",
    "receivers_may_receive",
    "policy_is_kept",
    "expulsion_completes",
    "no_false_alarm",
];

/// Rules that somebody breaks by a behaviour that is for that alone, with its id.
pub const LIES_BY_BEHAVIOUR: &[(&str, &str)] = &[
    ("servers-only-remove", "follower.proposes-more"),
    ("frank-is-genuine", "follower.spoils-franks"),
    ("group-info-is-the-hubs", "hub.signs-with-another-key"),
    ("welcome-leads-on", "client.renews-welcomes"),
];

/// Ids of the rules that `client.breaks-rule` knows how to break.
pub const LIES: &[&str] = &[
    "known-references",
    "only-known-proposals",
    "external-commit-shape",
    "client-changes-once",
    "one-metadata-update",
    "roles-apart-from-list",
    "preauthorisation-apart-from-list",
    "list-update-applies",
    "listed-before-member",
    "clients-leave-with-user",
    "message-epoch-not-newer",
    "peer-is-who-it-says",
    "body-at-most-1-mib",
    "body-is-well-formed",
    "room-is-known",
    "key-material-through-the-hub",
    "key-material-is-signed",
    "group-info-is-signed",
    "room-is-new",
    "route-is-known",
    "valid-mls",
    "group-info-matches",
    "franking-tag-fits",
    "content-names-its-sender",
    "obliged-list-change",
    "external-senders-fit",
    "key-package-not-expired",
    "protocol-is-spoken",
];

/// Codes of `update` that `hub.lies-code` answers with.
pub const LIED_CODES: &[&str] = &["success", "wrongEpoch", "notAllowed"];

/// Codes of `submitMessage` that `hub.lies-message-code` answers with.
pub const LIED_MESSAGE_CODES: &[&str] = &["success", "epochTooOld", "notAllowed"];

/// Ids of the fourth catalogue.
pub const FAULTS: &[&str] = &[
    "partition",
    "partition-one-way",
    "hold",
    "delay",
    "lose-requests",
    "lose-responses",
    "repeat",
    "crash",
    "rollback",
    "offline",
    "busy",
    "slow-disk",
    "clock-step",
    "clock-drift",
];

/// Ids of what users do in a random workload.
pub const OPERATIONS: &[&str] = &[
    "create",
    "add",
    "remove",
    "invite",
    "join",
    "join-code",
    "new-client",
    "leave",
    "self-remove",
    "remove-client",
    "lose-client",
    "kick",
    "ban",
    "unban",
    "change-role",
    "change-own-role",
    "change-policy",
    "rename",
    "update",
    "send",
    "burst",
    "report-abuse",
    "duel",
    "consent",
    "find-user",
    "asset",
    "delete-account",
];

/// Ids of what goes wrong in a storm. Most are one fault of its name, some are several.
pub const FAMILIES: &[&str] = &[
    "partition",
    "partition-one-way",
    "isolated-hub",
    "split-followers",
    "hold",
    "delay",
    "lose-requests",
    "lose-responses",
    "repeat",
    "crash",
    "crash-at-point",
    "rollback",
    "offline",
    "busy",
    "slow-disk",
    "clock-step",
    "clock-drift",
];

/// What users can do in a file's steps. Traces call their wishes the same; only, who changes its
/// own role wishes what others wish of others.
pub const ACTIONS: &[&str] = &[
    "create",
    "add",
    "remove",
    "send",
    "rename",
    "update",
    "leave",
    "join",
    "report-abuse",
    "invite",
    "ban",
    "unban",
    "kick",
    "change-role",
    CHANGE_OWN_ROLE,
    "remove-client",
    "self-remove",
    "re-add",
    "reboot",
    "change-policy",
    "ask-consent",
    "cancel-consent",
    "grant-consent",
    "revoke-consent",
    "delete-account",
    "find-user",
    "upload",
    "download",
];

/// The action that has no wish of its own name.
pub const CHANGE_OWN_ROLE: &str = "change-own-role";
