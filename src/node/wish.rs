//! What a client's user wants, as it reaches the client: every name resolved to a URI.
//!
//! Not here: how a client gets its wish (`client`), and when a user has it (`script`, `world`).

use crate::mimi::uri::{RoomUri, UserUri};
use crate::mimi::wire::ConsentOperation;
use crate::trace::Event;

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

impl Wish {
    /// The trace's record of it.
    pub fn told(&self) -> Event {
        Event::Intent {
            intent: self.intent.clone(),
            room: self.room.clone(),
            wish: self.what.verb().to_owned(),
            object: self.what.object(),
            probe: self.probe,
        }
    }
}

/// What a user can want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WishKind {
    /// Create the room.
    Create,
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
    /// Join by an external commit.
    Join,
    /// Ask for consent, give it, or take either back (P06 §5.7).
    Consent {
        /// Which of these.
        operation: ConsentOperation,
        /// The other user.
        user: UserUri,
        /// For the wish's room only; else for any.
        here: bool,
    },
    /// End the user's account.
    DeleteAccount,
}

impl WishKind {
    /// Whether it is between the client and its provider, and about no room that it is in.
    pub fn is_affair(&self) -> bool {
        matches!(self, Self::Consent { .. } | Self::DeleteAccount)
    }

    /// What traces call it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Add(_) => "add",
            Self::Remove(_) => "remove",
            Self::Send(_) => "send",
            Self::Rename(_) => "rename",
            Self::Update => "update",
            Self::Leave => "leave",
            Self::Join => "join",
            Self::Consent { operation: ConsentOperation::Request, .. } => "ask-consent",
            Self::Consent { operation: ConsentOperation::Cancel, .. } => "cancel-consent",
            Self::Consent { operation: ConsentOperation::Grant { .. }, .. } => "grant-consent",
            Self::Consent { operation: ConsentOperation::Revoke, .. } => "revoke-consent",
            Self::DeleteAccount => "delete-account",
        }
    }

    /// What traces call its object: a user, a text, a name; empty where there is none.
    pub fn object(&self) -> String {
        match self {
            Self::Add(user) | Self::Remove(user) | Self::Consent { user, .. } => user.to_string(),
            Self::Send(text) => text.clone(),
            Self::Rename(name) => name.clone(),
            _ => String::new(),
        }
    }
}
