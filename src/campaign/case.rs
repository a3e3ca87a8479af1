//! One case of a campaign: what a seed makes of a scenario, played, judged and counted.
//!
//! A case never takes the campaign down with it. It is played on a thread of its own; a panic there
//! is how the case ended, and so is a run that takes longer, in wall time, than it may. (Such a
//! thread can't be stopped: it is left behind, and ends with the process.)

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::coverage::Coverage;
use super::fingerprint::Fingerprint;
use super::one::{Judged, play_and_judge};
use crate::oracle::{Outcome, Verdict};
use crate::script::Script;
use crate::trace::{Digest, Figures};
use crate::world::{Options, PlayError};

/// A scenario with a seed, and what came of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The scenario, as the campaign calls it: its file.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The seed.
    pub seed: u64,
    /// The expansion in its written form: a scenario file.
    pub script_text: String,
    /// How it ended.
    pub ended: Ended,
    /// The invariant that its verdict rests on; none where it rests on none.
    pub invariant: Option<String>,
    /// What makes it like other failures; none where it did not fail.
    pub fingerprint: Option<Fingerprint>,
    /// The run's trace and its hash; the text is kept only where the case failed.
    pub trace: Option<(Digest, String)>,
    /// Counts over the trace; nothing where there is none.
    pub figures: Figures,
    /// What the run touched.
    pub coverage: Coverage,
    /// Seconds of wall time. Differs from run to run.
    pub wall_seconds: f64,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The run was played to its end and judged.
    Judged(Verdict),
    /// Code under test panicked, with this message.
    Panicked {
        /// The message.
        message: String,
        /// The node that was running, where that is known.
        node: Option<String>,
    },
    /// The run did not end within so many seconds of wall time.
    Hung(u64),
    /// The run broke off for a reason of the machine or the testbed.
    Broke(String),
    /// Played a second time, it gave another trace.
    Differed,
}

impl Ended {
    /// Whether it is as it should be.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Judged(Verdict { verdict: Outcome::AsExpected, .. }))
    }

    /// The word for it in tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Judged(verdict) => verdict.verdict.word(),
            Self::Panicked { .. } => "panic",
            Self::Hung(_) => "hang",
            Self::Broke(_) => "broken",
            Self::Differed => "not_deterministic",
        }
    }

    /// What happened, in a sentence.
    pub fn why(&self) -> String {
        match self {
            Self::Judged(verdict) => verdict.why.clone(),
            Self::Panicked { message, node: Some(node) } => format!("{node} panicked: {message}"),
            Self::Panicked { message, node: None } => format!("the run panicked: {message}"),
            Self::Hung(seconds) => format!("the run had no end within {seconds} s of wall time"),
            Self::Broke(why) => why.clone(),
            Self::Differed => "played again, it gave another trace".to_owned(),
        }
    }

    /// The process's exit code for it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Judged(verdict) => verdict.verdict.exit_code(),
            Self::Differed => 4,
            Self::Panicked { .. } | Self::Hung(_) | Self::Broke(_) => 70,
        }
    }
}

/// How a case is played.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// Wall time that a run may take.
    pub patience: Duration,
    /// Play it twice, and compare.
    pub twice: bool,
}

impl Case {
    /// Plays what a scenario was expanded to.
    pub fn play(scenario: &str, script: &Script, script_text: String, how: How) -> Self {
        let case = Self {
            scenario: scenario.to_owned(),
            title: script.title.clone(),
            seed: script.seed,
            script_text,
            ended: Ended::Hung(how.patience.as_secs()),
            invariant: None,
            fingerprint: None,
            trace: None,
            figures: Figures::default(),
            coverage: Coverage::of_script(script),
            wall_seconds: how.patience.as_secs_f64(),
        };
        let case = match patiently(script, how.patience) {
            None => Self { fingerprint: Fingerprint::without_trace(&case.ended), ..case },
            Some(Ok(judged)) => case.judged(judged, script, how),
            Some(Err(error)) => case.failed(error),
        };
        let fine = case.ended.is_fine();
        let trace = case.trace.map(|(hash, text)| (hash, if fine { String::new() } else { text }));
        Self { trace, ..case }
    }

    fn judged(mut self, judged: Judged, script: &Script, how: How) -> Self {
        let Judged { run, verdict, trace, trace_sha256, wall_seconds, .. } = judged;
        self.figures = Figures::of(&run.entries);
        self.coverage.note(&run.entries);
        self.wall_seconds = wall_seconds;
        let decisive = verdict.decisive(&run.header.expected);
        self.invariant = decisive.map(|violation| violation.invariant.clone());
        self.ended = Ended::Judged(verdict);
        if how.twice {
            match patiently(script, how.patience) {
                None => self.ended = Ended::Hung(how.patience.as_secs()),
                Some(Ok(again)) if again.trace_sha256 == trace_sha256 => {}
                // One of two plays that breaks off is another run, too.
                Some(_) => self.ended = Ended::Differed,
            }
        }
        self.fingerprint = Fingerprint::of(&self.ended, &run.header, &run.entries);
        self.trace = Some((trace_sha256, trace));
        self
    }

    fn failed(self, error: PlayError) -> Self {
        let ended = match error {
            PlayError::Panicked { message, node, .. } => Ended::Panicked { message, node },
            other => Ended::Broke(other.to_string()),
        };
        let fingerprint = Fingerprint::without_trace(&ended);
        Self { ended, fingerprint, ..self }
    }
}

/// Plays on a thread of its own; none where that takes too long.
pub(super) fn patiently(script: &Script, patience: Duration) -> Option<Result<Judged, PlayError>> {
    let (tell, told) = mpsc::channel();
    let script = script.clone();
    let play = move || {
        // Nobody listens any more where it took too long.
        let _ = tell.send(play_and_judge(&script, &Options::default()));
    };
    match thread::Builder::new().name("case".to_owned()).spawn(play) {
        Ok(_) => told.recv_timeout(patience).ok(),
        Err(error) => Some(Err(PlayError::Thread(error.to_string()))),
    }
}
