//! What a provider keeps for its clients: a mailbox for each, and what it follows of each room.
//!
//! A mailbox counts what is put into it. A client names the last item that is safe on its own
//! disk; only then is anything dropped. A provider can't tell from the traffic which of its clients
//! are members (a joiner's Welcome is sealed), so it keeps readers: clients that a Welcome was for,
//! or that asked for the room's GroupInfo. What arrived before a Welcome but was accepted after it
//! is given to the new reader too, since the network reorders. A client that is out says that it
//! reads no more; it may say so late, when it has been let in again, so it says what it had seen.
//!
//! Not here: what the messages mean. That is for clients.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use crate::mimi::local::{MailboxItem, MailboxResponse};
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::trace::Digest;

/// How many events of a room are kept for clients whose Welcome is still under way. A hub has a
/// handful of parcels under way to one provider, so no more can overtake a Welcome.
const KEPT_EVENTS: usize = 128;

/// How many bodies of a hub a follower remembers (P06 §5.5: "a rolling list of hashes").
const REMEMBERED_BODIES: usize = 2_000;

/// Mailboxes and followed rooms of one provider.
#[derive(Clone, Default)]
pub struct Mail {
    boxes: BTreeMap<ClientUri, Mailbox>,
    rooms: BTreeMap<RoomUri, Followed>,
}

#[derive(Clone, Default)]
struct Mailbox {
    /// Items that were dropped: the first one kept has the number after that.
    dropped: u64,
    items: VecDeque<(RoomUri, Rc<[u8]>)>,
}

impl Mailbox {
    /// The number of the last item that was put in.
    fn last(&self) -> u64 {
        self.dropped + self.items.len() as u64
    }
}

#[derive(Clone, Default)]
struct Followed {
    /// With the number of the first item in its mailbox that it gets as a reader.
    readers: BTreeMap<ClientUri, u64>,
    kept: VecDeque<(u64, Rc<[u8]>)>,
    bodies: VecDeque<Digest>,
}

impl Mail {
    /// Gives an event, one encoded `FanoutMessage`, to all readers of the room that are not
    /// `silenced`; returns them.
    pub fn deliver(
        &mut self,
        room: &RoomUri,
        stamp: u64,
        event: &[u8],
        silenced: impl Fn(&ClientUri) -> bool,
    ) -> Vec<ClientUri> {
        let event: Rc<[u8]> = event.into();
        let followed = self.rooms.entry(room.clone()).or_default();
        followed.kept.push_back((stamp, event.clone()));
        if followed.kept.len() > KEPT_EVENTS {
            followed.kept.pop_front();
        }
        let readers = followed.readers.keys().filter(|client| !silenced(client));
        let readers: Vec<_> = readers.cloned().collect();
        for client in &readers {
            self.put(client, room, event.clone());
        }
        readers
    }

    /// Gives a Welcome to the client that it is for, and then what was accepted after it.
    pub fn welcome(&mut self, room: &RoomUri, stamp: u64, client: &ClientUri, event: &[u8]) {
        let since = self.next_number(client);
        self.put(client, room, event.into());
        let followed = self.rooms.entry(room.clone()).or_default();
        if followed.readers.insert(client.clone(), since).is_none() {
            let mut later: Vec<_> =
                followed.kept.iter().filter(|(accepted, _)| *accepted > stamp).cloned().collect();
            later.sort_by_key(|(accepted, _)| *accepted);
            for (_, event) in later {
                self.put(client, room, event);
            }
        }
    }

    /// The client gets the room's events, from here on if it did not before. Then the number of
    /// the first item that it gets is returned; none where it was a reader already.
    pub fn subscribe(&mut self, room: &RoomUri, client: &ClientUri) -> Option<u64> {
        let next = self.next_number(client);
        let followed = self.rooms.entry(room.clone()).or_default();
        match followed.readers.entry(client.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(vacant) => Some(*vacant.insert(next)),
        }
    }

