//! What an author is told: every check has its message, and each can be seen to fire.
//!
//! Each test breaks one thing in a file that reads well. Here are whole pages, and what is said of
//! the catalogues; what is wrong and what was expected stands in `lines`, for each check.

mod lines;

use super::{read, render};
use crate::script::{Form, ids};

const FILE: &str = r#"title = "A room"
why = "To be broken."

providers = ["a.example", "b.example", "c.example"]
users.alice = { at = "a.example", clients = ["A1", "A2"] }
users.bob = { at = "b.example", clients = ["B1"], new_clients = ["B2"] }
rooms.clubhouse = { hub = "a.example" }

steps = [
    { at = "1s", who = "A1", do = "create", room = "clubhouse" },
    { at = "2s", who = "A1", do = "add", user = "bob" },
    { at = "3s", who = "B1", do = "send", text = "hello" },
    { at = "4s", who = "B2", do = "join" },
]

faults = [
    { at = "5s", for = "10s", fault = "partition", between = ["a.example", "b.example"] },
]

misbehaviour = [
    { at = "9s", node = "a.example", behaviour = "hub.equivocates", side = ["b.example"] },
]

[expect]
violates = ["agreement"]
"#;

const RULES: &[&str] = &["one-commit-per-epoch", "cached-proposals-included"];

/// What is said of the file with `old` replaced by `new`.
fn broken(old: &str, new: &str) -> String {
    assert_eq!(FILE.matches(old).count(), 1, "{old}");
    let problem = read("room.toml", &FILE.replace(old, new), None, RULES).unwrap_err();
    render(&problem)
}

/// What is wrong and where, and what was expected: the first line and the label of what is said.
fn said(old: &str, new: &str) -> (String, String) {
    let page = broken(old, new);
    let label = page.lines().find_map(|line| line.split_once("╰── ")).map(|(_, label)| label);
    let first = page.lines().next().unwrap().trim().trim_start_matches("× room.toml:");
    (first.to_owned(), label.unwrap_or("nothing").to_owned())
}

#[test]
fn the_file_that_is_broken_here_reads_well() {
    let read = read("room.toml", FILE, None, RULES);
    assert!(read.is_ok(), "{}", render(&read.unwrap_err()));
}

