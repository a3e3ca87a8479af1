//! Looks through what was sent, and what servers keep, for what servers must not see.
//!
//! What is looked for is known from the trace: the id of each message, which is part of its
//! plaintext, is unique in the run and found nowhere else; the text that its user wanted to say;
//! and its sender, which only the hub may learn (R40).
//!
//! Not here: what a disk held before the end, beyond what was sent; plaintext in another form than
//! its own bytes; and texts of less than [`LEAST_TEXT`] bytes, which turn up by chance. Where two
//! messages say the same, the first is named.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::inspect::{Kept, Letter};
use super::tap::Sent;
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::trace::{Digest, Entry, Event, Header, Log, Node, Secret};

/// Bytes of the shortest text that is looked for. A run's ciphertexts are far from long enough for
/// so many bytes to turn up in them by chance.
const LEAST_TEXT: usize = 8;

/// An application message.
struct Message {
    id: String,
    text: Option<String>,
    room: RoomUri,
    sender: Option<(ClientUri, UserUri)>,
}

/// The events to record: what each body held, and each server's disk at the end; each thing once
/// for each node and endpoint.
pub fn find(
    log: &Log,
    sent: &[(Sent, Vec<Letter>)],
    kept: &BTreeMap<String, Vec<Kept>>,
) -> Vec<Event> {
    let wanted = Wanted::of(log);
    let mut seen = BTreeMap::new();
    for (sent, letters) in sent {
        // The hub tells its followers; anybody else who passes a message on tells the hub. And what
        // a follower tells its clients, it knows.
        let server = match sent.endpoint {
            "notify" => Some(&sent.to),
            "client/mailbox" => Some(&sent.from),
            _ => None,
        };
        for (message, secret) in wanted.look(&sent.body, letters, server) {
            let (id, is_content) = (message.id.clone(), secret == Secret::Content);
            let key = (id, is_content, sent.to.clone(), sent.endpoint);
            seen.entry(key).or_insert_with(|| message.seen(sent, secret));
        }
    }
    for (server, kept) in kept {
        for (message, secret) in
            kept.iter().flat_map(|it| wanted.look(&it.bytes, &it.letters, Some(server)))
        {
            let key = (message.id.clone(), secret == Secret::Content, server.clone(), "");
            seen.entry(key).or_insert_with(|| Event::Kept {
                room: message.room.clone(),
                secret,
                message: message.id.clone(),
                server: server.clone(),
            });
        }
    }
    seen.into_values().collect()
}

/// What is looked for.
struct Wanted {
    messages: BTreeMap<Digest, Message>,
    markers: AhoCorasick,
    /// By marker, the message that it is of.
    of: Vec<Digest>,
}

impl Wanted {
    fn of(log: &Log) -> Self {
        let (mut messages, mut texts) = (BTreeMap::new(), BTreeMap::new());
        log.each(|entry| {
            if let Event::Intent { intent, wish, object, .. } = &entry.event
                && wish == "send"
            {
                texts.insert(intent.clone(), object.clone());
            }
            messages.extend(submitted(log.header(), entry, &texts));
        });
        let ids = messages.iter().map(|(digest, message)| (message.id.clone(), *digest));
        let texts = messages.iter().filter_map(|(digest, it)| Some((it.text.clone()?, *digest)));
        let (markers, of): (Vec<String>, Vec<_>) = ids.chain(texts).unzip();
        let markers = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(markers)
            .expect("what is said in a run is far from the 2 GiB that would be too much");
        Self { messages, markers, of }
    }

    /// What shows in these bytes of a message's content; and in these letters, where a `server`
    /// that is not the hub has them, of its sender.
    fn look(
        &self,
        bytes: &[u8],
        letters: &[Letter],
        server: Option<&String>,
    ) -> Vec<(&Message, Secret)> {
        let content = self.markers.find_iter(bytes).filter_map(|found| {
            let message = self.messages.get(self.of.get(found.pattern().as_usize())?)?;
            Some((message, Secret::Content))
        });
        let letters = letters.iter().filter(|letter| {
            let follows = |server: &String| server != letter.room.provider().as_str();
            letter.is_application && server.is_some_and(follows)
        });
        let senders = letters.filter_map(|letter| {
            let message = self.messages.get(&Digest::of(&letter.message))?;
            message.names_its_sender(&letter.whole).then_some((message, Secret::Sender))
        });
        content.chain(senders).collect()
    }
}

fn submitted(
    header: &Header,
    entry: &Entry,
    texts: &BTreeMap<String, String>,
) -> Option<(Digest, Message)> {
    let Event::Submitted { room, message, digest, .. } = &entry.event else { return None };
    let sender = match header.nodes.get(&entry.node) {
        Some(Node::Client { client, user }) => Some((client.clone(), user.clone())),
        _ => None,
    };
    // The id says which wish it comes from.
    let said = message.split_once(" by ").and_then(|(intent, _)| texts.get(intent));
    let text = said.filter(|text| text.len() >= LEAST_TEXT).cloned();
    Some((*digest, Message { id: message.clone(), text, room: room.clone(), sender }))
}

impl Message {
    fn names_its_sender(&self, bytes: &[u8]) -> bool {
        let names = |name: &str| bytes.windows(name.len()).any(|window| window == name.as_bytes());
        let sender = self.sender.as_ref();
        sender.is_some_and(|(client, user)| names(&client.to_string()) || names(&user.to_string()))
    }

    fn seen(&self, sent: &Sent, secret: Secret) -> Event {
        Event::Seen {
            room: self.room.clone(),
            secret,
            message: self.id.clone(),
            request: sent.request,
            from: sent.from.clone(),
            to: sent.to.clone(),
            endpoint: sent.endpoint.to_owned(),
        }
    }
}
