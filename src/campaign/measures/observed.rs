//! A run as measures look at it: its entries in the order of their times.

use crate::mimi::uri::{ClientUri, UserUri};
use crate::trace::{Entry, Event, Header, Node, Phase};

/// See the top of this file.
pub struct Observed<'a> {
    /// The trace's first line.
    pub header: &'a Header,
    entries: Vec<&'a Entry>,
    by_place: &'a [Entry],
    from_ms: u64,
    until_ms: u64,
}

impl<'a> Observed<'a> {
    /// Work counts from `warm_up_ms` on.
    pub fn new(header: &'a Header, trace: &'a [Entry], warm_up_ms: u64) -> Self {
        let mut entries: Vec<&Entry> = trace.iter().collect();
        entries.sort_by_key(|entry| entry.at_ms);
        let is_probe =
            |entry: &&Entry| matches!(entry.event, Event::PhaseBegan { phase: Phase::Probe });
        let until_ms = trace.iter().find(is_probe).map_or(u64::MAX, |entry| entry.at_ms);
        Self { header, entries, by_place: trace, from_ms: warm_up_ms, until_ms }
    }

    /// All entries.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &'a Entry> {
        self.entries.iter().copied()
    }

    /// Those of the warm-up and of the work: of whoever needs to know what was before.
    pub fn before_probe(&self) -> impl Iterator<Item = &'a Entry> {
        let until = self.until_ms;
        self.all().filter(move |entry| entry.at_ms < until)
    }

    /// Those of the work that is measured.
    pub fn work(&self) -> impl Iterator<Item = &'a Entry> {
        let span = self.from_ms..self.until_ms;
        self.all().filter(move |entry| span.contains(&entry.at_ms))
    }

    /// Those of the probe.
    pub fn probe(&self) -> impl Iterator<Item = &'a Entry> {
        let from = self.until_ms;
        self.all().filter(move |entry| entry.at_ms >= from)
    }

    /// The entry at this place in the trace.
    pub fn at(&self, place: u64) -> Option<&'a Entry> {
        self.by_place.get(usize::try_from(place).ok()?.checked_sub(1)?)
    }

    /// Whether the node is not made to misbehave.
    pub fn is_honest(&self, node: &str) -> bool {
        !self.header.dishonest.iter().any(|liar| liar == node)
    }

    /// The honest clients, by their nodes' names.
    pub fn honest_clients(&self) -> impl Iterator<Item = (&'a str, &'a ClientUri, &'a UserUri)> {
        self.header.nodes.iter().filter_map(|(name, node)| match node {
            Node::Client { client, user } if self.is_honest(name) => Some((&**name, client, user)),
            _ => None,
        })
    }

    /// The user of the client at this node.
    pub fn user_of(&self, node: &str) -> Option<&'a UserUri> {
        match self.header.nodes.get(node)? {
            Node::Client { user, .. } => Some(user),
            Node::Provider { .. } => None,
        }
    }
}
