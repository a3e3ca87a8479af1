//! Holding others' commits against the rules, as the hub should have done.
//!
//! Hub and clients run the same catalogue ([`crate::mimi::rules`]); only what they hold a commit
//! against differs: here it is what this client believes. A commit that breaks a rule is refused,
//! and with it the hub that accepted it: the client stays in its epoch, says why, and does nothing
//! more in the room. Coming back by an external commit would be following after all.
//!
//! Proposals are not judged when they come: alone they change nothing, and the commit that names
//! them is judged with them. A client's own proposals count as accepted only from the moment that
//! the hub, or a commit that names them, says so.
//!
//! Not here: commits of this client's own, which its hub judges, and states that it joins: what
//! led to them it can't see.

use std::collections::BTreeSet;

use super::job::Kind;
use super::kit::Kit;
use super::room::Room;
use crate::mimi::rules::{Actor, Base, CachedProposal, Handshake, Refusal, servers};
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
        let committed = member.state();
        let proposed: Vec<_> = cached.iter().map(|it| (&it.sender, &it.what)).collect();
        // What waits was accepted, so it can be applied; were it not so, the commit could not be.
        let provisional = servers::provisional(committed, &members, &proposed);
        let provisional = provisional.unwrap_or_else(|_| committed.clone());
        let listed = |user| committed.is_participant(user) && !provisional.is_participant(user);
        let users = committed.participants.participants.iter().map(|listed| &listed.user);
        let exiting: BTreeSet<_> = users.filter(|user| listed(user)).cloned().collect();
        kit.rules.judge_handshake(
            &Base {
                epoch: member.epoch(),
                committed,
                provisional: &provisional,
                members: &members,
                cached: &cached,
                exiting: &exiting,
                epoch_tolerance: 0,
                parent: None,
                admitted: None,
                readings: kit.rules.readings(),
            },
            handshake,
        )
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
