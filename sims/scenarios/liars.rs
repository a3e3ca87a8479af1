//! Nodes that misbehave, and the canaries that show the oracle awake.

use std::collections::BTreeSet;

use schism::oracle::Outcome;
use schism::script::{Fault, FaultKind, Script};
use schism::trace::{Entry, Event, Fate, Kind};

use crate::each_seed;
use crate::played::{Played, accepts};
use crate::playing::{play, script};

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
fn where_the_hub_does_not_enforce_clients_refuse_and_the_room_stops_but_does_not_split() {
    each_seed("hub-does-not-enforce", |played| {
        let rejects = played
            .all(|it| matches!(&it.event, Event::Rejected { rule, .. } if rule == "authorised"));
        let mut who: Vec<_> = rejects.iter().map(|place| played.at(*place).node.as_str()).collect();
        who.sort_unstable();
        assert_eq!(who, ["A1", "B2", "C1"]);
        let epochs = played.final_epochs();
        assert_eq!(epochs.len(), 4, "nobody is put out");
        let ahead: Vec<_> = epochs.iter().filter(|(_, epoch)| **epoch == 3).collect();
        assert_eq!(ahead, [(&("hall", "B1"), &3)]);
        assert_eq!(played.fate("s9000-A1"), Some(Fate::Refused));
    });
}

#[test]
fn where_nobody_checks_a_removal_takes_its_course_and_only_the_oracle_objects() {
    let mut lawless = script("hub-does-not-enforce", None);
    lawless.protocol.without = std::mem::take(&mut lawless.protocol.hub_without);
    lawless.expect.violates = vec!["verdicts_agree".to_owned()];
    let played = play(&lawless);
    assert_eq!(played.verdict.verdict, Outcome::AsExpected, "{}", played.verdict.why);
    let removed = |it: &Entry| it.node == "A1" && matches!(it.event, Event::Removed { .. });
    assert!(played.run.entries.iter().any(removed));
}

/// The client breaks so many rules, each once, and each refuses it; the room goes on.
fn refused_one_by_one(name: &str, rules: usize) {
    each_seed(name, |played| {
        let broken: BTreeSet<String> = script(name, None)
            .misbehaviour
            .iter()
            .filter_map(|it| it.behaviour.rule.clone())
            .collect();
        let begun = played.all(|it| matches!(it.event, Event::BehaviourBegan { .. }));
        assert_eq!((begun.len(), broken.len()), (rules, rules));
        let refused: BTreeSet<_> = played
            .entries()
            .iter()
            .filter_map(|it| match &it.event {
                Event::Refused { rule, .. } | Event::Rejected { rule, .. } => Some(rule.clone()),
                _ => None,
            })
            .collect();
        assert!(broken.is_subset(&refused), "{:?}", broken.difference(&refused));
        assert!(played.readers("we are still whole").contains(&"M1"), "the client is honest");
    });
}

#[test]
fn commits_and_proposals_that_break_a_rule_are_refused_by_it() {
    refused_one_by_one("liar-commits", 14);
}

#[test]
fn what_an_owner_has_every_right_to_is_refused_where_it_breaks_a_rule() {
    refused_one_by_one("liar-with-rights", 4);
}

#[test]
fn a_group_info_that_its_committer_did_not_sign_shuts_nobody_out() {
    refused_one_by_one("way-in-by-a-wrong-group-info", 1);
    each_seed("way-in-by-a-wrong-group-info", |played| {
        assert_eq!(played.fate("s8000-B2"), Some(Fate::Done));
    });
}

#[test]
fn requests_that_break_a_rule_are_refused_by_it() {
    refused_one_by_one("liar-requests", 8);
}

#[test]
fn messages_that_lie_are_shown_to_nobody() {
    refused_one_by_one("liar-messages", 3);
}

#[test]
fn a_liar_at_the_hub_founds_no_room_twice_and_owes_the_list_change() {
    refused_one_by_one("liar-at-the-hub", 2);
}

