//! `results.csv`: one row a case, in the order of the cases.
//!
//! All columns but the last are the same whenever the same cases are played, whatever the machine
//! and the number of jobs.

use crate::campaign::{Case, Ended, Fingerprint};

/// The names of the columns.
pub const HEADINGS: [&str; 11] = [
    "scenario",
    "seed",
    "verdict",
    "invariant",
    "fingerprint",
    "trace_sha256",
    "events",
    "epochs",
    "messages",
    "simulated_seconds",
    "wall_seconds",
];

/// The row of a case. What a case that left no trace has none of stays empty.
pub fn row(case: &Case) -> [String; 11] {
    let played = matches!(case.ended, Ended::Judged(_) | Ended::Differed);
    let figure = |number: u64| if played { number.to_string() } else { String::new() };
    let hash = case.trace.as_ref().map(|(hash, _)| hex::encode(hash.0));
    let simulated = format!("{:.3}", case.figures.simulated_seconds());
    [
        case.scenario.clone(),
        case.seed.to_string(),
        case.ended.word().to_owned(),
        case.invariant.clone().unwrap_or_default(),
        case.fingerprint.as_ref().map(Fingerprint::to_string).unwrap_or_default(),
        hash.unwrap_or_default(),
        figure(case.figures.events),
        figure(case.figures.epochs),
        figure(case.figures.messages_delivered),
        if played { simulated } else { String::new() },
        format!("{:.3}", case.wall_seconds),
    ]
}
