//! What a client's user settles with its provider, about no room that it is in: consents, queries
//! for users, assets, and the end of the account.
//!
//! One after the other, in the user's order, each until a definite answer comes. The provider
//! knows a repeat by its idempotency key, so that asking again does no harm.

use std::collections::VecDeque;

use bytes::Bytes;

use super::errand::Sending;
use super::kit::Kit;
use crate::mimi::local::Errand;
use crate::mimi::uri::UserUri;
use crate::mimi::wire::{
    AppDataDictionary, ConsentEntry, ConsentScope, IdentifierQueryCode, IdentifierRequest,
    IdentifierResponse,
};
use crate::node::wish::{Wish, WishKind};
use crate::node::{self, Reply, Unanswered};
use crate::trace::{Event, Fate};

/// Pause before the same is asked again, in milliseconds; it grows with the tries up to four times
/// this. A busy server may ask for more.
const PAUSE_MS: u64 = 500;

/// See the top of this file.
#[derive(Clone, Default)]
pub(super) struct Affairs {
    waiting: VecDeque<Affair>,
}

#[derive(Clone)]
struct Affair {
    intent: String,
    errand: Errand,
    body: Bytes,
    attempt: u32,
    send_at_ms: u64,
    in_flight: bool,
}

impl Affairs {
    /// As they stood on the disk. What was under way is sent again.
    pub fn restored(mut self) -> Self {
        for affair in &mut self.waiting {
            (affair.in_flight, affair.send_at_ms) = (false, 0);
        }
        self
    }

    /// The user wants something that is an affair.
    pub fn wished(&mut self, kit: &Kit, wish: Wish) {
        kit.journal.record(wish.told());
        let (errand, body) = match &wish.what {
            WishKind::Consent { operation, user, here } => {
                let own = kit.actor.user.clone();
                let (requester, target) = match operation.is_requesters() {
                    true => (own, user.clone()),
                    false => (user.clone(), own),
                };
                let room = here.then(|| wish.room.clone());
                let scope = ConsentScope { requester, target, room };
                let (operation, extensions) = (operation.clone(), AppDataDictionary::default());
                (Errand::Consent, ConsentEntry { operation, scope, extensions }.encode())
            }
            WishKind::FindUser(provider, query) => {
                let request =
                    IdentifierRequest { elements: query.clone(), ..IdentifierRequest::default() };
                (Errand::FindUser(provider.clone()), request.encode())
            }
            // What an asset holds matters to nobody here, as it would be sealed; but two users'
            // are not the same.
            WishKind::Upload(name) => {
                let user = &kit.actor.user;
                (Errand::Upload(name.clone()), format!("the asset {name} of {user}").into_bytes())
            }
            WishKind::Download(url) => {
                (Errand::Download(wish.room.provider().clone(), url.clone()), Vec::new())
            }
            _ => (Errand::DeleteAccount, Vec::new()),
        };
        self.waiting.push_back(Affair {
            intent: wish.intent,
            errand,
            body: body.into(),
            attempt: 0,
            send_at_ms: 0,
            in_flight: false,
        });
    }

    /// What is to be sent now, if anything.
    pub fn advance(&mut self, now_ms: u64) -> Option<Sending> {
        let first = self.waiting.front_mut()?;
        if first.in_flight || now_ms < first.send_at_ms {
            return None;
        }
        (first.in_flight, first.attempt) = (true, first.attempt + 1);
        Some(Sending {
            errand: first.errand.clone(),
            about: first.intent.clone(),
            attempt: first.attempt,
            body: first.body.clone(),
        })
    }

    /// When [`Affairs::advance`] should be asked again, if at any known time.
    pub fn due_ms(&self) -> Option<u64> {
        let first = self.waiting.front()?;
        (!first.in_flight).then_some(first.send_at_ms)
    }

    /// An answer to the first affair came, or none will. Tells whether the account is over.
    pub fn answered(&mut self, kit: &Kit, result: Result<Reply, Unanswered>, now_ms: u64) -> bool {
        let Some(mut first) = self.waiting.pop_front() else { return false };
        let usual_ms = PAUSE_MS * u64::from(first.attempt.clamp(1, 4));
        let pause_ms = node::pause_ms(&result, usual_ms);
        match result {
            Ok(reply) if reply.status < 300 && matches!(first.errand, Errand::FindUser(_)) => {
                let (fate, why) = found(&reply);
                end(kit, &first.intent, fate, &why);
                false
            }
            Ok(reply) if reply.status < 300 => {
                let why = match reply.body.len() {
                    0 => String::new(),
                    bytes => format!("{bytes} bytes"),
                };
                end(kit, &first.intent, Fate::Done, &why);
                first.errand == Errand::DeleteAccount
            }
            Ok(reply) if reply.is_definite() => {
                let words = String::from_utf8_lossy(&reply.body);
                let why = format!("status {}: {words}", reply.status);
                end(kit, &first.intent, Fate::Refused, &why);
                reply.status == 410
            }
            _ => {
                (first.in_flight, first.send_at_ms) = (false, now_ms + pause_ms);
                self.waiting.push_front(first);
                false
            }
        }
    }

    /// Nothing will be settled any more.
    pub fn close(&mut self, kit: &Kit) {
        for affair in std::mem::take(&mut self.waiting) {
            end(kit, &affair.intent, Fate::Refused, super::CLOSED);
        }
    }
}

/// Whom a query found; or why nobody.
fn found(reply: &Reply) -> (Fate, String) {
    match IdentifierResponse::decode(&reply.body) {
        Ok(IdentifierResponse { code: IdentifierQueryCode::Success, users, .. }) => {
            let users: Vec<_> = users.iter().map(UserUri::to_string).collect();
            (Fate::Done, users.join(", "))
        }
        Ok(response) => (Fate::Refused, response.code.code_name().to_owned()),
        Err(error) => (Fate::Refused, error.to_string()),
    }
}

fn end(kit: &Kit, intent: &str, fate: Fate, why: &str) {
    let (intent, why) = (intent.to_owned(), why.to_owned());
    kit.journal.record(Event::IntentEnded { intent, fate, why });
}
