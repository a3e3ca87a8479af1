//! `old_keys_deleted` (I21): what a client has no more use for, a thief finds nothing of.
//!
//! A client keeps keys of as many past epochs as the room tolerates messages of, and the keys of a
//! message only until it has read it. The world copies the disks of some members at the end, and
//! feeds them messages that are older, and messages that they have read. None may open, whoever it
//! was for: its keys are gone (forward secrecy).

use std::collections::BTreeSet;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::trace::{Digest, Entry, Event, Taken};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "old_keys_deleted",
    meaning: "a copy of a member's disk opens no message that is too old, or was read",
    source: "I21; RFC 9420 §9.2",
    not_checked: "more than the latest 200 of these messages, and more than four members of a \
                  room; what was read before a client was rolled back; dishonest clients",
    kind: Kind::Safety,
    begin: || Box::new(OldKeysDeleted::default()),
};

#[derive(Default)]
struct OldKeysDeleted {
    /// What each client gave to its user, by node and hash of the MLS message.
    delivered: BTreeSet<(String, Digest)>,
}

impl Invariant for OldKeysDeleted {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Delivered { digest, .. } => {
                self.delivered.insert((entry.node.clone(), *digest));
                vec![]
            }
            Event::Restarted { rolled_back: true } => {
                self.delivered.retain(|(node, _)| *node != entry.node);
                vec![]
            }
            Event::Opened { room, client, taken: Taken::AtEnd, at_epoch, digest, epoch } => {
                let Some(node) = ledger.node_of(client) else { return vec![] };
                let view = ledger.view_at(room, *at_epoch);
                let kept = view.map(|view| u64::from(view.policy.epoch_tolerance));
                let why = if let Some(kept) = kept.filter(|kept| epoch + kept < *at_epoch) {
                    format!("and the room has members keep the keys of {kept} past epochs")
                } else if self.delivered.contains(&(node.to_owned(), *digest)) {
                    "which its client had read".to_owned()
                } else {
                    return vec![];
                };
                let opened = format!(
                    "a copy of {node} at epoch {at_epoch} opened a message of epoch {epoch}, {why}"
                );
                if ledger.is_honest(node) { found(room, opened) } else { vec![] }
            }
            _ => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::Story;
    use crate::trace::{Event, Taken};

    /// B1's disk, copied at this epoch, opens a message of epoch 1.
    fn opened_at(epoch: u64) -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.sends("A1", "m1");
        (2..=epoch).for_each(|_| story.update("A1"));
        story.opens("B1", Taken::AtEnd, 1, "m1");
        story.amend(|event| {
            if let Event::Opened { at_epoch, .. } = event {
                *at_epoch = epoch;
            }
        });
        story
    }

    #[test]
    fn a_copy_that_opens_what_is_older_than_its_client_keeps_is_found() {
        opened_at(7).fires_last("old_keys_deleted", "at epoch 7 opened a message of epoch 1");
    }

    #[test]
    fn a_copy_may_open_what_its_client_keeps_keys_for() {
        opened_at(6).is_clean();
    }

    #[test]
    fn a_copy_that_opens_what_its_client_has_read_is_found_unless_it_was_rolled_back() {
        let read = |rolled_back: bool| {
            let mut story = Story::room_of(&["A1", "B1"]);
            story.sends("A1", "m1");
            story.delivers("B1", "m1", "A1");
            story.crashes("B1", rolled_back);
            story.opens("B1", Taken::AtEnd, 1, "m1");
            story
        };
        read(false).fires_last("old_keys_deleted", "of epoch 1, which its client had read");
        read(true).is_clean();
    }
}
