//! What is said of tables that leave something to chance and are wrong: where, what, and what was
//! expected.

use super::tests::with;
use crate::scenario::{Scenario, render};

/// What is said of a file with these lines: what is wrong, and what was expected.
fn said(lines: &str) -> (String, String) {
    let problem = Scenario::read("random.toml", &with(lines), &[]).unwrap_err();
    let page = render(&problem);
    let label = page.lines().find_map(|line| line.split_once("╰── ")).map(|(_, label)| label);
    let first = page.lines().next().unwrap().trim().trim_start_matches("× random.toml:");
    (first.to_owned(), label.unwrap_or("nothing").to_owned())
}

macro_rules! says {
    ($($name:ident: $lines:literal, $what:literal, $expected:literal;)*) => {
        $(#[test]
        fn $name() {
            assert_eq!(said($lines), ($what.to_owned(), $expected.to_owned()));
        })*
    };
}

says! {
    a_misspelt_key_of_a_workload: "[workload]\nevry = \"1s\"",
        "4:1: unknown key `evry`",
        "expected one of duration, every, sensible, swarm, weights";
    an_unknown_operation: "[workload]\nweights = { send = 1, snd = 1 }",
        "4:23: unknown operation `snd`",
        "expected one of create, add, remove, invite, join, join-code, new-client, leave, \
         self-remove, remove-client, lose-client, kick, ban, unban, change-role, change-own-role, \
         change-policy, rename, update, send, burst, report-abuse, duel, consent, find-user, \
         asset, delete-account";
    weights_of_nothing: "[workload]\nweights = { send = 0 }",
        "4:11: there is nothing to draw from",
        "expected at least one operation that weighs something";
    a_weight_that_is_no_number: "[workload]\nweights = { send = \"often\" }",
        "4:20: `send` can't be a text",
        "expected a whole number from 0 to 1000";
    a_time_in_hours: "[workload]\nduration = \"24h\"",
        "4:12: `24h` is not a time",
        "expected a time such as \"250ms\", \"3s\" or \"2m\"";
    a_workload_that_is_too_much: "[workload]\nduration = \"60m\"\nevery = \"10ms..2s\"",
        "3:1: an operation every 10ms for 60m is too much",
        "expected at most 10000 operations";
    liars_of_nothing: "[workload]\n[liars]\nbehaviours = []",
        "5:14: there is nothing to draw from",
        "expected a list of behaviours such as [\"hub.equivocates\"]";
    an_unknown_family: "[workload]\n[storm]\nfamilies = [\"thunder\"]",
        "5:13: unknown family of faults `thunder`",
        "expected one of partition, partition-one-way, isolated-hub, split-followers, hold, delay, \
         lose-requests, lose-responses, repeat, crash, crash-at-point, rollback, offline, busy, \
         slow-disk, clock-step, clock-drift";
    no_family_at_all: "[workload]\n[storm]\nfamilies = []",
        "5:12: there is nothing to draw from",
        "expected a list of families such as [\"crash\", \"hold\"]";
    a_range_that_ends_before_it_begins: "[draw]\nusers = \"5..2\"",
        "4:9: `users` can't be `5..2`",
        "expected a number from 1 to 26, or a range such as \"1..26\"";
    a_number_out_of_range: "[draw]\nproviders = 9",
        "4:13: `providers` can't be 9",
        "expected a whole number from 1 to 8";
    a_range_that_is_none: "[storm]\nfaults = \"many\"",
        "4:10: `faults` can't be `many`",
        "expected a number from 0 to 10000, or a range such as \"0..10000\"";
    an_unknown_policy: "[draw]\npolicies = [\"strikt\"]",
        "4:13: unknown policy `strikt`",
        "expected one of cooperative, strict, moderated, multi-organisation";
    liars_in_nothing: "[liars]",
        "3:1: this lying comes where any room is never created",
        "expected a step that creates it before this";
    a_storm_over_nothing: "[storm]",
        "3:1: this storm comes where any room is never created",
        "expected a step that creates it before this";
    a_workload_without_a_room:
        "providers = [\"a.example\", \"b.example\"]\n\
         users.bob = { at = \"b.example\", clients = [\"B1\"] }\n\
         rooms.den = { hub = \"a.example\" }\n[workload]",
        "6:1: there is no room for this workload",
        "expected a room whose hub has a user who is not listed in it yet";
    a_step_before_the_room_that_the_workload_creates:
        "providers = [\"a.example\"]\nusers.al = { at = \"a.example\", clients = [\"A1\"] }\n\
         rooms.den = { hub = \"a.example\" }\n\
         steps = [{ at = \"5s\", who = \"A1\", do = \"update\" }]\n\
         [workload]",
        "6:40: the room `den` is never created",
        "expected only in a room that is there";
}
