//! Looks through what was sent to servers for what servers must not see.
//!
//! What is looked for is known from the trace: the id of each message, which is part of its
//! plaintext, is unique in the run and found nowhere else; and each message's sender, which only
//! the hub may learn (R40).
//!
//! Not here: what servers keep on their disks, and what they answer. Either came to them in some
//! request, unless they had keys. Nor plaintext in another form than its own bytes.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::inspect::Letter;
use super::tap::Sent;
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::trace::{Digest, Entry, Event, Header, Log, Node, Secret};

/// An application message.
struct Message {
    id: String,
    room: RoomUri,
    sender: Option<(ClientUri, UserUri)>,
}

/// The events to record: what each body held, each thing once for each server and endpoint.
pub fn find(log: &Log, sent: &[(Sent, Vec<Letter>)]) -> Vec<Event> {
    let mut messages = BTreeMap::new();
    log.each(|entry| messages.extend(submitted(log.header(), entry)));
    let ids: Vec<&Message> = messages.values().collect();
    let markers = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(ids.iter().map(|message| &message.id))
        .expect("the ids of a run's messages are far from the 2 GiB that would be too much");
    let mut seen = BTreeMap::new();
    for (sent, letters) in sent {
        for found in markers.find_iter(&sent.body) {
            note(&mut seen, ids[found.pattern().as_usize()], sent, Secret::Content);
        }
        // The hub tells its followers; anybody else who passes a message on tells the hub.
        for letter in letters.iter().filter(|it| it.is_application && sent.endpoint == "notify") {
            let message = messages.get(&Digest::of(&letter.message));
            if let Some(message) = message.filter(|it| it.names_its_sender(&letter.whole)) {
                note(&mut seen, message, sent, Secret::Sender);
            }
        }
    }
    seen.into_values().collect()
}

/// What was seen, by message, secret, server and endpoint.
type Seen = BTreeMap<(String, bool, String, &'static str), Event>;

fn note(seen: &mut Seen, message: &Message, sent: &Sent, secret: Secret) {
    let is_content = secret == Secret::Content;
    let key = (message.id.clone(), is_content, sent.to.clone(), sent.endpoint);
    seen.entry(key).or_insert_with(|| Event::Seen {
        room: message.room.clone(),
        secret,
        message: message.id.clone(),
        request: sent.request,
        from: sent.from.clone(),
        to: sent.to.clone(),
        endpoint: sent.endpoint.to_owned(),
    });
}

fn submitted(header: &Header, entry: &Entry) -> Option<(Digest, Message)> {
    let Event::Submitted { room, message, digest, .. } = &entry.event else { return None };
    let sender = match header.nodes.get(&entry.node) {
        Some(Node::Client { client, user }) => Some((client.clone(), user.clone())),
        _ => None,
    };
    Some((*digest, Message { id: message.clone(), room: room.clone(), sender }))
}

impl Message {
    fn names_its_sender(&self, bytes: &[u8]) -> bool {
        let names = |name: &str| bytes.windows(name.len()).any(|window| window == name.as_bytes());
        let sender = self.sender.as_ref();
        sender.is_some_and(|(client, user)| names(&client.to_string()) || names(&user.to_string()))
    }
}
