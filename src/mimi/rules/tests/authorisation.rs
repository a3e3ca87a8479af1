//! Who may do what, under the cooperative roles.

use super::*;
use crate::mimi::policy::{BANNED, Capability, POLICY_ENFORCER, Role, SUPER_ADMIN};

/// Takes one capability from the role, in both states.
fn take(room: &mut Room, role: u32, capability: Capability) {
    change(room, role, |role| role.capabilities.retain(|held| *held != capability));
}

fn change(room: &mut Room, role: u32, change: impl Fn(&mut Role)) {
    for state in [&mut room.committed, &mut room.provisional] {
        change(state.roles.roles.iter_mut().find(|it| it.index == role).unwrap());
    }
}

#[test]
fn who_lacks_the_capability_of_an_action_may_not_do_it() {
    type Case = (Capability, fn(&Room) -> Handshake);
    let cases: [Case; 6] = [
        (Capability::ADD_PARTICIPANT, |it| it.commit("B1", vec![enlist("D1", 2), add("D1")])),
        (Capability::ADD_OWN_CLIENT, |it| it.commit("B1", vec![add("B3")])),
        (Capability::ADD_OWN_CLIENT, |it| it.join("B3")),
        (Capability::REMOVE_OWN_CLIENT, |it| it.commit("B1", vec![remove("B2")])),
        (Capability::REMOVE_SELF, Room::leave_of_bob),
        (Capability::CHANGE_ROOM_NAME, |it| {
            it.commit("B1", vec![it.metadata(|metadata| metadata.name = "Club".to_owned())])
        }),
    ];
    for (capability, handshake) in cases {
        let mut room = Room::clubhouse();
        room.passes(&handshake(&room));
        take(&mut room, ORDINARY_USER, capability);
        room.refused_only_by("authorised", &handshake(&room));
    }
}

#[test]
fn an_ordinary_user_adds_and_removes_ordinary_users_only() {
    let mut room = Room::clubhouse();
    let admin = room.commit("B1", vec![enlist("D1", GROUP_ADMIN), add("D1")]);
    room.refused_only_by("authorised", &admin);
    let cathy = room.commit("B1", vec![room.unlist("C1"), remove("C1")]);
    room.refused_by("authorised", &cathy);
    let dave = room.commit("B1", vec![enlist("D1", ORDINARY_USER), add("D1")]);
    assert_eq!(room.play(&dave), Ok(()));
    room.passes(&room.commit("B1", vec![room.unlist("D1"), remove("D1")]));
}

#[test]
fn only_admins_kick() {
    let room = Room::clubhouse();
    let kick = |by: &str| room.commit(by, vec![remove("B1"), remove("B2")]);
    room.passes(&kick("C1"));
    let by_user = room.commit("B1", vec![remove("A1")]);
    room.refused_only_by("authorised", &by_user);
}

#[test]
fn only_admins_ban_and_unban() {
    let mut room = Room::clubhouse();
    let ban =
        |room: &Room, by: &str| room.commit(by, vec![room.change_role("C1", BANNED), remove("C1")]);
    room.refused_only_by("authorised", &ban(&room, "B1"));
    change(&mut room, GROUP_ADMIN, |role| role.minimum_participants = 0);
    let ban = ban(&room, "A1");
    assert_eq!(room.play(&ban), Ok(()));
    let unban = |by: &str| room.commit(by, vec![room.change_role("C1", ORDINARY_USER)]);
    room.refused_only_by("authorised", &unban("B1"));
    room.passes(&unban("A1"));
}

#[test]
fn an_admin_changes_the_roles_of_others_as_far_as_its_own_role_says() {
    let room = Room::clubhouse();
    room.passes(&room.commit("C1", vec![room.change_role("B1", GROUP_ADMIN)]));
    room.refused_only_by(
        "authorised",
        &room.commit("C1", vec![room.change_role("B1", SUPER_ADMIN)]),
    );
    room.passes(&room.commit("A1", vec![room.change_role("B1", SUPER_ADMIN)]));
    room.refused_only_by(
        "authorised",
        &room.commit("B1", vec![room.change_role("A1", ORDINARY_USER)]),
    );
}

