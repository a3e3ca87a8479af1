//! Commits and proposals that no honest member makes.

use super::{Forged, Inside};
use crate::mimi::local::Errand;
use crate::mimi::policy::{NO_ROLE, PreAuthData};
use crate::mimi::room::{ComponentUpdate, ParticipantListUpdate, RoomMetadata};
use crate::mimi::rules::Actor;
use crate::mimi::uri::ClientUri;
use crate::mimi::wire::{GroupInfoOption, RatchetTreeOption, UpdateRequest};
use crate::mls::{CommitPlan, Committed, Identity, KeyPackageKind, MlsError};

/// A place that no list has.
const NOWHERE: u32 = 9_999;

/// Bytes at the end of a PublicMessage that are no signature: membership and confirmation tag, each
/// of 32 bytes with its length (RFC 9420 §6.2).
const TAGS: usize = 2 * 33;

impl Inside {
    pub(super) fn commit(&mut self, plan: &CommitPlan) -> Result<Committed, MlsError> {
        self.member.commit(&self.library, &self.identity, plan)
    }

    fn commit_updates(&mut self, updates: Vec<ComponentUpdate>) -> Result<Forged, MlsError> {
        let committed = self.commit(&CommitPlan { updates, ..CommitPlan::default() })?;
        Ok(self.update(committed))
    }

    pub(super) fn update(&self, committed: Committed) -> Forged {
        let request = UpdateRequest::Commit {
            message: committed.message,
            welcome: committed.welcome,
            group_info: GroupInfoOption::Full(committed.group_info),
            ratchet_tree: RatchetTreeOption::DistributionService,
        };
        self.errand(Errand::Update(self.room.clone()), request.encode())
    }

    pub(super) fn proposals(&self, messages: Vec<Vec<u8>>) -> Result<Forged, MlsError> {
        let mut messages = messages.into_iter();
        let nothing = || MlsError::Refused("nothing to propose".to_owned());
        let message = messages.next().ok_or_else(nothing)?;
        let request = UpdateRequest::Proposals { message, more: messages.collect() };
        Ok(self.errand(Errand::Update(self.room.clone()), request.encode()))
    }

    pub(super) fn victims_clients(&self) -> Result<Vec<ClientUri>, MlsError> {
        let members = self.member.members()?.into_iter();
        Ok(members.filter(|it| it.user == self.victim).map(|it| it.client).collect())
    }

    fn victims_place(&self) -> Result<u32, MlsError> {
        let place = self.member.state().index_of(&self.victim);
        place.ok_or_else(|| MlsError::Refused(format!("{} is not listed", self.victim)))
    }
}

/// A proposal that the hub never saw, committed by reference.
pub(super) fn names_what_was_never_sent(inside: &mut Inside) -> Result<Forged, MlsError> {
    let clients = inside.victims_clients()?;
    inside.member.propose(&inside.library, &inside.identity, &clients, &[])?;
    let committed = inside.commit(&CommitPlan::default())?;
    Ok(inside.update(committed))
}

pub(super) fn proposes_other_extensions(inside: &mut Inside) -> Result<Forged, MlsError> {
    let message = inside.member.propose_extensions(&inside.library, &inside.identity, false)?;
    inside.proposals(vec![message])
}

/// Only the hub says who the external senders are.
pub(super) fn says_who_may_propose(inside: &mut Inside) -> Result<Forged, MlsError> {
    let message = inside.member.propose_extensions(&inside.library, &inside.identity, true)?;
    inside.proposals(vec![message])
}

/// An external commit that lists another user, too (R32).
pub(super) fn brings_somebody_along(inside: &mut Inside) -> Result<Forged, MlsError> {
    let entry = ComponentUpdate::Participants(listing(inside)?);
    let identity = inside.identity.clone();
    inside.external_commit(&identity, Some(&entry))
}

pub(super) fn removes_a_client_twice(inside: &mut Inside) -> Result<Forged, MlsError> {
    let client = inside.victims_clients()?.into_iter().take(1);
    let twice: Vec<_> = client.flat_map(|client| [client.clone(), client]).collect();
    let messages = inside.member.propose(&inside.library, &inside.identity, &twice, &[])?;
    inside.proposals(messages)
}

pub(super) fn renames_twice(inside: &mut Inside) -> Result<Forged, MlsError> {
    let named = |name: &str| {
        let metadata = inside.member.state().metadata.clone();
        ComponentUpdate::Metadata(RoomMetadata { name: name.to_owned(), ..metadata })
    };
    let updates = vec![named("one name"), named("and another")];
    let messages = inside.member.propose(&inside.library, &inside.identity, &[], &updates)?;
    inside.proposals(messages)
}

pub(super) fn changes_roles_and_list(inside: &mut Inside) -> Result<Forged, MlsError> {
    let roles = ComponentUpdate::Roles(inside.member.state().roles.clone());
    let list = ComponentUpdate::Participants(listing(inside)?);
    inside.commit_updates(vec![roles, list])
}

pub(super) fn preauthorises_and_lists(inside: &mut Inside) -> Result<Forged, MlsError> {
    let preauthorised = ComponentUpdate::Preauthorized(PreAuthData::default());
    let list = ComponentUpdate::Participants(listing(inside)?);
    inside.commit_updates(vec![preauthorised, list])
}

