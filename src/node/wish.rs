//! What a client's user wants, as it reaches the client: every name resolved to a URI.
//!
//! Not here: how a client gets its wish (`client`), and when a user has it (`script`, `world`).

use crate::mimi::room::{Charter, PolicyChange};
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};

/// One thing that a client's user wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Unique in the run; the trace's intents carry it.
    pub intent: String,
    /// The room.
    pub room: RoomUri,
    /// What.
    pub what: WishKind,
    /// Made by the world to see whether the room still works, not by the scenario. A client that
    /// is not a member of the room refuses it.
    pub probe: bool,
}

/// What a user can want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WishKind {
    /// Create the room, with this policy.
    Create(Box<Charter>),
    /// Add a user with all its clients.
    Add(UserUri),
    /// Remove a user with all its clients.
    Remove(UserUri),
    /// Send this text.
    Send(String),
    /// Give the room this name.
    Rename(String),
    /// Commit new keys for the own leaf.
    Update,
    /// Leave the room with all clients of the user.
    Leave,
    /// Join by an external commit: listed already, or by a way that the room has for others.
    Join,
    /// Report the newest message of a user to the hub.
    ReportAbuse {
        /// The user.
        user: UserUri,
        /// What the report is to say that the message said, where that is not the truth.
        claim: Option<String>,
    },
    /// Join by an external commit, with a code.
    JoinWith(String),
    /// List a user, in the role of this name or the usual one, and add no client.
    Invite(UserUri, Option<String>),
    /// Give a user the role of the banned, and remove all its clients.
    Ban(UserUri),
    /// Give a banned user the role of this name or the usual one.
    Unban(UserUri, Option<String>),
    /// Remove all clients of a user, who stays listed.
    Kick(UserUri),
    /// Give a user, which may be the own one, the role of this name.
    ChangeRole(UserUri, String),
    /// Remove one client.
    RemoveClient(ClientUri),
    /// Have the own client removed, and stay listed.
    SelfRemove,
    /// Change the policy.
    ChangePolicy(PolicyChange),
}
