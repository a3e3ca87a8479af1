//! Beginning what the user wants.
//!
//! An intent is looked at anew each time that it is begun: what it needs to change depends on the
//! room as it is then. One that has become pointless ends; one whose commit lost against another
//! begins again on the new state (it is rebased).

use super::governing::usual_role;
use super::job::{Job, Kind, Wanted};
use super::kit::Kit;
use super::room::{Room, Standing};
use crate::mimi::policy::NO_ROLE;
use crate::mimi::room::{ComponentUpdate, ParticipantListUpdate, RoomMetadata};
use crate::mimi::rules::{Reading, What};
use crate::mimi::uri::{ClientUri, UserUri};
use crate::mimi::wire::UpdateRequest;
use crate::mls::{CommitPlan, MlsError, key_package_facts, sign_key_material};
use crate::node::wish::{Wish, WishKind};
use crate::trace::Fate;

impl Room {
    pub(super) fn begin_next_intent(&mut self, kit: &Kit, now_ms: u64) {
        while self.record.job.is_none() {
            let Some(wanted) = self.record.wanted.pop_front() else { return };
            match wanted.wish.what.clone() {
                WishKind::Create(_)
                | WishKind::Reboot(_)
                | WishKind::Join
                | WishKind::JoinWith(_) => {
                    self.end(kit, &wanted, Fate::Abandoned, "already a member");
                }
                WishKind::Add(user) => self.begin_add(kit, wanted, &user, now_ms),
                WishKind::Remove(user) => self.begin_remove(kit, wanted, &user),
                WishKind::ReAdd(user) => self.begin_re_add(kit, wanted, &user, now_ms),
                WishKind::Rename(name) => self.begin_rename(kit, wanted, &name),
                WishKind::Update => self.begin_commit(kit, Some(wanted), &CommitPlan::default()),
                WishKind::Send(text) => self.begin_send(kit, wanted, &text),
                WishKind::ReportAbuse { user, claim } => {
                    self.begin_report(kit, wanted, &user, claim.as_deref());
                }
                WishKind::Invite(..)
                | WishKind::Ban(_)
                | WishKind::Unban(..)
                | WishKind::Kick(_)
                | WishKind::ChangeRole(..)
                | WishKind::RemoveClient(_)
                | WishKind::ChangePolicy(_) => self.begin_governing(kit, wanted),
                WishKind::SelfRemove => {
                    if !self.begin_self_remove(kit, wanted) {
                        self.record.rest_until_ms = now_ms + 500;
                        return;
                    }
                }
                // Affairs never come to a room.
                WishKind::Consent { .. }
                | WishKind::DeleteAccount
                | WishKind::FindUser(..)
                | WishKind::Upload(_)
                | WishKind::Download(_) => {}
                WishKind::Leave => {
                    if !self.begin_leave(kit, wanted) {
                        self.record.rest_until_ms = now_ms + 500;
                        return;
                    }
                }
            }
        }
    }

