//! A small trace made by hand, for the tests of this module.

use std::collections::BTreeMap;

use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::oracle::{Outcome, Verdict, Violation};
use crate::trace::{
    Change, Digest, Entry, Event, FORMAT, Fate, Header, Kind, Node, Participant, Phase,
};

pub fn room() -> RoomUri {
    RoomUri::parse("mimi://a.example/r/clubhouse").unwrap()
}

pub fn user(name: &str) -> UserUri {
    let provider = match name {
        "alice" => "a.example",
        "bob" => "b.example",
        _ => "c.example",
    };
    UserUri::parse(&format!("mimi://{provider}/u/{name}")).unwrap()
}

pub fn owner(client: &str) -> UserUri {
    user(match client.as_bytes()[0] {
        b'A' => "alice",
        b'B' => "bob",
        _ => "cathy",
    })
}

pub fn client(name: &str) -> ClientUri {
    ClientUri::new(owner(name).provider(), name).unwrap()
}

pub fn header() -> Header {
    let mut nodes = BTreeMap::new();
    for domain in ["a.example", "b.example", "c.example"] {
        let provider = ProviderName::new(domain).unwrap();
        nodes.insert(domain.to_owned(), Node::Provider { provider });
    }
    for name in ["A1", "A2", "B1", "B2", "C1"] {
        nodes.insert(name.into(), Node::Client { client: client(name), user: owner(name) });
    }
    Header {
        format: FORMAT,
        scenario: "A small clubhouse, made by hand".into(),
        script: Digest::of(b"script"),
        seed: 7,
        nodes,
        rooms: [("clubhouse".to_owned(), room())].into(),
        dishonest: Vec::new(),
        expected: Vec::new(),
        without: Vec::new(),
        hub_without: Vec::new(),
        readings: Vec::new(),
        rest_ms: 20_000,
        explicit_consent: false,
        detectors: vec![],
        detection: None,
    }
}

/// Entries under construction.
#[derive(Default)]
pub struct Tape(pub Vec<Entry>);

impl Tape {
    pub fn add(&mut self, at_ms: u64, node: &str, event: Event) -> u64 {
        self.because(None, at_ms, node, event)
    }

    pub fn because(&mut self, cause: Option<u64>, at_ms: u64, node: &str, event: Event) -> u64 {
        let n = self.0.len() as u64 + 1;
        self.0.push(Entry { n, at_ms, node: node.into(), cause, event });
        n
    }

    pub fn wish(&mut self, at_ms: u64, node: &str, wish: &str, object: &str) -> String {
        let intent = format!("s{}", self.0.len());
        let event = Event::Intent {
            intent: intent.clone(),
            room: room(),
            wish: wish.into(),
            object: object.into(),
            probe: false,
        };
        self.add(at_ms, node, event);
        intent
    }

    pub fn ended(&mut self, at_ms: u64, node: &str, intent: String, fate: Fate, why: &str) {
        self.add(at_ms, node, Event::IntentEnded { intent, fate, why: why.into() });
    }

    pub fn accepted(&mut self, at_ms: u64, kind: Kind, epoch: u64, by: &str, change: Change) {
        let event = Event::Accepted {
            room: room(),
            index: self.0.len() as u64,
            kind,
            epoch,
            digest: Digest::of(&at_ms.to_be_bytes()),
            proposals: Vec::new(),
            client: Some(client(by)),
            user: owner(by),
            stamp: at_ms,
            change,
            deeds: vec![],
        };
        self.add(at_ms, "a.example", event);
    }

    pub fn send(&mut self, at_ms: u64, node: &str, text: &str) {
        let intent = self.wish(at_ms, node, "send", text);
        self.ended(at_ms + 90, node, intent, Fate::Done, "");
        let delivered = Event::Delivered {
            room: room(),
            message: text.into(),
            sender: client(node),
            epoch: 1,
            digest: Digest::of(text.as_bytes()),
            content: Digest::of(text.as_bytes()),
            frank: None,
        };
        self.add(at_ms + 130, "A2", delivered);
    }

    pub fn request(&mut self, cause: Option<u64>, at_ms: u64, node: &str, to: &str) -> u64 {
        let event = Event::Request {
            endpoint: "update".into(),
            to: to.into(),
            room: Some(room()),
            about: "s1".into(),
            attempt: 1,
            bytes: 900,
            body: Digest::of(b"body"),
        };
        self.because(cause, at_ms, node, event)
    }
}

pub fn adds(name: &str, clients: &[&str]) -> Change {
    Change {
        adds: clients.iter().map(|name| client(name)).collect(),
        listed: vec![Participant { user: user(name), role: 2 }],
        ..Change::default()
    }
}

