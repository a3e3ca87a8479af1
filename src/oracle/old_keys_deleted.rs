//! `old_keys_deleted` (I21): what a client has no more use for, a thief finds nothing of.
//!
//! A client keeps keys of a few past epochs, for messages that are late. The world copies the
//! disks of some members at the end, and feeds them messages that are older. None may open,
//! whoever it was for: its keys are gone (forward secrecy).
//!
//! Not checked: keys of messages that were read in the epochs that are still kept; more than the
//! latest 200 messages, and more than four members of a room; dishonest clients.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::trace::{Entry, Event, Taken};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "old_keys_deleted",
    meaning: "a copy of a member's disk opens no message of an epoch older than it keeps keys of",
    source: "I21; RFC 9420 §9.2",
    kind: Kind::Safety,
    begin: || Box::new(OldKeysDeleted),
};

struct OldKeysDeleted;

impl Invariant for OldKeysDeleted {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Opened {
            room, client, taken: Taken::AtEnd, at_epoch, past_epochs, epoch, ..
        } = &entry.event
        else {
            return vec![];
        };
        let honest = ledger.node_of(client).is_none_or(|node| ledger.is_honest(node));
        if !honest || epoch + past_epochs >= *at_epoch {
            return vec![];
        }
        let name = ledger.name_of(client);
        let why = format!(
            "a copy of {name} at epoch {at_epoch} opened a message of epoch {epoch}, and should \
             keep the keys of {past_epochs} past epochs"
        );
        found(room, why)
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
}
