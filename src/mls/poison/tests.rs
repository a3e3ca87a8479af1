//! What a hub accepts, and the other member does not.

use super::*;
use crate::mimi::policy::ORDINARY_USER;
use crate::mimi::room::{ComponentUpdate, ParticipantListUpdate, RoomMetadata, RoomState};
use crate::mimi::uri::{RoomUri, UserUri};
use crate::mls::testing::{Client, client};
use crate::mls::{KeyPackageKind, Meter, OpenedWelcome, View, welcome_message};

/// Mallory and Bob in one room, and its hub's view.
struct Three {
    mallory: (Client, Member),
    bob: (Client, Member),
    hub: (Library, View),
}

fn three() -> Three {
    let (mallory, bob) = (client("mallory", 1), client("bob", 2));
    let room = RoomUri::parse("mimi://a.example/r/clubhouse").unwrap();
    let user = |name: &str| UserUri::parse(&format!("mimi://a.example/u/{name}")).unwrap();
    let state = RoomState::cooperative(room.clone(), "Clubhouse", user("mallory"));
    let sender = Identity::hub(room.provider(), [9; 32]).external_sender();
    let Client { library, identity } = &mallory;
    let (mut member, info) = Member::create(library, identity, &room, &state, &sender).unwrap();
    let hub = Library::new([5; 32], Meter::off());
    let mut view = View::found(&hub, &room, &info, &member.ratchet_tree().unwrap()).unwrap();
    let adds = bob.library.new_key_packages(&bob.identity, 1, KeyPackageKind::default()).unwrap();
    let listed = ParticipantListUpdate::add(user("bob"), ORDINARY_USER);
    let updates = vec![ComponentUpdate::Participants(listed)];
    let plan = CommitPlan { adds, updates, removes: Vec::new() };
    let committed = member.commit(library, identity, &plan).unwrap();
    let staged = view.stage_commit(&hub, &committed.message).unwrap();
    view.accept(&hub, staged).unwrap();
    member.merge_own(library).unwrap();
    let welcome = welcome_message(&committed.welcome.unwrap());
    let tree = member.ratchet_tree().unwrap();
    let opened = OpenedWelcome::open(&bob.library, &room, &welcome, &tree).unwrap();
    let joined = opened.join(&bob.library).unwrap();
    Three { mallory: (mallory, member), bob: (bob, joined), hub: (hub, view) }
}

fn renamed(member: &Member) -> CommitPlan {
    let metadata = RoomMetadata { name: "Den".to_owned(), ..member.state().metadata.clone() };
    CommitPlan { updates: vec![ComponentUpdate::Metadata(metadata)], ..CommitPlan::default() }
}

#[test]
fn a_commit_with_a_wrong_tag_or_path_is_good_to_a_hub_and_no_use_to_a_member() {
    let bobs = ClientUri::parse("mimi://a.example/d/bob").unwrap();
    let tag = (Poison::Tag, "confirmation tag");
    let path = (Poison::PathOf(vec![bobs]), "update path");
    for (poison, objection) in [tag, path] {
        let mut room = three();
        let (Client { library, identity }, member) = &mut room.mallory;
        let plan = CommitPlan::default();
        let committed = member.commit_poisoned(library, identity, &plan, &poison).unwrap();
        let (hub, view) = &room.hub;
        let staged = view.stage_commit(hub, &committed.message).unwrap();
        assert!(View::matches(hub, &staged, &committed.group_info), "{poison:?}");
        let (bob, joined) = &mut room.bob;
        let error = joined.receive(&bob.library, &committed.message).err().unwrap();
        assert!(error.to_string().contains(objection), "{error}");
    }
}

#[test]
fn a_commit_whose_path_is_for_nobody_else_can_not_be_spoilt() {
    let (Client { library, identity }, mut member) = three().mallory;
    let nobody = Poison::PathOf(vec![]);
    let plan = CommitPlan::default();
    assert!(member.commit_poisoned(&library, &identity, &plan, &nobody).is_err());
}

#[test]
fn a_room_state_that_no_proposal_names_is_hidden_by_a_group_info_that_keeps_quiet() {
    let mut room = three();
    let (Client { library, identity }, member) = &mut room.mallory;
    let plan = renamed(member);
    let poison = Poison::Dictionary(0xf00d, b"smuggled".to_vec());
    let committed = member.commit_poisoned(library, identity, &plan, &poison).unwrap();
    let (hub, view) = &room.hub;
    let staged = view.stage_commit(hub, &committed.message).unwrap();
    assert!(!View::matches(hub, &staged, &committed.group_info), "the careless way");
    let context = staged.next_context.clone().unwrap();
    let quiet = with_other_context(identity, &committed.group_info, &context).unwrap();
    assert!(View::matches(hub, &staged, &quiet));
    let (bob, joined) = &mut room.bob;
    assert!(joined.receive(&bob.library, &committed.message).is_err());
}

#[test]
fn a_hub_takes_a_group_info_by_which_nobody_comes_in() {
    let mut room = three();
    let (Client { library, identity }, member) = &mut room.mallory;
    let committed = member.commit(library, identity, &CommitPlan::default()).unwrap();
    let poisoned = with_other_external_pub(library, identity, &committed.group_info).unwrap();
    let (hub, view) = &mut room.hub;
    let staged = view.stage_commit(hub, &committed.message).unwrap();
    assert!(View::matches(hub, &staged, &poisoned));
    view.accept(hub, staged).unwrap();
    member.merge_own(library).unwrap();

    let carol = client("carol", 3);
    let tree = member.ratchet_tree().unwrap();
    for (group_info, is_good) in [(committed.group_info, true), (poisoned, false)] {
        let scratch = carol.library.scratch().unwrap();
        let joined = Member::join_externally(&scratch, &carol.identity, &group_info, &tree, None);
        let received = member.receive(library, &joined.unwrap().1.message);
        assert_eq!(received.is_ok(), is_good);
    }
}
