//! Which application messages are accepted.

use super::*;
use crate::mimi::policy::{BANNED, Capability};

fn judge(room: &Room, without: &[&str], epoch: u64, name: &str) -> Result<(), Refusal> {
    let without: Vec<_> = without.iter().map(|id| (*id).to_owned()).collect();
    let rules = RuleSet::without(&without).unwrap();
    rules.judge_message(&room.base(), &Message { epoch, user: user(name) })
}

#[track_caller]
fn refused_only_by(rule: &str, room: &Room, epoch: u64, name: &str) -> Code {
    let refusal = judge(room, &[], epoch, name).unwrap_err();
    assert_eq!(refusal.rule, rule, "{refusal}");
    assert_eq!(judge(room, &[rule], epoch, name), Ok(()));
    refusal.code
}

#[test]
fn a_participant_with_a_client_in_the_group_sends() {
    let mut room = Room::clubhouse();
    assert_eq!(judge(&room, &[], 7, "B1"), Ok(()));
    room.members.retain(|member| member.user != user("B1"));
    let code = refused_only_by("message-sender-is-active", &room, 7, "B1");
    assert_eq!(code, Code::NotAllowed);
}

#[test]
fn strangers_and_banned_users_send_nothing() {
    let mut room = Room::clubhouse();
    room.committed.participants.participants[1].role = BANNED;
    room.provisional = room.committed.clone();
    for name in ["B1", "D1"] {
        let refusal = judge(&room, &[], 7, name).unwrap_err();
        assert_eq!(refusal.rule, "message-sender-is-active");
    }
}

#[test]
fn a_message_from_an_epoch_to_come_is_not_allowed() {
    let room = Room::clubhouse();
    let code = refused_only_by("message-epoch-not-newer", &room, 8, "B1");
    assert_eq!(code, Code::NotAllowed);
}

#[test]
fn a_message_may_lag_behind_as_far_as_the_room_tolerates() {
    let room = Room::clubhouse();
    assert_eq!(judge(&room, &[], 5, "B1"), Ok(()));
    let code = refused_only_by("message-epoch-tolerated", &room, 4, "B1");
    assert_eq!(code, Code::EpochTooOld);
}

#[test]
fn a_user_who_leaves_sends_no_messages() {
    let room = Room::while_bob_leaves();
    let code = refused_only_by("exiting-sends-nothing", &room, 7, "B1");
    assert_eq!(code, Code::NotAllowed);
    assert_eq!(judge(&room, &[], 7, "C1"), Ok(()));
}

#[test]
fn a_role_without_the_capability_sends_nothing() {
    let mut room = Room::clubhouse();
    let role = &mut room.provisional.roles.roles[2];
    role.capabilities.retain(|capability| *capability != Capability::SEND_MESSAGE);
    let code = refused_only_by("may-send", &room, 7, "B1");
    assert_eq!(code, Code::NotAllowed);
    assert_eq!(judge(&room, &[], 7, "C1"), Ok(()));
}
