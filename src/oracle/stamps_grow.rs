//! `stamps_grow` (I29): a hub's stamps follow the order of its log.
//!
//! Receivers restore the order of what a hub sent by its stamps (P06 §5.5), so two things with one
//! stamp, or a later one with an earlier stamp, would have no order (Q5). A hub whose clock stands
//! still or steps back must count on.

use std::collections::BTreeMap;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::RoomUri;
use crate::trace::{Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "stamps_grow",
    meaning: "each thing that a hub accepts has a later stamp than all before it in its log",
    source: "I29; Q5; P06 §5.5",
    not_checked: "how far a stamp is from simulated time; a decision that takes the place of one \
                  that a crash took before it was durable may have an earlier stamp",
    kind: Kind::Safety,
    begin: || Box::new(StampsGrow::default()),
};

#[derive(Default)]
struct StampsGrow {
    stamps: BTreeMap<RoomUri, BTreeMap<u64, u64>>,
}

impl Invariant for StampsGrow {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Accepted { room, index, stamp, .. } = &entry.event else { return vec![] };
        if !ledger.speaks_as_hub(&entry.node, room) {
            return vec![];
        }
        let stamps = self.stamps.entry(room.clone()).or_default();
        // A place that is used again was lost in a crash, with all that came after it.
        stamps.split_off(index);
        let last = stamps.last_key_value().map(|(place, stamp)| (*place, *stamp));
        stamps.insert(*index, *stamp);
        match last {
            Some((place, before)) if before >= *stamp => found(
                room,
                format!("place {index} of the log has stamp {stamp}, place {place} had {before}"),
            ),
            _ => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story};
    use crate::trace::{Change, Event, Kind};

    fn stamped(mut story: Story, wanted: u64) -> Story {
        story.accepted("A1", Kind::Message, 1, "message", Change::default());
        story.amend(|event| {
            if let Event::Accepted { stamp, .. } = event {
                *stamp = wanted;
            }
        });
        story
    }

    #[test]
    fn a_stamp_that_grows_by_one_is_in_order() {
        stamped(Story::room_of(&["A1"]), 5_000).is_clean();
    }

    #[test]
    fn a_stamp_that_stands_still_or_steps_back_is_found() {
        for stamp in [1_000, 1_001] {
            stamped(Story::room_of(&["A1"]), stamp).fires_last("stamps_grow", "place 1 had 1001");
        }
    }

    #[test]
    fn a_decision_in_the_place_of_a_lost_one_may_be_stamped_anew() {
        let mut story = stamped(Story::room_of(&["A1"]), 9_000);
        story.crashes(HUB, false);
        story.forget_last_index();
        stamped(story, 5_000).is_clean();
    }
}
