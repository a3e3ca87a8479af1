//! Bugs that were found in clients of other systems, and what they come to here.

use schism::trace::{Entry, Event, Fate, Taken, Way};

use crate::each_seed;
use crate::hubs::rejects;
use crate::played::{Played, enters};

/// Places where `node` sets out to rejoin.
fn resyncs(played: &Played, node: &str) -> Vec<u64> {
    played.all(|it| it.node == node && matches!(it.event, Event::Resyncing { .. }))
}

/// How often `node` comes into an epoch in this way.
fn entrances(played: &Played, node: &str, way: Way) -> usize {
    played.all(|it| it.node == node && enters(it, way)).len()
}

#[track_caller]
fn assert_began(played: &Played, node: &str, behaviour: &str) {
    played.first(behaviour, |it| {
        it.node == node
            && matches!(&it.event, Event::BehaviourBegan { behaviour: it } if it == behaviour)
    });
}

/// Whether `entry` is a mishap of B1's that it only notes.
fn b1_passes(entry: &Entry, what: &str) -> bool {
    entry.node == "B1" && matches!(&entry.event, Event::Passed { why, .. } if why == what)
}

#[test]
fn a_client_whose_cursor_skipped_a_commit_rejoins_and_was_in_no_fork() {
    each_seed("incidents/cursor-skips-a-commit", |played| {
        assert_began(played, "B1", "client.skips-commits");
        let early = played.first("an early message", |it| {
            it.node == "B1" && matches!(it.event, Event::Buffered { .. })
        });
        let [resync] = resyncs(played, "B1")[..] else { panic!("one resync") };
        let waited = played.at(resync).at_ms - played.at(early).at_ms;
        assert!((15_000..20_000).contains(&waited), "{waited}");
        assert_eq!(played.readers("afterwards"), ["A2", "B1", "B2"]);
    });
}

#[test]
fn a_client_that_takes_an_error_for_success_is_alone_until_a_commit_does_not_fit() {
    each_seed("incidents/transient-error-is-swallowed", |played| {
        assert_began(played, "B1", "client.swallows-errors");
        assert_eq!(entrances(played, "B1", Way::OwnCommit), 1, "into nowhere");
        let [resync] = resyncs(played, "B1")[..] else { panic!("one resync") };
        let Event::Resyncing { why, .. } = &played.at(resync).event else { unreachable!() };
        assert!(why.starts_with("a commit that the hub accepted is not valid here"), "{why}");
        assert_eq!(played.readers("afterwards"), ["A1", "A2", "B2"]);
        played.assert_all_at_one_epoch(4);
    });
}

#[test]
fn an_old_welcome_neither_overwrites_a_group_nor_leads_back_in() {
    each_seed("incidents/stale-welcome-comes-again", |played| {
        assert_began(played, "B1", "client.repeats-welcomes");
        let put_off = |it: &Entry| {
            it.node == "B1"
                && matches!(&it.event, Event::Buffered { why, .. } if why == "already a member")
        };
        assert!(played.all(put_off).len() >= 2);
        assert_eq!(entrances(played, "B1", Way::Welcome), 2);
        assert_eq!(played.readers("without Bob"), ["A2"]);
        assert_eq!(played.readers("with Bob again"), ["A2", "B1", "B2"]);
        assert_eq!(resyncs(played, "B1"), [0; 0]);
    });
}

#[test]
fn a_commit_that_comes_three_times_is_merged_once() {
    each_seed("incidents/own-commit-comes-twice", |played| {
        assert_began(played, "B1", "client.doubles-mail");
        assert!(!played.all(|it| b1_passes(it, "of a past epoch")).is_empty());
        for text in ["once", "afterwards"] {
            assert_eq!(played.readers(text), ["A2", "B1", "B2"], "{text}");
        }
        assert_eq!(resyncs(played, "B1"), [0; 0]);
        played.assert_nothing_undone();
    });
}

#[test]
fn a_backlog_in_the_reverse_order_leads_to_the_same_state() {
    each_seed("incidents/arrival-order-wins", |played| {
        assert_began(played, "B1", "client.reverses-mail");
        let early = |it: &Entry| it.node == "B1" && matches!(it.event, Event::Buffered { .. });
        assert!(played.all(early).len() >= 5);
        assert_eq!(resyncs(played, "B1"), [0; 0]);
        assert_eq!(played.readers("afterwards"), ["A2", "B1", "B2"]);
        played.assert_all_at_one_epoch(4);
    });
}

