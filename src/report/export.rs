//! A trace for other tools: as Chrome trace JSON, which Perfetto opens, and as CSV.
//!
//! In the Chrome trace, a provider with its clients is a process and each node a thread. A request
//! is a slice from where it sets off to its end, and a flow leads from it to what it led to. Slices
//! of one thread must not overlap unless one is within the other, so a request that begins while
//! others are under way goes to another thread of its node. All other events are instants; a
//! client's epoch in each room is a counter, and so is what was put into its mailbox. Times are
//! simulated microseconds. What each field of a trace means stands in [`trace`](crate::trace).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::sentence::sentences;
use super::wires::{Wire, wires};
use crate::mimi::uri::ClientUri;
use crate::trace::{Entry, Event, Header, Node};

/// The columns of the CSV.
pub const EXPORT_HEADINGS: [&str; 7] = ["n", "at_ms", "node", "cause", "event", "room", "said"];

/// The Chrome trace, as JSON.
///
/// # Errors
/// None that plain data can have; they are handed on all the same.
pub fn perfetto(header: &Header, entries: &[Entry]) -> serde_json::Result<String> {
    let places = Places::of(header);
    let said = sentences(header, entries);
    let mut events = places.named();
    let mut lanes = Lanes::default();
    for wire in wires(entries) {
        events.extend(slice(&places, &mut lanes, &wire));
    }
    events.extend(lanes.named(&places));
    let mut queued = BTreeMap::new();
    for (entry, said) in entries.iter().zip(&said) {
        events.extend(instant(&places, entry, said));
        events.extend(counter(&places, entry));
        events.extend(mail_counters(&places, &mut queued, entry));
    }
    let title = format!("{} (seed {})", header.scenario, header.seed);
    let whole = json!({
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": { "title": title, "format": header.format },
    });
    Ok(serde_json::to_string(&whole)? + "\n")
}

/// The lines of the CSV, its headings left out.
pub fn csv_rows(header: &Header, entries: &[Entry]) -> Vec<[String; 7]> {
    let row = |(entry, said): (&Entry, String)| {
        let value = serde_json::to_value(&entry.event).unwrap_or_default();
        let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        [
            entry.n.to_string(),
            entry.at_ms.to_string(),
            entry.node.clone(),
            entry.cause.map(|n| n.to_string()).unwrap_or_default(),
            field("event"),
            field("room"),
            said,
        ]
    };
    entries.iter().zip(sentences(header, entries)).map(row).collect()
}

/// A slice for a request, and the flow from it to what it led to.
fn slice<'a>(places: &Places<'_>, lanes: &mut Lanes<'a>, wire: &Wire<'a>) -> Vec<Value> {
    let Event::Request { endpoint, about, attempt, bytes, .. } = &wire.request.event else {
        return vec![];
    };
    let Some((process, own_thread)) = places.of_node(&wire.request.node) else { return vec![] };
    let begin = wire.request.at_ms;
    // Within a tick each node has its own time, so that an end may seem to come before.
    let end = wire.response.map_or(begin, |it| it.at_ms.max(begin));
    let thread = own_thread + LANE * lanes.free(&wire.request.node, begin, end);
    let fate = if wire.is_lost() { "lost".to_owned() } else { wire.fates.join(", ") };
    let mut made = vec![json!({
        "ph": "X", "cat": "request", "name": endpoint, "pid": process, "tid": thread,
        "ts": begin * 1_000, "dur": (end - begin) * 1_000,
        "args": { "event": wire.request.n, "about": about, "try": attempt, "bytes": bytes,
                  "to": wire.to(), "courier": fate },
    })];
    let arrival = wire.arrival.and_then(|it| Some((it, places.of_node(&it.node)?)));
    if let Some((arrival, (to_process, to_thread))) = arrival {
        let flow = |ph: &str, at: u64, (process, thread): (u64, u64)| {
            json!({
                "ph": ph, "bp": "e", "cat": "request", "name": endpoint, "id": wire.request.n,
                "pid": process, "tid": thread, "ts": at * 1_000,
            })
        };
        made.push(flow("s", begin, (process, thread)));
        made.push(flow("f", arrival.at_ms.max(begin), (to_process, to_thread)));
    }
    made
}

fn instant(places: &Places<'_>, entry: &Entry, said: &str) -> Option<Value> {
    if matches!(entry.event, Event::Request { .. } | Event::Response { .. }) {
        return None;
    }
    let value = serde_json::to_value(&entry.event).ok()?;
    let (process, thread) = places.of_node(&entry.node)?;
    Some(json!({
        "ph": "i", "s": "t", "cat": "event", "name": value.get("event"), "pid": process,
        "tid": thread, "ts": entry.at_ms * 1_000,
        "args": { "event": entry.n, "said": said, "cause": entry.cause },
    }))
}

fn counter(places: &Places<'_>, entry: &Entry) -> Option<Value> {
    let Event::Entered { room, epoch, .. } = &entry.event else { return None };
    let (process, _) = places.of_node(&entry.node)?;
    let name = format!("{} in {}: epoch", entry.node, room.name());
    Some(json!({
        "ph": "C", "name": name, "pid": process, "ts": entry.at_ms * 1_000,
        "args": { "epoch": epoch },
    }))
}

/// How many items a provider has put into each client's mailbox so far. The trace does not say when
/// the provider forgets one.
fn mail_counters<'a>(
    places: &Places<'_>,
    queued: &mut BTreeMap<&'a str, u64>,
    entry: &'a Entry,
) -> Vec<Value> {
    let Event::Queued { clients, .. } = &entry.event else { return vec![] };
    let one = |client: &'a ClientUri| {
        let (process, _) = places.of_node(client.name())?;
        let count = queued.entry(client.name()).or_default();
        *count += 1;
        Some(json!({
            "ph": "C", "name": format!("{}: put into its mailbox", client.name()), "pid": process,
            "ts": entry.at_ms * 1_000, "args": { "items": count },
        }))
    };
    clients.iter().filter_map(one).collect()
}

