//! A smaller cast: fewer users, clients, rooms and providers.
//!
//! Whoever goes takes along all that names it. A provider goes with everybody at it or, where
//! that is too much, hands its users and rooms over to another one first.

use std::collections::BTreeMap;

use super::Shrinking;
use crate::mimi::room::{PolicyChange, Whom};
use crate::mimi::uri::{ProviderName, RoomUri, UserUri};
use crate::script::{Action, Script, User};

/// Each user, with all that it does and all that is done to it.
pub(super) fn users(shrinking: &mut Shrinking) {
    for name in names(&shrinking.script().users) {
        shrinking.try_with(|script| drop_user(script, &name));
    }
}

/// Each client; a user's last one goes with the user.
pub(super) fn clients(shrinking: &mut Shrinking) {
    for name in names(&shrinking.script().users) {
        let of_user = shrinking.script().users.get(&name).map(clients_of).unwrap_or_default();
        for client in of_user {
            shrinking.try_with(|script| drop_client(script, &name, &client));
        }
    }
}

/// Each room, with all that happens in it.
pub(super) fn rooms(shrinking: &mut Shrinking) {
    for name in names(&shrinking.script().rooms) {
        shrinking.try_with(|script| drop_room(script, &name));
    }
}

/// Each provider: with everybody at it, or after its users and rooms have moved to another.
pub(super) fn providers(shrinking: &mut Shrinking) {
    for provider in shrinking.script().providers.clone() {
        if shrinking.try_with(|script| drop_provider(script, &provider)) {
            continue;
        }
        for other in shrinking.script().providers.clone() {
            let moves = |script: &mut Script| {
                move_all(script, &provider, &other);
                drop_provider(script, &provider);
            };
            if other != provider && shrinking.try_with(moves) {
                break;
            }
        }
    }
}

fn names<T>(of: &BTreeMap<String, T>) -> Vec<String> {
    of.keys().cloned().collect()
}

fn clients_of(user: &User) -> Vec<String> {
    user.clients.iter().chain(&user.new_clients).map(|(name, _)| name.clone()).collect()
}

fn drop_user(script: &mut Script, name: &str) {
    let Some(user) = script.users.remove(name) else { return };
    for client in clients_of(&user) {
        forget_client(script, &client);
    }
    script.steps.retain(|step| step.action.user() != Some(name));
    script.misbehaviour.retain(|one| one.behaviour.user.as_deref() != Some(name));
    for room in script.rooms.values_mut() {
        room.charter.participants.retain(|it| *it != user.uri);
        room.charter.preauthorized.retain(|(whom, _)| *whom != Whom::User(user.uri.clone()));
    }
}

fn drop_client(script: &mut Script, user: &str, client: &str) {
    let Some(of) = script.users.get_mut(user) else { return };
    of.clients.retain(|(name, _)| name != client);
    of.new_clients.retain(|(name, _)| name != client);
    if of.clients.is_empty() && of.new_clients.is_empty() {
        drop_user(script, user);
    }
    forget_client(script, client);
}

fn forget_client(script: &mut Script, client: &str) {
    let removes_it = Action::RemoveClient { client: client.to_owned() };
    script.steps.retain(|step| step.client != client && step.action != removes_it);
    forget_node(script, client);
    script.protocol.key_material.plain_clients.retain(|it| it != client);
}

fn forget_node(script: &mut Script, node: &str) {
    script.faults.retain(|fault| !fault.kind.nodes().contains(&node));
    script.misbehaviour.retain(|one| one.node != node);
}

fn drop_room(script: &mut Script, name: &str) {
    let Some(room) = script.rooms.remove(name) else { return };
    // What is done in no room in particular stands in the first.
    let first = script.rooms.keys().next().cloned().unwrap_or_default();
    for step in script.steps.iter_mut().filter(|step| step.action.is_anywhere()) {
        step.room.clone_from(&first);
    }
    let reboots_it = Action::Reboot { of: name.to_owned() };
    script.steps.retain(|step| step.room != name && step.action != reboots_it);
    script.misbehaviour.retain(|one| one.behaviour.room != name);
    for other in script.rooms.values_mut() {
        other.charter.parent = other.charter.parent.take().filter(|parent| *parent != room.uri);
    }
}

fn drop_provider(script: &mut Script, provider: &ProviderName) {
    let at = |script: &Script, is_at: &dyn Fn(&User) -> bool| -> Vec<String> {
        let there = script.users.iter().filter(|(_, user)| is_at(user));
        there.map(|(name, _)| name.clone()).collect()
    };
    for name in at(script, &|user| user.uri.provider() == provider) {
        drop_user(script, &name);
    }
    for name in names(&script.rooms) {
        if script.rooms[&name].uri.provider() == provider {
            drop_room(script, &name);
        }
    }
    script.providers.retain(|it| it != provider);
    forget_node(script, provider.as_str());
    let is_it = |whom: &Whom| match whom {
        Whom::Provider(it) | Whom::Server(it) => it == provider,
        Whom::User(_) => false,
    };
    script.steps.retain(|step| match &step.action {
        Action::FindUser { provider: asked, .. } => asked != provider,
        Action::ChangePolicy { change: PolicyChange::Preauthorize(whom, _) } => !is_it(whom),
        _ => true,
    });
    for one in &mut script.misbehaviour {
        one.behaviour.side.retain(|it| it != provider);
    }
    for room in script.rooms.values_mut() {
        room.charter.preauthorized.retain(|(whom, _)| !is_it(whom));
    }
}

/// The users and rooms of one provider are at another. Only the places of users and rooms are
/// moved: all else names them by their short names in the file that a candidate is read from.
fn move_all(script: &mut Script, from: &ProviderName, to: &ProviderName) {
    for user in script.users.values_mut().filter(|user| user.uri.provider() == from) {
        // The name was good beside the other provider.
        if let Ok(uri) = UserUri::new(to, user.uri.name()) {
            user.uri = uri;
        }
    }
    for room in script.rooms.values_mut().filter(|room| room.uri.provider() == from) {
        if let Ok(uri) = RoomUri::new(to, room.uri.name()) {
            room.uri = uri;
        }
    }
}
