//! From one epoch's room state to the next: what the updates of one commit do together.
//!
//! Metadata and roles are replaced, in the order given. The participant list is changed in the
//! draft's order (R23): role changes, then removals, then appends. Where one commit carries
//! several list updates (a leaver's by reference, and the committer's own), the draft is silent on
//! how they combine. Here all indices mean the list before the commit, because that is the list
//! each of them was written against, and they are merged into one: the role changes of all, the
//! removals of all, the appends of all in the order given. No user may be touched twice (R24), so
//! that the order of the updates only decides the order of the appended users.
//!
//! Not here: who may make a change, and what has to come with it (`rules`).

use std::collections::BTreeSet;

use thiserror::Error;

use super::{ComponentUpdate, ParticipantListUpdate, RoomState};
use crate::mimi::policy::{Capability, NO_ROLE};
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
}

impl RoomState {
    /// The room state after a commit that carries `updates`, in the commit's order.
    ///
    /// # Errors
    /// When the updates name what is not there, contradict each other, or lead to a state that
    /// contradicts itself.
    pub fn apply(&self, updates: &[&ComponentUpdate]) -> Result<Self, ApplyError> {
        let mut after = self.clone();
        let mut changes = Vec::new();
        for update in updates {
            match update {
                ComponentUpdate::Participants(update) => changes.push(update),
                ComponentUpdate::Metadata(metadata) => after.metadata = metadata.clone(),
                ComponentUpdate::Roles(roles) => after.roles = roles.clone(),
            }
        }
        after.change_list(&changes)?;
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

    /// Whether the components agree with themselves and each other.
    pub(super) fn check(&self) -> Result<(), ApplyError> {
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
}
