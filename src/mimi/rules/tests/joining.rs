//! The ways in for who is not listed.

use super::*;
use crate::mimi::policy::{
    BANNED, Capability, Claim, JoinLink, JoinLinks, NO_ROLE, PreAuthData, PreAuthRoleEntry, Role,
    RoleChanges, SUPER_ADMIN,
};
use crate::mimi::rules::joining::role_to_enter;

fn role(room: &mut RoomState, index: u32) -> &mut Role {
    room.roles.roles.iter_mut().find(|role| role.index == index).unwrap()
}

/// Role 0 holds the capability, and may become an ordinary user.
fn let_in_by(room: &mut Room, capability: Capability) {
    room.change(|state| {
        let nobody = role(state, NO_ROLE);
        nobody.capabilities.push(capability);
        nobody.authorized_role_changes =
            vec![RoleChanges { from: NO_ROLE, to: vec![ORDINARY_USER] }];
    });
}

/// Users of Dave's provider are preauthorised for the role.
fn preauthorise(room: &mut Room, index: u32) {
    let claims = vec![Claim::provider(user("D1").provider())];
    let entries = vec![PreAuthRoleEntry { claims, target_role: index }];
    let data = PreAuthData { entries };
    room.change(|state| {
        state.preauthorized = Some(data.clone());
        role(state, index).capabilities.push(Capability::JOIN_IF_PREAUTHORIZED);
    });
}

fn add_code(room: &mut Room) {
    let links = vec![JoinLink { code: b"abc".to_vec() }];
    room.change(|state| state.join_links = Some(JoinLinks { links: links.clone() }));
}

#[test]
fn a_user_enters_an_open_room_in_the_role_that_is_open() {
    let mut room = Room::clubhouse();
    room.refused_only_by("authorised", &room.enter("D1", ORDINARY_USER));
    let_in_by(&mut room, Capability::OPEN_JOIN);
    room.passes(&room.enter("D1", ORDINARY_USER));
    room.refused_only_by("authorised", &room.enter("D1", GROUP_ADMIN));
    assert_eq!(role_to_enter(&room.committed, &client("D1"), false), Some(2));
}

#[test]
fn a_preauthorised_user_enters_in_the_first_role_that_it_matches() {
    let mut room = Room::clubhouse();
    preauthorise(&mut room, GROUP_ADMIN);
    room.passes(&room.enter("D1", GROUP_ADMIN));
    room.refused_only_by("authorised", &room.enter("D1", ORDINARY_USER));
    room.change(|state| {
        role(state, GROUP_ADMIN).capabilities.retain(|it| *it != Capability::JOIN_IF_PREAUTHORIZED);
    });
    room.refused_only_by("authorised", &room.enter("D1", GROUP_ADMIN));
}

#[test]
fn a_join_code_lets_in_who_has_shown_one() {
    let mut room = Room::clubhouse();
    let_in_by(&mut room, Capability::USE_JOIN_CODE);
    add_code(&mut room);
    room.refused_only_by("authorised", &room.enter("D1", ORDINARY_USER));
    room.admitted.insert(client("D1"));
    room.passes(&room.enter("D1", ORDINARY_USER));
    room.refused_only_by("authorised", &room.enter("D1", GROUP_ADMIN));
    room.change(|state| state.join_links = None);
    room.refused_only_by("authorised", &room.enter("D1", ORDINARY_USER));
}

#[test]
fn a_member_takes_the_hubs_word_for_a_code_where_the_room_has_codes() {
    let mut room = Room::clubhouse();
    let_in_by(&mut room, Capability::USE_JOIN_CODE);
    let judge = |room: &Room| {
        let base = Base { admitted: None, ..room.base() };
        RuleSet::default().judge_handshake(&base, &room.enter("D1", ORDINARY_USER)).is_ok()
    };
    assert!(!judge(&room));
    add_code(&mut room);
    assert!(judge(&room));
}

#[test]
fn a_banned_user_finds_no_way_in() {
    let mut room = Room::clubhouse();
    let ban = room.commit("C1", vec![room.change_role("B1", BANNED), remove("B1"), remove("B2")]);
    assert_eq!(room.play(&ban), Ok(()));
    let_in_by(&mut room, Capability::OPEN_JOIN);
    room.refused_by("sender-is-participant", &room.enter("B1", ORDINARY_USER));
    assert_eq!(role_to_enter(&room.committed, &client("B1"), true), None);
}

#[test]
fn an_external_commit_changes_nothing_but_the_joiners_own_entry() {
    let mut room = Room::clubhouse();
    let_in_by(&mut room, Capability::OPEN_JOIN);
    let join = |whats: Vec<What>| {
        let whats = [vec![What::ExternalInit], whats].concat();
        room.handshake(HandshakeKind::ExternalCommit, "D1", whats)
    };
    room.passes(&join(vec![enlist("D1", ORDINARY_USER)]));
    let mut both = ParticipantListUpdate::add(user("D1"), ORDINARY_USER);
    both.removed.push(room.place("B1"));
    let name = room.metadata(|metadata| metadata.name = "Mine".to_owned());
    let own = || enlist("D1", ORDINARY_USER);
    for whats in [vec![list(both)], vec![own(), name], vec![own(), own()]] {
        room.refused_by("external-commit-shape", &join(whats));
    }
}

#[test]
fn who_enters_counts_for_the_limits_of_its_role() {
    let mut room = Room::clubhouse();
    let_in_by(&mut room, Capability::OPEN_JOIN);
    room.change(|state| role(state, ORDINARY_USER).maximum_participants = Some(1));
    room.refused_only_by("authorised", &room.enter("D1", ORDINARY_USER));
}

#[test]
fn a_user_changes_its_own_role_to_the_one_that_it_is_preauthorised_for() {
    let mut room = Room::clubhouse();
    room.change(|state| role(state, SUPER_ADMIN).minimum_participants = 0);
    let own = |room: &Room, role| room.commit("B1", vec![room.change_role("B1", role)]);
    let claims = vec![Claim::user(&user("B1"))];
    let entries = vec![PreAuthRoleEntry { claims, target_role: SUPER_ADMIN }];
    room.change(|state| state.preauthorized = Some(PreAuthData { entries: entries.clone() }));
    room.refused_only_by("authorised", &own(&room, SUPER_ADMIN));
    room.change(|state| {
        role(state, ORDINARY_USER).capabilities.push(Capability::CHANGE_OWN_ROLE);
    });
    room.passes(&own(&room, SUPER_ADMIN));
    room.refused_only_by("authorised", &own(&room, GROUP_ADMIN));
}
