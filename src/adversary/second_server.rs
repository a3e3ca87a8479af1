//! A hub that is, or becomes, another one: a second honest server, started from a copy of all that
//! the first one knew when the liar's time came.
//!
//! What the second one is for is its [`Part`]. Set back, it waits for the end of the span and then
//! takes the hub's place, and the first is no more: a hub restored from an old backup (A10). Blind
//! to a rule, it takes the hub's place at once (A9, A13). Beside the first, it answers for what the
//! room was like (A6), or takes what the first has refused and lets nothing out but Welcomes (A8).
//!
//! A crash of the hub it survives on a disk of its own. All but the one for Welcomes, of which
//! there is a new one for each race.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;

use super::{Pair, Plan};
use crate::mimi::wire::{FanoutExtra, NotifyRequest, Route, UpdateOutcome, UpdateRequest};
use crate::mimi::wire::{UpdateResponse, WireError};
use crate::mls::{MlsFraming, peek};
use crate::node::{Call, Clock, Network, Peer, Reply, Service, Task, Unanswered};
use crate::trace::{Event, Journal};

/// What the second server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It takes the first one's place when the span ends.
    SetBack,
    /// It takes the first one's place at once, and does not check the rule that the plan names.
    Blind,
    /// The same, and what it does not check is what keeps banned users out.
    BlindToBans,
    /// The same, and what it does not check is what keeps servers from letting clients in.
    BlindToGhosts,
    /// It answers who asks for the GroupInfo.
    Stale,
    /// It takes commits that the first one refuses for their epoch, and sends their Welcomes.
    Welcoming,
}

/// The rules that keep a banned user from coming back by an external commit.
const KEEP_THE_BANNED_OUT: &[&str] =
    &["group-info-for-participants", "sender-is-participant", "listed-before-member", "authorised"];

/// The rules that keep a server from proposing that a client enters.
const KEEP_GHOSTS_OUT: &[&str] = &["servers-only-remove", "authorised"];

impl Part {
    /// The rules that the second server does not check.
    pub fn unchecked(self, plan: &Plan) -> Vec<String> {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        match self {
            Self::Blind => plan.rule.iter().cloned().collect(),
            Self::BlindToBans => ids(KEEP_THE_BANNED_OUT),
            Self::BlindToGhosts => ids(KEEP_GHOSTS_OUT),
            Self::SetBack | Self::Stale | Self::Welcoming => Vec::new(),
        }
    }
}

/// How much of what a server sends gets out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    Welcomes,
    Shut,
}

/// Two honest servers, the second from the plan's time on. `S` is the honest server.
pub struct SecondServer<S> {
    plan: Plan,
    part: Part,
    first: Rc<S>,
    second: RefCell<Option<Rc<S>>>,
    pair: Box<dyn Pair<S>>,
    network: Rc<dyn Network>,
    gates: Rc<[Cell<Gate>; 2]>,
    /// The epoch whose race the second server was made for.
    race: Cell<Option<u64>>,
    told: Rc<Cell<bool>>,
    clock: Rc<dyn Clock>,
    journal: Journal,
}

