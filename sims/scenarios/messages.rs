//! Messages: franked, reported, late.

use schism::oracle::Outcome;
use schism::trace::{Event, Evidence, Fate, Kind};

use crate::each_seed;
use crate::played::{Played, accepts};
use crate::playing::{play, script};

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
        assert_eq!(played.readers("what a stupid idea"), ["A1", "C1"]);
        let mut seen = played.entries().iter().filter_map(|entry| match &entry.event {
            Event::Delivered { frank, .. } => Some(*frank),
            _ => None,
        });
        assert!(seen.all(|frank| frank.is_some_and(|frank| frank.genuine)));
        played.assert_nothing_undone();
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

#[test]
fn what_a_follower_spoilt_its_clients_refuse_and_everybody_else_reads() {
    each_seed("frank-spoilt-by-a-follower", |played| {
        assert_eq!(played.readers("before"), ["A1", "B1", "B2"]);
        assert_eq!(played.readers("with a spoilt frank"), ["A1"]);
        assert_eq!(played.readers("afterwards"), ["A1", "B1", "B2"]);
        let refused = played.entries().iter().filter_map(|it| match &it.event {
            Event::Rejected { rule, .. } => Some((it.node.as_str(), rule.as_str())),
            _ => None,
        });
        let mut refused: Vec<_> = refused.collect();
        refused.sort_unstable();
        assert_eq!(refused, [("B1", "frank-is-genuine"), ("B2", "frank-is-genuine")]);
        played.assert_nothing_undone();
    });
}

#[test]
fn who_does_not_check_franks_reads_what_nobody_can_report_and_the_oracle_says_so() {
    let mut script = script("frank-spoilt-by-a-follower", None);
    script.protocol.without = vec!["frank-is-genuine".to_owned()];
    script.expect.violates = vec!["frank_sound".to_owned()];
    let played = Played(play(&script));
    assert_eq!(played.readers("with a spoilt frank"), ["A1", "B1", "B2"]);
    let message = played.message("with a spoilt frank");
    let genuine = played.entries().iter().filter_map(|it| match &it.event {
        Event::Delivered { message: id, frank: Some(frank), .. } if id == message => {
            Some((it.node.as_str(), frank.genuine))
        }
        _ => None,
    });
    let genuine: std::collections::BTreeMap<_, _> = genuine.collect();
    assert_eq!(genuine, [("A1", true), ("B1", false), ("B2", false)].into());
    assert_eq!(played.0.verdict.verdict, Outcome::AsExpected, "{}", played.0.verdict.why);
}
