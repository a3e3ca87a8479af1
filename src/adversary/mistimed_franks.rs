//! `hub.mistimes-frank`: a hub that tells some providers another time of each message (A14).
//!
//! The hub is the authority on when it accepted a message: it makes the frank, over the sender, the
//! room and the time. So to the providers of one side this liar says that each message is an hour
//! older, and franks it anew for that time with the hub's own keys. What it franks it has seen
//! come; the sender and the room are the true ones, which receivers can check (R39).

use std::cell::RefCell;
use std::collections::BTreeMap;

use bytes::Bytes;

use super::Plan;
use super::meddling::{Incoming, Meddler, Outgoing};
use super::withheld::{carrying, events};
use crate::mimi::frank::FrankingContext;
use crate::mimi::uri::UserUri;
use crate::mimi::wire::{FanoutExtra, FanoutMessage, Route, SubmitMessageRequest};
use crate::mls::{Franker, MlsFraming, franking_tag_of};
use crate::node::{Call, Peer};
use crate::trace::Digest;

/// How much older, in milliseconds.
const HOUR_MS: u64 = 60 * 60 * 1000;

struct MistimedFranks {
    plan: Plan,
    franker: Franker,
    senders: RefCell<BTreeMap<Digest, UserUri>>,
}

/// Makes it.
pub(super) fn mistimes_frank(plan: &Plan, franker: Franker) -> Box<dyn Meddler> {
    Box::new(MistimedFranks { plan: plan.clone(), franker, senders: RefCell::default() })
}

impl Meddler for MistimedFranks {
    fn incoming(&self, _: &Peer, route: &Route, body: &Bytes) -> Incoming {
        if route.is_submission()
            && let Ok(request) = SubmitMessageRequest::decode(body, &MlsFraming)
        {
            let digest = Digest::of(&request.message);
            self.senders.borrow_mut().insert(digest, request.sending_user);
        }
        Incoming::Pass
    }

    fn outgoing(&self, call: &Call) -> Outgoing {
        let lied_to = self.plan.lies_in(call);
        let Some(mut events) = lied_to.then(|| events(call)).flatten() else {
            return Outgoing::Pass;
        };
        match events.iter_mut().filter_map(|event| self.mistime(event)).count() {
            0 => Outgoing::Pass,
            _ => Outgoing::Calls(vec![carrying(call, events)]),
        }
    }
}

impl MistimedFranks {
    fn mistime(&self, event: &mut FanoutMessage) -> Option<()> {
        let FanoutExtra::Application { frank: Some(frank) } = &mut event.extra else { return None };
        let sender = self.senders.borrow().get(&Digest::of(&event.message))?.clone();
        let tag = franking_tag_of(&event.message).ok()??;
        let accepted_at = event.timestamp - HOUR_MS;
        let context = FrankingContext { sender, room: self.plan.room.clone(), accepted_at };
        *frank = self.franker.frank(&context, &tag);
        event.timestamp = accepted_at;
        Some(())
    }
}
