//! `removed_cannot_read` (I19): whoever is out of a room reads nothing of it any more.
//!
//! The world copies the disk of a client that was removed, lets the copy follow the room's
//! handshakes as far as its keys lead, and feeds it every message of later epochs. What it opens
//! must have been encrypted for the client after all, in its sender's eyes: it was let in again.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::trace::{Entry, Event, Taken};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "removed_cannot_read",
    meaning: "a copy of a removed client's disk opens no message of the epochs without the client",
    source: "I19; RFC 9750 §8.2.2",
    not_checked: "what dishonest clients send; whether the copy was still a member when its \
                  client was let in again by the same name (the new leaf's keys are not the old \
                  one's); Welcomes and external commits, which make the client a member openly; \
                  cryptanalysis",
    kind: Kind::Safety,
    begin: || Box::new(RemovedCannotRead),
};

struct RemovedCannotRead;

impl Invariant for RemovedCannotRead {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Opened {
            room, client, taken: Taken::AtRemoval, at_epoch, digest, epoch, ..
        } = &entry.event
        else {
            return vec![];
        };
        let Some(sender) = ledger.audiences.sender_not_to(digest, client) else { return vec![] };
        let name = ledger.name_of(client);
        let why = format!(
            "a copy of {name}, which is out since epoch {at_epoch}, opened what {sender} said in \
             epoch {epoch}"
        );
        found(room, why)
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, adding, removing};
    use crate::trace::{Taken, Way};

    fn removed() -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.commit("A1", removing(&["B1"], &["B1"]));
        story.enters("A1");
        story.removed("B1");
        story
    }

    #[test]
    fn a_copy_that_reads_on_after_the_removal_is_found() {
        let mut story = removed();
        story.sends("A1", "m1");
        story.opens("B1", Taken::AtRemoval, 2, "m1");
        story.fires_last("removed_cannot_read", "opened what A1 said in epoch 2");
    }

    #[test]
    fn a_copy_may_read_what_is_for_its_client_again() {
        let mut story = removed();
        story.commit("A1", adding(&["B1"], &["B1"]));
        story.enters("A1");
        story.joins("B1", Way::Welcome);
        story.sends("A1", "m1");
        story.opens("B1", Taken::AtRemoval, 2, "m1");
        story.is_clean();
    }

    #[test]
    fn what_a_dishonest_client_sends_may_be_for_anybody() {
        let mut story = removed();
        story.header.dishonest = vec!["A1".into()];
        story.sends("A1", "m1");
        story.opens("B1", Taken::AtRemoval, 2, "m1");
        story.is_clean();
    }
}