#[test]
fn where_nobody_checks_the_list_a_member_makes_a_ghost_of_another() {
    each_seed("nobody-checks-the-list", |played| {
        let by_rule = |wanted: &str| {
            played.all(|it| matches!(&it.event, Event::Refused { rule, .. } if rule == wanted))
        };
        assert!(!by_rule("sender-is-participant").is_empty());
        assert!(!by_rule("message-sender-is-active").is_empty());
    });
}

#[test]
fn where_nobody_checks_who_enters_a_member_brings_in_a_ghost() {
    each_seed("nobody-checks-who-enters", |played| {
        let entered = |it: &Entry| it.node == "C1" && matches!(it.event, Event::Entered { .. });
        assert!(!played.all(entered).is_empty());
    });
}

#[test]
fn key_packages_that_were_kept_for_too_long_let_nobody_in() {
    refused_one_by_one("liar-with-old-keys", 1);
}

#[test]
fn of_ten_who_come_back_at_once_each_joins_once_and_nobody_goes_back() {
    each_seed("repair-ten-at-once", |played| {
        let joins = played.all(|it| accepts(it, Kind::ExternalCommit));
        let joiners = joins.iter().filter_map(|place| match &played.at(*place).event {
            Event::Accepted { client, .. } => client.clone(),
            _ => None,
        });
        let joiners: Vec<_> = joiners.collect();
        let different: BTreeSet<_> = joiners.iter().collect();
        assert_eq!(different.len(), joiners.len(), "nobody twice: {joiners:?}");
        assert!(joiners.len() >= 9, "{joiners:?}");
        assert_eq!(played.readers("we are all back").len(), 9);
    });
}

#[test]
fn a_lie_is_told_once_even_if_the_client_crashes_after_it() {
    let mut crashing = script("liar-requests", None);
    let kind = FaultKind::Crash { node: "M1".to_owned(), point: None };
    crashing.faults.push(Fault { at_ms: 9_000, for_ms: Some(500), kind });
    let played = play(&crashing);
    let begins = |it: &&Entry| matches!(it.event, Event::BehaviourBegan { .. });
    assert_eq!(played.run.entries.iter().filter(begins).count(), 8);
}

#[test]
fn a_server_that_proposes_a_client_is_refused_and_nobody_enters() {
    each_seed("follower-that-overreaches", |played| {
        let began = played.first("the proposal", |it| {
            it.node == "b.example" && matches!(it.event, Event::BehaviourBegan { .. })
        });
        let refused = played.first(
            "its refusal",
            |it| matches!(&it.event, Event::Refused { rule, .. } if rule == "servers-only-remove"),
        );
        assert!(began < refused);
        assert_eq!(played.readers("we are still two"), ["A1"]);
        assert_eq!(played.final_epochs().len(), 2);
    });
}

#[test]
fn who_leaves_neither_commits_nor_proposes_anything_else() {
    let holds = |played: &Played| {
        let lie = played.first("the lie", |it| matches!(it.event, Event::BehaviourBegan { .. }));
        let refused = played.first("the refusal", |it| {
            it.n > lie && matches!(&it.event, Event::Refused { rule, .. } if rule == "exiting-only-removes")
        });
        assert!(played.at(refused).at_ms < 10_000);
        assert_eq!(played.fate("s8000-M1"), Some(Fate::Done));
        played.assert_all_at_one_epoch(2);
    };
    each_seed("adversaries/commits-after-goodbye", holds);
    each_seed("adversaries/proposes-after-goodbye", holds);
}

#[test]
fn a_hub_adds_its_ghost_once_even_if_it_crashes_after_that() {
    let mut crashing = script("adversaries/hub-adds-ghost", None);
    let kind = FaultKind::Crash { node: "a.example".to_owned(), point: None };
    // C2's external commit comes after that: the ghost would be proposed again with it.
    crashing.faults.push(Fault { at_ms: 20_000, for_ms: Some(500), kind });
    let played = play(&crashing);
    let ghosts = played.run.entries.iter().filter(|it| match &it.event {
        Event::Accepted { kind: Kind::Proposals, change, .. } => !change.adds.is_empty(),
        _ => false,
    });
    assert_eq!(ghosts.count(), 1);
}
