//! `hub.withholds` and `hub.drops-messages`: a hub that does not tell some providers (A2, A4).
//!
//! What the honest hub sends to the providers of one side goes nowhere, and the hub is content: its
//! queue is empty, and it thinks that they have it. The first liar swallows everything that happens
//! in the room; the second lets handshakes pass, and only application messages get lost.
//!
//! It does not: send later what it has swallowed, even when its span is over.

use super::Plan;
use super::meddling::{Meddler, Outgoing};
use crate::mimi::wire::{FanoutExtra, FanoutMessage, NotifyRequest};
use crate::mls::MlsFraming;
use crate::node::Call;

struct Withheld(Plan);

/// Makes one that withholds everything.
pub(super) fn withholds(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(Withheld(plan.clone()))
}

impl Meddler for Withheld {
    fn outgoing(&self, call: &Call) -> Outgoing {
        if self.0.lies_in(call) { Outgoing::swallow() } else { Outgoing::Pass }
    }
}

struct DroppedMessages(Plan);

/// Makes one that drops application messages.
pub(super) fn drops_messages(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(DroppedMessages(plan.clone()))
}

impl Meddler for DroppedMessages {
    fn outgoing(&self, call: &Call) -> Outgoing {
        if self.0.lies_in(call) { without(call, is_message) } else { Outgoing::Pass }
    }
}

fn is_message(event: &FanoutMessage) -> bool {
    matches!(event.extra, FanoutExtra::Application { .. })
}

/// A `notify` without some of its events.
pub(super) fn without(call: &Call, drops: fn(&FanoutMessage) -> bool) -> Outgoing {
    let Some(all) = events(call) else { return Outgoing::Pass };
    let left: Vec<_> = all.iter().filter(|event| !drops(event)).cloned().collect();
    match left.len() {
        0 => Outgoing::swallow(),
        some if some == all.len() => Outgoing::Pass,
        _ => Outgoing::Calls(vec![carrying(call, left)]),
    }
}

/// The events of a `notify`.
pub(super) fn events(call: &Call) -> Option<Vec<FanoutMessage>> {
    Some(NotifyRequest::decode(call.body.as_deref()?, &MlsFraming).ok()?.0)
}

/// The same `notify` with other events.
pub(super) fn carrying(call: &Call, events: Vec<FanoutMessage>) -> Call {
    Call { body: Some(NotifyRequest(events).encode().into()), ..call.clone() }
}
