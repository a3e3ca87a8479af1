//! For whom each message was encrypted: the members of its epoch, as its sender had them.
//!
//! What a sender believes decides, not what the hub says: whoever is a member in the sender's eyes
//! may read, and nobody else. So secrecy can be judged under any hub, in any fork.
//!
//! Not here: what dishonest clients encrypt. It may be for anybody.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::mimi::uri::{ClientUri, RoomUri};
use crate::trace::{Digest, Entry, Event};

type Members = Rc<Vec<ClientUri>>;

/// The audiences of all messages of honest clients.
#[derive(Debug, Default)]
pub(super) struct Audiences {
    /// The members of each epoch, by its GroupContext: forks have several.
    epochs: BTreeMap<Digest, Members>,
    /// Where each client is.
    places: BTreeMap<(String, RoomUri), (u64, Members)>,
    /// By the hash of the MLS message, with its sender's node.
    messages: BTreeMap<Digest, (String, Members)>,
}

impl Audiences {
    /// Takes note of what an honest client did.
    pub(super) fn note(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Entered { room, epoch, context, members, .. } => {
                let clients = || members.iter().map(|member| member.client.clone()).collect();
                let members = self.epochs.entry(*context).or_insert_with(|| Rc::new(clients()));
                let place = (entry.node.clone(), room.clone());
                self.places.insert(place, (*epoch, members.clone()));
            }
            Event::Submitted { room, epoch, digest, .. } => {
                let place = self.places.get(&(entry.node.clone(), room.clone()));
                if let Some((_, members)) = place.filter(|(current, _)| current == epoch) {
                    self.messages.insert(*digest, (entry.node.clone(), members.clone()));
                }
            }
            _ => {}
        }
    }

    /// The node that sent a message, where it is honest and the message was not for `client`.
    pub(super) fn sender_not_to(&self, digest: &Digest, client: &ClientUri) -> Option<&str> {
        let (sender, members) = self.messages.get(digest)?;
        (!members.contains(client)).then_some(sender.as_str())
    }
}
