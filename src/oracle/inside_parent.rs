//! `inside_parent` (I17): a room that depends on another has only participants of that one.
//!
//! Two claims. Whoever a commit lists in the child is a participant of the parent at that moment,
//! and the child does not grow to all of the parent. And whoever goes from the parent goes from the
//! child: at the end, no client of such a user is a member of it. In between, the hub proposes
//! and a member of the child has to commit; that time is not judged.

use std::collections::BTreeSet;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found, owed};
use super::ledger::{Ledger, begins};
use super::room::Room;
use crate::mimi::uri::{RoomUri, UserUri};
use crate::trace::{Entry, Event, Phase, RoomView, Stage};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "inside_parent",
    meaning: "who is listed in a room that depends on another is a participant of that one, and \
              goes with it",
    source: "I17; RP03 §5; R55",
    not_checked: "users who are listed in the child without a client, whom no server can take off \
                  a list; a parent that shrinks to the size of its child; rooms whose policy lets \
                  no server propose, or in which nobody is left to commit; dishonest hubs",
    kind: Kind::Safety,
    begin: || Box::new(InsideParent),
};

/// Index of the role that bans, where it has that name (R49).
const BANNED: u32 = 1;

struct InsideParent;

impl Invariant for InsideParent {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Shadowed { room, stage: Stage::Committed, epoch, state, .. }
                if ledger.speaks_as_hub(&entry.node, room) =>
            {
                let after = ledger.view(state);
                after.map_or(vec![], |after| lists(ledger, room, *epoch, after))
            }
            _ if begins(entry, Phase::End) => {
                let judged = |(uri, room)| owed(uri, &left_behind(ledger, uri, room));
                ledger.owed_rooms().filter_map(judged).collect()
            }
            _ => vec![],
        }
    }
}

/// Whom the commit into this epoch lists, held against the parent.
fn lists(ledger: &Ledger, child: &RoomUri, epoch: u64, after: &RoomView) -> Vec<Finding> {
    let Some(parent) = parent_of(ledger, after) else { return vec![] };
    let (outer, inner) = (participants(parent), participants(after));
    let before = epoch.checked_sub(1).and_then(|last| ledger.view_at(child, last));
    let before = before.map(participants).unwrap_or_default();
    let mut new = inner.difference(&before).peekable();
    if new.peek().is_none() {
        return vec![];
    }
    if let Some(user) = new.find(|user| !outer.contains(*user)) {
        return found(child, format!("epoch {epoch} lists {user}, who is not in the parent room"));
    }
    if inner.len() >= outer.len() && inner.len() > before.len() {
        return found(child, format!("epoch {epoch} lists everybody of the parent room"));
    }
    vec![]
}

/// Members of the child whose users are not in the parent.
fn left_behind(ledger: &Ledger, uri: &RoomUri, room: &Room) -> Vec<String> {
    let view = room.hub.epoch().and_then(|epoch| ledger.view_at(uri, epoch));
    let Some((view, parent)) = view.and_then(|view| Some((view, parent_of(ledger, view)?))) else {
        return vec![];
    };
    if view.policy.no_external_proposals {
        return vec![];
    }
    let outer = participants(parent);
    let stays = |node: &str| ledger.person(node).is_some_and(|it| outer.contains(&it.user));
    if !ledger.active(uri).into_iter().any(stays) {
        return vec![];
    }
    let members = room.hub.members().iter().filter(|member| !outer.contains(&member.user));
    let told =
        |client: String| format!("{client} is a member, and its user not in the parent room");
    members.map(|member| told(ledger.name_of(&member.client))).collect()
}

fn parent_of<'a>(ledger: &'a Ledger, view: &RoomView) -> Option<&'a RoomView> {
    let parent = view.policy.parent.as_ref()?;
    ledger.view_at(parent, ledger.room(parent).hub.epoch()?)
}

fn participants(view: &RoomView) -> BTreeSet<&UserUri> {
    let bans = view.roles.iter().any(|role| role.index == BANNED && role.name == "banned");
    let listed = view.participants.iter().filter(|listed| !(bans && listed.role == BANNED));
    listed.map(|listed| &listed.user).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::tests_support::{HUB, Story, adding, client, digest, participant, user};
    use crate::trace::{Change, Kind as Accepted, PolicyView, StateRef};

    fn house() -> RoomUri {
        RoomUri::parse("mimi://a.example/r/house").unwrap()
    }

    /// The parent room has the users of these clients, says its hub.
    fn house_of(story: &mut Story, epoch: u64, names: &[&str]) {
        let participants = names.iter().map(|name| participant(name)).collect();
        let (name, policy, roles) = ("House".to_owned(), PolicyView::default(), vec![]);
        let view = RoomView { participants, roles, name, policy };
        let hash = digest(&format!("house {epoch}"));
        let accepted = Event::Accepted {
            room: house(),
            index: epoch,
            kind: if epoch == 0 { Accepted::Created } else { Accepted::Commit },
            epoch: epoch.saturating_sub(1),
            digest: hash,
            proposals: vec![],
            client: Some(client("A1")),
            user: user("A1"),
            stamp: epoch,
            change: Change::default(),
            deeds: vec![],
        };
        story.push(HUB, accepted);
        let event = Event::Shadowed {
            room: house(),
            stage: Stage::Committed,
            epoch,
            context: hash,
            tag: hash,
            state: StateRef { hash, view: Some(view) },
            members: vec![],
        };
        story.push(HUB, event);
    }

    /// All states of the clubhouse name the house as its parent.
    fn told(mut story: Story) -> String {
        for entry in &mut story.entries {
            if let Event::Shadowed { room, state, .. } = &mut entry.event
                && *room != house()
            {
                let policy = PolicyView { parent: Some(house()), ..PolicyView::default() };
                state.view.as_mut().unwrap().policy = policy;
                state.hash = digest(&format!("{} inside", state.hash.short()));
            }
        }
        let found = story.verdict().violations;
        let found = found.iter().find(|it| it.invariant == "inside_parent");
        found.map_or(String::new(), |it| it.why.clone())
    }

    fn inside(outer: &[&str], inner: &[&str]) -> Story {
        let mut story = Story::new();
        house_of(&mut story, 0, outer);
        story.creates("A1");
        if !inner.is_empty() {
            story.commit("A1", adding(inner, inner));
            story.enters("A1");
        }
        story
    }

    #[test]
    fn a_room_that_lists_somebody_from_outside_its_parent_is_found() {
        assert_eq!(told(inside(&["A1", "B1", "C1"], &["B1"])), "");
        let why = told(inside(&["A1", "C1"], &["B1"]));
        assert!(why.contains("epoch 1 lists mimi://b.example/u/bob, who is not"), "{why}");
    }

    #[test]
    fn a_room_that_grows_to_all_of_its_parent_is_found() {
        let why = told(inside(&["A1", "B1"], &["B1"]));
        assert!(why.contains("epoch 1 lists everybody"), "{why}");
    }

    #[test]
    fn who_is_gone_from_the_parent_and_still_in_the_child_is_found_at_the_end() {
        let shrunk = |names: &[&str]| {
            let mut story = inside(&["A1", "B1", "C1"], &["B1"]);
            house_of(&mut story, 1, names);
            story.ends();
            told(story)
        };
        assert_eq!(shrunk(&["A1", "B1"]), "", "as large as the child, which did not grow");
        let why = shrunk(&["A1", "C1"]);
        assert!(why.contains("B1 is a member, and its user not in the parent room"), "{why}");
        let nobody_left = shrunk(&["C1"]);
        assert_eq!(nobody_left, "", "{} and {} are both out", user("A1"), user("B1"));
    }
}
