//! `compromise_heals`: a copy of a member's disk reads nothing once its client has committed again.
//!
//! Every commit of a client has a path of new secrets, for which nothing on an earlier copy of its
//! disk is any use (post-compromise security). The world takes a copy where a thief is, when no
//! commit of the client's own waits; lets it follow the room; and feeds it what others say. So
//! what it opens must be of an epoch before the first that its client's own commit leads to.

use std::collections::BTreeMap;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::trace::{self, Entry, Event, Taken};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "compromise_heals",
    meaning: "a copy of a member's disk opens nothing from after its client's next own commit",
    source: "A28; RFC 9420 §16.6; RFC 9750 §8.2.2",
    not_checked: "copies of which no scenario says that they are taken; what a thief does with the \
                  signature key (A21); messages of the client itself; cryptanalysis",
    kind: Kind::Safety,
    begin: || Box::new(CompromiseHeals::default()),
};

#[derive(Default)]
struct CompromiseHeals {
    /// The epochs that each client's own commits lead to, in order.
    renewed: BTreeMap<(RoomUri, ClientUri), Vec<u64>>,
}

impl Invariant for CompromiseHeals {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Accepted {
                room,
                kind: trace::Kind::Commit | trace::Kind::ExternalCommit,
                epoch,
                client: Some(client),
                ..
            } => {
                let place = (room.clone(), client.clone());
                self.renewed.entry(place).or_default().push(epoch + 1);
                vec![]
            }
            Event::Opened { room, client, taken: Taken::ByThief, at_epoch, epoch, .. } => {
                let renewed = self.renewed.get(&(room.clone(), client.clone()));
                let healed = renewed.and_then(|it| it.iter().find(|it| *it > at_epoch));
                let Some(healed) = healed.filter(|healed| *healed <= epoch) else { return vec![] };
                let why = format!(
                    "a copy of {} at epoch {at_epoch} opened a message of epoch {epoch}, and its \
                     client's own commit led to epoch {healed}",
                    ledger.name_of(client)
                );
                found(room, why)
            }
            _ => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::Story;
    use crate::trace::{Event, Taken};

    /// A copy of B1 from epoch 1 opens what A1 says two epochs later, which this client led to.
    fn opened_after_commits_by(client: &str) -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.update(client);
        story.sends("A1", "m1");
        story.opens("B1", Taken::ByThief, 3, "m1");
        story.amend(|event| {
            if let Event::Opened { at_epoch, .. } = event {
                *at_epoch = 1;
            }
        });
        story
    }

    #[test]
    fn a_copy_that_reads_on_after_its_clients_own_commit_is_found() {
        let story = opened_after_commits_by("B1");
        story.fires_last("compromise_heals", "a copy of B1 at epoch 1 opened a message of epoch 3");
    }

    #[test]
    fn a_copy_may_follow_the_commits_of_others() {
        opened_after_commits_by("A1").is_clean();
    }
}