#[test]
fn a_group_that_is_ahead_of_its_mirror_is_seen_at_the_restart_and_rejoins() {
    each_seed("incidents/mirror-behind-the-group", |played| {
        assert_began(played, "B1", "client.loses-mirror");
        let (_, restart) = played.crash_and_restart("B1", 0);
        let [resync] = resyncs(played, "B1")[..] else { panic!("one resync") };
        assert!(played.at(resync).at_ms - played.at(restart).at_ms < 1_000);
        assert_eq!(played.readers("afterwards"), ["A2", "B1", "B2"]);
    });
}

#[test]
fn a_group_that_is_behind_its_mirror_is_seen_at_the_restart_and_rejoins() {
    each_seed("incidents/group-behind-the-mirror", |played| {
        assert_began(played, "B1", "client.loses-keys");
        assert_eq!(resyncs(played, "B1").len(), 1);
        assert_eq!(played.readers("afterwards"), ["A2", "B1", "B2"]);
        played.assert_all_at_one_epoch(4);
    });
}

#[test]
fn a_client_that_comes_back_to_a_long_backlog_reads_it_and_does_not_rejoin() {
    each_seed("incidents/rejoin-during-replay", |played| {
        let back = played.first("B1 is back", |it| it.node == "B1" && it.event == Event::Online);
        let behind = |it: &Entry| {
            it.n > back
                && it.node == "B1"
                && matches!(&it.event, Event::Told { code, .. } if code == "wrongEpoch")
        };
        assert!(!played.all(behind).is_empty());
        assert_eq!(resyncs(played, "B1"), [0; 0]);
        assert_eq!(played.readers("I am back"), ["A1"]);
        played.assert_nothing_undone();
    });
}

#[test]
fn nobody_follows_a_hub_back_that_is_behind() {
    each_seed("incidents/repair-toward-an-older-hub", |played| {
        assert!(played.all(|it| enters(it, Way::ExternalCommit)).is_empty());
        let epochs = played.final_epochs();
        assert!(epochs.values().all(|epoch| *epoch == 4), "{epochs:?}");
        let fates = ["s20000-B1", "s22000-A2", "s24000-B2"].map(|wish| played.fate(wish));
        assert_eq!(fates, [Some(Fate::Refused); 3]);
    });
}

#[test]
fn who_comes_in_around_a_self_removal_finds_the_right_tree() {
    each_seed("incidents/joiner-after-a-self-removal", |played| {
        assert_eq!(entrances(played, "B3", Way::ExternalCommit), 1);
        assert_eq!(entrances(played, "B4", Way::ExternalCommit), 1);
        assert_eq!(played.readers("in by the tree that this left"), ["A1", "B1", "B3"]);
        played.assert_all_at_one_epoch(4);
    });
}

#[test]
fn a_joiner_never_sees_the_group_info_of_a_refused_commit() {
    each_seed("incidents/group-info-of-a-refused-commit", |played| {
        let lie = played.first("the lie", |it| {
            matches!(&it.event, Event::Refused { rule, .. } if rule == "clients-leave-with-user")
        });
        let in_by =
            played.first("the joiner", |it| it.node == "B2" && enters(it, Way::ExternalCommit));
        assert!(lie < in_by);
        assert_eq!(played.readers("in by the true one"), ["A1", "B1", "M1"]);
    });
}

#[test]
fn a_welcome_to_an_epoch_that_is_over_is_no_way_in() {
    each_seed("incidents/old-welcome-as-new", |played| {
        assert_began(played, "B1", "client.renews-welcomes");
        let [refused] = rejects(played, "B1", "welcome-leads-on")[..] else {
            panic!("one refusal")
        };
        let Event::Rejected { why, .. } = &played.at(refused).event else { unreachable!() };
        assert_eq!(why, "it leads to epoch 2, and this client was in epoch 4");
        assert_eq!(entrances(played, "B1", Way::Welcome), 2, "into the attic and the hall");
        assert_eq!(played.readers("without Bob"), ["A2"]);
    });
}

#[test]
fn who_has_lost_a_room_takes_no_old_welcome_while_it_waits_for_a_new_one() {
    each_seed("incidents/old-welcome-to-a-lost-client", |played| {
        assert_began(played, "B1", "client.renews-welcomes");
        let refused = rejects(played, "B1", "welcome-leads-on");
        assert!(refused.len() > 1, "{refused:?}");
        let Event::Rejected { why, .. } = &played.at(refused[0]).event else { unreachable!() };
        assert_eq!(why, "it leads to epoch 3, and this client was in epoch 3");
        assert_eq!(entrances(played, "B1", Way::Welcome), 3, "the attic, the vault, and again");
        assert_eq!(played.readers("I am back"), ["A1", "A2"]);
    });
}

