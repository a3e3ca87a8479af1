//! Commits: accepted, refused, and how often somebody had to try.

use std::collections::BTreeMap;

use super::epochs::is_commit;
use super::observed::Observed;
use crate::trace::{Entry, Event, Fate};

/// The end of what a request with a commit is about; before it stands the wish.
const COMMIT: &str = " commit";

pub(super) fn accepted(run: &Observed<'_>) -> Option<f64> {
    Some(run.work().filter(|entry| is_commit(entry)).count() as f64)
}

pub(super) fn refused(run: &Observed<'_>) -> Option<f64> {
    let is_refused = |entry: &&Entry| {
        let asked = entry.cause.and_then(|cause| run.at(cause));
        matches!(entry.event, Event::Refused { .. })
            && asked.is_some_and(|asked| commit_for(asked).is_some())
            && entry.node != "world"
            && is_hub(entry)
    };
    Some(run.work().filter(is_refused).count() as f64)
}

/// Whether the room that was refused something is the server's own.
fn is_hub(entry: &Entry) -> bool {
    match &entry.event {
        Event::Refused { room: Some(room), .. } => entry.node == room.provider().as_str(),
        _ => false,
    }
}

pub(super) fn retried(run: &Observed<'_>) -> Option<f64> {
    Some(attempts(run).values().map(|tries| (tries - 1) as f64).sum())
}

pub(super) fn attempts_mean(run: &Observed<'_>) -> Option<f64> {
    let done = done(run);
    let all = done.iter().map(|(_, tries)| tries).sum::<u64>();
    (!done.is_empty()).then(|| all as f64 / done.len() as f64)
}

pub(super) fn attempts_max(run: &Observed<'_>) -> Option<f64> {
    done(run).iter().map(|(_, tries)| *tries).max().map(|most| most as f64)
}

pub(super) fn attempts_first(run: &Observed<'_>) -> Option<f64> {
    done(run).iter().min_by_key(|(client, _)| *client).map(|(_, tries)| *tries as f64)
}

/// The wish for which a client sends a commit.
fn commit_for(entry: &Entry) -> Option<&str> {
    match &entry.event {
        Event::Request { about, .. } => about.strip_suffix(COMMIT),
        _ => None,
    }
}

/// How many requests with a commit each wish took. Only those of the clients count, not those by
/// which a follower hands them on.
fn attempts<'a>(run: &Observed<'a>) -> BTreeMap<&'a str, u64> {
    let mut attempts = BTreeMap::new();
    for entry in run.work().filter(|entry| run.user_of(&entry.node).is_some()) {
        if let Some(wish) = commit_for(entry) {
            *attempts.entry(wish).or_default() += 1;
        }
    }
    attempts
}

/// The same of those wishes that were done, with the client whose wish it was.
fn done<'a>(run: &Observed<'a>) -> Vec<(&'a str, u64)> {
    let attempts = attempts(run);
    let tries = |entry: &'a Entry| match &entry.event {
        Event::IntentEnded { intent, fate: Fate::Done, .. } => {
            Some((&*entry.node, attempts.get(&**intent).copied()?))
        }
        _ => None,
    };
    run.work().filter_map(tries).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Tape, measured};

    #[test]
    fn a_commit_that_lost_once_is_accepted_refused_and_retried_once() {
        let mut tape = Tape::new();
        tape.hub(100, 0, &["A1", "B1"]);
        tape.request(200, "A1", "client/update", "w1 commit", 900).accepted(210, 0, &[], &[]);
        tape.ended(220, "A1", "w1");
        tape.request(205, "B1", "client/update", "w2 commit", 900).refused(215);
        tape.request(230, "B1", "client/update", "w2 commit", 900).accepted(240, 1, &[], &[]);
        tape.ended(250, "B1", "w2");
        let all = ["commits_accepted", "commits_refused", "commits_retried", "attempts_max"];
        assert_eq!(all.map(|id| measured(id, &tape)), [2.0, 1.0, 1.0, 2.0].map(Some));
        assert_eq!(measured("attempts_mean", &tape), Some(1.5));
        assert_eq!(measured("attempts_first", &tape), Some(1.0), "of A1");
    }

    #[test]
    fn what_the_probe_does_is_no_work() {
        let mut tape = Tape::new();
        tape.hub(100, 0, &["A1"]).phase(200, "probe");
        tape.request(300, "A1", "client/update", "p1 commit", 900).accepted(310, 0, &[], &[]);
        assert_eq!(measured("commits_accepted", &tape), Some(0.0));
        assert_eq!(measured("attempts_mean", &tape), None);
    }
}
