//! `client.replays`: whoever is inside can say the same thing twice (A22).
//!
//! The client's first commit or proposals, and its first message, are kept as they went out. Before
//! each later one, the old one goes out once more, byte for byte.
//!
//! Not here: saying the same content in a new message. Only its id would tell.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::meddling::Outgoing;
use super::{Meddler, Plan};
use crate::node::Call;

/// What a client says in a room.
const SAYINGS: [&str; 2] = ["client/update", "client/submitMessage"];

/// Makes it.
pub fn replays(_: &Plan) -> Box<dyn Meddler> {
    Box::new(Replays::default())
}

/// The first of each kind.
#[derive(Default)]
struct Replays(RefCell<BTreeMap<&'static str, Call>>);

impl Meddler for Replays {
    fn outgoing(&self, call: &Call) -> Outgoing {
        if !SAYINGS.contains(&call.endpoint) {
            return Outgoing::Pass;
        }
        let mut kept = self.0.borrow_mut();
        let Some(old) = kept.get(call.endpoint) else {
            kept.insert(call.endpoint, call.clone());
            return Outgoing::Pass;
        };
        if old.body == call.body {
            return Outgoing::Pass;
        }
        let about = format!("{} again, before {}", old.about, call.about);
        Outgoing::Calls(vec![Call { about, attempt: call.attempt, ..old.clone() }, call.clone()])
    }
}
