//! From entries to a verdict: shows each entry to all invariants, and weighs what they found.

use std::collections::BTreeSet;

use super::detection::Awaited;
use super::invariant::{INVARIANTS, Invariant, InvariantInfo, Kind};
use super::ledger::{Ledger, begins};
use super::verdict::first_unexpected;
use super::{Outcome, Verdict, Violation};
use crate::mimi::uri::RoomUri;
use crate::trace::{Entry, Header, Phase};

/// Judges a whole trace.
pub fn judge(header: &Header, entries: &[Entry]) -> Verdict {
    let mut oracle = Oracle::new(header);
    for entry in entries {
        oracle.observe(entry);
    }
    oracle.finish()
}

/// Judges a trace while it is being written.
pub struct Oracle {
    expected: BTreeSet<String>,
    ledger: Ledger,
    observers: Vec<(&'static InvariantInfo, Box<dyn Invariant>)>,
    fired: BTreeSet<(&'static str, RoomUri)>,
    violations: Vec<Violation>,
    awaited: Awaited,
    ended: bool,
    happened: bool,
}

impl Oracle {
    /// An oracle for the run with this header.
    pub fn new(header: &Header) -> Self {
        Self {
            expected: header.expected.iter().cloned().collect(),
            ledger: Ledger::new(header),
            observers: INVARIANTS.iter().map(|info| (info, (info.begin)())).collect(),
            fired: BTreeSet::new(),
            violations: Vec::new(),
            awaited: Awaited::new(header),
            ended: false,
            happened: false,
        }
    }

    /// Takes the next entry; returns what it breaks, expected or not. What an invariant has said
    /// of a room before is not said again.
    pub fn observe(&mut self, entry: &Entry) -> Vec<Violation> {
        let mut fresh = Vec::new();
        for (info, observer) in &mut self.observers {
            for finding in observer.observe(&self.ledger, entry) {
                let room = self.ledger.room_name(&finding.room);
                if self.fired.insert((info.id, finding.room)) {
                    let invariant = info.id.to_owned();
                    let why = format!("in {room}, {}", finding.why);
                    fresh.push(Violation { invariant, at: entry.at_ms, event: entry.n, why });
                }
            }
        }
        self.ledger.note(entry);
        self.awaited.observe(entry);
        self.ended |= begins(entry, Phase::End);
        self.happened |= self.ledger.anything_accepted();
        self.violations.extend(fresh.iter().cloned());
        fresh
    }

    /// The verdict on all that was observed. An unexpected safety violation stands even where the
    /// run broke off after it; for all else, a trace without an end is inconclusive.
    pub fn finish(self) -> Verdict {
        let (verdict, why) = self.weigh();
        Verdict { verdict, why, violations: self.violations }
    }

    fn weigh(&self) -> (Outcome, String) {
        if let Some(violation) = self.unexpected(Kind::Safety) {
            return (Outcome::Safety, tell(violation, "broke"));
        }
        if !self.ended {
            return (Outcome::Inconclusive, "The trace has no end: the run broke off.".into());
        }
        if !self.happened {
            return (Outcome::Inconclusive, "No hub accepted anything: nothing to judge.".into());
        }
        if let Some(missing) = self.missing() {
            let why = format!("The scenario expects `{missing}` to break, and it held.");
            return (Outcome::ExpectedViolationMissing, why);
        }
        if let Some(why) = self.awaited.missing() {
            return (Outcome::ExpectedViolationMissing, why);
        }
        if let Some(violation) = self.unexpected(Kind::Liveness) {
            return (Outcome::Liveness, tell(violation, "was not reached"));
        }
        if self.expected.is_empty() {
            return (Outcome::AsExpected, "All invariants held.".into());
        }
        let ids: Vec<_> = self.expected.iter().map(|id| format!("`{id}`")).collect();
        (Outcome::AsExpected, format!("Just what the scenario expects broke: {}.", ids.join(", ")))
    }

    fn unexpected(&self, kind: Kind) -> Option<&Violation> {
        first_unexpected(&self.violations, kind, |id| self.expected.contains(id))
    }

    fn missing(&self) -> Option<&String> {
        let broke = |id: &str| self.violations.iter().any(|violation| violation.invariant == id);
        self.expected.iter().find(|id| !broke(id))
    }
}

fn tell(violation: &Violation, how: &str) -> String {
    format!("`{}` {how}: {}.", violation.invariant, violation.why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::tests_support::Story;
    use crate::trace::{Digest, Event};

    fn split(mut story: Story) -> Story {
        story.enters("B1");
        story.amend(|event| {
            if let Event::Entered { authenticator, .. } = event {
                *authenticator = Digest::of(b"other");
            }
        });
        story
    }

    /// B1 entered an epoch in another state, and got over it.
    fn split_and_repaired() -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("A1");
        let mut story = split(story);
        story.update("A1");
        story.enters("A1");
        story.enters("B1");
        story.ends();
        story
    }

    #[test]
    fn an_honest_run_is_as_expected() {
        let mut story = Story::room_of(&["A1", "B1", "B2"]);
        story.ends();
        assert_eq!(story.verdict().verdict, Outcome::AsExpected, "{}", story.verdict().why);
    }

    #[test]
    fn a_split_that_nobody_expects_is_a_safety_violation_in_words() {
        let verdict = split_and_repaired().verdict();
        assert_eq!(verdict.verdict, Outcome::Safety);
        assert!(verdict.why.starts_with("`agreement` broke: in clubhouse, "), "{}", verdict.why);
    }

    #[test]
    fn a_canary_is_as_expected_when_just_its_violation_comes() {
        let mut story = split_and_repaired();
        story.header.expected = vec!["agreement".into()];
        assert_eq!(story.verdict().verdict, Outcome::AsExpected);
    }

    #[test]
    fn a_canary_whose_violation_does_not_come_is_told() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.header.expected = vec!["agreement".into()];
        story.ends();
        assert_eq!(story.verdict().verdict, Outcome::ExpectedViolationMissing);
    }

    #[test]
    fn a_canary_does_not_excuse_another_violation() {
        let mut story = split_and_repaired();
        story.header.expected = vec!["exactly_once".into()];
        assert_eq!(story.verdict().verdict, Outcome::Safety);
    }

    #[test]
    fn a_client_that_stays_behind_is_a_liveness_violation() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("A1");
        story.ends();
        assert_eq!(story.verdict().verdict, Outcome::Liveness);
    }

    #[test]
    fn a_trace_without_an_end_is_inconclusive_but_a_split_in_it_is_a_split() {
        let story = Story::room_of(&["A1", "B1"]);
        assert_eq!(story.verdict().verdict, Outcome::Inconclusive);
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("A1");
        assert_eq!(split(story).verdict().verdict, Outcome::Safety);
    }

    #[test]
    fn a_run_in_which_nothing_was_accepted_is_inconclusive() {
        let mut story = Story::new();
        story.ends();
        assert_eq!(story.verdict().verdict, Outcome::Inconclusive);
    }
}
