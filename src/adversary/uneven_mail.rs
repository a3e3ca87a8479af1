//! `follower.equivocates`: a follower that does not show all of its clients the same room (A32).
//!
//! The clients of one user find the room's commits missing in their mailboxes, and nothing that
//! tells of it; those of others find them. Without the hub, a follower has no other commits to show
//! in their place: so it can hold a client back, and not lead it elsewhere.

use std::cell::RefCell;
use std::collections::BTreeMap;

use bytes::Bytes;

use super::Plan;
use super::mailboxes::{Sieve, is_commit};
use super::meddling::{Incoming, Meddler};
use crate::mimi::local::Errand;
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::mimi::wire::Route;
use crate::node::Peer;

struct Equivocates {
    room: RoomUri,
    deceived: Vec<ClientUri>,
    sieves: RefCell<BTreeMap<ClientUri, Sieve>>,
}

/// Makes it; the plan names the clients that are deceived.
pub(super) fn equivocates(plan: &Plan) -> Box<dyn Meddler> {
    let (room, deceived) = (plan.room.clone(), plan.clients.clone());
    Box::new(Equivocates { room, deceived, sieves: RefCell::default() })
}

impl Equivocates {
    /// Does something to the mailbox that is asked for, where it is one of a deceived client.
    fn sieve<T>(&self, route: &Route, work: impl FnOnce(&Sieve) -> Option<T>) -> Option<T> {
        let Route::Client(local) = route else { return None };
        if local.errand != Errand::Mailbox || !self.deceived.contains(&local.client) {
            return None;
        }
        work(self.sieves.borrow_mut().entry(local.client.clone()).or_default())
    }
}

impl Meddler for Equivocates {
    fn incoming(&self, _: &Peer, route: &Route, body: &Bytes) -> Incoming {
        let changed = self.sieve(route, |sieve| sieve.request(body));
        changed.map_or(Incoming::Pass, |body| Incoming::Bodies(vec![body]))
    }

    fn answer(&self, _: &Peer, route: &Route, body: &Bytes) -> Option<Bytes> {
        self.sieve(route, |sieve| {
            sieve.response(body, |item| item.room == self.room && is_commit(item))
        })
    }
}
