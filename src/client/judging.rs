//! Holding others' commits against the rules, as the hub should have done.
//!
//! Hub and clients run the same catalogue ([`crate::mimi::rules`]); only what they hold a commit
//! against differs: here it is what this client believes. A commit that breaks a rule is refused,
//! and with it the hub that accepted it: the client stays in its epoch, says why, and does nothing
//! more in the room. Coming back by an external commit would be following after all.
//!
//! What waits is judged as the commit that takes it along, since a member's own commit has to
//! (R18): each time that proposals come. Where the rules object, this client makes no such commit,
//! and says nothing in the room either, which it would have to commit before (R37). The hub demands
//! what may not be, so the room stands still, until somebody comes in from outside: that voids
//! what waits (R34). A client's own proposals count as accepted only from the moment that the hub,
//! or a commit that names them, says so.
//!
//! Not here: what this client's own user wants, which its hub judges, and states that it joins:
//! what led to them it can't see.

use super::job::Kind;
use super::kit::Kit;
use super::room::Room;
use crate::mimi::rules::{
    Actor, Base, CachedProposal, Handshake, HandshakeKind, Part, Refusal, What, exiting, gave_way,
    servers,
};
use crate::mls::{Member, MlsError};
use crate::trace::{Digest, Event, Fate};

impl Room {
    /// Whether somebody's commit may be followed.
    ///
    /// # Errors
    /// The first rule that objects.
    pub(super) fn judge(&self, kit: &Kit, handshake: &Handshake) -> Result<(), Refusal> {
        let Some(member) = &self.member else { return Ok(()) };
        let Ok((members, cached)) = self.believed(kit, member, handshake) else { return Ok(()) };
        on_base(kit, member, (&members, &cached), |base| kit.rules.judge_handshake(base, handshake))
    }

    /// Looks whether what waits may be committed at all, now that the message with this digest has
    /// come.
    pub(super) fn judge_waiting(&mut self, kit: &Kit, digest: Digest) {
        let verdict = self.commit_of_waiting(kit).map_or(Ok(()), |commit| self.judge(kit, &commit));
        self.record.barred = verdict.err().map(|refusal| {
            self.reject(kit, digest, refusal.rule, &refusal.why);
            format!("what waits may not be committed: {refusal}")
        });
    }

    /// The commit that takes along what waits, with what its committer owes, and nothing else.
    fn commit_of_waiting(&self, kit: &Kit) -> Option<Handshake> {
        let member = self.member.as_ref()?;
        let owed = self.owed_to_servers().map(What::Update);
        let by_value = |what| Part { sender: kit.actor.clone().into(), by_reference: None, what };
        let mut parts = member.proposals().ok()?;
        let job = self.record.job.as_ref();
        if job.is_some_and(|job| matches!(job.kind, Kind::Propose { .. })) {
            // The hub has not said yet whether it takes this client's own.
            parts.retain(|part| part.sender.client() != Some(&kit.actor));
        }
        parts.extend(owed.map(by_value));
        let (kind, actor) = (HandshakeKind::Commit, kit.actor.clone().into());
        Some(Handshake { kind, epoch: member.epoch(), actor, parts })
    }

    /// Ends what the user wants in a room in which nothing can be committed.
    pub(super) fn give_up_while_barred(&mut self, kit: &Kit) -> bool {
        let Some(why) = self.record.barred.clone() else { return false };
        for wanted in std::mem::take(&mut self.record.wanted) {
            self.end(kit, &wanted, Fate::Refused, &why);
        }
        true
    }