pub fn takes_out(name: &str, clients: &[&str]) -> Change {
    Change {
        removes: clients.iter().map(|name| client(name)).collect(),
        unlisted: vec![user(name)],
        ..Change::default()
    }
}

/// A room is made, grows, talks, suffers a partition, a crash and a refusal, and bob leaves.
pub fn clubhouse() -> Vec<Entry> {
    let mut tape = Tape::default();
    let intent = tape.wish(1_000, "A1", "create", "");
    tape.accepted(1_060, Kind::Created, 0, "A1", Change::default());
    tape.ended(1_120, "A1", intent, Fate::Done, "");
    let intent = tape.wish(2_000, "A1", "add", "mimi://b.example/u/bob");
    tape.accepted(2_240, Kind::Commit, 0, "A1", adds("bob", &["B1", "B2"]));
    tape.ended(2_310, "A1", intent, Fate::Done, "");
    for round in 1..=20 {
        tape.send(3_000 + 100 * round, "B1", &format!("hello {round}"));
    }
    weather(&mut tape);
    refusals(&mut tape);
    farewell(&mut tape);
    tape.0
}

fn weather(tape: &mut Tape) {
    let (a, b) = ("a.example".to_owned(), "b.example".to_owned());
    tape.add(6_000, "world", Event::Partitioned { from: a.clone(), to: b.clone() });
    tape.add(6_000, "world", Event::Partitioned { from: b.clone(), to: a.clone() });
    tape.add(7_000, "a.example", Event::Crashed);
    tape.add(9_000, "a.example", Event::Restarted { rolled_back: false });
    tape.add(9_500, "world", Event::Healed { from: a.clone(), to: b.clone() });
    tape.add(9_500, "world", Event::Healed { from: b, to: a });
    let why = "the commit for epoch 1 never came".to_owned();
    tape.add(9_800, "B2", Event::Resyncing { room: room(), why });
    let back =
        Change { adds: vec![client("B2")], removes: vec![client("B2")], ..Change::default() };
    tape.accepted(9_990, Kind::ExternalCommit, 1, "B2", back);
}

fn refusals(tape: &mut Tape) {
    let first = tape.wish(12_000, "B1", "rename", "The Attic");
    let second = tape.wish(12_000, "A2", "add", "mimi://c.example/u/cathy");
    let at_client = tape.request(None, 12_010, "B1", "b.example");
    let at_follower = tape.request(Some(at_client), 12_050, "b.example", "a.example");
    let named = Change { name: Some("The Attic".into()), ..Change::default() };
    tape.accepted(12_070, Kind::Commit, 2, "B1", named);
    let refused = Event::Refused {
        room: Some(room()),
        endpoint: "update".into(),
        rule: "current-epoch".into(),
        code: "wrongEpoch".into(),
        why: "the commit is for epoch 2, the room is at 3".into(),
        digest: None,
        judged: None,
    };
    tape.because(Some(at_follower), 12_090, "a.example", refused);
    tape.ended(12_200, "B1", first, Fate::Done, "");
    tape.ended(12_900, "A2", second, Fate::Refused, "ordinary users may not add");
    tape.wish(13_000, "A2", "update", "");
}

fn farewell(tape: &mut Tape) {
    let leave = tape.wish(14_000, "B1", "leave", "");
    tape.accepted(14_200, Kind::Proposals, 3, "B1", takes_out("bob", &["B1", "B2"]));
    tape.add(14_200, "a.example", Event::Exiting { room: room(), user: user("bob") });
    tape.accepted(14_900, Kind::Commit, 3, "A1", takes_out("bob", &["B1", "B2"]));
    tape.add(15_000, "B1", Event::Removed { room: room(), epoch: 3, commit: None });
    tape.ended(15_000, "B1", leave, Fate::Done, "");
    tape.add(15_000, "world", Event::PhaseBegan { phase: Phase::Rest });
    tape.add(35_000, "world", Event::PhaseBegan { phase: Phase::Probe });
    tape.add(45_000, "world", Event::PhaseBegan { phase: Phase::End });
}

pub fn verdict() -> Verdict {
    Verdict {
        verdict: Outcome::Liveness,
        why: "One intent never came to an end.".into(),
        violations: vec![Violation {
            invariant: "nobody_stuck".into(),
            at: 45_000,
            event: 92,
            why: "A2 wanted to update its keys at 13.000 s, and 32.0 s later that had not come to \
                  an end; the hub was at epoch 4, and A2 had no request under way"
                .into(),
        }],
    }
}
