//! The rounds in which a client compares (`mimi::watch`): with whom, in which room, and what it is
//! told.

use super::Client;
use super::room::{Room, Standing};
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::mimi::watch::{Claim, Detector, Speaker};
use crate::node::{Reply, Unanswered};
use crate::trace::Event;

impl Client {
    /// Begins a round where one is due. Clients have different times for it.
    pub(super) fn watch_round(&mut self, now_ms: u64) {
        if !self.kit.watching.is_on() || !self.registered {
            return;
        }
        let every = self.kit.watching.every_ms;
        let first = now_ms + 1 + self.kit.stagger(every);
        let due = *self.watch.due_ms.get_or_insert(first);
        if now_ms < due {
            return;
        }
        self.watch.due_ms = Some(now_ms + every);
        self.watch.rounds += 1;
        self.setup.journal.set_cause(None);
        let uris: Vec<_> = self.rooms.keys().cloned().collect();
        for uri in &uris {
            self.speak_of(uri, &uris);
        }
        self.watch.is_in_touch = false;
        self.has_changed = true;
    }

    fn speak_of(&mut self, uri: &RoomUri, all: &[RoomUri]) {
        let watching = self.kit.watching.clone();
        let Some(mut room) = self.rooms.remove(uri) else { return };
        if watching.has(Detector::Authenticators) {
            self.meet(&room);
        }
        if watching.has(Detector::Receipts) && room.record.standing == Standing::Member {
            room.ask_receipt(&self.kit);
        }
        // Who was not in touch has heard nobody, and says nothing of that.
        if watching.has(Detector::Heartbeats) && self.watch.is_in_touch {
            room.beat(&self.kit);
        }
        self.collect(uri, &mut room);
        let claim = room.claim(Detector::Gossip).filter(|_| watching.has(Detector::Gossip));
        self.rooms.insert(uri.clone(), room);
        if let Some(claim) = claim {
            self.gossip(claim, all);
        }
    }

    /// Tells one other member, a different one each round.
    fn meet(&mut self, room: &Room) {
        let Some(claim) = room.claim(Detector::Authenticators) else { return };
        let members = room.member.as_ref().and_then(|member| member.members().ok());
        let own = &self.kit.actor.client;
        let others = members.unwrap_or_default().into_iter().map(|it| it.client);
        let mut others: Vec<_> = others.filter(|client| client != own).collect();
        others.sort();
        // From the own place on, so that not everybody meets the same one.
        let place = others.partition_point(|client| client < own) as u64 + self.watch.rounds;
        let count = (others.len() as u64).max(1);
        let Some(to) = others.get((place % count) as usize) else { return };
        let words = claim.encode();
        self.setup.journal.record(Event::Claimed {
            room: room.uri.clone(),
            detector: Detector::Authenticators.id().to_owned(),
            epoch: claim.epoch,
            to: to.name().to_owned(),
            bytes: words.len() as u64,
        });
        self.setup.out_of_band.tell(to, words.into());
    }

    /// Speaks of a room in another one, of another hub where there is one; in a different one each
    /// round.
    fn gossip(&mut self, claim: Claim, all: &[RoomUri]) {
        let is_member = |uri: &&RoomUri| {
            **uri != claim.room
                && self.rooms.get(*uri).is_some_and(|it| it.record.standing == Standing::Member)
        };
        let elsewhere = |uri: &&&RoomUri| uri.provider() != claim.room.provider();
        let others: Vec<_> = all.iter().filter(is_member).collect();
        let foreign: Vec<_> = others.iter().filter(elsewhere).copied().collect();
        let from = if foreign.is_empty() { others } else { foreign };
        let count = (from.len() as u64).max(1);
        let Some(uri) = from.get((self.watch.rounds % count) as usize).copied() else { return };
        let Some(mut room) = self.rooms.remove(uri) else { return };
        room.say(&self.kit, vec![claim]);
        self.collect(uri, &mut room);
        self.rooms.insert(uri.clone(), room);
    }

    /// Takes what a room has to say, and what was said in it of this and other rooms.
    pub(super) fn collect(&mut self, uri: &RoomUri, room: &mut Room) {
        for saying in room.says.drain(..) {
            self.watch.add(uri, saying);
        }
        for (client, claim) in std::mem::take(&mut room.heard) {
            let speaker = Speaker::Client(client);
            match claim.room == *uri {
                true => room.hear(&self.kit, &speaker, claim),
                false => self.hear(&speaker, claim),
            }
        }
    }

    /// What was said of a room counts for who knows it.
    fn hear(&mut self, speaker: &Speaker, claim: Claim) {
        if let Some(room) = self.rooms.get_mut(&claim.room) {
            room.hear(&self.kit, speaker, claim);
        }
    }

    /// Another user tells something in person.
    pub(super) async fn told(&mut self, from: &ClientUri, words: &[u8]) {
        self.setup.journal.set_cause(None);
        let Ok(claim) = Claim::decode(words) else { return };
        if claim.detector == Detector::Authenticators {
            self.hear(&Speaker::Client(from.clone()), claim);
            self.has_changed = true;
            self.sync().await;
        }
    }

    /// An answer to what the watch has sent came, or none will.
    pub(super) fn watch_answered(&mut self, result: &Result<Reply, Unanswered>) {
        let now = self.now();
        let Some((uri, epoch, response)) = self.watch.answered(result, now) else { return };
        if let Some(room) = self.rooms.get_mut(&uri) {
            room.got_receipt(&self.kit, epoch, response.0);
        }
    }
}
