//! A member and the hub's view of its group, side by side: what they read of each other's
//! handshakes, and that both go on from their stores.

use super::*;
use crate::mimi::policy::ORDINARY_USER;
use crate::mimi::room::{ComponentUpdate, ParticipantListUpdate};
use crate::mimi::rules::{Proposer, What};
use crate::mimi::uri::{ProviderName, UserUri};
use crate::mimi::wire::{PartialGroupInfo, RatchetTreePresence};
use crate::mls::testing::{Client, client};
use crate::mls::{KeyPackageKind, Meter, OpenedWelcome, View, partial_group_info, welcome_message};

fn room() -> RoomUri {
    RoomUri::parse("mimi://a.example/r/clubhouse").unwrap()
}

fn founded(alice: &Client) -> (Member, Vec<u8>) {
    let creator = UserUri::parse("mimi://a.example/u/alice").unwrap();
    let state = RoomState::cooperative(room(), "Clubhouse", creator);
    let hub = Identity::hub(room().provider(), [9; 32]).external_sender();
    Member::create(&alice.library, &alice.identity, &room(), &state, &hub).unwrap()
}

/// A hub's library, and its view of the group that was just founded.
fn viewed(member: &Member, group_info: &[u8]) -> (Library, View) {
    let hub = Library::new([5; 32], Meter::off());
    let tree = member.ratchet_tree().unwrap();
    let view = View::found(&hub, &room(), group_info, &tree).unwrap();
    (hub, view)
}

/// Alice's commit that brings Bob in, pending.
fn adding_bob(alice: &Client, bob: &Client, member: &mut Member) -> Committed {
    let adds = bob.library.new_key_packages(&bob.identity, 1, KeyPackageKind::default()).unwrap();
    let user = UserUri::parse("mimi://a.example/u/bob").unwrap();
    let listed = ParticipantListUpdate::add(user, ORDINARY_USER);
    let updates = vec![ComponentUpdate::Participants(listed)];
    let plan = CommitPlan { adds, updates, removes: Vec::new() };
    member.commit(&alice.library, &alice.identity, &plan).unwrap()
}

#[test]
fn a_welcome_says_where_it_leads_to_and_one_to_another_room_is_refused() {
    let (alice, bob) = (client("alice", 1), client("bob", 2));
    let (mut member, _) = founded(&alice);
    let committed = adding_bob(&alice, &bob, &mut member);
    member.merge_own(&alice.library).unwrap();
    let (welcome, tree) =
        (welcome_message(&committed.welcome.unwrap()), member.ratchet_tree().unwrap());
    let keys = bob.library.store();
    let attic = RoomUri::parse("mimi://a.example/r/attic").unwrap();
    let Err(error) = OpenedWelcome::open(&bob.library, &attic, &welcome, &tree) else {
        panic!("it is for the clubhouse")
    };
    assert_eq!(error.to_string(), MlsError::Malformed("Welcome to this room").to_string());
    assert!(
        Member::load(&bob.library, &attic).is_err() && Member::load(&bob.library, &room()).is_err()
    );

    let bobs = Library::restored([4; 32], Meter::off(), &keys);
    let opened = OpenedWelcome::open(&bobs, &room(), &welcome, &tree).unwrap();
    assert_eq!(opened.epoch(), 1);
    assert!(Member::load(&bobs, &room()).is_err(), "it has joined nothing yet");
    assert_eq!(opened.join(&bobs).unwrap().epoch(), 1);
}

#[test]
fn a_group_goes_on_from_its_store_with_its_pending_commit() {
    let (mut alice, mut bob) = (client("alice", 1), client("bob", 2));
    let (mut member, _) = founded(&alice);
    let committed = adding_bob(&alice, &bob, &mut member);
    for (client, seed) in [(&mut alice, 3), (&mut bob, 4)] {
        client.library = Library::restored([seed; 32], Meter::off(), &client.library.store());
    }
    let mut member = Member::load(&alice.library, &room()).unwrap();
    assert!(member.has_pending_commit() && member.epoch() == 0);
    member.merge_own(&alice.library).unwrap();
    let welcome = welcome_message(&committed.welcome.unwrap());
    let tree = member.ratchet_tree().unwrap();
    let opened = OpenedWelcome::open(&bob.library, &room(), &welcome, &tree).unwrap();
    let mut joined = opened.join(&bob.library).unwrap();
    assert_eq!(joined.snapshot().unwrap(), member.snapshot().unwrap());
    let message = joined.encrypt(&bob.library, &bob.identity, b"hello").unwrap();
    let received = member.receive(&alice.library, &message).unwrap();
    assert!(matches!(received, Incoming::Message { content, .. } if content == b"hello"));
}

#[test]
fn a_hubs_view_goes_on_from_its_store_with_its_queued_proposals() {
    let (alice, bob) = (client("alice", 1), client("bob", 2));
    let (mut member, group_info) = founded(&alice);
    let (hub, mut view) = viewed(&member, &group_info);
    let committed = adding_bob(&alice, &bob, &mut member);
    let staged = view.stage_commit(&hub, &committed.message).unwrap();
    assert!(View::matches(&hub, &staged, &committed.group_info));
    view.accept(&hub, staged).unwrap();
    member.merge_own(&alice.library).unwrap();

    let bobs = ClientUri::parse("mimi://a.example/d/bob").unwrap();
    let proposals = member.propose(&alice.library, &alice.identity, &[bobs], &[]).unwrap();
    let staged = view.stage_proposals(&hub, &[&proposals[0]]).unwrap();
    let references = staged.references.clone();
    view.accept(&hub, staged).unwrap();
    let hub = Library::restored([6; 32], Meter::off(), &hub.store());
    let view = View::load(&hub, &room()).unwrap();
    assert_eq!(view.snapshot().unwrap().context, member.snapshot().unwrap().context);
    let commit = member.commit(&alice.library, &alice.identity, &CommitPlan::default());
    let staged = view.stage_commit(&hub, &commit.unwrap().message).unwrap();
    let named = staged.handshake.parts.iter().filter_map(|part| part.by_reference.clone());
    assert_eq!(named.collect::<Vec<_>>(), references);
}

