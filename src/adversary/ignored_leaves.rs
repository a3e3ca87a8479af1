//! `hub.ignores-leave`: a hub that takes a leave and forgets it (A5).
//!
//! Proposals of members, with which they ask to be let go, are answered with `success` and never
//! reach the honest server: nobody hears of them, and no commit has to include them (R18).
//!
//! The time that the answer names is made up. No client uses it.

use bytes::Bytes;

use super::Plan;
use super::meddling::{Incoming, Meddler};
use crate::mimi::wire::{Route, UpdateOutcome, UpdateRequest, UpdateResponse};
use crate::mls::MlsFraming;
use crate::node::Peer;

struct IgnoredLeaves(Plan);

/// Makes it.
pub(super) fn ignores_leave(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(IgnoredLeaves(plan.clone()))
}

impl Meddler for IgnoredLeaves {
    fn incoming(&self, _: &Peer, route: &Route, body: &Bytes) -> Incoming {
        let request = route.is_update().then(|| UpdateRequest::decode(body, &MlsFraming));
        let Some(Ok(UpdateRequest::Proposals { .. })) = request else { return Incoming::Pass };
        let outcome = UpdateOutcome::Success { accepted_at: self.0.from_ms };
        let response = UpdateResponse { description: String::new(), outcome };
        Incoming::Answer { status: 200, body: response.encode().into() }
    }
}
