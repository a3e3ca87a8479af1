//! The schema takes what the reader takes, knows the keys that it knows, and refuses the plain
//! mistakes.

use std::path::Path;

use super::testing::Validator;
use super::*;
use crate::scenario::random::tables;
use crate::scenario::{
    self, KEYS, PROTOCOL_KEYS, faults, key_material, misbehaviour, policy_steps, rooms, steps,
    topology, watch,
};
use crate::{adversary, mimi, oracle, world};

fn meanings() -> Meanings<'static> {
    Meanings {
        invariants: oracle::INVARIANTS.iter().map(|it| (it.id, it.meaning)).collect(),
        behaviours: adversary::BEHAVIOURS.iter().map(|it| (it.id, it.meaning)).collect(),
        faults: world::FAULTS.iter().map(|it| (it.id, it.meaning)).collect(),
    }
}

/// The rules that can be switched off.
fn rules() -> Vec<&'static str> {
    let switches = mimi::rules::RULES.iter().filter(|rule| rule.built_in().is_none());
    switches.map(|rule| rule.id).collect()
}

/// The texts of all files that can be read.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
    let listed = scenario::list(folder, &rules()).unwrap();
    let read = |it: scenario::Listed| {
        let text = std::fs::read_to_string(&it.path).unwrap();
        (it.path.display().to_string(), text)
    };
    listed.into_iter().map(read).collect()
}

#[test]
fn every_scenario_fits_as_it_is_written_and_as_a_seed_expands_it() {
    let validator = Validator::of(schema(&meanings()));
    let rules = rules();
    for (path, text) in files() {
        validator.takes(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let script = scenario::read(&path, &text, Some(1), &rules).unwrap();
        let written = scenario::write(&script);
        validator.takes(&written).unwrap_or_else(|error| panic!("{path}, expanded: {error}"));
    }
}

#[test]
fn each_table_has_the_keys_that_the_reader_knows() {
    let schema = schema(&meanings());
    let file = [KEYS, random::KEYS].concat();
    let protocol = [PROTOCOL_KEYS, key_material::KEYS, watch::KEYS].concat();
    let step = [steps::KEYS, policy_steps::KEYS].concat();
    for (at, known) in [
        ("", &file[..]),
        ("/properties/users/additionalProperties", topology::USER_KEYS),
        ("/properties/rooms/additionalProperties", rooms::KEYS),
        ("/properties/protocol", &protocol),
        ("/properties/expect", watch::EXPECTED),
        ("/properties/steps/items", &step),
        ("/properties/faults/items", faults::KEYS),
        ("/properties/misbehaviour/items", misbehaviour::KEYS),
        ("/properties/draw", tables::DRAW_KEYS),
        ("/properties/workload", tables::WORKLOAD_KEYS),
        ("/properties/storm", tables::STORM_KEYS),
        ("/properties/liars", tables::LIARS_KEYS),
    ] {
        let table = schema.pointer(at).unwrap();
        let has: Vec<_> = table["properties"].as_object().unwrap().keys().collect();
        let mut known = known.to_vec();
        known.sort_unstable();
        assert_eq!(has, known, "{at}");
    }
}

const WHOLE: &str = r#"
title = "t"
why = "w"
providers = ["a.example", "b.example"]
users.alice = { at = "a.example", clients = ["A1"] }
users.bob = { at = "b.example", clients = ["B1"] }
rooms.clubhouse = { hub = "a.example" }
steps = [{ at = "1s", who = "A1", do = "create" }, { at = "2s", who = "A1", do = "add", user = "bob" }]
faults = [{ at = "3s", for = "1s", fault = "hold", between = ["a.example", "b.example"] }]
misbehaviour = [{ at = "4s", node = "a.example", behaviour = "hub.withholds", side = ["b.example"] }]
protocol = { without = ["authorised"] }
"#;

#[test]
fn what_the_reader_refuses_by_its_form_the_schema_refuses_too() {
    let validator = Validator::of(schema(&meanings()));
    let rules = rules();
    validator.takes(WHOLE).unwrap();
    scenario::read("whole.toml", WHOLE, None, &rules).unwrap();
    for (right, wrong) in [
        ("title = \"t\"", ""),
        ("rooms.clubhouse", "room.clubhouse"),
        ("\"1s\"", "\"1.5s\""),
        ("\"1s\"", "1"),
        ("\"create\"", "\"found\""),
        ("do = \"create\"", "do = \"create\", text = \"x\""),
        ("do = \"create\"", "do = \"change-policy\""),
        (", user = \"bob\"", ""),
        ("user = \"bob\"", "user = \"bob\", every = \"1s\""),
        ("\"hold\"", "\"flood\""),
        (", for = \"1s\"", ""),
        (", between = [\"a.example\", \"b.example\"]", ""),
        ("between = [\"a.example\", \"b.example\"]", "between = [\"a.example\"]"),
        (
            "fault = \"hold\", between = [\"a.example\", \"b.example\"]",
            "fault = \"clock-drift\", node = \"A1\", percent = 0",
        ),
        ("\"hub.withholds\"", "\"hub.lies\""),
        (", side = [\"b.example\"]", ""),
        ("\"hub.withholds\"", "\"hub.lies-code\", code = \"teapot\""),
        ("side = [\"b.example\"]", "side = [\"b.example\"], rule = \"authorised\""),
        ("[\"authorised\"]", "[\"unheard-of\"]"),
        ("[\"authorised\"]", "[\"body-is-well-formed\"]"),
        ("title = \"t\"", "title = 7"),
        ("\"create\"", "\"crate\""),
        ("\"hold\"", "\"held\""),
        ("clients = [\"A1\"]", "clients = \"A1\""),
        ("clients = [\"A1\"]", "client = [\"A1\"]"),
        ("node = \"a.example\"", "nod = \"a.example\""),
    ] {
        let text = WHOLE.replacen(right, wrong, 1);
        assert_ne!(text, WHOLE, "{right}");
        assert!(validator.takes(&text).is_err(), "the schema takes {wrong}");
        assert!(scenario::read("x.toml", &text, None, &rules).is_err(), "the reader takes {wrong}");
    }
}
