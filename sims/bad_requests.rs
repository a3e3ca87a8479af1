//! Garbage on every endpoint of a provider's server.
//!
//! Good requests are damaged, made up, or sent by and to the wrong ones. Whatever comes, the
//! server answers and refuses, leaves just that refusal in the trace, and the room stays as it
//! was; and then the good request still works, so that it was the damage that was refused. What a
//! server can't see into it may take: the inside of a sealed message is for the members to judge.
//!
//! Not here: bodies over 1 MiB, which the transport refuses before a server sees them (`world`).

// Clippy knows tests by their attribute, and takes what they share for something else.
#![allow(clippy::unwrap_used)]

mod between_providers;
mod request_rules;
mod rig;

use std::cell::RefCell;

use http::Method;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use rig::{Answered, Asked, HUB, Rig, provider};
use schism::mimi::local::{Errand, LocalRoute, MailboxResponse};
use schism::mimi::uri::{ClientUri, RoomUri};
use schism::mimi::wire::{
    AbuseReport, ConsentEntry, FanoutExtra, FanoutMessage, GroupInfoOption, IdentifierRequest,
    NotifyRequest, Route, UpdateRequest,
};
use schism::mls::{MlsFraming, PeekKind, peek, sign_key_material};
use schism::node::Peer;
use schism::trace::{Event, Kind};

/// Cases for each kind of request.
const CASES: u32 = 1_000;

fn runner() -> TestRunner {
    TestRunner::new(Config {
        cases: CASES,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        // The room remembers what it accepted: another try is another case.
        max_shrink_iters: 0,
        ..Config::default()
    })
}

/// What is done to the bytes of a good body.
#[derive(Debug, Clone)]
enum Damage {
    MadeUp(Vec<u8>),
    Cut(Index),
    Flipped(Vec<(Index, u8)>),
    Inserted(Index, Vec<u8>),
}

impl Damage {
    fn done_to(&self, good: &[u8]) -> Vec<u8> {
        let mut body = good.to_vec();
        match self {
            Self::MadeUp(bytes) => body.clone_from(bytes),
            Self::Cut(at) => body.truncate(at.index(good.len())),
            Self::Flipped(bits) => {
                for (at, bit) in bits {
                    body[at.index(good.len())] ^= 1 << bit;
                }
            }
            Self::Inserted(at, bytes) => {
                let at = at.index(good.len() + 1);
                body.splice(at..at, bytes.iter().copied());
            }
        }
        body
    }
}

fn any_damage() -> impl Strategy<Value = Damage> {
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
    prop_oneof![
        1 => bytes(600).prop_map(Damage::MadeUp),
        1 => any::<Index>().prop_map(Damage::Cut),
        4 => prop::collection::vec((any::<Index>(), 0..8u8), 1..3).prop_map(Damage::Flipped),
        1 => (any::<Index>(), bytes(9)).prop_map(|(at, bytes)| Damage::Inserted(at, bytes)),
    ]
}

/// A good request of one kind, in a room of its own. All are made the same.
struct Scene {
    rig: Rig,
    good: Asked,
}

impl Scene {
    fn of(kind: &str) -> Self {
        let (rig, mut alice, mut bob) = Rig::new();
        let mut good = rig.good(&mut alice, &mut bob);
        let place = good.iter().position(|(it, _)| *it == kind).unwrap();
        Self { good: good.swap_remove(place).1, rig }
    }
}

/// Sends one kind of request, damaged in each way. What is not refused must be `harmless`, given
/// the good body, the damaged one, and the answer.
fn damaged(kind: &str, harmless: impl Fn(&[u8], &[u8], &Answered) -> bool) {
    let scene = RefCell::new(Scene::of(kind));
    let before = scene.borrow().rig.view();
    let verdict = runner().run(&any_damage(), |damage| {
        let mut scene = scene.borrow_mut();
        let Scene { rig, good } = &*scene;
        let asked = Asked { body: damage.done_to(&good.body), ..good.clone() };
        if asked.body == good.body {
            return Ok(());
        }
        let answered = rig.ask(&asked).unwrap();
        let fine = answered.is_refused() || harmless(&good.body, &asked.body, &answered);
        prop_assert!(fine, "{kind} of {} bytes: {answered:?}", good.body.len());
        if answered.accepted().iter().any(|kind| *kind != Kind::Message) {
            // Nothing else can be asked of a room that has moved on.
            *scene = Scene::of(kind);
        }
        Ok(())
    });
    verdict.unwrap_or_else(|error| panic!("{error}"));
    let Scene { rig, good } = scene.into_inner();
    assert_eq!(rig.view(), before, "the room is not as it was");
    let answered = rig.ask(&good).unwrap();
    assert!(answered.status < 300 && answered.refusal().is_none(), "{answered:?}");
}

