//! `schism replay`: plays what a failure's folder holds once more, and says whether it is the same.
//!
//! The same trace is the same run. Where it is another one, the code has changed since, or the run
//! is not deterministic: the commits tell which. The exit code is that of the verdict now, and 4
//! where one build gave two traces.

use std::fs;

use schism::campaign::{Case, How};
use schism::report::FailureNote;
use schism::scenario::Expanded;

use super::expand::read;
use super::{Answer, Failure, ReplayArguments};
use crate::wiring;

/// Does it.
pub fn replay(arguments: &ReplayArguments) -> Result<Answer, Failure> {
    let path = arguments.dir.join("failure.json");
    let shown = path.display();
    let text = fs::read_to_string(&path).map_err(|error| {
        let expected = "expected the folder of a failure, as `schism fuzz` leaves it";
        Failure::usage(&format!("cannot read {shown}: {error}; {expected}"))
    })?;
    let note = FailureNote::read(&text)
        .map_err(|error| Failure::usage(&format!("{shown} is not a failure's note: {error}")))?;
    let scenario = read(&arguments.dir.join("script.toml"))?;
    let Expanded { script, .. } = scenario.expand(scenario.seed(None));
    let how = How { patience: arguments.patience, twice: false };
    let case = Case::play(&note.scenario, &script, wiring::write(&script), how);
    let hash = case.trace.as_ref().map(|(hash, _)| hex::encode(hash.0));
    let same_run = hash.is_some() && hash == note.trace_sha256;
    let now = wiring::source_commit();
    let same_code = now.is_some() && now == note.commit && !is_dirty(now.as_deref());
    let text = told(&note, &case, same_run, now.as_deref());
    let differs = same_code && hash.is_some() && note.trace_sha256.is_some() && !same_run;
    Ok(Answer { text, code: if differs { 4 } else { case.ended.exit_code() } })
}

fn told(note: &FailureNote, case: &Case, same_run: bool, now: Option<&str>) -> String {
    let mut text = format!("then       {}: {}\n", note.ended, note.why);
    text += &format!("now        {}: {}\n", case.ended.word(), case.ended.why());
    let like = case.fingerprint.as_ref().map(ToString::to_string);
    text += &match (same_run, like) {
        (true, _) => "           The trace is the same to the byte: reproduced.\n".to_owned(),
        (false, Some(like)) if like == note.fingerprint => {
            "           The trace is another one, the failure is of the same kind.\n".to_owned()
        }
        (false, Some(_)) => {
            "           The trace is another one, and so is the failure.\n".to_owned()
        }
        (false, None) => "           It does not fail any more.\n".to_owned(),
    };
    if !same_run {
        let name = |commit: Option<&str>| commit.unwrap_or("a commit that is not known").to_owned();
        let (then, now) = (name(note.commit.as_deref()), name(now));
        text += &format!("code       found at {then}, this is {now}\n");
    }
    text
}

fn is_dirty(commit: Option<&str>) -> bool {
    commit.is_some_and(|commit| commit.ends_with("-dirty"))
}
