//! Small traces by hand, for the tests of the measures: only what they look at is in them.

use serde_json::{Value, json};

use super::{Measure, Observed, Sample, series};
use crate::trace::{Digest, Entry, Event, FORMAT, Header};

const ROOM: &str = "mimi://a.example/r/clubhouse";

pub struct Tape {
    header: Header,
    entries: Vec<Entry>,
}

/// What the catalogue's measure with this id says.
pub fn measured(id: &str, tape: &Tape) -> Option<f64> {
    let measure = Measure::by_id(id).unwrap();
    (measure.of)(&Observed::new(&tape.header, &tape.entries, 0))
}

fn uri(client: &str) -> String {
    format!("mimi://{}.example/d/{client}", client[..1].to_lowercase())
}

fn user(client: &str) -> String {
    let name = match &client[..1] {
        "A" => "alice",
        "B" => "bob",
        _ => "cathy",
    };
    format!("mimi://{}.example/u/{name}", client[..1].to_lowercase())
}

fn hash(of: &str) -> Value {
    serde_json::to_value(Digest::of(of.as_bytes())).unwrap()
}

impl Tape {
    pub fn new() -> Self {
        let client =
            |name: &str| json!({ "kind": "client", "client": uri(name), "user": user(name) });
        let header = json!({
            "format": FORMAT, "scenario": "by hand", "script": hash(""), "seed": 0,
            "nodes": { "A1": client("A1"), "B1": client("B1"), "C1": client("C1") },
            "rooms": { "clubhouse": ROOM }, "dishonest": ["a.example"], "expected": [],
            "without": [], "rest_ms": 1,
        });
        Self { header: serde_json::from_value(header).unwrap(), entries: Vec::new() }
    }

    /// What that measure says where all before is warm-up.
    pub fn measured_from(&self, id: &str, warm_up_ms: u64) -> Option<f64> {
        let measure = Measure::by_id(id).unwrap();
        (measure.of)(&Observed::new(&self.header, &self.entries, warm_up_ms))
    }

    pub fn series(&self) -> Vec<Sample> {
        series(&Observed::new(&self.header, &self.entries, 0))
    }

    fn push(&mut self, at_ms: u64, node: &str, event: Value) -> &mut Self {
        let n = self.entries.len() as u64 + 1;
        let event: Event = serde_json::from_value(event).unwrap();
        self.entries.push(Entry { n, at_ms, node: node.into(), cause: None, event });
        self
    }

    /// The last entry's cause is the one before it.
    fn caused(&mut self) -> &mut Self {
        let place = self.entries.len() as u64;
        self.entries.last_mut().unwrap().cause = place.checked_sub(1).filter(|it| *it > 0);
        self
    }

    pub fn hub(&mut self, at_ms: u64, epoch: u64, members: &[&str]) -> &mut Self {
        let member = |name: &&str| json!({ "leaf": 0, "client": uri(name), "user": user(name), "key": hash(name) });
        let members: Vec<_> = members.iter().map(member).collect();
        self.push(at_ms, "a.example", json!({
            "event": "shadowed", "room": ROOM, "stage": "committed", "epoch": epoch,
            "context": hash(""), "tag": hash(""), "state": { "hash": hash("") }, "members": members,
        }))
    }

    pub fn enters(&mut self, at_ms: u64, node: &str, epoch: u64, state: &str) -> &mut Self {
        self.push(
            at_ms,
            node,
            json!({
                "event": "entered", "room": ROOM, "epoch": epoch, "stay": 1, "way": "commit",
                "authenticator": hash(state), "context": hash(""), "tag": hash(""),
                "state": { "hash": hash("") }, "members": [],
            }),
        )
    }

    pub fn accepted(
        &mut self,
        at_ms: u64,
        epoch: u64,
        adds: &[&str],
        removes: &[&str],
    ) -> &mut Self {
        let uris = |names: &[&str]| names.iter().map(|name| uri(name)).collect::<Vec<_>>();
        self.push(
            at_ms,
            "a.example",
            json!({
                "event": "accepted", "room": ROOM, "index": epoch, "kind": "commit", "epoch": epoch,
                "digest": hash(""), "client": uri("A1"), "user": user("A1"), "stamp": at_ms,
                "change": { "adds": uris(adds), "removes": uris(removes) },
            }),
        )
        .caused()
    }

