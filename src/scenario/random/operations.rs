//! What users do in a random workload: the list that drives it.
//!
//! An operation is a wish of a user, or a few that belong together. Most are one step of a file and
//! have its name. How each draws its steps is in `acts` and `scenes`.

use super::moment::Moment;
use super::{acts, scenes};

/// One thing that users do.
#[derive(Debug)]
pub struct Operation {
    /// What scenario files call it.
    pub id: &'static str,
    /// What happens, in one line.
    pub meaning: &'static str,
    /// Where it comes from: draft section, RFC, or number of the study.
    pub source: &'static str,
    /// How often it comes up among the others, where a file says nothing else.
    pub weight: u64,
    /// Draws its steps; none where it makes no sense now.
    pub(super) act: fn(&mut Moment<'_, '_>) -> Option<()>,
}

macro_rules! operations {
    ($($id:literal, $weight:literal, $act:path, $source:literal, $meaning:literal;)*) => {
        /// All operations, in the order of `script::ids::OPERATIONS`.
        pub static OPERATIONS: &[Operation] = &[
            $(Operation {
                id: $id,
                meaning: $meaning,
                source: $source,
                weight: $weight,
                act: $act,
            },)*
        ];
    };
}

operations! {
    "create", 5, scenes::create, "P06 §3.1",
        "a further room begins, and some users are added to it";
    "add", 6, acts::add, "P06 §3.2",
        "a user is added with all clients, or those of its clients that are out";
    "remove", 3, acts::remove, "RP03 §8.1.2",
        "a user is removed from list and group";
    "invite", 4, acts::invite, "S17; RP03 §8.1",
        "a user is listed, and its clients may let themselves in";
    "join", 6, acts::join, "P06 §3.6; RP03 §8.1.1",
        "a client that is out comes back, or lets itself in";
    "join-code", 4, acts::join_with_code, "RP03 §6.2",
        "a client that is out joins with a code";
    "new-client", 5, acts::new_client, "P06 §3.6",
        "a user gets a new client, which joins";
    "leave", 3, scenes::leave, "P06 §3.5; R27",
        "a user goes with all clients";
    "self-remove", 2, acts::self_remove, "EXT SelfRemove; R28",
        "a client goes, and its user stays listed";
    "remove-client", 2, acts::remove_client, "RP03 §8.1.2",
        "one client is removed, an own one or another's";
    "lose-client", 2, scenes::lose_client, "R3; L2",
        "a client is out of reach for long; perhaps it is removed, and a new one comes";
    "kick", 3, acts::kick, "RP03 §8.1.2",
        "a user's clients go, and it stays listed";
    "ban", 3, acts::ban, "RP03 §8.1.3",
        "a user is banned";
    "unban", 3, scenes::unban, "RP03 §8.1.3",
        "a ban is lifted; where nobody is banned, somebody is first";
    "change-role", 5, acts::change_role, "RP03 §3; R50",
        "a user is given another role";
    "change-own-role", 1, acts::change_own_role, "RP03 §3; R50",
        "a user takes another role";
    "change-policy", 4, acts::change_policy, "RP03 §4 to §7",
        "one thing of a room's policy changes";
    "rename", 4, acts::rename, "P06 §7.6",
        "a room gets another name";
    "update", 10, acts::update, "RFC 9420 §12.1.2",
        "a client gets new keys";
    "send", 12, acts::send, "P06 §5.4",
        "a message";
    "burst", 4, scenes::burst, "P06 §5.4; RP03 §7",
        "many messages in a row";
    "report-abuse", 3, scenes::report_abuse, "P06 §5.9",
        "a user's newest message is reported, truly or falsely";
    "duel", 4, scenes::duel, "P06 §5.3; R13, R15",
        "two admins act on each other, or on the same user, in one epoch";
    "consent", 2, acts::consent, "P06 §5.7",
        "a consent is asked for, granted, cancelled or revoked";
    "find-user", 2, acts::find_user, "P06 §5.8",
        "a provider is asked which of its users is meant";
    "asset", 2, scenes::asset, "P06 §5.10",
        "an asset is uploaded, and downloaded through a hub";
    "delete-account", 1, scenes::delete_account, "RP03 §8.1.2",
        "a user's account ends";
}
