//! What makes one failure like another.
//!
//! Thousands of seeds find the same bug many times. A fingerprint holds what stays the same when
//! names, times and places differ: the invariant, the rule where one has a part in it, the kinds of
//! the node and of the event at which it broke and of what led there, and the sentence that says
//! why, without its names and numbers. Equal fingerprints are most likely one bug; the same bug can
//! have several.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::case::Ended;
use crate::trace::{Entry, Event, Header, Node};

/// How many causes are looked at.
const CAUSES: usize = 3;

/// See the top of this file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint {
    /// What broke: an invariant, or `panic`, `hang`, `broken`, `not_deterministic`.
    pub broke: String,
    /// What it is made of, in words.
    pub of: String,
}

impl Fingerprint {
    /// Of a run that was played; none where it is as it should be.
    pub fn of(ended: &Ended, header: &Header, entries: &[Entry]) -> Option<Self> {
        let Ended::Judged(verdict) = ended else { return Self::without_trace(ended) };
        let Some(first) = verdict.decisive(&header.expected) else {
            return Self::without_trace(ended);
        };
        let mut parts = vec![masked(&first.why, header)];
        let mut place = Some(first.event);
        for _ in 0..=CAUSES {
            let Some(entry) = place.and_then(|n| at(entries, n)) else { break };
            parts.push(format!("{} at {}", kind_of(&entry.event), role_of(&entry.node, header)));
            parts.extend(rule_of(&entry.event).map(|rule| format!("rule {rule}")));
            place = entry.cause;
        }
        Some(Self { broke: first.invariant.clone(), of: parts.join("; ") })
    }

    /// Of a run that left none; none where it is as it should be.
    pub fn without_trace(ended: &Ended) -> Option<Self> {
        let of = match ended {
            Ended::Panicked { message, .. } => without_numbers(message),
            _ => String::new(),
        };
        (!ended.is_fine()).then(|| Self { broke: ended.word().to_owned(), of })
    }
}

/// What broke, and eight digits that stand for the rest: a name for a folder.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = Sha256::digest(self.of.as_bytes());
        write!(f, "{}-{}", self.broke, hex::encode(&digest[..4]))
    }
}

/// Entries are numbered from 1 without gaps.
fn at(entries: &[Entry], n: u64) -> Option<&Entry> {
    entries.get(usize::try_from(n.checked_sub(1)?).ok()?)
}

/// The word that a trace has for it.
fn kind_of(event: &Event) -> String {
    let json = serde_json::to_value(event).unwrap_or_default();
    json.get("event").and_then(|it| it.as_str()).unwrap_or_default().to_owned()
}

fn rule_of(event: &Event) -> Option<&str> {
    match event {
        Event::Refused { rule, .. } | Event::Rejected { rule, .. } => Some(rule),
        _ => None,
    }
}

fn role_of(node: &str, header: &Header) -> &'static str {
    match header.nodes.get(node) {
        Some(Node::Client { .. }) => "client",
        Some(Node::Provider { provider }) => {
            let is_hub = header.rooms.values().any(|room| room.provider() == provider);
            if is_hub { "hub" } else { "follower" }
        }
        None => "world",
    }
}

/// The sentence with what differs between seeds replaced by what it is.
fn masked(why: &str, header: &Header) -> String {
    let mask = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let role = match bare {
            _ if header.nodes.contains_key(bare) => role_of(bare, header),
            _ if header.rooms.contains_key(bare) => "room",
            _ if bare.starts_with("mimi://") => "uri",
            _ if is_hash(bare) => "hash",
            _ => return without_numbers(word),
        };
        word.replace(bare, role)
    };
    why.split_whitespace().map(mask).collect::<Vec<_>>().join(" ")
}

fn is_hash(word: &str) -> bool {
    word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit())
}

/// Each number as one `#`.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
    use crate::oracle::{Outcome, Verdict, Violation};
    use crate::trace::FORMAT;

    fn header(client: &str) -> Header {
        let provider = ProviderName::new("a.example").unwrap();
        let node = Node::Client {
            client: ClientUri::new(&provider, client).unwrap(),
            user: UserUri::new(&provider, "alice").unwrap(),
        };
        let room = RoomUri::new(&provider, "hall").unwrap();
        Header {
            format: FORMAT,
            scenario: String::new(),
            script: crate::trace::Digest::of(b""),
            seed: 0,
            nodes: [
                (client.to_owned(), node),
                ("a.example".to_owned(), Node::Provider { provider }),
            ]
            .into(),
            rooms: [("hall".to_owned(), room)].into(),
            dishonest: Vec::new(),
            expected: Vec::new(),
            without: Vec::new(),
            hub_without: Vec::new(),
            readings: Vec::new(),
            rest_ms: 0,
            explicit_consent: false,
            detectors: vec![],
            detection: None,
        }
    }

    /// `agreement` breaks at the second event, which the first one led to.
    fn broken(client: &str, at: u64, why: &str) -> Fingerprint {
        let refused = Event::Refused {
            room: None,
            endpoint: "update".to_owned(),
            rule: "authorised".to_owned(),
            code: "notAllowed".to_owned(),
            why: String::new(),
            digest: None,
            judged: None,
        };
        let entry = |n, node: &str, cause, event| Entry {
            n,
            at_ms: at,
            node: node.to_owned(),
            cause,
            event,
        };
        let entries =
            [entry(1, "a.example", None, refused), entry(2, client, Some(1), Event::Crashed)];
        let violation =
            Violation { invariant: "agreement".to_owned(), at, event: 2, why: why.to_owned() };
        let verdict =
            Verdict { verdict: Outcome::Safety, why: String::new(), violations: vec![violation] };
        Fingerprint::of(&Ended::Judged(verdict), &header(client), &entries).unwrap()
    }

    #[test]
    fn names_times_and_numbers_make_no_difference() {
        let one = broken("A1", 4_000, "in hall, A1 is at epoch 3 with deadbeef01");
        let other = broken("Z9", 9_999, "in hall, Z9 is at epoch 17 with 0123456789ab");
        assert_eq!(one, other);
        assert_eq!(
            one.of,
            "in room, client is at epoch # with hash; crashed at client; \
                            refused at hub; rule authorised"
        );
        assert_eq!(one.to_string().len(), "agreement-12345678".len());
    }

    #[test]
    fn another_reason_makes_a_difference() {
        let one = broken("A1", 4_000, "in hall, A1 is at epoch 3");
        let other = broken("A1", 4_000, "in hall, A1 is nowhere");
        assert_ne!(one.to_string(), other.to_string());
    }

    #[test]
    fn what_left_no_trace_is_told_apart_by_how_it_ended() {
        let panic = |message: &str| {
            Fingerprint::without_trace(&Ended::Panicked { message: message.to_owned(), node: None })
        };
        assert_eq!(panic("index 3 of 2"), panic("index 14 of 9"));
        assert_ne!(panic("index 3 of 2"), panic("no such room"));
        assert_eq!(Fingerprint::without_trace(&Ended::Hung(3)).unwrap().broke, "hang");
    }
}
