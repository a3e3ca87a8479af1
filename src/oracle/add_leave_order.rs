//! `add_leave_order` (I11): on the list before in the group, out of the group before off the list.
//!
//! An accepted commit that brings in a client finds its user listed already, or lists it in the
//! same step; one that takes a user off the list leaves none of its clients a member. What a
//! commit does includes what the cached proposals do that it commits.

use std::collections::BTreeSet;

use super::hub_log::is_commit;
use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};
use crate::trace::{Change, Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "add_leave_order",
    meaning: "users are listed before their clients are members, and unlisted not before they left",
    source: "I11; R20, R21; P06 §5.3",
    not_checked: "the resulting epoch (members_inside_participants); whether anybody was allowed \
                  to do it; dishonest hubs; the base state where the trace does not spell it out",
    kind: Kind::Safety,
    begin: || Box::new(AddLeaveOrder),
};

struct AddLeaveOrder;

impl Invariant for AddLeaveOrder {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Accepted { room, kind, epoch, digest, proposals, change, .. } = &entry.event
        else {
            return vec![];
        };
        if !is_commit(*kind) || !ledger.speaks_as_hub(&entry.node, room) {
            return vec![];
        }
        let effect = ledger.room(room).hub.effect(change, proposals);
        let wrong = adds_too_early(ledger, room, *epoch, &effect)
            .or_else(|| unlists_too_early(ledger, room, *epoch, &effect));
        let short = digest.short();
        wrong.map_or(vec![], |why| found(room, format!("commit {short} of epoch {epoch} {why}")))
    }
}

fn adds_too_early(ledger: &Ledger, room: &RoomUri, epoch: u64, effect: &Change) -> Option<String> {
    let base = &ledger.view_at(room, epoch)?.participants;
    let listed: BTreeSet<&UserUri> =
        base.iter().chain(&effect.listed).map(|entry| &entry.user).collect();
    effect.adds.iter().find_map(|client| {
        // A client that nobody knows is `no_ghost`'s.
        let user = user_of(ledger, client)?;
        let name = ledger.name_of(client);
        let early = !listed.contains(user);
        early.then(|| format!("brings in {name}, whose user {user} is not a participant"))
    })
}

fn unlists_too_early(
    ledger: &Ledger,
    room: &RoomUri,
    epoch: u64,
    effect: &Change,
) -> Option<String> {
    let shadow = ledger.room(room).hub.shadow_at(epoch)?;
    let unlisted: BTreeSet<&UserUri> = effect.unlisted.iter().collect();
    let staying = shadow.members.iter().find(|member| {
        unlisted.contains(&member.user) && !effect.removes.contains(&member.client)
    })?;
    let name = ledger.name_of(&staying.client);
    Some(format!("takes {} off the list while {name} stays a member", staying.user))
}

fn user_of<'a>(ledger: &'a Ledger, client: &ClientUri) -> Option<&'a UserUri> {
    ledger.person(ledger.node_of(client)?).map(|person| &person.user)
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story, adding, digest, removing};
    use crate::trace::{Event, Kind, Way};

    /// A1 and B1, and a commit of A1 that has this change, of which the hub shows no view.
    fn accepting(change: crate::trace::Change) -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.accepted("A1", Kind::Commit, 1, "commit", change);
        story
    }

    #[test]
    fn listing_with_adding_and_unlisting_with_removing_is_in_order() {
        accepting(adding(&["C1"], &["C1"])).is_clean();
        accepting(removing(&["B1"], &["B1"])).is_clean();
        accepting(adding(&["B2"], &[])).is_clean();
    }

    #[test]
    fn a_listed_user_may_return_by_an_external_commit() {
        let mut story = Story::room_of(&["A1", "B1"]);
        let mut change = removing(&["B1"], &[]);
        change.adds = adding(&["B1"], &[]).adds;
        story.commit_of("B1", Kind::ExternalCommit, change, &[]);
        story.joins("B1", Way::ExternalCommit);
        story.is_clean();
    }

    #[test]
    fn adding_a_client_whose_user_is_not_listed_is_found_unless_the_hub_is_dishonest() {
        let mut story = accepting(adding(&["C1"], &[]));
        story.fires_last("add_leave_order", "brings in C1");
        story.header.dishonest = vec![HUB.into()];
        story.is_clean();
    }

    #[test]
    fn unlisting_a_user_with_a_client_left_behind_is_found() {
        let mut story = Story::room_of(&["A1", "B1", "B2"]);
        story.accepted("A1", Kind::Commit, 1, "commit", removing(&["B1"], &["B1"]));
        story.fires_last("add_leave_order", "while B2 stays a member");
    }

    #[test]
    fn what_cached_proposals_do_belongs_to_the_commit_that_includes_them() {
        let mut story = Story::room_of(&["A1", "B1"]);
        let leave = removing(&["B1"], &["B1"]);
        story.accepted("B1", Kind::Proposals, 1, "leave", leave.clone());
        story.accepted("A1", Kind::Commit, 1, "commit", removing(&[], &["B1"]));
        story.amend(|event| {
            if let Event::Accepted { proposals, .. } = event {
                *proposals = vec![digest("leave")];
            }
        });
        story.is_clean();
    }
}
