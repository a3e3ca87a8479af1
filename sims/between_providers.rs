//! What providers ask each other past any room: consent, who is meant, assets; and KeyPackages for
//! users that there are not.
//!
//! Not a test target: `bad_requests` has it as a module, with the server that both ask.

use schism::mimi::local::Errand;
use schism::mimi::uri::{RoomUri, UserUri};
use schism::mimi::wire::{
    AppDataDictionary, AssetUrl, ConsentEntry, ConsentOperation, ConsentScope, IdentifierQueryCode,
    IdentifierRequest, IdentifierResponse, KeyMaterialResponse, KeyMaterialUserCode, QueryElement,
    Route, SearchField,
};
use schism::mls::{KeyPackageKind, MlsFraming, sign_key_material};
use schism::provider::KeyMaterialPolicy;
use schism::trace::{Event, Kind};

use crate::rig::{self, Answered, Asked, HUB, Person, Rig, provider};

const B: &str = "b.example";

fn user(at: &str, name: &str) -> UserUri {
    UserUri::new(&provider(at), name).unwrap()
}

fn bob() -> UserUri {
    user(B, "bob")
}

fn alice() -> UserUri {
    user(HUB, "alice")
}

/// What `requester` and `target` have to do with each other, as a body.
fn entry(operation: ConsentOperation, requester: UserUri, target: UserUri) -> Vec<u8> {
    let scope = ConsentScope { requester, target, room: None };
    ConsentEntry { operation, scope, extensions: AppDataDictionary::default() }.encode()
}

fn grant() -> ConsentOperation {
    ConsentOperation::Grant { key_packages: Vec::new() }
}

/// Sends a body to `requestConsent` of `alice` in `b.example`'s name.
fn request(rig: &Rig, body: Vec<u8>) -> Answered {
    rig.ask(&rig.by_bob(Route::RequestConsent(alice()), body)).unwrap()
}

/// Likewise, to `updateConsent`.
fn update(rig: &Rig, body: Vec<u8>) -> Answered {
    rig.ask(&rig.by_bob(Route::UpdateConsent(alice()), body)).unwrap()
}

#[test]
fn each_operation_is_noted_where_it_belongs_and_once() {
    let (rig, ..) = Rig::new();
    let asks = entry(ConsentOperation::Request, bob(), alice());
    let answered = request(&rig, asks.clone());
    assert_eq!(answered.status, 201);
    assert!(matches!(&answered.events[..], [Event::ConsentAsked { room: None, .. }]));
    let cancels = entry(ConsentOperation::Cancel, bob(), alice());
    let answered = request(&rig, cancels.clone());
    assert!(matches!(&answered.events[..], [Event::ConsentCancelled { .. }]), "{answered:?}");
    let again = request(&rig, cancels);
    assert_eq!((again.status, again.events.len()), (201, 0), "nothing is left to cancel");
    let answered = update(&rig, entry(grant(), alice(), bob()));
    assert!(matches!(&answered.events[..], [Event::ConsentGranted { .. }]), "{answered:?}");
    let answered = update(&rig, entry(ConsentOperation::Revoke, alice(), bob()));
    assert!(matches!(&answered.events[..], [Event::ConsentRevoked { .. }]), "{answered:?}");
    assert_eq!(answered.status, 201);
}

#[test]
fn a_provider_speaks_for_its_own_users_to_the_others_own_and_at_the_right_endpoint() {
    let (rig, ..) = Rig::new();
    let refused = |answered: Answered, status: u16, rule: &str| {
        assert_eq!(answered.refusal(), Some((status.to_string().as_str(), rule)), "{answered:?}");
        assert_eq!(answered.status, status);
    };
    let stranger = "peer-is-who-it-says";
    let asks = |requester, target| entry(ConsentOperation::Request, requester, target);
    refused(request(&rig, asks(user("c.example", "cathy"), alice())), 403, stranger);
    refused(request(&rig, asks(bob(), bob())), 400, "body-is-well-formed");
    refused(request(&rig, entry(grant(), bob(), alice())), 400, "body-is-well-formed");
    refused(update(&rig, asks(alice(), bob())), 400, "body-is-well-formed");
    refused(update(&rig, entry(grant(), alice(), user("c.example", "cathy"))), 403, stranger);
    let away = Route::RequestConsent(user("c.example", "cathy"));
    let asked = rig.by_bob(away, asks(bob(), user("c.example", "cathy")));
    refused(rig.ask(&asked).unwrap(), 403, stranger);
    let carol = user(HUB, "carol");
    let asked = rig.by_bob(Route::RequestConsent(carol.clone()), asks(bob(), carol));
    refused(rig.ask(&asked).unwrap(), 404, "user-is-known");
    let says = entry(grant(), alice(), user(HUB, "carol"));
    refused(rig.ask(&rig.by_alice(Errand::Consent, says)).unwrap(), 403, stranger);
}

