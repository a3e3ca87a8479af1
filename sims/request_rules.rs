//! What a server demands of a request before it looks at what the request does: each rule accepts
//! what it should, and refuses what it should by its own name.
//!
//! Not a test target: `bad_requests` has it as a module, with the server that both ask.

use schism::mimi::local::CreateRoomRequest;
use schism::mimi::local::Errand;
use schism::mimi::policy::Capability;
use schism::mimi::uri::RoomUri;
use schism::mimi::wire::{
    FanoutExtra, GroupInfoRequest, GroupInfoResponse, KeyMaterialRequest, NotifyRequest, Route,
};
use schism::mls::{CommitPlan, Committed, KeyPackageKind, Member, MlsFraming, sign_key_material};
use schism::trace::{Digest, Event};

use crate::rig::{self, Answered, HUB, Person, Rig, provider, update};

const B: &str = "b.example";
const C: &str = "c.example";

/// Refused by this rule, with this status, and with nothing accepted.
#[track_caller]
fn refused(answered: &Answered, status: u16, rule: &str) {
    assert_eq!(answered.refusal().map(|(_, by)| by), Some(rule), "{answered:?}");
    assert_eq!((answered.status, answered.is_refused()), (status, true), "{answered:?}");
}

/// The KeyPackages that were handed out.
fn handed_out(answered: &Answered) -> Vec<Digest> {
    let reference = |event: &Event| match event {
        Event::KeyPackageHandedOut { reference, .. } => Some(*reference),
        _ => None,
    };
    answered.events.iter().filter_map(reference).collect()
}

/// Bob asks for Alice's KeyPackages, for a room of this provider, through this provider.
fn wants_alice(rig: &Rig, hub: &str, through: &str) -> Answered {
    let room = RoomUri::new(&provider(hub), "attic").unwrap();
    let alice = rig.alice.actor.user.clone();
    let body = sign_key_material(rig.bob.identity(), &rig.bob.actor, &alice, &room).encode();
    let route = Route::KeyMaterial(alice);
    rig.ask(&rig::Asked::by_provider(through, route, body)).unwrap()
}

#[test]
fn key_packages_for_a_room_go_to_its_hub_and_to_nobody_else() {
    let (rig, ..) = Rig::new();
    refused(&wants_alice(&rig, C, B), 403, "key-material-through-the-hub");
    let granted = wants_alice(&rig, C, C);
    assert_eq!((granted.status, handed_out(&granted).len()), (200, 1));
}

#[test]
fn two_requests_get_two_key_packages() {
    let (rig, ..) = Rig::new();
    let (first, second) = (wants_alice(&rig, B, B), wants_alice(&rig, B, B));
    assert_eq!((handed_out(&first).len(), handed_out(&second).len()), (1, 1));
    assert_ne!(handed_out(&first), handed_out(&second));
}

#[test]
fn key_packages_go_to_whoever_signs_for_its_own_user() {
    let (rig, ..) = Rig::new();
    let room = RoomUri::new(&provider(B), "attic").unwrap();
    let alice = rig.alice.actor.user.clone();
    let ask = |request: &KeyMaterialRequest| {
        rig.ask(&rig.by_bob(Route::KeyMaterial(alice.clone()), request.encode())).unwrap()
    };
    let good = sign_key_material(rig.bob.identity(), &rig.bob.actor, &alice, &room);
    let stranger = Person::new(B, "berta", "B9", 9);
    let other_key = sign_key_material(stranger.identity(), &rig.bob.actor, &alice, &room);
    let mut other_name = good.clone();
    other_name.requesting_user = stranger.actor.user.clone();
    for forged in [&other_key, &other_name] {
        let answered = ask(forged);
        assert_eq!(answered.refusal().map(|(_, rule)| rule), Some("key-material-is-signed"));
        assert!(handed_out(&answered).is_empty());
    }
    assert_eq!(handed_out(&ask(&good)).len(), 1);
}

/// A request for the GroupInfo by this client, brought by this provider.
fn wants_group_info(rig: &Rig, who: &Person, through: &str) -> Answered {
    let library = schism::mls::Library::new([7; 32], schism::mls::Meter::off());
    let (request, _) = GroupInfoRequest::signed(&library, who.identity(), None).unwrap();
    let route = Route::GroupInfo(rig.room.clone());
    rig.ask(&rig::Asked::by_provider(through, route, request.encode())).unwrap()
}

fn is_granted(answered: &Answered) -> bool {
    matches!(GroupInfoResponse::decode(&answered.body), Ok(GroupInfoResponse::Success { .. }))
}

#[test]
fn a_group_info_goes_to_whoever_signs_and_comes_from_its_peer() {
    let (rig, ..) = Rig::new();
    refused(&wants_group_info(&rig, &rig.bob, C), 200, "group-info-is-signed");
    assert!(is_granted(&wants_group_info(&rig, &rig.bob, B)));
}