#[test]
fn an_unknown_client_is_named_with_those_that_are_there() {
    insta::assert_snapshot!(broken(r#""3s", who = "B1""#, r#""3s", who = "B3""#), @r#"
     × room.toml:12:24: unknown client `B3`
       ╭─[room.toml]
    11 │     { at = "2s", who = "A1", do = "add", user = "bob" },
    12 │     { at = "3s", who = "B3", do = "send", text = "hello" },
       ·                        ──┬─
       ·                          ╰── expected one of A1, A2, B1, B2
    13 │     { at = "4s", who = "B2", do = "join" },
       ╰────
     help: did you mean `B1`?
    "#);
}

#[test]
fn a_file_that_is_not_toml_says_where() {
    insta::assert_snapshot!(broken(r#""A room""#, r#""A room"#), @r#"
     × room.toml:1:16: not TOML: invalid basic string, expected `"`
      ╭─[room.toml]
    1 │ title = "A room
      ·                ▲
      ·                ╰── here
    2 │ why = "To be broken."
      ╰────
    "#);
}

#[test]
fn a_misspelt_key_gets_the_nearest_one() {
    insta::assert_snapshot!(broken("faults = [", "fautls = ["), @r#"
     × room.toml:16:1: unknown key `fautls`
       ╭─[room.toml]
    15 │
    16 │ fautls = [
       · ───┬──
       ·    ╰── expected one of title, why, seed, rest, providers, users, rooms, network, protocol, steps, faults, misbehaviour, expect, draw, workload, storm, liars
    17 │     { at = "5s", for = "10s", fault = "partition", between = ["a.example", "b.example"] },
       ╰────
     help: did you mean `faults`?
    "#);
}

#[test]
fn a_misspelt_action_gets_the_nearest_one() {
    insta::assert_snapshot!(broken(r#"do = "send""#, r#"do = "snd""#), @r#"
     × room.toml:12:35: unknown action `snd`
       ╭─[room.toml]
    11 │     { at = "2s", who = "A1", do = "add", user = "bob" },
    12 │     { at = "3s", who = "B1", do = "snd", text = "hello" },
       ·                                   ──┬──
       ·                                     ╰── expected one of create, add, remove, send, rename, update, leave, join, report-abuse, invite, ban, unban, kick, change-role, change-own-role, remove-client, self-remove, re-add, reboot, change-policy, ask-consent, cancel-consent, grant-consent, revoke-consent, delete-account, find-user, upload, download
    13 │     { at = "4s", who = "B2", do = "join" },
       ╰────
     help: did you mean `send`?
    "#);
}

#[test]
fn an_action_lists_what_it_takes() {
    insta::assert_snapshot!(broken(r#"user = "bob" }"#, r#"user = "bob", text = "hi" }"#), @r#"
     × room.toml:11:56: `add` takes no `text`
       ╭─[room.toml]
    10 │     { at = "1s", who = "A1", do = "create", room = "clubhouse" },
    11 │     { at = "2s", who = "A1", do = "add", user = "bob", text = "hi" },
       ·                                                        ──┬─
       ·                                                          ╰── expected only at, who, do, room, user
    12 │     { at = "3s", who = "B1", do = "send", text = "hello" },
       ╰────
    "#);
}

#[test]
fn a_missing_parameter_is_marked_on_the_whole_step() {
    insta::assert_snapshot!(broken(r#", text = "hello""#, ""), @r#"
     × room.toml:12:5: a step has no `text`
       ╭─[room.toml]
    11 │     { at = "2s", who = "A1", do = "add", user = "bob" },
    12 │     { at = "3s", who = "B1", do = "send" },
       ·     ───────────────────┬──────────────────
       ·                        ╰── expected `text = …`, the text of the message
    13 │     { at = "4s", who = "B2", do = "join" },
       ╰────
    "#);
}

#[test]
fn a_client_as_the_end_of_a_link_is_pointed_to_offline() {
    insta::assert_snapshot!(broken(r#"["a.example", "b.example"] }"#, r#"["a.example", "B1"] }"#), @r#"
     × room.toml:17:76: the client `B1` can't be the end of a link
       ╭─[room.toml]
    16 │ faults = [
    17 │     { at = "5s", for = "10s", fault = "partition", between = ["a.example", "B1"] },
       ·                                                                            ──┬─
       ·                                                                              ╰── expected a provider, or `clients.` and a provider
    18 │ ]
       ╰────
     help: cut off a single client with `fault = "offline", node = …`
    "#);
}

#[test]
fn a_step_before_the_creation_is_told_when_the_room_is_there() {
    insta::assert_snapshot!(broken(r#"at = "2s""#, r#"at = "500ms""#), @r#"
     × room.toml:11:38: this comes before the room `clubhouse` is created
       ╭─[room.toml]
    10 │     { at = "1s", who = "A1", do = "create", room = "clubhouse" },
    11 │     { at = "500ms", who = "A1", do = "add", user = "bob" },
       ·                                      ──┬──
       ·                                        ╰── expected it after the `create` at 1s
    12 │     { at = "3s", who = "B1", do = "send", text = "hello" },
       ╰────
    "#);
}

#[test]
fn a_time_without_a_unit_is_shown_a_time() {
    insta::assert_snapshot!(broken(r#"at = "5s""#, "at = 5"), @r#"
     × room.toml:17:12: `at` can't be a whole number
       ╭─[room.toml]
    16 │ faults = [
    17 │     { at = 5, for = "10s", fault = "partition", between = ["a.example", "b.example"] },
       ·            ┬
       ·            ╰── expected a time such as "250ms", "3s" or "2m"
    18 │ ]
       ╰────
    "#);
}

#[test]
fn a_rule_that_is_not_known_is_named_with_those_that_are() {
    let with = "[protocol]\nwithout = [\"cached-proposals\"]\n[expect]";
    insta::assert_snapshot!(broken("[expect]", with), @r#"
     × room.toml:25:12: unknown rule `cached-proposals`
       ╭─[room.toml]
    24 │ [protocol]
    25 │ without = ["cached-proposals"]
       ·            ─────────┬────────
       ·                     ╰── expected one of one-commit-per-epoch, cached-proposals-included
    26 │ [expect]
       ╰────
    "#);
}

#[test]
fn a_missing_table_is_missing_at_the_end() {
    let problem = read("empty.toml", "", None, RULES).unwrap_err();
    insta::assert_snapshot!(render(&problem), @r#"
     × empty.toml:1:1: the file has no `title`
      ╭─[empty.toml]
    1 │
      · ▲
      · ╰── expected `title = …`, one line that says what this is
      ╰────
    "#);
}

#[test]
fn a_column_counts_characters() {
    let file = FILE.replace(r#"text = "hello""#, r#"text = "grüß dich", usr = 1"#);
    let problem = read("room.toml", &file, None, RULES).unwrap_err();
    let line = file.lines().nth(problem.line() - 1).unwrap();
    let rest: String = line.chars().skip(problem.column() - 1).collect();
    assert!(rest.starts_with("usr = 1"), "{rest}");
}

#[test]
fn of_several_problems_the_first_in_the_file_is_told() {
    let file = FILE.replace(r#"do = "send""#, r#"do = "sing""#).replace("\"join\"", "\"jump\"");
    let problem = read("room.toml", &file, None, RULES).unwrap_err();
    assert_eq!(problem.line(), 12);
    let file = file.replace("title = \"A room\"", "title = 3").replace("\"agreement\"", "\"x\"");
    assert_eq!(read("room.toml", &file, None, RULES).unwrap_err().line(), 1);
}

#[test]
fn all_that_the_catalogues_name_is_known_here() {
    let known = |old: &str, key: &str, id: &str| {
        let file = FILE.replace(old, &format!("{key} = \"{id}\""));
        let problem = read("room.toml", &file, None, RULES).err();
        let said = problem.map_or(String::new(), |problem| problem.to_string());
        assert!(!said.contains("unknown"), "{said}");
    };
    for id in ids::FAULTS {
        known("fault = \"partition\"", "fault", id);
    }
    for id in Form::ids() {
        known("behaviour = \"hub.equivocates\"", "behaviour", id);
    }
}

/// Not pinned to the letter: the catalogues grow.
#[test]
fn an_id_of_no_catalogue_is_refused_with_the_whole_catalogue() {
    for (old, new, kind, ids) in [
        ("agreement", "agrement", "invariant", ids::INVARIANTS),
        ("\"partition\"", "\"partitoin\"", "fault", ids::FAULTS),
        ("hub.equivocates", "hub.lies", "behaviour", &Form::ids()),
    ] {
        let (what, expected) = said(old, new);
        assert!(what.contains(&format!("unknown {kind} `{}`", new.trim_matches('"'))), "{what}");
        assert!(ids.iter().all(|id| expected.contains(id)), "{expected}");
    }
}

/// Nor this one: the registry may grow, too.
#[test]
fn a_capability_that_is_none_is_refused_with_the_registry() {
    let new = r#"clubhouse = { hub = "a.example", lacking = [{ role = "guest", capability = "canFly" }] }"#;
    let (what, expected) = said(r#"clubhouse = { hub = "a.example" }"#, new);
    assert_eq!(what, "7:82: unknown capability `canFly`");
    assert!(expected.starts_with("expected one of canAddParticipant, canRemoveParticipant,"));
}