    pub(super) fn begin_from_outside(&mut self, kit: &Kit, now_ms: u64) {
        if !self.is_told {
            // Perhaps this client is a member that was set back: its mail comes first.
            return;
        }
        // Somebody else may be about to add this client: what only members can do waits.
        let possible = |wanted: &Wanted| {
            let what = &wanted.wish.what;
            matches!(
                what,
                WishKind::Create(_) | WishKind::Reboot(_) | WishKind::Join | WishKind::JoinWith(_)
            )
        };
        if self.record.standing == Standing::Gone {
            let (stay, go): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.record.wanted).into_iter().partition(possible);
            self.record.wanted = stay.into();
            for wanted in go {
                self.end(kit, &wanted, Fate::Abandoned, "no longer a member");
            }
        }
        let Some(place) = self.record.wanted.iter().position(possible) else {
            return self.stop_waiting(kit, now_ms, "not a member of the room");
        };
        let Some(wanted) = self.record.wanted.remove(place) else { return };
        match wanted.wish.what {
            WishKind::Create(_) | WishKind::Reboot(_) => {
                let about = format!("{} hub key", wanted.wish.intent);
                self.begin(Job::new(Kind::HubKey, Some(wanted), about, Vec::new()));
            }
            _ => self.begin_group_info(kit, Some(wanted)),
        }
    }

    fn begin_add(&mut self, kit: &Kit, mut wanted: Wanted, user: &UserUri, now_ms: u64) {
        let Some(member) = &self.member else { return };
        let listed = member.state().is_participant(user);
        let own = *user == kit.actor.user;
        let inside = self.clients_of(user);
        if listed && !own && !inside.is_empty() {
            return self.end(kit, &wanted, Fate::Abandoned, "already an active participant");
        }
        let facts = |package: &Vec<u8>| key_package_facts(&kit.library, package).ok();
        let Some(material) = self.fresh_material(kit, &mut wanted, now_ms) else {
            return self.ask_for_material(kit, wanted, user);
        };
        let adds: Vec<_> = material
            .iter()
            .filter(|package| {
                facts(package).is_some_and(|it| {
                    it.is_for_rooms()
                        && it.owner.user == *user
                        && !inside.contains(&it.owner.client)
                })
            })
            .cloned()
            .collect();
        if listed && adds.is_empty() {
            return self.end(kit, &wanted, Fate::Done, "no client to add");
        }
        let updates = if listed {
            Vec::new()
        } else {
            let Some(role) = usual_role(member.state(), &kit.actor.user, NO_ROLE) else {
                let why = "the room has no role for others";
                return self.end(kit, &wanted, Fate::Abandoned, why);
            };
            let update = ParticipantListUpdate::add(user.clone(), role);
            vec![ComponentUpdate::Participants(update)]
        };
        // They are good for another try, should this commit lose.
        wanted.material = Some(material);
        let plan = CommitPlan { adds, updates, removes: Vec::new() };
        self.begin_commit(kit, Some(wanted), &plan);
    }

    pub(super) fn ask_for_material(&mut self, kit: &Kit, wanted: Wanted, user: &UserUri) {
        let request = sign_key_material(&kit.identity, &kit.actor, user, &self.uri);
        let about = format!("{} key material", wanted.wish.intent);
        let kind = Kind::KeyMaterial(user.clone());
        self.begin(Job::new(kind, Some(wanted), about, request.encode()));
    }

    fn begin_remove(&mut self, kit: &Kit, wanted: Wanted, user: &UserUri) {
        let Some(member) = &self.member else { return };
        let Some(index) = member.state().index_of(user) else {
            return self.end(kit, &wanted, Fate::Abandoned, "not a participant");
        };
        let waiting = member.proposals().unwrap_or_default();
        let unlisted = waiting.iter().any(|part| match &part.what {
            What::Update(ComponentUpdate::Participants(update)) => update.removed.contains(&index),
            _ => false,
        });
        let removes = self.clients_to_remove(user);
        let update = ComponentUpdate::Participants(ParticipantListUpdate::remove(index));
        let updates = if unlisted { Vec::new() } else { vec![update] };
        let plan = CommitPlan { removes, updates, adds: Vec::new() };
        self.begin_commit(kit, Some(wanted), &plan);
    }

    fn begin_rename(&mut self, kit: &Kit, wanted: Wanted, name: &str) {
        let Some(member) = &self.member else { return };
        let metadata = RoomMetadata { name: name.to_owned(), ..member.state().metadata.clone() };
        let plan = CommitPlan {
            updates: vec![ComponentUpdate::Metadata(metadata)],
            ..CommitPlan::default()
        };
        self.begin_commit(kit, Some(wanted), &plan);
    }

    /// Proposes what the draft's leave is made of (P06 §3.5). False where it must wait.
    fn begin_leave(&mut self, kit: &Kit, wanted: Wanted) -> bool {
        let user = kit.actor.user.clone();
        let removes = self.clients_of(&user);
        let epoch = self.epoch();
        let Some(member) = &mut self.member else { return true };
        let members = member.members().unwrap_or_default();
        let asks = kit.rules.readings().has(Reading::LastUserAsksToLeave);
        if !asks && members.iter().all(|other| other.user == user) {
            // Q7: nobody could commit it.
            self.end(kit, &wanted, Fate::Abandoned, "nobody else is there to commit the leave");
            return true;
        }
        if member.has_proposals() {
            // Proposals of others first: what they change, this one's indices must not miss.
            self.record.wanted.push_front(wanted);
            self.begin_commit(kit, None, &CommitPlan::default());
            return true;
        }
        let Some(index) = member.state().index_of(&user) else {
            self.end(kit, &wanted, Fate::Abandoned, "not a participant");
            return true;
        };
        let update = ComponentUpdate::Participants(ParticipantListUpdate::remove(index));
        match member.propose(&kit.library, &kit.identity, &removes, &[update]) {
            Ok(mut messages) if !messages.is_empty() => {
                let message = messages.remove(0);
                let about = format!("{} proposals", wanted.wish.intent);
                let body = UpdateRequest::Proposals { message: message.clone(), more: messages };
                let job = Job::new(Kind::Propose { epoch }, Some(wanted), about, body.encode());
                self.begin(job.with_digest(&message));
                true
            }
            Ok(_) | Err(MlsError::WrongEpoch { .. }) => {
                self.record.wanted.push_front(wanted);
                false
            }
            Err(error) => {
                self.end(kit, &wanted, Fate::Refused, &error.to_string());
                true
            }
        }
    }

    /// The clients of a user that are members.
    pub(super) fn clients_of(&self, user: &UserUri) -> Vec<ClientUri> {
        let members = self.member.as_ref().and_then(|member| member.members().ok());
        let members = members.unwrap_or_default().into_iter();
        members.filter(|member| member.user == *user).map(|member| member.client).collect()
    }

    /// After a room is created, its creator brings its user's other clients in (P06 §3.1), and
    /// those of the users who had some in the room that this one takes the place of.
    pub(super) fn want_clients(&mut self, kit: &Kit, created_by: &Wanted) {
        let wanted = self.record.wanted.len();
        let others = created_by.estate.iter().flat_map(|estate| &estate.users);
        for (user, marks) in std::iter::once(&kit.actor.user).chain(others).zip(1..) {
            let wish = Wish {
                intent: format!("{}{}", created_by.wish.intent, "+".repeat(marks)),
                room: self.uri.clone(),
                what: WishKind::Add(user.clone()),
                probe: false,
            };
            self.wished(kit, wish);
        }
        // They come before whatever the user wants next.
        self.record.wanted.rotate_right(self.record.wanted.len() - wanted);
    }
}
