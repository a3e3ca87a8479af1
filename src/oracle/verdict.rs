//! What the oracle says of a run.

use serde::{Deserialize, Serialize};

use super::invariant::{INVARIANTS, Kind};

/// One broken invariant, at the first event that breaks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Id of the invariant.
    pub invariant: String,
    /// Simulated milliseconds since the start of the run.
    pub at: u64,
    /// Place of the event in the trace.
    pub event: u64,
    /// In words: who disagrees with whom about what.
    pub why: String,
}

/// The one word of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All invariants held, or just the expected ones broke.
    AsExpected,
    /// A safety invariant broke that was not expected to.
    Safety,
    /// A liveness invariant broke that was not expected to, and no safety one did.
    Liveness,
    /// The run can't be judged: its trace has no end, or nothing happened in it.
    Inconclusive,
    /// An invariant that the author expects to break held, or the alarm that is expected did not
    /// come in time.
    ExpectedViolationMissing,
}

impl Outcome {
    /// The word for it in JSON and in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::AsExpected => "as_expected",
            Self::Safety => "safety",
            Self::Liveness => "liveness",
            Self::Inconclusive => "inconclusive",
            Self::ExpectedViolationMissing => "expected_violation_missing",
        }
    }

    /// The process's exit code for it.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::AsExpected => 0,
            Self::Safety => 1,
            Self::Inconclusive => 2,
            Self::Liveness => 3,
            Self::ExpectedViolationMissing => 5,
        }
    }
}

/// What the oracle says of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// In one word.
    pub verdict: Outcome,
    /// In one sentence.
    pub why: String,
    /// All violations, the earliest first; at most one for each invariant and room.
    pub violations: Vec<Violation>,
}

impl Verdict {
    /// The violation that the verdict rests on: the first of its kind that nobody expects. None
    /// where it rests on none.
    pub fn decisive(&self, expected: &[String]) -> Option<&Violation> {
        let kind = match self.verdict {
            Outcome::Safety => Kind::Safety,
            Outcome::Liveness => Kind::Liveness,
            _ => return None,
        };
        first_unexpected(&self.violations, kind, |id| expected.iter().any(|it| it == id))
    }
}

/// The first violation of this kind that nobody expects.
pub(super) fn first_unexpected(
    violations: &[Violation],
    kind: Kind,
    is_expected: impl Fn(&str) -> bool,
) -> Option<&Violation> {
    let of_kind = |id: &str| INVARIANTS.iter().any(|info| info.id == id && info.kind == kind);
    violations.iter().find(|it| of_kind(&it.invariant) && !is_expected(&it.invariant))
}
