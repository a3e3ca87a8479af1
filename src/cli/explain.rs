//! `schism explain`: how it came to what broke in a stored run, in a few sentences.

use schism::report::{Explainer, Paint, explained};

use super::stored::StoredRun;
use super::{Answer, ExplainArguments, Failure, Format};

/// Does it. The exit code is 0 wherever there is something to read.
pub fn explain(arguments: &ExplainArguments, paint: Paint) -> Result<Answer, Failure> {
    let StoredRun { header, entries, verdict, .. } = StoredRun::read(&arguments.dir)?;
    let explainer = Explainer::of(&header, &entries);
    let explanations = match arguments.event {
        Some(n) => vec![explainer.event(n).ok_or_else(|| {
            let last = entries.len();
            Failure::usage(&format!("the run has no event {n}: expected one from 1 to {last}"))
        })?],
        None => explainer.violations(&verdict),
    };
    let text = match arguments.format {
        Format::Json => {
            let json = serde_json::to_string(&explanations);
            json.map_err(|error| Failure::internal(&error.to_string()))? + "\n"
        }
        Format::Human if explanations.is_empty() => {
            format!("{} Nothing broke; `--event N` explains any event.\n", verdict.why)
        }
        Format::Human => explained(&explanations, paint),
    };
    Ok(Answer { text, code: 0 })
}
