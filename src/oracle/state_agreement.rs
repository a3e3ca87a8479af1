//! `state_agreement` (I2): what is the same bytes is the same room to everyone.
//!
//! Clients, and an honest hub, that hold the same GroupContext of an epoch must have decoded the
//! same room state from it: participants, roles, name. Two builds that read the same bytes
//! differently come apart later, when one of them refuses what the other accepts.

use std::collections::BTreeMap;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, Entry, Event, Stage};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "state_agreement",
    meaning: "who holds the same GroupContext decodes the same room state from it",
    source: "I2; P06 §7.2",
    not_checked: "nodes whose contexts differ already (that is agreement, or hub_shadow); \
                  provisional views; whether the state is a right one",
    kind: Kind::Safety,
    begin: || Box::new(StateAgreement::default()),
};

#[derive(Default)]
struct StateAgreement {
    firsts: BTreeMap<(RoomUri, u64, Digest), (String, Digest)>,
}

impl Invariant for StateAgreement {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let (room, epoch, context, state) = match &entry.event {
            Event::Entered { room, epoch, context, state, .. } if ledger.is_honest(&entry.node) => {
                (room, epoch, context, state)
            }
            Event::Shadowed { room, stage: Stage::Committed, epoch, context, state, .. }
                if ledger.speaks_as_hub(&entry.node, room) =>
            {
                (room, epoch, context, state)
            }
            _ => return vec![],
        };
        let key = (room.clone(), *epoch, *context);
        let own = (entry.node.clone(), state.hash);
        let (first, hash) = self.firsts.entry(key).or_insert(own);
        if *hash == state.hash {
            return vec![];
        }
        let why = format!(
            "{} and {first} hold the same GroupContext {} of epoch {epoch} and decode different \
             room states from it: {} against {}",
            entry.node,
            context.short(),
            state.hash.short(),
            hash.short()
        );
        found(room, why)
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, digest};
    use crate::trace::Event;

    fn decoding_otherwise(event: &mut Event) {
        if let Event::Entered { state, .. } | Event::Shadowed { state, .. } = event {
            state.hash = digest("another state");
        }
    }

    #[test]
    fn members_that_decode_the_same_state_agree() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.all_enter(&["A1", "B1"]);
        story.is_clean();
    }

    #[test]
    fn a_client_that_decodes_the_same_context_otherwise_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("A1");
        story.enters("B1");
        story.amend(decoding_otherwise);
        story.fires_last("state_agreement", "decode different room states");
    }

    #[test]
    fn a_hub_that_decodes_the_same_context_otherwise_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.shadowed();
        story.amend(decoding_otherwise);
        story.fires_last("state_agreement", "a.example");
    }
}
