//! `schism explain`: how it came to what broke in a stored run, in a few sentences.

use std::fs;

use schism::report::{Explainer, Paint, explained};
use schism::trace;

use super::{Answer, ExplainArguments, Failure, Format};

/// Does it. The exit code is 0 wherever there is something to read.
pub fn explain(arguments: &ExplainArguments, paint: Paint) -> Result<Answer, Failure> {
    let path = arguments.dir.join("trace.jsonl");
    let shown = path.display();
    let text = fs::read_to_string(&path).map_err(|error| {
        let expected = "expected the folder that a run left, with its trace.jsonl";
        Failure::usage(&format!("cannot read {shown}: {error}; {expected}"))
    })?;
    let (header, entries) =
        trace::read(&text).map_err(|error| Failure::usage(&format!("{shown}: {error}")))?;
    let verdict = schism::oracle::judge(&header, &entries);
    let explainer = Explainer::of(&header, &entries);
    let explanations = match arguments.event {
        Some(n) => vec![explainer.event(n).ok_or_else(|| {
            let last = entries.len();
            Failure::usage(&format!("{shown} has no event {n}: expected one from 1 to {last}"))
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

#[cfg(test)]
mod tests {
    use super::super::USAGE;
    use super::super::place::Place;
    use super::*;

    #[test]
    fn a_folder_without_a_trace_is_a_usage_error() {
        let place = Place::new("explain-bad");
        let dir = place.path().to_owned();
        let arguments = ExplainArguments { dir, event: None, format: Format::Human };
        assert_eq!(explain(&arguments, Paint::plain()).unwrap_err().code, USAGE);
    }
}