fn never(_: &[u8], _: &[u8], _: &Answered) -> bool {
    false
}

/// Taken as a message, and as nothing else: a server sees no more than its envelope.
fn as_a_message(_: &[u8], _: &[u8], answered: &Answered) -> bool {
    answered.status == 200 && [vec![], vec![Kind::Message]].contains(&answered.accepted())
}

/// Accepted, but only where the hub can't see the damage.
fn unseen(good: &[u8], damaged: &[u8], answered: &Answered) -> bool {
    answered.status == 200 && answered.accepted().len() == 1 && look_the_same(good, damaged)
}

/// Whether a hub can't tell two updates apart: it has no key for the tags at the end of a
/// handshake message. The GroupInfo is signed, so it can tell any damage to that.
fn look_the_same(good: &[u8], damaged: &[u8]) -> bool {
    let decode = |bytes| UpdateRequest::decode(bytes, &MlsFraming).ok();
    let (Some(good), Some(damaged)) = (decode(good), decode(damaged)) else { return false };
    in_sight(good) == in_sight(damaged)
}

/// An update without what a hub can't check.
fn in_sight(request: UpdateRequest) -> Vec<Vec<u8>> {
    const TAG: usize = 33;
    let without_tags = |message: &[u8], tags: usize| message[..message.len() - tags * TAG].to_vec();
    match request {
        UpdateRequest::Commit { message, welcome, group_info, .. } => {
            let tags = match peek(&message).unwrap().kind {
                // A joiner is no member yet: it has no key for a membership tag.
                PeekKind::ExternalCommit => 1,
                _ => 2,
            };
            let GroupInfoOption::Full(info) = group_info else { panic!("no full GroupInfo") };
            vec![without_tags(&message, tags), welcome.unwrap_or_default(), info]
        }
        UpdateRequest::Proposals { message, more } => {
            let all = std::iter::once(&message).chain(&more);
            all.map(|message| without_tags(message, 1)).collect()
        }
    }
}

#[test]
fn a_damaged_commit_changes_nothing_that_the_hub_can_see() {
    damaged("update", unseen);
}

#[test]
fn damaged_proposals_change_nothing_that_the_hub_can_see() {
    damaged("proposals", unseen);
}

#[test]
fn a_damaged_external_commit_changes_nothing_that_the_hub_can_see() {
    damaged("join", unseen);
}

#[test]
fn a_damaged_commit_of_the_hubs_own_client_changes_nothing_that_the_hub_can_see() {
    damaged("client/update", unseen);
}

#[test]
fn a_damaged_message_is_refused_or_sealed() {
    damaged("submitMessage", as_a_message);
}

#[test]
fn a_damaged_message_of_the_hubs_own_client_is_refused_or_sealed() {
    damaged("client/submitMessage", as_a_message);
}

#[test]
fn a_damaged_request_for_the_group_info_is_not_granted() {
    damaged("groupInfo", never);
}

#[test]
fn a_damaged_request_for_key_material_gets_none() {
    damaged("keyMaterial", never);
}

#[test]
fn a_damaged_notify_is_refused_or_goes_to_mailboxes_only() {
    damaged("notify", |_, _, answered| {
        let to_mailboxes =
            |event: &Event| matches!(event, Event::Queued { .. } | Event::Repeated { .. });
        answered.status == 201 && answered.events.iter().all(to_mailboxes)
    });
}

/// Another entry, and just that is noted.
fn as_a_consent(_: &[u8], damaged: &[u8], answered: &Answered) -> bool {
    let noted = |event: &Event| {
        use Event::{ConsentAsked, ConsentCancelled, ConsentGranted, ConsentRevoked};
        matches!(
            event,
            ConsentAsked { .. }
                | ConsentCancelled { .. }
                | ConsentGranted { .. }
                | ConsentRevoked { .. }
        )
    };
    answered.status == 201
        && ConsentEntry::decode(damaged, &MlsFraming).is_ok()
        && answered.events.iter().all(noted)
}

#[test]
fn a_damaged_request_for_consent_is_refused_or_another_request() {
    damaged("requestConsent", as_a_consent);
}

#[test]
fn a_damaged_consent_of_an_own_client_is_refused_or_another_consent() {
    damaged("client/consent", as_a_consent);
}

/// Whoever is asked for is found or not; nothing else comes of it.
fn as_a_query(_: &[u8], damaged: &[u8], answered: &Answered) -> bool {
    IdentifierRequest::decode(damaged).is_ok()
        && answered.status == 200
        && matches!(answered.events.as_slice(), [Event::Answered { .. }])
}

#[test]
fn a_damaged_query_is_refused_or_another_query() {
    damaged("identifierQuery", as_a_query);
}

#[test]
fn a_damaged_query_of_an_own_client_is_refused_or_another_query() {
    damaged("client/findUser", as_a_query);
}

