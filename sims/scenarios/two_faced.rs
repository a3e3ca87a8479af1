//! Hubs that have two rooms, or two pasts, behind one name: what the end of the lie brings, and a
//! crash.

use schism::trace::{Entry, Event, Fate, Way};

use crate::each_seed;
use crate::hubs::{alarmed, began};
use crate::played::enters;

#[test]
fn who_was_shown_another_room_learns_of_it_from_the_first_commit_after_and_comes_back() {
    each_seed("adversaries/hub-ends-its-equivocation", |played| {
        began(played, "hub.equivocates");
        let ended = played.first("the end", |it| matches!(it.event, Event::BehaviourEnded { .. }));
        assert_eq!(played.fate("s22000-C1"), Some(Fate::Refused));
        let back = played.first("the rejoin", |it| {
            it.node == "C1" && matches!(it.event, Event::Resyncing { .. })
        });
        assert!(ended < back && played.at(back).at_ms > 26_000, "not before the next commit");
        assert!(played.readers("to all").iter().all(|it| *it != "C1"));
        assert_eq!(played.readers("in one room again"), ["A1", "B1"]);
        played.assert_all_at_one_epoch(3);
    });
}

#[test]
fn a_new_client_that_is_led_into_the_past_is_read_by_who_was_removed_since() {
    each_seed("adversaries/hub-leads-into-the-past", |played| {
        let removed = played.first("the removal", |it| {
            it.node == "M1" && matches!(it.event, Event::Removed { .. })
        });
        assert!(removed < began(played, "hub.leads-into-the-past"));
        let read =
            |it: &Entry| matches!(&it.event, Event::Opened { client, .. } if client.name() == "M1");
        assert!(!played.all(read).is_empty(), "Mallory reads the new phone");
        assert!(played.readers("on my new phone").is_empty(), "and nobody else does");
        assert!(!played.readers("where are you?").contains(&"C2"));
        assert!(alarmed(played).iter().all(|it| *it == "C1" || *it == "C2"));
    });
}

#[test]
fn a_hub_that_is_set_back_stays_back_over_a_crash() {
    each_seed("adversaries/hub-is-set-back-and-crashes", |played| {
        played.first("a second epoch 4", |it| it.node == "C1" && enters(it, Way::ExternalCommit));
        let (_, restart) = played.crash_and_restart("a.example", began(played, "hub.rolls-back"));
        let commit = played.commit_of("C1", restart);
        assert!(matches!(played.at(commit).event, Event::Accepted { epoch: 4, .. }));
        assert_eq!(played.fate("s34000-C1"), Some(Fate::Done));
    });
}

#[test]
fn a_hub_that_shows_two_rooms_has_both_after_a_crash() {
    each_seed("adversaries/hub-equivocates-and-crashes", |played| {
        let (_, restart) = played.crash_and_restart("a.example", began(played, "hub.equivocates"));
        let commit = played.commit_of("C1", restart);
        assert!(matches!(played.at(commit).event, Event::Accepted { epoch: 3, .. }));
        assert!(played.readers("in the other room").is_empty(), "C1 is alone in it");
        assert_eq!(played.readers("in the one room"), ["A1"]);
    });
}
