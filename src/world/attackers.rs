//! Thieves: whoever copies a client's disk tries to read what that client had no right to.
//!
//! Four kinds of disks are copied ([`Taken`]). That of a client which the hub's view no longer
//! has, when the client can't know yet: the copy follows the room's handshakes as far as its keys
//! lead, and is fed every message of the epochs without the client. That of a client which has
//! just come in: it is fed every message of earlier epochs. That of a client with a thief at its
//! disk, as soon as no commit of its own waits there: the copy follows the room, and is fed every
//! message of others from then on. And at the end that of some members: they are fed messages whose
//! keys should be gone, since they are old, or were read. All reading is done when the nodes have
//! done all they will, from what the [`Tap`](super::tap::Tap) kept, in the order of the trace.
//!
//! Not here: whether a thief should have been able to read it; the trace says what it opened, and
//! the oracle who was to read it. Not here either: breaking cryptography, and what OpenMLS reads of
//! nobody's own leaf: the messages and proposals of the client itself.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::disk::Cabinet;
use super::inspect::{Inspector, Letter, Stolen};
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::trace::{Digest, Entry, Event, Header, Kind, Log, Node, Stage, Taken, Way};

/// From how many members of each room a thief copies at the end. They all run the same code.
const MEMBERS: usize = 4;

/// How many messages such a copy is fed at most, the latest ones.
const OLD_MESSAGES: usize = 200;

/// What thieves have, and what they wait for.
pub struct Attackers {
    clients: BTreeMap<String, ClientUri>,
    /// How many entries of the trace were looked at.
    looked: usize,
    /// Whom each hub's last committed view has.
    views: BTreeMap<RoomUri, BTreeSet<ClientUri>>,
    /// The epoch that each client's disk is at, by room and node.
    epochs: BTreeMap<(RoomUri, String), u64>,
    /// What each client gave to its user, by node and hash of the MLS message.
    delivered: BTreeSet<(String, Digest)>,
    /// Rooms in which something was said.
    spoken: BTreeSet<RoomUri>,
    /// Clients that came in, and may not have synced it yet, with the epoch.
    came_in: BTreeMap<(RoomUri, String), u64>,
    /// Clients that were removed and can't know it yet, with the first epoch without them.
    thrown_out: Vec<(RoomUri, ClientUri, u64)>,
    /// Clients with a thief at their disk, which has not copied it yet.
    cloned: Vec<(RoomUri, String)>,
    thefts: Vec<Theft>,
    /// The time of the last entry that was looked at.
    now_ms: u64,
}

/// A copied disk.
struct Theft {
    room: RoomUri,
    client: ClientUri,
    taken: Taken,
    at_epoch: u64,
    at_ms: u64,
    /// What its client had read.
    delivered: BTreeSet<Digest>,
    loot: Box<dyn Stolen>,
}

/// What was sent in a room.
enum Said {
    Proposal(Digest),
    /// A commit, the epoch that it leads to, and when that was.
    Commit {
        digest: Digest,
        epoch: u64,
        at_ms: u64,
    },
    /// A message, and the node that sent it.
    Message {
        digest: Digest,
        epoch: u64,
        from: String,
    },
}

impl Attackers {
    /// Attackers of the run with this header.
    pub fn new(header: &Header) -> Self {
        let clients = header.nodes.iter().filter_map(|(name, node)| match node {
            Node::Client { client, .. } => Some((name.clone(), client.clone())),
            Node::Provider { .. } => None,
        });
        Self {
            clients: clients.collect(),
            looked: 0,
            views: BTreeMap::new(),
            epochs: BTreeMap::new(),
            delivered: BTreeSet::new(),
            spoken: BTreeSet::new(),
            came_in: BTreeMap::new(),
            thrown_out: Vec::new(),
            cloned: Vec::new(),
            thefts: Vec::new(),
            now_ms: 0,
        }
    }

