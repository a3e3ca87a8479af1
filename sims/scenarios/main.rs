//! Every file in `scenarios/`: it plays to the verdict that it expects, and what it is there for
//! does happen in it.
//!
//! A scenario that no longer meets its fault would pass every invariant and show nothing. So each
//! has a test here that looks for the *specific* thing in the trace, with its own seed and two
//! more. Not here: whether the invariants themselves can fire (`oracle`).

// Clippy knows tests by their attribute, and takes what they share for something else.
#![allow(clippy::unwrap_used)]

mod played;
mod playing;

use std::collections::BTreeSet;

use played::{Played, accepted_digest, accepts, enters};
use playing::{play, script};
use schism::oracle::{Outcome, judge};
use schism::script::Script;
use schism::trace::{Entry, Event, Fate, Kind, Phase, Way, read};

/// Plays a scenario with its own seed and two more.
fn each_seed(name: &str, shows: impl Fn(&Played)) {
    for seed in [None, Some(1), Some(2)] {
        once(name, seed, &shows);
    }
}

/// Plays a scenario once; its stored trace must be worth the same as the run.
fn once(name: &str, seed: Option<u64>, shows: impl Fn(&Played)) {
    let script = script(name, seed);
    println!("{name}, seed {}", script.seed);
    let played = Played(play(&script));
    let verdict = &played.0.verdict;
    assert_eq!(verdict.verdict, Outcome::AsExpected, "{}", verdict.why);
    let (header, entries) = read(&played.0.trace).unwrap();
    assert_eq!(judge(&header, &entries), *verdict, "the stored trace is judged otherwise");
    shows(&played);
}

