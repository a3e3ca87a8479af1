//! What of a trace becomes a line, and in what words.

use super::super::testing::{Tape, adds, client, header, owner, room};
use super::*;
use crate::mimi::uri::ProviderName;

fn texts(tape: &Tape) -> Vec<String> {
    tell(&header(), &tape.0).into_iter().map(|line| line.text).collect()
}

#[test]
fn a_one_way_fault_keeps_its_direction_and_a_later_opposite_one_its_own_line() {
    let mut tape = Tape::default();
    let (a, b) = ("a.example".to_owned(), "b.example".to_owned());
    tape.add(1_000, "world", Event::Held { from: a.clone(), to: b.clone() });
    tape.add(2_000, "world", Event::Held { from: b, to: a });
    assert_eq!(
        texts(&tape),
        [
            "everything is held back from a.example to b.example",
            "everything is held back from b.example to a.example",
        ]
    );
}

#[test]
fn members_that_come_and_go_without_their_user_are_named_as_clients() {
    let mut tape = Tape::default();
    let change = Change { adds: vec![client("B2")], ..Change::default() };
    tape.accepted(1_000, Kind::Commit, 4, "A1", change.clone());
    tape.accepted(2_000, Kind::ExternalCommit, 5, "B2", change);
    tape.accepted(3_000, Kind::Commit, 6, "A1", adds("cathy", &["C1", "B1"]));
    assert_eq!(
        texts(&tape),
        [
            "clubhouse is at epoch 5: A1 added the clients B2",
            "clubhouse is at epoch 6: B2 joined",
            "clubhouse is at epoch 7: A1 added cathy (C1), added the clients B1",
        ]
    );
}

#[test]
fn a_commit_that_changes_the_rules_is_told_as_that_and_not_as_new_keys() {
    let mut tape = Tape::default();
    let policy = |part: &str| DeedKind::ChangePolicy { part: part.into() };
    let senders = DeedKind::Other { name: "external senders".into() };
    let add = DeedKind::AddClient { client: client("B2"), of: owner("B2") };
    let (member, server) = (
        Author::Client { client: client("A1"), user: owner("A1") },
        Author::Server(ProviderName::new("b.example").unwrap()),
    );
    let adds = Change { adds: vec![client("B2")], ..Change::default() };
    for (by, kind, change, what) in [
        (&member, Kind::Commit, Change::default(), vec![policy("roles"), policy("base")]),
        (&member, Kind::Commit, Change::default(), vec![DeedKind::Other { name: "Update".into() }]),
        (&server, Kind::Proposals, Change::default(), vec![senders]),
        (&server, Kind::Proposals, adds, vec![add]),
    ] {
        tape.accepted(1_000, kind, 4, "A1", change);
        if let Some(Event::Accepted { deeds, .. }) = tape.0.last_mut().map(|it| &mut it.event) {
            let deed = |what| Deed { by: by.clone(), referenced: false, what };
            deeds.extend(what.into_iter().map(deed));
        }
    }
    assert_eq!(
        texts(&tape),
        [
            "clubhouse is at epoch 5: A1 changed the base policy, changed the roles",
            "clubhouse is at epoch 5: A1 updated its keys",
            "the server b.example proposes for clubhouse: changed the external senders",
            "the server b.example proposes for clubhouse: added the clients B2",
        ]
    );
}

#[test]
fn probes_and_requests_are_left_out() {
    let mut tape = Tape::default();
    tape.request(None, 1_000, "A1", "a.example");
    let (intent, wish, object) = ("p1".into(), "send".into(), "probe".into());
    tape.add(2_000, "A1", Event::Intent { intent, room: room(), wish, object, probe: true });
    assert_eq!(texts(&tape), [""; 0]);
}

#[test]
fn a_cause_that_leads_nowhere_or_in_a_circle_names_no_one_and_ends() {
    for cause in [0, 1, 2, 99, u64::MAX] {
        let mut tape = Tape::default();
        tape.request(Some(1), 1_000, "A1", "a.example");
        let refused = Event::Refused {
            room: None,
            endpoint: "update".into(),
            rule: "body-is-well-formed".into(),
            code: "400".into(),
            why: String::new(),
            digest: None,
            judged: None,
        };
        tape.because(Some(cause), 1_100, "a.example", refused);
        assert_eq!(texts(&tape).len(), 1);
    }
}
