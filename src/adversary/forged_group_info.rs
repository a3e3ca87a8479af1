//! `hub.forges-group-info`, `hub.forges-list` and `hub.signs-with-another-key`: who asks for the
//! GroupInfo gets another one than the hub would give (A7, A12).
//!
//! The liar has a puppet ask for the genuine GroupInfo, changes a few bytes in it, and seals it for
//! who asked, with the hub's own signature: the seal, and the signature on it, are as they should
//! be. One liar makes it say another epoch, the other puts another user in a listed one's place.
//! What neither can make is the signature of the member that the GroupInfo names as its signer.
//!
//! The third one changes nothing, and signs in the hub's name by a key that is not the hub's: all
//! that somebody can do who stands between a hub and those who ask, and has the GroupInfo himself.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;

use super::Plan;
use super::puppet::Puppet;
use crate::mimi::wire::{GroupInfoRequest, GroupInfoResponse, Route};
use crate::mls::{Identity, seal_group_info};
use crate::node::{Clock, Peer, Service, Task};
use crate::trace::{Event, Journal};

/// A key that is not the hub's.
const STRANGERS_KEY: [u8; 32] = [7; 32];

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgery {
    /// The epoch: one that is near.
    Epoch,
    /// The list: a user who is in it has another name.
    List,
    /// Nothing in it, and the answer's signature is made by another key.
    Key,
}

impl Forgery {
    /// The forged bytes of a GroupInfo; none where what is to be changed is not in it.
    fn forge(self, plan: &Plan, mut group_info: Vec<u8>) -> Option<Vec<u8>> {
        let place = match self {
            // The epoch comes after the group's id, in eight bytes (RFC 9420 §8.1).
            Self::Epoch => end_of_group_id(&group_info)? + 7,
            Self::List => end_of(&plan.user.as_ref()?.to_string(), &group_info)? - 1,
            Self::Key => return Some(group_info),
        };
        *group_info.get_mut(place)? ^= 1;
        Some(group_info)
    }
}

/// Where the group's id ends: after the version and the cipher suite it comes with its own length,
/// in one byte or two (RFC 9420 §2.1.2).
fn end_of_group_id(group_info: &[u8]) -> Option<usize> {
    let first = usize::from(*group_info.get(4)?);
    match first >> 6 {
        0 => Some(5 + first),
        1 => Some(6 + ((first & 0x3f) << 8) + usize::from(*group_info.get(5)?)),
        _ => None,
    }
}

/// Where the first such text in these bytes ends.
fn end_of(text: &str, bytes: &[u8]) -> Option<usize> {
    let begins = bytes.windows(text.len()).position(|it| it == text.as_bytes())?;
    Some(begins + text.len())
}

/// What the liar has of the hub.
pub struct ForgedGroupInfo {
    /// What it is to do.
    pub plan: Plan,
    /// What it changes.
    pub forgery: Forgery,
    /// The hub's key.
    pub identity: Identity,
    /// Who asks for the genuine one.
    pub puppet: Rc<Puppet>,
    /// The honest server behind it.
    pub server: Rc<dyn Service>,
    /// Its clock.
    pub clock: Rc<dyn Clock>,
    /// Where it says what it does.
    pub journal: Journal,
    /// Whether it has said so.
    pub told: Rc<Cell<bool>>,
}

impl Service for ForgedGroupInfo {
    fn handle(&self, peer: Peer, request: http::Request<Bytes>) -> Task<http::Response<Bytes>> {
        let route = Route::parse(request.uri().path());
        let concerned = |it: &Route| it.is_group_info() && it.room() == Some(&self.plan.room);
        let is_on = self.plan.is_on(self.clock.now_ms());
        let body = request.body().clone();
        let honest = self.server.handle(peer, request);
        if !is_on || !route.as_ref().is_some_and(concerned) {
            return honest;
        }
        let (plan, forgery, identity) = (self.plan.clone(), self.forgery, self.identity.clone());
        let (puppet, told) = (self.puppet.clone(), self.told.clone());
        let journal = self.journal.clone();
        Box::pin(async move {
            let response = honest.await;
            let granted = GroupInfoResponse::decode(response.body());
            let Ok(GroupInfoResponse::Success { .. }) = granted else { return response };
            match forged(&plan, forgery, &identity, &puppet, &body).await {
                Some(forged) => {
                    if !told.replace(true) {
                        let behaviour = plan.id.to_owned();
                        journal.record(Event::BehaviourBegan { behaviour });
                    }
                    response.map(|_| forged.encode().into())
                }
                None => response,
            }
        })
    }
}

/// The forged answer to a request.
async fn forged(
    plan: &Plan,
    forgery: Forgery,
    identity: &Identity,
    puppet: &Puppet,
    request: &[u8],
) -> Option<GroupInfoResponse> {
    let request = GroupInfoRequest::decode(request).ok()?;
    let mut content = puppet.group_info().await?;
    content.group_info = forgery.forge(plan, content.group_info)?;
    let stranger = Identity::hub(plan.room.provider(), STRANGERS_KEY);
    let identity = if forgery == Forgery::Key { &stranger } else { identity };
    seal_group_info(&puppet.library, identity, &plan.room, &request, &content).ok()
}
