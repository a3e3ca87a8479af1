//! Consent between two users, from one's client by its provider to the other's (P06 §5.7, R57).
//!
//! No hub has a part in it. What a client says takes effect at its own provider at once, and is
//! then passed on, whether or not the other provider can be reached: a revocation must not wait
//! for anybody. The client asks again until the other has answered, and both take each errand
//! once. A revocation is told to the other side too, which the draft permits and does not demand
//! (R58).
//!
//! Left out: KeyPackages in a grant are read and not handed on. The room's hub would not know the
//! way of a Welcome for them (R5), and the draft does not say who should tell it.

use bytes::Bytes;

use super::Inner;
use super::answer::{Failure, Try, answer};
use super::directory::Errand;
use crate::mimi::rules::Actor;
use crate::mimi::uri::{ProviderName, UserUri};
use crate::mimi::wire::{ConsentEntry, ConsentOperation, Route};
use crate::mls::MlsFraming;
use crate::trace::Event;

impl Inner {
    /// Answers `requestConsent` and `updateConsent`: 201 where it was received, whether it changed
    /// anything or not. `user` is the one that the path names: this provider's own.
    pub(super) async fn consent_told(
        &self,
        peer: &ProviderName,
        user: &UserUri,
        is_requesters: bool,
        trying: &Try,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let entry =
            ConsentEntry::decode(body, &MlsFraming).map_err(|error| Failure::malformed(&error))?;
        if entry.operation.is_requesters() != is_requesters {
            let why = format!("`{}` belongs to the other endpoint", entry.operation.name());
            return Err(Failure::new(400, "body-is-well-formed", &why));
        }
        let (theirs, own) = match is_requesters {
            true => (&entry.scope.requester, &entry.scope.target),
            false => (&entry.scope.target, &entry.scope.requester),
        };
        if own != user {
            let why = "the path and the body name different users";
            return Err(Failure::new(400, "body-is-well-formed", why));
        }
        if *own.provider() != self.setup.name || theirs.provider() != peer {
            let why = format!("{peer} does not speak for {theirs} to {own} here");
            return Err(Failure::new(403, "peer-is-who-it-says", &why));
        }
        let masked = self.setup.key_material.mask_unknown_users;
        if !masked && self.state.borrow().shelf.clients(own).is_none() {
            return Err(Failure::new(404, "user-is-known", &format!("{own} is not known here")));
        }
        self.note_consent(&entry, peer.as_str(), trying).await;
        Ok(answer(201, Bytes::new()))
    }

    /// What an own client says, on behalf of its user.
    pub(super) async fn client_consents(
        &self,
        actor: &Actor,
        trying: &Try,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let entry =
            ConsentEntry::decode(&body, &MlsFraming).map_err(|error| Failure::malformed(&error))?;
        let scope = &entry.scope;
        let (own, other, route) = match entry.operation.is_requesters() {
            true => (&scope.requester, &scope.target, Route::RequestConsent(scope.target.clone())),
            false => {
                let route = Route::UpdateConsent(scope.requester.clone());
                (&scope.target, &scope.requester, route)
            }
        };
        if *own != actor.user {
            let why = format!("{} does not speak for {own}", actor.client);
            return Err(Failure::new(403, "peer-is-who-it-says", &why));
        }
        self.note_consent(&entry, &actor.client.to_string(), trying).await;
        if *other.provider() == self.setup.name {
            return Ok(answer(201, Bytes::new()));
        }
        self.relay(Errand {
            to: other.provider().clone(),
            route,
            room: None,
            about: trying.about.clone(),
            attempt: trying.attempt,
            body: Some(body),
        })
        .await
    }

    async fn note_consent(&self, entry: &ConsentEntry, who: &str, trying: &Try) {
        let changed = self.state.borrow_mut().consents.note(entry, who, &trying.about);
        self.sync().await;
        if !changed {
            return;
        }
        let (requester, target) = (entry.scope.requester.clone(), entry.scope.target.clone());
        let room = entry.scope.room.clone();
        self.setup.journal.record(match entry.operation {
            ConsentOperation::Request => Event::ConsentAsked { requester, target, room },
            ConsentOperation::Cancel => Event::ConsentCancelled { requester, target, room },
            ConsentOperation::Grant { .. } => Event::ConsentGranted { requester, target, room },
            ConsentOperation::Revoke => Event::ConsentRevoked { requester, target, room },
        });
    }
}
