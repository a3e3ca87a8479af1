//! `follower.spoils-franks`: a follower that hands a room's messages on with another frank (A29).
//!
//! It is an honest server behind a liar: of what the room's hub sends, each server frank has one
//! bit turned before the server sees it. A frank is the only thing that a follower could change in
//! a message and have it read all the same.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;

use crate::mimi::uri::RoomUri;
use crate::mimi::wire::{FanoutExtra, FanoutMessage, NotifyRequest, Route};
use crate::mls::MlsFraming;
use crate::node::{Clock, Peer, Service, Task};
use crate::trace::{Event, Journal};

/// Whose franks are spoilt, and when.
#[derive(Clone)]
pub struct Spoiling {
    /// The room.
    pub room: RoomUri,
    /// When it begins, in milliseconds since the UNIX epoch.
    pub from_ms: u64,
    /// When it ends, likewise; never where there is none.
    pub until_ms: Option<u64>,
}

/// A server that gets a room's messages with spoilt franks.
pub struct SpoiltFranks {
    plan: Spoiling,
    server: Rc<dyn Service>,
    clock: Rc<dyn Clock>,
    journal: Journal,
    begun: Cell<bool>,
}

impl SpoiltFranks {
    /// Puts the liar before an honest server.
    pub fn new(
        plan: Spoiling,
        server: Rc<dyn Service>,
        clock: Rc<dyn Clock>,
        journal: Journal,
    ) -> Self {
        Self { plan, server, clock, journal, begun: Cell::new(false) }
    }

    /// What the server gets in place of a body; none where it gets the body itself.
    fn spoilt(&self, path: &str, body: &[u8]) -> Option<Bytes> {
        let now = self.clock.now_ms();
        let is_on = now >= self.plan.from_ms && self.plan.until_ms.is_none_or(|until| now < until);
        if !is_on || Route::parse(path)? != Route::Notify(self.plan.room.clone()) {
            return None;
        }
        let mut events = NotifyRequest::decode(body, &MlsFraming).ok()?;
        let spoilt = events.0.iter_mut().map(spoil).filter(|spoilt| *spoilt).count();
        if spoilt == 0 {
            return None;
        }
        if !self.begun.replace(true) {
            let behaviour = "follower.spoils-franks".to_owned();
            self.journal.record(Event::BehaviourBegan { behaviour });
        }
        Some(events.encode().into())
    }
}

/// Whether there was a frank to spoil.
fn spoil(event: &mut FanoutMessage) -> bool {
    match &mut event.extra {
        FanoutExtra::Application { frank: Some(frank) } => {
            frank.server_frank[0] ^= 1;
            true
        }
        _ => false,
    }
}

impl Service for SpoiltFranks {
    fn handle(&self, peer: Peer, request: http::Request<Bytes>) -> Task<http::Response<Bytes>> {
        let (parts, body) = request.into_parts();
        let body = self.spoilt(parts.uri.path(), &body).unwrap_or(body);
        self.server.handle(peer, http::Request::from_parts(parts, body))
    }
}
