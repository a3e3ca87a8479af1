//! `hub.withholds-welcome` and `hub.misroutes-welcome`: who was added does not hear of it (A8).
//!
//! The commit that adds a client is accepted and takes its way; the Welcome that belongs to it gets
//! lost for the providers of one side, or goes to the providers of one side in place of its own.
//!
//! Not here: a Welcome whose commit was never accepted (`second_server`).

use super::Plan;
use super::meddling::{Meddler, Outgoing};
use super::withheld::{carrying, events, without};
use crate::mimi::wire::{FanoutExtra, FanoutMessage};
use crate::node::Call;

struct WithheldWelcomes(Plan);

/// Makes one that withholds them.
pub(super) fn withholds_welcome(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(WithheldWelcomes(plan.clone()))
}

impl Meddler for WithheldWelcomes {
    fn outgoing(&self, call: &Call) -> Outgoing {
        if self.0.lies_in(call) { without(call, is_welcome) } else { Outgoing::Pass }
    }
}

struct MisroutedWelcomes(Plan);

/// Makes one that sends them elsewhere.
pub(super) fn misroutes_welcome(plan: &Plan) -> Box<dyn Meddler> {
    Box::new(MisroutedWelcomes(plan.clone()))
}

impl Meddler for MisroutedWelcomes {
    fn outgoing(&self, call: &Call) -> Outgoing {
        let own = call.endpoint == "notify" && !self.0.lies_in(call);
        let Some(events) = own.then(|| events(call)).flatten() else { return Outgoing::Pass };
        let (welcomes, rest): (Vec<_>, Vec<_>) = events.into_iter().partition(is_welcome);
        if welcomes.is_empty() {
            return Outgoing::Pass;
        }
        let about = format!("{} astray", call.about);
        let astray = Call { about, ..carrying(call, welcomes) };
        let mut calls: Vec<_> =
            self.0.side.iter().map(|to| Call { to: to.clone(), ..astray.clone() }).collect();
        if !rest.is_empty() {
            calls.push(carrying(call, rest));
        }
        Outgoing::Calls(calls)
    }
}

fn is_welcome(event: &FanoutMessage) -> bool {
    matches!(event.extra, FanoutExtra::Welcome { .. })
}
