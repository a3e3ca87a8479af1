//! Same seed, same bytes: in one process, in two, whatever ran before and whatever surrounds it.
//!
//! Equal traces mean equal MLS bytes: a trace holds a hash of every body and every epoch's
//! authenticator. Faults are on in what is played here, since they are where chance enters.

// Clippy knows tests by their attribute, and takes what they share for something else.
#![allow(clippy::unwrap_used)]

mod playing;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use playing::{play, script};
use schism::trace::Digest;

const WITH_FAULTS: [&str; 3] = ["lost-response", "hub-crash-after-accept", "client-from-backup"];

fn trace_hash(name: &str, seed: u64) -> Digest {
    play(&script(name, Some(seed))).trace_sha256
}

#[test]
fn a_seed_gives_the_same_trace_whatever_ran_before_it() {
    let first: Vec<_> = WITH_FAULTS.iter().map(|name| trace_hash(name, 7)).collect();
    let again: Vec<_> = WITH_FAULTS.iter().rev().map(|name| trace_hash(name, 7)).collect();
    assert!(first.iter().eq(again.iter().rev()), "{first:?} and then {again:?}");
}

#[test]
fn runs_on_several_threads_do_not_touch_each_other() {
    let alone = trace_hash("lost-response", 3);
    let others = ["clubhouse", "lost-response", "new-client-races-a-commit"];
    let together: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = others.iter().map(|name| scope.spawn(|| trace_hash(name, 3))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(together[1], alone);
}

#[test]
fn seeds_differ() {
    for name in ["clubhouse", "hub-crash-after-accept", "client-crash-with-pending-commit"] {
        let hashes: BTreeSet<_> = (0..4).map(|seed| trace_hash(name, seed)).collect();
        assert_eq!(hashes.len(), 4, "{name}: of four seeds, two gave the same trace");
    }
}

/// What a process of its own, started like this, leaves as the trace of a scenario.
fn trace_of_child(name: &str, seed: u64, place: &Path, prepare: impl Fn(&mut Command)) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_schism"));
    child.current_dir(root).arg("run").arg(format!("scenarios/{name}.toml"));
    child.args(["--seed", &seed.to_string(), "--out"]).arg(place);
    prepare(&mut child);
    let done = child.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    fs::read_to_string(trace_in(place)).unwrap()
}

/// The one trace below a folder.
fn trace_in(place: &Path) -> PathBuf {
    let mut folder = place.to_owned();
    while !folder.join("trace.jsonl").exists() {
        folder = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    }
    folder.join("trace.jsonl")
}

fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("determinism").join(name);
    let _ = fs::remove_dir_all(&place);
    place
}

fn assert_same_lines(one: &str, other: &str) {
    assert!(one.lines().count() > 100);
    for (number, (one, other)) in one.lines().zip(other.lines()).enumerate() {
        assert_eq!(one, other, "line {}", number + 1);
    }
    assert_eq!(one, other, "one trace is longer");
}

/// Two children that have little in common but the scenario and the seed.
fn two_processes_agree(name: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let one = trace_of_child(name, 7, &place(&format!("{name} one")), |_| ());
    let other = trace_of_child(name, 7, &place(&format!("{name} another")), |child| {
        child.env_clear().env("TZ", "Asia/Kathmandu").env("LANG", "tr_TR.UTF-8");
        child.env("TOKIO_WORKER_THREADS", "7").env("RAYON_NUM_THREADS", "5");
        child.current_dir(root).args(["--log", "debug", "--format", "json"]);
    });
    assert_same_lines(&one, &other);
}

#[test]
fn two_processes_play_the_clubhouse_line_by_line_the_same() {
    two_processes_agree("clubhouse");
}

#[test]
fn two_processes_reorder_the_same_messages_in_the_same_way() {
    two_processes_agree("reordered-fanout");
}

#[test]
fn two_processes_crash_the_hub_at_the_same_event() {
    two_processes_agree("hub-crash-after-accept");
}

#[test]
fn a_process_and_a_thread_of_this_one_agree_wherever_they_stand() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/clubhouse.toml");
    let place = place("elsewhere");
    fs::create_dir_all(&place).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_schism"));
    child.current_dir(&place).arg("run").arg(file).args(["--seed", "7", "--out", "here"]);
    assert!(child.output().unwrap().status.success());
    let elsewhere = fs::read_to_string(trace_in(&place.join("here"))).unwrap();
    assert_same_lines(&elsewhere, &play(&script("clubhouse", Some(7))).trace);
}
