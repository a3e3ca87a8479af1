//! The draft's example flow (P06 §3), played from beginning to end under all rules.

use super::*;

#[test]
fn the_walkthrough_of_the_draft_passes_all_rules() {
    let mut room = Room::new();
    let own_second = room.commit("A1", vec![add("A2")]);
    assert_eq!(room.play(&own_second), Ok(()), "Alice's other client");

    let bob = vec![enlist("B1", ORDINARY_USER), add("B1"), add("B2")];
    let adds_bob = room.commit("A1", bob);
    assert_eq!(room.play(&adds_bob), Ok(()), "Alice adds Bob");

    let adds_cathy = room.commit("B1", vec![enlist("C1", ORDINARY_USER), add("C1")]);
    assert_eq!(room.play(&adds_cathy), Ok(()), "Bob adds Cathy");

    let hello = Message { epoch: room.epoch, user: user("C1") };
    assert_eq!(RuleSet::default().judge_message(&room.base(), &hello), Ok(()), "Cathy sends");

    let leave = room.leave_of_bob();
    assert_eq!(room.play(&leave), Ok(()), "Bob leaves: proposals");
    assert!(room.committed.is_participant(&user("B1")));
    assert!(!room.provisional.is_participant(&user("B1")));

    let with_leave = room.commit("C1", vec![]);
    assert_eq!(room.play(&with_leave), Ok(()), "Bob leaves: the next commit");
    assert_eq!(room.members, ["A1", "A2", "C1"].map(client));
    assert_eq!(room.committed.role_of(&user("B1")), None);

    let third = room.join("C3");
    assert_eq!(room.play(&third), Ok(()), "Cathy's new client");
    assert_eq!(room.members, ["A1", "A2", "C1", "C3"].map(client));
    assert_eq!(room.epoch, 7 + 5);
}

#[test]
fn a_commit_may_carry_a_leave_and_the_committers_own_change_of_the_list() {
    let mut room = Room::while_bob_leaves();
    let commit = room.commit("A1", vec![enlist("D1", ORDINARY_USER), add("D1")]);
    assert_eq!(room.play(&commit), Ok(()));
    assert_eq!(room.members, ["A1", "C1", "D1"].map(client));
    assert_eq!(room.committed.index_of(&user("D1")), Some(2));
}
