//! `hub.reorders`: to some providers, each event overtakes the one before (A3).
//!
//! An event for the providers of one side is held back, as if their server were busy, until the
//! next one is on its way; then it follows. So a message comes before the commit that its epoch
//! begins with, and a commit before the proposals that it refers to, and nothing gets lost. The
//! honest hub notices only that it has to try more often.
//!
//! What no other event overtakes waits until the liar's span is over.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::Plan;
use super::meddling::{Meddler, Outgoing};
use crate::mimi::uri::ProviderName;
use crate::node::{Call, Reply};

/// What a provider waits for: an event, and whether another one has overtaken it.
type Held = BTreeMap<ProviderName, (String, bool)>;

struct Reordered {
    plan: Plan,
    held: RefCell<Held>,
}

/// Makes it.
pub(super) fn reorders(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(Reordered { plan: plan.clone(), held: RefCell::default() })
}

impl Meddler for Reordered {
    fn outgoing(&self, call: &Call) -> Outgoing {
        if !self.plan.lies_in(call) {
            return Outgoing::Pass;
        }
        let mut held = self.held.borrow_mut();
        let Some((event, overtaken)) = held.get_mut(&call.to) else {
            held.insert(call.to.clone(), (call.about.clone(), false));
            return not_yet();
        };
        if *event != call.about {
            *overtaken = true;
            return Outgoing::Pass;
        }
        if !*overtaken {
            return not_yet();
        }
        held.remove(&call.to);
        Outgoing::Pass
    }
}

fn not_yet() -> Outgoing {
    Outgoing::Swallow(Reply { status: 503, retry_after_s: None, body: Default::default() })
}
