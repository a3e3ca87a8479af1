//! `no_false_alarm`: who is told that the hub lies can rely on it.
//!
//! An alarm is false where nobody has begun to misbehave, and no two nodes were in different states
//! in the epoch that it is about.
//!
//! Silence is only a suspicion: a member that is down, offline or out of its account falls silent
//! in good faith, and to say so is true. So once somebody was away, heartbeats are left alone.

use std::collections::{BTreeMap, BTreeSet};

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "no_false_alarm",
    meaning: "a detector raises an alarm only where somebody misbehaves or an epoch has two states",
    source: "study §4.1; RFC 9750 §5.2",
    not_checked: "that an alarm accuses the right node, or comes at all (`detected_by` asks for \
                  that); alarms of dishonest nodes; heartbeats once somebody was down, offline or \
                  out of its account",
    kind: Kind::Safety,
    begin: || Box::<NoFalseAlarm>::default(),
};

/// The detector that takes silence for suspicious.
const SILENCE: &str = "heartbeats";

#[derive(Default)]
struct NoFalseAlarm {
    somebody_lies: bool,
    somebody_was_away: bool,
    states: BTreeMap<(RoomUri, u64), BTreeSet<Digest>>,
}

impl Invariant for NoFalseAlarm {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::BehaviourBegan { .. } => self.somebody_lies = true,
            Event::Crashed | Event::Offline | Event::AccountDeleted { .. } => {
                self.somebody_was_away = true;
            }
            Event::Entered { room, epoch, authenticator, .. } => {
                self.states.entry((room.clone(), *epoch)).or_default().insert(*authenticator);
            }
            Event::Alarmed { room, detector, epoch, why, .. }
                if ledger.is_honest(&entry.node) && !self.somebody_lies =>
            {
                let states = self.states.get(&(room.clone(), *epoch)).map_or(0, BTreeSet::len);
                let is_silence = detector == SILENCE && self.somebody_was_away;
                if states < 2 && !is_silence {
                    let node = &entry.node;
                    let why = format!("{node} is warned by `{detector}` for no reason: {why}");
                    return found(room, why);
                }
            }
            _ => {}
        }
        vec![]
    }
}

#[cfg(test)]
mod tests {
    use super::SILENCE;
    use crate::mimi::watch::Detector;
    use crate::oracle::tests_support::{Story, digest, room};
    use crate::trace::Event;

    fn alarm(epoch: u64) -> Event {
        let (detector, why) = ("gossip".to_owned(), "B1 says otherwise".to_owned());
        Event::Alarmed { room: room(), detector, epoch, why, proven: false }
    }

    #[test]
    fn an_alarm_in_an_honest_room_is_false() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.push("A1", alarm(1));
        story.fires_last("no_false_alarm", "A1 is warned by `gossip` for no reason: B1 says");
    }

    #[test]
    fn an_alarm_after_somebody_began_to_misbehave_is_none_of_this() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.push("a.example", Event::BehaviourBegan { behaviour: "hub.equivocates".to_owned() });
        story.push("A1", alarm(1));
        story.is_clean();
    }

    #[test]
    fn an_alarm_about_an_epoch_with_two_states_is_true() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("A1");
        story.enters("B1");
        story.amend(|event| {
            if let Event::Entered { authenticator, .. } = event {
                *authenticator = digest("other");
            }
        });
        let split = story.last();
        story.push("A1", alarm(2));
        story.fires(&[("agreement", split)]);
    }

    #[test]
    fn silence_is_left_alone_once_somebody_was_away_and_nothing_else_is() {
        assert_eq!(SILENCE, Detector::Heartbeats.id());
        let warned = |by: &str| {
            let mut story = Story::room_of(&["A1", "B1"]);
            story.push("B1", Event::Offline);
            let (detector, why) = (by.to_owned(), "B1 is silent".to_owned());
            let event = Event::Alarmed { room: room(), detector, epoch: 1, why, proven: false };
            story.push("A1", event);
            story
        };
        warned(SILENCE).is_clean();
        warned("gossip").fires_last("no_false_alarm", "A1 is warned");
    }

    #[test]
    fn what_a_dishonest_node_cries_does_not_count() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.header.dishonest = vec!["B1".into()];
        story.push("B1", alarm(1));
        story.is_clean();
    }
}
