//! One room's part in noticing a hub that lies (`mimi::watch`): what the client remembers of it,
//! what it says of it, and what it makes of what others say.
//!
//! What is to be sent is left for `watch` to collect, which has a way to the provider of its own:
//! the room's business goes on beside it.
//!
//! Not here: what follows from an alarm. It is recorded, for the user to see.

use std::collections::BTreeSet;

use super::kit::Kit;
use super::room::{Room, Standing};
use crate::mimi::content::Content;
use crate::mimi::policy::Capability;
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};
use crate::mimi::watch::{Alarm, Claim, Claims, Detector, Receipt, Seen, Speaker};
use crate::mimi::wire::SubmitMessageRequest;
use crate::mls::{Member, MlsError, RoomSnapshot, is_receipt_signed};
use crate::node::telling;
use crate::trace::{Digest, Way};

/// What a room has to say, beside its business.
pub(super) enum Saying {
    /// An application message, encrypted, about this epoch.
    Message { detector: Detector, body: Vec<u8>, epoch: u64 },
    /// The hub is to sign which commit led to this epoch.
    Receipt { epoch: u64 },
    /// The own provider is to know who has participants.
    Peers { peers: BTreeSet<ProviderName>, epoch: u64 },
}

impl Room {
    /// The client is in an epoch that it was not in before.
    pub(super) fn remember(
        &mut self,
        kit: &Kit,
        (way, commit): (Way, Option<Digest>),
        snapshot: &RoomSnapshot,
    ) {
        if !kit.watching.is_on() {
            return;
        }
        if !matches!(way, Way::Commit | Way::OwnCommit) {
            self.record.beats.restart();
        }
        if self.record.exiting {
            self.record.beats.deaf_in(snapshot.epoch.saturating_sub(1));
        }
        if !snapshot.state.can(&kit.actor.user, Capability::RECEIVE_MESSAGE) {
            self.record.beats.deaf_in(snapshot.epoch);
        }
        let state = snapshot.authenticator.as_deref().map(|it| Digest::of(it).0);
        let seen = Seen { commit: commit.map(|it| it.0), state, receipt: None };
        for alarm in self.record.memory.enter(snapshot.epoch, seen) {
            self.alarm(kit, alarm);
        }
        if kit.watching.has(Detector::Exchange) {
            let users = snapshot.state.participants.participants.iter();
            let peers = users.map(|it| it.user.provider().clone()).collect();
            self.says.push(Saying::Peers { peers, epoch: snapshot.epoch });
        }
        self.ask_receipt(kit);
    }

    /// Has the hub sign which commit led here.
    pub(super) fn ask_receipt(&mut self, kit: &Kit) {
        let newest = self.record.memory.newest();
        if let Some((epoch, Seen { commit: Some(_), .. })) = newest
            && kit.watching.has(Detector::Receipts)
        {
            self.says.push(Saying::Receipt { epoch });
        }
    }

    /// The hub's word for the commit that led to an epoch came; or it gives none.
    pub(super) fn got_receipt(&mut self, kit: &Kit, epoch: u64, receipt: Option<Receipt>) {
        let Some((newest, seen)) = self.record.memory.newest() else { return };
        let (Some(commit), true) = (seen.commit, newest == epoch) else { return };
        let Some(key) = self.member.as_ref().and_then(Member::hub_key) else { return };
        let short = |hash: &[u8; 32]| hex::encode(&hash[..4]);
        let here = short(&commit);
        let why = match receipt {
            None => format!("the hub knows of no commit that led here, and {here} did"),
            Some(it) if it.room != self.uri || it.epoch != epoch => {
                "the hub's receipt is for another epoch".to_owned()
            }
            Some(it) if !is_receipt_signed(&kit.library, &key, &it) => {
                "the receipt is not signed by the hub".to_owned()
            }
            Some(it) if it.commit != commit => {
                let there = short(&it.commit);
                format!("commit {here} led here, and the hub's receipt is for {there}")
            }
            Some(it) => return self.record.memory.keep_receipt(it),
        };
        let alarm = Alarm { detector: Detector::Receipts, epoch, why, proven: false };
        if let Some(alarm) = self.record.memory.raise(alarm) {
            self.alarm(kit, alarm);
        }
    }

    /// What this client takes the room to be now, for others to compare.
    pub(super) fn claim(&self, detector: Detector) -> Option<Claim> {
        let (epoch, seen) = self.record.memory.newest()?;
        (self.record.standing == Standing::Member && self.record.parted.is_none()).then(|| Claim {
            detector,
            room: self.uri.clone(),
            epoch,
            commit: seen.commit,
            state: seen.state,
            sent: self.record.beats.count(epoch),
            receipt: seen.receipt.clone(),
        })
    }

