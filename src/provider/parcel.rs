//! What a hub owes one provider for one place in a room's log.

use std::collections::BTreeSet;

use crate::mimi::wire::{FanoutMessage, NotifyRequest};

/// Events that travel in one `notify` request: a commit and the Welcome that goes with it share
/// one. The body never changes, so that a repeat is byte for byte the same (R45).
#[derive(Clone, Default)]
pub struct Parcel {
    events: Vec<FanoutMessage>,
    stapled: BTreeSet<u64>,
}

impl Parcel {
    /// Adds an event.
    pub fn push(&mut self, event: FanoutMessage) {
        self.events.push(event);
    }

    /// What has these places in the log travels in the parcel too.
    pub fn staple(&mut self, places: &[u64]) {
        self.stapled.extend(places);
    }

    /// The further places in the log that it is for.
    pub fn stapled(&self) -> &BTreeSet<u64> {
        &self.stapled
    }

    /// The events, in the hub's order.
    pub fn events(&self) -> &[FanoutMessage] {
        &self.events
    }

    /// The body of one request for several parcels.
    pub fn together<'a>(parcels: impl Iterator<Item = &'a Self>) -> Vec<u8> {
        NotifyRequest(parcels.flat_map(|parcel| parcel.events.clone()).collect()).encode()
    }

    /// The body of the request.
    pub fn body(&self) -> Vec<u8> {
        NotifyRequest(self.events.clone()).encode()
    }
}
