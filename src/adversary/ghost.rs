//! `hub.adds-ghost`: a hub that proposes a client of its own making for the group (A11).
//!
//! A hub is an external sender, and MLS lets one propose that a client enters (RFC 9420 §12.1.8).
//! In a room a server only takes clients out (rule `servers-only-remove`); the server behind this
//! liar does not check that any more. Once, after the first commit of its time, the liar proposes a
//! puppet of one of its users, whose KeyPackage went through the hub as it should. The proposal is
//! accepted and fanned out, and from then on each commit has to take it along (R18).

use std::rc::Rc;

use bytes::Bytes;

use super::Plan;
use super::puppet::{Puppet, request};
use crate::mimi::wire::{Route, UpdateOutcome, UpdateRequest, UpdateResponse};
use crate::mls::{Identity, MlsFraming, peek, propose_add_from_outside};
use crate::node::{Clock, Disk, Peer, Service, Task};

/// The hub's place among the external senders.
const HUB: u32 = 0;

/// What the liar has of the hub.
pub struct Ghost {
    /// What it is to do.
    pub plan: Plan,
    /// The hub's key.
    pub identity: Identity,
    /// The client that is to enter.
    pub puppet: Rc<Puppet>,
    /// The server behind it, which lets it.
    pub server: Rc<dyn Service>,
    /// Its clock.
    pub clock: Rc<dyn Clock>,
    /// Where it notes that it has done it, over a crash of the hub, too.
    pub done: Rc<dyn Disk<bool>>,
}

impl Service for Ghost {
    fn handle(&self, peer: Peer, request: http::Request<Bytes>) -> Task<http::Response<Bytes>> {
        let route = Route::parse(request.uri().path());
        let epoch = route.and_then(|route| self.new_epoch(&route, request.body()));
        let honest = self.server.handle(peer, request);
        let Some(epoch) = epoch else { return honest };
        let (plan, identity, puppet) =
            (self.plan.clone(), self.identity.clone(), self.puppet.clone());
        let (server, done) = (self.server.clone(), self.done.clone());
        Box::pin(async move {
            let response = honest.await;
            if is_accepted(response.body()) && done.load().is_none() {
                done.sync(true);
                tokio::task::spawn_local(async move {
                    // What comes of it, the members say.
                    let _ = propose(&plan, &identity, &puppet, &*server, epoch).await;
                });
            }
            response
        })
    }
}

impl Ghost {
    /// The epoch that a commit in this body leads to, where it is time.
    fn new_epoch(&self, route: &Route, body: &[u8]) -> Option<u64> {
        let due = self.done.load().is_none() && self.clock.now_ms() >= self.plan.from_ms;
        if !due || !route.is_update() || route.room() != Some(&self.plan.room) {
            return None;
        }
        match UpdateRequest::decode(body, &MlsFraming).ok()? {
            UpdateRequest::Commit { message, .. } => Some(peek(&message).ok()?.epoch + 1),
            UpdateRequest::Proposals { .. } => None,
        }
    }
}

fn is_accepted(body: &[u8]) -> bool {
    let accepted = |it: UpdateResponse| matches!(it.outcome, UpdateOutcome::Success { .. });
    UpdateResponse::decode(body).is_ok_and(accepted)
}

async fn propose(
    plan: &Plan,
    identity: &Identity,
    puppet: &Puppet,
    server: &dyn Service,
    epoch: u64,
) -> Option<()> {
    let package = puppet.key_package().await?;
    let at = (&plan.room, epoch);
    let message = propose_add_from_outside(&puppet.library, (identity, HUB), at, &package).ok()?;
    let body = UpdateRequest::Proposals { message, more: Vec::new() }.encode();
    let request = request(&plan.room, &Route::Update(plan.room.clone()), body);
    server.handle(Peer::Provider(plan.room.provider().clone()), request).await;
    Some(())
}
