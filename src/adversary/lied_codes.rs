//! `hub.lies-code` and `hub.lies-message-code`: a hub that answers without looking (A9).
//!
//! What comes through the providers of one side never reaches the honest server; it gets the code
//! that the liar was given. Of the one liar these are commits and proposals: `success` for what
//! nobody will ever hear of, `wrongEpoch` as if another commit had always been first, `notAllowed`
//! against the room's policy. Of the other these are messages: `success`, with the hub's frank;
//! `epochTooOld`, as if the room had gone on; `notAllowed`.
//!
//! What an answer says beside its code is made up, and looks likely: a time of acceptance, the
//! epoch after the request's own.

use bytes::Bytes;

use super::Plan;
use super::meddling::{Incoming, Meddler};
use crate::mimi::frank::FrankingContext;
use crate::mimi::wire::{
    Route, SubmitMessageRequest, SubmitMessageResponse, UpdateOutcome, UpdateRequest,
    UpdateResponse,
};
use crate::mls::{Franker, MlsFraming, franking_tag_of, peek};
use crate::node::Peer;

struct LiedCodes(Plan);

/// Makes the one that lies about commits and proposals.
pub(super) fn lies_code(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(LiedCodes(plan.clone()))
}

impl Meddler for LiedCodes {
    fn incoming(&self, peer: &Peer, route: &Route, body: &Bytes) -> Incoming {
        let lied_to = is_lied_to(&self.0, peer) && route.is_update();
        let request = UpdateRequest::decode(body, &MlsFraming).ok();
        let Some(request) = request.filter(|_| lied_to) else { return Incoming::Pass };
        let (UpdateRequest::Commit { message, .. } | UpdateRequest::Proposals { message, .. }) =
            &request;
        let Ok(outside) = peek(message) else { return Incoming::Pass };
        let outcome = match self.0.code.as_deref() {
            Some("success") => UpdateOutcome::Success { accepted_at: self.0.from_ms },
            Some("wrongEpoch") => UpdateOutcome::WrongEpoch { current: outside.epoch + 1 },
            _ => UpdateOutcome::NotAllowed,
        };
        answer(UpdateResponse { description: String::new(), outcome }.encode())
    }
}

struct LiedMessageCodes(Plan, Franker);

/// Makes the one that lies about messages.
pub(super) fn lies_message_code(plan: &Plan, franker: Franker) -> Box<dyn Meddler> {
    Box::new(LiedMessageCodes(plan.clone(), franker))
}

impl Meddler for LiedMessageCodes {
    fn incoming(&self, peer: &Peer, route: &Route, body: &Bytes) -> Incoming {
        let lied_to = is_lied_to(&self.0, peer) && route.is_submission();
        let request = SubmitMessageRequest::decode(body, &MlsFraming).ok();
        let Some(request) = request.filter(|_| lied_to) else { return Incoming::Pass };
        let Ok(outside) = peek(&request.message) else { return Incoming::Pass };
        answer(
            match self.0.code.as_deref() {
                Some("success") => self.accepted(request),
                Some("epochTooOld") => {
                    SubmitMessageResponse::EpochTooOld { current: outside.epoch + 1 }
                }
                _ => SubmitMessageResponse::NotAllowed,
            }
            .encode(),
        )
    }
}

impl LiedMessageCodes {
    /// The frank is genuine, and the message is nowhere.
    fn accepted(&self, request: SubmitMessageRequest) -> SubmitMessageResponse {
        let (room, accepted_at) = (self.0.room.clone(), self.0.from_ms);
        let tag = franking_tag_of(&request.message).ok().flatten();
        let context = FrankingContext { sender: request.sending_user, room, accepted_at };
        let frank = tag.map(|tag| self.1.frank(&context, &tag));
        SubmitMessageResponse::Accepted { accepted_at, frank }
    }
}

fn is_lied_to(plan: &Plan, peer: &Peer) -> bool {
    matches!(peer, Peer::Provider(provider) if plan.side.contains(provider))
}

fn answer(body: Vec<u8>) -> Incoming {
    Incoming::Answer { status: 200, body: body.into() }
}
