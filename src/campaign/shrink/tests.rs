//! Failures made small, each really played.

use std::time::Duration;

use super::*;

const OFF: &str = "\"clients-leave-with-user\"";

/// Two rooms at three providers. In one of them a liar takes somebody off the list, and leaves the
/// clients inside; without the rule that stands against it, nothing else matters.
fn failing(expect: &str, without: &str) -> Script {
    let text = format!(
        "title = \"t\"\nwhy = \"w\"\nseed = 3\nrest = \"2s\"\nprotocol.without = [{without}]\n\
         expect.violates = [{expect}]\n\
         providers = [\"a.example\", \"b.example\", \"c.example\"]\n\
         users.alice = {{ at = \"a.example\", clients = [\"A1\", \"A2\"] }}\n\
         users.bob = {{ at = \"b.example\", clients = [\"B1\", \"B2\"] }}\n\
         users.carol = {{ at = \"c.example\", clients = [\"C1\"] }}\n\
         users.dave = {{ at = \"b.example\", clients = [\"D1\"] }}\n\
         rooms.hall = {{ hub = \"a.example\", max_users = 20 }}\n\
         rooms.side = {{ hub = \"b.example\" }}\n\
         steps = [\n\
         {{ at = \"1s\", who = \"A1\", do = \"create\", room = \"hall\" }},\n\
         {{ at = \"2s\", who = \"B1\", do = \"create\", room = \"side\" }},\n\
         {{ at = \"3s\", who = \"A1\", do = \"add\", user = \"bob\", room = \"hall\" }},\n\
         {{ at = \"5s\", who = \"A1\", do = \"add\", user = \"carol\", room = \"hall\" }},\n\
         {{ at = \"6s\", who = \"B1\", do = \"add\", user = \"dave\", room = \"side\" }},\n\
         {{ at = \"8s\", who = \"A1\", do = \"send\", room = \"hall\", text = \"hi\", every = \"1s\",\n\
         times = 9 }},\n\
         {{ at = \"20s\", who = \"D1\", do = \"update\", room = \"side\" }}]\n\
         faults = [{{ at = \"7s\", for = \"9s\", fault = \"offline\", node = \"B2\" }},\n\
         {{ at = \"9s\", for = \"1s\", fault = \"crash\", node = \"c.example\" }}]\n\
         misbehaviour = [{{ at = \"25s\", node = \"A1\", behaviour = \"client.breaks-rule\",\n\
         room = \"hall\", rule = \"clients-leave-with-user\", user = \"carol\" }}]\n"
    );
    let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    scenario::read("t", &text, None, &rules)
        .unwrap_or_else(|it| panic!("{}", scenario::render(&it)))
}

fn minute() -> Effort {
    Effort { patience: Duration::from_secs(60), budget: Duration::from_secs(60) }
}

#[test]
fn what_is_left_is_what_the_failure_needs() {
    let script = failing("", OFF);
    let mut parts = Vec::new();
    let shrunk = shrink(&script, minute(), &mut |part, _| parts.push(part.to_owned())).unwrap();
    let small = &shrunk.script;
    assert_eq!(shrunk.case.invariant.as_deref(), Some("add_leave_order"));
    assert!(!shrunk.out_of_budget && shrunk.runs > 10);
    // To create the room, to add somebody and to lie.
    assert_eq!((count_lines(&script), count_lines(small)), (18, 3));
    assert_eq!(small.rooms.keys().collect::<Vec<_>>(), ["hall"]);
    assert_eq!(small.rooms["hall"].charter.max_users, None);
    assert_eq!(small.users.keys().collect::<Vec<_>>(), ["alice", "carol"]);
    assert_eq!(small.users["alice"].clients.len(), 1);
    assert_eq!((small.providers.len(), small.faults.len()), (1, 0));
    assert_eq!((small.seed, small.misbehaviour[0].at_ms), (3, 3_000));
    assert_eq!(parts[..2], ["lines", "users"]);
}

#[test]
fn a_run_that_fails_by_what_is_missing_is_not_made_smaller() {
    let shrunk = |script: Script| shrink(&script, minute(), &mut |_, _| {}).map(|_| ());
    let fine = shrunk(failing("", "")).unwrap_err();
    assert!(matches!(fine, NothingToShrink::Fine(_)), "{fine}");
    let silent = shrunk(failing("\"agreement\"", "")).unwrap_err();
    assert_eq!(silent, NothingToShrink::Missing("expected_violation_missing"));
}

#[test]
fn without_any_time_everything_stays_and_that_is_said() {
    let script = failing("", OFF);
    let effort = Effort { budget: Duration::ZERO, ..minute() };
    let shrunk = shrink(&script, effort, &mut |_, _| {}).unwrap();
    assert_eq!((&shrunk.script, shrunk.runs, shrunk.out_of_budget), (&script, 0, true));
}

#[test]
fn what_hangs_still_has_to_hang() {
    let script = failing("", "");
    let effort = Effort { patience: Duration::ZERO, ..minute() };
    let shrunk = shrink(&script, effort, &mut |_, _| {}).unwrap();
    assert_eq!(shrunk.case.ended.word(), "hang");
    assert_eq!(count_lines(&shrunk.script), 0, "any run hangs where none may take time");
}
