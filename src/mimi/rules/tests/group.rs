//! Which clients enter and leave the group, and with whom.

use super::*;
use crate::mimi::policy::BANNED;

#[test]
fn an_external_commit_has_one_external_init() {
    let room = Room::clubhouse();
    let join = |whats| room.handshake(HandshakeKind::ExternalCommit, "C2", whats);
    room.passes(&join(vec![What::ExternalInit]));
    room.refused_only_by("external-commit-shape", &join(vec![]));
    let two = join(vec![What::ExternalInit, What::ExternalInit]);
    room.refused_by("external-commit-shape", &two);
    let inside = room.commit("C1", vec![What::ExternalInit]);
    room.refused_by("external-commit-shape", &inside);
}

#[test]
fn a_joiner_may_take_one_old_client_of_its_own_out() {
    let room = Room::clubhouse();
    let join = |whats: &[What]| {
        let whats = [&[What::ExternalInit], whats].concat();
        room.handshake(HandshakeKind::ExternalCommit, "B3", whats)
    };
    room.passes(&join(&[remove("B1")]));
    room.refused_only_by("external-commit-shape", &join(&[remove("B1"), remove("B2")]));
    room.refused_by("external-commit-shape", &join(&[remove("C1")]));
}

#[test]
fn a_client_that_lost_its_state_joins_again_in_its_own_place() {
    let mut room = Room::clubhouse();
    let whats = vec![What::ExternalInit, remove("B1")];
    let again = room.handshake(HandshakeKind::ExternalCommit, "B1", whats);
    assert_eq!(room.play(&again), Ok(()));
    assert_eq!(room.members, ["A1", "B2", "C1", "B1"].map(client));
}

#[test]
fn an_external_commit_changes_nothing_else() {
    let room = Room::clubhouse();
    for what in [enlist("D1", ORDINARY_USER), add("C3"), What::KeyUpdate] {
        let whats = vec![What::ExternalInit, what];
        let join = room.handshake(HandshakeKind::ExternalCommit, "C2", whats);
        room.refused_only_by("external-commit-shape", &join);
    }
}

#[test]
fn a_committer_does_not_commit_its_own_removal() {
    let mut room = Room::clubhouse();
    room.refused_only_by("no-self-removal-by-commit", &room.commit("B1", vec![remove("B1")]));
    room.passes(&room.commit("B1", vec![remove("B2")]));
    let own = room.proposals("B1", vec![remove("B1")]);
    assert_eq!(room.play(&own), Ok(()));
    room.refused_only_by("no-self-removal-by-commit", &room.commit("B1", vec![]));
    room.passes(&room.commit("B2", vec![]));
}

#[test]
fn a_client_is_removed_once_and_only_while_it_is_a_member() {
    let room = Room::while_bob_leaves();
    let again = room.proposals("B2", vec![remove("B2")]);
    room.refused_only_by("client-changes-once", &again);
    let own = room.commit("A1", vec![remove("B2")]);
    let code = room.refused_by("client-changes-once", &own);
    assert_eq!(code, Code::InvalidProposal(vec![vec![1]]));
    let nobody = room.commit("A1", vec![remove("A2")]);
    room.refused_by("client-changes-once", &nobody);
    room.passes(&room.proposals("B2", vec![What::SelfRemove(client("B2"))]));
}

#[test]
fn a_client_is_added_once_and_only_while_it_is_out() {
    let room = Room::clubhouse();
    room.refused_only_by("client-changes-once", &room.commit("B1", vec![add("B2")]));
    room.refused_only_by("client-changes-once", &room.commit("B1", vec![add("B3"), add("B3")]));
    room.passes(&room.commit("B1", vec![add("B3")]));
    room.passes(&room.commit("B1", vec![remove("B2"), add("B2")]));
}

#[test]
fn a_client_that_is_a_member_joins_only_in_its_own_place() {
    let room = Room::clubhouse();
    room.refused_only_by("client-changes-once", &room.join("B1"));
}

#[test]
fn a_client_enters_only_with_or_after_its_user() {
    let mut room = Room::clubhouse();
    room.refused_only_by("listed-before-member", &room.commit("A1", vec![add("D1")]));
    room.passes(&room.commit("A1", vec![enlist("D1", ORDINARY_USER), add("D1")]));
    let enlisted = room.commit("A1", vec![enlist("D1", ORDINARY_USER)]);
    assert_eq!(room.play(&enlisted), Ok(()));
    room.passes(&room.commit("A1", vec![add("D1")]));
    room.passes(&room.join("D1"));
}

#[test]
fn who_is_listed_only_by_a_waiting_proposal_cannot_join_by_external_commit() {
    let mut room = Room::clubhouse();
    let enlisted = room.proposals("A1", vec![enlist("D1", ORDINARY_USER)]);
    assert_eq!(room.play(&enlisted), Ok(()));
    room.refused_by("listed-before-member", &room.join("D1"));
    room.passes(&room.proposals("A1", vec![add("D1")]));
}

#[test]
fn a_stranger_cannot_join_by_external_commit() {
    let room = Room::clubhouse();
    room.refused_by("sender-is-participant", &room.join("D1"));
}

#[test]
fn who_is_removed_from_the_list_leaves_with_all_clients() {
    let room = Room::clubhouse();
    let one_stays = room.commit("A1", vec![room.unlist("B1"), remove("B1")]);
    room.refused_only_by("clients-leave-with-user", &one_stays);
    room.passes(&room.commit("A1", vec![room.unlist("B1"), remove("B1"), remove("B2")]));
}

#[test]
fn who_is_banned_leaves_with_all_clients() {
    let room = Room::clubhouse();
    let ban = || room.change_role("B1", BANNED);
    room.refused_by("clients-leave-with-user", &room.commit("C1", vec![ban()]));
    room.passes(&room.commit("C1", vec![ban(), remove("B1"), remove("B2")]));
}

#[test]
fn a_leave_comes_with_the_removals_of_all_own_clients() {
    let room = Room::clubhouse();
    let forgot = room.proposals("B1", vec![room.unlist("B1"), remove("B1")]);
    room.refused_only_by("clients-leave-with-user", &forgot);
    room.passes(&room.leave_of_bob());
}
