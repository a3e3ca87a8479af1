//! Followers that hand on to their clients something else than what the room's hub sent (A29, A30,
//! A33).
//!
//! All stand between the hub and an honest server. What they change, they change in the hub's
//! bodies before the server sees them; so the server takes it for the hub's word, puts it into the
//! mailboxes, and knows no repeat, since bodies differ (R45).
//!
//! Not here: what a follower shows to one of its clients and not to another (`uneven_mail`).

use std::cell::RefCell;

use bytes::Bytes;

use super::Plan;
use super::meddling::{Incoming, Meddler};
use crate::mimi::wire::{FanoutMessage, NotifyRequest, Route};
use crate::mls::MlsFraming;
use crate::node::Peer;

/// How much earlier a follower says that something was accepted, in milliseconds.
const EARLIER_MS: u64 = 60 * 60 * 1000;

/// What becomes of a hub's events.
trait HandsOn {
    fn hand_on(&self, events: Vec<FanoutMessage>) -> Incoming;
}

/// Calls it for each body of events that comes.
struct Follower<H>(H);

impl<H: HandsOn> Meddler for Follower<H> {
    fn incoming(&self, _: &Peer, route: &Route, body: &Bytes) -> Incoming {
        let events = match route {
            Route::Notify(_) => NotifyRequest::decode(body, &MlsFraming).ok(),
            _ => None,
        };
        events.map_or(Incoming::Pass, |events| self.0.hand_on(events.0))
    }
}

/// The server gets these in place of what came.
fn instead(events: Vec<FanoutMessage>) -> Incoming {
    Incoming::Bodies(vec![NotifyRequest(events).encode().into()])
}

/// The hub hears what it wants to hear, and that was all.
fn nothing() -> Incoming {
    Incoming::Answer { status: 201, body: Bytes::new() }
}

/// `follower.drops`: the hub is told that its events are in the mailboxes, and they are nowhere.
pub(super) fn drops(_: &Plan) -> Box<dyn Meddler> {
    Box::new(Follower(Drops))
}

struct Drops;

impl HandsOn for Drops {
    fn hand_on(&self, _: Vec<FanoutMessage>) -> Incoming {
        nothing()
    }
}

/// `follower.reorders`: of two bodies, the second goes first. The last one of an odd number is
/// still held when the liar's time is over, and stays where it is.
pub(super) fn reorders(_: &Plan) -> Box<dyn Meddler> {
    Box::new(Follower(Reorders::default()))
}

#[derive(Default)]
struct Reorders {
    held: RefCell<Option<Vec<FanoutMessage>>>,
}

impl HandsOn for Reorders {
    fn hand_on(&self, mut events: Vec<FanoutMessage>) -> Incoming {
        let mut held = self.held.borrow_mut();
        match held.take() {
            None => {
                *held = Some(events);
                nothing()
            }
            Some(earlier) => {
                events.extend(earlier);
                instead(events)
            }
        }
    }
}

/// `follower.repeats`: everything is there twice.
pub(super) fn repeats(_: &Plan) -> Box<dyn Meddler> {
    Box::new(Follower(Repeats))
}

struct Repeats;

impl HandsOn for Repeats {
    fn hand_on(&self, events: Vec<FanoutMessage>) -> Incoming {
        instead([events.clone(), events].concat())
    }
}

/// `follower.rewrites-time`: the hub's stamp says that all happened an hour ago.
pub(super) fn rewrites_time(_: &Plan) -> Box<dyn Meddler> {
    Box::new(Follower(RewritesTime))
}

struct RewritesTime;

impl HandsOn for RewritesTime {
    fn hand_on(&self, mut events: Vec<FanoutMessage>) -> Incoming {
        for event in &mut events {
            event.timestamp = event.timestamp.saturating_sub(EARLIER_MS);
        }
        instead(events)
    }
}
