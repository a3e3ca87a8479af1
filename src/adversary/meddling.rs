//! A liar between an honest node and its network: it sees all that comes and goes, and lets pass,
//! changes, keeps or answers it.
//!
//! What the liar does with one request or answer is for a [`Meddler`] to say, in one place and
//! without waiting. [`Meddling`] carries that out, while the plan is on, and tells the trace when
//! it does so for the first time. A hub's or a follower's lies are all made of this: what it
//! withholds from others goes out changed, and what it hides from its own comes in changed.
//!
//! Not here: liars that say something by themselves.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;

use super::Plan;
use crate::mimi::uri::RoomUri;
use crate::mimi::wire::Route;
use crate::node::{Call, Clock, Network, Peer, Reply, Service, Task, Unanswered};
use crate::trace::{Event, Journal};

/// What a liar makes of what passes it. Whatever it does not care for passes as it is.
pub trait Meddler {
    /// A request that comes to the server, in the room of the plan or in none.
    fn incoming(&self, _peer: &Peer, _route: &Route, _body: &Bytes) -> Incoming {
        Incoming::Pass
    }

    /// A request about another room came to the server. It passes as it is; the liar may remember
    /// it.
    fn elsewhere(&self, _route: &Route, _body: &Bytes) {}

    /// What the server answers to one that passed; none where that stays as it is.
    fn answer(&self, _peer: &Peer, _route: &Route, _body: &Bytes) -> Option<Bytes> {
        None
    }

    /// A request that the node sends.
    fn outgoing(&self, _call: &Call) -> Outgoing {
        Outgoing::Pass
    }

    /// What came back for one that was sent; none where that stays as it is.
    fn reply(&self, _call: &Call, _reply: &Reply) -> Option<Reply> {
        None
    }
}

/// What becomes of a request that comes to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// The server gets it.
    Pass,
    /// The server gets these bodies in its place, one after the other; the answer is to the last.
    Bodies(Vec<Bytes>),
    /// The server never hears of it; this is the answer.
    Answer {
        /// HTTP status.
        status: u16,
        /// Body.
        body: Bytes,
    },
}

/// What becomes of a request that a node sends.
#[derive(Debug, Clone)]
pub enum Outgoing {
    /// It goes out.
    Pass,
    /// These go out in its place, one after the other; the answer is to the last.
    Calls(Vec<Call>),
    /// It goes nowhere; the node takes this for the answer.
    Swallow(Reply),
}

impl Outgoing {
    /// It goes nowhere, and the node is content: its events were taken (P06 §5.5).
    pub fn swallow() -> Self {
        Self::Swallow(Reply { status: 201, retry_after_s: None, body: Bytes::new() })
    }
}

/// A meddler and its plan, to be put before a server and before a network.
pub struct Meddling {
    plan: Plan,
    meddler: Box<dyn Meddler>,
    clock: Rc<dyn Clock>,
    journal: Journal,
    begun: Cell<bool>,
}

impl Meddling {
    /// What is to be put between a node and its network.
    pub fn new(
        plan: Plan,
        meddler: Box<dyn Meddler>,
        clock: Rc<dyn Clock>,
        journal: Journal,
    ) -> Rc<Self> {
        Rc::new(Self { plan, meddler, clock, journal, begun: Cell::new(false) })
    }

    /// The network as the node sees it.
    pub fn before_network(self: &Rc<Self>, network: Rc<dyn Network>) -> Rc<dyn Network> {
        Rc::new(Sent { meddling: self.clone(), network })
    }

    /// The server as others see it.
    pub fn before_server(self: &Rc<Self>, server: Rc<dyn Service>) -> Rc<dyn Service> {
        Rc::new(Received { meddling: self.clone(), server })
    }

    fn is_on(&self) -> bool {
        self.plan.is_on(self.clock.now_ms())
    }

    /// The liar has changed something.
    fn act(&self) {
        if !self.begun.replace(true) {
            let behaviour = self.plan.id.to_owned();
            self.journal.record(Event::BehaviourBegan { behaviour });
        }
    }

    /// The route of a request that is the liar's business.
    fn route(&self, path: &str, body: &Bytes) -> Option<Route> {
        let route = Route::parse(path)?;
        if self.concerns(route.room()) {
            return Some(route);
        }
        if self.is_on() {
            self.meddler.elsewhere(&route, body);
        }
        None
    }

    /// Whether a request about this room, or about none, is the liar's business.
    fn concerns(&self, room: Option<&RoomUri>) -> bool {
        room.is_none_or(|room| *room == self.plan.room)
    }

    fn incoming(&self, peer: &Peer, route: &Route, body: &Bytes) -> Incoming {
        match self.is_on() {
            true => self.meddler.incoming(peer, route, body),
            false => Incoming::Pass,
        }
    }

    fn outgoing(&self, call: &Call) -> Outgoing {
        match self.is_on() {
            true => self.meddler.outgoing(call),
            false => Outgoing::Pass,
        }
    }
}

/// The server behind the liar.
struct Received {
    meddling: Rc<Meddling>,
    server: Rc<dyn Service>,
}

impl Service for Received {
    fn handle(&self, peer: Peer, request: http::Request<Bytes>) -> Task<http::Response<Bytes>> {
        let Some(route) = self.meddling.route(request.uri().path(), request.body()) else {
            return self.server.handle(peer, request);
        };
        let (meddling, server) = (self.meddling.clone(), self.server.clone());
        let (parts, body) = request.into_parts();
        let bodies = match meddling.incoming(&peer, &route, &body) {
            Incoming::Pass => vec![body],
            Incoming::Bodies(bodies) => {
                meddling.act();
                bodies
            }
            Incoming::Answer { status, body } => {
                meddling.act();
                let response = answered(status, body);
                return Box::pin(async move { response });
            }
        };
        Box::pin(async move {
            let mut response = answered(201, Bytes::new());
            for body in bodies {
                let request = http::Request::from_parts(parts.clone(), body);
                response = server.handle(peer.clone(), request).await;
            }
            // By the time of the answer: a mailbox may have been asked for long before.
            let is_on = meddling.is_on();
            let changed =
                is_on.then(|| meddling.meddler.answer(&peer, &route, response.body())).flatten();
            match changed {
                Some(body) => {
                    meddling.act();
                    response.map(|_| body)
                }
                None => response,
            }
        })
    }
}

fn answered(status: u16, body: Bytes) -> http::Response<Bytes> {
    let mut response = http::Response::new(body);
    // A meddler names statuses that there are.
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response
}

/// The network behind the liar.
struct Sent {
    meddling: Rc<Meddling>,
    network: Rc<dyn Network>,
}

impl Network for Sent {
    fn call(&self, call: Call) -> Task<Result<Reply, Unanswered>> {
        if !self.meddling.concerns(call.room.as_ref()) {
            return self.network.call(call);
        }
        let (meddling, network) = (self.meddling.clone(), self.network.clone());
        let calls = match meddling.outgoing(&call) {
            Outgoing::Pass => vec![call.clone()],
            Outgoing::Calls(calls) => {
                meddling.act();
                calls
            }
            Outgoing::Swallow(reply) => {
                meddling.act();
                return Box::pin(async move { Ok(reply) });
            }
        };
        Box::pin(async move {
            let mut result = Err(Unanswered::Unreachable);
            for call in calls {
                result = network.call(call).await;
            }
            let reply = result.as_ref().ok().filter(|_| meddling.is_on());
            let changed = reply.and_then(|it| meddling.meddler.reply(&call, it));
            match changed {
                Some(reply) => {
                    meddling.act();
                    Ok(reply)
                }
                None => result,
            }
        })
    }
}
