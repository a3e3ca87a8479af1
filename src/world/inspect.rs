//! What the world can look into, to find out what no trace of honest nodes tells.
//!
//! The world holds disks and carries bodies, and understands neither. An [`Inspector`] comes with
//! the [`Cast`](super::Cast) and reads them. It works on copies; nothing of it reaches a node.

use super::disk::Disks;
use crate::mimi::uri::RoomUri;
pub use crate::node::copy::{Found, Kept, Letter, MailedCommit, Stolen};

/// Reads what nodes keep and send.
pub trait Inspector {
    /// A copy of a client's side of a room as its disk has it; none where it is no member there.
    fn steal(&self, disks: &Disks, room: &RoomUri) -> Option<Box<dyn Stolen>>;

    /// What a client that starts from these disks finds there about its rooms.
    fn found(&self, disks: &Disks) -> Vec<Found>;

    /// All byte strings that a server keeps on these disks, with what each has of rooms' messages.
    fn kept(&self, disks: &Disks) -> Vec<Kept>;

    /// The MLS messages of rooms in the body of a request to this endpoint, or of a mailbox's
    /// answer, Welcomes left out.
    fn letters(&self, endpoint: &str, body: &[u8]) -> Vec<Letter>;

    /// The commits in the body of an answer that a client got from this endpoint.
    fn mailed_commits(&self, endpoint: &str, body: &[u8]) -> Vec<MailedCommit>;
}
