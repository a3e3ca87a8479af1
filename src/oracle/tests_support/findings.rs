//! What the oracle finds in a story, and what a test expects it to.

use super::Story;
use crate::oracle::{Verdict, judge};

impl Story {
    pub(in crate::oracle) fn verdict(&self) -> Verdict {
        judge(&self.header, &self.entries)
    }

    /// Asserts that these invariants fire, at these places in the trace, and no others.
    #[track_caller]
    pub(in crate::oracle) fn fires(&self, wanted: &[(&str, u64)]) {
        let violations = self.verdict().violations;
        let found: Vec<_> = violations.iter().map(|v| (v.invariant.as_str(), v.event)).collect();
        assert_eq!(found, wanted, "{violations:#?}");
    }

    /// What this invariant has to say, whatever others do.
    pub(in crate::oracle) fn said_by(&self, invariant: &str) -> Vec<String> {
        let violations = self.verdict().violations.into_iter();
        violations.filter(|it| it.invariant == invariant).map(|it| it.why).collect()
    }

    /// Asserts that nothing fires.
    #[track_caller]
    pub(in crate::oracle) fn is_clean(&self) {
        self.fires(&[]);
    }

    /// Asserts that just this invariant fires, at the last entry, and says this among other things.
    #[track_caller]
    pub(in crate::oracle) fn fires_last(&self, invariant: &str, saying: &str) {
        self.fires(&[(invariant, self.last())]);
        let why = &self.verdict().violations[0].why;
        assert!(why.contains(saying), "{why}");
    }
}
