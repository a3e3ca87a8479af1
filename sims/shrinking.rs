//! Shrinking for real: failures are planted in the random rooms of a search, found by a seed, and
//! made small.
//!
//! A rule is taken away, a proposal lapses that should not, or a hub shows itself twice; then
//! `scenarios/any-room.toml` is played until something breaks. What is left of that run has to
//! fail like it, in fewer than ten lines, and to hold once the plant is pulled out: so the lines
//! that are left are about the plant and nothing else.
//!
//! Two of the plants are tried by `cargo test`; the table of all of them is printed by
//! `cargo test --release --test shrinking -- --ignored --nocapture`.

// Clippy knows tests by their attribute, and takes what they share for something else.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use schism::campaign::{Case, Effort, How, Shrunk, count_lines, shrink};
use schism::mimi::rules::RULES;
use schism::node::Stopwatch as _;
use schism::scenario::{self, Scenario};
use schism::script::Script;
use schism::world::stopwatch::WallStopwatch;

/// A bug that is put into random rooms.
struct Plant {
    /// What is wrong, in the words of the protocol.
    what: &'static str,
    /// The line of a scenario file that brings it about.
    line: &'static str,
    /// The seed with which a search from 0 on comes to it first.
    seed: u64,
    /// What it breaks.
    breaks: &'static str,
}

const PLANTS: &[Plant] = &[
    Plant {
        what: "nobody counts the clients of a room (R55)",
        line: "protocol.without = [\"at-most-max-clients\"]",
        seed: 2,
        breaks: "limits_hold",
    },
    Plant {
        what: "a leave that an external commit voids is forgotten (Q10)",
        line: "protocol.readings = [\"voided-leaves-lapse\"]",
        seed: 2,
        breaks: "leave_completes",
    },
    Plant {
        what: "KeyPackages go to whoever asks (R57)",
        line: "protocol.without = [\"consent-is-given\"]",
        seed: 6,
        breaks: "consent_respected",
    },
    Plant {
        what: "the hub takes commits that leave out what waits (R18)",
        line: "protocol.hub_without = [\"cached-proposals-included\"]",
        seed: 10,
        breaks: "convergence",
    },
    Plant {
        what: "the hub shows a follower another room (A1)",
        line: FORKED,
        seed: 1,
        breaks: "agreement",
    },
];

/// A room of three providers, in which something particular can be planted.
const FORKED: &str = r#"
providers = ["a.example", "b.example", "c.example"]
users.alice = { at = "a.example", clients = ["A1", "A2"] }
users.bob = { at = "b.example", clients = ["B1"] }
users.cathy = { at = "c.example", clients = ["C1", "C2"] }
rooms.hall = { hub = "a.example" }
steps = [
    { at = "1s", who = "A1", do = "create", room = "hall" },
    { at = "3s", who = "A1", do = "add", room = "hall", user = "bob" },
    { at = "5s", who = "A1", do = "add", room = "hall", user = "cathy" },
]
misbehaviour = [
    { at = "15s", node = "a.example", behaviour = "hub.equivocates", room = "hall", side = ["c.example"] },
]
"#;

/// What a plant came to.
struct Row {
    before: usize,
    shrunk: Shrunk,
    wall_seconds: f64,
}

#[test]
fn a_leave_that_is_forgotten_shrinks_to_the_leave_and_what_voids_it() {
    made_small(&PLANTS[1]);
}

#[test]
fn a_fork_shrinks_to_who_sees_it() {
    made_small(&PLANTS[4]);
}

#[test]
#[ignore = "the table for people: all plants, with the time that each takes"]
fn each_plant_is_found_by_its_seed_and_no_earlier_and_shrinks() {
    println!("| planted | broke | lines | left | re-runs | seconds |\n|---|---|---|---|---|---|");
    for plant in PLANTS {
        for seed in 0..plant.seed {
            let case = played(&planted(plant, seed));
            assert!(case.ended.is_fine(), "{}: seed {seed} already fails", plant.what);
        }
        let Row { before, shrunk, wall_seconds } = made_small(plant);
        let (left, runs) = (count_lines(&shrunk.script), shrunk.runs);
        let (what, breaks) = (plant.what, plant.breaks);
        println!("| {what} | `{breaks}` | {before} | {left} | {runs} | {wall_seconds:.1} |");
    }
}

/// Shrinks what a plant breaks, and holds the result to what shrinking promises.
fn made_small(plant: &Plant) -> Row {
    let script = planted(plant, plant.seed);
    let watch = WallStopwatch::start();
    let effort = Effort { patience: minutes(1), budget: minutes(10) };
    let shrunk = shrink(&script, effort, &mut |_, _| {}).unwrap();
    let wall_seconds = watch.nanos() as f64 / 1e9;
    let file = scenario::write(&shrunk.script);
    assert_eq!(shrunk.case.invariant.as_deref(), Some(plant.breaks), "{file}");
    assert!(!shrunk.out_of_budget && count_lines(&shrunk.script) < 10, "{file}");
    let again = read(&file).expand(plant.seed).script;
    assert_eq!(played(&again).invariant.as_deref(), Some(plant.breaks), "{file}");
    let without = played(&pulled_out(again));
    assert!(without.ended.is_fine(), "{}: {}\n{file}", plant.what, without.ended.why());
    Row { before: count_lines(&script), shrunk, wall_seconds }
}

/// The random rooms with the plant in them, for a seed.
fn planted(plant: &Plant, seed: u64) -> Script {
    let text = std::fs::read_to_string("scenarios/any-room.toml").unwrap();
    let (head, tables) = text.split_once("[workload]").unwrap();
    read(&format!("{head}{}\n\n[workload]{tables}", plant.line)).expand(seed).script
}

/// The same with nothing planted.
fn pulled_out(mut script: Script) -> Script {
    script.protocol.without.clear();
    script.protocol.hub_without.clear();
    script.protocol.readings.clear();
    script.misbehaviour.clear();
    script
}

fn read(text: &str) -> Scenario {
    let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    Scenario::read("planted", text, &rules).unwrap_or_else(|it| panic!("{}", scenario::render(&it)))
}

fn played(script: &Script) -> Case {
    let how = How { patience: minutes(1), twice: false };
    Case::play("planted", script, scenario::write(script), how)
}

fn minutes(many: u64) -> Duration {
    Duration::from_secs(60 * many)
}
