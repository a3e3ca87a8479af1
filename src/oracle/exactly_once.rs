//! `exactly_once` (I22, I27): users read what was written, once.
//!
//! What a client gives to its user was submitted by the client that the MLS leaf names, in that
//! room, with that content; and no client gives the same message to its user twice, whatever was
//! repeated, and over stays and restarts.

use std::collections::BTreeSet;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "exactly_once",
    meaning: "what is delivered was submitted by its sender as it is, and is delivered once",
    source: "I22, I27; P06 §5.5",
    not_checked: "whether a message arrives at all (messages_delivered); what dishonest clients \
                  send or deliver; repetitions after a client was rolled back, which forgets \
                  what it has read",
    kind: Kind::Safety,
    begin: || Box::new(ExactlyOnce::default()),
};

#[derive(Default)]
struct ExactlyOnce {
    read: BTreeSet<(String, RoomUri, String)>,
}

impl Invariant for ExactlyOnce {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Restarted { rolled_back: true } => {
                self.read.retain(|(node, _, _)| *node != entry.node);
                vec![]
            }
            Event::Delivered { room, message, sender, content, .. }
                if ledger.is_honest(&entry.node) =>
            {
                let reader = &entry.node;
                if !self.read.insert((reader.clone(), room.clone(), message.clone())) {
                    return found(room, format!("{reader} delivered message {message} twice"));
                }
                let from = ledger.node_of(sender);
                if from.is_some_and(|node| !ledger.is_honest(node)) {
                    return vec![];
                }
                let wrong = origin(ledger, room, message, from, content);
                let name = ledger.name_of(sender);
                let tell = |wrong| {
                    format!("{reader} delivered message {message} as sent by {name}: {wrong}")
                };
                wrong.map_or(vec![], |wrong| found(room, tell(wrong)))
            }
            _ => vec![],
        }
    }
}

/// What is wrong with where a message comes from, if anything.
fn origin(
    ledger: &Ledger,
    room: &RoomUri,
    message: &str,
    sender: Option<&str>,
    content: &Digest,
) -> Option<String> {
    let all = ledger.mail.submissions(message);
    let Some(first) = all.first() else { return Some("nobody submitted it".into()) };
    let own: Vec<_> = all.iter().filter(|one| Some(one.node.as_str()) == sender).collect();
    if own.is_empty() {
        return Some(format!("{} submitted it", first.node));
    }
    if own.iter().all(|one| one.room != *room) {
        return Some("it was submitted to another room".into());
    }
    let same = own.iter().any(|one| one.room == *room && one.content == *content);
    let other = || format!("its content {} is not what was submitted", content.short());
    (!same).then(other)
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, client, digest};
    use crate::trace::Event;

    fn b1_reads(spoil: impl FnOnce(&mut Event)) -> Story {
        let mut story = Story::room_of(&["A1", "B1", "B2"]);
        story.sends("A1", "m1");
        story.delivers("B1", "m1", "A1");
        story.amend(spoil);
        story
    }

    #[test]
    fn a_message_that_everybody_reads_once_is_in_order() {
        let mut story = b1_reads(|_| ());
        story.delivers("B2", "m1", "A1");
        story.is_clean();
    }

    #[test]
    fn a_message_that_is_read_twice_is_found_also_over_a_restart() {
        let mut story = b1_reads(|_| ());
        story.crashes("B1", false);
        story.delivers("B1", "m1", "A1");
        story.fires_last("exactly_once", "B1 delivered message m1 twice");
    }

    #[test]
    fn a_client_that_was_rolled_back_may_read_again() {
        let mut story = b1_reads(|_| ());
        story.crashes("B1", true);
        story.delivers("B1", "m1", "A1");
        story.is_clean();
    }

    #[test]
    fn a_message_may_be_encrypted_and_submitted_again_for_a_later_epoch() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.submits("A1", "m1");
        story.submits("A1", "m1");
        story.delivers("B1", "m1", "A1");
        story.is_clean();
    }

    #[test]
    fn a_message_that_nobody_submitted_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.delivers("B1", "m9", "A1");
        story.fires_last("exactly_once", "nobody submitted it");
    }

    #[test]
    fn a_message_under_another_name_is_found_unless_that_sender_is_dishonest() {
        let mut story = b1_reads(|event| {
            if let Event::Delivered { sender, .. } = event {
                *sender = client("B2");
            }
        });
        story.fires_last("exactly_once", "as sent by B2: A1 submitted it");
        story.header.dishonest = vec!["B2".into()];
        story.is_clean();
    }

    #[test]
    fn a_message_with_another_content_is_found() {
        let story = b1_reads(|event| {
            if let Event::Delivered { content, .. } = event {
                *content = digest("other");
            }
        });
        story.fires_last("exactly_once", "is not what was submitted");
    }
}
