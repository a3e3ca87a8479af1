//! Traces fit the JSON Schema that is printed of them, each kind of event at least once.

use std::collections::{BTreeMap, BTreeSet};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use super::playing::{play, script};

/// Scenarios in whose traces each kind of event occurs.
const SCENARIOS: [&str; 10] = [
    "servers-in-rough-weather",
    "success-that-nobody-else-saw",
    "consent-revoked-in-time",
    "users-behind-a-mask",
    "incidents/backup-that-does-not-heal",
    "adversaries/drafts-in-the-clear",
    "consent-for-one-room",
    "repair-from-a-fork",
    "late-message-tolerated",
    "any-room",
];

struct Validator(Schemas, SchemaIndex);

impl Validator {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("trace.json", schism::trace::schema()).unwrap();
        let index = compiler.compile("trace.json", &mut schemas).unwrap();
        Self(schemas, index)
    }

    fn takes(&self, line: &Value) -> Result<(), String> {
        self.0.validate(line, self.1).map_err(|error| format!("{error:#}"))
    }
}

/// Of each kind of event that the schema knows, its name.
fn kinds() -> BTreeSet<String> {
    let schema = schism::trace::schema();
    let events = schema["$defs"]["Entry"]["oneOf"].as_array().unwrap().iter();
    let name = |event: &Value| event["properties"]["event"]["const"].as_str().unwrap().to_owned();
    events.map(name).collect()
}

#[test]
fn every_line_of_a_trace_fits_the_schema_whatever_happened() {
    let validator = Validator::new();
    let mut seen = BTreeSet::new();
    for name in SCENARIOS {
        let trace = play(&script(name, None)).trace;
        for line in trace.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            validator.takes(&line).unwrap_or_else(|error| panic!("{name}, {line}: {error}"));
            seen.insert(line["event"].as_str().unwrap_or("header").to_owned());
        }
    }
    let missing: Vec<_> = kinds().into_iter().filter(|kind| !seen.contains(kind)).collect();
    assert!(missing.is_empty(), "no trace here has {missing:?}");
}

#[test]
fn times_grow_for_each_node_and_between_nodes_step_back_by_less_than_a_tick() {
    for name in ["servers-in-rough-weather", "adversaries/drafts-in-the-clear"] {
        let entries = play(&script(name, None)).run.entries;
        let (mut of_node, mut before): (BTreeMap<&str, u64>, u64) = (BTreeMap::new(), 0);
        for entry in &entries {
            let last = of_node.insert(&entry.node, entry.at_ms).unwrap_or(0);
            assert!(last <= entry.at_ms, "{name}, {}: {last} ms, then earlier", entry.n);
            assert!(before < entry.at_ms + 20, "{name}, {}: {before} ms before it", entry.n);
            before = entry.at_ms;
            let cause = entry.cause.map(|n| &entries[usize::try_from(n).unwrap() - 1]);
            let grows = cause.is_none_or(|cause| cause.at_ms <= entry.at_ms);
            assert!(grows, "{name}, {}: earlier than its cause", entry.n);
        }
    }
}

#[test]
fn a_line_that_the_reader_could_not_read_does_not_fit() {
    let validator = Validator::new();
    let room = "mimi://a.example/r/clubhouse";
    let right = json!({
        "n": 12, "at_ms": 1040, "node": "a.example", "cause": 9, "event": "durable",
        "room": room, "index": 0,
    });
    validator.takes(&right).unwrap();
    for (key, wrong) in [
        ("n", json!(-1)),
        ("n", json!("12")),
        ("at_ms", json!(1.5)),
        ("event", json!("unheard_of")),
        ("event", json!("crashed at once")),
        ("room", json!("clubhouse")),
        ("room", json!("mimi://a.example/u/alice")),
        ("index", json!(null)),
    ] {
        let mut line = right.clone();
        line[key] = wrong;
        assert!(validator.takes(&line).is_err(), "{line}");
        assert!(serde_json::from_value::<schism::trace::Entry>(line.clone()).is_err(), "{line}");
    }
}
