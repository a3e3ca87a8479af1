//! What a user wants of other users, of roles and of the policy: each is one commit, planned on the
//! room as it is then.
//!
//! Nothing is held back that the rules would refuse: whether it is allowed is for the hub to say,
//! and a scenario wants to hear it.

use super::job::{Job, Kind, Wanted};
use super::kit::Kit;
use super::room::Room;
use crate::mimi::policy::{BANNED, NO_ROLE};
use crate::mimi::room::{ComponentUpdate, ParticipantListUpdate, RoomState};
use crate::mimi::rules::Reading;
use crate::mimi::uri::{ClientUri, UserUri};
use crate::mimi::wire::UpdateRequest;
use crate::mls::{CommitPlan, MlsError};
use crate::node::wish::WishKind;
use crate::trace::Fate;

impl Room {
    /// Begins a wish that [`Room::plan`] knows.
    pub(super) fn begin_governing(&mut self, kit: &Kit, wanted: Wanted) {
        let Some(member) = &self.member else { return };
        match self.plan(kit, member.state(), &wanted.wish.what) {
            Ok(plan) => self.begin_commit(kit, Some(wanted), &plan),
            Err(why) => self.end(kit, &wanted, Fate::Abandoned, &why),
        }
    }

    /// What one commit has to do; or why there is nothing to do.
    fn plan(&self, kit: &Kit, state: &RoomState, what: &WishKind) -> Result<CommitPlan, String> {
        let named = |role: &String| match state.roles.named(role) {
            Some(role) => Ok(role.index),
            None => Err(format!("the room has no role named {role}")),
        };
        let usual = |from| {
            let role = usual_role(state, &kit.actor.user, from);
            role.ok_or_else(|| "the room has no role for others".to_owned())
        };
        let listed = |user: &UserUri| {
            state.index_of(user).ok_or_else(|| format!("{user} is not in the list"))
        };
        let change = |user, role| {
            Ok::<_, String>(vec![list(ParticipantListUpdate::change_role(listed(user)?, role))])
        };
        let (updates, removes) = match what {
            WishKind::Invite(user, role) => {
                if state.role_of(user).is_some() {
                    return Err(format!("{user} is in the list already"));
                }
                let role = role.as_ref().map_or_else(|| usual(NO_ROLE), named)?;
                (vec![list(ParticipantListUpdate::add(user.clone(), role))], Vec::new())
            }
            WishKind::Ban(user) => (change(user, BANNED)?, self.clients_to_remove(user)),
            WishKind::Unban(user, role) => {
                let role = role.as_ref().map_or_else(|| usual(BANNED), named)?;
                (change(user, role)?, Vec::new())
            }
            WishKind::ChangeRole(user, role) => (change(user, named(role)?)?, Vec::new()),
            WishKind::Kick(user) => {
                let unlists = kit.rules.readings().has(Reading::KickUnlists);
                let place = state.index_of(user).filter(|_| unlists);
                let update =
                    |place| ComponentUpdate::Participants(ParticipantListUpdate::remove(place));
                (place.map(update).into_iter().collect(), self.clients_to_remove(user))
            }
            WishKind::RemoveClient(client) => (Vec::new(), vec![client.clone()]),
            WishKind::ChangePolicy(policy) => {
                let update = policy.update(state).map_err(|error| error.to_string())?;
                (vec![update], Vec::new())
            }
            _ => return Err("not a matter of one commit".to_owned()),
        };
        if updates.is_empty() && removes.is_empty() {
            return Err("no client to remove".to_owned());
        }
        Ok(CommitPlan { updates, removes, adds: Vec::new() })
    }

    /// The clients of a user that are members, but for those whose removal waits.
    pub(super) fn clients_to_remove(&self, user: &UserUri) -> Vec<ClientUri> {
        let waiting = self.member.as_ref().and_then(|member| member.proposals().ok());
        let waiting = waiting.unwrap_or_default();
        let waits = |client: &ClientUri| {
            waiting.iter().any(|part| part.what.removes().is_some_and(|it| it.client == *client))
        };
        self.clients_of(user).into_iter().filter(|client| !waits(client)).collect()
    }

    /// Proposes that this client goes, and its user stays (EXT, R28). False where it must wait.
    pub(super) fn begin_self_remove(&mut self, kit: &Kit, wanted: Wanted) -> bool {
        let epoch = self.epoch();
        let Some(member) = &mut self.member else { return true };
        if member.members().is_ok_and(|members| members.len() < 2) {
            self.end(kit, &wanted, Fate::Abandoned, "nobody else is there to commit it");
            return true;
        }
        if member.has_proposals() {
            // One ahead of a Remove in the same commit is more than the library takes.
            self.record.wanted.push_front(wanted);
            self.begin_commit(kit, None, &CommitPlan::default());
            return true;
        }
        match member.propose_self_remove(&kit.library, &kit.identity) {
            Ok(message) => {
                let about = format!("{} proposals", wanted.wish.intent);
                let body = UpdateRequest::Proposals { message: message.clone(), more: Vec::new() };
                let job = Job::new(Kind::Propose { epoch }, Some(wanted), about, body.encode());
                self.begin(job.with_digest(&message));
                true
            }
            Err(MlsError::WrongEpoch { .. }) => {
                self.record.wanted.push_front(wanted);
                false
            }
            Err(error) => {
                self.end(kit, &wanted, Fate::Refused, &error.to_string());
                true
            }
        }
    }
}

/// The role that a user gives to others of role `from`: the first that it may give; where it may
/// give none, the first that the room has, and the rules will object.
pub(super) fn usual_role(state: &RoomState, user: &UserUri, from: u32) -> Option<u32> {
    let own = state.role_of(user).and_then(|own| state.roles.get(own));
    let usual = own.and_then(|own| own.usual_role(from));
    usual.or_else(|| state.roles.roles.iter().map(|role| role.index).find(|role| *role > BANNED))
}

fn list(update: ParticipantListUpdate) -> ComponentUpdate {
    ComponentUpdate::Participants(update)
}
