//! What kind of room it is, and what that forbids.

use super::*;
use crate::mimi::policy::{
    BANNED, BaseRoomPolicy, Capability, OperationalParameters, PreAuthData, SUPER_ADMIN,
};

fn clubhouse(change: impl Fn(&mut BaseRoomPolicy)) -> Room {
    let mut room = Room::clubhouse();
    room.change(|state| change(state.base.get_or_insert_default()));
    room
}

fn add_dave(room: &Room) -> Handshake {
    room.commit("A1", vec![enlist("D1", ORDINARY_USER), add("D1")])
}

#[test]
fn nobody_enters_or_leaves_a_room_of_fixed_membership_but_clients_do() {
    let mut room = clubhouse(|base| base.fixed_membership = true);
    // With a role that adds users there would be no such state.
    room.refused_by("list-update-applies", &add_dave(&room));
    room.change(|state| {
        for role in &mut state.roles.roles {
            role.capabilities.retain(|held| *held != Capability::ADD_PARTICIPANT);
        }
    });
    room.refused_by("fixed-membership", &add_dave(&room));
    room.refused_only_by("fixed-membership", &room.leave_of_bob());
    let removal = room.commit("A1", vec![room.unlist("B1"), remove("B1"), remove("B2")]);
    room.refused_only_by("fixed-membership", &removal);
    let ban = room.commit("C1", vec![room.change_role("B1", BANNED), remove("B1"), remove("B2")]);
    room.refused_only_by("fixed-membership", &ban);
    room.passes(&room.commit("B1", vec![remove("B2")]));
    room.passes(&room.commit("B1", vec![add("B3")]));
    room.passes(&room.join("C2"));
    room.passes(&room.commit("A1", vec![room.change_role("B1", SUPER_ADMIN)]));
}

#[test]
fn where_fixed_rooms_may_be_left_users_leave_by_themselves_and_in_no_other_way() {
    let mut room = clubhouse(|base| base.fixed_membership = true);
    room.change(|state| {
        for role in &mut state.roles.roles {
            role.capabilities.retain(|held| *held != Capability::ADD_PARTICIPANT);
        }
    });
    room.readings = Readings::of(&["fixed-rooms-may-be-left".to_owned()]).unwrap();
    let removal = room.commit("A1", vec![room.unlist("B1"), remove("B1"), remove("B2")]);
    room.refused_only_by("fixed-membership", &removal);
    let leave = room.leave_of_bob();
    assert_eq!(room.play(&leave), Ok(()));
    room.passes(&room.commit("A1", vec![]));
    let also = room.commit("A1", vec![room.unlist("C1"), remove("C1")]);
    room.refused_by("fixed-membership", &also);
}

#[test]
fn a_room_with_a_parent_has_some_of_the_parents_participants() {
    let mut room = Room::clubhouse();
    let mut parent = room.committed.clone();
    parent
        .participants
        .participants
        .extend(["D1"].map(|name| Participant { user: user(name), role: ORDINARY_USER }));
    room.parent = Some(parent);
    // Alice, Bob and Cathy are three of the four: with Dave it would be all.
    room.refused_only_by("inside-parent", &add_dave(&room));
    let removal = room.commit("A1", vec![room.unlist("B1"), remove("B1"), remove("B2")]);
    assert_eq!(room.play(&removal), Ok(()));
    room.passes(&add_dave(&room));
    room.parent.as_mut().unwrap().participants.participants.pop();
    room.refused_only_by("inside-parent", &add_dave(&room));
}

#[test]
fn a_room_has_no_more_users_than_it_may_and_the_banned_do_not_count() {
    let room = clubhouse(|base| base.max_users = Some(4));
    room.passes(&add_dave(&room));
    let mut room = clubhouse(|base| base.max_users = Some(3));
    room.refused_only_by("at-most-max-users", &add_dave(&room));
    let ban = room.commit("C1", vec![room.change_role("B1", BANNED), remove("B1"), remove("B2")]);
    assert_eq!(room.play(&ban), Ok(()));
    room.passes(&add_dave(&room));
}

#[test]
fn a_room_has_no_more_clients_than_it_may() {
    let room = clubhouse(|base| base.max_clients = Some(5));
    room.passes(&add_dave(&room));
    let room = clubhouse(|base| base.max_clients = Some(4));
    room.refused_only_by("at-most-max-clients", &add_dave(&room));
    room.refused_only_by("at-most-max-clients", &room.join("C2"));
    let mut instead = room.join("B3");
    instead.parts.push(Part {
        sender: client("B3").into(),
        by_reference: None,
        what: remove("B2"),
    });
    room.passes(&instead);
}

#[test]
fn a_limit_that_is_broken_already_stops_growth_only() {
    let room = clubhouse(|base| (base.max_clients, base.max_users) = (Some(2), Some(1)));
    room.passes(&room.commit("B1", vec![remove("B2")]));
    room.passes(&room.commit("A1", vec![What::KeyUpdate]));
}

#[test]
fn a_user_has_one_client_where_the_room_is_not_for_several() {
    let room = clubhouse(|base| base.multi_device = false);
    room.refused_only_by("one-client-per-user", &room.join("C2"));
    room.refused_only_by("one-client-per-user", &room.commit("B1", vec![add("B3")]));
    let mut instead = room.join("C2");
    instead.parts.push(Part {
        sender: client("C2").into(),
        by_reference: None,
        what: remove("C1"),
    });
    room.passes(&instead);
    room.passes(&add_dave(&room));
}

#[test]
fn nobody_joins_by_an_external_commit_where_the_policy_forbids_it() {
    let mut room = Room::clubhouse();
    room.passes(&room.join("C2"));
    room.change(|state| {
        let operational = OperationalParameters {
            external_commit_allowed: false,
            ..OperationalParameters::UNSTATED
        };
        state.operational = Some(Box::new(operational));
    });
    room.refused_only_by("external-commits-allowed", &room.join("C2"));
    room.passes(&room.commit("C1", vec![What::KeyUpdate]));
}

#[test]
fn preauthorised_users_change_together_with_removals_only() {
    let room = Room::clubhouse();
    let preauth = || What::Update(ComponentUpdate::Preauthorized(PreAuthData::default()));
    let with = |whats: Vec<What>| room.commit("A1", [vec![preauth()], whats].concat());
    room.passes(&with(vec![]));
    room.passes(&with(vec![room.unlist("B1"), remove("B1"), remove("B2")]));
    let rule = "preauthorisation-apart-from-list";
    room.refused_only_by(rule, &with(vec![enlist("D1", ORDINARY_USER)]));
    room.refused_only_by(rule, &with(vec![room.change_role("B1", GROUP_ADMIN)]));
}
