//! What servers may propose, and what the next committer owes them.

use super::*;
use crate::mimi::policy::{
    BANNED, BaseRoomPolicy, Capability, Claim, OperationalParameters, POLICY_ENFORCER, PreAuthData,
    PreAuthRoleEntry, SUPER_ADMIN,
};

fn server(name: &str) -> ProviderName {
    ProviderName::new(name).unwrap()
}

impl Room {
    /// Removes of these clients by a server.
    fn expulsion(&self, by: &str, names: &[&str]) -> Handshake {
        let whats = names.iter().map(|name| remove(name)).collect();
        self.by_server(by, whats)
    }

    fn by_server(&self, by: &str, whats: Vec<What>) -> Handshake {
        let actor = Proposer::Server(server(by));
        let part = |what| Part { sender: actor.clone(), by_reference: None, what };
        let parts = whats.into_iter().map(part).collect();
        Handshake { kind: HandshakeKind::Proposals, epoch: self.epoch, actor: actor.clone(), parts }
    }

    fn preauthorise(&mut self, name: &str, target_role: u32) {
        let claims = vec![Claim::server(&server(name))];
        let entry = PreAuthRoleEntry { claims, target_role };
        self.change(|state| {
            state.preauthorized = Some(PreAuthData { entries: vec![entry.clone()] });
        });
    }
}

/// The room depends on another.
fn inside_the_house(state: &mut RoomState) {
    let parent = RoomUri::parse("mimi://a.example/r/house").ok();
    state.base = Some(BaseRoomPolicy { parent, ..state.base_policy().clone() });
}

/// The clubhouse once the hub has taken out all clients of Bob.
fn without_bobs_clients() -> Room {
    let mut room = Room::clubhouse();
    assert_eq!(room.play(&room.expulsion("a.example", &["B1", "B2"])), Ok(()));
    room
}

#[test]
fn a_hub_may_remove_anyone_and_a_follower_its_own_users_only() {
    let room = Room::clubhouse();
    room.passes(&room.expulsion("a.example", &["B1", "B2"]));
    room.passes(&room.expulsion("b.example", &["B1", "B2"]));
    room.refused_only_by("authorised", &room.expulsion("b.example", &["C1"]));
}

#[test]
fn a_server_that_is_preauthorised_for_a_role_is_judged_by_it() {
    let mut room = Room::clubhouse();
    room.preauthorise("c.example", POLICY_ENFORCER);
    room.passes(&room.expulsion("c.example", &["B1", "B2"]));
    room.change(|state| {
        let ordinary = state.roles.roles.iter_mut().find(|role| role.index == ORDINARY_USER);
        ordinary.unwrap().capabilities.clear();
    });
    room.preauthorise("a.example", ORDINARY_USER);
    room.refused_only_by("authorised", &room.expulsion("a.example", &["B1", "B2"]));
}

#[test]
fn the_hub_of_a_room_with_a_parent_takes_out_anyone_even_where_membership_is_fixed() {
    let mut room = Room::clubhouse();
    room.preauthorise("a.example", ORDINARY_USER);
    room.change(|state| {
        for role in &mut state.roles.roles {
            let grants = [Capability::ADD_PARTICIPANT, Capability::REMOVE_PARTICIPANT];
            role.capabilities.retain(|held| !grants.contains(held));
        }
        let fixed = BaseRoomPolicy { fixed_membership: true, ..state.base_policy().clone() };
        state.base = Some(fixed);
    });
    let removal = room.expulsion("a.example", &["B1", "B2"]);
    room.refused_by("fixed-membership", &removal);
    room.change(inside_the_house);
    assert_eq!(room.play(&removal), Ok(()));
    // While one waits, the next may follow.
    room.passes(&room.expulsion("a.example", &["C1"]));
    room.passes(&room.commit("A1", vec![room.unlist("B1")]));
}

#[test]
fn a_minimum_keeps_nobody_who_is_gone_from_the_parent_room() {
    let mut room = Room::clubhouse();
    room.change(|state| {
        for role in &mut state.roles.roles {
            if [ORDINARY_USER, SUPER_ADMIN].contains(&role.index) {
                (role.minimum_participants, role.minimum_active_participants) = (1, 1);
            }
        }
    });
    let removal = room.expulsion("a.example", &["B1", "B2"]);
    room.refused_only_by("authorised", &removal);
    room.change(inside_the_house);
    // Who goes of its own accord is still held by it.
    room.refused_only_by("authorised", &room.leave_of_bob());
    assert_eq!(room.play(&removal), Ok(()));
    room.passes(&room.commit("C1", vec![room.unlist("B1")]));
}

#[test]
fn a_minimum_keeps_nobody_whose_account_is_over_and_a_fixed_membership_does_not_either() {
    let mut room = Room::clubhouse();
    room.change(|state| {
        for role in &mut state.roles.roles {
            (role.minimum_participants, role.minimum_active_participants) = (1, 1);
            role.capabilities.retain(|held| *held != Capability::ADD_PARTICIPANT);
        }
        let fixed = BaseRoomPolicy { fixed_membership: true, ..BaseRoomPolicy::UNSTATED };
        state.base = Some(fixed);
    });
    room.refused_by("fixed-membership", &room.expulsion("a.example", &["B1", "B2"]));
    let removal = room.expulsion("a.example", &["A1"]);
    assert_eq!(room.play(&removal), Ok(()));
    room.passes(&room.commit("C1", vec![room.unlist("A1")]));
}

