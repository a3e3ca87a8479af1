//! Repairs of a room that some of its members have lost: they are added again, or the room begins
//! anew.
//!
//! Who has lost the room comes back by itself as a rule, by an external commit (`joining`). Where
//! the room lets nobody in like that, a member that is in step takes the lost clients out and adds
//! them again in one commit. That is what OpenMLS's `fork-resolution` does, as the plan of a commit:
//! the same client's Remove and Add, with a KeyPackage that is new. The hub and all who are in step
//! judge it like any other, so that nothing is repaired toward an older state: a commit on one is
//! refused.
//!
//! Where nobody is in step with the hub any more, no commit leads on. Then a member opens another
//! room in the place of the lost one, as it last knew it: its participants with their roles, its
//! policy and its bans. The clients of those who had any in it are added as by any invitation.
//!
//! Not here: noticing that a room is lost. The user says so.

use super::job::{Estate, Wanted};
use super::kit::Kit;
use super::room::{Room, Standing};
use crate::mimi::room::{RoomMetadata, RoomState};
use crate::mimi::uri::UserUri;
use crate::mls::{CommitPlan, key_package_facts};
use crate::node::wish::Wish;
use crate::trace::Fate;

impl Room {
    /// Takes the user's clients that are members out, and adds them by new KeyPackages. The own
    /// client stays, and so does one for which there is no KeyPackage.
    pub(super) fn begin_re_add(
        &mut self,
        kit: &Kit,
        mut wanted: Wanted,
        user: &UserUri,
        now_ms: u64,
    ) {
        let inside = self.clients_to_remove(user).into_iter();
        let lost: Vec<_> = inside.filter(|client| *client != kit.actor.client).collect();
        if lost.is_empty() {
            return self.end(kit, &wanted, Fate::Abandoned, "no client of the user's is there");
        }
        let Some(material) = self.fresh_material(kit, &mut wanted, now_ms) else {
            return self.ask_for_material(kit, wanted, user);
        };
        let mut plan = CommitPlan::default();
        for package in &material {
            let Ok(facts) = key_package_facts(&kit.library, package) else { continue };
            if facts.is_for_rooms() && lost.contains(&facts.owner.client) {
                plan.removes.push(facts.owner.client);
                plan.adds.push(package.clone());
            }
        }
        if plan.adds.is_empty() {
            return self.end(kit, &wanted, Fate::Refused, "no KeyPackage of a lost client");
        }
        wanted.material = Some(material);
        self.begin_commit(kit, Some(wanted), &plan);
    }

    /// What a room that takes this one's place begins with: the room as this client has it, or had
    /// it when it lost it. None where it never was in it, or was taken out.
    pub(super) fn estate(&self, own: &UserUri) -> Option<Estate> {
        let member = self.member.as_ref().filter(|_| self.record.standing == Standing::Member);
        let Some(member) = member else { return self.record.estate.as_deref().cloned() };
        let mut users: Vec<_> = member.members().ok()?.into_iter().map(|it| it.user).collect();
        users.sort();
        users.dedup();
        users.retain(|user| user != own && member.state().is_participant(user));
        Some(Estate { state: member.state().clone(), users })
    }

    /// The user wants this room in the place of another one.
    pub(super) fn reboot(&mut self, kit: &Kit, wish: Wish, estate: Option<Estate>) {
        kit.journal.record(wish.told());
        let wanted = Wanted { estate: estate.map(Box::new), ..Wanted::new(wish) };
        match wanted.estate {
            Some(_) => self.record.wanted.push_back(wanted),
            None => self.end(kit, &wanted, Fate::Refused, "not a member of the other room"),
        }
    }

    /// The state that the room begins with.
    pub(super) fn taken_over(&self, estate: &Estate) -> RoomState {
        let metadata = RoomMetadata { uri: self.uri.clone(), ..estate.state.metadata.clone() };
        RoomState { metadata, ..estate.state.clone() }
    }

    /// KeyPackages that were fetched for a wish and are still good.
    pub(super) fn fresh_material(
        &self,
        kit: &Kit,
        wanted: &mut Wanted,
        now_ms: u64,
    ) -> Option<Vec<Vec<u8>>> {
        let ends = |package: &Vec<u8>| {
            key_package_facts(&kit.library, package).is_ok_and(|it| it.has_expired(now_ms))
        };
        // What has lost so often that it is over by now is fetched anew.
        wanted.material.take().filter(|material| !material.iter().any(ends))
    }
}
