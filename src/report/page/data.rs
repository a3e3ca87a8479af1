//! What the page's scripts are given: the trace, in words and with its causes.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::oracle::{Verdict, Violation};
use crate::report::causes::Causes;
use crate::report::explain::other_side;
use crate::report::sentence::sentences;
use crate::report::wires::{Wire, wires};
use crate::trace::{Entry, Event, Header, Node};

/// The node that speaks for the testbed itself.
const WORLD: &str = "world";

/// Most events that a page holds as they are. Above it, routine is left out.
const MANY: usize = 20_000;

/// See the top of this file.
#[derive(Serialize)]
pub struct Data<'a> {
    lanes: Vec<Lane<'a>>,
    rooms: Vec<Room<'a>>,
    violations: Vec<Broken<'a>>,
    /// How many events the run has.
    total: usize,
    events: Vec<&'a Entry>,
    /// Of each event, what happened, in a sentence.
    said: Vec<String>,
    /// Of each event, the places of what it rests on.
    causes: Vec<Vec<u64>>,
    wires: Vec<Way<'a>>,
    /// How many events are left out.
    pub left_out: usize,
}

/// A violation, and the event that shows its other side, where it has two.
#[derive(Serialize)]
struct Broken<'a> {
    #[serde(flatten)]
    violation: &'a Violation,
    other: Option<u64>,
}

/// A request's way, by the places of its events.
#[derive(Serialize)]
struct Way<'a> {
    request: u64,
    arrival: Option<u64>,
    response: Option<u64>,
    lost: bool,
    fates: Vec<&'a str>,
}

/// A node's column.
#[derive(Serialize)]
struct Lane<'a> {
    name: &'a str,
    /// `world`, `provider` or `client`.
    kind: &'static str,
    /// Whose column it stands beside.
    provider: &'a str,
    /// Whose client it is.
    user: Option<&'a str>,
    lies: bool,
}

#[derive(Serialize)]
struct Room<'a> {
    name: &'a str,
}

impl<'a> Data<'a> {
    /// All that the page has to know of a run.
    pub fn of(header: &'a Header, entries: &'a [Entry], verdict: &'a Verdict) -> Self {
        let causes = Causes::of(entries);
        let kept = kept(entries, &causes, &verdict.violations);
        let said = sentences(header, entries);
        let shown = || entries.iter().zip(&said).filter(|(entry, _)| kept.contains(&entry.n));
        let back = |entry: &Entry| {
            let causes = causes.of_event(entry.n).iter();
            causes.copied().filter(|n| kept.contains(n)).collect()
        };
        Self {
            lanes: lanes(header),
            // As the scripts call a room: by the last part of its URI.
            rooms: header.rooms.values().map(|uri| Room { name: uri.name() }).collect(),
            violations: verdict.violations.iter().map(|it| broken(entries, it)).collect(),
            total: entries.len(),
            events: shown().map(|(entry, _)| entry).collect(),
            said: shown().map(|(_, said)| said.clone()).collect(),
            causes: shown().map(|(entry, _)| back(entry)).collect(),
            wires: wires(entries).iter().filter_map(|wire| way(wire, &kept)).collect(),
            left_out: entries.len() - kept.len(),
        }
    }

    /// As JSON that can stand inside a page.
    pub fn json(&self) -> String {
        // Of strings and numbers alone, serde_json makes no error.
        let json = serde_json::to_string(self)
            .unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
        json.replace('<', "\\u003c")
    }
}

fn broken<'a>(entries: &[Entry], violation: &'a Violation) -> Broken<'a> {
    let entry = entries.iter().find(|it| it.n == violation.event);
    Broken { violation, other: entry.and_then(|entry| other_side(entries, entry)) }
}

/// A request's way, as far as its events are kept.
fn way<'a>(wire: &Wire<'a>, kept: &BTreeSet<u64>) -> Option<Way<'a>> {
    let place = |entry: Option<&Entry>| entry.map(|it| it.n).filter(|n| kept.contains(n));
    Some(Way {
        request: place(Some(wire.request))?,
        arrival: place(wire.arrival),
        response: place(wire.response),
        lost: wire.is_lost(),
        fates: wire.fates.clone(),
    })
}

/// The testbed, then each provider and its clients.
fn lanes(header: &Header) -> Vec<Lane<'_>> {
    let lies = |name: &str| header.dishonest.iter().any(|it| it == name);
    let world = Lane { name: WORLD, kind: "world", provider: "", user: None, lies: false };
    let mut lanes: Vec<_> = header
        .nodes
        .iter()
        .map(|(name, node)| {
            let lies = lies(name);
            match node {
                Node::Provider { provider } => {
                    Lane { name, kind: "provider", provider: provider.as_str(), user: None, lies }
                }
                Node::Client { client, user } => {
                    let (provider, user) = (client.provider().as_str(), Some(user.name()));
                    Lane { name, kind: "client", provider, user, lies }
                }
            }
        })
        .collect();
    lanes.sort_by_key(|lane| (lane.provider, lane.kind == "client", lane.user, lane.name));
    std::iter::once(world).chain(lanes).collect()
}

/// The events that are shown: all, or where there are too many, those that are no routine or led to
/// a violation.
fn kept(entries: &[Entry], causes: &Causes, violations: &[Violation]) -> BTreeSet<u64> {
    let all = || entries.iter().map(|entry| entry.n);
    if entries.len() <= MANY {
        return all().collect();
    }
    let mut kept: BTreeSet<u64> = violations.iter().flat_map(|it| causes.past(it.event)).collect();
    let is_mail = |n: &u64| {
        let index = n.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let entry = index.and_then(|index| entries.get(index));
        matches!(entry.map(|it| &it.event), Some(Event::Request { endpoint, .. }) if endpoint == "client/mailbox")
    };
    kept.extend(entries.iter().filter(|entry| !is_routine(entry, &is_mail)).map(|entry| entry.n));
    kept
}

fn is_routine(entry: &Entry, is_mail: &impl Fn(&u64) -> bool) -> bool {
    match &entry.event {
        Event::Request { .. } => is_mail(&entry.n),
        Event::Response { request, .. } | Event::Couriered { request, .. } => is_mail(request),
        Event::Durable { .. }
        | Event::Told { .. }
        | Event::FannedOut { .. }
        | Event::Franked { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::*;

    #[test]
    fn a_provider_stands_before_its_clients_and_the_world_before_all() {
        let header = testing::header();
        let names: Vec<_> = lanes(&header).into_iter().map(|lane| lane.name).collect();
        let clients =
            ["world", "a.example", "A1", "A2", "b.example", "B1", "B2", "c.example", "C1"];
        assert_eq!(names, clients);
    }

    #[test]
    fn of_a_large_run_routine_is_left_out_and_counted() {
        let (header, verdict) = (testing::header(), testing::verdict());
        let mut entries = testing::clubhouse();
        let few = entries.len();
        let durable = Event::Durable { room: testing::room(), index: 1 };
        for n in entries.len() as u64 + 1..=MANY as u64 + 1 {
            let (node, event) = ("a.example".to_owned(), durable.clone());
            entries.push(Entry { n, at_ms: 50_000, node, cause: None, event });
        }
        let data = Data::of(&header, &entries, &verdict);
        assert_eq!(data.total, MANY + 1);
        assert!(data.left_out >= MANY + 1 - few);
        assert_eq!(data.events.len() + data.left_out, data.total);
        assert_eq!(data.said.len(), data.events.len());
    }
}
