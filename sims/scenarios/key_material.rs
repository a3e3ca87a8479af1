//! What providers ask each other besides rooms: KeyPackages, and whom they are given to (consent,
//! exhaustion, expiry, users who are gone); assets.

use schism::trace::{Digest, Entry, Event, Fate, Way};

use crate::each_seed;
use crate::played::{Played, enters};

/// How the intent of this client at this second came out, with the reason.
#[track_caller]
fn outcome<'a>(played: &'a Played, client: &str, second: u64) -> (Fate, &'a str) {
    let wanted = format!("s{}-{client}", second * 1_000);
    let ended = played.first(
        &wanted,
        |it| matches!(&it.event, Event::IntentEnded { intent, .. } if *intent == wanted),
    );
    let Event::IntentEnded { fate, why, .. } = &played.at(ended).event else { unreachable!() };
    (*fate, why)
}

#[track_caller]
fn assert_done(played: &Played, client: &str, seconds: &[u64]) {
    for second in seconds {
        let (fate, why) = outcome(played, client, *second);
        assert_eq!(fate, Fate::Done, "{client} at {second} s: {why}");
    }
}

/// The wish to add somebody fails with this answer of the target's provider.
#[track_caller]
fn assert_no_material(played: &Played, client: &str, second: u64, code: &str) {
    let expected = format!("no key material: {code}");
    assert_eq!(outcome(played, client, second), (Fate::Refused, expected.as_str()));
}

/// The KeyPackages that were handed out of this client, in order: place, reference, last resort.
fn handed_out(played: &Played, wanted: &str) -> Vec<(u64, Digest, bool)> {
    let of = |entry: &Entry| match &entry.event {
        Event::KeyPackageHandedOut { reference, client, last_resort, .. }
            if client.name() == wanted =>
        {
            Some((entry.n, *reference, *last_resort))
        }
        _ => None,
    };
    played.entries().iter().filter_map(of).collect()
}

/// Clients that ever enter the room.
fn entered(played: &Played, wanted: &str) -> Vec<String> {
    let of = |entry: &Entry| match &entry.event {
        Event::Entered { room, .. } if room.name() == wanted => Some(entry.node.clone()),
        _ => None,
    };
    let mut nodes: Vec<_> = played.entries().iter().filter_map(of).collect();
    nodes.sort();
    nodes.dedup();
    nodes
}

#[test]
fn bob_is_added_only_after_he_was_asked_and_agreed() {
    each_seed("consent-asked-and-granted", |played| {
        assert_no_material(played, "A1", 6, "noConsent");
        assert_done(played, "A1", &[1, 8, 12]);
        let at_bobs = |it: &Entry| it.node == "b.example";
        let asked = played
            .first("asked", |it| at_bobs(it) && matches!(it.event, Event::ConsentAsked { .. }));
        let granted = played.first("granted", |it| {
            at_bobs(it) && matches!(&it.event, Event::ConsentGranted { room: None, .. })
        });
        let told = played.first("alice's provider is told", |it| {
            it.node == "a.example"
                && matches!(&it.event, Event::ConsentGranted { target, .. } if target.name() == "bob")
        });
        let given = handed_out(played, "B1")[0].0;
        assert!(asked < granted && granted < told);
        let (crash, restart) = played.crash_and_restart("b.example", granted);
        assert!(granted < crash && restart < given, "the word is on the disk");
        assert_eq!(played.readers("thank you for asking"), ["A1", "B1", "H1"]);
    });
}

#[test]
fn a_revocation_that_nobody_else_can_hear_of_takes_effect_at_once() {
    each_seed("consent-revoked-in-time", |played| {
        let (cut, healed) = played.partition();
        let revoked = |at: &str| {
            played.first("revoked", |it| {
                it.node == at && matches!(it.event, Event::ConsentRevoked { .. })
            })
        };
        let (bobs, alices) = (revoked("b.example"), revoked("a.example"));
        assert!(cut < bobs && bobs < healed && healed < alices);
        assert_no_material(played, "A1", 7, "noConsent");
        assert_done(played, "A1", &[24]);
        assert_eq!(handed_out(played, "B1").len(), 1);
    });
}

