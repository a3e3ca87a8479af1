//! From one epoch's room state to the next: what the updates of one commit do together.
//!
//! Most components are replaced, in the order given. Join links are removed, then added. The
//! participant list is changed in the draft's order (R23): role changes, then removals, then
//! appends. Where one commit carries several list updates (a leaver's by reference, and the
//! committer's own), the draft is silent on how they combine. Here all indices mean the list before
//! the commit, because that is the list each of them was written against, and they are merged into
//! one: the role changes of all, the removals of all, the appends of all in the order given. No
//! user may be touched twice (R24), so that the order of the updates only decides the order of the
//! appended users.
//!
//! Not here: who may make a change, and what has to come with it (`rules`).

use std::collections::BTreeSet;

use thiserror::Error;

use super::{ComponentUpdate, ParticipantListUpdate, RoomState};
use crate::mimi::policy::{Capability, JoinLinksUpdate, NO_ROLE};
use crate::mimi::uri::UserUri;

/// Why updates do not make a room state.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ApplyError {
    /// R23: an index that is no place in the list before the commit.
    #[error("no participant at index {index}: the list before the commit has {length}")]
    NoSuchIndex {
        /// The index.
        index: u32,
        /// How many participants the list has.
        length: usize,
    },
    /// R24: two operations on one user.
    #[error("{0} is touched by more than one list operation of the commit")]
    TouchedTwice(UserUri),
    /// Somebody is added who is in the list.
    #[error("{0} is in the participant list already")]
    AlreadyListed(UserUri),
    /// A role that the room does not define; 0 is reserved for users who are not in the list.
    #[error("role {role} of {user} is not one that the room defines for participants")]
    UndefinedRole {
        /// Whose.
        user: UserUri,
        /// The role's index.
        role: u32,
    },
    /// Two roles with one index.
    #[error("role {0} is defined twice")]
    RoleDefinedTwice(u32),
    /// `canOpenJoin` speaks of users who are not in the list (RP03 §8.1.1).
    #[error("role {0} holds canOpenJoin, which only role 0 may hold")]
    OpenJoinInRole(u32),
    /// A preauthorised role that nobody can have.
    #[error("preauthorised users would get role {0}, which the room does not define for them")]
    UndefinedPreauthorizedRole(u32),
    /// Nobody can be added to a room of fixed membership, so no role may say so (RP03 §5).
    #[error("role {0} holds canAddParticipant, but the membership of the room is fixed")]
    AddInFixedMembership(u32),
    /// An index that is no place in the join links before the commit, or is there twice.
    #[error("no join link at index {0}, or it is removed twice")]
    NoSuchJoinLink(u32),
    /// One code twice.
    #[error("a join link is there twice")]
    JoinLinkTwice,
    /// A room whose links are made on request keeps one at most (RP03 §6.2).
    #[error("{0} join links, though they are made on request: expected at most one")]
    TooManyJoinLinks(usize),
}

impl RoomState {
    /// The room state after a commit that carries `updates`, in the commit's order.
    ///
    /// # Errors
    /// When the updates name what is not there, contradict each other, or lead to a state that
    /// contradicts itself.
    pub fn apply(&self, updates: &[&ComponentUpdate]) -> Result<Self, ApplyError> {
        let mut after = self.clone();
        let (mut changes, mut links) = (Vec::new(), Vec::new());
        for update in updates {
            match update {
                ComponentUpdate::Participants(update) => changes.push(update),
                ComponentUpdate::JoinLinks(update) => links.push(update),
                ComponentUpdate::Metadata(it) => after.metadata = it.clone(),
                ComponentUpdate::Roles(it) => after.roles = it.clone(),
                ComponentUpdate::FrankingAgent(it) => after.franking_agent = Some(it.clone()),
                ComponentUpdate::Operational(it) => after.operational = Some(it.clone()),
                ComponentUpdate::Preauthorized(it) => after.preauthorized = Some(it.clone()),
                ComponentUpdate::Base(it) => after.base = Some(it.clone()),
                ComponentUpdate::JoinLinkPolicy(it) => after.join_link_policy = Some(it.clone()),
            }
        }
        after.change_list(&changes)?;
        after.change_links(&links)?;
        after.check()?;
        Ok(after)
    }

