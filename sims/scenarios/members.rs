//! Members that lie: poison that a hub can't see, ways in that are abused, and what is said too
//! often or left out.

use std::collections::BTreeSet;

use schism::trace::{DeedKind, Entry, Event, Fate, Kind, Taken, Way};

use crate::each_seed;
use crate::played::{Played, accepted_digest, accepts, enters};
use crate::playing::{play, script};

/// Where the liar begins.
fn begins(played: &Played, wanted: &str) -> u64 {
    played.first(
        wanted,
        |it| matches!(&it.event, Event::BehaviourBegan { behaviour } if behaviour == wanted),
    )
}

/// The handshake that the liar gets accepted first.
fn accepted_lie(played: &Played, behaviour: &str, kind: Kind) -> u64 {
    let began = begins(played, behaviour);
    played.first("what the hub accepts", |it| it.n > began && accepts(it, kind))
}

/// The honest clients that find this wrong with what the hub accepted at a place.
fn objectors<'a>(played: &'a Played, place: u64, objection: &str) -> BTreeSet<&'a str> {
    let lie = accepted_digest(played.at(place));
    let objects = |entry: &&Entry| {
        entry.node != "M1"
            && matches!(&entry.event, Event::Rejected { digest, why, .. }
                if *digest == lie && why.contains(objection))
    };
    played.entries().iter().filter(objects).map(|entry| entry.node.as_str()).collect()
}

/// The clients that enter by an external commit within five seconds after a place.
fn back_after(played: &Played, place: u64) -> BTreeSet<&str> {
    let until = played.at(place).at_ms + 5_000;
    let back = played.all(|it| it.n > place && it.at_ms < until && enters(it, Way::ExternalCommit));
    back.into_iter().map(|place| played.at(place).node.as_str()).collect()
}

/// Who refuses what, by which rule.
fn refused<'a>(played: &'a Played, after: u64, wanted: &str) -> Vec<&'a Entry> {
    let of = |it: &&Entry| {
        it.n > after && matches!(&it.event, Event::Refused { rule, .. } if rule == wanted)
    };
    played.entries().iter().filter(of).collect()
}

const ALL: [&str; 3] = ["A1", "B1", "C1"];

#[test]
fn a_commit_with_a_wrong_tag_is_refused_by_all_members_who_then_come_back() {
    each_seed("adversaries/poisoned-commit", |played| {
        let lie = accepted_lie(played, "client.poisons-commit", Kind::Commit);
        assert_eq!(objectors(played, lie, "confirmation tag"), ALL.into());
        assert!(back_after(played, lie).is_superset(&ALL.into()));
        assert_eq!(played.readers("we are all back"), ["B1", "C1", "M1"]);
    });
}

#[test]
fn a_commit_with_a_wrong_tag_stops_a_room_that_lets_nobody_back_in() {
    each_seed("adversaries/poisoned-commit-without-a-way-back", |played| {
        let lie = accepted_lie(played, "client.poisons-commit", Kind::Commit);
        assert_eq!(objectors(played, lie, "confirmation tag"), ALL.into());
        let after = played.all(|it| it.n > lie && accepts(it, Kind::Commit));
        assert!(after.is_empty(), "the hub is where nobody can follow");
        assert!(refused(played, lie, "external-commits-allowed").len() >= ALL.len());
    });
}

#[test]
fn a_path_that_is_broken_for_one_member_puts_that_one_out_and_no_other() {
    each_seed("adversaries/poisoned-path", |played| {
        let lie = accepted_lie(played, "client.poisons-path", Kind::Commit);
        assert_eq!(objectors(played, lie, "update path"), ["C1"].into());
        let entered = played.entrances(accepted_digest(played.at(lie)));
        assert_eq!(
            entered.into_iter().map(|it| it.1).collect::<BTreeSet<_>>(),
            ["A1", "B1"].into()
        );
        assert!(back_after(played, lie).contains("C1"));
        assert_eq!(played.readers("I am back"), ["A1", "B1", "M1"]);
    });
}

#[test]
fn a_path_that_is_broken_for_one_member_splits_a_room_that_lets_nobody_back_in() {
    each_seed("adversaries/poisoned-path-without-a-way-back", |played| {
        let lie = accepted_lie(played, "client.poisons-path", Kind::Commit);
        assert_eq!(objectors(played, lie, "update path"), ["C1"].into());
        let epochs = played.final_epochs();
        assert!(epochs[&("vault", "C1")] < epochs[&("vault", "A1")]);
        assert_eq!(epochs[&("vault", "B1")], epochs[&("vault", "A1")]);
        assert!(!played.readers("are we whole?").contains(&"C1"));
    });
}

