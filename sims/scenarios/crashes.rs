//! Nodes that stop, lose what was not on their disk, or come back from a backup.

use std::collections::{BTreeMap, BTreeSet};

use schism::trace::{Digest, Entry, Event, Kind, Way};

use crate::each_seed;
use crate::played::{accepted_digest, accepts, enters};

#[test]
fn a_hub_stands_by_what_was_durable_and_by_nothing_else() {
    each_seed("hub-crash-after-accept", |played| {
        let is_durable = |it: &Entry, wanted: u64| matches!(it.event, Event::Durable { index, .. } if index == wanted);
        let index_of = |place: u64| match played.at(place).event {
            Event::Accepted { index, .. } => index,
            _ => unreachable!(),
        };
        // Durable, and nobody was told.
        let (crash, restart) = played.crash_and_restart("a.example", 0);
        let accepted = *played.all(|it| it.n < crash && accepts(it, Kind::Commit)).last().unwrap();
        let (digest, index) = (accepted_digest(played.at(accepted)), index_of(accepted));
        assert!(played.entries().iter().any(|it| it.n < crash && is_durable(it, index)));
        let sent =
            |it: &Entry| matches!(it.event, Event::FannedOut { index: it, .. } if it == index);
        let fanned_out = played.all(sent);
        assert!(fanned_out.len() == 2 && fanned_out.iter().all(|place| *place > restart));
        let entered = played.entrances(digest);
        assert!(entered.len() == 4 && entered.iter().all(|(place, _)| *place > restart));
        let again =
            played.all(|it| matches!(it.event, Event::Accepted { digest: it, .. } if it == digest));
        assert_eq!(again, [accepted], "accepted twice");
        // Decided and not durable: the decision is gone, and made again at the same place.
        let (crash, restart) = played.crash_and_restart("a.example", restart);
        let forgotten = *played.all(|it| it.n < crash && accepts(it, Kind::Commit)).last().unwrap();
        let index = index_of(forgotten);
        assert!(!played.entries().iter().any(|it| it.n < crash && is_durable(it, index)));
        let again = played.commit_of("C1", restart);
        assert_eq!((index_of(again), again > restart), (index, true));
        // Answered, and nothing fanned out.
        let (crash, restart) = played.crash_and_restart("a.example", restart);
        let answered = *played.all(|it| it.n < crash && accepts(it, Kind::Commit)).last().unwrap();
        let index = index_of(answered);
        assert!(played.entries().iter().any(|it| it.n < crash && is_durable(it, index)));
        let sent =
            |it: &Entry| matches!(it.event, Event::FannedOut { index: it, .. } if it == index);
        assert!(played.all(sent).iter().all(|place| *place > restart));
        assert_eq!(played.entrances(accepted_digest(played.at(answered))).len(), 4);
        assert_eq!(played.readers("all as one"), ["A2", "B1", "C1"]);
        played.assert_nothing_undone();
    });
}

#[test]
fn a_client_that_crashed_with_a_commit_enters_its_epoch_once_or_makes_another() {
    each_seed("client-crash-with-pending-commit", |played| {
        // Prepared: nothing was sent, and somebody else's commit came first.
        let (crash, restart) = played.crash_and_restart("B1", 0);
        assert!(played.commit_of("A1", crash) < restart, "the room went on without B1");
        assert!(played.commit_of("B1", 0) > restart);
        // Accepted, and not merged.
        let (crash, restart) = played.crash_and_restart("C1", 0);
        let accepted = played.commit_of("C1", 0);
        assert!(accepted < crash);
        let own = |digest, client| {
            let entered = played.entrances(digest).into_iter();
            entered.filter(|(_, node)| *node == client).map(|(place, _)| place).collect::<Vec<_>>()
        };
        let entered = own(accepted_digest(played.at(accepted)), "C1");
        assert!(entered.len() == 1 && entered[0] > restart, "{entered:?}");
        // Merged, and forgotten: the one thing that it does twice.
        let (crash, restart) = played.crash_and_restart("B2", 0);
        let accepted = played.commit_of("B2", 0);
        let entered = own(accepted_digest(played.at(accepted)), "B2");
        assert!(entered.len() == 2, "{entered:?}");
        assert!(entered[0] < crash && entered[1] > restart, "{entered:?}");
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(5);
    });
}