    /// The client gets the room's events no more, unless it became a reader anew after the item
    /// with the number `seen`.
    pub fn unsubscribe(&mut self, room: &RoomUri, client: &ClientUri, seen: u64) {
        let Some(followed) = self.rooms.get_mut(room) else { return };
        if followed.readers.get(client).is_some_and(|since| *since <= seen) {
            followed.readers.remove(client);
        }
        if followed.readers.is_empty() && followed.kept.is_empty() {
            self.rooms.remove(room);
        }
    }

    /// Whether this body came from the room's hub before; remembers it if not (R45).
    pub fn is_repeat(&mut self, room: &RoomUri, body: Digest) -> bool {
        let bodies = &mut self.rooms.entry(room.clone()).or_default().bodies;
        if bodies.contains(&body) {
            return true;
        }
        bodies.push_back(body);
        if bodies.len() > REMEMBERED_BODIES {
            bodies.pop_front();
        }
        false
    }

    /// All events that are kept, in mailboxes and for readers to come.
    pub fn events(&self) -> impl Iterator<Item = &[u8]> {
        let boxes = self.boxes.values().flat_map(|mailbox| mailbox.items.iter());
        let kept = self.rooms.values().flat_map(|followed| followed.kept.iter());
        boxes.map(|(_, event)| event.as_ref()).chain(kept.map(|(_, event)| event.as_ref()))
    }

    /// Drops what the client has, and returns what it has not.
    pub fn read(&mut self, client: &ClientUri, cursor: u64) -> MailboxResponse {
        let followed =
            self.rooms.iter().filter(|(_, followed)| followed.readers.contains_key(client));
        let rooms = followed.map(|(room, _)| room.clone()).collect();
        let mailbox = self.boxes.entry(client.clone()).or_default();
        // Of a client that has more than was ever put in here, nobody can say what it has.
        let cursor = if cursor > mailbox.last() { mailbox.dropped } else { cursor };
        while mailbox.dropped < cursor && mailbox.items.pop_front().is_some() {
            mailbox.dropped += 1;
        }
        let first = mailbox.dropped + 1;
        let numbered = mailbox.items.iter().zip(first..);
        let items =
            numbered.filter(|(_, sequence)| *sequence > cursor).map(|((room, event), sequence)| {
                MailboxItem { sequence, room: room.clone(), body: event.to_vec() }
            });
        MailboxResponse { items: items.take(BATCH).collect(), first_kept: first, rooms }
    }

    /// The number that the next item for the client will have.
    fn next_number(&self, client: &ClientUri) -> u64 {
        self.boxes.get(client).map_or(1, |mailbox| mailbox.last() + 1)
    }

    fn put(&mut self, client: &ClientUri, room: &RoomUri, event: Rc<[u8]>) {
        let mailbox = self.boxes.entry(client.clone()).or_default();
        mailbox.items.push_back((room.clone(), event));
    }
}