#[test]
fn nobody_changes_its_own_role() {
    let room = Room::clubhouse();
    let own = room.commit("A1", vec![room.change_role("A1", GROUP_ADMIN)]);
    room.refused_only_by("authorised", &own);
}

#[test]
fn each_field_of_the_metadata_has_its_own_capability() {
    let room = Room::clubhouse();
    let describe = |by: &str| {
        let text = crate::mimi::room::RichDescription {
            media_type: String::new(),
            language_tag: String::new(),
            content: b"A place".to_vec(),
        };
        room.commit(by, vec![room.metadata(|metadata| metadata.descriptions.push(text))])
    };
    room.refused_only_by("authorised", &describe("B1"));
    room.passes(&describe("C1"));
    let mood = room.metadata(|metadata| metadata.mood = "merry".to_owned());
    room.passes(&room.commit("B1", vec![mood]));
    let elsewhere = RoomUri::parse("mimi://a.example/r/elsewhere").unwrap();
    let uri = room.metadata(|metadata| metadata.uri = elsewhere);
    room.refused_only_by("authorised", &room.commit("A1", vec![uri]));
}

#[test]
fn role_definitions_are_not_for_admins_of_a_cooperative_room() {
    let mut room = Room::clubhouse();
    let roles = What::Update(ComponentUpdate::Roles(room.committed.roles.clone()));
    let commit = room.commit("A1", vec![roles]);
    room.refused_only_by("authorised", &commit);
    change(&mut room, SUPER_ADMIN, |role| {
        role.capabilities.push(Capability::CHANGE_ROLE_DEFINITIONS);
    });
    room.passes(&commit);
}

#[test]
fn a_waiting_proposal_is_judged_by_its_own_sender_not_by_the_committer() {
    let mut room = Room::while_bob_leaves();
    take(&mut room, SUPER_ADMIN, Capability::REMOVE_PARTICIPANT);
    room.passes(&room.commit("A1", vec![]));
    take(&mut room, ORDINARY_USER, Capability::REMOVE_SELF);
    room.refused_only_by("authorised", &room.commit("A1", vec![]));
}

#[test]
fn who_was_demoted_by_a_waiting_proposal_has_lost_its_rights() {
    let mut room = Room::clubhouse();
    change(&mut room, GROUP_ADMIN, |role| role.minimum_participants = 0);
    let kick = |room: &Room| room.commit("C1", vec![remove("B1"), remove("B2")]);
    room.passes(&kick(&room));
    let demotion = room.proposals("A1", vec![room.change_role("C1", ORDINARY_USER)]);
    assert_eq!(room.play(&demotion), Ok(()));
    room.refused_only_by("authorised", &kick(&room));
}

#[test]
fn a_proposal_cannot_lean_on_rights_that_only_a_waiting_proposal_gives() {
    let mut room = Room::clubhouse();
    let promotion = room.proposals("A1", vec![room.change_role("B1", GROUP_ADMIN)]);
    assert_eq!(room.play(&promotion), Ok(()));
    room.refused_only_by("authorised", &room.proposals("B1", vec![remove("C1")]));
    room.passes(&room.commit("B1", vec![remove("C1")]));
}

#[test]
fn the_last_group_admin_stays_one() {
    let mut room = Room::clubhouse();
    let demotion = |room: &Room| room.commit("A1", vec![room.change_role("C1", ORDINARY_USER)]);
    room.refused_only_by("authorised", &demotion(&room));
    room.refused_by("authorised", &room.proposals("C1", vec![room.unlist("C1"), remove("C1")]));
    let second = room.commit("A1", vec![room.change_role("B1", GROUP_ADMIN)]);
    assert_eq!(room.play(&second), Ok(()));
    room.passes(&demotion(&room));
}