#[test]
fn a_server_proposes_nothing_but_removals() {
    let room = Room::clubhouse();
    for what in [add("B3"), room.change_role("B1", GROUP_ADMIN)] {
        room.refused_by("servers-only-remove", &room.by_server("a.example", vec![what]));
    }
    let mut commit = room.expulsion("a.example", &["B1"]);
    commit.kind = HandshakeKind::Commit;
    room.refused_by("servers-only-remove", &commit);
}

#[test]
fn a_room_without_external_proposals_takes_none_from_its_hub() {
    let mut room = Room::clubhouse();
    let expulsion = room.expulsion("a.example", &["B1"]);
    room.passes(&expulsion);
    let external_proposal_allowed = false;
    let closed = OperationalParameters { external_proposal_allowed, ..Default::default() };
    room.change(|state| state.operational = Some(Box::new(closed.clone())));
    room.refused_only_by("external-proposals-allowed", &expulsion);
}

#[test]
fn who_loses_all_clients_to_the_hub_is_on_its_way_out_and_leaves_the_list_in_the_next_commit() {
    let mut room = without_bobs_clients();
    assert!(room.exiting.contains(&user("B1")));
    room.refused_only_by("obliged-list-change", &room.commit("C1", vec![]));
    let unlist = room.unlist("B1");
    assert_eq!(room.play(&room.commit("C1", vec![unlist])), Ok(()));
    assert!(!room.committed.is_participant(&user("B1")));
}

#[test]
fn nobody_but_those_whom_the_hub_takes_out_is_unlisted_without_a_right() {
    let mut room = Room::clubhouse();
    room.change(|state| {
        let admin = state.roles.roles.iter_mut().find(|role| role.index == GROUP_ADMIN);
        admin.unwrap().capabilities.retain(|it| *it != Capability::REMOVE_PARTICIPANT);
    });
    let unlist = room.unlist("B1");
    let both = vec![remove("B1"), remove("B2"), unlist.clone()];
    assert_eq!(room.refused_by("authorised", &room.commit("C1", both)), Code::NotAllowed);
    assert_eq!(room.play(&room.expulsion("a.example", &["B1", "B2"])), Ok(()));
    room.passes(&room.commit("C1", vec![unlist]));
    let alice_too = room.unlist("A1");
    let more = room.commit("C1", vec![room.unlist("B1"), alice_too, remove("A1")]);
    room.refused_by("authorised", &more);
}

#[test]
fn one_client_of_several_goes_and_its_user_stays() {
    let mut room = Room::clubhouse();
    assert_eq!(room.play(&room.expulsion("a.example", &["B2"])), Ok(()));
    assert!(room.exiting.is_empty());
    assert_eq!(room.play(&room.commit("A1", vec![])), Ok(()));
    assert!(room.committed.is_participant(&user("B1")));
}

#[test]
fn whom_an_enforcing_server_takes_out_is_banned() {
    let mut room = Room::clubhouse();
    room.preauthorise("a.example", POLICY_ENFORCER);
    assert_eq!(room.play(&room.expulsion("a.example", &["B1", "B2"])), Ok(()));
    let unlist = room.unlist("B1");
    room.refused_only_by("obliged-list-change", &room.commit("A1", vec![unlist]));
    let ban = room.change_role("B1", BANNED);
    assert_eq!(room.play(&room.commit("C1", vec![ban])), Ok(()));
    assert_eq!(room.committed.role_of(&user("B1")), Some(BANNED));
}

#[test]
fn who_leaves_of_its_own_accord_is_owed_nothing_more() {
    let mut room = Room::clubhouse();
    let own = vec![remove("B1"), room.unlist("B1")];
    room.members.retain(|member| member.client != client("B2").client);
    assert_eq!(room.play(&room.proposals("B1", own)), Ok(()));
    room.passes(&room.commit("A1", vec![]));
}

#[test]
fn the_hub_alone_says_who_may_propose_and_names_followers_with_a_participant() {
    let room = Room::clubhouse();
    let senders = |names: &[&str]| What::Senders(names.iter().map(|name| server(name)).collect());
    let by_hub = |names: &[&str]| room.by_server("a.example", vec![senders(names)]);
    room.passes(&by_hub(&["a.example", "b.example", "c.example"]));
    room.passes(&by_hub(&["a.example"]));
    for wrong in
        [&["b.example"][..], &["a.example", "d.example"], &["a.example", "b.example", "b.example"]]
    {
        room.refused_only_by("external-senders-fit", &by_hub(wrong));
    }
    let by_follower = room.by_server("b.example", vec![senders(&["a.example", "b.example"])]);
    room.refused_only_by("external-senders-fit", &by_follower);
    let by_member = room.commit("A1", vec![senders(&["a.example"])]);
    room.refused_only_by("external-senders-fit", &by_member);
}
