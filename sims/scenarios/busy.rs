//! What servers without time do to a room: whoever is turned away waits, asks again, and no more.

use std::collections::{BTreeMap, BTreeSet};

use schism::trace::Event;

use crate::played::Played;
use crate::{each_seed, once};

/// Endpoints at which `server` turned requests away with `status`; each time, whoever asked let
/// the time pass that it was told before it asked for the same again. A client asked for nothing
/// else of the room either.
#[track_caller]
fn turned_away_in_time(played: &Played, server: &str, status: u16) -> BTreeSet<String> {
    let mut endpoints = BTreeSet::new();
    let mut answered: BTreeMap<u64, u64> = BTreeMap::new();
    for entry in played.entries() {
        if let Event::Response { request, status: it, .. } = entry.event
            && it == status
        {
            answered.insert(request, entry.at_ms);
        }
    }
    for entry in played.entries() {
        let Event::Couriered { request, what, delay_ms } = &entry.event else { continue };
        assert!(what == "turned away" && entry.node == server, "{entry:?}");
        let asked = played.at(*request);
        let Event::Request { endpoint, about, room, attempt, .. } = &asked.event else {
            panic!("{asked:?} is no request")
        };
        endpoints.insert(endpoint.clone());
        let told_at = answered[request];
        let too_early = played
            .entries()
            .iter()
            .filter(|it| it.n > *request && it.node == asked.node && it.at_ms < told_at + delay_ms);
        for early in too_early {
            let Event::Request { endpoint: e, about: a, room: r, attempt: t, .. } = &early.event
            else {
                continue;
            };
            let same = e == endpoint && a == about && t > attempt;
            let client_of_room = endpoint.starts_with("client/") && room.is_some() && r == room;
            assert!(!same && !client_of_room, "too early after {asked:?}: {early:?}");
        }
    }
    endpoints
}

/// Nothing was accepted, fanned out or read twice.
#[track_caller]
fn assert_all_once(played: &Played) {
    let mut seen = BTreeSet::new();
    for entry in played.entries() {
        let what = match &entry.event {
            Event::Accepted { digest, .. } => format!("accepted {digest:?}"),
            Event::FannedOut { room, index, to, .. } => format!("{index} of {room} at {to}"),
            Event::Delivered { message, .. } => format!("{message} at {}", entry.node),
            _ => continue,
        };
        assert!(seen.insert(what), "twice: {entry:?}");
    }
}

#[test]
fn who_is_turned_away_by_a_busy_hub_comes_back_when_told_and_gets_it_once() {
    each_seed("busy-hub", |played| {
        let endpoints = turned_away_in_time(played, "a.example", 503);
        let asked = [
            "client/mailbox",
            "client/submitMessage",
            "client/update",
            "client/upload",
            "directory",
            "submitMessage",
            "update",
        ];
        assert!(asked.iter().all(|it| endpoints.contains(*it)), "{endpoints:?}");
        assert_all_once(played);
        let messages = played.messages();
        assert_eq!(messages.len(), 13);
        for (message, sender) in messages {
            let readers = played.readers_of(message);
            let reads = |client: &&str| *client == sender || readers.contains(client);
            assert!(["A1", "A2", "B1", "B2", "C1"].iter().all(reads), "{message}: {readers:?}");
        }
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(7);
    });
}

#[test]
fn a_gateway_tells_its_client_how_long_the_hub_wants_it_to_wait() {
    each_seed("busy-hub", |played| {
        let refused = played.entries().iter().filter_map(|it| match it.event {
            Event::Response { request, status: 503, .. } => Some(request),
            _ => None,
        });
        let refused: BTreeSet<_> = refused.collect();
        // The gateway's own request was turned away, and so was its client's, not lost.
        for client in ["B1", "B2", "C1"] {
            let asked = played.all(|it| {
                it.node == client
                    && matches!(&it.event, Event::Request { endpoint, .. }
                        if endpoint != "client/mailbox")
            });
            assert!(asked.iter().any(|place| refused.contains(place)), "{client} was told nothing");
        }
        let lost = played.all(|it| matches!(it.event, Event::Response { status: 504, .. }));
        assert!(lost.is_empty(), "{lost:?} were taken for lost");
    });
}

#[test]
fn a_hub_waits_as_long_as_a_follower_asks_and_then_fans_out_everything() {
    each_seed("busy-follower", |played| {
        let endpoints = turned_away_in_time(played, "b.example", 429);
        for asked in ["client/mailbox", "notify"] {
            assert!(endpoints.contains(asked), "{endpoints:?}");
        }
        assert_all_once(played);
        for n in 1..=20 {
            let readers = played.readers(&format!("are you reading {n}"));
            assert_eq!(readers, ["A2", "B1", "B2", "E1"], "message {n}");
        }
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(5);
    });
}

#[test]
fn a_busy_server_is_asked_for_its_certificate_again_when_it_says() {
    once("busy-follower", None, |played| {
        turned_away_in_time(played, "b.example", 429);
        let asked = played.all(|it| {
            matches!(&it.event, Event::Request { about, .. }
                if about == "directory for certificate clubhouse b.example")
        });
        assert!(asked.len() > 1, "it was asked {} times", asked.len());
    });
}
