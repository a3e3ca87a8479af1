//! The controls of `scenarios/adversaries/` and `scenarios/incidents/`: what a file shows is due to
//! its liar, and the oracle sees it by itself.
//!
//! Each file opens with its source, a number of the study, and states one outcome. Without its
//! misbehaviour the same script is clean; without its expectation a violation is a violation. Not
//! here: what the liar brings about, for which each file has a test of its own.

use schism::oracle::Outcome;
use schism::script::Script;

use crate::files;
use crate::playing::{play, script};

/// What can become of a lie.
const OUTCOMES: &[&str] = &[
    "Prevented: ",
    "Detected: ",
    "Denial of service only: ",
    "Splits the room: ",
    "Wedges the room: ",
];

fn all() -> impl Iterator<Item = (String, Script)> {
    let names = ["adversaries", "incidents"].into_iter().flat_map(files);
    names.map(|name| (name.clone(), script(&name, None)))
}

/// Whether a text begins with a number of the study: A12, N-03, S11.
fn names_its_source(text: &str) -> bool {
    let number = ["A", "N-", "S"].into_iter().find_map(|kind| text.strip_prefix(kind));
    number.is_some_and(|it| it.starts_with(|first: char| first.is_ascii_digit()))
}

#[test]
fn each_file_opens_with_its_source_and_states_one_outcome() {
    for (name, script) in all() {
        assert!(names_its_source(&script.why), "{name} does not open with its source");
        let stated = OUTCOMES.iter().filter(|outcome| script.why.contains(**outcome));
        assert_eq!(stated.count(), 1, "{name} states one of {OUTCOMES:?}");
        if script.why.contains("Splits the room: ") {
            assert!(!script.expect.violates.is_empty(), "{name} splits, and nothing breaks");
        }
    }
}

#[test]
fn without_the_liar_the_same_script_is_clean() {
    for (name, mut script) in all().filter(|(_, script)| !script.misbehaviour.is_empty()) {
        script.misbehaviour.clear();
        script.expect.violates.clear();
        let verdict = play(&script).verdict;
        assert_eq!(verdict.verdict, Outcome::AsExpected, "{name}: {}", verdict.why);
    }
}

#[test]
fn a_violation_that_nobody_expects_is_one() {
    for (name, mut script) in all().filter(|(_, script)| !script.expect.violates.is_empty()) {
        script.expect.violates.clear();
        let verdict = play(&script).verdict;
        assert!(matches!(verdict.verdict.exit_code(), 1 | 3), "{name}: {}", verdict.why);
    }
}