#[test]
fn a_room_state_that_no_proposal_names_is_no_secret_to_the_key_schedule() {
    each_seed("adversaries/poisoned-dictionary", |played| {
        let lie = accepted_lie(played, "client.poisons-dictionary", Kind::Commit);
        assert_eq!(objectors(played, lie, "decrypt the path"), ALL.into());
        assert!(back_after(played, lie).is_superset(&ALL.into()));
        assert!(refused(played, 0, "group-info-matches").is_empty(), "the hub sees nothing");
    });
}

#[test]
fn a_proposal_with_a_wrong_membership_tag_stops_the_room() {
    each_seed("adversaries/poisoned-proposal", |played| {
        let lie = accepted_lie(played, "client.poisons-proposal", Kind::Proposals);
        assert_eq!(objectors(played, lie, "Membership tag"), ALL.into());
        assert!(refused(played, lie, "cached-proposals-included").len() > 2);
        assert_eq!(played.fate("s12000-A1"), Some(Fate::Refused));
        let after = played.all(|it| it.n > lie && accepts(it, Kind::Commit));
        assert!(after.is_empty(), "no commit has what it must have");
    });
}

#[test]
fn where_the_hub_does_not_ask_for_what_waits_a_poisoned_proposal_is_harmless() {
    let mut free = script("adversaries/poisoned-proposal", None);
    free.protocol.without.push("cached-proposals-included".to_owned());
    free.expect.violates.clear();
    let played = Played(play(&free));
    assert_eq!(played.fate("s12000-A1"), Some(Fate::Done), "{}", played.0.verdict.why);
}

#[test]
fn an_external_commit_voids_a_poisoned_proposal() {
    each_seed("adversaries/poisoned-proposal-is-voided", |played| {
        let lie = accepted_lie(played, "client.poisons-proposal", Kind::Proposals);
        let stuck = refused(played, lie, "cached-proposals-included");
        let joined =
            played.first("B2 inside", |it| it.node == "B2" && enters(it, Way::ExternalCommit));
        assert!(stuck.iter().any(|it| it.n < joined));
        assert!(played.commit_of("A1", lie) > lie);
        assert_eq!(played.fate("s12000-A1"), Some(Fate::Done));
    });
}

#[test]
fn who_comes_in_by_a_poisoned_group_info_puts_all_others_out() {
    each_seed("adversaries/poisoned-group-info", |played| {
        let lie = accepted_lie(played, "client.poisons-group-info", Kind::Commit);
        assert!(objectors(played, lie, "").is_empty(), "the commit itself is in order");
        let join = accepted_lie(played, "client.poisons-group-info", Kind::ExternalCommit);
        assert!(matches!(&played.at(join).event,
            Event::Accepted { client: Some(it), .. } if it.name() == "B2"));
        assert_eq!(objectors(played, join, "confirmation tag"), ALL.into());
        assert!(back_after(played, join).is_superset(&ALL.into()));
        assert!(played.readers("we are all back").contains(&"B2"));
    });
}

/// The storm's commits, and where the client is out.
fn storm_and_exit(played: &Played, client: &str) -> (Vec<u64>, u64) {
    let began = begins(played, "client.storms");
    let by_liar = |it: &Entry| {
        matches!(&it.event, Event::Accepted { kind: Kind::ExternalCommit, client: Some(by), .. }
            if by.name() == "M1")
    };
    let storm = played.all(|it| it.n > began && it.at_ms < 29_000 && by_liar(it));
    let out = played.first("the exit", |it| {
        matches!(&it.event, Event::Accepted { kind: Kind::Commit, deeds, .. }
            if deeds.iter().any(|deed| removes(&deed.what, client)))
    });
    (storm, out)
}

fn removes(what: &DeedKind, wanted: &str) -> bool {
    matches!(what, DeedKind::RemoveClient { client, .. } if client.name() == wanted)
}

#[test]
fn a_storm_of_external_commits_does_not_keep_the_hub_from_taking_somebody_out() {
    each_seed("adversaries/storm-of-external-commits", |played| {
        let (storm, out) = storm_and_exit(played, "B1");
        assert!(storm.iter().filter(|place| **place > out).count() > 10, "it goes on");
        assert!(played.at(out).at_ms < 14_000);
        assert!(!played.readers("Bob is gone").contains(&"B1"));
    });
}

