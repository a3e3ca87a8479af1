//! `hub.mistimes-frank` and `hub.misattributes`: a hub that franks messages for what they are not
//! (A14).
//!
//! The hub is the authority on when it accepted a message: it makes the frank, over the sender, the
//! room and the time. So to the providers of one side the first liar says that each message is an
//! hour older, and franks it anew for that time with the hub's own keys: the sender and the room
//! are the true ones. The second leaves the time, and franks the message in the name of another
//! user, which receivers can hold against the leaf that it comes from (R39).
//!
//! What they frank they have seen come.

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

/// Makes the one that says another time.
pub(super) fn mistimes_frank(plan: &Plan, franker: Franker) -> Box<dyn Meddler> {
    forges(plan, franker, |_, context| context.accepted_at -= HOUR_MS)
}

/// Makes the one that says another sender; the plan names it.
pub(super) fn misattributes(plan: &Plan, franker: Franker) -> Box<dyn Meddler> {
    forges(plan, franker, |plan, context| {
        if let Some(user) = &plan.user {
            context.sender = user.clone();
        }
    })
}

/// What is franked instead of the truth.
type Lie = fn(&Plan, &mut FrankingContext);

struct ForgedFranks {
    plan: Plan,
    franker: Franker,
    lie: Lie,
    senders: RefCell<BTreeMap<Digest, UserUri>>,
}

fn forges(plan: &Plan, franker: Franker, lie: Lie) -> Box<dyn Meddler> {
    Box::new(ForgedFranks { plan: plan.clone(), franker, lie, senders: RefCell::default() })
}

impl Meddler for ForgedFranks {
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
        match events.iter_mut().filter_map(|event| self.forge(event)).count() {
            0 => Outgoing::Pass,
            _ => Outgoing::Calls(vec![carrying(call, events)]),
        }
    }
}

impl ForgedFranks {
    fn forge(&self, event: &mut FanoutMessage) -> Option<()> {
        let FanoutExtra::Application { frank: Some(frank) } = &mut event.extra else { return None };
        let sender = self.senders.borrow().get(&Digest::of(&event.message))?.clone();
        let tag = franking_tag_of(&event.message).ok()??;
        let room = self.plan.room.clone();
        let mut context = FrankingContext { sender, room, accepted_at: event.timestamp };
        (self.lie)(&self.plan, &mut context);
        *frank = self.franker.frank(&context, &tag);
        event.timestamp = context.accepted_at;
        Some(())
    }
}
