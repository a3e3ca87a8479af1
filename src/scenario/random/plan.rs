//! What an action asks of a room, as the rules see it: the handshake that an honest client would
//! send in a room that has come to rest.
//!
//! The clients themselves do this with MLS and for rooms that are changing (`client`); here it
//! serves to guess whether they will be let.

use super::picture::{Inside, Picture};
use crate::mimi::policy::{BANNED, NO_ROLE};
use crate::mimi::room::{ComponentUpdate, ParticipantListUpdate, RoomMetadata, RoomState};
use crate::mimi::rules::joining::role_to_enter;
use crate::mimi::rules::{Actor, Handshake, HandshakeKind, Part, Proposer, What};
use crate::mimi::uri::UserUri;
use crate::script::{Action, User};

/// The handshake; none where there is nothing to do, or it is not done by one.
pub(super) fn handshake(
    picture: &Picture<'_>,
    inside: &Inside,
    actor: &Actor,
    action: &Action,
) -> Option<Handshake> {
    let state = &inside.state;
    let kind = match action {
        Action::Join | Action::JoinWith { .. } => HandshakeKind::ExternalCommit,
        Action::Leave | Action::SelfRemove => HandshakeKind::Proposals,
        _ => HandshakeKind::Commit,
    };
    let named = |user: &str| picture.script.users.get(user);
    let uri = |user: &str| named(user).map(|user| &user.uri);
    let whats = match action {
        Action::Add { user } => add(picture, inside, actor, named(user)?)?,
        Action::Remove { user } => depart(inside, uri(user)?)?,
        Action::Leave if inside.members.iter().any(|other| other.user != actor.user) => {
            depart(inside, &actor.user)?
        }
        Action::SelfRemove if inside.members.len() > 1 => vec![What::SelfRemove(actor.clone())],
        Action::Join => enter(inside, actor, false)?,
        Action::JoinWith { code } => {
            let links = state.join_links.as_ref();
            enter(inside, actor, links.is_some_and(|links| links.accept(code.as_bytes())))?
        }
        Action::Invite { user, role } => {
            let role = role_named(state, actor, NO_ROLE, role.as_deref())?;
            vec![list(ParticipantListUpdate::add(uri(user)?.clone(), role))]
        }
        Action::Ban { user } => change(inside, uri(user)?, BANNED, true)?,
        Action::Unban { user, role }
            if state.role_of(uri(user)?).is_some_and(|it| it == BANNED) =>
        {
            let role = role_named(state, actor, BANNED, role.as_deref())?;
            change(inside, uri(user)?, role, false)?
        }
        Action::Kick { user } => removals(inside, uri(user)?),
        Action::ChangeRole { user, role } => {
            let role = state.roles.named(role)?.index;
            change(inside, uri(user)?, role, false)?
        }
        Action::ChangeOwnRole { role } => {
            change(inside, &actor.user, state.roles.named(role)?.index, false)?
        }
        Action::RemoveClient { client } => {
            let goes = inside.members.iter().find(|member| member.client.name() == client)?;
            vec![What::Remove(goes.clone())]
        }
        Action::ChangePolicy { change } => vec![What::Update(change.update(state).ok()?)],
        Action::Rename { name } => {
            let metadata = RoomMetadata { name: name.clone(), ..state.metadata.clone() };
            vec![What::Update(ComponentUpdate::Metadata(metadata))]
        }
        Action::Update => vec![What::KeyUpdate],
        _ => return None,
    };
    let sender = Proposer::Client(actor.clone());
    let part = |what| Part { sender: sender.clone(), by_reference: None, what };
    let parts: Vec<Part> = whats.into_iter().map(part).collect();
    (!parts.is_empty()).then(|| Handshake { kind, epoch: 0, actor: sender.clone(), parts })
}

fn list(update: ParticipantListUpdate) -> What {
    What::Update(ComponentUpdate::Participants(update))
}

/// A role by its name, or the one that the actor usually gives.
fn role_named(state: &RoomState, actor: &Actor, from: u32, name: Option<&str>) -> Option<u32> {
    match name {
        Some(name) => state.roles.named(name).map(|role| role.index),
        None => state.roles.get(state.role_of(&actor.user)?)?.usual_role(from),
    }
}

fn add(picture: &Picture<'_>, inside: &Inside, actor: &Actor, user: &User) -> Option<Vec<What>> {
    let is_inside = |client: &Actor| inside.members.contains(client);
    let clients = picture.clients_of(user);
    let listed = inside.state.role_of(&user.uri).is_some();
    if listed && clients.iter().any(is_inside) && user.uri != actor.user {
        return None;
    }
    let mut whats = Vec::new();
    if !listed {
        let role = role_named(&inside.state, actor, NO_ROLE, None)?;
        whats.push(list(ParticipantListUpdate::add(user.uri.clone(), role)));
    }
    whats.extend(clients.into_iter().filter(|client| !is_inside(client)).map(What::Add));
    Some(whats)
}

fn removals(inside: &Inside, user: &UserUri) -> Vec<What> {
    let own = inside.members.iter().filter(|member| member.user == *user);
    own.cloned().map(What::Remove).collect()
}

/// The user leaves the list with all clients.
fn depart(inside: &Inside, user: &UserUri) -> Option<Vec<What>> {
    let place = inside.state.index_of(user)?;
    let mut whats = removals(inside, user);
    whats.push(list(ParticipantListUpdate::remove(place)));
    Some(whats)
}

/// The user gets another role, and its clients go where `out`.
fn change(inside: &Inside, user: &UserUri, role: u32, out: bool) -> Option<Vec<What>> {
    if inside.state.role_of(user)? == role {
        return None;
    }
    let place = inside.state.index_of(user)?;
    let mut whats = if out { removals(inside, user) } else { Vec::new() };
    whats.push(list(ParticipantListUpdate::change_role(place, role)));
    Some(whats)
}

/// An external commit, which lists its user where it is not.
fn enter(inside: &Inside, actor: &Actor, has_code: bool) -> Option<Vec<What>> {
    if inside.members.contains(actor) {
        return None;
    }
    let mut whats = vec![What::ExternalInit];
    if inside.state.role_of(&actor.user).is_none() {
        let role = role_to_enter(&inside.state, actor, has_code)?;
        whats.push(list(ParticipantListUpdate::add(actor.user.clone(), role)));
    }
    Some(whats)
}
