//! Messages: franked, reported, late.

use schism::trace::{Event, Evidence, Fate, Kind};

use crate::each_seed;
use crate::played::{Played, accepts};

/// Each report that a hub took: who, of whom, and what its evidence is worth.
fn reports(played: &Played) -> Vec<(&str, &str, &[Evidence])> {
    let reports = played.entries().iter().filter_map(|entry| match &entry.event {
        Event::Reported { reporter: Some(by), accused, evidence, .. } => {
            Some((by.name(), accused.name(), evidence.as_slice()))
        }
        _ => None,
    });
    reports.collect()
}

#[test]
fn a_hub_that_crashed_tells_what_bob_wrote_from_what_he_never_did() {
    each_seed("franked-message-reported", |played| {
        let (crash, _) = played.crash_and_restart("a.example", 0);
        let franked = played.first("a frank", |it| matches!(it.event, Event::Franked { .. }));
        assert!(franked < crash);
        let reports = reports(played);
        let who: Vec<_> = reports.iter().map(|(by, of, _)| (*by, *of)).collect();
        assert_eq!(who, [("cathy", "bob"), ("alice", "bob"), ("cathy", "bob")]);
        let worth: Vec<_> = reports.iter().map(|(.., evidence)| &evidence[0]).collect();
        assert!(worth[0].genuine && worth[1].genuine && worth[0].content == worth[1].content);
        assert!(!worth[2].genuine && worth[2].why.contains("franked no such message"));
        played.assert_nothing_undone();
    });
}

#[test]
fn every_reader_finds_the_genuine_frank_of_the_hub() {
    each_seed("franked-message-reported", |played| {
        let text = "what a stupid idea";
        assert_eq!(played.readers(text), ["A1", "C1"]);
        let seen = played.entries().iter().filter_map(|entry| match &entry.event {
            Event::Delivered { frank, .. } => Some(*frank),
            _ => None,
        });
        assert!(seen.into_iter().all(|frank| frank.is_some_and(|frank| frank.genuine)));
    });
}

#[test]
fn a_message_that_is_three_epochs_late_is_read_with_the_keys_of_its_own() {
    each_seed("late-message-tolerated", |played| {
        let message = played.message("written in time");
        assert_eq!(played.readers_of(message), ["A1", "A2", "C1"]);
        let epochs: Vec<_> = played
            .entries()
            .iter()
            .filter_map(|it| match &it.event {
                Event::Delivered { message: id, epoch, .. } if id == message => Some(*epoch),
                _ => None,
            })
            .collect();
        let accepted = played.first("the message", |it| accepts(it, Kind::Message));
        let hub = played.all(|it| it.n < accepted && accepts(it, Kind::Commit)).len() as u64;
        assert!(epochs.iter().all(|epoch| *epoch == hub - 3), "{epochs:?} of {hub}");
        assert!(played.told("epochTooOld").is_empty());
        played.assert_nothing_undone();
    });
}

#[test]
fn a_message_from_too_old_an_epoch_is_encrypted_anew_and_read_once() {
    each_seed("epoch-too-old", |played| {
        let message = played.message("written long ago");
        let refused = played.told("epochTooOld");
        assert!(!refused.is_empty());
        let submitted = played
            .all(|it| matches!(&it.event, Event::Submitted { message: id, .. } if id == message));
        assert_eq!(submitted.len(), 2);
        assert!(refused[0] < submitted[1]);
        assert_eq!(played.readers_of(message), ["A1", "A2", "C1"]);
        assert_eq!(played.fate("s8500-B1"), Some(Fate::Done));
    });
}
