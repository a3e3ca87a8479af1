//! `truthful_responses` (I28): what a hub says it decided is what it decided.
//!
//! A client that is told `success` finds its message in the hub's log by then; one that is told
//! anything else never finds it there, neither before nor after. The same bytes always get the
//! same answer, however often they are sent.

use std::collections::BTreeMap;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::{Ledger, hub_of};
use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "truthful_responses",
    meaning: "success means that it is in the hub's log, a refusal that it never is",
    source: "I28; R14; P06 §5.3",
    not_checked: "dishonest hubs, and what dishonest clients say they were told; whether a \
                  refusal was right; answers that never arrive. What a hub lost in a crash \
                  before it was durable was never in its log",
    kind: Kind::Safety,
    begin: || Box::new(TruthfulResponses::default()),
};

#[derive(Default)]
struct TruthfulResponses {
    refused: BTreeMap<(RoomUri, Digest), (String, String)>,
}

impl Invariant for TruthfulResponses {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Told { room, digest, code, .. }
                if ledger.is_honest(&entry.node) && ledger.hub_is_honest(room) =>
            {
                self.told(ledger, &entry.node, room, digest, code)
            }
            Event::Accepted { room, digest, .. } if ledger.speaks_as_hub(&entry.node, room) => {
                let Some((node, code)) = self.refused.get(&(room.clone(), *digest)) else {
                    return vec![];
                };
                let (hub, short) = (&entry.node, digest.short());
                let why = format!("{hub} accepted {short} after it told {node} `{code}` about it");
                found(room, why)
            }
            _ => vec![],
        }
    }
}

impl TruthfulResponses {
    fn told(
        &mut self,
        ledger: &Ledger,
        node: &str,
        room: &RoomUri,
        digest: &Digest,
        code: &str,
    ) -> Vec<Finding> {
        let (hub, short) = (hub_of(room), digest.short());
        let item = ledger.room(room).hub.find(digest);
        match (code, item) {
            ("success", None) => {
                let why = format!("{hub} told {node} `success` about {short}, not in its log");
                found(room, why)
            }
            ("success", Some(_)) => vec![],
            (_, Some(item)) => {
                let place = item.index;
                let why = format!(
                    "{hub} told {node} `{code}` about {short}, which is in its log at {place}"
                );
                found(room, why)
            }
            (_, None) => {
                let answer = (node.to_owned(), code.to_owned());
                self.refused.entry((room.clone(), *digest)).or_insert(answer);
                vec![]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story};
    use crate::trace::Kind;

    #[test]
    fn success_for_what_is_in_the_log_and_refusal_for_what_is_not_are_true() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.sends("A1", "m1");
        story.told("A1", "m1", "success");
        story.told("B1", "late", "wrongEpoch");
        story.is_clean();
    }

    #[test]
    fn success_for_what_is_not_in_the_log_is_a_lie_unless_lying_is_declared() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.told("B1", "m1", "success");
        story.fires_last("truthful_responses", "not in its log");
        story.header.dishonest = vec![HUB.into()];
        story.is_clean();
    }

    #[test]
    fn refusing_what_was_accepted_at_the_first_try_is_a_lie() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.sends("A1", "m1");
        story.told("A1", "m1", "wrongEpoch");
        story.fires_last("truthful_responses", "which is in its log at 2");
    }

    #[test]
    fn accepting_what_was_refused_before_is_found_when_it_is_accepted() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.told("A1", "m1", "notAllowed");
        story.accepted("A1", Kind::Message, 1, "m1", Default::default());
        story.fires_last("truthful_responses", "after it told A1 `notAllowed`");
    }

    #[test]
    fn refusing_what_a_crash_took_before_it_was_durable_is_true() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.accepted("A1", Kind::Commit, 1, "lost", Default::default());
        story.crashes(HUB, false);
        story.told("A1", "lost", "wrongEpoch");
        story.is_clean();
    }
}