#[test]
fn a_client_gets_no_group_info_in_the_name_of_another() {
    let (rig, ..) = Rig::new();
    let stranger = Person::new(HUB, "alice", "A9", 9);
    let library = schism::mls::Library::new([7; 32], schism::mls::Meter::off());
    let ask = |who: &Person| {
        let (request, _) = GroupInfoRequest::signed(&library, who.identity(), None).unwrap();
        let errand = Errand::GroupInfo(rig.room.clone());
        rig.ask(&rig.by_alice(errand, request.encode())).unwrap()
    };
    refused(&ask(&stranger), 403, "peer-is-who-it-says");
    assert!(is_granted(&ask(&rig.alice)));
}

#[test]
fn a_group_info_goes_to_participants_and_not_to_strangers() {
    let (rig, ..) = Rig::new();
    let stranger = Person::new(B, "berta", "B9", 9);
    refused(&wants_group_info(&rig, &stranger, B), 200, "group-info-for-participants");
    assert!(is_granted(&wants_group_info(&rig, &rig.bob, B)));
}

#[test]
fn a_room_is_created_once_and_the_same_creation_may_be_repeated() {
    let (rig, ..) = Rig::new();
    let new = RoomUri::new(&provider(HUB), "new").unwrap();
    let (_, creation) = rig.creation(&new);
    assert_eq!(rig.ask(&creation).unwrap().status, 201);
    let again = rig.ask(&creation).unwrap();
    assert_eq!((again.status, again.accepted().len()), (201, 0));
    let other = CreateRoomRequest::decode(&creation.body, &MlsFraming).unwrap();
    let (group_info, ratchet_tree) = (rig.view().group_info, other.ratchet_tree);
    let body = CreateRoomRequest { group_info, ratchet_tree }.encode();
    let answered = rig.ask(&rig.by_alice(Errand::CreateRoom(new), body)).unwrap();
    let refusal = answered.refusal();
    assert_eq!((answered.status, refusal), (409, Some(("409", "room-is-new"))));
}

/// Alice's commit of new keys, or of whatever else, sent as it is.
fn sends(rig: &Rig, committed: &Committed) -> Answered {
    rig.ask(&rig.by_alice(Errand::Update(rig.room.clone()), update(committed))).unwrap()
}

#[test]
fn a_commit_with_a_wrong_signature_is_not_valid() {
    let (rig, mut alice, _) = Rig::new();
    let good = rig.commit(&mut alice, &CommitPlan::default());
    // The membership tag stands at the very end, which a hub can't check; the signature of the
    // content lies well inside.
    let mut bad = good.clone();
    let place = bad.message.len() / 2;
    bad.message[place] ^= 1;
    refused(&sends(&rig, &bad), 200, "valid-mls");
    assert!(sends(&rig, &good).refusal().is_none());
}

#[test]
fn a_commit_comes_with_the_group_info_of_its_own_epoch() {
    let (rig, mut alice, _) = Rig::new();
    let good = rig.commit(&mut alice, &CommitPlan::default());
    let old = Committed { group_info: rig.view().group_info, ..good.clone() };
    refused(&sends(&rig, &old), 200, "group-info-matches");
    assert!(sends(&rig, &good).refusal().is_none());
}

#[test]
fn a_welcome_leaves_the_hub_only_with_an_accepted_commit() {
    let (rig, mut alice, _) = Rig::new();
    let welcomes = || {
        let bodies = rig.notified();
        let events =
            bodies.iter().flat_map(|body| NotifyRequest::decode(body, &MlsFraming).unwrap().0);
        events.filter(|event| matches!(event.extra, FanoutExtra::Welcome { .. })).count()
    };
    let before = welcomes();
    let cathy = Person::new(C, "cathy", "C1", 5);
    let good = rig.adding(&mut alice, &cathy, KeyPackageKind::default());
    let bad = Committed { group_info: rig.view().group_info, ..good.clone() };
    refused(&sends(&rig, &bad), 200, "group-info-matches");
    assert_eq!(welcomes(), before);
    assert!(sends(&rig, &good).refusal().is_none());
    assert_eq!(welcomes(), before + 1);
}

#[test]
fn a_report_is_taken_from_whoever_may_report() {
    let report = |(rig, mut alice, mut bob): (Rig, Member, Member)| {
        let good = rig.good(&mut alice, &mut bob);
        let (_, asked) = good.iter().find(|(name, _)| *name == "reportAbuse").unwrap();
        rig.ask(asked).unwrap()
    };
    assert_eq!(report(Rig::new()).status, 201);
    refused(&report(Rig::lacking(Capability::REPORT_ABUSE)), 403, "may-report");
}

#[test]
fn who_may_not_receive_gets_no_message_from_its_own_hub() {
    let given_to = |(rig, mut alice, mut bob): (Rig, Member, Member)| {
        let good = rig.good(&mut alice, &mut bob);
        let (_, asked) = good.iter().find(|(name, _)| *name == "submitMessage").unwrap();
        let queued = |event: Event| match event {
            Event::Queued { clients, .. } => Some(clients),
            _ => None,
        };
        let answered = rig.ask(asked).unwrap();
        assert_eq!(answered.accepted().len(), 1, "{answered:?}");
        answered.events.into_iter().find_map(queued).unwrap_or_default()
    };
    let (rig, alice, bob) = Rig::new();
    let own = rig.alice.actor.client.clone();
    assert_eq!(given_to((rig, alice, bob)), [own]);
    assert!(given_to(Rig::lacking(Capability::RECEIVE_MESSAGE)).is_empty());
}