#[test]
fn a_role_has_no_more_holders_and_active_holders_than_it_may() {
    let mut room = Room::clubhouse();
    let adds = |room: &Room| room.commit("A1", vec![enlist("D1", ORDINARY_USER), add("D1")]);
    room.passes(&adds(&room));
    change(&mut room, ORDINARY_USER, |role| role.maximum_active_participants = Some(1));
    room.refused_only_by("authorised", &adds(&room));
    room.passes(&room.commit("A1", vec![enlist("D1", ORDINARY_USER)]));
    change(&mut room, ORDINARY_USER, |role| role.maximum_participants = Some(1));
    room.refused_only_by("authorised", &room.commit("A1", vec![enlist("D1", ORDINARY_USER)]));
}

#[test]
fn a_role_keeps_its_least_number_of_active_holders() {
    let mut room = Room::clubhouse();
    change(&mut room, ORDINARY_USER, |role| role.minimum_active_participants = 1);
    room.passes(&room.commit("A1", vec![remove("B1")]));
    room.refused_only_by("authorised", &room.commit("A1", vec![remove("B1"), remove("B2")]));
}

#[test]
fn a_policy_enforcer_has_no_clients() {
    let mut room = Room::clubhouse();
    room.committed.participants.participants[1].role = POLICY_ENFORCER;
    room.provisional = room.committed.clone();
    room.members.retain(|member| member.user != user("B1"));
    room.refused_by("authorised", &room.join("B1"));
}

#[test]
fn banned_users_cannot_come_back() {
    let mut room = Room::clubhouse();
    let whats = vec![room.change_role("B1", BANNED), remove("B1"), remove("B2")];
    let ban = room.commit("C1", whats);
    assert_eq!(room.play(&ban), Ok(()));
    room.refused_by("sender-is-participant", &room.join("B1"));
    room.refused_by("listed-before-member", &room.commit("A1", vec![add("B1")]));
}

#[test]
fn each_component_of_the_policy_has_its_own_capability() {
    use crate::mimi::policy::{
        BaseRoomPolicy, JoinLink, JoinLinkPolicy, JoinLinksUpdate, OperationalParameters,
        PreAuthData,
    };
    let links = |removed: &[u32], added: &[&[u8]]| {
        let added = added.iter().map(|code| JoinLink { code: code.to_vec() }).collect();
        ComponentUpdate::JoinLinks(JoinLinksUpdate { removed: removed.to_vec(), added })
    };
    let cases = [
        (ComponentUpdate::Base(BaseRoomPolicy::UNSTATED), Capability::CHANGE_ROOM_MEMBERSHIP_STYLE),
        (
            ComponentUpdate::Preauthorized(PreAuthData::default()),
            Capability::CHANGE_PREAUTHORIZED_USER_LIST,
        ),
        (
            ComponentUpdate::Operational(Box::new(OperationalParameters::UNSTATED)),
            Capability::CHANGE_MLS_OPERATIONAL_POLICIES,
        ),
        (
            ComponentUpdate::JoinLinkPolicy(JoinLinkPolicy::default()),
            Capability::CHANGE_OTHER_POLICY_ATTRIBUTE,
        ),
        (links(&[], &[b"abc"]), Capability::CREATE_JOIN_CODE),
        (links(&[0], &[]), Capability::DELETE_JOIN_CODE),
    ];
    for (update, capability) in cases {
        let mut room = Room::clubhouse();
        let before = room.committed.apply(&[&links(&[], &[b"old"])]).unwrap();
        (room.committed, room.provisional) = (before.clone(), before);
        let commit = room.commit("B1", vec![What::Update(update)]);
        room.refused_only_by("authorised", &commit);
        change(&mut room, ORDINARY_USER, |role| role.capabilities.push(capability));
        room.passes(&commit);
    }
}
