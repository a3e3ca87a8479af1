//! What can be asked of a copy of a client's disk, and of what a client or server sent.
//!
//! A node never asks any of it, and none of it reaches a node: whoever runs the nodes looks, to
//! see what a thief would, or what a restart will find.

use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, FoundCommit, FoundGroup};

/// A client's side of a room, copied from its disk by somebody who has no right to it.
pub trait Stolen {
    /// The epoch that the client's stay began in, by its own record.
    fn first_epoch(&self) -> u64;
    /// The epoch that the copy has come to.
    fn epoch(&mut self) -> u64;
    /// Whether a commit of the client's own waits in it for the hub's word.
    fn has_pending_commit(&mut self) -> bool;
    /// How many epochs back the client keeps keys, by the policy of the room as the copy has it.
    fn past_epochs(&mut self) -> u64;
    /// Takes a commit or proposal, as far as the copy's keys lead.
    fn follow(&mut self, handshake: &[u8]);
    /// Whether the copy can decrypt an application message.
    fn opens(&mut self, message: &[u8]) -> bool;
}

/// What lies on a client's disk about a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The room.
    pub room: RoomUri,
    /// The client's own record says that it has the room's group.
    pub inside: bool,
    /// By the client's own record, it has to come back by an external commit.
    pub lost: bool,
    /// The MLS group, where there is one.
    pub group: Option<FoundGroup>,
    /// By the client's own record, the epoch that its stay began in.
    pub first_epoch: u64,
    /// By the client's own record, the commit that led to its epoch.
    pub commit: Option<Digest>,
    /// Number of the last mailbox item that it holds to be done with.
    pub cursor: u64,
    /// Hashes of the messages that it keeps for later.
    pub kept: Vec<Digest>,
}

/// An MLS message of a room, in a body that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The room.
    pub room: RoomUri,
    /// Whether it is an application message.
    pub is_application: bool,
    /// The message.
    pub message: Vec<u8>,
    /// The message with what goes with it on its way.
    pub whole: Vec<u8>,
}

/// Bytes on a server's disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The messages of rooms in them.
    pub letters: Vec<Letter>,
}

/// A commit in a client's mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailedCommit {
    /// Its number in the mailbox.
    pub sequence: u64,
    /// The room.
    pub room: RoomUri,
    /// The commit.
    pub commit: FoundCommit,
}
