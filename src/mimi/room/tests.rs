//! What the room state promises: bytes in, the same bytes out; updates in the draft's order.

use super::*;
use crate::mimi::policy::{GROUP_ADMIN, ORDINARY_USER, Role};
use crate::mimi::uri::ProviderName;

fn user(name: &str) -> UserUri {
    UserUri::new(&ProviderName::new("a.example").unwrap(), name).unwrap()
}

fn listed(name: &str, role: u32) -> Participant {
    Participant { user: user(name), role }
}

/// Alice (super admin, 0), Bob (1) and Cathy (2).
fn clubhouse() -> RoomState {
    let uri = RoomUri::parse("mimi://a.example/r/clubhouse").unwrap();
    let mut state = RoomState::cooperative(uri, "Clubhouse", user("alice"));
    state.participants.participants.push(listed("bob", ORDINARY_USER));
    state.participants.participants.push(listed("cathy", ORDINARY_USER));
    state
}

fn list_update(
    changed_roles: &[(u32, u32)],
    removed: &[u32],
    added: &[Participant],
) -> ComponentUpdate {
    let changed =
        changed_roles.iter().map(|(index, role)| ChangedRole { index: *index, role: *role });
    ComponentUpdate::Participants(ParticipantListUpdate {
        changed_roles: changed.collect(),
        removed: removed.to_vec(),
        added: added.to_vec(),
    })
}

fn names(state: &RoomState) -> Vec<(&str, u32)> {
    let participants = state.participants.participants.iter();
    participants.map(|listed| (listed.user.name(), listed.role)).collect()
}

fn decode(components: &[(u16, Vec<u8>)]) -> Result<RoomState, DecodeError> {
    let find = |id| components.iter().find(|(other, _)| *other == id);
    RoomState::decode(|id| find(id).map(|(_, data)| data.clone()))
}

#[test]
fn a_state_reads_back_from_its_components() {
    let mut state = clubhouse();
    let plain = RichDescription {
        media_type: String::new(),
        language_tag: "en".to_owned(),
        content: vec![0, 0xff, 0xc0],
    };
    state.metadata.descriptions.push(plain);
    assert_eq!(decode(&state.components()), Ok(state));
}

#[test]
fn a_participant_list_lies_on_the_wire_as_the_draft_has_it() {
    let mut state = clubhouse();
    state.participants.participants.truncate(1);
    let uri = b"mimi://a.example/u/alice";
    let mut wire = vec![1 + 24 + 4, 24];
    wire.extend_from_slice(uri);
    wire.extend_from_slice(&[0, 0, 0, 4]);
    assert_eq!(state.encode_component(PARTICIPANT_LIST), Some(wire));
}

#[test]
fn every_update_reads_back_as_the_component_that_it_belongs_to() {
    let state = clubhouse();
    let updates = [
        list_update(&[(1, 3)], &[2], &[listed("dave", 2)]),
        ComponentUpdate::Metadata(state.metadata),
        ComponentUpdate::Roles(state.roles),
    ];
    for update in updates {
        assert_eq!(ComponentUpdate::decode(update.component_id(), &update.encode()), Ok(update));
    }
    let refused = ComponentUpdate::decode(0x0028, &[]);
    assert_eq!(refused, Err(DecodeError::UnknownComponent(0x0028)));
}

#[test]
fn bad_bytes_are_refused_and_never_panic() {
    for (id, good) in clubhouse().components() {
        let try_with = |data: Vec<u8>| {
            let mut components = clubhouse().components();
            components.iter_mut().find(|(other, _)| *other == id).unwrap().1 = data;
            decode(&components)
        };
        for length in 0..good.len() {
            let cut = try_with(good[..length].to_vec());
            assert!(cut.is_err(), "component {id:#06x} cut to {length} bytes");
        }
        assert!(try_with([good.as_slice(), &[0]].concat()).is_err(), "a byte too many");
        for place in 0..good.len() {
            for value in [0x00, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff] {
                let mut changed = good.clone();
                changed[place] = value;
                let _ = try_with(changed);
            }
        }
    }
}

#[test]
fn a_missing_component_is_named() {
    let components = clubhouse().components();
    assert_eq!(decode(&components[1..]), Err(DecodeError::Missing(PARTICIPANT_LIST)));
}

#[test]
fn a_state_with_a_user_listed_twice_is_refused() {
    let mut state = clubhouse();
    state.participants.participants.push(listed("bob", GROUP_ADMIN));
    let refused = decode(&state.components());
    assert_eq!(refused, Err(ApplyError::AlreadyListed(user("bob")).into()));
}

