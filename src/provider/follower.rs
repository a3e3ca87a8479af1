//! Taking what a room's hub sends, and giving it to the own clients (P06 §5.5).

use std::collections::BTreeSet;
use std::rc::Rc;

use bytes::Bytes;

use super::answer::{Failure, answer};
use super::{Inner, State};
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::mimi::wire::{FanoutExtra, FanoutMessage, NotifyRequest};
use crate::mls::{MlsFraming, welcome_references};
use crate::trace::{Digest, Event};

impl Inner {
    /// Answers `notify`: 201 once everything is in the clients' mailboxes, on disk. A body that
    /// came before is answered the same, and nothing else happens (R45).
    pub(super) async fn notified(
        self: Rc<Self>,
        hub: &ProviderName,
        room: &RoomUri,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        if hub != room.provider() {
            let why = format!("{hub} is not the hub of {room}");
            return Err(Failure::new(403, "peer-is-who-it-says", &why).about(room));
        }
        let events = NotifyRequest::decode(body, &MlsFraming)
            .map_err(|error| Failure::malformed(&error).about(room))?;
        let digest = Digest::of(body);
        if self.state.borrow_mut().mail.is_repeat(room, digest) {
            self.setup.journal.record(Event::Repeated { room: room.clone(), body: digest });
            return Ok(answer(201, Bytes::new()));
        }
        self.post(room, &events.0, &BTreeSet::new());
        self.sync().await;
        self.mail_came.notify_waiters();
        Ok(answer(201, Bytes::new()))
    }

    /// Puts a room's events into the mailboxes of the clients that they are for. Users that are
    /// `silenced` get no application messages (R22, RP03 §8.3): only a room's hub knows who is. Nor
    /// do clients whose account has ended.
    pub(super) fn post(
        &self,
        room: &RoomUri,
        events: &[FanoutMessage],
        silenced: &BTreeSet<UserUri>,
    ) {
        for event in events {
            self.witness(room, event);
            let clients = deliver(&mut self.state.borrow_mut(), room, event, silenced);
            self.setup.journal.record(Event::Queued {
                room: room.clone(),
                digest: Digest::of(&event.message),
                clients,
            });
        }
    }
}

fn deliver(
    state: &mut State,
    room: &RoomUri,
    event: &FanoutMessage,
    silenced: &BTreeSet<UserUri>,
) -> Vec<ClientUri> {
    let bytes = event.encode();
    let FanoutExtra::Welcome { .. } = event.extra else {
        let is_message = matches!(event.extra, FanoutExtra::Application { .. });
        let shelf = &state.shelf;
        let is_silenced = |client: &ClientUri| {
            let silent = shelf.user_of(client).is_some_and(|user| silenced.contains(user));
            is_message && (silent || shelf.is_orphan(client))
        };
        return state.mail.deliver(room, event.timestamp, &bytes, is_silenced);
    };
    let references = welcome_references(&event.message).unwrap_or_default();
    let clients: Vec<_> =
        references.iter().filter_map(|reference| state.shelf.used(reference)).collect();
    for client in &clients {
        state.mail.welcome(room, event.timestamp, client, &bytes);
    }
    clients
}
