//! The last wishes of a run: does the room still work?
//!
//! Everybody who may be in a room sends once, and a few commit, one after the other. The world
//! does not know who is a member; a client that is not one refuses the wish.

use std::collections::BTreeSet;

use super::cast::{Wish, WishKind};
use crate::script::{Action, Script};

/// Simulated milliseconds between the sends and the first commit.
const COMMITS_AFTER_MS: u64 = 2_000;
/// Simulated milliseconds from one commit to the next.
const COMMIT_EVERY_MS: u64 = 500;
/// How many clients of a room commit at most.
const COMMITTERS: usize = 4;

/// A wish for a client, so many milliseconds after the probe begins.
pub type Probe = (u64, String, Wish);

/// The probes of a run, of those clients that `can` act now.
pub fn probes(script: &Script, can: impl Fn(&str) -> bool) -> Vec<Probe> {
    let mut sends = Vec::new();
    let mut commits = Vec::new();
    for (short, room) in &script.rooms {
        let clients = clients_of(script, short).into_iter().filter(|client| can(client));
        for (place, client) in clients.enumerate() {
            let wish =
                |what| Wish { intent: String::new(), room: room.uri.clone(), what, probe: true };
            if place < COMMITTERS {
                let after = COMMITS_AFTER_MS + COMMIT_EVERY_MS * place as u64;
                commits.push((after, client.clone(), wish(WishKind::Update)));
            }
            sends.push((0, client, wish(WishKind::Send("probe".to_owned()))));
        }
    }
    sends.append(&mut commits);
    for (place, (_, _, wish)) in sends.iter_mut().enumerate() {
        wish.intent = format!("p{}", place + 1);
    }
    sends
}

/// The clients that may be in a room, its creator first, each once.
fn clients_of(script: &Script, room: &str) -> Vec<String> {
    let mut found = Vec::new();
    for step in script.steps.iter().filter(|step| step.room == room) {
        found.push(step.client.clone());
        let user = match &step.action {
            Action::Add { user } => script.users.get(user),
            Action::Create => script
                .users
                .values()
                .find(|user| user.clients.iter().any(|(name, _)| *name == step.client)),
            _ => None,
        };
        found.extend(user.iter().flat_map(|user| &user.clients).map(|(name, _)| name.clone()));
    }
    let mut seen = BTreeSet::new();
    found.retain(|name| seen.insert(name.clone()));
    found
}
