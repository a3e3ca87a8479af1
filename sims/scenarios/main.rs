//! Every file in `scenarios/`: it plays to the verdict that it expects, and what it is there for
//! does happen in it.
//!
//! A scenario that no longer meets its fault would pass every invariant and show nothing. So each
//! has a test that looks for the *specific* thing in the trace, with its own seed and two more. The
//! tests lie in files by what happens to the room. Not here: whether the invariants themselves can
//! fire (`oracle`).

// Clippy knows tests by their attribute, and takes what they share for something else.
#![allow(clippy::unwrap_used)]

mod crashes;
mod found;
mod key_material;
mod leaky;
mod liars;
mod life;
mod messages;
mod network;
mod played;
#[path = "../playing.rs"]
mod playing;
mod policy;
mod secrets;

use played::Played;
use playing::{play, script};
use schism::oracle::{Outcome, judge};
use schism::trace::read;

/// Plays a scenario with its own seed and two more.
fn each_seed(name: &str, shows: impl Fn(&Played)) {
    for seed in [None, Some(1), Some(2)] {
        once(name, seed, &shows);
    }
}

/// Plays a scenario once; its stored trace must be worth the same as the run.
fn once(name: &str, seed: Option<u64>, shows: impl Fn(&Played)) {
    let script = script(name, seed);
    println!("{name}, seed {}", script.seed);
    let played = Played(play(&script));
    let verdict = &played.0.verdict;
    assert_eq!(verdict.verdict, Outcome::AsExpected, "{}", verdict.why);
    let (header, entries) = read(&played.0.trace).unwrap();
    assert_eq!(judge(&header, &entries), *verdict, "the stored trace is judged otherwise");
    shows(&played);
}

/// All that the tests of this target say.
const TESTS: &[&str] = &[
    include_str!("crashes.rs"),
    include_str!("found.rs"),
    include_str!("key_material.rs"),
    include_str!("liars.rs"),
    include_str!("life.rs"),
    include_str!("messages.rs"),
    include_str!("network.rs"),
    include_str!("secrets.rs"),
    include_str!("policy.rs"),
];

#[test]
fn every_scenario_file_has_a_test_here() {
    for file in std::fs::read_dir("scenarios").unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".toml") else { continue };
        let call = format!("(\"{name}\", ");
        let tested = TESTS.iter().any(|tests| tests.contains(&call));
        assert!(tested || name.ends_with(".sweep"), "{name} is not tested");
    }
}