#[test]
fn a_client_that_forgot_the_room_comes_back_to_it() {
    each_seed("backup-from-before", |played| {
        let (_, restarted) = played.crash_and_restart("B1", 0);
        let back = played.first("B1 back", |it| {
            it.n > restarted && it.node == "B1" && enters(it, Way::ExternalCommit)
        });
        assert!(matches!(played.at(restarted).event, Event::Restarted { rolled_back: true }));
        assert!(played.at(back).at_ms < 30_000);
        assert_eq!(played.readers("good to have you back"), ["B1", "B2"]);
        assert_eq!(played.readers("good to be back"), ["A1", "B2"]);
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn a_client_from_a_backup_notices_returns_in_a_new_stay_and_hears_what_follows() {
    each_seed("client-from-backup", |played| {
        let back = played.first("the restore", |it| {
            it.node == "B1" && it.event == Event::Restarted { rolled_back: true }
        });
        let noticed = played
            .first("the gap", |it| it.node == "B1" && matches!(it.event, Event::Resyncing { .. }));
        let stays = |place: u64| match played.at(place).event {
            Event::Entered { stay, .. } => stay,
            _ => unreachable!(),
        };
        let entered = played.all(|it| it.node == "B1" && matches!(it.event, Event::Entered { .. }));
        let (before, after): (Vec<u64>, Vec<u64>) =
            entered.into_iter().partition(|place| *place < back);
        assert!(back < noticed && noticed < after[0]);
        assert!(enters(played.at(after[0]), Way::ExternalCommit));
        assert!(before.iter().all(|place| stays(*place) < stays(after[0])));
        assert_eq!(played.readers("do you remember?"), ["A1", "A2", "B1", "B2"]);
        assert_eq!(played.readers("but I am with you again"), ["A1", "A2", "B2", "C1"]);
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(5);
    });
}

/// The message that somebody heard of, where an event shows that: the hub's own memory is not
/// meant.
fn heard_of(entry: &Entry) -> Option<Digest> {
    match &entry.event {
        Event::Told { digest, .. } | Event::Delivered { digest, .. } => Some(*digest),
        Event::Queued { digest, .. } if entry.node != "a.example" => Some(*digest),
        Event::Entered { commit, .. } => *commit,
        _ => None,
    }
}

#[test]
fn nobody_hears_of_a_decision_before_the_disk_has_it() {
    each_seed("slow-disk-and-a-crash", |played| {
        let (crash, restart) = played.crash_and_restart("a.example", 0);
        let all = played.entries().iter().filter_map(|it| match it.event {
            Event::Accepted { digest, .. } => Some(digest),
            _ => None,
        });
        let all: BTreeSet<_> = all.collect();
        // By its place in the log: what is decided, and what is durable.
        let mut decided = BTreeMap::new();
        let mut durable = BTreeSet::new();
        let mut lost = BTreeMap::new();
        let mut waited_ms = 0;
        for entry in played.entries() {
            match &entry.event {
                Event::Accepted { index, digest, .. } => {
                    decided.insert(*index, (*digest, entry.at_ms));
                }
                Event::Durable { index, .. } => {
                    let (digest, at_ms) = decided[index];
                    durable.insert(digest);
                    waited_ms = waited_ms.max(entry.at_ms - at_ms);
                }
                Event::Crashed if entry.n == crash => {
                    lost = std::mem::take(&mut decided);
                    lost.retain(|_, (digest, _)| !durable.contains(digest));
                }
                _ => {}
            }
            // A Welcome is no decision of its own.
            if let Some(digest) = heard_of(entry).filter(|digest| all.contains(digest)) {
                assert!(durable.contains(&digest), "{entry:?} is not durable");
            }
        }
        assert!(waited_ms > 500, "the disk took {waited_ms} ms at most");
        // The crash came in between, and the room goes on from what was durable.
        let (first, _) = lost.first_key_value().expect("nothing was lost");
        let again = played
            .first("a decision", |it| it.n > restart && matches!(it.event, Event::Accepted { .. }));
        assert!(matches!(played.at(again).event, Event::Accepted { index, .. } if index == *first));
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(4);
    });
}

#[test]
fn what_a_slow_disk_lost_was_neither_confirmed_nor_given_to_a_user() {
    each_seed("slow-disk-and-a-crash", |played| {
        let (crash, restart) = played.crash_and_restart("b.example", 0);
        let queued = |from: u64, to: u64| -> BTreeSet<Digest> {
            let there = played.entries().iter().filter(|it| from < it.n && it.n < to);
            there.filter(|it| it.node == "b.example").filter_map(heard_of).collect()
        };
        let twice = queued(0, crash).intersection(&queued(restart, u64::MAX)).count();
        assert!(twice > 0, "everything was durable");
        for n in 1..=20 {
            assert_eq!(played.readers(&format!("tock {n}")), ["A2", "B1", "B2"], "tock {n}");
            assert_eq!(played.readers(&format!("tack {n}")), ["A2", "B1", "B2"], "tack {n}");
            assert_eq!(played.readers(&format!("tick {n}")), ["A1", "A2", "B2"], "tick {n}");
        }
    });
}

#[test]
fn what_another_request_made_durable_outlives_a_crash_and_is_said_to() {
    each_seed("consent-makes-a-commit-durable", |played| {
        let commit = played.commit_of("A1", played.first("the wish", wishes("s6000-A1")));
        let (crash, restart) = played.crash_and_restart("a.example", commit);
        let Event::Accepted { index: wanted, .. } = played.at(commit).event else { unreachable!() };
        let durable = played.first(
            "durable",
            |it| matches!(it.event, Event::Durable { index, .. } if index == wanted),
        );
        assert!(commit < durable && durable < crash, "{commit}, {durable}, {crash}");
        assert_ne!(played.at(durable).cause, Some(commit), "another request has brought it about");
        let entered = played.entrances(accepted_digest(played.at(commit)));
        assert!(entered.len() == 2 && entered.iter().all(|(place, _)| *place > restart));
        played.assert_nothing_undone();
    });
}

fn wishes(wanted: &str) -> impl Fn(&Entry) -> bool {
    move |it| matches!(&it.event, Event::Intent { intent, .. } if intent == wanted)
}
