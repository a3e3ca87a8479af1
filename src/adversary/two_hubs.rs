//! `hub.equivocates`: two honest hubs behind one name (A1).
//!
//! Until its time comes there is one honest server. Then a second one starts from a copy of all
//! that the first one knows. Requests about the room that come from the providers of one side go
//! to the second; everything else goes to the first. Each believes itself alone, accepts one commit
//! per epoch, and fans out to everybody; what it sends to providers that it is not to be seen by is
//! swallowed on the way, with the 201 that keeps it content.
//!
//! It does not: try to rejoin the two forks, or go back to one hub when its span ends.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use bytes::Bytes;

use super::Plan;
use crate::mimi::uri::{ProviderName, RoomUri};
use crate::mimi::wire::Route;
use crate::node::{Call, Clock, Network, Peer, Reply, Service, Task, Unanswered};
use crate::trace::{Event, Journal};

/// Makes a server that reaches others through this network; the second one is a copy of the first.
pub type MakeServer<S> = Box<dyn Fn(Rc<dyn Network>, Option<&S>) -> S>;

/// Two honest hubs behind one name. `S` is the honest server.
pub struct TwoHubs<S> {
    plan: Plan,
    first: S,
    second: RefCell<Option<Rc<S>>>,
    make: MakeServer<S>,
    network: Rc<dyn Network>,
    begun: Rc<Cell<bool>>,
    clock: Rc<dyn Clock>,
    journal: Journal,
}

impl<S: Service + 'static> TwoHubs<S> {
    /// A server that is honest until the plan's time comes.
    pub fn new(
        plan: Plan,
        network: Rc<dyn Network>,
        clock: Rc<dyn Clock>,
        journal: Journal,
        make: MakeServer<S>,
    ) -> Self {
        let begun = Rc::new(Cell::new(false));
        let filter = Filter {
            inner: network.clone(),
            room: plan.room.clone(),
            hidden: Hidden::From(plan.side.clone()),
            active: begun.clone(),
        };
        let first = make(Rc::new(filter), None);
        Self { plan, first, second: RefCell::default(), make, network, begun, clock, journal }
    }

    /// The server that is to answer this peer about this room.
    fn second_for(&self, peer: &Peer, path: &str) -> Option<Rc<S>> {
        if self.clock.now_ms() < self.plan.from_ms {
            return None;
        }
        let second = self.second();
        let concerned = match Route::parse(path)? {
            Route::Update(room)
            | Route::SubmitMessage(room)
            | Route::GroupInfo(room)
            | Route::Receipt(room)
            | Route::Claims(room)
            | Route::ReportAbuse(room) => room == self.plan.room,
            // It names its room in the body; both hubs hand out the same, and only the one that
            // the later commit goes to must know the way of the Welcome.
            Route::KeyMaterial(_) => true,
            Route::Directory | Route::Notify(_) | Route::Client(_) => false,
            // What is about no room is the same behind both faces: the first has it.
            Route::RequestConsent(_)
            | Route::UpdateConsent(_)
            | Route::IdentifierQuery(_)
            | Route::ProxyDownload(_)
            | Route::Asset(_) => false,
        };
        let other_side =
            matches!(peer, Peer::Provider(provider) if self.plan.side.contains(provider));
        (concerned && other_side).then_some(second)
    }

    fn second(&self) -> Rc<S> {
        let mut second = self.second.borrow_mut();
        let make = || {
            self.begun.set(true);
            let behaviour = self.plan.id.to_owned();
            self.journal.record(Event::BehaviourBegan { behaviour });
            let filter = Filter {
                inner: self.network.clone(),
                room: self.plan.room.clone(),
                hidden: Hidden::FromAllBut(self.plan.side.clone()),
                active: self.begun.clone(),
            };
            Rc::new((self.make)(Rc::new(filter), Some(&self.first)))
        };
        second.get_or_insert_with(make).clone()
    }
}

impl<S: Service + 'static> Service for TwoHubs<S> {
    fn handle(&self, peer: Peer, request: http::Request<Bytes>) -> Task<http::Response<Bytes>> {
        match self.second_for(&peer, request.uri().path()) {
            Some(second) => second.handle(peer, request),
            None => self.first.handle(peer, request),
        }
    }
}

/// A network that does not let a hub be seen by some providers.
struct Filter {
    inner: Rc<dyn Network>,
    room: RoomUri,
    hidden: Hidden,
    active: Rc<Cell<bool>>,
}

enum Hidden {
    From(BTreeSet<ProviderName>),
    FromAllBut(BTreeSet<ProviderName>),
}

impl Network for Filter {
    fn call(&self, call: Call) -> Task<Result<Reply, Unanswered>> {
        let hidden = match &self.hidden {
            Hidden::From(side) => side.contains(&call.to),
            Hidden::FromAllBut(side) => !side.contains(&call.to),
        };
        let tells = matches!(call.endpoint, "notify" | "claims");
        let events = tells && call.room.as_ref() == Some(&self.room);
        if self.active.get() && hidden && events {
            let reply = Reply { status: 201, retry_after_s: None, body: Bytes::new() };
            return Box::pin(async move { Ok(reply) });
        }
        self.inner.call(call)
    }
}
