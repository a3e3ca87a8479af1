//! What a provider does to notice that a room's hub tells others something else, or to put its own
//! word in writing (`mimi::watch`).
//!
//! As a hub it signs, for whoever has participants in the room, which commit led to an epoch. With
//! the exchange on, each provider notes the commits that it was sent for its clients, and tells the
//! other providers of the room's participants, round by round, what is new; what they tell it, it
//! holds against that. Whom there is to tell, its own clients say: a follower sees no list.
//!
//! Not here: what follows from an alarm. It is recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use bytes::Bytes;

use super::Inner;
use super::answer::{Failure, Try, answer};
use super::directory::Errand as Passed;
use crate::mimi::uri::{ProviderName, RoomUri};
use crate::mimi::watch::{
    Claim, Claims, Detector, Memory, Peers, Receipt, ReceiptRequest, ReceiptResponse, Seen, Speaker,
};
use crate::mimi::wire::{FanoutMessage, Route};
use crate::mls::{PeekKind, peek, sign_receipt};
use crate::node::telling;
use crate::trace::{Digest, Event};

/// What a provider has seen of a room.
#[derive(Clone, Default)]
pub(super) struct Witness {
    memory: Memory,
    /// Who else has participants in it.
    peers: BTreeSet<ProviderName>,
    /// The last epoch that each of them has confirmed to have heard of.
    told: BTreeMap<ProviderName, u64>,
}

impl Witness {
    /// What a provider has not heard yet; with the last epoch of it.
    fn news_for(&self, peer: &ProviderName, room: &RoomUri) -> Option<(u64, Claims)> {
        let known = self.told.get(peer).copied().unwrap_or_default();
        let claim = |(epoch, seen): (u64, &Seen)| Claim {
            detector: Detector::Exchange,
            room: room.clone(),
            epoch,
            commit: seen.commit,
            state: None,
            sent: 0,
            receipt: None,
        };
        let latest = self.memory.latest(Claims::MOST).filter(|(epoch, _)| *epoch > known);
        let claims: Vec<_> = latest.map(claim).collect();
        Some((claims.last()?.epoch, Claims(claims)))
    }
}

impl Inner {
    /// Answers a request for a receipt: nothing where no such commit was accepted here.
    pub(super) fn receipt(
        &self,
        asker: &ProviderName,
        uri: &RoomUri,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let ReceiptRequest { epoch } =
            ReceiptRequest::decode(body).map_err(|error| Failure::malformed(&error).about(uri))?;
        let (commit, concerned) = self.with_room(uri, |room| {
            let mut listed = room.view.state().participants.participants.iter();
            let concerned = listed.any(|it| it.user.provider() == asker);
            (room.record.commits.get(&epoch).copied(), concerned)
        })?;
        if !concerned {
            let why = format!("{asker} has no participant in the room");
            return Err(Failure::new(403, "peer-is-who-it-says", &why).about(uri));
        }
        let sign = |commit: Digest| {
            let (room, signature) = (uri.clone(), Vec::new());
            let receipt = Receipt { room, epoch, commit: commit.0, signature };
            sign_receipt(&self.identity, receipt)
        };
        Ok(answer(200, ReceiptResponse(commit.map(sign)).encode()))
    }

    /// The same for an own client, of whatever hub.
    pub(super) async fn ask_receipt(
        &self,
        room: &RoomUri,
        trying: &Try,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        if self.is_hub_of(room) {
            return self.receipt(&self.setup.name.clone(), room, &body);
        }
        self.pass(trying, Route::Receipt(room.clone()), room, body).await
    }

    /// An own client says who has participants in a room.
    pub(super) async fn learn_peers(
        &self,
        room: &RoomUri,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let Peers(mut peers) =
            Peers::decode(body).map_err(|error| Failure::malformed(&error).about(room))?;
        peers.remove(&self.setup.name);
        self.state.borrow_mut().witness.entry(room.clone()).or_default().peers = peers;
        self.sync().await;
        Ok(answer(201, Bytes::new()))
    }

    /// A commit came for the own clients.
    pub(super) fn witness(&self, room: &RoomUri, event: &FanoutMessage) {
        if !self.setup.watching.has(Detector::Exchange) {
            return;
        }
        let Ok(outside) = peek(&event.message) else { return };
        if !matches!(outside.kind, PeekKind::Commit | PeekKind::ExternalCommit) {
            return;
        }
        let commit = Some(Digest::of(&event.message).0);
        let mut state = self.state.borrow_mut();
        let memory = &mut state.witness.entry(room.clone()).or_default().memory;
        let seen = Seen { commit, ..Seen::default() };
        let alarms = memory.note(outside.epoch + 1, seen);
        drop(state);
        alarms.into_iter().for_each(|alarm| {
            self.setup.journal.record(telling::alarmed(room, alarm));
        });
    }

    /// Another provider tells what it was sent.
    pub(super) async fn heard_claims(
        &self,
        peer: &ProviderName,
        room: &RoomUri,
        body: &Bytes,
    ) -> Result<http::Response<Bytes>, Failure> {
        let Claims(claims) =
            Claims::decode(body).map_err(|error| Failure::malformed(&error).about(room))?;
        let Some(mut witness) = self.state.borrow().witness.get(room).cloned() else {
            return Err(Failure::unknown_room(room));
        };
        if !witness.peers.contains(peer) {
            let why = format!("nobody here knows of a participant of {peer}");
            return Err(Failure::new(403, "peer-is-who-it-says", &why).about(room));
        }
        let speaker = Speaker::Provider(peer.clone());
        for claim in claims.into_iter().filter(|claim| claim.room == *room) {
            // Whatever it says of itself, this is how it came.
            let claim = Claim { detector: Detector::Exchange, receipt: None, ..claim };
            if let Some(alarm) = witness.memory.hear(&speaker, claim) {
                self.setup.journal.record(telling::alarmed(room, alarm));
            }
        }
        self.state.borrow_mut().witness.insert(room.clone(), witness);
        self.sync().await;
        Ok(answer(201, Bytes::new()))
    }

    /// Tells others what is new, round by round.
    pub(super) fn exchange_forever(self: &Rc<Self>) {
        if !self.setup.watching.has(Detector::Exchange) {
            return;
        }
        let inner = self.clone();
        tokio::task::spawn_local(async move {
            loop {
                inner.setup.clock.sleep(inner.setup.watching.every_ms).await;
                inner.tell_peers().await;
            }
        });
    }

    async fn tell_peers(&self) {
        let news: Vec<_> = {
            let state = self.state.borrow();
            let told = state.witness.iter().flat_map(|(room, witness)| {
                let news = |peer| Some((room.clone(), peer, witness.news_for(peer, room)?));
                witness.peers.iter().filter_map(news)
            });
            told.map(|(room, peer, news)| (room, peer.clone(), news)).collect()
        };
        for (room, to, (epoch, claims)) in news {
            let body = claims.encode();
            self.setup.journal.record(Event::Claimed {
                room: room.clone(),
                detector: Detector::Exchange.id().to_owned(),
                epoch,
                to: to.to_string(),
                bytes: body.len() as u64,
            });
            let passed = Passed {
                to: to.clone(),
                route: Route::Claims(room.clone()),
                room: Some(room.clone()),
                about: format!("claims {} {epoch} for {to}", room.name()),
                attempt: 1,
                body: Some(body.into()),
            };
            // Who refuses to hear of the room is not told again either.
            if self.ask(passed).await.is_ok_and(|reply| reply.is_definite())
                && let Some(witness) = self.state.borrow_mut().witness.get_mut(&room)
            {
                witness.told.insert(to, epoch);
            }
        }
    }
}
