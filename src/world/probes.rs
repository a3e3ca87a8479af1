//! The last wishes of a run: does the room still work?
//!
//! Everybody who is in a room sends once, and two commit, one after the other. Who is in it, the
//! trace tells: who entered it, and was not removed since. A client that knows better refuses.

use std::collections::BTreeMap;

use super::cast::{Wish, WishKind};
use crate::mimi::uri::RoomUri;
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

/// Who is in each room, in the order of coming in.
#[derive(Debug, Default)]
pub struct Members(BTreeMap<RoomUri, Vec<String>>);

impl Members {
    /// Takes note of what happened.
    pub fn note(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Entered { room, .. } => {
                let inside = self.0.entry(room.clone()).or_default();
                if !inside.contains(&entry.node) {
                    inside.push(entry.node.clone());
                }
            }
            Event::Removed { room, .. } => {
                self.0.entry(room.clone()).or_default().retain(|client| *client != entry.node);
            }
            _ => {}
        }
    }

    /// All rooms with their members.
    pub fn all(&self) -> impl Iterator<Item = (&RoomUri, &String)> {
        self.0.iter().flat_map(|(room, inside)| inside.iter().map(move |client| (room, client)))
    }

    fn of(&self, room: &RoomUri) -> impl Iterator<Item = &String> {
        self.0.get(room).into_iter().flatten()
    }
}

/// The probes of a run, of those members that `can` act now.
pub fn probes(script: &Script, members: &Members, can: impl Fn(&str) -> bool) -> Vec<Probe> {
    let mut sends = Vec::new();
    let mut commits = Vec::new();
    for room in script.rooms.values() {
        let clients = members.of(&room.uri).filter(|client| can(client)).cloned();
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
        let mut members = Members(BTreeMap::from([(room.clone(), vec!["A1".into(), "B1".into()])]));
        let entry = Entry { n: 1, at_ms: 0, node: "A1".into(), cause: None, event: removed };
        members.note(&entry);
        assert_eq!(members.of(&room).collect::<Vec<_>>(), ["B1"]);
    }
}
