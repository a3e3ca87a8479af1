//! Nodes that misbehave, and the canaries that show the oracle awake.

use schism::oracle::Outcome;
use schism::script::Script;

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
