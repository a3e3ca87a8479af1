//! `follower.replays`: a follower that brings up again what hubs sent it before (A33).
//!
//! From its time on it keeps the bodies of the room's hub, and those of other rooms. Each new body
//! for its own clients then brings all of them along, in a body that the honest server never saw,
//! so that it knows no repeat (R45). And before each request that it sends, it sends the newest one
//! of the room's to the providers of the plan's side, as if it were the hub.

use std::cell::RefCell;
use std::collections::BTreeSet;

use bytes::Bytes;

use super::Plan;
use super::meddling::{Incoming, Meddler, Outgoing};
use crate::mimi::uri::{ProviderName, RoomUri};
use crate::mimi::wire::{NotifyRequest, Route};
use crate::mls::MlsFraming;
use crate::node::{Call, Peer};

struct Replays {
    room: RoomUri,
    side: BTreeSet<ProviderName>,
    kept: RefCell<Kept>,
}

#[derive(Default)]
struct Kept {
    own: Vec<Bytes>,
    of_others: Vec<Bytes>,
}

/// Makes it.
pub(super) fn replays(plan: &Plan) -> Box<dyn Meddler> {
    let (room, side) = (plan.room.clone(), plan.side.clone());
    Box::new(Replays { room, side, kept: RefCell::default() })
}

impl Meddler for Replays {
    fn incoming(&self, _: &Peer, route: &Route, body: &Bytes) -> Incoming {
        let Route::Notify(_) = route else { return Incoming::Pass };
        let mut kept = self.kept.borrow_mut();
        let old = kept.own.iter().chain(&kept.of_others);
        let bodies: Vec<_> = std::iter::once(body).chain(old).cloned().collect();
        kept.own.push(body.clone());
        let decode = |it: &Bytes| NotifyRequest::decode(it, &MlsFraming).ok();
        let events: Vec<_> = bodies.iter().filter_map(decode).flat_map(|it| it.0).collect();
        match bodies.len() {
            1 => Incoming::Pass,
            _ => Incoming::Bodies(vec![NotifyRequest(events).encode().into()]),
        }
    }

    fn elsewhere(&self, route: &Route, body: &Bytes) {
        if let Route::Notify(_) = route {
            self.kept.borrow_mut().of_others.push(body.clone());
        }
    }

    fn outgoing(&self, call: &Call) -> Outgoing {
        let kept = self.kept.borrow();
        let Some(newest) = kept.own.last().filter(|_| !self.side.is_empty()) else {
            return Outgoing::Pass;
        };
        let route = Route::Notify(self.room.clone());
        let replay = |to: &ProviderName| Call {
            to: to.clone(),
            endpoint: route.endpoint(),
            path: route.path(),
            room: Some(self.room.clone()),
            about: format!("replay before {}", call.about),
            body: Some(newest.clone()),
            ..call.clone()
        };
        let replays = self.side.iter().map(replay);
        Outgoing::Calls(replays.chain([call.clone()]).collect())
    }
}
