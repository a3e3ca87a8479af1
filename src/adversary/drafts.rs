//! `client.uploads-drafts`: a client that leaves what its user is about to say with its provider, so
//! that it finds it again, and does not encrypt it (S20, I24).
//!
//! Between the user and an honest client, what is to be sent in the plan's room is uploaded as an
//! asset first, under the name of the wish. The client gets its wish as ever.

use std::rc::Rc;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Plan;
use crate::mimi::local::{Errand, LocalRoute};
use crate::mimi::uri::ClientUri;
use crate::mimi::wire::Route;
use crate::node::wish::{Wish, WishKind};
use crate::node::{Call, Clock, Network};
use crate::trace::{Event, Journal};

/// How long it waits for an answer, in milliseconds.
const PATIENCE_MS: u64 = 8_000;

/// What stands between the user and its client.
pub struct Drafts {
    /// What it is to do.
    pub plan: Plan,
    /// The client.
    pub client: ClientUri,
    /// The client's connection.
    pub network: Rc<dyn Network>,
    /// The client's clock.
    pub clock: Rc<dyn Clock>,
    /// Where it says what it does.
    pub journal: Journal,
}

impl Drafts {
    /// The wishes as the client hears them. To be called where the client runs.
    pub fn before(self, mut wishes: UnboundedReceiver<Wish>) -> UnboundedReceiver<Wish> {
        let (sender, heard) = unbounded_channel();
        tokio::task::spawn_local(async move {
            let mut begun = false;
            while let Some(wish) = wishes.recv().await {
                if let Some(call) = self.upload(&wish) {
                    if !std::mem::replace(&mut begun, true) {
                        let behaviour = self.plan.id.to_owned();
                        self.journal.record(Event::BehaviourBegan { behaviour });
                    }
                    // Whether it arrives is not waited for.
                    tokio::task::spawn_local(self.network.call(call));
                }
                // A client that ended by itself wants nothing any more.
                drop(sender.send(wish));
            }
        });
        heard
    }

    fn upload(&self, wish: &Wish) -> Option<Call> {
        let is_due = wish.room == self.plan.room && self.plan.is_on(self.clock.now_ms());
        let WishKind::Send(text) = &wish.what else { return None };
        let errand = Errand::Upload(format!("draft-{}", wish.intent));
        let route = Route::Client(LocalRoute { client: self.client.clone(), errand });
        is_due.then(|| Call {
            to: self.client.provider().clone(),
            endpoint: route.endpoint(),
            path: route.path(),
            room: None,
            about: format!("draft of {}", wish.intent),
            attempt: 1,
            body: Some(text.clone().into_bytes().into()),
            timeout_ms: PATIENCE_MS,
        })
    }
}