    /// Of the proposals that wait, drops those that have given way to later ones, where that is how
    /// the drafts are read (Q3). `came` were accepted at this hub's time.
    pub(super) fn make_way(&mut self, kit: &Kit, came: &[Part], stamp: u64) {
        let Some(member) = &mut self.member else { return };
        let stamps = &mut self.record.stamps;
        let references = came.iter().filter_map(|part| part.by_reference.clone());
        stamps.extend(references.map(|reference| (reference, stamp)));
        let (Ok(members), Ok(mut waiting)) = (member.members(), member.waiting()) else { return };
        stamps.retain(|reference, _| waiting.iter().any(|it| it.reference == *reference));
        // Own ones without a stamp are not accepted yet, as far as this client has heard.
        waiting.retain(|it| stamps.contains_key(&it.reference));
        waiting.sort_by_key(|it| stamps.get(&it.reference).copied());
        let gone = on_base(kit, member, (&members, &waiting), |base| gave_way(&kit.rules, base));
        // The library's storage is in memory: dropping has no way to fail.
        let _ = member.drop_named(&kit.library, &gone);
        let mine = |it: &CachedProposal| it.sender.client() == Some(&kit.actor);
        if waiting.iter().any(|it| mine(it) && gone.contains(&it.reference)) {
            self.record.exiting = false;
            if let Some(leaving) = self.record.leaving.take() {
                self.end(kit, &leaving, Fate::Refused, "it gave way to a later proposal");
            }
        }
    }

    /// The members, and the proposals that count as accepted when this commit is judged.
    fn believed(
        &self,
        kit: &Kit,
        member: &Member,
        handshake: &Handshake,
    ) -> Result<(Vec<Actor>, Vec<CachedProposal>), MlsError> {
        let job = self.record.job.as_ref();
        let asking = job.is_some_and(|job| matches!(job.kind, Kind::Propose { .. }));
        let named = |reference: &Vec<u8>| {
            handshake.parts.iter().any(|part| part.by_reference.as_ref() == Some(reference))
        };
        let mut cached = member.waiting()?;
        cached
            .retain(|it| !asking || it.sender.client() != Some(&kit.actor) || named(&it.reference));
        Ok((member.members()?, cached))
    }

    /// From here on this client does not follow the room's hub.
    pub(super) fn part_with_hub(&mut self, kit: &Kit, digest: Digest, refusal: &Refusal) {
        tracing::warn!(room = %self.uri, rule = refusal.rule, why = refusal.why, "not followed");
        kit.journal.record(Event::Rejected {
            room: self.uri.clone(),
            digest,
            rule: refusal.rule.to_owned(),
            why: refusal.why.clone(),
        });
        let epoch = self.epoch();
        self.record.parted = Some(format!(
            "not in the state that the hub is in: {} was broken after epoch {epoch}",
            refusal.rule
        ));
        if let (Some(member), Some(_)) = (&mut self.member, &self.record.job) {
            // The library's storage is in memory: dropping has no way to fail.
            let _ = member.drop_own(&kit.library);
        }
        self.give_up(kit);
    }

    /// Ends all that the user wants of a room whose hub this client does not follow.
    pub(super) fn give_up(&mut self, kit: &Kit) {
        let Some(why) = self.record.parted.clone() else { return };
        let under_way = self.record.job.take().and_then(|job| job.wanted);
        let leaving = self.record.leaving.take();
        let waiting = std::mem::take(&mut self.record.wanted);
        for wanted in under_way.into_iter().chain(leaving).chain(waiting) {
            self.end(kit, &wanted, Fate::Refused, &why);
        }
    }
}

/// Looks at what this client believes, with these members and what waits.
fn on_base<T>(
    kit: &Kit,
    member: &Member,
    (members, cached): (&[Actor], &[CachedProposal]),
    look: impl FnOnce(&Base<'_>) -> T,
) -> T {
    let committed = member.state();
    let proposed: Vec<_> = cached.iter().map(|it| (&it.sender, &it.what)).collect();
    // What waits was accepted, so it can be applied; were it not so, the commit could not be.
    let provisional = servers::provisional(committed, members, &proposed);
    let provisional = provisional.unwrap_or_else(|_| committed.clone());
    look(&Base {
        epoch: member.epoch(),
        committed,
        provisional: &provisional,
        members,
        cached,
        exiting: &exiting(committed, &provisional),
        epoch_tolerance: 0,
        parent: None,
        admitted: None,
        readings: kit.rules.readings(),
    })
}
