//! The last wishes of a run: does the room still work?
//!
//! Everybody who is in a room sends once, and two commit, one after the other. Who is in it, the
//! trace tells: who entered it, and was not removed since. A client that knows better refuses.

use std::collections::{BTreeMap, BTreeSet};

use super::cast::{Wish, WishKind};
use crate::mimi::uri::{RoomUri, UserUri};
use crate::script::Script;
use crate::trace::{Entry, Event};

/// Simulated milliseconds between the sends and the first commit.
const COMMITS_AFTER_MS: u64 = 2_000;
/// Simulated milliseconds from one commit to the next.
const COMMIT_EVERY_MS: u64 = 500;
/// How many clients of a room commit at most.
const COMMITTERS: usize = 2;

/// A wish for a client, so many milliseconds after the probe begins.
pub type Probe = (u64, String, Wish);

/// Who is in each room, in the order of coming in, and whose account has ended.
#[derive(Debug, Default)]
pub struct Members {
    inside: BTreeMap<RoomUri, Vec<String>>,
    gone: BTreeSet<UserUri>,
}

impl Members {
    /// Takes note of what happened.
    pub fn note(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Entered { room, .. } => {
                let inside = self.inside.entry(room.clone()).or_default();
                if !inside.contains(&entry.node) {
                    inside.push(entry.node.clone());
                }
            }
            Event::Removed { room, .. } => {
                let inside = self.inside.entry(room.clone()).or_default();
                inside.retain(|client| *client != entry.node);
            }
            Event::AccountDeleted { user } => {
                self.gone.insert(user.clone());
            }
            _ => {}
        }
    }

    /// All rooms with their members.
    pub fn all(&self) -> impl Iterator<Item = (&RoomUri, &String)> {
        self.inside
            .iter()
            .flat_map(|(room, inside)| inside.iter().map(move |client| (room, client)))
    }

    fn of(&self, room: &RoomUri) -> impl Iterator<Item = &String> {
        self.inside.get(room).into_iter().flatten()
    }

    /// Whether the client is one of a user whose account has ended: it gets nothing any more, not
    /// even word that it is out.
    fn is_gone(&self, script: &Script, client: &str) -> bool {
        let ended = script.users.values().filter(|user| self.gone.contains(&user.uri));
        let mut clients = ended.flat_map(|user| user.clients.iter().chain(&user.new_clients));
        clients.any(|(name, _)| name == client)
    }
}

/// The probes of a run, of those members that `can` act now.
pub fn probes(script: &Script, members: &Members, can: impl Fn(&str) -> bool) -> Vec<Probe> {
    let mut sends = Vec::new();
    let mut commits = Vec::new();
    for room in script.rooms.values() {
        let able = |client: &&String| can(client) && !members.is_gone(script, client);
        let clients = members.of(&room.uri).filter(able).cloned();
        for (place, client) in clients.enumerate() {
            let wish =
                |what| Wish { intent: String::new(), room: room.uri.clone(), what, probe: true };
            if place < COMMITTERS {
                let after = COMMITS_AFTER_MS + COMMIT_EVERY_MS * place as u64;
                commits.push((after, client.clone(), wish(WishKind::Update)));
            }
            sends.push((0, client, wish(WishKind::Send("probe".to_owned()))));
        }
    }
    sends.append(&mut commits);
    for (place, (_, _, wish)) in sends.iter_mut().enumerate() {
        wish.intent = format!("p{}", place + 1);
    }
    sends
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Digest;

    #[test]
    fn who_was_removed_is_not_asked() {
        let room = RoomUri::parse("mimi://a.example/r/r").unwrap();
        let removed =
            Event::Removed { room: room.clone(), epoch: 1, commit: Some(Digest::of(b"commit")) };
        let inside = BTreeMap::from([(room.clone(), vec!["A1".into(), "B1".into()])]);
        let mut members = Members { inside, ..Members::default() };
        let entry = Entry { n: 1, at_ms: 0, node: "A1".into(), cause: None, event: removed };
        members.note(&entry);
        assert_eq!(members.of(&room).collect::<Vec<_>>(), ["B1"]);
    }
}
