//! What a client is waiting to hear.

use bytes::Bytes;

use crate::mimi::local::Errand;
use crate::mimi::uri::RoomUri;
use crate::node::{Reply, Unanswered};
use crate::trace::Digest;

/// A request that came to its end.
pub(super) type Answer = (Tag, Result<Reply, Unanswered>);

/// Which request.
pub(super) enum Tag {
    Mailbox,
    Publish,
    Affair,
    Watch,
    Job(JobTag),
}

/// A request of a room's job.
pub(super) struct JobTag {
    pub room: RoomUri,
    /// Which job, so that an answer to one that was given up is known as such.
    pub serial: u64,
    /// Hash of the MLS message in it, where there is one.
    pub digest: Option<Digest>,
    /// Whether its success means that a commit of this client is to be merged.
    pub is_commit: bool,
    /// Whether the answer is an `UpdateResponse` or a `SubmitMessageResponse`.
    pub expects: Expects,
}

/// What the body of an answer is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    Update,
    Submit,
    Other,
}

/// A request to be sent.
pub(super) struct Sending {
    pub errand: Errand,
    pub about: String,
    pub attempt: u32,
    pub body: Bytes,
}
