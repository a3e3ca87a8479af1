//! `joiner_cannot_read_before` (I20): whoever comes in late reads nothing of what was said before.
//!
//! The world copies the disk of a client whose stay has begun, and feeds it every message of the
//! epochs before. What it opens must have been encrypted for the client, in its sender's eyes: it
//! had been a member before, and came back.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::trace::{Entry, Event, Taken};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "joiner_cannot_read_before",
    meaning: "a copy of a new member's disk opens no message of the epochs before the client",
    source: "I20; RFC 9750 §8.2.1",
    not_checked: "what dishonest clients send; what somebody tells the joiner; cryptanalysis",
    kind: Kind::Safety,
    begin: || Box::new(JoinerCannotReadBefore),
};

struct JoinerCannotReadBefore;

impl Invariant for JoinerCannotReadBefore {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Opened { room, client, taken: Taken::AtJoin, at_epoch, digest, epoch, .. } =
            &entry.event
        else {
            return vec![];
        };
        let Some(sender) = ledger.audiences.sender_not_to(digest, client) else { return vec![] };
        let name = ledger.name_of(client);
        let why = format!(
            "a copy of {name}, which came in at epoch {at_epoch}, opened what {sender} said in \
             epoch {epoch}"
        );
        found(room, why)
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, adding};
    use crate::trace::{Taken, Way};

    fn said_before(in_room: &[&str]) -> Story {
        let mut story = Story::room_of(in_room);
        story.sends("A1", "m1");
        story
    }

    #[test]
    fn a_copy_that_reads_what_was_said_before_its_client_came_is_found() {
        let mut story = said_before(&["A1", "B1"]);
        story.commit("A1", adding(&["B2"], &[]));
        story.all_enter(&["A1", "B1"]);
        story.joins("B2", Way::Welcome);
        story.opens("B2", Taken::AtJoin, 1, "m1");
        story.fires_last("joiner_cannot_read_before", "opened what A1 said in epoch 1");
    }

    #[test]
    fn a_client_that_came_back_may_have_read_it() {
        let mut story = said_before(&["A1", "B1"]);
        story.opens("B1", Taken::AtJoin, 1, "m1");
        story.is_clean();
    }
}
