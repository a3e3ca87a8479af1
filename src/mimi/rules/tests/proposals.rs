//! Which proposals a handshake must have, and which go together.

use super::*;
use crate::mimi::policy::{Capability, SUPER_ADMIN};

#[test]
fn a_reference_to_what_was_never_accepted_is_an_invalid_proposal() {
    let room = Room::while_bob_leaves();
    let mut commit = room.commit("A1", vec![What::KeyUpdate]);
    room.passes(&commit);
    commit.parts[3].by_reference = Some(vec![99]);
    room.refused_only_by("known-references", &commit);
    let code = room.refused_by("known-references", &commit);
    assert_eq!(code, Code::InvalidProposal(vec![vec![99]]));
}

#[test]
fn a_proposal_that_rooms_have_no_use_for_is_refused() {
    let room = Room::clubhouse();
    room.refused_only_by("only-known-proposals", &room.commit("A1", vec![What::Other("psk")]));
    room.passes(&room.commit("A1", vec![What::KeyUpdate]));
}

#[test]
fn a_commit_without_a_waiting_proposal_is_told_which() {
    let room = Room::while_bob_leaves();
    room.passes(&room.commit("A1", vec![]));
    let mut none = room.commit("A1", vec![]);
    none.parts.clear();
    room.refused_only_by("cached-proposals-included", &none);
    let all = vec![vec![0], vec![1], vec![2]];
    assert_eq!(room.refused_by("cached-proposals-included", &none), Code::InvalidProposal(all));
    let mut most = room.commit("A1", vec![]);
    most.parts.remove(0);
    let code = room.refused_by("cached-proposals-included", &most);
    assert_eq!(code, Code::InvalidProposal(vec![vec![0]]));
}

#[test]
fn a_waiting_removal_may_be_left_out_for_a_waiting_self_removal_which_may_not() {
    let mut room = Room::clubhouse();
    let own = room.proposals("B2", vec![What::SelfRemove(client("B2"))]);
    assert_eq!(room.play(&own), Ok(()));
    let leave = room.leave_of_bob();
    assert_eq!(room.play(&leave), Ok(()));
    let mut commit = room.commit("A1", vec![]);
    room.passes(&commit);
    let parts = commit.parts.len();
    commit.parts.retain(|part| part.what != What::Remove(client("B2")));
    assert_eq!(commit.parts.len(), parts - 1);
    room.passes(&commit);
    commit.parts.retain(|part| part.what != What::SelfRemove(client("B2")));
    let code = room.refused_by("cached-proposals-included", &commit);
    assert_eq!(code, Code::InvalidProposal(vec![vec![0]]));
}

#[test]
fn an_external_commit_need_not_include_what_waits() {
    let room = Room::while_bob_leaves();
    room.passes(&room.join("C2"));
}

#[test]
fn a_commit_carries_one_metadata_update_at_most() {
    let room = Room::clubhouse();
    let name = || room.metadata(|metadata| metadata.name = "Club".to_owned());
    let mood = || room.metadata(|metadata| metadata.mood = "merry".to_owned());
    room.passes(&room.commit("A1", vec![name()]));
    room.refused_only_by("one-metadata-update", &room.commit("A1", vec![name(), mood()]));
}

#[test]
fn a_second_metadata_update_is_refused_while_the_first_waits() {
    let mut room = Room::clubhouse();
    let name = room.proposals("B1", vec![room.metadata(|it| it.name = "Club".to_owned())]);
    assert_eq!(room.play(&name), Ok(()));
    let mood = room.commit("A1", vec![room.metadata(|it| it.mood = "merry".to_owned())]);
    let code = room.refused_by("one-metadata-update", &mood);
    assert_eq!(code, Code::InvalidProposal(vec![vec![0]]));
}

