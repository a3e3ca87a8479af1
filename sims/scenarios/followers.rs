//! Followers that lie to their own clients, to hubs, or about what they keep.

use schism::trace::{Entry, Event, Fate};

use crate::each_seed;
use crate::played::Played;

/// The place where this node begins to misbehave.
fn began(played: &Played, node: &str) -> u64 {
    played.first("a misbehaviour", |it| {
        it.node == node && matches!(it.event, Event::BehaviourBegan { .. })
    })
}

/// Clients that set out to rejoin, each as often as it does.
fn rejoining(played: &Played) -> Vec<&str> {
    let resyncing = played.all(|it| matches!(it.event, Event::Resyncing { .. }));
    let mut nodes: Vec<_> = resyncing.iter().map(|place| played.at(*place).node.as_str()).collect();
    nodes.sort_unstable();
    nodes
}

/// Who refuses something by this rule, each once.
fn refusing<'a>(played: &'a Played, wanted: &str) -> Vec<&'a str> {
    let refused = played.all(|it| match &it.event {
        Event::Refused { rule, .. } | Event::Rejected { rule, .. } => rule == wanted,
        _ => false,
    });
    let mut nodes: Vec<_> = refused.iter().map(|place| played.at(*place).node.as_str()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// Milliseconds from `since` until `node` is in a new stay.
fn back_after(played: &Played, node: &str, since: u64) -> u64 {
    let back = played.first("a return", |it| {
        it.n > since
            && it.node == node
            && crate::played::enters(it, schism::trace::Way::ExternalCommit)
    });
    played.at(back).at_ms - played.at(since).at_ms
}

#[test]
fn clients_whose_provider_drops_a_commit_learn_of_it_from_the_next_message_and_come_back() {
    each_seed("adversaries/follower-drops-a-commit", |played| {
        let began = began(played, "b.example");
        assert_eq!(rejoining(played), ["B1", "B2"]);
        for client in ["B1", "B2"] {
            let early = played.first("an early message", |it| {
                it.n > began && it.node == client && matches!(it.event, Event::Buffered { .. })
            });
            assert!(back_after(played, client, early) < 20_000);
        }
        assert_eq!(played.readers("in the gap"), ["A1"]);
        assert_eq!(played.readers("afterwards"), ["A1", "B1", "B2"]);
    });
}

#[test]
fn messages_that_a_follower_drops_are_missed_by_nobody() {
    each_seed("adversaries/follower-drops-messages", |played| {
        began(played, "b.example");
        assert_eq!(played.readers("in the gap"), ["A1"]);
        assert_eq!(played.readers("afterwards"), ["A1", "B1", "B2"]);
        assert_eq!(rejoining(played), [""; 0]);
    });
}

#[test]
fn what_a_follower_hands_on_in_another_order_is_used_in_order() {
    each_seed("adversaries/follower-reorders", |played| {
        began(played, "b.example");
        let early = |it: &Entry| it.node == "B1" && matches!(it.event, Event::Buffered { .. });
        assert!(played.all(early).len() >= 2);
        for text in ["of the epoch after", "of one epoch", "afterwards"] {
            assert_eq!(played.readers(text), ["A1", "B1", "B2"], "{text}");
        }
        assert_eq!(rejoining(played), [""; 0]);
    });
}

#[test]
fn what_a_follower_hands_on_twice_takes_effect_once() {
    each_seed("adversaries/follower-repeats", |played| {
        began(played, "b.example");
        assert_eq!(played.readers("once"), ["A1", "B1", "B2"]);
        assert_eq!(played.readers("from a client of the follower"), ["A1", "B2", "C1"]);
        assert_eq!(played.readers("afterwards"), ["A1"]);
        assert_eq!(rejoining(played), [""; 0]);
    });
}

#[test]
fn a_message_with_another_time_is_refused_by_its_frank() {
    each_seed("adversaries/follower-rewrites-time", |played| {
        began(played, "b.example");
        assert_eq!(refusing(played, "frank-is-genuine"), ["B1", "B2"]);
        assert_eq!(played.readers("an hour ago"), ["A1"]);
        assert_eq!(played.readers("afterwards"), ["A1", "B1", "B2"]);
        assert_eq!(rejoining(played), [""; 0]);
    });
}

#[test]
fn a_message_in_anothers_name_is_refused_by_the_hub_or_by_its_frank() {
    each_seed("adversaries/follower-forges-sender", |played| {
        assert_eq!(refusing(played, "frank-is-genuine"), ["A1", "E1"]);
        assert_eq!(refusing(played, "peer-is-who-it-says"), ["a.example"]);
        assert_eq!(played.readers("in the name of Beth"), [""; 0]);
        assert_eq!(played.readers("in the name of Alice"), [""; 0]);
        assert_eq!(played.fate("s16000-B1"), Some(Fate::Refused));
        assert_eq!(played.readers("afterwards"), ["A1", "E1"]);
    });
}

#[test]
fn a_user_who_is_shown_no_commits_finds_out_and_comes_back() {
    each_seed("adversaries/follower-equivocates", |played| {
        began(played, "b.example");
        assert_eq!(rejoining(played), ["E1"]);
        assert_eq!(played.readers("of the epoch after"), ["B1"]);
        let early = played.first("an early message", |it| {
            it.node == "E1" && matches!(it.event, Event::Buffered { .. })
        });
        assert!(back_after(played, "E1", early) < 20_000);
        assert_eq!(played.readers("afterwards"), ["B1", "E1"]);
    });
}

#[test]
fn old_events_come_to_nothing_whether_they_are_of_this_room_or_another_or_for_others() {
    each_seed("adversaries/follower-replays", |played| {
        began(played, "b.example");
        assert_eq!(refusing(played, "peer-is-who-it-says"), ["c.example"]);
        let of_another_room = |it: &Entry| {
            matches!(&it.event, Event::Rejected { why, .. }
            if why.contains("another room"))
        };
        assert!(!played.all(of_another_room).is_empty());
        let used_up = |it: &Entry| it.node == "B1" && matches!(it.event, Event::Unreadable { .. });
        assert!(!played.all(used_up).is_empty());
        for text in ["once", "among old ones", "afterwards"] {
            assert_eq!(played.readers(text), ["B1", "C1"], "{text}");
        }
        assert_eq!(rejoining(played), [""; 0]);
    });
}

#[test]
fn clients_whose_provider_lost_their_mail_are_told_by_its_count() {
    each_seed("adversaries/follower-loses", |played| {
        began(played, "b.example");
        let (_, restart) = played.crash_and_restart("b.example", 0);
        assert_eq!(rejoining(played), ["B1", "B2"]);
        for client in ["B1", "B2"] {
            assert!(back_after(played, client, restart) < 20_000);
        }
        for text in ["read in time", "afterwards"] {
            assert_eq!(played.readers(text), ["A1", "B1", "B2"], "{text}");
        }
    });
}

#[test]
fn a_key_package_that_is_handed_out_twice_lets_its_client_in_once() {
    each_seed("adversaries/follower-hands-out-twice", |played| {
        began(played, "b.example");
        let welcomed = played
            .all(|it| it.node == "B1" && crate::played::enters(it, schism::trace::Way::Welcome));
        assert_eq!(welcomed.len(), 1);
        assert_eq!(played.fate("s12000-B1"), Some(Fate::Done));
        assert_eq!(played.readers("are you there"), ["B1"]);
    });
}

#[test]
fn a_consent_in_the_name_of_another_providers_user_is_none() {
    each_seed("adversaries/follower-forges-consent", |played| {
        began(played, "b.example");
        assert_eq!(refusing(played, "peer-is-who-it-says"), ["a.example"]);
        assert_eq!(refusing(played, "consent-is-given"), ["c.example"]);
        let fates = ["s4000-B1", "s6000-A1", "s10000-B1"].map(|wish| played.fate(wish));
        assert_eq!(fates, [Some(Fate::Refused); 3]);
        assert_eq!(played.readers("by my own consent"), ["A1"]);
    });
}