    /// Tells the others in this epoch, which it ends, which commit of this client's ends it.
    pub(super) fn announce(&mut self, kit: &Kit, commit: Option<Digest>) {
        let (Some(commit), true) = (commit, kit.watching.has(Detector::Announcements)) else {
            return;
        };
        let (detector, epoch) = (Detector::Announcements, self.epoch() + 1);
        let (room, commit) = (self.uri.clone(), Some(commit.0));
        let claim = Claim { detector, room, epoch, commit, state: None, sent: 0, receipt: None };
        self.say(kit, vec![claim]);
    }

    /// Says in this room, to its members' clients, what is claimed.
    pub(super) fn say(&mut self, kit: &Kit, claims: Vec<Claim>) {
        let Some((detector, epoch)) = claims.last().map(|last| (last.detector, last.epoch)) else {
            return;
        };
        if !self.may_speak(kit) {
            return;
        }
        // What can't be encrypted now is not worth a second try: the next round comes.
        if let Ok(body) = self.message_of(kit, &Claims(claims)) {
            self.says.push(Saying::Message { detector, body, epoch });
        }
    }

    fn may_speak(&self, kit: &Kit) -> bool {
        let can = |member: &Member| {
            let user = &kit.actor.user;
            !member.has_proposals() && member.state().can(user, Capability::SEND_MESSAGE)
        };
        let record = &self.record;
        let present = record.standing == Standing::Member && record.parted.is_none();
        present && !record.exiting && self.member.as_ref().is_some_and(can)
    }

    fn message_of(&mut self, kit: &Kit, claims: &Claims) -> Result<Vec<u8>, MlsError> {
        let said_by = (kit.actor.user.clone(), self.uri.clone());
        let salt = kit.library.salt()?;
        let id = format!("claim {}", hex::encode(salt));
        let (message, _) = self.seal(kit, &Content::claiming(claims, id, said_by, salt))?;
        let sending_user = kit.actor.user.clone();
        Ok(SubmitMessageRequest { message, sending_user }.encode())
    }

    /// Somebody claims something of this room. Its receipt counts where the hub has signed it.
    pub(super) fn hear(&mut self, kit: &Kit, speaker: &Speaker, mut claim: Claim) {
        if !kit.watching.has(claim.detector) {
            return;
        }
        let key = self.member.as_ref().and_then(Member::hub_key);
        let signed = |it: &Receipt| {
            it.room == claim.room
                && it.epoch == claim.epoch
                && Some(it.commit) == claim.commit
                && key.as_ref().is_some_and(|key| is_receipt_signed(&kit.library, key, it))
        };
        claim.receipt = claim.receipt.take().filter(signed);
        if let (Detector::Heartbeats, Speaker::Client(client)) = (claim.detector, speaker) {
            self.record.beats.heard(client, claim.epoch, claim.sent);
        }
        if let Some(alarm) = self.record.memory.hear(speaker, claim) {
            self.alarm(kit, alarm);
        }
    }

    /// A round of heartbeats: says that this client is there, and looks who was not heard.
    pub(super) fn beat(&mut self, kit: &Kit) {
        let Some(claim) = self.claim(Detector::Heartbeats) else { return };
        let (epoch, own) = (claim.epoch, &kit.actor.client);
        // What was said at the end of the epoch before is told of now.
        let earlier = epoch.checked_sub(1).map(|epoch| (epoch, self.record.beats.count(epoch)));
        let earlier = earlier.filter(|(_, sent)| *sent > 0).map(|(epoch, sent)| Claim {
            epoch,
            sent,
            commit: None,
            state: None,
            receipt: None,
            ..claim.clone()
        });
        let Some(member) = &self.member else { return };
        let can = |user: &UserUri| member.state().can(user, Capability::SEND_MESSAGE);
        let members = member.members().unwrap_or_default();
        let others = members.into_iter().filter(|it| it.client != *own && can(&it.user));
        // Who may not read hears nobody, by right.
        let hears = member.state().can(&kit.actor.user, Capability::RECEIVE_MESSAGE);
        let expected: BTreeSet<ClientUri> = others.filter(|_| hears).map(|it| it.client).collect();
        let span = (self.record.first_epoch, epoch);
        let found = self.record.beats.round(span, &expected, kit.watching.patience);
        for why in found {
            let alarm = Alarm { detector: Detector::Heartbeats, epoch, why, proven: false };
            if let Some(alarm) = self.record.memory.raise(alarm) {
                self.alarm(kit, alarm);
            }
        }
        self.say(kit, earlier.into_iter().chain([claim]).collect());
    }

    fn alarm(&mut self, kit: &Kit, alarm: Alarm) {
        tracing::warn!(room = %self.uri, detector = alarm.detector.id(), why = alarm.why, "alarm");
        kit.journal.record(telling::alarmed(&self.uri, alarm));
    }
}
