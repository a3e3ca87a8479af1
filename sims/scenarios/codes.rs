//! Each response code is seen where its line in the catalogue says.
//!
//! A trace names refusals and grants in what the server records of them, and a status in the
//! response. That a hub accepted something shows by its log.

use std::collections::{BTreeMap, BTreeSet};

use schism::campaign::codes as codes_of;
use schism::mimi::wire::{RESPONSE_CODES, ResponseCode};
use schism::trace::{Entry, Event, Fate};

use crate::each_seed;
use crate::playing::{play, script};

#[test]
fn each_code_shows_in_the_trace_of_the_scenario_that_it_names() {
    let mut wanted: BTreeMap<&str, Vec<&ResponseCode>> = BTreeMap::new();
    for code in RESPONSE_CODES {
        wanted.entry(code.scenario).or_default().push(code);
    }
    for (name, codes) in wanted {
        let played = play(&script(name, None));
        let seen: BTreeSet<_> =
            played.run.entries.iter().flat_map(|entry| codes_of(&entry.event)).collect();
        for id in codes.iter().map(|code| code.id()) {
            assert!(seen.contains(&id), "{id} does not show in {name}, only {seen:?} do");
        }
    }
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

#[test]
fn a_provider_says_who_is_meant_where_that_is_one_user_and_else_why_not() {
    each_seed("who-is-meant", |played| {
        assert_eq!(played.fate("s2000-A1"), Some(Fate::Done));
        assert_eq!(played.fate("s3000-A1"), Some(Fate::Done));
        let why = |intent: &str| {
            let ended = |it: &&Entry| matches!(&it.event, Event::IntentEnded { intent: of, .. } if of == intent);
            match played.entries().iter().find(ended).map(|it| &it.event) {
                Some(Event::IntentEnded { why, .. }) => why.clone(),
                _ => panic!("{intent} has no end"),
            }
        };
        assert_eq!(why("s2000-A1"), "mimi://b.example/u/bob");
        let codes = ["s4000-A1", "s5000-A1", "s6000-A1", "s7000-A1", "s8000-B1"].map(why);
        assert_eq!(codes, ["notFound", "ambiguous", "forbidden", "unsupportedField", "notFound"]);
    });
}
