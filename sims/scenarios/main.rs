//! Every file in `scenarios/` and its folders: it plays to the verdict that it expects, and what it
//! is there for does happen in it.
//!
//! A scenario that no longer meets its fault would pass every invariant and show nothing. So each
//! has a test that looks for the *specific* thing in the trace, with its own seed and two more. The
//! tests lie in files by what happens to the room. Not here: whether the invariants themselves can
//! fire (`oracle`).

// Clippy knows tests by their attribute, and takes what they share for something else.
#![allow(clippy::unwrap_used)]

mod busy;
mod clocks;
mod codes;
mod controls;
mod crashes;
mod detectors;
mod exported;
mod expulsion;
mod followers;
mod found;
mod hub_messages;
mod hubs;
mod incidents;
mod key_material;
mod leaky;
mod liars;
mod life;
mod members;
mod messages;
mod network;
mod played;
#[path = "../playing.rs"]
mod playing;
mod policy;
mod random;
mod readings;
mod regressions;
mod repairs;
mod schema;
mod secrets;
mod two_faced;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use played::Played;
use playing::{play, script};
use schism::mimi::rules::{EVIDENCE, Evidence};
use schism::oracle::{Outcome, judge};
use schism::trace::{Event, read};

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

/// All scenario files in a folder of `scenarios/`, by the names that [`script`] takes, in order.
fn files(folder: &str) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(Path::new("scenarios").join(folder)) else { return vec![] };
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let scenarios = names.filter_map(|name| name.strip_suffix(".toml").map(str::to_owned));
    let mut all: Vec<_> = scenarios.filter(|name| !name.ends_with(".sweep")).collect();
    all.sort();
    let inside = |name| if folder.is_empty() { name } else { format!("{folder}/{name}") };
    all.into_iter().map(inside).collect()
}

#[test]
fn every_scenario_file_has_a_test_here() {
    let mut tests = String::new();
    sources(Path::new("sims/scenarios"), &mut tests);
    for name in ["", "adversaries", "incidents"].into_iter().flat_map(files) {
        assert!(tests.contains(&format!("(\"{name}\", ")), "{name} is not tested");
    }
}

#[test]
fn each_rule_refuses_something_in_the_scenario_that_it_names() {
    let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for Evidence { rule, scenario, .. } in EVIDENCE {
        wanted.entry(scenario.unwrap_or_default()).or_default().push(rule);
    }
    wanted.remove("");
    for (name, rules) in wanted {
        let script = script(name, None);
        let played = play(&script);
        let refusals = played.run.entries.iter().filter_map(|entry| match &entry.event {
            Event::Refused { rule, .. } | Event::Rejected { rule, .. } => Some(rule.as_str()),
            _ => None,
        });
        let seen: BTreeSet<_> = refusals.collect();
        let is_missed = |rule: &str| {
            script.protocol.without.iter().any(|off| off == rule)
                && !script.expect.violates.is_empty()
        };
        for rule in rules {
            let shown = seen.contains(rule) || is_missed(rule);
            assert!(shown, "{rule} refuses nothing in {name}, only {seen:?} do");
        }
    }
}

/// Where tests are.
fn sources(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Each of these names a test that there is.
fn assert_tests_are_there<'a>(named: impl Iterator<Item = (String, &'a str)>) {
    let mut text = String::new();
    sources(Path::new("src"), &mut text);
    sources(Path::new("sims"), &mut text);
    for (what, test) in named {
        let there = text.contains(&format!("#[test]\n    fn {test}("))
            || text.contains(&format!("#[test]\nfn {test}("));
        assert!(there, "{what}: there is no test {test}");
    }
}

#[test]
fn each_rule_names_a_test_that_there_is() {
    assert_tests_are_there(EVIDENCE.iter().map(|it| (it.rule.to_owned(), it.test)));
}
