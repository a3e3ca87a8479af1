//! What the optional components promise as part of a room state.

use proptest::test_runner::TestRunner;

use super::*;
use crate::mimi::policy::{
    Claim, JoinLink, JoinLinksUpdate, ORDINARY_USER, PreAuthRoleEntry, samples,
};
use crate::mimi::uri::ProviderName;
use proptest::strategy::{Strategy, ValueTree};

fn room() -> RoomState {
    let provider = ProviderName::new("a.example").unwrap();
    let uri = RoomUri::new(&provider, "clubhouse").unwrap();
    RoomState::cooperative(uri, "Clubhouse", UserUri::new(&provider, "alice").unwrap())
}

fn some<T>(strategy: impl Strategy<Value = T>) -> T {
    strategy.new_tree(&mut TestRunner::deterministic()).unwrap().current()
}

fn preauthorized(role: u32) -> ComponentUpdate {
    let provider = ProviderName::new("b.example").unwrap();
    let claims = vec![Claim::provider(&provider)];
    let entries = vec![PreAuthRoleEntry { claims, target_role: role }];
    ComponentUpdate::Preauthorized(PreAuthData { entries })
}

fn links(removed: &[u32], added: &[&str]) -> ComponentUpdate {
    let added = added.iter().map(|code| JoinLink { code: code.as_bytes().to_vec() });
    let added = added.collect();
    ComponentUpdate::JoinLinks(JoinLinksUpdate { removed: removed.to_vec(), added })
}

/// One update of each optional component, all of which a cooperative room can take.
fn updates() -> Vec<ComponentUpdate> {
    let base = BaseRoomPolicy { fixed_membership: false, ..some(samples::base()) };
    let policy = JoinLinkPolicy { on_request: false, ..some(samples::join_link_policy()) };
    let agent = FrankingAgent { key: vec![7; 32], identity: b"mimi://a.example".to_vec() };
    vec![
        ComponentUpdate::FrankingAgent(agent),
        ComponentUpdate::Operational(Box::new(some(samples::operational()))),
        preauthorized(ORDINARY_USER),
        ComponentUpdate::Base(base),
        ComponentUpdate::JoinLinkPolicy(policy),
        links(&[], &["abc", "def"]),
    ]
}

fn read(state: &RoomState) -> Result<RoomState, DecodeError> {
    RoomState::decode(|id| state.encode_component(id))
}

#[test]
fn a_state_with_every_component_reads_back_and_each_changes_its_hash() {
    let mut state = room();
    assert_eq!(state.components().len(), 3);
    for update in updates() {
        let id = update.component_id();
        assert_eq!(ComponentUpdate::decode(id, &update.encode()), Ok(update.clone()));
        let next = state.apply(&[&update]).unwrap();
        assert_ne!(next.hash(), state.hash(), "{id:#06x}");
        state = next;
    }
    assert_eq!(state.components().iter().map(|(id, _)| *id).collect::<Vec<_>>(), COMPONENTS);
    assert_eq!(read(&state), Ok(state));
}

#[test]
fn damage_to_any_optional_component_is_refused_or_another_state_and_no_panic() {
    let updates = updates();
    let state = room().apply(&updates.iter().collect::<Vec<_>>()).unwrap();
    for (damaged, good) in state.components() {
        let try_with = |data: &[u8]| {
            RoomState::decode(|id| match id == damaged {
                true => Some(data.to_vec()),
                false => state.encode_component(id),
            })
        };
        for length in 0..good.len() {
            assert!(try_with(&good[..length]).is_err(), "{damaged:#06x} cut to {length} bytes");
        }
        for place in 0..good.len() {
            for value in [0x00, 0x02, 0x3f, 0x40, 0x80, 0xff] {
                let mut changed = good.clone();
                changed[place] = value;
                if let Ok(read) = try_with(&changed) {
                    assert_eq!(read.encode_component(damaged), Some(changed));
                }
            }
        }
    }
}

#[test]
fn a_room_that_says_nothing_has_the_defaults() {
    let state = room();
    assert!(state.base_policy().multi_device && !state.base_policy().fixed_membership);
    let operational = state.operational_policy();
    assert!(operational.external_commit_allowed && operational.external_proposal_allowed);
    assert_eq!(operational.app_messages.epoch_tolerance, 5);
}

#[test]
fn join_links_are_removed_by_their_places_before_the_commit_then_added() {
    let state = room().apply(&[&links(&[], &["a", "b", "c"])]).unwrap();
    let next = state.apply(&[&links(&[0], &["d"]), &links(&[2], &[])]).unwrap();
    let codes: Vec<_> = next.join_links.unwrap().links.into_iter().map(|it| it.code).collect();
    assert_eq!(codes, [b"b", b"d"]);
    assert_eq!(state.apply(&[&links(&[3], &[])]), Err(ApplyError::NoSuchJoinLink(3)));
    let twice = state.apply(&[&links(&[1], &[]), &links(&[1], &[])]);
    assert_eq!(twice, Err(ApplyError::NoSuchJoinLink(1)));
    assert_eq!(state.apply(&[&links(&[], &["a"])]), Err(ApplyError::JoinLinkTwice));
    let policy = JoinLinkPolicy { on_request: true, ..JoinLinkPolicy::default() };
    let refused = state.apply(&[&ComponentUpdate::JoinLinkPolicy(policy)]);
    assert_eq!(refused, Err(ApplyError::TooManyJoinLinks(3)));
}

#[test]
fn nobody_is_preauthorised_for_a_role_that_no_participant_can_have() {
    for role in [NO_ROLE, BANNED, 9] {
        let refused = room().apply(&[&preauthorized(role)]);
        assert_eq!(refused, Err(ApplyError::UndefinedPreauthorizedRole(role)));
    }
}

#[test]
fn no_role_adds_users_where_the_membership_is_fixed() {
    let fixed = BaseRoomPolicy { fixed_membership: true, ..BaseRoomPolicy::UNSTATED };
    let refused = room().apply(&[&ComponentUpdate::Base(fixed.clone())]);
    assert_eq!(refused, Err(ApplyError::AddInFixedMembership(ORDINARY_USER)));
    let mut roles = room().roles;
    for role in &mut roles.roles {
        role.capabilities.retain(|held| *held != Capability::ADD_PARTICIPANT);
    }
    let roles = ComponentUpdate::Roles(roles);
    assert!(room().apply(&[&roles, &ComponentUpdate::Base(fixed)]).is_ok());
}