    /// Looks at what happened since it last did, and copies the disks that are worth it.
    pub fn look(&mut self, log: &Log, cabinet: &Rc<Cabinet>, inspector: &dyn Inspector) {
        let known = std::mem::replace(&mut self.looked, log.len());
        log.after(known, |entry| self.note(entry));
        for (room, client, epoch) in std::mem::take(&mut self.thrown_out) {
            let node = self.clients.iter().find(|(_, uri)| **uri == client);
            let Some((node, _)) = node else { continue };
            if let Some(loot) = inspector.steal(&cabinet.of(node), &room) {
                self.keep(room, client, Taken::AtRemoval, epoch, loot);
            }
        }
        for (room, node) in std::mem::take(&mut self.cloned) {
            let loot = inspector.steal(&cabinet.of(&node), &room);
            let loot = loot.and_then(|mut it| (!it.has_pending_commit()).then_some(it));
            match (self.clients.get(&node).cloned(), loot) {
                (Some(client), Some(mut loot)) => {
                    let epoch = loot.epoch();
                    self.keep(room, client, Taken::ByThief, epoch, loot);
                }
                _ => self.cloned.push((room, node)),
            }
        }
        for ((room, node), epoch) in self.came_in.clone() {
            let loot = inspector.steal(&cabinet.of(&node), &room);
            let Some(loot) = loot.filter(|loot| loot.first_epoch() == epoch) else { continue };
            self.came_in.remove(&(room.clone(), node.clone()));
            if let Some(client) = self.clients.get(&node).cloned() {
                self.keep(room, client, Taken::AtJoin, epoch, loot);
            }
        }
    }

    /// At the end: copies the disks of some members. `inside` are those that run.
    pub fn copy_members<'a>(
        &mut self,
        inside: impl Iterator<Item = (&'a RoomUri, &'a String)>,
        cabinet: &Rc<Cabinet>,
        inspector: &dyn Inspector,
    ) {
        let mut copied: BTreeMap<&RoomUri, usize> = BTreeMap::new();
        for (room, node) in inside.filter(|(room, _)| self.spoken.contains(*room)) {
            let place = (room.clone(), node.clone());
            let (Some(client), Some(epoch)) = (self.clients.get(node), self.epochs.get(&place))
            else {
                continue;
            };
            let count = copied.entry(room).or_default();
            if *count == MEMBERS {
                continue;
            }
            *count += 1;
            if let Some(loot) = inspector.steal(&cabinet.of(node), room) {
                let delivered = self.delivered.iter().filter(|(reader, _)| reader == node);
                self.thefts.push(Theft {
                    room: room.clone(),
                    client: client.clone(),
                    taken: Taken::AtEnd,
                    at_epoch: *epoch,
                    at_ms: self.now_ms,
                    delivered: delivered.map(|(_, digest)| *digest).collect(),
                    loot,
                });
            }
        }
    }

    /// Feeds every copy; returns what came of it. `letters` are the messages by their hashes.
    pub fn read(&mut self, log: &Log, letters: &BTreeMap<Digest, Letter>) -> Vec<Event> {
        let said = said(log);
        let read = self.thefts.iter_mut().flat_map(|theft| {
            let said = said.get(&theft.room).map_or(&[][..], Vec::as_slice);
            let node = self.clients.iter().find(|(_, client)| **client == theft.client);
            theft.read(said, letters, node.map_or("", |(node, _)| node))
        });
        read.collect()
    }

    fn keep(
        &mut self,
        room: RoomUri,
        client: ClientUri,
        taken: Taken,
        at_epoch: u64,
        loot: Box<dyn Stolen>,
    ) {
        tracing::debug!(%room, %client, ?taken, at_epoch, "a disk is copied");
        let (delivered, at_ms) = (BTreeSet::new(), self.now_ms);
        self.thefts.push(Theft { room, client, taken, at_epoch, at_ms, delivered, loot });
    }

    fn note(&mut self, entry: &Entry) {
        self.now_ms = entry.at_ms;
        match &entry.event {
            Event::Shadowed { room, stage: Stage::Committed, epoch, members, .. } => {
                let now: BTreeSet<_> = members.iter().map(|member| member.client.clone()).collect();
                let before = self.views.insert(room.clone(), now.clone()).unwrap_or_default();
                let gone = before.into_iter().filter(|client| !now.contains(client));
                self.thrown_out.extend(gone.map(|client| (room.clone(), client, *epoch)));
            }
            Event::Entered { room, epoch, way, .. } => {
                let place = (room.clone(), entry.node.clone());
                if matches!(way, Way::Welcome | Way::ExternalCommit) && self.spoken.contains(room) {
                    self.came_in.insert(place.clone(), *epoch);
                }
                self.epochs.insert(place, *epoch);
            }
            Event::Removed { room, .. } => {
                self.came_in.remove(&(room.clone(), entry.node.clone()));
            }
            Event::Cloned { room } => self.cloned.push((room.clone(), entry.node.clone())),
            Event::Submitted { room, .. } => {
                self.spoken.insert(room.clone());
            }
            Event::Delivered { digest, .. } => {
                self.delivered.insert((entry.node.clone(), *digest));
            }
            // Perhaps from before the last epoch that it came to.
            Event::RestartFound { room, group: Some(group), .. } => {
                self.epochs.insert((room.clone(), entry.node.clone()), group.epoch);
            }
            // Its disk is from before it read them.
            Event::Restarted { rolled_back: true } => {
                self.delivered.retain(|(node, _)| *node != entry.node);
            }
            _ => {}
        }
    }
}

