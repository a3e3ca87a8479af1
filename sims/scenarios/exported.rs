//! Stored runs, as others read them: explained in words, for Perfetto, as a Mermaid diagram.

use std::collections::{BTreeMap, BTreeSet};

use schism::report::{Explainer, Paint, explained, mermaid, perfetto};
use schism::trace::{Event, read};
use serde_json::Value;

use crate::once;
use crate::played::Played;

/// A split, a poison, and a crash.
const RUNS: [&str; 3] =
    ["two-forks", "adversaries/poisoned-path-without-a-way-back", "hub-crash-after-accept"];

/// What is said of the first violation; of a run without one, of the first epoch that somebody
/// comes into once a node that crashed runs again.
fn said_of(played: &Played) -> String {
    let (header, entries) = read(&played.0.trace).unwrap();
    let explainer = Explainer::of(&header, &entries);
    let explanation = explainer.violations(&played.0.verdict).into_iter().next();
    let explanation = explanation.unwrap_or_else(|| {
        let restart = played.first("a restart", |it| matches!(it.event, Event::Restarted { .. }));
        let entered = played.first("an epoch after it", |it| {
            it.n > restart && matches!(it.event, Event::Entered { .. })
        });
        explainer.event(entered).unwrap()
    });
    explained(&[explanation], Paint::plain())
}

#[test]
fn a_split_is_explained_from_the_lie_to_both_sides() {
    once(RUNS[0], None, |played| {
        insta::assert_snapshot!(said_of(played), @r"
    agreement
      in clubhouse, A1 and C1 are split at epoch 4: epoch authenticator 0ef594b0 against 2bb181a0
      a.example misbehaves from 10.120 s on: hub.equivocates

      10.000 s  B1         updates its keys in clubhouse (done in 0.220 s)
      10.000 s  C1         updates its keys in clubhouse (done in 0.160 s)
      10.120 s  a.example  begins to misbehave: hub.equivocates
      10.120 s  a.example  clubhouse is at epoch 4: C1 updated its keys
      10.160 s  C1         enters epoch 4 of clubhouse by its own commit, with 6 members
      10.180 s  a.example  clubhouse is at epoch 4: B1 updated its keys
      10.200 s  A1         enters epoch 4 of clubhouse by somebody's commit, with 6 members
    ")
    });
}

#[test]
fn a_poison_is_explained_from_who_spoilt_it_to_who_could_not_follow() {
    once(RUNS[1], None, |played| {
        insta::assert_snapshot!(said_of(played), @r"
    convergence
      in vault, C1 is at epoch 3 while the hub is at 4; it has processed no commit
      M1 misbehaves from 8.000 s on: client.poisons-path

      8.000 s  M1         begins to misbehave: client.poisons-path
      8.180 s  a.example  vault is at epoch 4: M1 updated its keys
      8.200 s  C1         rejects a message of vault, by the rule mls: The received update path and the
                          derived nodes are not identical.
    ")
    });
}

#[test]
fn what_comes_after_a_crash_is_explained_by_the_wish_before_it() {
    once(RUNS[2], None, |played| {
        insta::assert_snapshot!(said_of(played), @r"
    event
      B1 enters epoch 4 of clubhouse by somebody's commit, with 4 members

       8.000 s  C1         updates its keys in clubhouse (done in 4.360 s)
       8.160 s  a.example  clubhouse is at epoch 4: C1 updated its keys
      12.360 s  B1         enters epoch 4 of clubhouse by somebody's commit, with 4 members
    ")
    });
}

/// What each thread of a Chrome trace has: slices by their begin and end.
fn slices(exported: &Value) -> BTreeMap<(u64, u64), Vec<(u64, u64)>> {
    let mut threads: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let number = |event: &Value, key: &str| event[key].as_u64().unwrap();
    for event in exported["traceEvents"].as_array().unwrap() {
        if event["ph"] == "X" {
            let (begin, length) = (number(event, "ts"), number(event, "dur"));
            let thread = (number(event, "pid"), number(event, "tid"));
            threads.entry(thread).or_default().push((begin, begin + length));
        }
    }
    threads
}

#[test]
fn slices_of_one_thread_do_not_overlap() {
    for run in RUNS {
        once(run, None, |played| {
            let (header, entries) = read(&played.0.trace).unwrap();
            let text = perfetto(&header, &entries).unwrap();
            let exported: Value = serde_json::from_str(&text).unwrap();
            let threads = slices(&exported);
            assert!(threads.keys().any(|(_, thread)| *thread > 10_000), "nothing is ever at once");
            for (thread, mut slices) in threads {
                slices.sort_unstable();
                for pair in slices.windows(2) {
                    assert!(pair[0].1 <= pair[1].0, "{run}, {thread:?}: {pair:?}");
                }
            }
            let counts = |it: &&Value| it["ph"] == "C" && it["args"]["items"].is_u64();
            assert!(exported["traceEvents"].as_array().unwrap().iter().any(|it| counts(&it)));
        });
    }
}

/// Reads a sequence diagram by as much of Mermaid's grammar as is used; the first line that does
/// not fit is the error.
fn parsed(diagram: &str) -> Result<usize, String> {
    let (mut known, mut in_box, mut drawn) = (BTreeSet::new(), false, 0);
    let mut lines = diagram.lines();
    if lines.next() != Some("sequenceDiagram") {
        return Err("it begins otherwise".into());
    }
    for line in lines.map(str::trim) {
        let wrong = || Err(line.to_owned());
        if line.replace("#59;", "").replace("#35;", "").contains([';', '#']) {
            return wrong();
        }
        if let Some(title) = line.strip_prefix("box ") {
            if in_box || title.is_empty() || drawn > 0 {
                return wrong();
            }
            in_box = true;
        } else if line == "end" {
            if !in_box {
                return wrong();
            }
            in_box = false;
        } else if let Some(who) = line.strip_prefix("participant ") {
            match who.split_once(" as ") {
                Some((name, label)) if in_box && !label.is_empty() && !name.contains(' ') => {
                    known.insert(name);
                }
                _ => return wrong(),
            }
        } else {
            let Some((ends, text)) = line.split_once(": ") else { return wrong() };
            let ends: Vec<_> = match ends.strip_prefix("Note over ") {
                Some(over) => over.split(',').collect(),
                None => match ends.split_once("->>").or_else(|| ends.split_once("-x")) {
                    Some((from, to)) => vec![from, to],
                    None => return wrong(),
                },
            };
            if in_box || text.trim().is_empty() || !ends.iter().all(|it| known.contains(it)) {
                return wrong();
            }
            drawn += 1;
        }
    }
    if in_box { Err("a box stays open".into()) } else { Ok(drawn) }
}

#[test]
fn each_line_of_a_diagram_fits_the_grammar() {
    for run in RUNS {
        once(run, None, |played| {
            let (header, entries) = read(&played.0.trace).unwrap();
            let diagram = mermaid(&header, &entries, &played.0.verdict);
            assert!(
                parsed(&diagram).is_ok_and(|drawn| drawn > 20),
                "{run}: {:?}",
                parsed(&diagram)
            );
        });
    }
    let good = "sequenceDiagram\nbox a\nparticipant n1 as A1\nend\nn1->>n1: x\n";
    assert_eq!(parsed(good), Ok(1));
    for (right, wrong) in
        [("n1->>n1", "n1->>n2"), ("end\n", ""), (": x", ": a;b"), (": x", ""), ("n1 as", "n 1 as")]
    {
        assert!(parsed(&good.replace(right, wrong)).is_err(), "{wrong}");
    }
}