#[test]
fn a_storm_of_external_commits_puts_off_a_leave_for_as_long_as_it_lasts() {
    each_seed("adversaries/storm-against-a-leave", |played| {
        let (storm, out) = storm_and_exit(played, "C1");
        let asked = played.all(|it| {
            matches!(&it.event, Event::Accepted { kind: Kind::Proposals, client: Some(by), .. }
                if by.name() == "C1")
        });
        assert!(asked.len() > 5 && storm.iter().all(|place| *place < out));
        assert_eq!(played.fate("s10000-C1"), Some(Fate::Done));
    });
}

#[test]
fn a_member_does_not_come_in_a_second_time() {
    each_seed("adversaries/joins-twice", |played| {
        let began = begins(played, "client.joins-twice");
        assert_eq!(refused(played, began, "client-changes-once").len(), 1);
        assert_eq!(played.readers("we are still whole"), ["B1", "M1"]);
    });
}

#[test]
fn a_thief_with_the_signature_key_takes_the_victims_place_and_only_the_victim_notices() {
    each_seed("adversaries/resync-with-a-stolen-key", |played| {
        let theft = accepted_lie(played, "client.resyncs-with-stolen-key", Kind::ExternalCommit);
        let digest = accepted_digest(played.at(theft));
        let noticed = played.first("the victim is out", |it| {
            it.node == "M1"
                && matches!(it.event, Event::Removed { commit: Some(by), .. } if by == digest)
        });
        assert!(played.at(noticed).at_ms - played.at(theft).at_ms < 1_000);
        let joined =
            played.all(|it| it.node == "M1" && it.n > theft && enters(it, Way::ExternalCommit));
        assert!(joined.is_empty(), "the victim made no such commit");
        assert_eq!(played.readers("for the thief"), ["B1"]);
    });
}

#[test]
fn what_a_client_says_twice_byte_for_byte_is_done_once() {
    each_seed("adversaries/replays", |played| {
        let began = begins(played, "client.replays");
        let again = |it: &Entry| {
            it.n > began
                && it.node == "b.example"
                && matches!(&it.event, Event::Request { about, .. } if about.contains("again"))
        };
        assert!(played.all(again).len() >= 3, "both kinds reach the hub");
        let digests: Vec<_> = played
            .entries()
            .iter()
            .filter_map(|it| match &it.event {
                Event::Accepted { digest, .. } => Some(digest),
                _ => None,
            })
            .collect();
        assert_eq!(digests.iter().collect::<BTreeSet<_>>().len(), digests.len());
        for text in ["once", "and for all", "in another epoch"] {
            assert_eq!(played.readers(text), ["A1", "B1"], "{text}");
        }
    });
}

#[test]
fn one_content_in_several_messages_is_shown_once() {
    each_seed("adversaries/one-message-again-and-again", |played| {
        let began = begins(played, "client.repeats-itself");
        let said = played.all(|it| it.n > began && accepts(it, Kind::Message));
        let before = |it: &Entry| {
            it.node == "B1"
                && matches!(&it.event, Event::Passed { why, .. } if why == "delivered before")
        };
        assert!(played.all(before).len() >= 3 && said.len() > 3);
        assert_eq!(played.readers_of("lie by M1"), ["A1", "B1"]);
    });
}

#[test]
fn nobody_follows_a_sender_who_skips_more_than_the_room_allows() {
    each_seed("adversaries/jump-of-generations", |played| {
        let said = accepted_lie(played, "client.jumps-generation", Kind::Message);
        let digest = accepted_digest(played.at(said));
        let unread = played.entries().iter().filter(|it| {
            matches!(&it.event, Event::Unreadable { digest: of, why, .. }
                if *of == digest && why.contains("too far in the future"))
        });
        assert_eq!(unread.map(|it| it.node.as_str()).collect::<BTreeSet<_>>(), ["A1", "B1"].into());
        assert_eq!(played.readers("the next is as good as ever"), ["A1", "B1"]);
    });
}

#[test]
fn who_takes_all_key_packages_keeps_a_user_out() {
    each_seed("adversaries/key-packages-hoarded", |played| {
        begins(played, "client.hoards-key-packages");
        assert_eq!(played.fate("s14000-A1"), Some(Fate::Refused));
        assert!(played.entries().iter().any(|it| {
            matches!(&it.event, Event::IntentEnded { why, .. } if why.contains("keyMaterialExhausted"))
        }));
    });
}

