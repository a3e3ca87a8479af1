//! `hub.lies-code`: a hub that answers without looking (A9).
//!
//! Commits and proposals that come through the providers of one side never reach the honest server;
//! they get the code that the liar was given: `success` for what nobody will ever hear of,
//! `wrongEpoch` as if another commit had always been first, `notAllowed` against the room's policy.
//!
//! What an answer says beside its code is made up, and looks likely: a time of acceptance, the
//! epoch after the request's own.

use bytes::Bytes;

use super::Plan;
use super::meddling::{Incoming, Meddler};
use crate::mimi::wire::{Route, UpdateOutcome, UpdateRequest, UpdateResponse};
use crate::mls::{MlsFraming, peek};
use crate::node::Peer;

struct LiedCodes(Plan);

/// Makes it.
pub(super) fn lies_code(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(LiedCodes(plan.clone()))
}

impl Meddler for LiedCodes {
    fn incoming(&self, peer: &Peer, route: &Route, body: &Bytes) -> Incoming {
        let lied_to = matches!(peer, Peer::Provider(provider) if self.0.side.contains(provider));
        let request = UpdateRequest::decode(body, &MlsFraming).ok();
        let Some(request) = request.filter(|_| lied_to && route.is_update()) else {
            return Incoming::Pass;
        };
        let (UpdateRequest::Commit { message, .. } | UpdateRequest::Proposals { message, .. }) =
            &request;
        let Ok(outside) = peek(message) else { return Incoming::Pass };
        let outcome = match self.0.code.as_deref() {
            Some("success") => UpdateOutcome::Success { accepted_at: self.0.from_ms },
            Some("wrongEpoch") => UpdateOutcome::WrongEpoch { current: outside.epoch + 1 },
            _ => UpdateOutcome::NotAllowed,
        };
        let body = UpdateResponse { description: String::new(), outcome }.encode().into();
        Incoming::Answer { status: 200, body }
    }
}
