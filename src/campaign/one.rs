//! One script, played and judged.

use crate::node::Stopwatch as _;
use crate::oracle::{Verdict, judge};
use crate::scenario;
use crate::script::Script;
use crate::trace::{Digest, hash, write};
use crate::world::stopwatch::WallStopwatch;
use crate::world::{Options, PlayError, Run, play};

use super::Company;

/// A run and what is to be said of it.
pub struct Judged {
    /// The script in its written form.
    pub script_text: String,
    /// The run.
    pub run: Run,
    /// The oracle's verdict.
    pub verdict: Verdict,
    /// The trace in its written form.
    pub trace: String,
    /// Its hash.
    pub trace_sha256: Digest,
    /// Seconds of wall time for playing and judging.
    pub wall_seconds: f64,
}

/// Plays a script with the real nodes and judges its trace.
///
/// # Errors
/// When the run breaks off: see [`PlayError`].
pub fn play_and_judge(script: &Script, options: &Options) -> Result<Judged, PlayError> {
    let company = Company::of(script).map_err(|error| PlayError::Script(error.to_string()))?;
    let script_text = scenario::write(script);
    let watch = WallStopwatch::start();
    let run = play(script, &script_text, || Box::new(company.clone()), options)?;
    let verdict = judge(&run.header, &run.entries);
    let wall_seconds = watch.nanos() as f64 / 1e9;
    let trace = write(&run.header, &run.entries);
    let trace_sha256 = hash(&trace);
    Ok(Judged { script_text, run, verdict, trace, trace_sha256, wall_seconds })
}
