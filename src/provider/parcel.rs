//! What a hub owes one provider for one place in a room's log.

use crate::mimi::wire::{FanoutMessage, NotifyRequest};

/// Events that travel in one `notify` request: a commit and the Welcome that goes with it share
/// one. The body never changes, so that a repeat is byte for byte the same (R45).
#[derive(Clone, Default)]
pub struct Parcel {
    events: Vec<FanoutMessage>,
}

impl Parcel {
    /// Adds an event.
    pub fn push(&mut self, event: FanoutMessage) {
        self.events.push(event);
    }

    /// The events, in the hub's order.
    pub fn events(&self) -> &[FanoutMessage] {
        &self.events
    }

    /// The body of the request.
    pub fn body(&self) -> Vec<u8> {
        NotifyRequest(self.events.clone()).encode()
    }
}
