//! What rooms live through when nothing goes wrong: the walkthrough and the standard room.

use std::collections::BTreeSet;

use schism::trace::{Entry, Event, Fate, Kind, Phase, Way};

use crate::played::{accepted_digest, accepts, enters};
use crate::{each_seed, once};

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
fn between_leaving_and_being_gone_a_user_says_and_hears_nothing() {
    each_seed("exiting-user-hears-nothing", |played| {
        let exiting = played.first("exiting", |it| matches!(it.event, Event::Exiting { .. }));
        let message = played.first("a message", |it| accepts(it, Kind::Message));
        let gone = played.first("the commit", |it| it.n > exiting && accepts(it, Kind::Commit));
        assert!(exiting < message && message < gone, "{exiting}, {message}, {gone}");
        assert_eq!(played.readers("did I miss anything?"), ["C1"]);
        let refused = played.first("the refusal", |it| {
            matches!(&it.event, Event::Refused { rule, .. } if rule == "exiting-sends-nothing")
        });
        assert!(exiting < refused && refused < gone);
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn a_room_lives_on_at_its_hub_when_the_hubs_last_user_has_left() {
    each_seed("alice-leaves-her-own-hub", |played| {
        let proposed = played.first("proposals", |it| accepts(it, Kind::Proposals));
        let gone = played.first("the commit", |it| it.n > proposed && accepts(it, Kind::Commit));
        let entry = played.at(gone);
        assert!(matches!(&entry.event, Event::Accepted { user, .. } if user.name() != "alice"));
        let out = played.all(|it| matches!(it.event, Event::Removed { .. }));
        assert_eq!(out.len(), 2);
        assert!(out.iter().all(|place| *place > gone));
        assert_eq!(played.readers("is this still on?"), ["B1"]);
        assert_eq!(played.readers("it is"), ["C1"]);
        assert!(played.all(|it| it.n > gone && accepts(it, Kind::Commit)).len() > 1);
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn a_commit_that_leaves_out_a_leave_is_told_so_and_made_anew_with_it() {
    each_seed("commit-that-has-not-heard-of-a-leave", |played| {
        let told = played.told("invalidProposal");
        assert_eq!(told.iter().map(|it| played.at(*it).node.as_str()).collect::<Vec<_>>(), ["B1"]);
        let leave = played.first("the leave", |it| accepts(it, Kind::Proposals));
        let commit =
            played.first("the next commit", |it| it.n > leave && accepts(it, Kind::Commit));
        let Event::Accepted { proposals, .. } = &played.at(commit).event else { unreachable!() };
        assert_eq!(proposals.len(), 2, "the removal of the client and of the user");
        played.assert_nothing_undone();
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn alice_invites_bob_who_consents_and_comes_in_by_himself() {
    each_seed("alice-adds-bob", |played| {
        let asked =
            played.first("the question", |it| matches!(it.event, Event::ConsentAsked { .. }));
        assert_eq!(played.fate("s3000-A1"), Some(Fate::Refused), "no KeyPackage without consent");
        let listed = played.first("the invitation", |it| accepts(it, Kind::Commit));
        let granted =
            played.first("the consent", |it| matches!(it.event, Event::ConsentGranted { .. }));
        let joined = played.first("the join", |it| accepts(it, Kind::ExternalCommit));
        let next = played.commit_of("A1", joined);
        assert!(asked < listed && listed < granted && granted < joined && joined < next);
        let view = played.entrances(accepted_digest(played.at(next)));
        assert_eq!(view.len(), 2, "both enter by the commit that confirms the list");
        assert_eq!(played.readers("thank you"), ["A1"]);
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn of_two_who_leave_at_once_the_hub_lets_one_go_and_tells_the_other() {
    each_seed("everybody-leaves-at-once", |played| {
        let fates = ["s5000-A1", "s5000-B1"].map(|intent| played.fate(intent));
        assert!(fates.contains(&Some(Fate::Done)), "{fates:?}");
        assert!(fates.contains(&Some(Fate::Refused)), "{fates:?}");
        assert_eq!(played.all(|it| matches!(it.event, Event::Removed { .. })).len(), 1);
    });
}

#[test]
fn where_the_hub_lets_everybody_ask_to_go_everybody_waits() {
    each_seed("everybody-waits", |played| {
        assert!(played.all(|it| matches!(it.event, Event::Removed { .. })).is_empty());
    });
}