/// Most items in one response.
const BATCH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> RoomUri {
        RoomUri::parse("mimi://a.example/r/clubhouse").unwrap()
    }

    fn client(name: &str) -> ClientUri {
        ClientUri::parse(&format!("mimi://b.example/d/{name}")).unwrap()
    }

    fn nobody(_: &ClientUri) -> bool {
        false
    }

    fn bodies(response: &MailboxResponse) -> Vec<(u64, &[u8])> {
        response.items.iter().map(|item| (item.sequence, item.body.as_slice())).collect()
    }

    #[test]
    fn a_mailbox_keeps_what_the_client_did_not_confirm() {
        let mut mail = Mail::default();
        mail.subscribe(&room(), &client("B1"));
        mail.deliver(&room(), 1, b"one", nobody);
        mail.deliver(&room(), 2, b"two", nobody);
        assert_eq!(bodies(&mail.read(&client("B1"), 0)), [(1, &b"one"[..]), (2, b"two")]);
        assert_eq!(bodies(&mail.read(&client("B1"), 0)).len(), 2, "nothing was confirmed");
        assert_eq!(bodies(&mail.read(&client("B1"), 1)), [(2, &b"two"[..])]);
    }

    #[test]
    fn a_client_with_an_old_cursor_learns_that_items_are_gone() {
        let mut mail = Mail::default();
        mail.subscribe(&room(), &client("B1"));
        mail.deliver(&room(), 1, b"one", nobody);
        mail.deliver(&room(), 2, b"two", nobody);
        mail.read(&client("B1"), 2);
        mail.deliver(&room(), 3, b"three", nobody);
        let response = mail.read(&client("B1"), 0);
        assert_eq!(response.first_kept, 3, "greater than cursor + 1: a gap");
        assert_eq!(bodies(&response), [(3, &b"three"[..])]);
    }

    #[test]
    fn a_mailbox_that_was_set_back_drops_nothing_and_its_count_tells() {
        let mut mail = Mail::default();
        mail.subscribe(&room(), &client("B1"));
        mail.deliver(&room(), 1, b"one", nobody);
        let response = mail.read(&client("B1"), 3);
        assert_eq!(response.first_kept, 1, "not the cursor + 1");
        assert_eq!(bodies(&response), [(1, &b"one"[..])]);
    }

    #[test]
    fn a_new_reader_gets_what_overtook_its_welcome_and_nothing_older() {
        let mut mail = Mail::default();
        mail.deliver(&room(), 1, b"before", nobody);
        mail.deliver(&room(), 4, b"later", nobody);
        mail.deliver(&room(), 3, b"after", nobody);
        mail.welcome(&room(), 2, &client("B1"), b"welcome");
        let response = mail.read(&client("B1"), 0);
        let bodies: Vec<_> = bodies(&response).into_iter().map(|(_, body)| body).collect();
        assert_eq!(bodies, [&b"welcome"[..], b"after", b"later"]);
    }

    #[test]
    fn a_client_that_was_let_in_again_is_not_put_out_by_what_it_said_before() {
        let mut mail = Mail::default();
        let client = client("B1");
        mail.welcome(&room(), 1, &client, b"welcome");
        mail.deliver(&room(), 2, b"removal", nobody);
        mail.welcome(&room(), 3, &client, b"welcome again");
        mail.unsubscribe(&room(), &client, 2);
        assert!(!mail.deliver(&room(), 4, b"event", nobody).is_empty());
        mail.unsubscribe(&room(), &client, 4);
        assert!(mail.deliver(&room(), 5, b"event", nobody).is_empty());
        mail.subscribe(&room(), &client);
        mail.unsubscribe(&room(), &client, 4);
        assert_eq!(mail.deliver(&room(), 6, b"event", nobody), [client]);
    }

    #[test]
    fn only_a_reading_that_begins_is_told_apart_so_that_only_it_is_ended_with_a_refusal() {
        let mut mail = Mail::default();
        let client = client("B1");
        mail.deliver(&room(), 1, b"before", nobody);
        assert_eq!(mail.subscribe(&room(), &client), Some(1));
        mail.deliver(&room(), 2, b"event", nobody);
        assert_eq!(mail.subscribe(&room(), &client), None, "it is a reader already");
        mail.unsubscribe(&room(), &client, 1);
        assert_eq!(mail.subscribe(&room(), &client), Some(2));
    }

    #[test]
    fn a_silenced_reader_gets_nothing_and_stays_a_reader() {
        let mut mail = Mail::default();
        mail.subscribe(&room(), &client("B1"));
        assert!(mail.deliver(&room(), 1, b"message", |_| true).is_empty());
        assert_eq!(mail.deliver(&room(), 2, b"commit", nobody), [client("B1")]);
        assert_eq!(bodies(&mail.read(&client("B1"), 0)), [(1, &b"commit"[..])]);
    }

    #[test]
    fn a_body_is_a_repeat_only_within_its_room() {
        let mut mail = Mail::default();
        let other = RoomUri::parse("mimi://a.example/r/attic").unwrap();
        assert!(!mail.is_repeat(&room(), Digest::of(b"body")));
        assert!(mail.is_repeat(&room(), Digest::of(b"body")));
        assert!(!mail.is_repeat(&other, Digest::of(b"body")));
    }
}