#[test]
fn one_update_changes_roles_then_removes_then_appends() {
    let update = list_update(&[(2, GROUP_ADMIN)], &[1], &[listed("dave", ORDINARY_USER)]);
    let after = clubhouse().apply(&[&update]).unwrap();
    assert_eq!(names(&after), [("alice", 4), ("cathy", 3), ("dave", 2)]);
}

#[test]
fn indices_of_all_updates_of_a_commit_mean_the_list_before_it() {
    let leave = list_update(&[], &[1], &[]);
    let own = list_update(&[(2, GROUP_ADMIN)], &[], &[listed("dave", ORDINARY_USER)]);
    let after = clubhouse().apply(&[&leave, &own]).unwrap();
    assert_eq!(names(&after), [("alice", 4), ("cathy", 3), ("dave", 2)]);
    assert_eq!(clubhouse().apply(&[&own, &leave]).unwrap(), after);
}

#[test]
fn updates_that_contradict_the_list_or_each_other_are_refused() {
    let bob = || user("bob");
    let twice = || ApplyError::TouchedTwice(bob());
    let undefined = ApplyError::UndefinedRole { user: bob(), role: 9 };
    let reserved = ApplyError::UndefinedRole { user: bob(), role: 0 };
    let cases: [(&[ComponentUpdate], ApplyError); 8] = [
        (&[list_update(&[], &[3], &[])], ApplyError::NoSuchIndex { index: 3, length: 3 }),
        (&[list_update(&[(7, 2)], &[], &[])], ApplyError::NoSuchIndex { index: 7, length: 3 }),
        (&[list_update(&[(1, 3)], &[1], &[])], twice()),
        (&[list_update(&[], &[1], &[listed("bob", 2)])], twice()),
        (&[list_update(&[], &[1], &[]), list_update(&[], &[1], &[])], twice()),
        (&[list_update(&[], &[], &[listed("bob", 2)])], ApplyError::AlreadyListed(bob())),
        (&[list_update(&[(1, 9)], &[], &[])], undefined),
        (&[list_update(&[(1, 0)], &[], &[])], reserved),
    ];
    for (updates, error) in cases {
        let updates: Vec<_> = updates.iter().collect();
        assert_eq!(clubhouse().apply(&updates), Err(error));
    }
}

#[test]
fn roles_that_leave_a_participant_without_one_are_refused() {
    let state = clubhouse();
    let keep = |role: &&Role| role.index != ORDINARY_USER;
    let roles = state.roles.roles.iter().filter(keep).cloned().collect();
    let update = ComponentUpdate::Roles(RoleData { roles });
    let error = ApplyError::UndefinedRole { user: user("bob"), role: ORDINARY_USER };
    assert_eq!(state.apply(&[&update]), Err(error));
}

#[test]
fn roles_with_two_meanings_are_refused() {
    let state = clubhouse();
    let mut twice = state.roles.clone();
    twice.roles.push(twice.roles[2].clone());
    let refused = state.apply(&[&ComponentUpdate::Roles(twice)]);
    assert_eq!(refused, Err(ApplyError::RoleDefinedTwice(ORDINARY_USER)));
    let mut open = state.roles.clone();
    open.roles[2].capabilities.push(Capability::OPEN_JOIN);
    let refused = state.apply(&[&ComponentUpdate::Roles(open)]);
    assert_eq!(refused, Err(ApplyError::OpenJoinInRole(ORDINARY_USER)));
}

#[test]
fn a_banned_user_is_listed_and_no_participant() {
    let after = clubhouse().apply(&[&list_update(&[(1, BANNED)], &[], &[])]).unwrap();
    assert_eq!(after.role_of(&user("bob")), Some(BANNED));
    assert_eq!(after.index_of(&user("bob")), Some(1));
    assert!(!after.is_participant(&user("bob")));
    assert!(after.is_participant(&user("cathy")));
    assert!(!after.is_participant(&user("dave")));
    assert!(!after.can(&user("bob"), Capability::SEND_MESSAGE));
}

#[test]
fn role_one_under_another_name_is_a_role_like_any() {
    let mut state = clubhouse();
    state.roles.roles[1].name = "guest".to_owned();
    let after = state.apply(&[&list_update(&[(1, 1)], &[], &[])]).unwrap();
    assert!(after.is_participant(&user("bob")));
}

#[test]
fn states_that_differ_have_different_hashes() {
    let state = clubhouse();
    assert_eq!(state.hash(), clubhouse().hash());
    let mut other = clubhouse();
    other.metadata.mood = "merry".to_owned();
    assert_ne!(state.hash(), other.hash());
}