#[test]
fn an_old_welcome_with_a_new_stamp_leads_back_into_an_old_epoch_where_nobody_looks() {
    each_seed("incidents/old-welcome-as-new-unchecked", |played| {
        assert_began(played, "B1", "client.renews-welcomes");
        let removed = played.first("the removal", |it| {
            it.node == "B1" && matches!(it.event, Event::Removed { .. })
        });
        let again = |it: &Entry| {
            it.n > removed
                && it.node == "B1"
                && matches!(it.event, Event::Entered { epoch: 2, way: Way::Welcome, .. })
        };
        assert_eq!(played.all(again).len(), 1);
        assert_eq!(played.readers("without Bob"), ["A2"]);
    });
}

#[test]
fn who_is_added_again_takes_nothing_for_a_fork() {
    each_seed("incidents/added-again-is-no-fork", |played| {
        for client in ["A1", "A2", "B1", "B2"] {
            assert_eq!(resyncs(played, client), [0; 0]);
        }
        assert_eq!(entrances(played, "B1", Way::Welcome), 3);
        assert_eq!(played.readers("and for good"), ["A1", "A2", "B1"]);
        played.assert_all_at_one_epoch(4);
    });
}

#[test]
fn what_is_refused_is_refused_again_each_time_that_it_is_read() {
    each_seed("incidents/refused-again-and-again", |played| {
        assert_began(played, "B1", "client.rereads-proposals");
        let rejects = |node: &str| {
            played.all(|it| it.node == node && matches!(it.event, Event::Rejected { .. })).len()
        };
        assert_eq!((rejects("B1"), rejects("C1")), (9, 1));
        assert_eq!(played.readers("we go on"), ["B1", "B2", "C1", "M1"]);
    });
}

#[test]
fn a_client_that_shares_its_disk_goes_on_where_the_other_program_was() {
    for name in ["commit", "message"] {
        let shows = |played: &Played| {
            assert_began(played, "B1", "client.shares-its-disk");
            let followed = |it: &Entry| {
                it.node == "B1" && matches!(it.event, Event::Entered { epoch: 3..=5, .. })
            };
            assert!(played.all(followed).is_empty(), "nobody hears of those epochs");
            assert_eq!(resyncs(played, "B1"), [0; 0]);
            assert_eq!(played.readers("afterwards"), ["A1", "B1"]);
            played.assert_all_at_one_epoch(3);
        };
        match name {
            "commit" => each_seed("incidents/two-programs-one-disk-then-a-commit", shows),
            _ => each_seed("incidents/two-programs-one-disk-then-a-message", shows),
        }
    }
}

/// How many messages a copy of this client's disk opens, taken then.
fn opened(played: &Played, name: &str, when: Taken) -> u64 {
    let of = |entry: &Entry| match &entry.event {
        Event::Probed { client, taken, opened, .. } if client.name() == name && *taken == when => {
            *opened
        }
        _ => 0,
    };
    played.entries().iter().map(of).sum()
}

#[test]
fn who_finds_a_client_with_anothers_keys_reads_on_and_reads_back() {
    each_seed("incidents/backup-of-a-client-that-stays", |played| {
        assert_began(played, "B1", "client.keeps-others-keys");
        assert!(opened(played, "B1", Taken::AtRemoval) > 0);
    });
    each_seed("incidents/backup-of-a-client-that-was-there", |played| {
        assert_began(played, "B2", "client.keeps-others-keys");
        assert_eq!(opened(played, "B2", Taken::AtJoin), 1);
        assert!(!played.readers("before the new phone").contains(&"B2"));
    });
}

#[test]
fn a_client_that_renews_its_own_keys_does_not_heal_the_keys_of_another() {
    each_seed("incidents/backup-that-does-not-heal", |played| {
        assert_began(played, "B1", "client.keeps-others-keys");
        assert_began(played, "B1", "client.is-cloned");
        // Beside the scenario's own, what A1 and B1 say at the end to show that they can.
        assert!(opened(played, "B1", Taken::ByThief) >= 1);
        let said = played.message("to Bob, whose keys are new");
        let said = played.first(
            "said",
            |it| matches!(&it.event, Event::Submitted { message, .. } if message == said),
        );
        let Event::Submitted { digest: said, .. } = played.at(said).event else { unreachable!() };
        played.first("it is read", |it| {
            matches!(it.event, Event::Opened { taken: Taken::ByThief, digest, .. } if digest == said)
        });
    });
}

