//! How nodes tell the trace about room state: the translation from MLS and MIMI to its words.
//!
//! A node tells a room state in full only when it differs from the one that it told last
//! ([`Teller`]), so that traces stay small.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::mimi::room::{ComponentUpdate, RoomState};
use crate::mimi::rules::{Handshake, HandshakeKind, What};
use crate::mimi::uri::RoomUri;
use crate::mls::RoomSnapshot;
use crate::trace::{
    Change, Digest, Event, Member, Participant, RoleName, RoomView, Stage, StateRef, Way,
};

/// Remembers which room state a node told last.
#[derive(Default)]
pub struct Teller {
    last: RefCell<BTreeMap<RoomUri, Digest>>,
}

impl Teller {
    /// The event of a hub's view.
    pub fn shadowed(&self, room: &RoomUri, stage: Stage, snapshot: &RoomSnapshot) -> Event {
        Event::Shadowed {
            room: room.clone(),
            stage,
            epoch: snapshot.epoch,
            context: Digest::of(&snapshot.context),
            tag: Digest::of(&snapshot.tag),
            state: self.state(room, &snapshot.state),
            members: members(snapshot),
        }
    }

    /// The event of a client's coming into an epoch.
    pub fn entered(
        &self,
        room: &RoomUri,
        stay: u64,
        way: Way,
        commit: Option<Digest>,
        snapshot: &RoomSnapshot,
    ) -> Event {
        Event::Entered {
            room: room.clone(),
            epoch: snapshot.epoch,
            stay,
            way,
            authenticator: Digest::of(snapshot.authenticator.as_deref().unwrap_or_default()),
            context: Digest::of(&snapshot.context),
            tag: Digest::of(&snapshot.tag),
            state: self.state(room, &snapshot.state),
            members: members(snapshot),
            commit,
        }
    }

    fn state(&self, room: &RoomUri, state: &RoomState) -> StateRef {
        let hash = Digest(state.hash());
        let known = self.last.borrow_mut().insert(room.clone(), hash) == Some(hash);
        StateRef { hash, view: (!known).then(|| view(state)) }
    }
}

fn view(state: &RoomState) -> RoomView {
    let participants = &state.participants.participants;
    RoomView {
        participants: participants.iter().map(participant).collect(),
        roles: state.roles.roles.iter().map(role).collect(),
        name: state.metadata.name.clone(),
    }
}

fn role(role: &crate::mimi::policy::Role) -> RoleName {
    RoleName { index: role.index, name: role.name.clone() }
}

fn participant(participant: &crate::mimi::room::Participant) -> Participant {
    Participant { user: participant.user.clone(), role: participant.role }
}

fn members(snapshot: &RoomSnapshot) -> Vec<Member> {
    let member = |leaf: &crate::mls::Leaf| Member {
        leaf: leaf.index,
        client: leaf.actor.client.clone(),
        user: leaf.actor.user.clone(),
        key: Digest::of(&leaf.key),
    };
    snapshot.members.iter().map(member).collect()
}

/// What a handshake changes, in the trace's words. `base` is the committed state that it was made
/// in, which the indices of its list updates refer to.
pub fn change(base: &RoomState, handshake: &Handshake) -> Change {
    let mut change = Change::default();
    if handshake.kind == HandshakeKind::ExternalCommit {
        change.adds.push(handshake.actor.client.clone());
    }
    for part in &handshake.parts {
        match &part.what {
            What::Add(actor) => change.adds.push(actor.client.clone()),
            What::Remove(actor) | What::SelfRemove(actor) => {
                change.removes.push(actor.client.clone());
            }
            What::Update(update) => tell_update(base, update, &mut change),
            What::ExternalInit | What::KeyUpdate | What::Other(_) => {}
        }
    }
    change
}

fn tell_update(base: &RoomState, update: &ComponentUpdate, change: &mut Change) {
    let list = &base.participants.participants;
    let user = |index: u32| list.get(index as usize).map(|listed| listed.user.clone());
    match update {
        ComponentUpdate::Participants(update) => {
            change.listed.extend(update.added.iter().map(participant));
            change.unlisted.extend(update.removed.iter().filter_map(|index| user(*index)));
            let roles = update.changed_roles.iter();
            change.roles.extend(roles.filter_map(|changed| {
                Some(Participant { user: user(changed.index)?, role: changed.role })
            }));
        }
        ComponentUpdate::Metadata(metadata) => change.name = Some(metadata.name.clone()),
        // Role definitions are in the state that the next Shadowed and Entered carry.
        ComponentUpdate::Roles(_) => {}
    }
}