/// From one thread of a node to its next.
const LANE: u64 = 10_000;

/// Which threads of each node are taken, by when what they hold ends.
#[derive(Default)]
struct Lanes<'a> {
    ends: BTreeMap<&'a str, Vec<u64>>,
}

impl<'a> Lanes<'a> {
    /// The first of a node's threads that is free at `begin`; it is taken until `end`.
    fn free(&mut self, node: &'a str, begin: u64, end: u64) -> u64 {
        let ends = self.ends.entry(node).or_default();
        let place = ends.iter().position(|taken| *taken <= begin).unwrap_or(ends.len());
        match ends.get_mut(place) {
            Some(taken) => *taken = end,
            None => ends.push(end),
        }
        place as u64
    }

    /// The threads beside each node's own.
    fn named(&self, places: &Places<'_>) -> Vec<Value> {
        let of_node = |(node, ends): (&&str, &Vec<u64>)| {
            let place = places.of_node(node);
            let named = |lane: u64| {
                let (process, thread) = place?;
                Some(json!({
                    "ph": "M", "name": "thread_name", "pid": process, "tid": thread + LANE * lane,
                    "args": { "name": format!("{node}, {} at once", lane + 1) },
                }))
            };
            (1..ends.len() as u64).filter_map(named).collect::<Vec<_>>()
        };
        self.ends.iter().flat_map(of_node).collect()
    }
}

/// Processes and threads by the names of nodes. The testbed itself is process 0.
struct Places<'a> {
    processes: BTreeMap<&'a str, u64>,
    nodes: BTreeMap<&'a str, (u64, u64)>,
}

impl<'a> Places<'a> {
    fn of(header: &'a Header) -> Self {
        let provider = |node: &'a Node| match node {
            Node::Provider { provider } => provider.as_str(),
            Node::Client { client, .. } => client.provider().as_str(),
        };
        let mut processes: BTreeMap<&str, u64> =
            header.nodes.values().map(|node| (provider(node), 0)).collect();
        processes.values_mut().zip(1..).for_each(|(id, number)| *id = number);
        let place = |((name, node), thread): ((&'a String, &'a Node), u64)| {
            (name.as_str(), (processes[provider(node)], thread))
        };
        let nodes = header.nodes.iter().zip(1..).map(place).chain([("world", (0, 0))]).collect();
        Self { processes, nodes }
    }

    fn of_node(&self, name: &str) -> Option<(u64, u64)> {
        self.nodes.get(name).copied()
    }

    fn named(&self) -> Vec<Value> {
        let process = |(name, id): (&str, u64)| json!({ "ph": "M", "name": "process_name", "pid": id, "args": { "name": name } });
        let thread = |(name, (process, id)): (&&str, &(u64, u64))| {
            json!({
                "ph": "M", "name": "thread_name", "pid": process, "tid": id,
                "args": { "name": name },
            })
        };
        let processes = self.processes.iter().map(|(name, id)| (*name, *id));
        let processes = processes.chain([("world", 0)]).map(process);
        processes.chain(self.nodes.iter().map(thread)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn exported() -> Value {
        let text = perfetto(&testing::header(), &testing::clubhouse()).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn each_event_of_a_trace_is_there_once() {
        let (exported, entries) = (exported(), testing::clubhouse());
        let events = exported["traceEvents"].as_array().unwrap();
        let count = |ph: &str| events.iter().filter(|it| it["ph"] == ph).count();
        let requests = entries.iter().filter(|it| matches!(it.event, Event::Request { .. }));
        let responses = entries.iter().filter(|it| matches!(it.event, Event::Response { .. }));
        let (requests, responses) = (requests.count(), responses.count());
        assert_eq!(count("X"), requests);
        assert_eq!(count("i"), entries.len() - requests - responses);
    }

    #[test]
    fn every_event_is_of_a_thread_that_has_a_name_and_every_flow_has_both_ends() {
        let exported = exported();
        let events = exported["traceEvents"].as_array().unwrap();
        let named = |it: &&Value| it["name"] == "thread_name";
        let threads: Vec<_> =
            events.iter().filter(named).map(|it| (&it["pid"], &it["tid"])).collect();
        for event in events.iter().filter(|it| it["ph"] == "X" || it["ph"] == "i") {
            assert!(threads.contains(&(&event["pid"], &event["tid"])), "{event}");
        }
        let ends = |ph: &str| -> Vec<_> {
            events.iter().filter(|it| it["ph"] == ph).map(|it| it["id"].clone()).collect()
        };
        assert_eq!(ends("s"), ends("f"));
    }

    #[test]
    fn what_begins_while_a_node_has_something_under_way_goes_to_another_thread() {
        let mut lanes = Lanes::default();
        let taken = [(0, 10), (5, 20), (10, 12), (11, 13), (12, 30)]
            .map(|(begin, end)| lanes.free("A1", begin, end));
        assert_eq!(taken, [0, 1, 0, 2, 0]);
        assert_eq!(lanes.free("A2", 5, 6), 0, "each node has its own");
    }

    #[test]
    fn a_row_has_its_event_in_words() {
        let rows = csv_rows(&testing::header(), &testing::clubhouse());
        let first = ["1", "1000", "A1", "", "intent", "mimi://a.example/r/clubhouse"];
        assert_eq!(rows[0][..6], first);
        assert_eq!(rows[0][6], "creates clubhouse (done in 0.120 s)");
        assert_eq!(rows.len(), testing::clubhouse().len());
    }
}
