//! Whether what the author expects to be noticed was noticed, and in time.
//!
//! Time counts from the first misbehaviour of the run; without one, from its beginning. An alarm
//! counts where an honest node raises it.

use std::collections::BTreeSet;

use crate::trace::{Detection, Entry, Event, Header};

/// The alarm that is awaited, and whether it has come.
pub(super) struct Awaited {
    wanted: Option<Detection>,
    dishonest: BTreeSet<String>,
    began_ms: Option<u64>,
    raised_ms: Option<u64>,
}

impl Awaited {
    /// For the alarm that this run's author expects, if any.
    pub(super) fn new(header: &Header) -> Self {
        let wanted = header.detection.clone();
        let dishonest = header.dishonest.iter().cloned().collect();
        Self { wanted, dishonest, began_ms: None, raised_ms: None }
    }

    /// Takes the next entry.
    pub(super) fn observe(&mut self, entry: &Entry) {
        match &entry.event {
            Event::BehaviourBegan { .. } => {
                self.began_ms.get_or_insert(entry.at_ms);
            }
            Event::Alarmed { detector, .. }
                if self.wanted.as_ref().is_some_and(|wanted| wanted.by == *detector)
                    && !self.dishonest.contains(&entry.node) =>
            {
                self.raised_ms.get_or_insert(entry.at_ms);
            }
            _ => {}
        }
    }

    /// In words, what did not come as it should; none where it did, or nothing was expected.
    pub(super) fn missing(&self) -> Option<String> {
        let wanted = self.wanted.as_ref()?;
        let seconds = |ms: u64| format!("{:.3} s", ms as f64 / 1_000.0);
        let Some(raised) = self.raised_ms else {
            return Some(format!("The scenario expects an alarm by `{}`; none came.", wanted.by));
        };
        let took = raised.saturating_sub(self.began_ms.unwrap_or(0));
        let within = wanted.within_ms.filter(|within| took > *within)?;
        let (by, took, within) = (&wanted.by, seconds(took), seconds(within));
        Some(format!(
            "The scenario expects an alarm by `{by}` within {within}; it came after {took}."
        ))
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::Outcome;
    use crate::oracle::tests_support::{Story, room};
    use crate::trace::{Detection, Event};

    fn judged(within_ms: Option<u64>, detector: &str, node: &str) -> (Outcome, String) {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.header.detection = Some(Detection { by: "gossip".into(), within_ms });
        story.push("b.example", Event::BehaviourBegan { behaviour: "follower.repeats".into() });
        let (detector, why) = (detector.to_owned(), "B1 says otherwise".to_owned());
        story.push(node, Event::Alarmed { room: room(), detector, epoch: 1, why, proven: false });
        story.ends();
        let verdict = story.verdict();
        (verdict.verdict, verdict.why)
    }

    #[test]
    fn the_expected_alarm_in_time_is_as_expected() {
        assert_eq!(judged(None, "gossip", "A1").0, Outcome::AsExpected);
        assert_eq!(judged(Some(60_000), "gossip", "A1").0, Outcome::AsExpected);
    }

    #[test]
    fn no_alarm_or_another_detectors_is_missing() {
        let (outcome, why) = judged(None, "receipts", "A1");
        assert_eq!(outcome, Outcome::ExpectedViolationMissing);
        assert_eq!(why, "The scenario expects an alarm by `gossip`; none came.");
    }

    #[test]
    fn an_alarm_that_comes_too_late_is_told_with_both_times() {
        let (outcome, why) = judged(Some(1), "gossip", "A1");
        assert_eq!(outcome, Outcome::ExpectedViolationMissing);
        assert!(
            why.starts_with("The scenario expects an alarm by `gossip` within 0.001 s"),
            "{why}"
        );
    }
}
