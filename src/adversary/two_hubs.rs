//! `hub.equivocates` and `hub.leads-into-the-past`: two honest hubs behind one name (A1, A6).
//!
//! Until its time comes there is one honest server. Then a second one starts from a copy of all
//! that the first one knows. Requests about the room that come from the providers of one side go
//! to the second; everything else goes to the first. Each believes itself alone, accepts one commit
//! per epoch, and fans out to everybody; what it sends to providers that it is not to be seen by is
//! swallowed on the way, with the 201 that keeps it content.
//!
//! An equivocating hub shows its two faces at once. One that leads into the past keeps the copy
//! back until that side asks for a GroupInfo: whoever comes in by that comes into the room of back
//! then, and is told what follows from it.
//!
//! When its span ends, the hub drops the second room: all providers hear of the first again, and
//! speak to the first. What each side had been told in the meantime it is not told otherwise. It
//! does not try to reconcile the two.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;

use super::{Pair, Plan};
use crate::mimi::uri::{ProviderName, RoomUri};
use crate::mimi::wire::Route;
use crate::node::{Call, Clock, Disk, Network, Peer, Reply, Service, Task, Unanswered};
use crate::trace::{Event, Journal};

/// When the second room is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// As soon as it is there.
    AtOnce,
    /// As soon as the side that is lied to asks for the GroupInfo.
    WithAGroupInfo,
}

/// How far the lie has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// The second room is shown.
    Told,
    /// It is over.
    Ended,
}

/// Two honest hubs behind one name. `S` is the honest server.
pub struct TwoHubs<S> {
    begins: Begins,
    first: S,
    second: RefCell<Option<Rc<S>>>,
    pair: Box<dyn Pair<S>>,
    network: Rc<dyn Network>,
    lying: Rc<Lying>,
    journal: Journal,
}

/// What both networks have to know.
struct Lying {
    plan: Plan,
    clock: Rc<dyn Clock>,
    /// How far the lie has come, in an earlier life too; nowhere where there is none.
    come: Cell<Option<Lie>>,
    disk: Rc<dyn Disk<Lie>>,
}

impl Lying {
    fn is_on(&self) -> bool {
        self.plan.is_on(self.clock.now_ms())
    }

    fn is_told(&self) -> bool {
        self.is_on() && self.come.get() == Some(Lie::Told)
    }

    /// A clock that is set back does not end it.
    fn is_over(&self) -> bool {
        self.plan.until_ms.is_some_and(|until| self.clock.now_ms() >= until)
    }

    fn comes_to(&self, lie: Lie) {
        self.come.set(Some(lie));
        self.disk.sync(lie);
    }
}

impl<S: Service + 'static> TwoHubs<S> {
    /// A server that is honest until the plan's time comes; what it has told of its lie in an
    /// earlier life is on the disk.
    pub fn new(
        (plan, begins): (Plan, Begins),
        network: Rc<dyn Network>,
        (clock, disk): (Rc<dyn Clock>, Rc<dyn Disk<Lie>>),
        journal: Journal,
        pair: Box<dyn Pair<S>>,
    ) -> Self {
        let come = Cell::new(disk.load());
        let lying = Rc::new(Lying { plan, clock, come, disk });
        let first = pair.first(Seen::by(network.clone(), &lying, Face::First));
        let again = || pair.second_again(Seen::by(network.clone(), &lying, Face::Second));
        let second = RefCell::new(lying.is_on().then(again).flatten().map(Rc::new));
        Self { begins, first, second, pair, network, lying, journal }
    }

    /// The server that is to answer this peer about this room, where that is not the first.
    fn second_for(&self, peer: &Peer, path: &str) -> Option<Rc<S>> {
        if !self.lying.is_on() {
            self.end();
            return None;
        }
        if self.begins == Begins::AtOnce {
            self.begin();
        }
        let (second, plan) = (self.second(), &self.lying.plan);
        let route = Route::parse(path)?;
        let lied_to = matches!(peer, Peer::Provider(provider) if plan.side.contains(provider));
        if !lied_to || !concerns(&plan.room, &route) {
            return None;
        }
        if route.is_group_info() {
            self.begin();
        }
        self.lying.is_told().then_some(second)
    }

    fn second(&self) -> Rc<S> {
        let mut second = self.second.borrow_mut();
        let make = || {
            let network = Seen::by(self.network.clone(), &self.lying, Face::Second);
            Rc::new(self.pair.second(network, &self.first))
        };
        second.get_or_insert_with(make).clone()
    }

    fn begin(&self) {
        if self.lying.come.get().is_none() {
            self.lying.comes_to(Lie::Told);
            let behaviour = self.lying.plan.id.to_owned();
            self.journal.record(Event::BehaviourBegan { behaviour });
        }
    }

    fn end(&self) {
        if self.lying.come.get() == Some(Lie::Told) && self.lying.is_over() {
            self.lying.comes_to(Lie::Ended);
            let behaviour = self.lying.plan.id.to_owned();
            self.journal.record(Event::BehaviourEnded { behaviour });
        }
    }
}

/// Whether the two hubs differ in this.
fn concerns(room: &RoomUri, route: &Route) -> bool {
    match route {
        Route::Update(it)
        | Route::SubmitMessage(it)
        | Route::GroupInfo(it)
        | Route::Receipt(it)
        | Route::Claims(it)
        | Route::ReportAbuse(it) => it == room,
        // It names its room in the body; both hubs hand out the same, and only the one that the
        // later commit goes to must know the way of the Welcome.
        Route::KeyMaterial(_) => true,
        Route::Directory | Route::Notify(_) | Route::Client(_) => false,
        // What is about no room is the same behind both faces: the first has it.
        Route::RequestConsent(_)
        | Route::UpdateConsent(_)
        | Route::IdentifierQuery(_)
        | Route::ProxyDownload(_)
        | Route::Asset(_) => false,
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

/// Which of the two sends.
#[derive(Clone, Copy)]
enum Face {
    First,
    Second,
}

/// A network that does not let a hub be seen by some providers.
struct Seen {
    network: Rc<dyn Network>,
    lying: Rc<Lying>,
    face: Face,
}

impl Seen {
    fn by(network: Rc<dyn Network>, lying: &Rc<Lying>, face: Face) -> Rc<dyn Network> {
        Rc::new(Self { network, lying: lying.clone(), face })
    }

    fn is_hidden_from(&self, provider: &ProviderName) -> bool {
        let is_lied_to = self.lying.is_told() && self.lying.plan.side.contains(provider);
        match self.face {
            Face::First => is_lied_to,
            Face::Second => !is_lied_to,
        }
    }
}

impl Network for Seen {
    fn call(&self, call: Call) -> Task<Result<Reply, Unanswered>> {
        let tells = matches!(call.endpoint, "notify" | "claims");
        let events = tells && call.room.as_ref() == Some(&self.lying.plan.room);
        if events && self.is_hidden_from(&call.to) {
            let reply = Reply { status: 201, retry_after_s: None, body: Bytes::new() };
            return Box::pin(async move { Ok(reply) });
        }
        self.network.call(call)
    }
}
