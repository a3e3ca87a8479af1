//! What somebody between a client and its mailbox can make of it: leave items out, put others in,
//! and change their order, so that the client sees a mailbox that is whole.
//!
//! A mailbox counts its items, and the client says up to where it has them (`mimi::local`). So who
//! leaves something out must see to it that the provider drops it, and that the client does not
//! learn of it; and who puts something in must count on. Both live as long as the node runs.

use std::cell::Cell;

use bytes::Bytes;

use crate::mimi::local::{MailboxItem, MailboxRequest, MailboxResponse};
use crate::mimi::wire::{FanoutExtra, FanoutMessage};
use crate::mls::MlsFraming;

/// The event in an item.
pub(super) fn event(item: &MailboxItem) -> Option<FanoutMessage> {
    FanoutMessage::decode(&item.body, &MlsFraming).ok()
}

/// Whether an item is a commit.
pub(super) fn is_commit(item: &MailboxItem) -> bool {
    event(item).is_some_and(|event| matches!(event.extra, FanoutExtra::Commit { .. }))
}

/// A mailbox that lacks something.
#[derive(Default)]
pub(super) struct Sieve {
    /// Number of the last item that was left out.
    past: Cell<u64>,
    /// What the client has, where the provider was told that it has more.
    really: Cell<Option<u64>>,
}

impl Sieve {
    /// The client's request, where it must go on changed: what was left out is done with.
    pub fn request(&self, body: &[u8]) -> Option<Bytes> {
        let request = MailboxRequest::decode(body).ok()?;
        let raised = Some(request.cursor).filter(|cursor| *cursor < self.past.get());
        self.really.set(raised);
        raised?;
        let cursor = self.past.get();
        Some(MailboxRequest { cursor, ..request }.encode().into())
    }

    /// The provider's answer without what is to be left out; none where that changes nothing.
    pub fn response(&self, body: &[u8], hides: impl Fn(&MailboxItem) -> bool) -> Option<Bytes> {
        let mut response = MailboxResponse::decode(body).ok()?;
        let hidden = response.items.iter().filter(|item| hides(item));
        let last = hidden.map(|item| item.sequence).max();
        let really = self.really.take();
        if last.is_none() && really.is_none() {
            return None;
        }
        self.past.set(self.past.get().max(last.unwrap_or_default()));
        response.items.retain(|item| !hides(item));
        let first_kept = really.map_or(response.first_kept, |cursor| cursor + 1);
        Some(MailboxResponse { first_kept, ..response }.encode().into())
    }
}

/// A mailbox that has more in it.
#[derive(Default)]
pub(super) struct Crowd {
    /// How many items were put in.
    added: Cell<u64>,
}

impl Crowd {
    /// The client's request, where it must go on changed: it counts more than there are.
    pub fn request(&self, body: &[u8]) -> Option<Bytes> {
        let request = MailboxRequest::decode(body).ok().filter(|_| self.added.get() > 0)?;
        let cursor = request.cursor.saturating_sub(self.added.get());
        Some(MailboxRequest { cursor, ..request }.encode().into())
    }

    /// The provider's answer with something after some items; none where that changes nothing.
    pub fn response(
        &self,
        body: &[u8],
        more: impl Fn(&MailboxItem) -> Option<Vec<u8>>,
    ) -> Option<Bytes> {
        let response = MailboxResponse::decode(body).ok()?;
        let before = self.added.get();
        let mut items = Vec::new();
        for item in response.items {
            let room = item.room.clone();
            let extra = more(&item);
            let sequence = item.sequence + self.added.get();
            items.push(MailboxItem { sequence, ..item });
            if let Some(body) = extra {
                self.added.set(self.added.get() + 1);
                items.push(MailboxItem { sequence: sequence + 1, room, body });
            }
        }
        let first_kept = response.first_kept + before;
        (self.added.get() > 0)
            .then(|| MailboxResponse { first_kept, items, ..response }.encode().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::uri::RoomUri;

    fn items(bodies: &[(u64, &str)]) -> Vec<MailboxItem> {
        let room = RoomUri::parse("mimi://a.example/r/hall").unwrap();
        let item = |(sequence, body): &(u64, &str)| MailboxItem {
            sequence: *sequence,
            room: room.clone(),
            body: body.as_bytes().to_vec(),
        };
        bodies.iter().map(item).collect()
    }

    fn response(first_kept: u64, bodies: &[(u64, &str)]) -> Vec<u8> {
        MailboxResponse { first_kept, items: items(bodies), rooms: vec![] }.encode()
    }

    fn cursor(body: Option<Bytes>) -> Option<u64> {
        body.map(|body| MailboxRequest::decode(&body).unwrap().cursor)
    }

    fn asks(cursor: u64) -> Vec<u8> {
        MailboxRequest { cursor, wait_ms: 0 }.encode()
    }

    #[test]
    fn what_is_left_out_is_dropped_by_the_provider_and_the_client_sees_no_gap() {
        let sieve = Sieve::default();
        let hides = |item: &MailboxItem| item.body == b"commit";
        assert_eq!(sieve.request(&asks(4)), None);
        assert_eq!(sieve.response(&response(1, &[(5, "message")]), hides), None);
        let shown = sieve.response(&response(5, &[(5, "message"), (6, "commit")]), hides);
        assert_eq!(shown.unwrap(), response(5, &[(5, "message")]));
        assert_eq!(cursor(sieve.request(&asks(5))), Some(6));
        let shown = sieve.response(&response(7, &[(7, "message")]), hides);
        assert_eq!(shown.unwrap(), response(6, &[(7, "message")]));
        assert_eq!(sieve.request(&asks(7)), None);
    }

    #[test]
    fn what_is_put_in_is_counted_and_the_provider_is_asked_for_what_it_counts() {
        let crowd = Crowd::default();
        let more = |item: &MailboxItem| (item.body == b"commit").then(|| b"old".to_vec());
        assert_eq!(crowd.response(&response(1, &[(1, "message")]), more), None);
        assert_eq!(crowd.request(&asks(1)), None);
        let shown = crowd.response(&response(2, &[(2, "commit"), (3, "message")]), more);
        let expected = response(2, &[(2, "commit"), (3, "old"), (4, "message")]);
        assert_eq!(shown.unwrap(), expected);
        assert_eq!(cursor(crowd.request(&asks(4))), Some(3));
        let shown = crowd.response(&response(4, &[(4, "message")]), more);
        assert_eq!(shown.unwrap(), response(5, &[(5, "message")]));
    }
}