#[test]
fn a_last_resort_lets_a_user_in_whose_key_packages_are_taken() {
    each_seed("adversaries/key-packages-hoarded-but-the-last", |played| {
        begins(played, "client.hoards-key-packages");
        assert_eq!(played.fate("s14000-A1"), Some(Fate::Done));
        assert_eq!(played.readers("welcome, Bob"), ["B1", "M1"]);
    });
}

#[test]
fn a_commit_without_what_waits_is_refused() {
    each_seed("adversaries/skipped-proposals", |played| {
        let began = begins(played, "client.skips-proposals");
        assert!(!refused(played, began, "cached-proposals-included").is_empty());
        assert_eq!(played.fate("s8000-B1"), Some(Fate::Done));
    });
}

#[test]
fn who_has_said_goodbye_is_not_heard() {
    each_seed("adversaries/words-after-goodbye", |played| {
        let began = begins(played, "client.acts-while-exiting");
        assert_eq!(refused(played, began, "exiting-sends-nothing").len(), 1);
        assert!(played.readers_of("lie by M1").is_empty());
        assert_eq!(played.fate("s8000-M1"), Some(Fate::Done));
    });
}

#[test]
fn of_two_administrators_who_remove_each_other_one_stays() {
    each_seed("adversaries/two-admins-remove-each-other", |played| {
        let wishes = ["s10000-A1", "s10000-B1"].map(|intent| played.fate(intent));
        assert_eq!(wishes.iter().filter(|fate| **fate == Some(Fate::Done)).count(), 1);
        assert_eq!(wishes.iter().filter(|fate| **fate == Some(Fate::Abandoned)).count(), 1);
        played.assert_all_at_one_epoch(2);
    });
}

#[test]
fn a_storm_puts_an_expulsion_off_by_many_epochs_and_not_for_ever() {
    each_seed("adversaries/storm-against-an-expulsion", |played| {
        begins(played, "client.storms");
        let expelled = played.all(|it| {
            matches!(&it.event, Event::Accepted { kind: Kind::Commit, change, .. }
            if change.removes.iter().any(|client| client.name() == "B1"))
        });
        assert_eq!(expelled.len(), 1, "in the end somebody commits it");
        let epochs = played.final_epochs();
        assert_eq!(epochs[&("hall", "A1")], epochs[&("hall", "M1")]);
    });
}

#[test]
fn a_draft_in_the_clear_is_sent_to_a_server_and_lies_there() {
    each_seed("adversaries/drafts-in-the-clear", |played| {
        begins(played, "client.uploads-drafts");
        let seen = |it: &Entry| {
            matches!(&it.event, Event::Seen { from, endpoint, .. }
                if from == "B1" && endpoint == "client/upload")
        };
        let kept =
            |it: &Entry| matches!(&it.event, Event::Kept { server, .. } if server == "b.example");
        assert!(!played.all(seen).is_empty() && !played.all(kept).is_empty());
        assert_eq!(played.readers("between the two of us"), ["A1"]);
    });
}

#[test]
fn a_room_goes_on_from_a_commit_whose_maker_is_gone_and_may_come_back_by_it() {
    each_seed("adversaries/abandoned-commit", |played| {
        begins(played, "client.abandons-its-commit");
        let [adds, renews] = ["C1", "M1"].map(|client| {
            let place = played.commit_of(client, played.commit_of("A1", 0));
            let entered = played.entrances(accepted_digest(played.at(place)));
            (place, entered.into_iter().map(|it| it.1).collect::<BTreeSet<_>>())
        });
        assert_eq!(adds.1, ["A1", "B1", "M1"].into(), "all but C1");
        played.first("Dave", |it| it.node == "D1" && enters(it, Way::Welcome));
        assert_eq!(renews.1, ["A1", "B1", "D1", "M1"].into(), "and in the end M1 itself");
        let back = played.first("M1 merges", |it| {
            it.node == "M1" && it.n > renews.0 && enters(it, Way::OwnCommit)
        });
        assert!(played.at(back).at_ms >= 30_000, "when it is back");
        assert!(played.all(|it| enters(it, Way::ExternalCommit)).is_empty());
        assert_eq!(played.readers("who is there?"), ["A1", "B1", "M1"]);
        assert_eq!(played.readers("I am back"), ["A1", "B1", "D1"]);
    });
}