#[test]
fn a_group_info_that_the_committer_did_not_sign_does_not_match_its_commit() {
    let (alice, bob) = (client("alice", 1), client("bob", 2));
    let (mut member, group_info) = founded(&alice);
    let (hub, view) = viewed(&member, &group_info);
    let committed = adding_bob(&alice, &bob, &mut member);
    let staged = view.stage_commit(&hub, &committed.message).unwrap();
    for place in 0..committed.group_info.len() {
        let mut damaged = committed.group_info.clone();
        damaged[place] ^= 1;
        assert!(!View::matches(&hub, &staged, &damaged), "byte {place}");
    }
}

#[test]
fn a_partial_group_info_is_completed_to_the_one_that_it_was_taken_from() {
    let (alice, bob) = (client("alice", 1), client("bob", 2));
    let (mut member, group_info) = founded(&alice);
    let (hub, view) = viewed(&member, &group_info);
    let committed = adding_bob(&alice, &bob, &mut member);
    let staged = view.stage_commit(&hub, &committed.message).unwrap();
    let partial = partial_group_info(&committed.group_info).unwrap();
    assert!(partial.extensions.len() + partial.signature.len() < group_info.len() / 2);
    assert_eq!(View::complete(&staged, &partial).unwrap(), committed.group_info);

    let of_another_epoch = partial_group_info(&group_info).unwrap();
    let whole = View::complete(&staged, &of_another_epoch).unwrap();
    assert!(!View::matches(&hub, &staged, &whole));
    let presence = RatchetTreePresence::Present;
    assert!(View::complete(&staged, &PartialGroupInfo { presence, ..partial }).is_err());
}

#[test]
fn a_follower_that_the_hub_makes_an_external_sender_is_known_by_its_place() {
    let alice = client("alice", 1);
    let (mut member, group_info) = founded(&alice);
    let (library, mut view) = viewed(&member, &group_info);
    let (hub, follower) = (room().provider().clone(), ProviderName::new("b.example").unwrap());
    let at = |name: &ProviderName, seed| Identity::hub(name, [seed; 32]);
    let (hubs, followers) = (at(&hub, 9), at(&follower, 8));
    let proposal = view.propose_senders(&library, &hubs, &[followers.external_sender()]).unwrap();
    let staged = view.stage_proposals(&library, &[&proposal]).unwrap();
    let named = What::Senders(vec![hub.clone(), follower.clone()]);
    assert_eq!(staged.handshake.parts[0].what, named);
    assert_eq!(staged.handshake.actor, Proposer::Server(hub.clone()));
    view.accept(&library, staged).unwrap();

    let received = member.receive(&alice.library, &proposal).unwrap();
    let Incoming::Proposal { proposal, .. } = received else { panic!("no proposal") };
    member.keep(&alice.library, *proposal).unwrap();
    let plan = CommitPlan::default();
    let committed = member.commit(&alice.library, &alice.identity, &plan).unwrap();
    let staged = view.stage_commit(&library, &committed.message).unwrap();
    view.accept(&library, staged).unwrap();
    let alices = [ClientUri::parse("mimi://a.example/d/alice").unwrap()];
    let own = (&follower, &followers);
    let removal = view.propose_removals(&library, own, &alices).unwrap();
    let staged = view.stage_proposals(&library, &[&removal[0]]).unwrap();
    assert_eq!(staged.handshake.actor, Proposer::Server(follower));
    let forged = (&hub, &followers);
    let forged = view.propose_removals(&library, forged, &alices).unwrap();
    assert!(view.stage_proposals(&library, &[&forged[0]]).is_err());
}

#[test]
fn a_client_takes_itself_out_by_the_next_commit_of_another() {
    let (alice, bob) = (client("alice", 1), client("bob", 2));
    let (mut member, _) = founded(&alice);
    let committed = adding_bob(&alice, &bob, &mut member);
    member.merge_own(&alice.library).unwrap();
    let welcome = welcome_message(&committed.welcome.unwrap());
    let tree = member.ratchet_tree().unwrap();
    let opened = OpenedWelcome::open(&bob.library, &room(), &welcome, &tree).unwrap();
    let mut joined = opened.join(&bob.library).unwrap();
    let proposal = joined.propose_self_remove(&bob.library, &bob.identity).unwrap();
    let received = member.receive(&alice.library, &proposal).unwrap();
    let Incoming::Proposal { proposal, .. } = received else { panic!("no proposal") };
    member.keep(&alice.library, *proposal).unwrap();
    let committed = member.commit(&alice.library, &alice.identity, &CommitPlan::default()).unwrap();
    let Ok(Incoming::Commit(staged)) = joined.receive(&bob.library, &committed.message) else {
        panic!("no commit")
    };
    assert!(staged.removes_me);
    member.merge_own(&alice.library).unwrap();
    assert_eq!(member.members().unwrap().len(), 1);
}