fn masked() -> Rig {
    let policy = KeyMaterialPolicy { explicit_consent: true, mask_unknown_users: true };
    Rig::with(policy).0
}

/// The answer to bob's client that would add this user to bob's room.
fn key_material(rig: &Rig, target: &UserUri) -> Answered {
    let room = RoomUri::new(&provider(B), "attic").unwrap();
    let wanted = sign_key_material(rig.bob.identity(), &rig.bob.actor, target, &room);
    rig.ask(&rig.by_bob(Route::KeyMaterial(target.clone()), wanted.encode())).unwrap()
}

#[test]
fn behind_a_mask_unknown_gone_and_unwilling_are_the_same_bytes() {
    let rig = masked();
    let unwilling = key_material(&rig, &alice());
    let named = |name: &str, answered: &Answered| {
        let text = String::from_utf8_lossy(&answered.body);
        text.replace(name, "somebody").into_bytes()
    };
    let expected = named("alice", &unwilling);
    let unknown = key_material(&rig, &user(HUB, "carol"));
    assert_eq!((named("carol", &unknown), unknown.status), (expected.clone(), unwilling.status));
    assert_eq!(rig.ask(&rig.by_alice(Errand::DeleteAccount, Vec::new())).unwrap().status, 201);
    let gone = key_material(&rig, &alice());
    assert_eq!((gone.body, gone.status), (unwilling.body, unwilling.status));
    let carol = user(HUB, "carol");
    let asks = entry(ConsentOperation::Request, bob(), carol.clone());
    let asked = rig.ask(&rig.by_bob(Route::RequestConsent(carol), asks)).unwrap();
    assert_eq!((asked.status, asked.body.len()), (201, 0));
}

#[test]
fn what_alice_says_to_her_provider_counts_there_at_once() {
    let rig = masked();
    let code = |answered: &Answered| {
        KeyMaterialResponse::decode(&answered.body, &MlsFraming).unwrap().user_status
    };
    let says = |operation| {
        let asked = rig.by_alice(Errand::Consent, entry(operation, bob(), alice()));
        assert_eq!(rig.ask(&asked).unwrap().status, 201);
    };
    says(grant());
    assert_eq!(code(&key_material(&rig, &alice())), KeyMaterialUserCode::Success);
    says(ConsentOperation::Revoke);
    assert_eq!(code(&key_material(&rig, &alice())), KeyMaterialUserCode::NoConsent);
}

#[test]
fn a_request_of_another_protocol_is_told_so() {
    let (rig, ..) = Rig::new();
    let mut asked = rig.by_bob(Route::KeyMaterial(alice()), vec![2]);
    let answered = rig.ask(&asked).unwrap();
    let response = KeyMaterialResponse::decode(&answered.body, &MlsFraming).unwrap();
    assert_eq!(response.user_status, KeyMaterialUserCode::IncompatibleProtocol);
    assert!(response.clients.is_empty() && answered.is_refused(), "{answered:?}");
    asked = rig.by_alice(Errand::KeyMaterial(bob()), vec![2]);
    let answered = rig.ask(&asked).unwrap();
    let response = KeyMaterialResponse::decode(&answered.body, &MlsFraming).unwrap();
    assert_eq!(response.user_status, KeyMaterialUserCode::IncompatibleProtocol);
}

#[test]
fn a_query_finds_an_own_user_by_the_handle_and_is_for_the_own_domain() {
    let (rig, ..) = Rig::new();
    let query = |value: &str| {
        let field = SearchField::Handle;
        let elements = vec![QueryElement { field, value: value.to_owned() }];
        IdentifierRequest { elements, ..IdentifierRequest::default() }.encode()
    };
    let ask = |domain: &str, body| {
        rig.ask(&rig.by_bob(Route::IdentifierQuery(provider(domain)), body)).unwrap()
    };
    let found = ask(HUB, query("im:alice@a.example"));
    let found = IdentifierResponse::decode(&found.body).unwrap();
    assert_eq!((found.code, found.users), (IdentifierQueryCode::Success, vec![alice()]));
    let nobody = IdentifierResponse::decode(&ask(HUB, query("im:bob@a.example")).body).unwrap();
    assert_eq!(nobody, IdentifierResponse::nobody(IdentifierQueryCode::NotFound));
    assert_eq!(ask(B, query("im:alice@a.example")).status, 404);
    assert_eq!(ask(HUB, vec![0]).status, 400);
}

