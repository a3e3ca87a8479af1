//! What gives a lying hub away, and that honest ones have nothing to fear.

use std::collections::BTreeSet;

use schism::trace::Event;

use crate::each_seed;
use crate::played::Played;

/// Who raised an alarm; only by this detector, and only for a reason that has these words in it.
fn alarmed(played: &Played, by: &str, words: &str) -> BTreeSet<String> {
    let alarms = played.all(|it| matches!(it.event, Event::Alarmed { .. }));
    let raised = alarms.iter().map(|place| {
        let entry = played.at(*place);
        let Event::Alarmed { detector, why, .. } = &entry.event else { unreachable!() };
        assert_eq!(detector, by);
        assert!(why.contains(words), "{why}");
        entry.node.clone()
    });
    raised.collect()
}

#[test]
fn members_of_both_sides_of_a_fork_notice_when_they_compare_in_person() {
    each_seed("fork-noticed-in-person", |played| {
        let who = alarmed(played, "authenticators", "authenticator");
        assert!(who.len() >= 4, "{who:?}");
    });
}

#[test]
fn followers_that_compare_commits_notice_a_fork_without_their_clients() {
    each_seed("fork-noticed-by-providers", |played| {
        let who = alarmed(played, "exchange", "by");
        assert!(who.iter().all(|it| it.ends_with(".example")), "{who:?}");
        assert!(who.contains("b.example") || who.contains("c.example"), "{who:?}");
    });
}

#[test]
fn two_receipts_of_one_epoch_prove_a_fork() {
    each_seed("fork-proven", |played| {
        let proven = played.all(|it| matches!(&it.event, Event::Alarmed { proven: true, .. }));
        assert!(!proven.is_empty());
        assert!(!alarmed(played, "authenticators", "authenticator").is_empty());
    });
}

#[test]
fn a_fork_falls_silent() {
    each_seed("fork-noticed-by-silence", |played| {
        let who = alarmed(played, "heartbeats", "has not been heard");
        assert!(who.len() >= 4, "{who:?}");
    });
}

#[test]
fn who_shares_another_room_notices_a_fork_there() {
    each_seed("fork-noticed-elsewhere", |played| {
        let who = alarmed(played, "gossip", "authenticator");
        assert!(who.iter().all(|it| it.starts_with(['B', 'C'])), "{who:?}");
        assert!(!who.is_empty());
    });
}

#[test]
fn a_success_that_was_a_lie_has_no_receipt() {
    each_seed("success-without-a-receipt", |played| {
        let who = alarmed(played, "receipts", "the hub knows of no commit that led here");
        assert_eq!(who, BTreeSet::from(["B1".to_owned()]));
    });
}

#[test]
fn who_was_told_of_a_commit_notices_when_another_one_comes_in_its_place() {
    each_seed("success-that-nobody-else-saw", |played| {
        let who = alarmed(played, "announcements", "commit");
        assert!(who.contains("A1") && who.contains("C1"), "{who:?}");
    });
}

#[test]
fn honest_rooms_raise_no_alarm_in_any_weather() {
    each_seed("watched-rooms", |played| {
        let claims = played.all(|it| matches!(it.event, Event::Claimed { .. }));
        assert!(claims.len() > 10, "somebody compares");
    });
}
