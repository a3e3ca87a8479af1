//! Seeded searches: random rooms in random weather, all of which must come out as they should.
//!
//! The seeds are fixed, so that this target passes or fails the same way everywhere; a nightly
//! `schism fuzz` plays others. One case in twenty is played twice, and must give the same trace.
//! Not here: what is reached on the way (`reach`).

// Clippy knows tests by their attribute, and takes what they share for something else.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::time::Duration;

use schism::campaign::{Case, Plan, Watcher, fuzz};
use schism::mimi::rules::RULES;
use schism::scenario::Scenario;
use schism::script::Script;

/// As many as two processors play in about a minute without optimisation.
const SEEDS: std::ops::Range<u64> = 1_000..1_060;

/// What failed, with how to see it again.
#[derive(Default)]
struct Failures(Mutex<Vec<String>>);

impl Watcher for Failures {
    fn begins(&self, _: &str, _: &Script, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn played(&self, _: &Case) {}

    fn ended(&self, case: &Case) -> Result<(), String> {
        if !case.ended.is_fine() {
            let again = format!("schism run {} --seed {}", case.scenario, case.seed);
            let told = format!("{}: {}; again: {again}", case.ended.word(), case.ended.why());
            self.0.lock().unwrap().push(told);
        }
        Ok(())
    }
}

#[test]
fn no_room_breaks_by_chance() {
    let name = "scenarios/any-room.toml";
    let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    let scenario = Scenario::read(name, &std::fs::read_to_string(name).unwrap(), &rules).unwrap();
    let plan = Plan {
        scenarios: vec![(name.to_owned(), scenario)],
        seeds: SEEDS,
        budget: None,
        jobs: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        keep_going: true,
        shard: (1, 1),
        patience: Duration::from_secs(120),
        twice_in: 20,
    };
    let failures = Failures::default();
    let searched = fuzz(&plan, &failures).unwrap();
    assert_eq!(searched.cases, SEEDS.end - SEEDS.start);
    let failures = failures.0.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