#[test]
fn roles_change_in_a_commit_without_list_changes() {
    let mut room = Room::clubhouse();
    let super_admin = room.committed.roles.roles.iter_mut().find(|it| it.index == SUPER_ADMIN);
    super_admin.unwrap().capabilities.push(Capability::CHANGE_ROLE_DEFINITIONS);
    room.provisional = room.committed.clone();
    let roles = || What::Update(ComponentUpdate::Roles(room.committed.roles.clone()));
    room.passes(&room.commit("A1", vec![roles()]));
    let both = room.commit("A1", vec![roles(), enlist("D1", ORDINARY_USER)]);
    room.refused_only_by("roles-apart-from-list", &both);
}

#[test]
fn updates_that_touch_a_user_twice_or_nobody_are_invalid() {
    let room = Room::while_bob_leaves();
    let again = room.commit("A1", vec![room.unlist("B1")]);
    room.refused_only_by("list-update-applies", &again);
    let references = Code::InvalidProposal(vec![vec![2]]);
    assert_eq!(room.refused_by("list-update-applies", &again), references);
    let nobody = room.commit("A1", vec![list(ParticipantListUpdate::remove(9))]);
    room.refused_by("list-update-applies", &nobody);
    room.passes(&room.commit("A1", vec![enlist("D1", ORDINARY_USER)]));
}

#[test]
fn the_last_who_could_commit_the_others_removals_may_not_ask_for_its_own() {
    let mut room = Room::clubhouse();
    room.members.retain(|member| *member != client("C1"));
    let leave = room.leave_of_bob();
    assert_eq!(room.play(&leave), Ok(()));
    let own = room.proposals("A1", vec![What::SelfRemove(client("A1"))]);
    room.refused_only_by("somebody-can-commit", &own);
    room.members.push(client("C1"));
    room.passes(&own);
}

/// Alice's own leave beside Bob's, where nobody else is there.
fn second_leave(readings: &[&str]) -> (Room, Handshake) {
    let mut room = Room::clubhouse();
    room.members.retain(|member| *member != client("C1"));
    room.readings =
        Readings::of(&readings.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    let leave = room.leave_of_bob();
    assert_eq!(room.play(&leave), Ok(()));
    let own = room.proposals("A1", vec![What::SelfRemove(client("A1"))]);
    (room, own)
}

#[test]
fn what_waits_gives_way_to_what_cannot_be_committed_with_it_only_where_the_later_one_wins() {
    let (room, own) = second_leave(&[]);
    let refusal = giving_way(&RuleSet::default(), &room.base(), &own).unwrap_err();
    assert_eq!(refusal.rule, "somebody-can-commit");
    let (room, own) = second_leave(&["later-proposal-wins"]);
    let rules = RuleSet::default();
    let all: BTreeSet<_> = room.cached.iter().map(|it| it.reference.clone()).collect();
    assert_eq!(giving_way(&rules, &room.base(), &own), Ok(all), "a leave goes as a whole");
    let wrong = room.proposals("B1", vec![What::Other("ReInit")]);
    assert!(giving_way(&rules, &room.base(), &wrong).is_err(), "it is wrong by itself");
}

#[test]
fn what_fits_with_the_newcomer_stays_and_members_find_the_same() {
    let (mut room, own) = second_leave(&["later-proposal-wins"]);
    let mut rename = room.committed.metadata.clone();
    rename.name = "Attic".to_owned();
    let renames = CachedProposal {
        reference: b"rename".to_vec(),
        sender: Proposer::Client(client("A1")),
        what: What::Update(ComponentUpdate::Metadata(rename)),
    };
    room.cached.insert(0, renames.clone());
    let rules = RuleSet::default();
    let gone = giving_way(&rules, &room.base(), &own).unwrap();
    assert!(!gone.is_empty() && !gone.contains(&renames.reference));
    let newcomer = CachedProposal {
        reference: b"own".to_vec(),
        sender: own.actor.clone(),
        what: own.parts[0].what.clone(),
    };
    room.cached.push(newcomer);
    assert_eq!(gave_way(&rules, &room.base()), gone);
}
