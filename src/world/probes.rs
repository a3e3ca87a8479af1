//! The last wishes of a run: does the room still work?
//!
//! Everybody who is in a room sends once, and two commit, one after the other. Who is in it, the
//! trace tells: who entered it, and was not removed since. A client that knows better refuses. One
//! that was set back to an old disk may have forgotten the room, and may have no way to return, so
//! that the room can go on without it: it is asked to commit where there are not two others.

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
    inside: BTreeMap<RoomUri, Vec<Place>>,
    gone: BTreeSet<UserUri>,
}

/// A client in a room.
#[derive(Debug)]
struct Place {
    client: String,
    /// It was set back to an old disk, and has entered no epoch since.
    set_back: bool,
}

impl Members {
    /// Takes note of what happened.
    pub fn note(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Entered { room, .. } => {
                let inside = self.inside.entry(room.clone()).or_default();
                match inside.iter_mut().find(|place| place.client == entry.node) {
                    Some(place) => place.set_back = false,
                    None => inside.push(Place { client: entry.node.clone(), set_back: false }),
                }
            }
            Event::Removed { room, .. } => {
                let inside = self.inside.entry(room.clone()).or_default();
                inside.retain(|place| place.client != entry.node);
            }
            Event::Restarted { rolled_back: true } => {
                let places = self.inside.values_mut().flatten();
                places
                    .filter(|place| place.client == entry.node)
                    .for_each(|place| place.set_back = true);
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
            .flat_map(|(room, inside)| inside.iter().map(move |place| (room, &place.client)))
    }

    /// Who is in the room, last those that were set back.
    fn of(&self, room: &RoomUri) -> impl Iterator<Item = &String> {
        let inside = || self.inside.get(room).into_iter().flatten();
        let those = move |set_back| inside().filter(move |place| place.set_back == set_back);
        those(false).chain(those(true)).map(|place| &place.client)
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
    use crate::trace::{Digest, StateRef, Way};

    fn room() -> RoomUri {
        RoomUri::parse("mimi://a.example/r/r").unwrap()
    }

    fn entered(room: RoomUri) -> Event {
        let (hash, members) = (Digest::of(b"any"), vec![]);
        Event::Entered {
            room,
            epoch: 1,
            stay: 1,
            way: Way::Welcome,
            authenticator: hash,
            context: hash,
            tag: hash,
            state: StateRef { hash, view: None },
            members,
            commit: None,
        }
    }

    /// Who is in the room after all this, in the order in which they are asked.
    fn asked(events: Vec<(&str, Event)>) -> Vec<String> {
        let mut members = Members::default();
        for (node, event) in events {
            members.note(&Entry { n: 1, at_ms: 0, node: node.into(), cause: None, event });
        }
        members.of(&room()).cloned().collect()
    }

    #[test]
    fn who_was_removed_is_not_asked() {
        let removed =
            Event::Removed { room: room(), epoch: 1, commit: Some(Digest::of(b"commit")) };
        let events = vec![("A1", entered(room())), ("B1", entered(room())), ("A1", removed)];
        assert_eq!(asked(events), ["B1"]);
    }

    #[test]
    fn who_was_set_back_is_asked_last_until_it_enters_an_epoch_of_that_room() {
        let set_back = || Event::Restarted { rolled_back: true };
        let another = RoomUri::parse("mimi://a.example/r/another").unwrap();
        let mut events = vec![("A1", entered(room())), ("B1", entered(room()))];
        events.push(("B1", Event::Restarted { rolled_back: false }));
        events.push(("A1", set_back()));
        events.push(("A1", entered(another)));
        assert_eq!(asked(events.clone()), ["B1", "A1"]);
        events.push(("B1", set_back()));
        assert_eq!(asked(events.clone()), ["A1", "B1"]);
        events.push(("B1", entered(room())));
        assert_eq!(asked(events), ["B1", "A1"]);
    }
}
