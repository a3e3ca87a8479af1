//! `single_commit` (I4): one commit leads out of an epoch.
//!
//! Three things break it: an honest hub accepts a second commit in one epoch; an honest client
//! enters one epoch by two different commits; an honest client applies a commit that its honest
//! hub never accepted. Deciding comes before telling, so the last is judged when the client enters.

use std::collections::BTreeMap;

use super::hub_log::is_commit;
use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::{Ledger, hub_of};
use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "single_commit",
    meaning: "a hub accepts one commit in each epoch, and clients apply that one",
    source: "I4; R15; RFC 9420 §14",
    not_checked: "a dishonest hub's own log, and commits absent from it; two clients that \
                  entered one epoch by different commits (agreement sees that); a commit that \
                  the hub accepted in another epoch (contiguous_history); what a hub lost in a \
                  crash before it was durable",
    kind: Kind::Safety,
    begin: || Box::new(SingleCommit::default()),
};

#[derive(Default)]
struct SingleCommit {
    applied: BTreeMap<(RoomUri, String, u64), Digest>,
}

impl Invariant for SingleCommit {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Accepted { room, kind, epoch, digest, index, .. }
                if is_commit(*kind) && ledger.speaks_as_hub(&entry.node, room) =>
            {
                accepts(ledger, room, *epoch, *index, digest)
            }
            Event::Entered { room, epoch, commit: Some(commit), .. }
                if ledger.is_honest(&entry.node) =>
            {
                self.enters(ledger, &entry.node, room, *epoch, commit)
            }
            _ => vec![],
        }
    }
}

fn accepts(ledger: &Ledger, room: &RoomUri, epoch: u64, index: u64, new: &Digest) -> Vec<Finding> {
    let Some(before) = ledger.room(room).hub.commit_in(epoch) else { return vec![] };
    if (before.index, before.digest) == (index, *new) {
        return vec![];
    }
    let why = format!(
        "the hub {} accepted a second commit in epoch {epoch}: {} after {}",
        hub_of(room),
        new.short(),
        before.digest.short()
    );
    found(room, why)
}

impl SingleCommit {
    fn enters(
        &mut self,
        ledger: &Ledger,
        node: &str,
        room: &RoomUri,
        epoch: u64,
        commit: &Digest,
    ) -> Vec<Finding> {
        let key = (room.clone(), node.to_owned(), epoch);
        let before = *self.applied.entry(key).or_insert(*commit);
        let short = commit.short();
        if before != *commit {
            let before = before.short();
            let why = format!("{node} entered epoch {epoch} by commit {before}, then by {short}");
            return found(room, why);
        }
        if ledger.hub_is_honest(room) && ledger.room(room).hub.find(commit).is_none() {
            let hub = hub_of(room);
            let why = format!(
                "{node} entered epoch {epoch} by commit {short}, which {hub} never accepted"
            );
            return found(room, why);
        }
        vec![]
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story, digest};
    use crate::trace::{Event, Kind};

    fn by_another_commit(event: &mut Event) {
        if let Event::Entered { commit, .. } = event {
            *commit = Some(digest("another commit"));
        }
    }

    #[test]
    fn one_commit_after_another_is_in_order() {
        let mut story = Story::room_of(&["A1", "B1"]);
        for name in ["A1", "B1", "A1"] {
            story.update(name);
            story.all_enter(&["A1", "B1"]);
        }
        story.is_clean();
    }

    #[test]
    fn a_second_commit_in_one_epoch_is_the_hubs_fault_unless_it_is_dishonest() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.accepted("B1", Kind::Commit, 1, "second", Default::default());
        story.fires_last("single_commit", "second commit in epoch 1");
        story.header.dishonest = vec![HUB.into()];
        story.is_clean();
    }

    #[test]
    fn a_commit_that_the_hub_never_accepted_is_found_at_the_client_that_applies_it() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("A1");
        story.amend(by_another_commit);
        story.fires_last("single_commit", "never accepted");
        story.header.dishonest = vec![HUB.into()];
        story.is_clean();
    }

    #[test]
    fn a_client_that_enters_one_epoch_by_two_commits_is_found_under_any_hub() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.header.dishonest = vec![HUB.into()];
        story.update("A1");
        story.enters("B1");
        story.crashes("B1", true);
        story.enters("B1");
        story.amend(by_another_commit);
        story.fires_last("single_commit", "then by");
    }

    #[test]
    fn a_hub_may_decide_otherwise_when_a_crash_took_a_decision_that_was_not_durable() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.accepted("A1", Kind::Commit, 1, "lost", Default::default());
        story.crashes(HUB, false);
        story.forget_last_index();
        story.update("B1");
        story.is_clean();
    }

    #[test]
    fn a_durable_decision_binds_the_hub_over_a_crash() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.crashes(HUB, false);
        story.accepted("B1", Kind::Commit, 1, "second", Default::default());
        story.fires_last("single_commit", "second commit in epoch 1");
    }
}
