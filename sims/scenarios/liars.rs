//! Nodes that misbehave, and the canaries that show the oracle awake.

use schism::oracle::Outcome;
use schism::script::Script;
use schism::trace::{Entry, Event, Fate};

use crate::each_seed;
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
