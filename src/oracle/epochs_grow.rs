//! `epochs_grow` (I6): a client never steps back, and never stands still under a new number.
//!
//! Within a stay the epoch grows strictly and the epoch authenticator changes with it. A new stay
//! begins at a later epoch than the client has been in, since the commit that let it in came later.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use super::room::Place;
use crate::trace::{Digest, Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "epochs_grow",
    meaning: "a client's epochs grow, with a new authenticator each, and later stays begin later",
    source: "I6; N-03",
    not_checked: "the first epoch after a client stopped, which may repeat steps that it lost; \
                  by how much the epoch grows (contiguous_history); where a stay begins under a \
                  dishonest hub",
    kind: Kind::Safety,
    begin: || Box::new(EpochsGrow),
};

struct EpochsGrow;

impl Invariant for EpochsGrow {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Entered { room, epoch, stay, authenticator, .. } = &entry.event else {
            return vec![];
        };
        let place = ledger.room(room).places.get(&entry.node);
        let Some(place) = place.filter(|place| !place.restarted) else { return vec![] };
        let why = if *stay < place.stay {
            Some(format!("went back from its stay {} to stay {stay}", place.stay))
        } else if *stay == place.stay {
            same_stay(place, *epoch, authenticator)
        } else if *epoch <= place.epoch && ledger.hub_is_honest(room) {
            let before = place.epoch;
            Some(format!("began a new stay at epoch {epoch}, and was at epoch {before} before"))
        } else {
            None
        };
        let honest = ledger.is_honest(&entry.node);
        let why = why.filter(|_| honest).map(|why| format!("{} {why}", entry.node));
        why.map_or(vec![], |why| found(room, why))
    }
}

fn same_stay(place: &Place, epoch: u64, authenticator: &Digest) -> Option<String> {
    let before = place.epoch;
    if epoch <= before {
        return Some(format!("went from epoch {before} to epoch {epoch} within one stay"));
    }
    let same = *authenticator == place.authenticator;
    let short = authenticator.short();
    same.then(|| format!("has the epoch authenticator {short} in epochs {before} and {epoch}"))
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, adding, digest, removing};
    use crate::trace::{Event, Way};

    #[test]
    fn a_client_that_is_removed_and_added_again_is_in_order() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.commit("A1", removing(&["B1"], &["B1"]));
        story.removed("B1");
        story.commit("A1", adding(&["B1"], &["B1"]));
        story.joins("B1", Way::Welcome);
        story.is_clean();
    }

    #[test]
    fn a_client_that_enters_an_epoch_again_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.enters("B1");
        story.fires_last("epochs_grow", "B1 went from epoch 1 to epoch 1");
    }

    #[test]
    fn a_stay_that_begins_at_an_epoch_of_the_past_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("B1");
        story.joins("B1", Way::ExternalCommit);
        story.fires_last("epochs_grow", "began a new stay at epoch 2");
    }

    #[test]
    fn an_authenticator_that_does_not_change_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("B1");
        story.amend(|event| {
            if let Event::Entered { authenticator, .. } = event {
                *authenticator = digest("authenticator 1");
            }
        });
        story.fires_last("epochs_grow", "in epochs 1 and 2");
    }

    #[test]
    fn a_client_that_lost_its_last_step_in_a_crash_may_take_it_again() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("B1");
        story.crashes("B1", false);
        story.enters("B1");
        story.update("A1");
        story.enters("B1");
        story.is_clean();
    }
}