#[test]
fn damaged_key_packages_are_not_taken() {
    damaged("client/publishKeyPackages", |_, damaged, answered| {
        // A list that is empty is a list.
        damaged == [0] && answered.status == 201
    });
}

#[test]
fn a_damaged_mailbox_request_is_refused_or_another_request() {
    damaged("client/mailbox", |_, damaged, answered| {
        damaged.len() == 12
            && answered.events.is_empty()
            && MailboxResponse::decode(&answered.body).is_ok()
    });
}

#[test]
fn a_damaged_creation_makes_no_room() {
    damaged("client/createRoom", never);
}

/// Only what the damage left alone can be genuine.
#[test]
fn a_damaged_report_is_refused_or_taken_without_being_believed() {
    damaged("reportAbuse", |good, damaged, answered| {
        let (good, damaged) = (AbuseReport::decode(good), AbuseReport::decode(damaged));
        let (Ok(good), Ok(damaged)) = (good, damaged) else { return false };
        let told = (&good.alleged_abuser, &good.messages);
        let same = told == (&damaged.alleged_abuser, &damaged.messages);
        let [Event::Reported { evidence, .. }] = answered.events.as_slice() else { return false };
        answered.status == 201 && evidence.iter().all(|it| !it.genuine || same)
    });
}

#[test]
fn a_report_of_what_was_franked_is_believed() {
    let Scene { rig, good } = Scene::of("reportAbuse");
    let answered = rig.ask(&good).unwrap();
    assert_eq!((answered.status, answered.body.len()), (201, 0));
    let [Event::Reported { reporter, accused, evidence, .. }] = answered.events.as_slice() else {
        panic!("{answered:?}")
    };
    assert_eq!((reporter.as_ref(), accused), (Some(&rig.bob.actor.user), &rig.alice.actor.user));
    assert!(matches!(evidence.as_slice(), [it] if it.genuine), "{evidence:?}");
}

/// R38.
#[test]
fn a_hub_franks_only_in_rooms_that_name_it_as_their_franking_agent() {
    let (rig, ..) = Rig::new();
    assert_eq!(rig.frank_in_a_new_room(false), None);
    let (rig, ..) = Rig::new();
    assert!(rig.frank_in_a_new_room(true).is_some());
}

/// R40, R38: what goes to the other providers is the message, the time and the frank.
#[test]
fn a_hub_tells_its_followers_a_frank_and_not_who_sent_the_message() {
    let (rig, mut alice, mut bob) = Rig::new();
    let good = rig.good(&mut alice, &mut bob);
    let (_, message) = good.iter().find(|(name, _)| *name == "client/submitMessage").unwrap();
    rig.ask(message).unwrap();
    let notified = rig.notified();
    let last = NotifyRequest::decode(notified.last().unwrap(), &MlsFraming).unwrap();
    let [FanoutMessage { extra: FanoutExtra::Application { frank: Some(_) }, .. }] = &last.0[..]
    else {
        panic!("{last:?}")
    };
    let body = notified.last().unwrap();
    for name in [rig.alice.actor.user.to_string(), rig.alice.actor.client.to_string()] {
        assert!(!body.windows(name.len()).any(|it| it == name.as_bytes()), "{name} is in it");
    }
}

/// All good requests, each changed by `wrong`, are refused with this status and rule.
fn all_refused(rig: &Rig, good: &[(&str, Asked)], wrong: impl Fn(&mut Asked), by: (u16, &str)) {
    for (name, asked) in good {
        let mut asked = asked.clone();
        wrong(&mut asked);
        let answered = rig.ask(&asked).unwrap();
        let rule = answered.refusal().map(|(_, rule)| rule);
        assert_eq!((answered.status, rule), (by.0, Some(by.1)), "{name}: {answered:?}");
        assert!(answered.is_refused(), "{name}: {answered:?}");
    }
}