#[test]
fn a_grant_that_is_said_again_after_its_revocation_brings_nothing_back() {
    each_seed("consent-said-twice", |played| {
        let revoked = played.first("revoked", |it| {
            it.node == "b.example" && matches!(it.event, Event::ConsentRevoked { .. })
        });
        played.first("the second try of the grant", |it| {
            it.n > revoked
                && it.node == "phone"
                && matches!(&it.event, Event::Request { about, attempt: 2, .. }
                    if about == "s4000-phone")
        });
        assert_done(played, "phone", &[4, 20]);
        assert_no_material(played, "A1", 18, "noConsent");
        assert_done(played, "A1", &[22]);
    });
}

#[test]
fn a_consent_for_one_room_is_none_for_another_and_a_cancelled_request_is_over() {
    each_seed("consent-for-one-room", |played| {
        assert_no_material(played, "A1", 12, "noConsentForThisRoom");
        assert_no_material(played, "C1", 13, "noConsent");
        assert_done(played, "A1", &[3, 4, 5, 14]);
        let cancelled = played
            .all(|it| matches!(&it.event, Event::ConsentCancelled { room: None, .. }))
            .into_iter();
        let nodes: Vec<_> = cancelled.map(|place| played.at(place).node.as_str()).collect();
        assert_eq!(nodes, ["a.example", "b.example"]);
        assert_eq!(entered(played, "attic"), ["A1", "B1"]);
        assert_eq!(entered(played, "cellar"), ["A1", "C1"]);
    });
}

#[test]
fn a_provider_that_does_not_ask_for_consent_is_found_out() {
    each_seed("consent-ignored", |played| {
        let given = handed_out(played, "B1")[0].0;
        let violations = &played.0.verdict.violations;
        assert_eq!(violations.iter().map(|it| it.event).collect::<Vec<_>>(), [given]);
    });
}

#[test]
fn a_key_package_that_is_handed_out_twice_is_found_and_its_second_welcome_opens_nothing() {
    each_seed("key-package-handed-out-twice", |played| {
        let given = handed_out(played, "B1");
        assert_eq!((given.len(), given[0].1), (2, given[1].1));
        assert_eq!(played.0.verdict.violations[0].event, given[1].0);
        let rejected = |it: &Entry| it.node == "B1" && matches!(it.event, Event::Rejected { .. });
        let rejected = played.first("a Welcome without its key", rejected);
        played.first("the other way in", |it| {
            it.n > rejected && it.node == "B1" && enters(it, Way::ExternalCommit)
        });
    });
}

#[test]
fn a_client_with_no_key_package_left_is_added_once_it_has_left_another() {
    each_seed("key-packages-run-out", |played| {
        assert_done(played, "A1", &[4]);
        let code = "noCompatibleMaterial (B1 keyMaterialExhausted)";
        assert_no_material(played, "C1", 6, code);
        assert_done(played, "C1", &[20]);
        let given = handed_out(played, "B1");
        assert_eq!(given.len(), 2);
        assert_ne!(given[0].1, given[1].1);
    });
}

#[test]
fn a_last_resort_is_handed_out_again_and_opens_each_welcome() {
    each_seed("last-resort", |played| {
        let given = handed_out(played, "B1");
        assert_eq!(given.iter().map(|it| it.2).collect::<Vec<_>>(), [false, true, true]);
        assert_eq!(given[1].1, given[2].1);
        let used = |wanted: Digest| {
            played.all(|it| {
                matches!(it.event, Event::KeyPackageUsed { reference, .. } if reference == wanted)
            })
        };
        assert_eq!((used(given[0].1).len(), used(given[1].1).len()), (1, 2));
        let by_welcome = |it: &Entry| it.node == "B1" && enters(it, Way::Welcome);
        assert_eq!(played.all(by_welcome).len(), 3);
        assert_eq!(played.readers("all at once"), ["D1"]);
    });
}

