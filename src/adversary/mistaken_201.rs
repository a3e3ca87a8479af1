//! `hub.mistakes-201`: a hub that does not know the code by which a follower confirms (Q1).
//!
//! P06 calls 201 "Accepted", which is 202's name, and says what "does not contain an HTTP 201" is to
//! be sent again. A hub that waits for 202 gets what it takes for no confirmation, each time: its
//! events arrive, it sends them again for ever, and its queue has no end.

use super::Plan;
use super::meddling::Meddler;
use crate::node::{Call, Reply};

struct Mistakes201;

/// Makes it.
pub(super) fn mistakes_201(_: &Plan) -> Box<dyn Meddler> {
    Box::new(Mistakes201)
}

impl Meddler for Mistakes201 {
    fn reply(&self, call: &Call, reply: &Reply) -> Option<Reply> {
        // What the server behind this takes for a success, it is not told.
        let is_confirmed = call.endpoint == "notify" && reply.status == 201;
        is_confirmed.then(|| Reply { status: 200, ..reply.clone() })
    }
}
