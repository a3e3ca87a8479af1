//! `contiguous_history` (I5): a client's history is a run of the hub's log without gaps.
//!
//! Within one stay each epoch follows the one before, and the commit that leads there is the one
//! that the hub accepted in the epoch before. A client that stopped may have lost its last steps
//! and may take them again; it may not come back further than it was.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::{Ledger, hub_of};
use super::room::continues;
use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "contiguous_history",
    meaning: "within a stay, a client applies the commits of the hub's log one by one",
    source: "I5; N-01",
    not_checked: "where a stay begins (epochs_grow); commits that an honest hub never accepted \
                  (single_commit); which commit, under a dishonest hub; epochs that go back \
                  (epochs_grow)",
    kind: Kind::Safety,
    begin: || Box::new(ContiguousHistory),
};

struct ContiguousHistory;

impl Invariant for ContiguousHistory {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Entered { room, epoch, stay, way, commit, .. } = &entry.event else {
            return vec![];
        };
        if !ledger.is_honest(&entry.node) {
            return vec![];
        }
        let place = ledger.room(room).places.get(&entry.node);
        if let Some(place) = place.filter(|place| place.stay == *stay && continues(*way))
            && *epoch > place.epoch + 1
        {
            let why = format!(
                "{} went from epoch {} to epoch {epoch} within one stay: it passed over a commit",
                entry.node, place.epoch
            );
            return found(room, why);
        }
        commit.map_or(vec![], |commit| led_here(ledger, &entry.node, room, *epoch, &commit))
    }
}

fn led_here(
    ledger: &Ledger,
    node: &str,
    room: &RoomUri,
    epoch: u64,
    commit: &Digest,
) -> Vec<Finding> {
    let hub = hub_of(room);
    let item = ledger.room(room).hub.find(commit).filter(|_| ledger.is_honest(hub));
    // A commit that is not in the log is `single_commit`'s.
    let Some(item) = item.filter(|item| item.begins() != Some(epoch)) else { return vec![] };
    let short = commit.short();
    let why = format!(
        "{node} entered epoch {epoch} by commit {short}, which {hub} accepted in epoch {}",
        item.epoch
    );
    found(room, why)
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, adding, removing};
    use crate::trace::{Event, Kind, Way};

    #[test]
    fn a_client_that_catches_up_commit_by_commit_is_in_order() {
        let mut story = Story::room_of(&["A1", "B1"]);
        for _ in 0..3 {
            story.update("A1");
            story.enters("A1");
        }
        (2..=4).for_each(|epoch| story.enters_at("B1", epoch));
        story.is_clean();
    }

    #[test]
    fn a_client_that_passes_over_a_commit_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.update("A1");
        story.enters_at("B1", 3);
        story.fires_last("contiguous_history", "from epoch 1 to epoch 3");
    }

    #[test]
    fn a_client_that_applies_the_commit_of_another_epoch_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters_at("B1", 1);
        let mut older = None;
        story.amend(|event| {
            if let Event::Entered { commit, .. } = event {
                older = *commit;
            }
        });
        story.entries.pop();
        story.enters("B1");
        story.amend(|event| {
            if let Event::Entered { commit, .. } = event {
                *commit = older;
            }
        });
        story.fires_last("contiguous_history", "accepted in epoch 0");
    }

    #[test]
    fn a_rejoin_may_leave_a_gap() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.commit("A1", removing(&["B1"], &["B1"]));
        story.removed("B1");
        story.update("A1");
        story.commit("A1", adding(&["B1"], &["B1"]));
        story.joins("B1", Way::Welcome);
        story.commit_of("B1", Kind::ExternalCommit, Default::default(), &[]);
        story.update("A1");
        story.joins("B1", Way::ExternalCommit);
        story.is_clean();
    }

    #[test]
    fn a_client_that_was_rolled_back_may_take_its_steps_again_but_not_skip_one() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("B1");
        story.update("A1");
        story.enters("B1");
        story.crashes("B1", true);
        story.enters_at("B1", 2);
        story.enters_at("B1", 3);
        story.is_clean();
        story.update("A1");
        story.update("A1");
        story.crashes("B1", true);
        story.enters_at("B1", 5);
        story.fires_last("contiguous_history", "from epoch 3 to epoch 5");
    }
}
