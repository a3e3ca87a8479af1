//! Each response code is seen where its line in the catalogue says.
//!
//! A trace names refusals and grants in what the server records of them, and a status in the
//! response. That a hub accepted something shows by its log.

use std::collections::{BTreeMap, BTreeSet};

use schism::mimi::wire::{EACH_CLIENT, HTTP, RESPONSE_CODES, ResponseCode, Seen};
use schism::trace::{Event, Kind};

use crate::playing::{play, script};
use crate::{assert_tests_are_there, each_seed};

/// The codes that an event shows, as the catalogue calls them.
fn shown(event: &Event) -> Vec<String> {
    match event {
        Event::Refused { endpoint, code, .. } => vec![format!("{endpoint}/{code}")],
        Event::Response { status, .. } => vec![format!("{HTTP}/{status}")],
        Event::Answered { endpoint, code, clients, .. } => {
            let of_clients = clients.values().map(|code| format!("{EACH_CLIENT}/{code}"));
            std::iter::once(format!("{endpoint}/{code}")).chain(of_clients).collect()
        }
        Event::Accepted { kind: Kind::Message, .. } => vec!["submitMessage/success".to_owned()],
        Event::Accepted { .. } => vec!["update/success".to_owned()],
        _ => Vec::new(),
    }
}

#[test]
fn each_code_shows_in_the_trace_of_the_scenario_that_it_names() {
    let mut wanted: BTreeMap<&str, Vec<&ResponseCode>> = BTreeMap::new();
    for code in RESPONSE_CODES {
        if let Seen::InScenario(name) = code.seen {
            wanted.entry(name).or_default().push(code);
        }
    }
    for (name, codes) in wanted {
        let played = play(&script(name, None));
        let seen: BTreeSet<_> =
            played.run.entries.iter().flat_map(|entry| shown(&entry.event)).collect();
        for id in codes.iter().map(|code| code.id()) {
            assert!(seen.contains(&id), "{id} does not show in {name}, only {seen:?} do");
        }
    }
}

#[test]
fn each_code_that_no_scenario_shows_names_a_test_that_there_is() {
    let in_test = |code: &ResponseCode| match code.seen {
        Seen::InTest(test) => Some((code.id(), test)),
        Seen::InScenario(_) => None,
    };
    assert_tests_are_there(RESPONSE_CODES.iter().filter_map(in_test));
}

#[test]
fn a_room_that_is_not_there_is_told_and_found_once_it_is() {
    each_seed("room-that-is-not-there", |played| {
        let refused =
            |event: &Event| matches!(event, Event::Refused { code, .. } if code == "noSuchRoom");
        played.first("noSuchRoom", |it| refused(&it.event));
        assert_eq!(played.readers("found it"), ["A1"]);
    });
}