    /// The hub proposes that the client goes.
    pub fn expels(&mut self, at_ms: u64, epoch: u64, target: &str) -> &mut Self {
        let deed = json!({
            "by": { "server": "a.example" }, "does": "remove_client", "client": uri(target),
            "of": user(target),
        });
        self.push(
            at_ms,
            "a.example",
            json!({
                "event": "accepted", "room": ROOM, "index": epoch, "kind": "proposals",
                "epoch": epoch, "digest": hash(""), "user": user(target), "stamp": at_ms, "change": {}, "deeds": [deed],
            }),
        )
    }

    pub fn refused(&mut self, at_ms: u64) -> &mut Self {
        self.push(
            at_ms,
            "a.example",
            json!({
                "event": "refused", "room": ROOM, "endpoint": "update", "rule": "current-epoch",
                "code": "wrongEpoch", "why": "",
            }),
        )
        .caused()
    }

    pub fn request(
        &mut self,
        at_ms: u64,
        node: &str,
        endpoint: &str,
        about: &str,
        bytes: u64,
    ) -> &mut Self {
        self.push(
            at_ms,
            node,
            json!({
                "event": "request", "endpoint": endpoint, "to": "a.example", "room": ROOM,
                "about": about, "attempt": 1, "bytes": bytes, "body": hash(""),
            }),
        )
    }

    /// The last request goes there.
    pub fn to(&mut self, host: &str) -> &mut Self {
        if let Some(Entry { event: Event::Request { to, .. }, .. }) = self.entries.last_mut() {
            host.clone_into(to);
        }
        self
    }

    pub fn wish(&mut self, at_ms: u64, node: &str, wish: &str, object: &str) -> &mut Self {
        self.intent(at_ms, node, wish, object, false)
    }

    pub fn probe(&mut self, at_ms: u64, node: &str, wish: &str) -> &mut Self {
        self.intent(at_ms, node, wish, "", true)
    }

    fn intent(&mut self, at: u64, node: &str, wish: &str, object: &str, probe: bool) -> &mut Self {
        self.push(
            at,
            node,
            json!({
                "event": "intent", "intent": "w", "room": ROOM, "wish": wish, "object": object,
                "probe": probe,
            }),
        )
    }

    pub fn ended(&mut self, at_ms: u64, node: &str, intent: &str) -> &mut Self {
        let event = json!({ "event": "intent_ended", "intent": intent, "fate": "done", "why": "" });
        self.push(at_ms, node, event)
    }

    pub fn phase(&mut self, at_ms: u64, phase: &str) -> &mut Self {
        self.push(at_ms, "world", json!({ "event": "phase_began", "phase": phase }))
    }

    /// `partitioned` or `healed`.
    pub fn world(&mut self, at_ms: u64, what: &str) -> &mut Self {
        self.push(at_ms, "world", json!({ "event": what, "from": "b.example", "to": "a.example" }))
    }

    pub fn begins(&mut self, at_ms: u64, node: &str) -> &mut Self {
        self.push(
            at_ms,
            node,
            json!({ "event": "behaviour_began", "behaviour": "hub.equivocates" }),
        )
    }

    pub fn alarm(&mut self, at_ms: u64, node: &str) -> &mut Self {
        self.push(
            at_ms,
            node,
            json!({
                "event": "alarmed", "room": ROOM, "detector": "exchange", "epoch": 1, "why": "",
                "proven": false,
            }),
        )
    }

    pub fn resyncs(&mut self, at_ms: u64, node: &str) -> &mut Self {
        self.push(at_ms, node, json!({ "event": "resyncing", "room": ROOM, "why": "" }))
    }

    pub fn delivers(&mut self, at_ms: u64, node: &str) -> &mut Self {
        self.push(
            at_ms,
            node,
            json!({
                "event": "delivered", "room": ROOM, "message": "m", "sender": uri("B1"), "epoch": 0,
                "digest": hash(""), "content": hash(""),
            }),
        )
    }
}