/// The refusals by the rule about who may do what, for want of holders of a role.
fn refused_for_want_of<'a>(played: &'a Played, role: &str) -> Vec<&'a Entry> {
    let all = refused(played, 0, "authorised").into_iter();
    let why = format!("{role} would have 0 participants, at least 1 must be");
    all.filter(|it| matches!(&it.event, Event::Refused { why: it, .. } if *it == why)).collect()
}

#[test]
fn of_the_last_two_administrators_one_must_stay_until_there_is_another() {
    each_seed("adversaries/last-admins-leave", |played| {
        let fates = |at: &str| ["A1", "M1"].map(|it| played.fate(&format!("s{at}-{it}")));
        assert_eq!(refused_for_want_of(played, "super_admin").len(), 2, "at 12 s and at 24 s");
        for (at, stays, is_gone) in [
            ("12000", Fate::Refused, Fate::Done),
            ("24000", Fate::Refused, Fate::Abandoned),
            ("32000", Fate::Done, Fate::Abandoned),
        ] {
            let fates = fates(at);
            assert!(fates.contains(&Some(stays)) && fates.contains(&Some(is_gone)), "{fates:?}");
        }
        played.assert_all_at_one_epoch(1);
    });
}

#[test]
fn where_nobody_counts_both_of_the_last_administrators_go() {
    each_seed("adversaries/last-admins-leave-and-nobody-counts", |played| {
        assert_eq!(
            ["A1", "M1"].map(|it| played.fate(&format!("s12000-{it}"))),
            [Some(Fate::Done); 2]
        );
        played.assert_all_at_one_epoch(1);
        let broken = played.0.verdict.violations.iter();
        assert!(broken.clone().any(|it| it.invariant == "limits_hold"));
    });
}

#[test]
fn an_administrator_is_banned_once_there_is_another_and_no_accomplice() {
    each_seed("adversaries/admins-protect-each-other", |played| {
        let bans = ["s10000-A1", "s18000-A1", "s20000-A1", "s26000-A1"].map(|it| played.fate(it));
        assert_eq!(bans, [Fate::Done, Fate::Done, Fate::Refused, Fate::Done].map(Some));
        assert_eq!(refused_for_want_of(played, "group_admin").len(), 1);
        assert_eq!(played.fate("s12000-K1"), Some(Fate::Done), "the accomplice has the right");
        assert_eq!(played.readers("quiet at last"), ["A1"]);
        played.assert_all_at_one_epoch(2);
    });
}

/// The epochs of the messages that the thief's copy opens.
fn opened_by_thief(played: &Played) -> Vec<u64> {
    let of = |it: &Entry| match it.event {
        Event::Opened { taken: Taken::ByThief, epoch, .. } => Some(epoch),
        _ => None,
    };
    played.entries().iter().filter_map(of).collect()
}

#[test]
fn a_cloned_client_is_read_with_until_its_own_next_commit() {
    each_seed("adversaries/cloned-client", |played| {
        let theft = begins(played, "client.is-cloned");
        assert_eq!(opened_by_thief(played), [1, 3], "over the commits of A1 and B2");
        let heals = played.commit_of("B1", theft);
        let out = played.first("shut out", |it| matches!(it.event, Event::ShutOut { .. }));
        let Event::ShutOut { epoch, commit, after_ms, .. } = played.at(out).event else {
            unreachable!()
        };
        assert_eq!((epoch, commit), (4, accepted_digest(played.at(heals))));
        assert_eq!(after_ms, played.at(heals).at_ms - played.at(theft).at_ms);
        let probed = played.first("all that it was fed", |it| {
            matches!(it.event, Event::Probed { taken: Taken::ByThief, fed: 4.., opened: 2, .. })
        });
        assert!(probed < out);
        let alarms = played.all(|it| matches!(it.event, Event::Alarmed { .. }));
        assert!(alarms.is_empty(), "nobody can tell");
    });
}

#[test]
fn a_clone_of_a_client_that_does_nothing_reads_to_the_end() {
    let mut idle = script("adversaries/cloned-client", None);
    idle.steps.retain(|step| step.client != "B1");
    let played = Played(play(&idle));
    assert_eq!(opened_by_thief(&played)[..4], [1, 3, 3, 4], "{}", played.0.verdict.why);
}
