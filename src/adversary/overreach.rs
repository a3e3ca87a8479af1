//! `follower.proposes-more`: a follower whose server has a certificate in the room proposes more
//! than a server may (R25, A31).
//!
//! External senders are there to take clients out. MLS itself lets them propose that one enters,
//! too (RFC 9420 §12.1.8): so this liar, behind whom an honest server goes on, once has a client of
//! its own making proposed, in the epoch that the next commit leads to which it hears of. Whoever
//! held only MLS's rules would let it in.

use std::rc::Rc;

use bytes::Bytes;

use super::Plan;
use crate::mimi::rules::Actor;
use crate::mimi::uri::ClientUri;
use crate::mimi::wire::{NotifyRequest, Route, UpdateRequest};
use crate::mls::{
    Identity, KeyPackageKind, Library, Meter, MlsError, MlsFraming, PeekKind, peek,
    propose_add_from_outside,
};
use crate::node::{Call, Clock, Disk, Network, Peer, Service, Task};
use crate::trace::{Event, Journal};

/// How long it waits for an answer, in milliseconds.
const PATIENCE_MS: u64 = 3_000;

/// The place of the first follower among a room's external senders; the hub has 0.
const FIRST_FOLLOWER: u32 = 1;

/// What the liar has of the server.
pub struct Overreach {
    /// What it is to do.
    pub plan: Plan,
    /// The key that it proposes with.
    pub identity: Identity,
    /// The honest server behind it.
    pub server: Rc<dyn Service>,
    /// Its connection.
    pub network: Rc<dyn Network>,
    /// Its clock.
    pub clock: Rc<dyn Clock>,
    /// Where it says what it does.
    pub journal: Journal,
    /// The liar's own chance.
    pub random: [u8; 32],
    /// Where it notes that it has done it, over a crash of the server, too.
    pub done: Rc<dyn Disk<bool>>,
}

impl Overreach {
    /// The epoch that a commit in this body leads to, where it is time.
    fn new_epoch(&self, path: &str, body: &[u8]) -> Option<u64> {
        let due = self.done.load().is_none() && self.clock.now_ms() >= self.plan.from_ms;
        if !due || Route::parse(path)? != Route::Notify(self.plan.room.clone()) {
            return None;
        }
        let events = NotifyRequest::decode(body, &MlsFraming).ok()?.0;
        let outside = events.iter().filter_map(|event| peek(&event.message).ok());
        let commit = |kind| matches!(kind, PeekKind::Commit | PeekKind::ExternalCommit);
        outside.filter(|it| commit(it.kind)).map(|it| it.epoch + 1).max()
    }

    fn overreach(&self, epoch: u64) -> Result<Task<()>, MlsError> {
        let unnamed = |error: crate::mimi::uri::UriError| MlsError::Refused(error.to_string());
        let nobody = || MlsError::Refused("nobody is to enter".to_owned());
        let user = self.plan.user.clone().ok_or_else(nobody)?;
        let client = ClientUri::new(user.provider(), "ghost").map_err(unnamed)?;
        let ghost = Actor { client, user };
        let library = Library::new(self.random, Meter::off());
        let identity = Identity::client(&ghost, self.random);
        let packages = library.new_key_packages(&identity, 1, KeyPackageKind::default())?;
        let (package, place) = (packages.concat(), FIRST_FOLLOWER);
        let message = propose_add_from_outside(
            &library,
            (&self.identity, place),
            (&self.plan.room, epoch),
            &package,
        )?;
        let route = Route::Update(self.plan.room.clone());
        let body = UpdateRequest::Proposals { message, more: Vec::new() }.encode();
        let call = self.network.call(Call {
            to: self.plan.room.provider().clone(),
            endpoint: route.endpoint(),
            path: route.path(),
            room: Some(self.plan.room.clone()),
            about: format!("overreach {}", self.plan.room.name()),
            attempt: 1,
            body: Some(body.into()),
            timeout_ms: PATIENCE_MS,
        });
        self.done.sync(true);
        let behaviour = self.plan.id.to_owned();
        self.journal.record(Event::BehaviourBegan { behaviour });
        Ok(Box::pin(async move {
            // What comes of it, the hub says.
            let _ = call.await;
        }))
    }
}

impl Service for Overreach {
    fn handle(&self, peer: Peer, request: http::Request<Bytes>) -> Task<http::Response<Bytes>> {
        let epoch = self.new_epoch(request.uri().path(), request.body());
        if let Some(Ok(task)) = epoch.map(|epoch| self.overreach(epoch)) {
            tokio::task::spawn_local(task);
        }
        self.server.handle(peer, request)
    }
}