#[test]
fn in_the_clubhouse_bob_leaves_in_three_steps_and_a_new_client_comes_in_from_outside() {
    each_seed("clubhouse", |played| {
        let proposed = played.first("proposals", |it| accepts(it, Kind::Proposals));
        let exiting = played.first("exiting", |it| matches!(it.event, Event::Exiting { .. }));
        let Event::Accepted { proposals: bundle, .. } = &played.at(proposed).event else {
            unreachable!()
        };
        let committed = played.first("the commit of the leave", |it| {
            accepts(it, Kind::Commit)
                && matches!(&it.event, Event::Accepted { proposals, .. } if proposals == bundle)
        });
        assert!(proposed < exiting && exiting < committed);
        let digest = accepted_digest(played.at(committed));
        let removed = played.all(|it| matches!(it.event, Event::Removed { .. }));
        let mut who: Vec<_> = removed.iter().map(|place| played.at(*place)).collect();
        who.sort_by_key(|entry| &entry.node);
        assert_eq!(who.iter().map(|it| it.node.as_str()).collect::<Vec<_>>(), ["B1", "B2"]);
        for entry in who {
            assert!(matches!(entry.event, Event::Removed { commit, .. } if commit == Some(digest)));
            assert!(entry.n > committed);
        }
        let first =
            played.first("C3", |it| it.node == "C3" && matches!(it.event, Event::Entered { .. }));
        assert!(enters(played.at(first), Way::ExternalCommit));
        assert_eq!(played.readers("hello"), ["A1", "A2", "B1", "B2", "C2"]);
        assert_eq!(played.readers("hello from my new phone"), ["A1", "A2", "C1", "C2"]);
    });
}

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
fn a_welcome_waits_for_the_external_commit_that_is_under_way() {
    each_seed("two-ways-in", |played| {
        let mine = |it: &Entry| it.node == "C2";
        played.first("the Welcome put off", |it| {
            mine(it) && matches!(&it.event, Event::Buffered { why, .. } if why.contains("joined"))
        });
        played.first("C2's external commit", |it| mine(it) && enters(it, Way::ExternalCommit));
        assert!(played.all(|it| matches!(it.event, Event::Removed { .. })).is_empty());
        assert_eq!(played.readers("come in"), ["C1", "C2"]);
        assert_eq!(played.readers("I am in"), ["A1", "C1"]);
        played.assert_all_at_one_epoch(3);
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
fn of_four_who_commit_at_once_the_losers_are_told_and_get_there_later() {
    each_seed("concurrent-commits", |played| {
        for (round, second) in [9u64, 17, 25].into_iter().enumerate() {
            let in_round = |it: &Entry| (second..second + 6).contains(&(it.at_ms / 1_000));
            let lost = played.told("wrongEpoch");
            let lost: BTreeSet<_> =
                lost.into_iter().filter(|it| in_round(played.at(*it))).collect();
            assert!(lost.len() >= 2, "round {round}: {lost:?}");
            let won = played.all(|it| in_round(it) && accepts(it, Kind::Commit));
            assert_eq!(won.len(), 4, "round {round}");
            let renamed = format!("Round {}", round + 1);
            played.first(&renamed, |it| {
                matches!(&it.event, Event::Accepted { change, .. }
                    if change.name.as_ref() == Some(&renamed))
            });
        }
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(4);
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
fn each_of_two_providers_is_hub_and_follower_and_a_stop_of_one_room_leaves_the_other() {
    each_seed("two-rooms-two-hubs", |played| {
        let at = |node: &str, it: &Entry, room: &str| {
            it.node == node
                && match &it.event {
                    Event::Accepted { room: it, .. } | Event::Queued { room: it, .. } => {
                        it.name() == room
                    }
                    _ => false,
                }
        };
        let is_queued = |it: &Entry| matches!(it.event, Event::Queued { .. });
        for (provider, own, other) in
            [("a.example", "attic", "basement"), ("b.example", "basement", "attic")]
        {
            played.first("a hub", |it| at(provider, it, own) && accepts(it, Kind::Commit));
            played.first("a follower", |it| at(provider, it, other) && is_queued(it));
            let usurped = played.all(|it| at(provider, it, other) && !is_queued(it));
            assert!(usurped.is_empty(), "{provider} decides for {other}: {usurped:?}");
        }
        let (crash, restart) = played.crash_and_restart("b.example", 0);
        let meanwhile = |node, room| {
            played.all(|it| crash < it.n && it.n < restart && at(node, it, room) && !is_queued(it))
        };
        assert!(meanwhile("a.example", "attic").len() > 3, "the attic goes on");
        assert!(meanwhile("b.example", "basement").is_empty(), "the basement rests");
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

#[test]
fn a_new_client_that_comes_second_is_told_and_gets_in_later() {
    each_seed("new-client-races-a-commit", |played| {
        let new = ["B2", "C2", "C3"];
        let late = played.told("wrongEpoch");
        let late: Vec<_> = late.iter().map(|place| played.at(*place).node.as_str()).collect();
        assert!(late.iter().any(|node| new.contains(node)), "only {late:?} came second");
        for client in new {
            let first = played
                .first(client, |it| it.node == client && matches!(it.event, Event::Entered { .. }));
            assert!(enters(played.at(first), Way::ExternalCommit), "{client}");
        }
        assert_eq!(played.readers("made it"), ["A1", "B1", "B2", "C1", "C3"]);
        assert_eq!(played.readers("and me"), ["A1", "B1", "C1", "C2", "C3"]);
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(6);
    });
}

#[test]
fn the_standard_room_has_its_forty_commits_and_a_hundred_messages() {
    // Once: it is by far the longest.
    once("standard-room", None, |played| {
        let probe = |it: &Entry| it.event == Event::PhaseBegan { phase: Phase::Probe };
        let probes = played.first("the probes", probe);
        let commits = played.all(|it| it.n < probes && accepts(it, Kind::Commit));
        let other = played.all(|it| accepts(it, Kind::ExternalCommit));
        assert_eq!((commits.len(), other.len()), (40, 0));
        let messages = played.messages();
        assert_eq!(messages.len(), 100);
        let everyone = played.final_epochs();
        let everyone: Vec<_> = everyone.keys().map(|(_, client)| *client).collect();
        assert_eq!(everyone.len(), 12);
        for (message, sender) in messages {
            let others: Vec<_> = everyone.iter().copied().filter(|it| *it != sender).collect();
            assert_eq!(played.readers_of(message), others, "{message}");
        }
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(12);
    });
}

#[test]
fn an_equivocating_hub_splits_the_room_and_the_oracle_says_so() {
    each_seed("two-forks", |played| {
        let broken: Vec<_> =
            played.0.verdict.violations.iter().map(|it| it.invariant.as_str()).collect();
        assert_eq!(broken, ["agreement"]);
        assert_eq!(played.readers("heard on one side"), ["A1", "A2", "B2"]);
        assert_eq!(played.readers("heard on the other"), ["C2"]);
    });
}

#[test]
fn the_canary_is_a_violation_where_nobody_expects_it_and_a_failure_where_it_does_not_come() {
    let canary = script("two-forks", None);
    let outcome = |script: &Script| play(script).verdict.verdict;
    let mut unexpected = canary.clone();
    unexpected.expect.violates.clear();
    assert_eq!(outcome(&unexpected), Outcome::Safety);
    let mut honest = canary;
    honest.misbehaviour.clear();
    assert_eq!(outcome(&honest), Outcome::ExpectedViolationMissing);
    honest.expect.violates.clear();
    assert_eq!(outcome(&honest), Outcome::AsExpected);
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

#[test]
fn every_scenario_file_has_a_test_here() {
    let here = include_str!("scenarios.rs");
    for file in std::fs::read_dir("scenarios").unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".toml") else { continue };
        let tested = here.contains(&format!("(\"{name}\", "));
        assert!(tested || name.ends_with(".sweep"), "{name} is not tested");
    }
}
