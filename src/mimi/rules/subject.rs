//! What is judged, and what it is judged against.
//!
//! A [`Handshake`] is an update request, decoded: who does what in the MLS group and the room. A
//! [`Message`] is an application message. The [`Base`] is what a hub or a client believes at that
//! moment. All are plain data: the caller reads them out of MLS.

use std::collections::BTreeSet;
use std::fmt;

use super::Readings;
use crate::mimi::room::{ComponentUpdate, RoomState};
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};

/// A client and the user whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Actor {
    /// The client.
    pub client: ClientUri,
    /// Its user.
    pub user: UserUri,
}

/// Who proposes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposer {
    /// A client, in its user's name.
    Client(Actor),
    /// A provider's server, as an external sender of the group (P06 §7.4).
    Server(ProviderName),
}

impl Proposer {
    /// The client, where it is one.
    pub fn client(&self) -> Option<&Actor> {
        match self {
            Self::Client(actor) => Some(actor),
            Self::Server(_) => None,
        }
    }
}

impl From<Actor> for Proposer {
    fn from(actor: Actor) -> Self {
        Self::Client(actor)
    }
}

impl fmt::Display for Proposer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(actor) => actor.client.fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}

/// What a proposal does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A client enters the group.
    Add(Actor),
    /// A client is taken out of the group.
    Remove(Actor),
    /// A component of the room state changes.
    Update(ComponentUpdate),
    /// The sender joins by this commit.
    ExternalInit,
    /// A client takes itself out of the group (EXT, R28).
    SelfRemove(Actor),
    /// From the next epoch on, these are the group's external senders; the first one is as it was.
    Senders(Vec<ProviderName>),
    /// The sender's leaf gets new keys.
    KeyUpdate,
    /// Anything else, by the name of its type.
    Other(&'static str),
}

impl What {
    /// The client that it takes out of the group, if any.
    pub fn removes(&self) -> Option<&Actor> {
        match self {
            Self::Remove(client) | Self::SelfRemove(client) => Some(client),
            _ => None,
        }
    }

    /// The change of the room state that it makes, if any.
    pub fn update(&self) -> Option<&ComponentUpdate> {
        match self {
            Self::Update(update) => Some(update),
            _ => None,
        }
    }
}

/// One proposal of a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Who made the proposal. For one by reference that need not be the committer.
    pub sender: Proposer,
    /// Its ProposalRef, where a commit names a proposal that was sent before.
    pub by_reference: Option<Vec<u8>>,
    /// What it does.
    pub what: What,
}

/// The three kinds of update request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandshakeKind {
    /// A member's commit.
    Commit,
    /// A commit by which a client joins (P06 §3.6).
    ExternalCommit,
    /// Proposals that wait for the next commit.
    Proposals,
}

/// An update request, decoded (P06 §5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// Which kind.
    pub kind: HandshakeKind,
    /// The epoch that it was made in.
    pub epoch: u64,
    /// The committer, the joiner, or who sends the proposals.
    pub actor: Proposer,
    /// Its proposals, in its order.
    pub parts: Vec<Part>,
}

impl Handshake {
    /// The client behind it; none where a server proposes.
    pub fn client(&self) -> Option<&Actor> {
        self.actor.client()
    }

    /// The role in which the joiner lists its own user, where that is all that an external commit
    /// changes in the list.
    pub fn lists_itself(&self) -> Option<u32> {
        if self.kind != HandshakeKind::ExternalCommit {
            return None;
        }
        let mut updates = self.parts.iter().filter_map(|part| part.what.update());
        match (updates.next(), updates.next()) {
            (Some(ComponentUpdate::Participants(update)), None) => {
                let only = update.changed_roles.is_empty() && update.removed.is_empty();
                match update.added.as_slice() {
                    [added] if only && self.client().is_some_and(|it| it.user == added.user) => {
                        Some(added.role)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// An application message, as far as a hub sees it (P06 §5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The epoch that it was made in.
    pub epoch: u64,
    /// The user who sends it (`sendingUri`).
    pub user: UserUri,
}

/// A proposal that was accepted and waits for the next commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedProposal {
    /// Its ProposalRef.
    pub reference: Vec<u8>,
    /// Who made it.
    pub sender: Proposer,
    /// What it does.
    pub what: What,
}

/// What a hub or a client believes when it judges.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// The group's epoch.
    pub epoch: u64,
    /// The room state of that epoch, as the GroupContext has it.
    pub committed: &'a RoomState,
    /// The same with the updates among the cached proposals applied (R19).
    pub provisional: &'a RoomState,
    /// The members of that epoch.
    pub members: &'a [Actor],
    /// Proposals that wait for the next commit, in the order of their acceptance.
    pub cached: &'a [CachedProposal],
    /// Users whose removal or ban waits for the next commit (R22).
    pub exiting: &'a BTreeSet<UserUri>,
    /// How many epochs an application message may lag behind (RP03 §7).
    pub epoch_tolerance: u64,
    /// The room that this one depends on, with what waits there applied; none where it depends on
    /// none, or the judge does not see it (RP03 §5).
    pub parent: Option<&'a RoomState>,
    /// Clients that have shown a valid join code; none where the judge is not told (RP03 §8.1.1).
    pub admitted: Option<&'a BTreeSet<Actor>>,
    /// How open texts are read.
    pub readings: &'a Readings,
}