/// What was accepted and what was said in each room, in order.
fn said(log: &Log) -> BTreeMap<RoomUri, Vec<Said>> {
    let mut said: BTreeMap<RoomUri, Vec<Said>> = BTreeMap::new();
    log.each(|entry| match &entry.event {
        Event::Accepted { room, kind, digest, epoch, proposals, .. } => {
            let said = said.entry(room.clone()).or_default();
            let (digest, epoch, at_ms) = (*digest, epoch + 1, entry.at_ms);
            match kind {
                Kind::Proposals => said.extend(proposals.iter().copied().map(Said::Proposal)),
                Kind::Commit | Kind::ExternalCommit => {
                    said.push(Said::Commit { digest, epoch, at_ms });
                }
                Kind::Created | Kind::Message => {}
            }
        }
        Event::Submitted { room, digest, epoch, .. } => {
            let from = entry.node.clone();
            let message = Said::Message { digest: *digest, epoch: *epoch, from };
            said.entry(room.clone()).or_default().push(message);
        }
        _ => {}
    });
    said
}

impl Theft {
    /// Feeds it what was said; `node` is its client's name in the trace.
    fn read(
        &mut self,
        said: &[Said],
        letters: &BTreeMap<Digest, Letter>,
        node: &str,
    ) -> Vec<Event> {
        // Taking up a copy is dear.
        let past_epochs = if self.taken == Taken::AtEnd { self.loot.past_epochs() } else { 0 };
        let is_old = |epoch: u64| epoch + past_epochs < self.at_epoch;
        let is_wanted = |said: &&Said| match (said, self.taken) {
            (Said::Proposal(_) | Said::Commit { .. }, taken) => {
                matches!(taken, Taken::AtRemoval | Taken::ByThief)
            }
            (Said::Message { epoch, .. }, Taken::AtRemoval) => *epoch >= self.at_epoch,
            (Said::Message { epoch, from, .. }, Taken::ByThief) => {
                *epoch >= self.at_epoch && from != node
            }
            (Said::Message { epoch, .. }, Taken::AtJoin) => *epoch < self.at_epoch,
            (Said::Message { digest, epoch, .. }, Taken::AtEnd) => {
                is_old(*epoch) || self.delivered.contains(digest)
            }
        };
        let wanted: Vec<_> = said.iter().filter(is_wanted).collect();
        let skipped = match self.taken {
            Taken::AtEnd => wanted.len().saturating_sub(OLD_MESSAGES),
            Taken::AtRemoval | Taken::AtJoin | Taken::ByThief => 0,
        };
        let (mut fed, mut events, mut shut_out) = (0, Vec::new(), None);
        for said in wanted.into_iter().skip(skipped) {
            let (Said::Proposal(digest)
            | Said::Commit { digest, .. }
            | Said::Message { digest, .. }) = said;
            let Some(letter) = letters.get(digest) else { continue };
            match said {
                Said::Proposal(_) => self.loot.follow(&letter.message),
                Said::Commit { epoch, at_ms, .. } => {
                    self.loot.follow(&letter.message);
                    let is_tried = self.taken == Taken::ByThief && shut_out.is_none();
                    if is_tried && self.loot.epoch() < *epoch {
                        shut_out = Some(self.shut_out(*digest, *epoch, *at_ms));
                    }
                }
                Said::Message { epoch, .. } => {
                    fed += 1;
                    if self.loot.opens(&letter.message) {
                        events.push(self.opened(*digest, *epoch));
                    }
                }
            }
        }
        let opened = events.len() as u64;
        let (room, client, taken) = (self.room.clone(), self.client.clone(), self.taken);
        let probed = Event::Probed { room, client, taken, at_epoch: self.at_epoch, fed, opened };
        events.extend((fed > 0).then_some(probed));
        events.extend(shut_out);
        events
    }

