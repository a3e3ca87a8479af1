//! Who may send a handshake.

use super::*;
use crate::mimi::policy::BANNED;

#[test]
fn a_commit_or_proposal_for_another_epoch_gets_wrong_epoch() {
    let room = Room::clubhouse();
    room.passes(&room.commit("A1", vec![What::KeyUpdate]));
    for epoch in [6, 8] {
        let mut commit = room.commit("A1", vec![What::KeyUpdate]);
        commit.epoch = epoch;
        room.refused_only_by("current-epoch", &commit);
        let mut leave = room.leave_of_bob();
        leave.epoch = epoch;
        assert_eq!(room.refused_by("current-epoch", &leave), Code::WrongEpoch);
    }
}

#[test]
fn who_is_no_member_can_only_join() {
    let room = Room::clubhouse();
    room.refused_only_by("sender-is-member", &room.commit("C2", vec![What::KeyUpdate]));
    room.refused_only_by("sender-is-member", &room.proposals("C2", vec![What::KeyUpdate]));
    room.passes(&room.join("C2"));
}

#[test]
fn a_client_in_the_name_of_another_user_is_no_member() {
    let room = Room::clubhouse();
    let mut commit = room.commit("A1", vec![]);
    commit.actor = Actor { user: user("C1"), ..client("A1") }.into();
    room.refused_only_by("sender-is-member", &commit);
}

#[test]
fn nobody_sends_the_proposals_of_another_client() {
    let room = Room::clubhouse();
    let mut leave = room.leave_of_bob();
    leave.actor = client("A1").into();
    room.refused_only_by("sender-is-member", &leave);
}

#[test]
fn a_user_who_leaves_may_only_remove_its_own_clients() {
    let room = Room::while_bob_leaves();
    let key_update = room.proposals("B1", vec![What::KeyUpdate]);
    room.refused_only_by("exiting-only-removes", &key_update);
    let add_own = room.proposals("B1", vec![add("B3")]);
    room.refused_by("exiting-only-removes", &add_own);
    let other = room.proposals("B1", vec![remove("C1")]);
    room.refused_by("exiting-only-removes", &other);
    room.passes(&room.proposals("B2", vec![What::SelfRemove(client("B2"))]));
}

#[test]
fn a_user_who_leaves_neither_commits_nor_joins_again() {
    let room = Room::while_bob_leaves();
    let commit = room.commit("B2", vec![]);
    assert_eq!(room.refused_by("exiting-only-removes", &commit), Code::NotAllowed);
    room.refused_by("exiting-only-removes", &room.join("B3"));
}

#[test]
fn who_is_not_listed_or_banned_sends_nothing() {
    let mut room = Room::clubhouse();
    let commit = room.commit("B1", vec![What::KeyUpdate]);
    room.passes(&commit);
    room.committed.participants.participants[1].role = BANNED;
    room.provisional = room.committed.clone();
    room.refused_only_by("sender-is-participant", &commit);
    room.committed.participants.participants.remove(1);
    room.provisional = room.committed.clone();
    room.refused_only_by("sender-is-participant", &commit);
}