    fn change_list(&mut self, updates: &[&ParticipantListUpdate]) -> Result<(), ApplyError> {
        let before = self.participants.participants.clone();
        let mut touched = BTreeSet::new();
        let mut touch = |index: u32| {
            let place = usize::try_from(index).ok().filter(|place| *place < before.len());
            let place = place.ok_or(ApplyError::NoSuchIndex { index, length: before.len() })?;
            let user = &before[place].user;
            let first = touched.insert(user.clone());
            first.then_some(place).ok_or_else(|| ApplyError::TouchedTwice(user.clone()))
        };

        let list = &mut self.participants.participants;
        for change in updates.iter().flat_map(|update| &update.changed_roles) {
            list[touch(change.index)?].role = change.role;
        }
        let removed = updates.iter().flat_map(|update| &update.removed);
        let removed = removed.map(|index| touch(*index)).collect::<Result<BTreeSet<_>, _>>()?;
        let mut place = 0..;
        list.retain(|_| place.next().is_some_and(|place: usize| !removed.contains(&place)));

        for added in updates.iter().flat_map(|update| &update.added) {
            if !touched.insert(added.user.clone()) {
                return Err(ApplyError::TouchedTwice(added.user.clone()));
            }
            if before.iter().any(|listed| listed.user == added.user) {
                return Err(ApplyError::AlreadyListed(added.user.clone()));
            }
            list.push(added.clone());
        }
        Ok(())
    }

    /// As in the participant list, all indices mean the links before the commit.
    fn change_links(&mut self, updates: &[&JoinLinksUpdate]) -> Result<(), ApplyError> {
        if updates.is_empty() {
            return Ok(());
        }
        let links = &mut self.join_links.get_or_insert_default().links;
        let mut removed = BTreeSet::new();
        for index in updates.iter().flat_map(|update| &update.removed) {
            let place = usize::try_from(*index).ok().filter(|place| *place < links.len());
            if !place.is_some_and(|place| removed.insert(place)) {
                return Err(ApplyError::NoSuchJoinLink(*index));
            }
        }
        let mut place = 0..;
        links.retain(|_| place.next().is_some_and(|place: usize| !removed.contains(&place)));
        links.extend(updates.iter().flat_map(|update| &update.added).cloned());
        Ok(())
    }

    /// Whether the components agree with themselves and each other.
    pub(super) fn check(&self) -> Result<(), ApplyError> {
        self.check_roles_and_list()?;
        self.check_ways_in()
    }

    fn check_roles_and_list(&self) -> Result<(), ApplyError> {
        let mut roles = BTreeSet::new();
        for role in &self.roles.roles {
            if !roles.insert(role.index) {
                return Err(ApplyError::RoleDefinedTwice(role.index));
            }
            if role.index != NO_ROLE && role.holds(Capability::OPEN_JOIN) {
                return Err(ApplyError::OpenJoinInRole(role.index));
            }
        }
        let mut users = BTreeSet::new();
        for listed in &self.participants.participants {
            if !users.insert(&listed.user) {
                return Err(ApplyError::AlreadyListed(listed.user.clone()));
            }
            if listed.role == NO_ROLE || !roles.contains(&listed.role) {
                let user = listed.user.clone();
                return Err(ApplyError::UndefinedRole { user, role: listed.role });
            }
        }
        Ok(())
    }

    fn check_ways_in(&self) -> Result<(), ApplyError> {
        for role in &self.roles.roles {
            let holds = role.index != NO_ROLE && role.holds(Capability::ADD_PARTICIPANT);
            if self.base_policy().fixed_membership && holds && !self.is_ban(role.index) {
                return Err(ApplyError::AddInFixedMembership(role.index));
            }
        }
        for entry in self.preauthorized.iter().flat_map(|data| &data.entries) {
            let role = entry.target_role;
            if role == NO_ROLE || self.is_ban(role) || self.roles.get(role).is_none() {
                return Err(ApplyError::UndefinedPreauthorizedRole(role));
            }
        }
        let links = self.join_links.as_ref().map_or(&[][..], |data| data.links.as_slice());
        let mut codes = BTreeSet::new();
        if !links.iter().all(|link| codes.insert(link)) {
            return Err(ApplyError::JoinLinkTwice);
        }
        let on_request = self.join_link_policy.as_ref().is_some_and(|policy| policy.on_request);
        if on_request && links.len() > 1 {
            return Err(ApplyError::TooManyJoinLinks(links.len()));
        }
        Ok(())
    }
}
