//! Rules about what kind of room it is: the base policy (RP03 §5, R55), and what the operational
//! policy allows at all (RP03 §7, R56).
//!
//! Limits are held against a commit only where it moves towards them, as those of roles are: a
//! limit that was set too low stops growth and nothing else.

use std::collections::BTreeSet;

use super::{
    Actor, Base, Handshake, HandshakeKind, Objection, Part, Prospect, Reading, not_allowed, servers,
};
use crate::mimi::room::{ComponentUpdate, RoomState};
use crate::mimi::uri::UserUri;

/// `fixed-membership`: nobody enters, leaves, is removed, banned or unbanned; clients come and go.
/// RP03 lets "ordinary" users not leave; here nobody does, or everybody may by itself (Q8). A room
/// may be both fixed and dependent, and who leaves the parent leaves it all the same (RP03 §5); so
/// does whose account has ended.
pub fn fixed_membership(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let Ok(after) = Prospect::of(base, handshake).after else { return Ok(()) };
    if !base.committed.base_policy().fixed_membership {
        return Ok(());
    }
    let (before, after) = (participants(base.committed), participants(&after));
    let may_leave = base.readings.has(Reading::FixedRoomsMayBeLeft);
    let leaves = |user: &UserUri| {
        (may_leave && goes_by_itself(base, handshake, user))
            || servers::goes_all_the_same(base, handshake, user)
    };
    match before.symmetric_difference(&after).find(|user| !leaves(user)) {
        Some(user) => Err(not_allowed(format!(
            "{user} would enter or leave, but the membership of the room is fixed"
        ))),
        None => Ok(()),
    }
}

/// Whether all that takes the user off the list was proposed by its own clients.
fn goes_by_itself(base: &Base<'_>, handshake: &Handshake, user: &UserUri) -> bool {
    let unlists = |part: &&Part| match part.what.update() {
        Some(ComponentUpdate::Participants(update)) => {
            let listed = &base.committed.participants.participants;
            let place = listed.iter().position(|it| it.user == *user);
            place.is_some_and(|place| {
                update.removed.iter().any(|index| usize::try_from(*index) == Ok(place))
            })
        }
        _ => false,
    };
    let mut unlisting = handshake.parts.iter().filter(unlists).peekable();
    let own = |part: &Part| part.sender.client().is_some_and(|it| it.user == *user);
    unlisting.peek().is_some() && unlisting.all(own)
}

/// `one-client-per-user`
pub fn one_client_per_user(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let prospect = Prospect::of(base, handshake);
    let Ok(after) = &prospect.after else { return Ok(()) };
    if after.base_policy().multi_device {
        return Ok(());
    }
    let clients = |members: &[&Actor], user: &UserUri| {
        members.iter().filter(|member| member.user == *user).count()
    };
    let members: Vec<&Actor> = base.members.iter().collect();
    for Actor { user, .. } in &prospect.members {
        let (before, after) = (clients(&members, user), clients(&prospect.members, user));
        if after > 1 && after > before {
            let why = format!("{user} would have {after} clients: the room allows one per user");
            return Err(not_allowed(why));
        }
    }
    Ok(())
}

/// `at-most-max-users`
pub fn at_most_max_users(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let Ok(after) = Prospect::of(base, handshake).after else { return Ok(()) };
    let most = after.base_policy().max_users;
    within("users", participants(base.committed).len(), participants(&after).len(), most)
}

/// `at-most-max-clients`
pub fn at_most_max_clients(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let prospect = Prospect::of(base, handshake);
    let Ok(after) = &prospect.after else { return Ok(()) };
    let most = after.base_policy().max_clients;
    within("clients", base.members.len(), prospect.members.len(), most)
}

fn within(what: &str, before: usize, after: usize, most: Option<u32>) -> Result<(), Objection> {
    let count = u32::try_from(after).unwrap_or(u32::MAX);
    match most {
        Some(most) if after > before && count > most => {
            Err(not_allowed(format!("the room would have {count} {what}, at most {most} may be")))
        }
        _ => Ok(()),
    }
}

/// `inside-parent`: as far as the judge knows the parent. RP03 asks for a strict subset, so at
/// least one participant of the parent is left out.
pub fn inside_parent(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let Ok(after) = Prospect::of(base, handshake).after else { return Ok(()) };
    match base.parent {
        Some(parent) => is_inside(base.committed, &after, parent),
        None => Ok(()),
    }
}

/// Whether a room may begin as the child of `parent`: `inside-parent` for its first state. A room
/// that names no parent may.
///
/// # Errors
/// In words, where the parent is not there, or does not hold all participants and one more.
pub fn founded_inside(state: &RoomState, parent: Option<&RoomState>) -> Result<(), String> {
    let Some(uri) = &state.base_policy().parent else { return Ok(()) };
    let Some(parent) = parent else { return Err(format!("{uri}, the parent room, is not there")) };
    let (inside, outside) = (participants(state), participants(parent));
    if inside.is_subset(&outside) && inside.len() < outside.len() {
        return Ok(());
    }
    Err(format!("the participants are no strict subset of those of {uri}, the parent room"))
}

fn is_inside(before: &RoomState, after: &RoomState, parent: &RoomState) -> Result<(), Objection> {
    let (before, after) = (participants(before), participants(after));
    if let Some(user) = after.difference(&before).find(|user| !parent.is_participant(user)) {
        let room = &parent.metadata.uri;
        return Err(not_allowed(format!("{user} is no participant of {room}, the parent room")));
    }
    if after.len() > before.len() && after.len() >= participants(parent).len() {
        let why = "the room would have everyone of its parent: expected a strict subset";
        return Err(not_allowed(why.to_owned()));
    }
    Ok(())
}

/// `external-commits-allowed`
pub fn external_commits_allowed(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let allowed = base.committed.operational_policy().external_commit_allowed;
    if handshake.kind != HandshakeKind::ExternalCommit || allowed {
        return Ok(());
    }
    Err(not_allowed("the room's policy allows no external commits".to_owned()))
}

/// Who is listed and not banned.
fn participants(state: &RoomState) -> BTreeSet<&UserUri> {
    let listed = state.participants.participants.iter();
    listed.filter(|it| !state.is_ban(it.role)).map(|it| &it.user).collect()
}
