//! `bad_input_passes` (L11): what can't be used is turned down once, and not for ever.
//!
//! A client that refuses something goes on to what comes after it: within one life it does not
//! refuse the same message again and again. The network may bring it twice, and what is kept may be
//! tried again with each step forward, so a few times are borne.

use std::collections::BTreeMap;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "bad_input_passes",
    meaning: "no client refuses one message more than five times in a life",
    source: "L11; N-02",
    not_checked: "the other direction, that a passing failure does not lose a message \
                  (messages_delivered, contiguous_history); what hubs refuse, since askers may \
                  try again",
    kind: Kind::Safety,
    begin: || Box::new(BadInputPasses::default()),
};

/// How often one message may be refused in one life of a client.
const MOST_REFUSALS: u32 = 5;

#[derive(Default)]
struct BadInputPasses {
    refused: BTreeMap<(String, RoomUri, Digest), u32>,
}

impl Invariant for BadInputPasses {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Restarted { .. } => {
                self.refused.retain(|(node, ..), _| *node != entry.node);
                vec![]
            }
            Event::Rejected { room, digest, rule, .. } if ledger.is_honest(&entry.node) => {
                let key = (entry.node.clone(), room.clone(), *digest);
                let times = self.refused.entry(key).or_default();
                *times += 1;
                if *times <= MOST_REFUSALS {
                    return vec![];
                }
                let (node, short) = (&entry.node, digest.short());
                found(room, format!("{node} refuses {short} for the {times}th time, by {rule}"))
            }
            _ => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, digest, room};
    use crate::trace::Event;

    fn refusing(story: &mut Story, times: u32) {
        for _ in 0..times {
            let (rule, why) = ("mls".to_owned(), "because".to_owned());
            let rejected = Event::Rejected { room: room(), digest: digest("bad"), rule, why };
            story.push("B1", rejected);
        }
    }

    #[test]
    fn a_few_refusals_of_one_message_are_borne_in_each_life() {
        let mut story = Story::room_of(&["A1", "B1"]);
        refusing(&mut story, 5);
        story.crashes("B1", false);
        refusing(&mut story, 5);
        story.is_clean();
    }

    #[test]
    fn a_message_that_is_refused_for_ever_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        refusing(&mut story, 6);
        story.fires_last("bad_input_passes", "for the 6th time, by mls");
    }
}
