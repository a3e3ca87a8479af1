//! Requests with where they arrived and what became of them.

use std::collections::BTreeMap;

use crate::trace::{Entry, Event};

/// A request and its way. Events are named by their places in the trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Wire<'a> {
    /// Where it sets off.
    pub request: &'a Entry,
    /// The first event that it led to where it was sent; none where it led to none.
    pub arrival: Option<&'a Entry>,
    /// Its end at the side that made it.
    pub response: Option<&'a Entry>,
    /// What the courier did to it: `lost`, `repeated`, `response lost`, `delayed`, `turned away`.
    pub fates: Vec<&'a str>,
}

impl Wire<'_> {
    /// Whether it never came to where it was sent.
    pub fn is_lost(&self) -> bool {
        let unanswered =
            self.response.is_some_and(|it| matches!(it.event, Event::Response { status: 0, .. }));
        self.fates.contains(&"lost") || (unanswered && self.arrival.is_none())
    }

    /// Whether it only asks for mail.
    pub fn is_mail(&self) -> bool {
        matches!(&self.request.event, Event::Request { endpoint, .. } if endpoint == "client/mailbox")
    }

    /// The host that it was sent to.
    pub fn to(&self) -> &str {
        match &self.request.event {
            Event::Request { to, .. } => to,
            _ => "",
        }
    }
}

/// All requests of a run, in the order in which they set off.
pub fn wires(entries: &[Entry]) -> Vec<Wire<'_>> {
    let mut wires: BTreeMap<u64, Wire<'_>> = BTreeMap::new();
    for entry in entries {
        match &entry.event {
            Event::Request { .. } => {
                let fresh = Wire { request: entry, arrival: None, response: None, fates: vec![] };
                wires.insert(entry.n, fresh);
            }
            Event::Response { request, .. } => {
                wires.entry(*request).and_modify(|wire| wire.response = Some(entry));
            }
            Event::Couriered { request, what, .. } => {
                wires.entry(*request).and_modify(|wire| wire.fates.push(what));
            }
            _ => {}
        }
        let behind = entry.cause.and_then(|cause| wires.get_mut(&cause));
        if let Some(wire) = behind.filter(|it| it.arrival.is_none() && it.to() == entry.node) {
            wire.arrival = Some(entry);
        }
    }
    wires.into_values().collect()
}
