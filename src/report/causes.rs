//! What led to an event: the edges of a run's causal graph, and the past of an event in it.
//!
//! An entry names the one entry that set it off, where that was known at the time. What else it
//! rests on follows from what entries say: a response is that of a request, who processes a message
//! had it from a mailbox, a message in a mailbox came from a hub's log, and a hub's decision rests
//! on the behaviour of a node that lies. Edges always lead back in the trace.
//!
//! Not here: what each node knew by then. The order of a node's own events is no cause.

use std::collections::{BTreeMap, BTreeSet};

use crate::trace::{Digest, Entry, Event};

/// The causal graph of a run. Events are named by their place in the trace, from 1.
#[derive(Debug, Clone)]
pub struct Causes {
    /// Of each event, what it rests on directly; ascending.
    edges: Vec<Vec<u64>>,
}

impl Causes {
    /// The graph of a whole trace.
    pub fn of(entries: &[Entry]) -> Self {
        let mut known = Known::default();
        let mut edges = Vec::with_capacity(entries.len());
        for entry in entries {
            let found = entry.cause.into_iter().chain(known.also_behind(entry));
            let back: BTreeSet<u64> = found.filter(|n| (1..entry.n).contains(n)).collect();
            edges.push(back.into_iter().collect());
            known.note(entry);
        }
        Self { edges }
    }

    /// What an event rests on directly; nothing for one that is not in the trace.
    pub fn of_event(&self, n: u64) -> &[u64] {
        let index = n.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.edges.get(index)).map_or(&[], Vec::as_slice)
    }

    /// An event and everything that led to it.
    pub fn past(&self, n: u64) -> BTreeSet<u64> {
        let (mut past, mut open) = (BTreeSet::new(), vec![n]);
        while let Some(next) = open.pop() {
            if past.insert(next) {
                open.extend(self.of_event(next));
            }
        }
        past
    }
}

/// What was said so far, by what later entries refer to it by.
#[derive(Default)]
struct Known<'a> {
    intents: BTreeMap<&'a str, u64>,
    /// A message's way: made by a client, taken by a hub, put into a client's mailbox.
    submitted: BTreeMap<Digest, u64>,
    accepted: BTreeMap<Digest, u64>,
    queued: BTreeMap<(Digest, &'a str), u64>,
    /// The last of each node's departures from what is usual.
    behaviour: BTreeMap<&'a str, u64>,
    resyncing: BTreeMap<&'a str, u64>,
    rejected: BTreeMap<&'a str, u64>,
    crashed: BTreeMap<&'a str, u64>,
    cut: BTreeMap<(&'a str, &'a str), u64>,
}

impl<'a> Known<'a> {
    /// What an entry rests on beside its `cause`.
    fn also_behind(&self, entry: &Entry) -> Vec<u64> {
        let node = entry.node.as_str();
        let mut found = Vec::new();
        match &entry.event {
            Event::Response { request, .. } | Event::Couriered { request, .. } => {
                found.push(*request);
            }
            Event::Request { about, .. } => found.extend(self.wish(about, node)),
            Event::IntentEnded { intent, .. } => found.extend(self.intents.get(&**intent)),
            Event::Entered { commit: Some(digest), .. } => {
                found.extend(self.received(digest, node));
                found.extend(self.accepted.get(digest));
            }
            Event::Delivered { digest, .. }
            | Event::Rejected { digest, .. }
            | Event::Buffered { digest, .. }
            | Event::Passed { digest, .. }
            | Event::Unreadable { digest, .. } => found.extend(self.received(digest, node)),
            Event::Removed { commit: Some(digest), .. } => {
                found.extend(self.received(digest, node));
            }
            Event::Accepted { digest, .. } => {
                found.extend(self.submitted.get(digest));
                found.extend(self.behaviour.get(node));
            }
            Event::Resyncing { .. } => found.extend(self.rejected.get(node)),
            Event::Restarted { .. } => found.extend(self.crashed.get(node)),
            Event::Healed { from, to } => found.extend(self.cut.get(&(&**from, &**to))),
            _ => {}
        }
        found
    }

    /// What a request is made for: an intent, a way back, a lie.
    fn wish(&self, about: &str, node: &str) -> Option<u64> {
        let of_node = match about.split(' ').next() {
            Some("resync" | "rejoin") => self.resyncing.get(node),
            Some("lie") => self.behaviour.get(node),
            _ => None,
        };
        of_node.or_else(|| about.split(' ').find_map(|word| self.intents.get(word))).copied()
    }

    fn received(&self, digest: &Digest, node: &str) -> Option<u64> {
        self.queued.get(&(*digest, node)).copied()
    }

    fn note(&mut self, entry: &'a Entry) {
        let (n, node) = (entry.n, entry.node.as_str());
        let of_node = match &entry.event {
            Event::BehaviourBegan { .. } => &mut self.behaviour,
            Event::Resyncing { .. } => &mut self.resyncing,
            Event::Rejected { .. } => &mut self.rejected,
            Event::Crashed => &mut self.crashed,
            Event::BehaviourEnded { .. } => {
                self.behaviour.remove(node);
                return;
            }
            _ => return self.note_by_name(n, &entry.event),
        };
        of_node.insert(node, n);
    }

    fn note_by_name(&mut self, n: u64, event: &'a Event) {
        match event {
            Event::Intent { intent, .. } => self.intents.extend([(intent.as_str(), n)]),
            Event::Submitted { digest, .. } => self.submitted.extend([(*digest, n)]),
            Event::Accepted { digest, .. } => self.accepted.extend([(*digest, n)]),
            Event::Queued { digest, clients, .. } => {
                let mailboxes = clients.iter().map(|client| ((*digest, client.name()), n));
                self.queued.extend(mailboxes);
            }
            Event::Partitioned { from, to } | Event::Held { from, to } => {
                self.cut.extend([((from.as_str(), to.as_str()), n)]);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn edges_lead_back_only() {
        let entries = testing::clubhouse();
        let causes = Causes::of(&entries);
        for entry in &entries {
            assert!(causes.of_event(entry.n).iter().all(|n| *n < entry.n), "{}", entry.n);
        }
        assert_eq!(causes.of_event(0), [0; 0]);
        assert_eq!(causes.of_event(9_999), [0; 0]);
    }

    #[test]
    fn the_past_of_an_end_has_its_beginning() {
        let entries = testing::clubhouse();
        let causes = Causes::of(&entries);
        let end = entries.iter().find_map(|entry| match &entry.event {
            Event::IntentEnded { intent, .. } => Some((entry.n, intent)),
            _ => None,
        });
        let (end, ended) = end.unwrap();
        let begins = |entry: &&Entry| matches!(&entry.event, Event::Intent { intent, .. } if intent == ended);
        let begin = entries.iter().find(begins).unwrap();
        assert!(causes.past(end).contains(&begin.n));
    }
}