/// The victim enters the list, without a client.
fn listing(inside: &Inside) -> Result<ParticipantListUpdate, MlsError> {
    let state = inside.member.state();
    let own = state.role_of(&inside.actor.user).and_then(|role| state.roles.get(role));
    let role = own.and_then(|role| role.usual_role(NO_ROLE));
    let none = || MlsError::Refused("the own role lists nobody".to_owned());
    Ok(ParticipantListUpdate::add(inside.victim.clone(), role.ok_or_else(none)?))
}

pub(super) fn removes_somebody_who_is_not_there(inside: &mut Inside) -> Result<Forged, MlsError> {
    let update = ComponentUpdate::Participants(ParticipantListUpdate::remove(NOWHERE));
    let messages = inside.member.propose(&inside.library, &inside.identity, &[], &[update])?;
    inside.proposals(messages)
}

pub(super) fn adds_clients_of_nobody(inside: &mut Inside) -> Result<Forged, MlsError> {
    let adds = inside.material.clone();
    let committed = inside.commit(&CommitPlan { adds, ..CommitPlan::default() })?;
    Ok(inside.update(committed))
}

/// The victim enters as it should, but by KeyPackages that were kept for too long (R8).
pub(super) fn adds_by_what_is_over(inside: &mut Inside) -> Result<Forged, MlsError> {
    let updates = vec![ComponentUpdate::Participants(listing(inside)?)];
    let (adds, removes) = (inside.material.clone(), Vec::new());
    let committed = inside.commit(&CommitPlan { adds, removes, updates })?;
    Ok(inside.update(committed))
}

pub(super) fn unlists_and_keeps_the_clients(inside: &mut Inside) -> Result<Forged, MlsError> {
    let update = ParticipantListUpdate::remove(inside.victims_place()?);
    inside.commit_updates(vec![ComponentUpdate::Participants(update)])
}

/// A client of the own user that nobody knows, with a KeyPackage that nobody handed out (R5).
pub(super) fn adds_a_client_past_the_hub(inside: &mut Inside) -> Result<Forged, MlsError> {
    let own = &inside.actor;
    let ghost = ClientUri::new(own.user.provider(), &format!("{}-ghost", own.client.name()));
    let client = ghost.map_err(|error| MlsError::Refused(error.to_string()))?;
    let identity = Identity::client(&Actor { client, user: own.user.clone() }, [7; 32]);
    let adds =
        inside.library.scratch()?.new_key_packages(&identity, 1, KeyPackageKind::default())?;
    let committed = inside.commit(&CommitPlan { adds, ..CommitPlan::default() })?;
    Ok(inside.update(committed))
}

/// A commit over what servers proposed, without the change of the list that it owes them.
pub(super) fn leaves_the_list_as_it_is(inside: &mut Inside) -> Result<Forged, MlsError> {
    if !inside.member.has_proposals() {
        return Err(MlsError::Refused("no server has proposed anything yet".to_owned()));
    }
    let committed = inside.commit(&CommitPlan::default())?;
    Ok(inside.update(committed))
}

/// A commit of what the committer likes, while the hub has more in its list (R18).
pub(super) fn leaves_out_what_waits(inside: &mut Inside) -> Result<Forged, MlsError> {
    if !inside.member.has_proposals() {
        return Err(MlsError::Refused("nothing waits yet".to_owned()));
    }
    inside.member.drop_proposals(&inside.library)?;
    let committed = inside.commit(&CommitPlan::default())?;
    Ok(inside.update(committed))
}

/// A commit by a client whose own leave waits, without that.
pub(super) fn commits_though_it_leaves(inside: &mut Inside) -> Result<Forged, MlsError> {
    leaves_out_what_waits(inside)
}

/// A proposal by a client whose own leave waits.
pub(super) fn proposes_though_it_leaves(inside: &mut Inside) -> Result<Forged, MlsError> {
    if !inside.member.has_proposals() {
        return Err(MlsError::Refused("nobody leaves yet".to_owned()));
    }
    let metadata = inside.member.state().metadata.clone();
    let name = RoomMetadata { name: "a last word".to_owned(), ..metadata };
    let updates = [ComponentUpdate::Metadata(name)];
    let messages = inside.member.propose(&inside.library, &inside.identity, &[], &updates)?;
    inside.proposals(messages)
}

pub(super) fn is_not_signed(inside: &mut Inside) -> Result<Forged, MlsError> {
    let mut committed = inside.commit(&CommitPlan::default())?;
    let place = committed.message.len().saturating_sub(TAGS + 1);
    if let Some(byte) = committed.message.get_mut(place) {
        *byte ^= 1;
    }
    Ok(inside.update(committed))
}

pub(super) fn brings_a_wrong_group_info(inside: &mut Inside) -> Result<Forged, MlsError> {
    let mut committed = inside.commit(&CommitPlan::default())?;
    if let Some(byte) = committed.group_info.last_mut() {
        *byte ^= 1;
    }
    Ok(inside.update(committed))
}