#[test]
fn expired_key_packages_are_not_handed_out_and_who_is_there_leaves_new_ones() {
    each_seed("key-package-expired", |played| {
        assert_no_material(played, "A1", 15, "noCompatibleMaterial (B1 keyMaterialExhausted)");
        assert_done(played, "A1", &[18, 30]);
        let published = played.all(|it| {
            it.node == "c.example" && matches!(it.event, Event::KeyPackagesPublished { .. })
        });
        let given = handed_out(played, "C1")[0].0;
        assert!(published[1] < given, "cathy's first ones were over");
    });
}

#[test]
fn a_client_that_supports_too_little_is_left_out_and_a_user_with_no_other_as_well() {
    each_seed("a-client-that-cannot-join", |played| {
        assert_done(played, "A1", &[3]);
        let code = "noCompatibleMaterial (old-phone nothingCompatible)";
        assert_no_material(played, "A1", 6, code);
        assert_eq!(entered(played, "parlour"), ["A1", "phone"]);
        assert_eq!(played.readers("nobody else is coming"), ["phone"]);
    });
}

#[test]
fn an_unknown_user_and_a_deleted_one_are_told_apart_and_a_deleted_one_wants_in_vain() {
    each_seed("users-who-are-not-there", |played| {
        assert_no_material(played, "A1", 3, "userUnknown");
        assert_no_material(played, "A1", 6, "userDeleted");
        for client in ["B1", "B2"] {
            assert_eq!(outcome(played, client, 7).0, Fate::Refused, "{client}");
        }
        assert_done(played, "A1", &[20]);
    });
}

#[test]
fn behind_a_mask_the_answers_are_of_one_length_and_one_code() {
    each_seed("users-behind-a-mask", |played| {
        for second in [4, 6, 8] {
            assert_no_material(played, "A1", second, "noConsent");
        }
        assert_done(played, "A1", &[10, 12]);
        let asks = |it: &Entry, place: u64| {
            it.n == place
                && it.node == "a.example"
                && matches!(&it.event, Event::Request { endpoint, .. } if endpoint == "keyMaterial")
        };
        let answers = played.entries().iter().filter_map(|it| match &it.event {
            Event::Response { request, bytes, status, .. }
                if played.entries().iter().any(|of| asks(of, *request)) =>
            {
                Some((*status, *bytes))
            }
            _ => None,
        });
        let answers: Vec<_> = answers.collect();
        assert!(answers.len() == 3 && answers.iter().all(|it| *it == answers[0]), "{answers:?}");
    });
}

#[test]
fn a_photo_comes_through_the_hub_and_its_provider_hears_of_nobody_else() {
    each_seed("asset-through-the-hub", |played| {
        for (client, second) in [("A1", 8), ("H1", 14)] {
            assert_eq!(outcome(played, client, second), (Fate::Done, "41 bytes"), "{client}");
        }
        let (fate, why) = outcome(played, "A1", 10);
        assert_eq!(fate, Fate::Refused);
        assert!(why.starts_with("status 403: elsewhere.example is no peer"), "{why}");
        let (fate, why) = outcome(played, "A1", 12);
        assert!(fate == Fate::Refused && why.starts_with("status 404: "), "{why}");
        let (fate, why) = outcome(played, "B2", 7);
        assert!(fate == Fate::Refused && why.starts_with("status 409: "), "{why}");
        let asked = |wanted: &str| {
            let of = |entry: &Entry| match &entry.event {
                Event::Request { endpoint, to, .. } if endpoint == wanted => {
                    Some((entry.node.clone(), to.clone()))
                }
                _ => None,
            };
            let mut asked: Vec<_> = played.entries().iter().filter_map(of).collect();
            asked.dedup();
            asked
        };
        let between = |from: &str, to: &str| vec![(from.to_owned(), to.to_owned())];
        assert_eq!(asked("proxyDownload"), between("a.example", "hub.example"));
        assert_eq!(asked("asset"), between("hub.example", "b.example"));
    });
}
