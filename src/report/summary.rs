//! What a run came to, as JSON: one object, on one line for stdout and spread out for the file.
//!
//! The object's fields, in this order, are an interface for programs. [`Found`] is what the trace
//! alone tells; [`Summary`] adds what was measured, and in the file what a reader needs who
//! finds it a year later.

use serde::{Deserialize, Serialize};

use crate::oracle::{Outcome, Verdict, Violation};
use crate::trace::{Digest, Entry, Figures, Header};

/// What a trace and its verdict tell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// The scenario's title.
    pub scenario: String,
    /// The seed of the run.
    pub seed: u64,
    /// The verdict's word.
    pub verdict: Outcome,
    /// All violations, the earliest first.
    pub violations: Vec<Violation>,
    /// SHA-256 of the trace in its written form, in hexadecimal digits.
    pub trace_sha256: String,
    /// Entries of the trace.
    pub events: u64,
    /// Commits accepted, over all rooms.
    pub epochs: u64,
    /// How often a client gave an application message to its user.
    pub messages_delivered: u64,
    /// Simulated seconds from the start of the run to its last entry.
    pub simulated_seconds: f64,
}

impl Found {
    /// Collects it; `hash` is that of the trace in its written form.
    pub fn of(header: &Header, entries: &[Entry], verdict: &Verdict, hash: Digest) -> Self {
        Self::counted(&header.scenario, header.seed, verdict, hash, &Figures::of(entries))
    }

    /// The same where the trace was counted already.
    pub fn counted(
        title: &str,
        seed: u64,
        verdict: &Verdict,
        hash: Digest,
        figures: &Figures,
    ) -> Self {
        Self {
            scenario: title.to_owned(),
            seed,
            verdict: verdict.verdict,
            violations: verdict.violations.clone(),
            trace_sha256: hex::encode(hash.0),
            events: figures.events,
            epochs: figures.epochs,
            messages_delivered: figures.messages_delivered,
            simulated_seconds: figures.simulated_seconds(),
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// What its trace tells.
    #[serde(flatten)]
    pub found: Found,
    /// Seconds of wall time that the run took.
    pub wall_seconds: f64,
    /// Seconds of these that were spent inside MLS operations.
    pub mls_seconds: f64,
}

impl Summary {
    /// One line for stdout, with its line break.
    ///
    /// # Errors
    /// None that plain data can have; they are handed on all the same.
    pub fn line(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// The text of `summary.json`. `why` is the verdict's sentence, `command` makes the run again.
    ///
    /// # Errors
    /// None that plain data can have; they are handed on all the same.
    pub fn file(&self, why: &str, command: &str) -> serde_json::Result<String> {
        let version = env!("CARGO_PKG_VERSION");
        let commit = option_env!("SCHISM_COMMIT");
        let reproducible = cfg!(target_os = "linux");
        let filed = Filed { summary: self, why, version, commit, reproducible, command };
        Ok(serde_json::to_string_pretty(&filed)? + "\n")
    }
}

/// What only the file has.
#[derive(Serialize)]
struct Filed<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    /// The verdict in one sentence.
    why: &'a str,
    /// Schism's version.
    version: &'a str,
    /// The source commit, where the build was told it in `SCHISM_COMMIT`.
    commit: Option<&'a str>,
    /// Whether the same seed is promised to give the same bytes again: on Linux only.
    reproducible: bool,
    /// What makes the run again.
    command: &'a str,
}

/// What of a stored summary can be held against a fresh verdict.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Stored {
    /// The verdict's word.
    pub verdict: Outcome,
    /// SHA-256 of the trace, in hexadecimal digits.
    pub trace_sha256: String,
}

impl Stored {
    /// Reads the text of a `summary.json`.
    ///
    /// # Errors
    /// When it is not JSON, or lacks one of the two fields.
    pub fn read(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// In what `found` is something else, in words.
    pub fn differences(&self, found: &Found) -> Vec<String> {
        let mut differences = Vec::new();
        if self.verdict != found.verdict {
            let (stored, now) = (self.verdict.word(), found.verdict.word());
            differences.push(format!("the verdict is {now}, summary.json says {stored}"));
        }
        if self.trace_sha256 != found.trace_sha256 {
            let (stored, now) = (&self.trace_sha256, &found.trace_sha256);
            differences.push(format!("the trace has SHA-256 {now}, summary.json says {stored}"));
        }
        differences
    }
}

/// The command that makes the run again, as the text of a `summary.json` has it.
pub fn command_of(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(value.get("command")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn summary() -> Summary {
        let (header, entries, verdict) =
            (testing::header(), testing::clubhouse(), testing::verdict());
        let found = Found::of(&header, &entries, &verdict, Digest::of(b"trace"));
        Summary { found, wall_seconds: 0.9, mls_seconds: 0.25 }
    }

    #[test]
    fn the_object_on_stdout_is_one_line_with_its_fields_in_order() {
        let line = summary().line().unwrap();
        assert_eq!(line.find('\n'), Some(line.len() - 1));
        let spread = line.trim_end().replace(",\"", ",\n\"");
        insta::assert_snapshot!(spread, @r#"
        {"scenario":"A small clubhouse, made by hand",
        "seed":7,
        "verdict":"liveness",
        "violations":[{"invariant":"nobody_stuck",
        "at":45000,
        "event":92,
        "why":"A2 wanted to update its keys at 13.000 s, and 32.0 s later that had not come to an end; the hub was at epoch 4, and A2 had no request under way"}],
        "trace_sha256":"eafe895eb8119e6e5d06463590b2ef81b3651c157d5c8e18f1889186c7fd0ac0",
        "events":92,
        "epochs":4,
        "messages_delivered":20,
        "simulated_seconds":45.0,
        "wall_seconds":0.9,
        "mls_seconds":0.25}
        "#);
    }

    #[test]
    fn the_file_has_the_same_fields_and_then_its_own() {
        let file = summary().file("One intent.", "schism run x.toml --seed 7").unwrap();
        let names: Vec<&str> =
            file.lines().filter_map(|line| line.strip_prefix("  \"")?.split('"').next()).collect();
        insta::assert_snapshot!(names.join("\n"), @"
        scenario
        seed
        verdict
        violations
        trace_sha256
        events
        epochs
        messages_delivered
        simulated_seconds
        wall_seconds
        mls_seconds
        why
        version
        commit
        reproducible
        command
        ");
    }

    #[test]
    fn a_stored_summary_that_says_something_else_is_told_apart() {
        let summary = summary();
        let file = summary.file("why", "command").unwrap();
        let mut stored = Stored::read(&file).unwrap();
        assert_eq!(stored.differences(&summary.found), Vec::<String>::new());
        stored.verdict = Outcome::AsExpected;
        stored.trace_sha256 = "00".into();
        let differences = stored.differences(&summary.found);
        assert_eq!(differences[0], "the verdict is liveness, summary.json says as_expected");
        assert!(differences[1].ends_with("summary.json says 00"), "{differences:?}");
    }
}
