//! A shrunk failure as a scenario for `scenarios/regressions/`.
//!
//! Its head says what broke and where it was found; it pins its seed, and expects what the
//! shrunk run expects: as a rule that all invariants hold. So it fails until the bug is mended, and
//! guards it from then on.

use super::super::case::{Case, Ended};
use super::{Shrunk, count_lines};
use crate::script::Script;

/// Where a failure comes from, as far as that is known.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The scenario that it was found with.
    pub scenario: Option<String>,
    /// Schism's version then.
    pub version: Option<String>,
    /// The source commit.
    pub commit: Option<String>,
}

/// The script of the regression scenario: the shrunk one, with a head of its own.
pub fn regression(shrunk: &Shrunk, origin: &Origin, lines_before: usize) -> Script {
    let script = &shrunk.script;
    let broke = shrunk.case.invariant.as_deref().unwrap_or(shrunk.case.ended.word());
    let found = match &origin.scenario {
        Some(scenario) => format!("Found by seed {} of {scenario}", script.seed),
        None => format!("Found by seed {} of \"{}\"", script.seed, script.title),
    };
    let since = match (&origin.version, &origin.commit) {
        (Some(version), Some(commit)) => format!(", with Schism {version} at commit {commit}"),
        (Some(version), None) => format!(", with Schism {version}"),
        _ => String::new(),
    };
    let lines = count_lines(script);
    let told = why(&shrunk.case);
    let what = match shrunk.case.invariant {
        Some(_) => format!("Broke `{broke}`: {told}."),
        None => format!("Ended in a {broke}: {told}."),
    };
    let size = format!("Shrunk from {lines_before} lines to {lines} in {} runs.", shrunk.runs);
    Script {
        title: format!("What broke {broke} by chance"),
        why: format!("{what}\n{found}{since}.\n{size}\n"),
        ..script.clone()
    }
}

/// What went wrong: of a verdict, the violation that it rests on.
fn why(case: &Case) -> String {
    let violations = match &case.ended {
        Ended::Judged(verdict) => verdict.violations.as_slice(),
        _ => &[],
    };
    let first = violations.iter().find(|it| Some(&it.invariant) == case.invariant.as_ref());
    let why = first.map_or_else(|| case.ended.why(), |violation| violation.why.clone());
    why.trim_end_matches('.').to_owned()
}
