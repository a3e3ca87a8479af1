//! What partitions, delays, losses and repetitions do to a room.

use std::collections::BTreeSet;

use schism::trace::{Entry, Event, Fate, Way};

use crate::each_seed;
use crate::played::{accepted_digest, enters};

#[test]
fn a_follower_that_was_cut_off_gets_all_that_it_missed_and_its_own_wishes_through() {
    each_seed("partition-heals", |played| {
        let (cut, healed) = played.partition();
        let during = |entry: &Entry| cut < entry.n && entry.n < healed;
        let missed: BTreeSet<_> = played
            .entries()
            .iter()
            .filter(|it| during(it))
            .filter_map(|it| match it.event {
                Event::Accepted { index, .. } => Some(index),
                _ => None,
            })
            .collect();
        assert!(missed.len() > 10, "the room went on: {missed:?}");
        let to_c = |entry: &Entry| match &entry.event {
            Event::FannedOut { index, to, .. } if to.as_str() == "c.example" => Some(*index),
            _ => None,
        };
        let (early, late): (Vec<_>, Vec<_>) =
            played.entries().iter().filter(|it| it.n > cut).partition(|it| it.n < healed);
        assert!(!early.into_iter().any(|it| to_c(it).is_some()), "a follower that is cut off");
        let late: BTreeSet<_> = late.into_iter().filter_map(to_c).collect();
        assert!(missed.is_subset(&late), "{missed:?} came late: {late:?}");
        let stale = played.told("wrongEpoch");
        assert!(stale.iter().any(|place| played.at(*place).node == "C1"), "C1's old commit");
        assert_eq!(played.readers("can you hear me?"), ["A1", "A2", "B1", "B2", "C1"]);
        assert_eq!(played.readers("meanwhile 1"), ["A2", "B1", "B2", "C1", "C2"]);
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(6);
    });
}

#[test]
fn what_comes_twice_never_late_or_held_ends_as_in_fair_weather() {
    each_seed("rough-weather", |played| {
        let couriered = |wanted: &str| {
            played.all(|it| matches!(&it.event, Event::Couriered { what, .. } if what == wanted))
        };
        for what in ["repeated", "lost", "delayed"] {
            assert!(!couriered(what).is_empty(), "nothing was {what}");
        }
        // The follower knew the second copy for what it was.
        played.first("a repeat", |it| {
            it.node == "b.example" && matches!(it.event, Event::Repeated { .. })
        });
        let cut = played.all(|it| matches!(it.event, Event::Partitioned { .. }));
        let cut: Vec<_> = cut.into_iter().map(|place| &played.at(place).event).collect();
        assert!(matches!(cut[..], [Event::Partitioned { from, to }]
            if from == "a.example" && to == "c.example"));
        played.first("held traffic", |it| matches!(it.event, Event::Held { .. }));
        played.first("C2 back", |it| it.node == "C2" && matches!(it.event, Event::Online));
        for text in ["ship 1", "ship 25", "ship 50"] {
            assert_eq!(played.readers(text), ["A2", "B1", "B2", "C1", "C2"], "{text}");
        }
        assert_eq!(played.readers("shore 13"), ["A1", "A2", "B2", "C1", "C2"]);
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(6);
    });
}

#[test]
fn what_overtakes_is_kept_and_everything_is_delivered_exactly_once() {
    each_seed("reordered-fanout", |played| {
        for client in ["B1", "B2", "C1"] {
            let early =
                played.all(|it| it.node == client && matches!(it.event, Event::Buffered { .. }));
            assert!(early.len() > 5, "{client} had to keep {}", early.len());
        }
        let messages = played.messages();
        assert_eq!(messages.len(), 59);
        for (message, sender) in messages {
            let mut others = vec!["A1", "A2", "B1", "B2", "C1"];
            others.retain(|client| *client != sender);
            assert_eq!(played.readers_of(message), others, "{message}");
        }
        played.assert_nothing_undone();
    });
}

#[test]
fn a_commit_whose_answer_is_lost_is_accepted_once_and_its_maker_enters_its_epoch() {
    each_seed("lost-response", |played| {
        let legs = [
            ("A1", "s8000-A1", "client/update"),
            ("B1", "s14000-B1", "update"),
            ("C1", "s20000-C1", "client/update"),
        ];
        for (client, intent, leg) in legs {
            let asked = format!("{intent} commit");
            let lost = played.first(leg, |it| {
                let Event::Couriered { request, what, .. } = &it.event else { return false };
                let about = &played.at(*request).event;
                what == "response lost"
                    && matches!(about, Event::Request { endpoint, about, .. }
                        if endpoint == leg && *about == asked)
            });
            let accepted = played.commit_of(client, lost);
            let digest = accepted_digest(played.at(accepted));
            let again = played
                .all(|it| matches!(it.event, Event::Accepted { digest: it, .. } if it == digest));
            assert_eq!(again, [accepted], "{intent} was accepted more than once");
            let entered = played.entrances(digest);
            let own: Vec<_> = entered.iter().filter(|(_, node)| *node == client).collect();
            assert_eq!((own.len(), entered.len()), (1, 5), "{intent}: {entered:?}");
            assert!(enters(played.at(own[0].0), Way::OwnCommit), "{intent}");
            assert_eq!(played.fate(intent), Some(Fate::Done));
            let answered = played.all(|it| {
                it.node == client
                    && it.n < own[0].0
                    && matches!(it.event, Event::Told { digest: it, .. } if it == digest)
            });
            assert!(client != "A1" || answered.is_empty(), "an event told A1, not the answer");
        }
        assert_eq!(played.readers("did this arrive once?"), ["A2", "B1", "B2", "C1"]);
        played.assert_nothing_undone();
    });
}

#[test]
fn who_is_cut_off_while_bob_leaves_finds_him_gone() {
    each_seed("leave-during-partition", |played| {
        let (cut, healed) = played.partition();
        let exiting = played.first("exiting", |it| matches!(it.event, Event::Exiting { .. }));
        let gone = played.all(|it| matches!(it.event, Event::Removed { .. }));
        let who: BTreeSet<_> = gone.iter().map(|place| played.at(*place).node.as_str()).collect();
        assert_eq!((gone.len(), who), (2, BTreeSet::from(["B1", "B2"])));
        assert!(cut < exiting && gone.iter().all(|place| exiting < *place && *place < healed));
        let Event::Removed { commit: Some(commit), epoch, .. } = played.at(gone[0]).event else {
            panic!("no commit removed Bob")
        };
        for (place, node) in played.entrances(commit) {
            assert_eq!(place > healed, node.starts_with('C'), "{node} at {place}");
        }
        // Encrypted for Bob too, and accepted when he was out.
        let question = played.message("is Bob still there?");
        played.first(question, |it| {
            it.n > gone[0].max(gone[1])
                && matches!(&it.event, Event::Delivered { message, epoch: it, .. }
                    if message == question && *it < epoch)
        });
        assert_eq!(played.readers_of(question), ["A1", "A2", "C2"]);
        assert_eq!(played.readers("so he has"), ["A1", "A2", "C1"]);
        played.assert_nothing_undone();
    });
}
