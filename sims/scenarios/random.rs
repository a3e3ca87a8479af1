//! What is left to chance: every expansion plays as an honest room does, and again from its text.

use std::cell::Cell;

use schism::scenario::{read, render, write};
use schism::trace::{Event, Fate};

use super::once;
use super::playing::{play, script};

/// Few, since each is a run: a search plays thousands.
const SEEDS: std::ops::Range<u64> = 0..8;

#[test]
fn any_room_comes_to_rest_after_any_weather_and_not_all_that_users_want_comes_true() {
    let (done, not_done) = (Cell::new(0), Cell::new(0));
    for seed in SEEDS {
        once("any-room", Some(seed), |played| {
            for entry in &played.0.run.entries {
                match entry.event {
                    Event::IntentEnded { fate: Fate::Done, .. } => done.set(done.get() + 1),
                    Event::IntentEnded { .. } => not_done.set(not_done.get() + 1),
                    _ => {}
                }
            }
        });
    }
    let (done, not_done) = (done.get(), not_done.get());
    assert!(done > not_done && not_done > 20, "{done} came true, {not_done} did not");
}

#[test]
fn an_expansion_that_was_written_down_replays_to_the_same_trace() {
    for seed in SEEDS.take(3) {
        let expanded = script("any-room", Some(seed));
        let again = read("expansion", &write(&expanded), None, &[]);
        let again = again.unwrap_or_else(|problem| panic!("{}", render(&problem)));
        assert_eq!(play(&again).trace_sha256, play(&expanded).trace_sha256, "seed {seed}");
    }
}
