//! `used_in_order` (I26): a client uses what it gets in the order that the room has.
//!
//! The network may deliver as it likes (R43). What a client gives to its user was encrypted in an
//! epoch that the client has been in: never in one that it has not entered yet, and never in one
//! from before it came. What it read in an earlier stay it may deliver in a later one: a client
//! tells its user what it read when its disk holds that, and may have left and come back with the
//! same mail.

use std::collections::BTreeSet;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::RoomUri;
use crate::trace::{Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "used_in_order",
    meaning: "a message is delivered only by a client that has been in its epoch",
    source: "I26; R43; RP03 §7",
    not_checked: "which stay a message was read in; commits before the proposals that they name, \
                  which MLS itself refuses; the order in which providers put things into \
                  mailboxes, which is theirs to choose",
    kind: Kind::Safety,
    begin: || Box::new(UsedInOrder::default()),
};

#[derive(Default)]
struct UsedInOrder {
    /// Who entered which epoch of which room.
    entered: BTreeSet<(String, RoomUri, u64)>,
}

impl Invariant for UsedInOrder {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        if let Event::Entered { room, epoch, .. } = &entry.event {
            self.entered.insert((entry.node.clone(), room.clone(), *epoch));
        }
        let Event::Delivered { room, message, epoch, .. } = &entry.event else { return vec![] };
        if !ledger.is_honest(&entry.node) {
            return vec![];
        }
        let node = &entry.node;
        let told = |what: String| found(room, format!("{node} delivered {message}, {what}"));
        match ledger.room(room).places.get(node) {
            None => told("and never was in the room".to_owned()),
            // What a restart finds on the disk is not in the trace before the next entry.
            Some(place) if place.restarted => vec![],
            Some(place) if *epoch > place.epoch => {
                told(format!("of epoch {epoch}, in epoch {}", place.epoch))
            }
            Some(place) if !self.entered.contains(&(node.clone(), room.clone(), *epoch)) => {
                let since = place.since;
                told(format!("of epoch {epoch}, where it never was; its stay is since {since}"))
            }
            Some(_) => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::Story;
    use crate::trace::{Event, Way};

    fn delivered_from(mut story: Story, wanted: u64) -> Story {
        story.sends("A1", "m1");
        story.delivers("B1", "m1", "A1");
        story.amend(|event| {
            if let Event::Delivered { epoch, .. } = event {
                *epoch = wanted;
            }
        });
        story
    }

    #[test]
    fn a_message_of_the_own_or_an_earlier_epoch_of_the_stay_is_in_order() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.all_enter(&["A1", "B1"]);
        delivered_from(story, 1).is_clean();
    }

    #[test]
    fn a_message_from_an_epoch_to_come_is_found() {
        delivered_from(Story::room_of(&["A1", "B1"]), 2)
            .fires_last("used_in_order", "of epoch 2, in epoch 1");
    }

    /// B1 sleeps while A1 leads the room to `epoch`, and then comes in anew.
    fn joined_again_at(epoch: u64) -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        for _ in 1..epoch {
            story.update("A1");
            story.enters("A1");
        }
        story.joins("B1", Way::ExternalCommit);
        story
    }

    #[test]
    fn a_message_from_before_the_stay_is_found() {
        delivered_from(joined_again_at(3), 2)
            .fires_last("used_in_order", "where it never was; its stay is since 3");
    }

    #[test]
    fn a_message_read_in_an_earlier_stay_may_be_told_in_a_later_one() {
        delivered_from(joined_again_at(3), 1).is_clean();
    }
}
