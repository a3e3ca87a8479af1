//! `client.swallows-errors`: between a client and its provider, an error gets lost (N-02).
//!
//! The client's own code is told that its commit was accepted, where its provider has answered that
//! it can't say now. An honest client would ask again, with the same bytes.

use bytes::Bytes;

use super::Plan;
use super::meddling::Meddler;
use crate::mimi::wire::{UpdateOutcome, UpdateRequest, UpdateResponse};
use crate::mls::MlsFraming;
use crate::node::{Call, Reply};

struct SwallowsErrors;

/// Makes it.
pub(super) fn swallows_errors(_: &Plan) -> Box<dyn Meddler> {
    Box::new(SwallowsErrors)
}

impl Meddler for SwallowsErrors {
    fn reply(&self, call: &Call, reply: &Reply) -> Option<Reply> {
        let body = call.body.as_ref().filter(|_| call.endpoint == "client/update")?;
        let request = UpdateRequest::decode(body, &MlsFraming).ok()?;
        let is_commit = matches!(request, UpdateRequest::Commit { .. });
        (is_commit && !reply.is_definite()).then(accepted)
    }
}

fn accepted() -> Reply {
    let outcome = UpdateOutcome::Success { accepted_at: 0 };
    let body = UpdateResponse { outcome, description: String::new() }.encode();
    Reply { status: 200, retry_after_s: None, body: Bytes::from(body) }
}