fn get(rig: &Rig, route: Route) -> Answered {
    let mut asked = rig.by_bob(route, Vec::new());
    asked.method = http::Method::GET;
    rig.ask(&asked).unwrap()
}

fn url(host: &str) -> AssetUrl {
    AssetUrl { host: provider(host), name: "photo".to_owned() }
}

#[test]
fn an_asset_is_downloaded_from_its_provider_and_through_a_hub() {
    let (rig, ..) = Rig::new();
    assert_eq!(get(&rig, Route::Asset("photo".to_owned())).status, 404);
    let upload = |bytes: &[u8]| {
        let errand = Errand::Upload("photo".to_owned());
        rig.ask(&rig.by_alice(errand, bytes.to_vec())).unwrap().status
    };
    assert_eq!((upload(b"sealed"), upload(b"sealed"), upload(b"other")), (201, 201, 409));
    for route in [Route::Asset("photo".to_owned()), Route::ProxyDownload(url(HUB))] {
        let got = get(&rig, route);
        assert_eq!((got.status, &got.body[..]), (200, &b"sealed"[..]));
    }
    // Of a peer, the provider of a participant: what that answers is passed on.
    let theirs = get(&rig, Route::ProxyDownload(url(B)));
    assert_eq!((theirs.status, &theirs.body[..]), (200, &b"an asset of b.example"[..]));
    let own = rig.by_alice(Errand::Download(provider(HUB), url(B)), Vec::new());
    assert_eq!(rig.ask(&own).unwrap().body, theirs.body);
}

#[test]
fn a_hub_is_no_open_proxy() {
    let (rig, ..) = Rig::new();
    let answered = get(&rig, Route::ProxyDownload(url("c.example")));
    assert_eq!(answered.refusal(), Some(("403", "asset-host-is-a-peer")), "{answered:?}");
    let own = Errand::Download(provider(HUB), url("c.example"));
    let answered = rig.ask(&rig.by_alice(own, Vec::new())).unwrap();
    assert_eq!(answered.refusal(), Some(("403", "asset-host-is-a-peer")), "{answered:?}");
    let asked = Asked {
        path: "/v1/proxyDownload/https%3A%2F%2Fb.example%2Fv1".to_owned(),
        ..rig.by_bob(Route::Asset("photo".to_owned()), Vec::new())
    };
    assert_eq!(rig.ask(&asked).unwrap().status, 404, "a URL that is no asset's");
}

#[test]
fn a_hub_takes_no_commit_by_a_key_package_that_is_over() {
    for (passed_ms, rule) in [(1_000, None), (1_001, Some("key-package-not-expired"))] {
        let (rig, mut alices, _) = Rig::new();
        let dan = Person::new("c.example", "dan", "D1", 9);
        // The rig's clock stands at 1,000,000 ms.
        let kind = KeyPackageKind { not_after_ms: Some(1_001_000), ..KeyPackageKind::default() };
        let body = rig::update(&rig.adding(&mut alices, &dan, kind));
        rig.pass(passed_ms);
        let asked = rig.by_alice(Errand::Update(rig.room.clone()), body);
        let answered = rig.ask(&asked).unwrap();
        assert_eq!(answered.refusal().map(|(_, rule)| rule), rule, "{answered:?}");
        let used = |event: &&Event| matches!(event, Event::KeyPackageUsed { .. });
        let used = answered.events.iter().filter(used).count();
        let accepted = answered.accepted() == [Kind::Commit];
        assert_eq!((accepted, used == 1), (rule.is_none(), rule.is_none()), "{answered:?}");
    }
}

#[test]
fn what_another_requests_sync_makes_durable_has_used_its_key_packages() {
    let (rig, mut alices, _) = Rig::new();
    let dan = Person::new("c.example", "dan", "D1", 9);
    let body = rig::update(&rig.adding(&mut alices, &dan, KeyPackageKind::default()));
    rig.ask_and_halt(&rig.by_alice(Errand::Update(rig.room.clone()), body));
    let told = |answered: Answered| {
        let durable = |event: &&Event| matches!(event, Event::Durable { .. });
        let used = |event: &&Event| matches!(event, Event::KeyPackageUsed { .. });
        let events = || answered.events.iter();
        (events().filter(durable).count(), events().filter(used).count())
    };
    assert_eq!(told(rig.ask(&rig.publication()).unwrap()), (1, 1));
    assert_eq!(told(rig.ask(&rig.publication()).unwrap()), (0, 0), "it is said once");
}