#[test]
fn a_good_request_by_or_to_the_wrong_one_is_refused() {
    let (rig, mut alice, mut bob) = Rig::new();
    let good = rig.good(&mut alice, &mut bob);
    let before = rig.view();
    let (by_clients, by_providers): (Vec<_>, Vec<_>) =
        good.iter().cloned().partition(|(name, _)| name.starts_with("client/"));
    let stranger = (403, "peer-is-who-it-says");
    let nowhere = (404, "route-is-known");

    all_refused(&rig, &good, |it| it.peer = Peer::Unknown, stranger);
    all_refused(&rig, &good, |it| it.host = "b.example".to_owned(), stranger);
    all_refused(&rig, &good, |it| it.host.clear(), stranger);
    all_refused(&rig, &good, |it| it.method = Method::GET, (405, "route-is-known"));
    all_refused(&rig, &good, |it| it.method = Method::DELETE, (405, "route-is-known"));
    all_refused(&rig, &good, |it| it.path.push_str("/more"), nowhere);
    // A domain needs no escape, and alone stands in a path as it is.
    let escaped: Vec<_> = good.iter().filter(|(_, it)| it.path.contains("%3A")).cloned().collect();
    assert_eq!(escaped.len(), good.len() - 1);
    all_refused(&rig, &escaped, |it| it.path = it.path.replace("%3A", "%3a"), nowhere);
    all_refused(&rig, &good, |it| it.path = "/".to_owned(), nowhere);

    all_refused(&rig, &by_providers, |it| it.from = "mimi@c.example".to_owned(), stranger);
    all_refused(&rig, &by_providers, |it| it.from.clear(), stranger);
    let client = |name: &str| ClientUri::new(&provider(HUB), name).unwrap();
    all_refused(&rig, &by_providers, |it| it.peer = Peer::Client(client("A1")), stranger);
    let b = Peer::Provider(provider("b.example"));
    all_refused(&rig, &by_clients, |it| it.peer = b.clone(), stranger);
    all_refused(&rig, &by_clients, |it| it.peer = Peer::Client(client("A2")), stranger);

    // In its own name, but about what is not its business.
    for (name, mut asked) in by_providers {
        asked.peer = Peer::Provider(provider("c.example"));
        asked.from = "mimi@c.example".to_owned();
        let answered = rig.ask(&asked).unwrap();
        // Who a user is, any provider may ask.
        assert_eq!(answered.is_refused(), name != "identifierQuery", "{name}: {answered:?}");
    }
    assert_eq!(rig.view(), before, "the room is not as it was");
}

#[test]
fn a_client_that_did_not_register_gets_only_its_mailbox() {
    let (rig, mut alice, mut bob) = Rig::new();
    let stranger = ClientUri::new(&provider(HUB), "A7").unwrap();
    for (name, asked) in rig.good(&mut alice, &mut bob) {
        let Some(Route::Client(LocalRoute { errand, .. })) = Route::parse(&asked.path) else {
            continue;
        };
        let answered = rig.ask(&Asked::by_client(&stranger, errand, asked.body)).unwrap();
        assert_eq!(answered.is_refused(), name != "client/mailbox", "{name}: {answered:?}");
    }
}

#[test]
fn a_room_that_there_is_not_is_refused_and_not_made() {
    let (rig, mut alice, mut bob) = Rig::new();
    let good = rig.good(&mut alice, &mut bob);
    let unknown = RoomUri::new(&provider(HUB), "nowhere").unwrap();
    let room = rig.room.to_string().replace(':', "%3A").replace('/', "%2F");
    let elsewhere = room.replace("clubhouse", "nowhere");
    for (name, mut asked) in good {
        if !asked.path.contains(&room) {
            continue;
        }
        asked.path = asked.path.replace(&room, &elsewhere);
        let answered = rig.ask(&asked).unwrap();
        let expected = if name == "groupInfo" { 200 } else { 404 };
        let rule = answered.refusal().map(|(_, rule)| rule);
        assert_eq!((answered.status, rule), (expected, Some("room-is-known")), "{name}");
    }
    let (user, own) = (rig.bob.actor.user.clone(), &rig.alice);
    let wanted = sign_key_material(own.identity(), &own.actor, &user, &unknown);
    let asked = rig.by_alice(Errand::KeyMaterial(user), wanted.encode());
    let answered = rig.ask(&asked).unwrap();
    assert_eq!(answered.refusal(), Some(("404", "room-is-known")), "{answered:?}");
}

#[test]
fn made_up_paths_and_headers_are_refused() {
    let (rig, mut alice, mut bob) = Rig::new();
    let good = rig.good(&mut alice, &mut bob);
    let before = rig.view();
    let segment = "(v1|client|update|notify|groupInfo|mimi%3A%2F%2Fa\\.example%2Fr%2Fx|[ -~]{0,9})";
    let path = prop::collection::vec(segment, 0..5).prop_map(|it| format!("/{}", it.join("/")));
    let header = "(mimi@|a\\.example|[!-~]{0,12}){0,3}";
    let cases = (any::<Index>(), path, header, header, 0..3u8);
    let verdict = runner().run(&cases, |(which, path, host, from, what)| {
        let (name, mut asked) = which.get(&good).clone();
        let good = asked.clone();
        match what {
            0 => asked.path = path,
            1 => asked.host = host,
            _ if name.starts_with("client/") => return Ok(()),
            _ => asked.from = from,
        }
        let same = asked.path == good.path
            && asked.host.split(':').next() == Some(HUB)
            && asked.from == good.from;
        if !same && let Some(answered) = rig.ask(&asked) {
            prop_assert!(answered.is_refused(), "{name}: {asked:?} got {answered:?}");
        }
        Ok(())
    });
    verdict.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(rig.view(), before, "the room is not as it was");
}