#[test]
fn four_administrators_at_once_do_not_fork_their_room() {
    each_seed("incidents/admin-storm", |played| {
        let late = |it: &Entry| matches!(&it.event, Event::Refused { rule, .. } if rule == "current-epoch");
        assert!(played.all(late).len() >= 5, "they do race");
        let epochs = played.final_epochs();
        assert!(epochs.values().all(|epoch| Some(epoch) == epochs.values().next()), "{epochs:?}");
        assert!(played.readers("after the storm").len() >= 6);
    });
}

#[test]
fn keys_that_a_disk_keeps_open_what_was_read() {
    each_seed("incidents/keys-that-stay-on-the-disk", |played| {
        assert_began(played, "B1", "client.loses-keys");
        assert!(opened(played, "B1", Taken::AtEnd) > 0);
        assert_eq!(opened(played, "A1", Taken::AtEnd), 0);
        assert_eq!(played.readers("this, too"), ["A2", "B1"]);
    });
}

/// The rules by which hubs refuse something, each time.
fn refusals(played: &Played) -> Vec<&str> {
    let rules = played.entries().iter().map(|entry| match &entry.event {
        Event::Refused { rule, .. } => Some(rule.as_str()),
        _ => None,
    });
    rules.flatten().collect()
}

#[test]
fn a_build_that_reads_a_component_otherwise_shows_at_the_next_change_of_it() {
    each_seed("incidents/older-build-reads-the-list", |played| {
        assert_began(played, "B1", "client.runs-an-older-build");
        assert_eq!(entrances(played, "B1", Way::Commit), 4, "the ban, dan, and two at the end");
        let [resync] = resyncs(played, "B1")[..] else { panic!("one resync") };
        let Event::Resyncing { why, .. } = &played.at(resync).event else { unreachable!() };
        assert!(why.ends_with("Unable to decrypt the path node."), "{why}");
        assert_eq!(played.readers("afterwards"), ["A1", "B1", "C1", "D1"]);
        played.assert_all_at_one_epoch(5);
    });
}

#[test]
fn a_hub_keeps_out_what_a_build_that_reads_otherwise_commits() {
    each_seed("incidents/older-build-changes-the-list", |played| {
        assert_began(played, "B1", "client.runs-an-older-build");
        assert_eq!(refusals(played), ["group-info-matches"]);
        assert_eq!(played.fate("s14000-B1"), Some(Fate::Refused));
        assert_eq!(played.readers("afterwards"), ["A1", "B1", "D1"]);
        played.assert_all_at_one_epoch(4);
    });
}

#[test]
fn a_hub_that_takes_it_has_a_room_of_its_own() {
    each_seed("incidents/older-build-changes-the-list-unchecked", |played| {
        assert_began(played, "B1", "client.runs-an-older-build");
        assert_eq!(resyncs(played, "A1").len(), 1);
        assert_eq!(resyncs(played, "A2").len(), 1);
        assert!(refusals(played).contains(&"valid-mls"), "nobody comes back");
        assert_eq!(played.readers("afterwards"), ["A1", "B1"], "B1 has the old epoch's keys yet");
    });
}

#[test]
fn a_client_that_does_not_hear_of_its_commit_asks_again_until_it_does() {
    each_seed("incidents/stuck-pending-commit", |played| {
        assert_began(played, "B1", "client.misses-its-commits");
        let asked = played.all(|it| {
            it.node == "B1"
                && matches!(&it.event, Event::Request { endpoint, about, .. }
                    if endpoint == "client/update" && about == "s8000-B1 commit")
        });
        assert!(asked.len() > 10, "{}", asked.len());
        let entered = played.first("B1's own commit", |it| {
            it.node == "B1" && it.at_ms > 8_000 && enters(it, Way::OwnCommit)
        });
        assert!(played.at(entered).at_ms > 37_000, "not before it hears an answer");
        let read = played.first("what waited", |it| {
            it.node == "B1"
                && matches!(&it.event, Event::Delivered { message, .. }
                    if message == played.message("of the epoch after"))
        });
        assert_eq!(played.at(read).at_ms, played.at(entered).at_ms, "at once");
        assert_eq!(resyncs(played, "B1"), [0; 0]);
        assert_eq!(played.readers("afterwards"), ["B1", "B2"]);
    });
}
