//! Application messages: what was submitted, and what reached whom.
//!
//! A message has one id for life. A client that encrypts it again, for a later epoch, submits it
//! again under the same id; the MLS message and so its digest differ.

use std::collections::{BTreeMap, BTreeSet};

use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, Entry, Event};

/// One submission of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Submission {
    /// The node that submitted it.
    pub(super) node: String,
    /// The room.
    pub(super) room: RoomUri,
    /// Hash of the plaintext.
    pub(super) content: Digest,
}

/// All messages of a run.
#[derive(Debug, Default)]
pub(super) struct Mail {
    submissions: BTreeMap<String, Vec<Submission>>,
    ids: BTreeMap<Digest, String>,
    delivered: BTreeSet<(String, String)>,
    unreadable: BTreeSet<(String, Digest)>,
}

impl Mail {
    /// Takes note of an entry.
    pub(super) fn note(&mut self, entry: &Entry) {
        let node = entry.node.clone();
        match &entry.event {
            Event::Submitted { room, message, digest, content, .. } => {
                let submission = Submission { node, room: room.clone(), content: *content };
                self.submissions.entry(message.clone()).or_default().push(submission);
                self.ids.insert(*digest, message.clone());
            }
            Event::Delivered { message, .. } => {
                self.delivered.insert((node, message.clone()));
            }
            // Refused aloud is reported, too.
            Event::Unreadable { digest, .. } | Event::Rejected { digest, .. } => {
                self.unreadable.insert((node, *digest));
            }
            _ => {}
        }
    }

    /// All submissions under this id.
    pub(super) fn submissions(&self, message: &str) -> &[Submission] {
        self.submissions.get(message).map_or(&[], Vec::as_slice)
    }

    /// The id of the message that this MLS message carries.
    pub(super) fn id_of(&self, digest: &Digest) -> Option<&str> {
        self.ids.get(digest).map(String::as_str)
    }

    /// All submissions of this plaintext.
    pub(super) fn said(&self, content: &Digest) -> impl Iterator<Item = &Submission> {
        self.submissions.values().flatten().filter(move |it| it.content == *content)
    }

    /// Whether the node gave the message to its user, or said why it did not.
    pub(super) fn settled(&self, node: &str, message: &str, digest: &Digest) -> bool {
        self.delivered.contains(&(node.to_owned(), message.to_owned()))
            || self.unreadable.contains(&(node.to_owned(), *digest))
    }
}
