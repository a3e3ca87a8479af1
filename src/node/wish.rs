//! What a client's user wants, as it reaches the client: every name resolved to a URI.
//!
//! Not here: how a client gets its wish (`client`), and when a user has it (`script`, `world`).

use crate::mimi::room::{Charter, PolicyChange};
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::mimi::wire::{AssetUrl, ConsentOperation, QueryElement};
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
    /// Take out the clients of a user that are members, and add them again in the same commit. Of
    /// the own user's, all but the own client.
    ReAdd(UserUri),
    /// Open the wish's room in the place of this one: its participants with their roles, its policy
    /// and its bans, and the clients of those who had any in it.
    Reboot(RoomUri),
    /// Change the policy.
    ChangePolicy(PolicyChange),
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
    /// Learn from this provider which of its users matches all of this.
    FindUser(ProviderName, Vec<QueryElement>),
    /// Leave an asset of this name with the provider.
    Upload(String),
    /// Get an asset through the hub of the wish's room.
    Download(AssetUrl),
}

impl WishKind {
    /// Whether it is between the client and its provider, and about no room that it is in.
    pub fn is_affair(&self) -> bool {
        matches!(
            self,
            Self::Consent { .. }
                | Self::DeleteAccount
                | Self::FindUser(..)
                | Self::Upload(_)
                | Self::Download(_)
        )
    }

    /// What traces call it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Add(_) => "add",
            Self::Remove(_) => "remove",
            Self::Send(_) => "send",
            Self::Rename(_) => "rename",
            Self::Update => "update",
            Self::Leave => "leave",
            Self::Join | Self::JoinWith(_) => "join",
            Self::ReportAbuse { .. } => "report-abuse",
            Self::Invite(..) => "invite",
            Self::Ban(_) => "ban",
            Self::Unban(..) => "unban",
            Self::Kick(_) => "kick",
            Self::ChangeRole(..) => "change-role",
            Self::RemoveClient(_) => "remove-client",
            Self::SelfRemove => "self-remove",
            Self::ReAdd(_) => "re-add",
            Self::Reboot(_) => "reboot",
            Self::ChangePolicy(_) => "change-policy",
            Self::Consent { operation: ConsentOperation::Request, .. } => "ask-consent",
            Self::Consent { operation: ConsentOperation::Cancel, .. } => "cancel-consent",
            Self::Consent { operation: ConsentOperation::Grant { .. }, .. } => "grant-consent",
            Self::Consent { operation: ConsentOperation::Revoke, .. } => "revoke-consent",
            Self::DeleteAccount => "delete-account",
            Self::FindUser(..) => "find-user",
            Self::Upload(_) => "upload",
            Self::Download(_) => "download",
        }
    }

    /// What traces call its object: a user, a text, a name; empty where there is none.
    pub fn object(&self) -> String {
        match self {
            Self::Add(user)
            | Self::Remove(user)
            | Self::Consent { user, .. }
            | Self::ReportAbuse { user, .. }
            | Self::Invite(user, _)
            | Self::Ban(user)
            | Self::Unban(user, _)
            | Self::Kick(user)
            | Self::ReAdd(user)
            | Self::ChangeRole(user, _) => user.to_string(),
            Self::RemoveClient(client) => client.to_string(),
            Self::Reboot(of) => of.to_string(),
            Self::Send(text) => text.clone(),
            Self::Rename(name) | Self::Upload(name) => name.clone(),
            Self::Download(url) => url.to_string(),
            Self::FindUser(provider, query) => {
                let query: Vec<_> = query.iter().map(QueryElement::told).collect();
                format!("{} at {provider}", query.join(", "))
            }
            _ => String::new(),
        }
    }
}