    fn shut_out(&self, commit: Digest, epoch: u64, at_ms: u64) -> Event {
        let (room, client, at_epoch) = (self.room.clone(), self.client.clone(), self.at_epoch);
        let after_ms = at_ms.saturating_sub(self.at_ms);
        Event::ShutOut { room, client, at_epoch, epoch, commit, after_ms }
    }

    fn opened(&self, digest: Digest, epoch: u64) -> Event {
        let (room, client, taken) = (self.room.clone(), self.client.clone(), self.taken);
        Event::Opened { room, client, taken, at_epoch: self.at_epoch, digest, epoch }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A copy that opens nothing, and notes what it is given.
    struct Sealed(Rc<RefCell<Vec<String>>>);

    impl Stolen for Sealed {
        fn first_epoch(&self) -> u64 {
            0
        }

        fn follow(&mut self, handshake: &[u8]) {
            self.0.borrow_mut().push(format!("follows {}", String::from_utf8_lossy(handshake)));
        }

        fn epoch(&mut self) -> u64 {
            8
        }

        fn has_pending_commit(&mut self) -> bool {
            false
        }

        fn past_epochs(&mut self) -> u64 {
            5
        }

        fn opens(&mut self, message: &[u8]) -> bool {
            self.0.borrow_mut().push(String::from_utf8_lossy(message).into_owned());
            false
        }
    }

    /// What a copy that was taken at epoch 8 is given of a room in which a commit leads from each
    /// of ten epochs to the next, and one message is sent in each. Its client has read the sixth.
    fn given(taken: Taken) -> Vec<String> {
        let room = RoomUri::parse("mimi://a.example/r/r").unwrap();
        let mut letters = BTreeMap::new();
        let mut said = Vec::new();
        let mut say = |text: String, is_application| {
            let message = text.into_bytes();
            let digest = Digest::of(&message);
            let (room, whole) = (room.clone(), message.clone());
            letters.insert(digest, Letter { room, is_application, message, whole });
            digest
        };
        for epoch in 0..10 {
            let digest = say(format!("m{epoch}"), true);
            let from = if epoch == 9 { "A1" } else { "B1" }.to_owned();
            said.push(Said::Message { digest, epoch, from });
            let (digest, at_ms) = (say(format!("c{epoch}"), false), epoch * 1_000);
            said.push(Said::Commit { digest, epoch: epoch + 1, at_ms });
        }
        let Said::Message { digest: sixth, .. } = said[12] else { unreachable!() };
        let noted = Rc::default();
        let mut theft = Theft {
            room: room.clone(),
            client: ClientUri::parse("mimi://a.example/d/A1").unwrap(),
            taken,
            at_epoch: 8,
            at_ms: 7_500,
            delivered: [sixth].into(),
            loot: Box::new(Sealed(Rc::clone(&noted))),
        };
        let events = theft.read(&said, &letters, "A1");
        let fed = noted.borrow().iter().filter(|it| it.starts_with('m')).count() as u64;
        assert!(matches!(events[0], Event::Probed { fed: told, opened: 0, .. } if told == fed));
        match events.get(1) {
            None => assert_ne!(taken, Taken::ByThief),
            Some(Event::ShutOut { epoch: 9, after_ms: 500, .. }) => {}
            Some(other) => panic!("{other:?}"),
        }
        noted.take()
    }

    #[test]
    fn each_copy_is_fed_what_it_must_not_open() {
        assert_eq!(given(Taken::AtJoin), ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"]);
        assert_eq!(given(Taken::AtEnd), ["m0", "m1", "m2", "m6"]);
        let removed = given(Taken::AtRemoval);
        let read: Vec<_> = removed.iter().filter(|it| it.starts_with('m')).collect();
        assert_eq!(read, ["m8", "m9"]);
        assert_eq!(removed.len(), 12, "it follows all commits: {removed:?}");
        let thief = given(Taken::ByThief);
        let read: Vec<_> = thief.iter().filter(|it| it.starts_with('m')).collect();
        assert_eq!(read, ["m8"], "what its own client says in epoch 9 is left out");
        assert_eq!(thief.len(), 11, "it follows all commits: {thief:?}");
    }
}
