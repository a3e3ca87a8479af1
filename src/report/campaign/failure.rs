//! The folder of a failure: all that it takes to look at it, to play it again and to shrink it.
//!
//! `script.toml` is what was played, a scenario with nothing left to chance; `trace.jsonl` and
//! `summary.json` are as `schism run` leaves them, where the run came to an end; `failure.json`
//! says what makes it like others, where it comes from and how to see it again.

use serde::{Deserialize, Serialize};

use super::super::summary::{Found, Summary};
use crate::campaign::{Case, Ended, Fingerprint};

/// `failure.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureNote {
    /// The scenario that it was found with.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// How the case ended: a verdict's word, or `panic`, `hang`, `broken`, `not_deterministic`.
    pub ended: String,
    /// The invariant that the verdict rests on.
    pub invariant: Option<String>,
    /// What happened, in a sentence.
    pub why: String,
    /// What failures of one kind have in common.
    pub fingerprint: String,
    /// What the fingerprint is made of.
    pub alike: String,
    /// SHA-256 of the trace, in hexadecimal digits.
    pub trace_sha256: Option<String>,
    /// Schism's version.
    pub version: String,
    /// The source commit that it was found at, where that is known.
    pub commit: Option<String>,
    /// What plays it again.
    pub command: String,
}

impl FailureNote {
    /// Of a case that failed. `command` plays it again.
    pub fn of(case: &Case, commit: Option<&str>, command: &str) -> Self {
        let fingerprint = case.fingerprint.as_ref();
        Self {
            scenario: case.scenario.clone(),
            seed: case.seed,
            ended: case.ended.word().to_owned(),
            invariant: case.invariant.clone(),
            why: case.ended.why(),
            fingerprint: fingerprint.map(Fingerprint::to_string).unwrap_or_default(),
            alike: fingerprint.map(|it| it.of.clone()).unwrap_or_default(),
            trace_sha256: case.trace.as_ref().map(|(hash, _)| hex::encode(hash.0)),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: commit.map(str::to_owned),
            command: command.to_owned(),
        }
    }

    /// Reads the text of a `failure.json`.
    ///
    /// # Errors
    /// When it is not one.
    pub fn read(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

/// The files of a failure's folder, by name.
///
/// # Errors
/// None that plain data can have; they are handed on all the same.
pub fn failure_files(
    case: &Case,
    commit: Option<&str>,
    command: &str,
) -> serde_json::Result<Vec<(&'static str, String)>> {
    let note = FailureNote::of(case, commit, command);
    let mut files = vec![
        ("script.toml", case.script_text.clone()),
        ("failure.json", serde_json::to_string_pretty(&note)? + "\n"),
    ];
    if let (Ended::Judged(verdict), Some((hash, trace))) = (&case.ended, &case.trace) {
        let found = Found::counted(&case.title, case.seed, verdict, *hash, &case.figures);
        let summary = Summary { found, wall_seconds: case.wall_seconds, mls_seconds: 0.0 };
        files.push(("summary.json", summary.file(&verdict.why, command)?));
        files.push(("trace.jsonl", trace.clone()));
    }
    Ok(files)
}