impl<S: Service + 'static> SecondServer<S> {
    /// A server that is honest until the plan's time comes; a second one that there was in an
    /// earlier life goes on.
    pub fn new(
        (plan, part): (Plan, Part),
        network: Rc<dyn Network>,
        clock: Rc<dyn Clock>,
        journal: Journal,
        pair: Box<dyn Pair<S>>,
    ) -> Self {
        let gates = Rc::new([Cell::new(Gate::Open), Cell::new(Gate::Shut)]);
        let gated = |which| Gated { network: network.clone(), gates: gates.clone(), which };
        let first = Rc::new(pair.first(Rc::new(gated(0))));
        let begun = part != Part::Welcoming && clock.now_ms() >= plan.from_ms;
        let again = begun.then(|| pair.second_again(Rc::new(gated(1)))).flatten();
        let (second, race, told) =
            (RefCell::new(again.map(Rc::new)), Cell::default(), Rc::default());
        let this =
            Self { plan, part, first, second, pair, network, gates, race, told, clock, journal };
        if this.second.borrow().is_some() {
            // Before either of them sends anything.
            this.successor();
        }
        this
    }

    /// The second server, where it is time for one.
    fn second(&self) -> Option<Rc<S>> {
        let gate = match self.part {
            Part::SetBack | Part::Stale => Gate::Shut,
            Part::Blind | Part::BlindToBans | Part::BlindToGhosts => Gate::Open,
            // This one is made for each race.
            Part::Welcoming => return None,
        };
        let is_on = self.plan.is_on(self.clock.now_ms());
        let mut second = self.second.borrow_mut();
        if second.is_none() && is_on {
            *second = Some(self.copied(gate));
        }
        second.clone()
    }

    /// A server that knows what the first one does now.
    fn copied(&self, gate: Gate) -> Rc<S> {
        self.gates[1].set(gate);
        let (network, gates) = (self.network.clone(), self.gates.clone());
        let gated = Gated { network, gates, which: 1 };
        Rc::new(self.pair.second(Rc::new(gated), &self.first))
    }

    /// The second server, where it has taken the first one's place.
    fn successor(&self) -> Option<Rc<S>> {
        let second = self.second()?;
        let over = !self.plan.is_on(self.clock.now_ms());
        let due = match self.part {
            Part::SetBack => over,
            Part::Blind | Part::BlindToBans | Part::BlindToGhosts => true,
            Part::Stale | Part::Welcoming => false,
        };
        due.then(|| {
            self.gates[0].set(Gate::Shut);
            self.gates[1].set(Gate::Open);
            self.begins();
            second
        })
    }

    /// The liar has changed something.
    fn begins(&self) {
        begins(&self.told, &self.journal, self.plan.id);
    }

    /// Whether the second server is to answer this instead.
    fn is_asked(&self, route: Option<&Route>) -> bool {
        let is_on = self.plan.is_on(self.clock.now_ms());
        let concerned = |route: &Route| {
            route.is_group_info() && route.room().is_some_and(|room| *room == self.plan.room)
        };
        self.part == Part::Stale && is_on && route.is_some_and(concerned)
    }

    /// Who is to take this commit, should the first refuse it for its epoch: a server as the first
    /// was before it heard of any commit in that epoch. Only what adds somebody is worth it.
    fn beside(&self, route: Option<&Route>, body: &Bytes) -> Option<Rc<S>> {
        let is_on = self.part == Part::Welcoming && self.plan.is_on(self.clock.now_ms());
        let update = |it: &&Route| it.is_update() && it.room() == Some(&self.plan.room);
        route.filter(|route| is_on && update(route))?;
        let request = UpdateRequest::decode(body, &MlsFraming).ok()?;
        let UpdateRequest::Commit { message, welcome, .. } = request else { return None };
        let epoch = peek(&message).ok()?.epoch;
        if self.race.replace(Some(epoch)) != Some(epoch) {
            *self.second.borrow_mut() = Some(self.copied(Gate::Welcomes));
        }
        self.second.borrow().clone().filter(|_| welcome.is_some())
    }
}

fn begins(told: &Cell<bool>, journal: &Journal, behaviour: &str) {
    if !told.replace(true) {
        journal.record(Event::BehaviourBegan { behaviour: behaviour.to_owned() });
    }
}

impl<S: Service + 'static> Service for SecondServer<S> {
    fn handle(&self, peer: Peer, request: http::Request<Bytes>) -> Task<http::Response<Bytes>> {
        if let Some(successor) = self.successor() {
            return successor.handle(peer, request);
        }
        let route = Route::parse(request.uri().path());
        let second = self.second();
        if let Some(second) = second.filter(|_| self.is_asked(route.as_ref())) {
            self.begins();
            return second.handle(peer, request);
        }
        let Some(second) = self.beside(route.as_ref(), request.body()) else {
            return self.first.handle(peer, request);
        };
        let (first, told, journal) = (self.first.clone(), self.told.clone(), self.journal.clone());
        let id = self.plan.id;
        Box::pin(async move {
            let again = request.clone();
            let response = first.handle(peer.clone(), request).await;
            if lost_the_race(&response) {
                begins(&told, &journal, id);
                // What it answers, nobody hears.
                let _ = second.handle(peer, again).await;
            }
            response
        })
    }
}

fn lost_the_race(response: &http::Response<Bytes>) -> bool {
    let outcome = |it: UpdateResponse| matches!(it.outcome, UpdateOutcome::WrongEpoch { .. });
    UpdateResponse::decode(response.body()).is_ok_and(outcome)
}

/// A network that lets out what its server's gate lets through.
struct Gated {
    network: Rc<dyn Network>,
    gates: Rc<[Cell<Gate>; 2]>,
    which: usize,
}

impl Network for Gated {
    fn call(&self, call: Call) -> Task<Result<Reply, Unanswered>> {
        let sent = match self.gates[self.which].get() {
            Gate::Open => Some(call),
            Gate::Welcomes if call.endpoint == "notify" => only_welcomes(call).ok().flatten(),
            Gate::Welcomes => Some(call),
            Gate::Shut => None,
        };
        match sent {
            Some(call) => self.network.call(call),
            None => Box::pin(async { Err(Unanswered::Unreachable) }),
        }
    }
}

/// What is left of events for a provider; none where there is no Welcome among them.
fn only_welcomes(call: Call) -> Result<Option<Call>, WireError> {
    let body = call.body.as_deref().unwrap_or_default();
    let mut events = NotifyRequest::decode(body, &MlsFraming)?;
    events.0.retain(|event| matches!(event.extra, FanoutExtra::Welcome { .. }));
    let body = (!events.0.is_empty()).then(|| events.encode().into());
    Ok(body.map(|body| Call { body: Some(body), ..call }))
}
