//! `no_ghost` (I9): nobody is in the group whom nobody let in.
//!
//! Each leaf names a client that exists, and the user whose client that is; and each client among
//! the members created the room, or some change that the honest hub accepted brought it in.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::RoomUri;
use crate::trace::{Entry, Event, Member, Stage, Way};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "no_ghost",
    meaning: "each leaf is a known client of its user, brought in by an accepted change",
    source: "I9; RFC 9750 §8.4.3.1",
    not_checked: "the leaf's key against the KeyPackage that was handed out (the trace does not \
                  tie the two); a client that was removed and is back without a new Add \
                  (hub_shadow and members_inside_participants see most of that); where a leaf \
                  came from under a dishonest hub",
    kind: Kind::Safety,
    begin: || Box::new(NoGhost),
};

struct NoGhost;

impl Invariant for NoGhost {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let (room, epoch, members) = match &entry.event {
            // A creator is in its room before the hub knows of it.
            Event::Entered { way: Way::Created, .. } => return vec![],
            Event::Entered { room, epoch, members, .. } if ledger.is_honest(&entry.node) => {
                (room, epoch, members)
            }
            Event::Shadowed { room, stage: Stage::Committed, epoch, members, .. }
                if ledger.speaks_as_hub(&entry.node, room) =>
            {
                (room, epoch, members)
            }
            _ => return vec![],
        };
        let ghost = members.iter().find_map(|member| ghost(ledger, room, member));
        let tell = |why| {
            let node = &entry.node;
            found(room, format!("epoch {epoch} as {node} has it has a ghost: {why}"))
        };
        ghost.map_or(vec![], tell)
    }
}

/// Why the member should not be there, if it should not.
fn ghost(ledger: &Ledger, room: &RoomUri, member: &Member) -> Option<String> {
    let Member { client, user, leaf, .. } = member;
    let person = ledger.node_of(client).and_then(|node| ledger.person(node));
    let Some(person) = person else {
        return Some(format!("leaf {leaf} names {client}, a client that does not exist"));
    };
    if person.user != *user {
        let owner = &person.user;
        return Some(format!("leaf {leaf} names {client} as a client of {user}, it is {owner}'s"));
    }
    let hub = &ledger.room(room).hub;
    let introduced = hub.introduced(client) || !ledger.hub_is_honest(room);
    let stray = || format!("no accepted change brought in {client}, at leaf {leaf}");
    (!introduced).then(stray)
}

#[cfg(test)]
mod tests {
    use crate::mimi::uri::{ClientUri, ProviderName};
    use crate::oracle::tests_support::{Story, adding, client, user};
    use crate::trace::{Member, Way};

    /// A1 is alone and enters epoch 1, and there is another member there.
    fn with_a_member(change: impl FnOnce(&mut Member)) -> Story {
        let mut story = Story::room_of(&["A1"]);
        story.commit("A1", adding(&["B1"], &["B1"]));
        story.amend_members_of_last_shadow(change);
        story
    }

    #[test]
    fn members_that_were_added_one_by_one_are_no_ghosts() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.commit("A1", adding(&["B2", "C1"], &["C1"]));
        story.all_enter(&["A1", "B1"]);
        ["B2", "C1"].iter().for_each(|name| story.joins(name, Way::Welcome));
        story.is_clean();
    }

    #[test]
    fn a_client_that_does_not_exist_is_a_ghost() {
        let b = ProviderName::new("b.example").unwrap();
        let nobody = ClientUri::new(&b, "B9").unwrap();
        with_a_member(|member| member.client = nobody).fires_last("no_ghost", "does not exist");
    }

    #[test]
    fn a_client_of_another_user_is_a_ghost() {
        with_a_member(|member| member.user = user("A1")).fires_last("no_ghost", "bob's");
    }

    #[test]
    fn a_client_that_no_accepted_change_brought_in_is_a_ghost() {
        with_a_member(|member| member.client = client("B2"))
            .fires_last("no_ghost", "no accepted change brought in mimi://b.example/d/B2");
    }

    #[test]
    fn a_creator_may_be_in_its_room_before_the_hub_knows_of_it() {
        let mut created = Story::new();
        created.creates("A1");
        let mut story = Story::new();
        story.entries = created.entries.split_off(created.entries.len() - 1);
        story.is_clean();
    }
}
