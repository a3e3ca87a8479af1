//! `schism check`: judges a stored run again, from its trace alone.
//!
//! Where the run's summary stands beside the trace and says something else than is found now
//! (another build, other invariants, a file that was touched), that is told. The exit code is that
//! of the verdict found now.

use std::{fs, io};

use schism::report::{Found, Paint, Stored, judgement};
use serde::Serialize;

use super::stored::StoredRun;
use super::{Answer, CheckArguments, Failure, Format};

/// What `--format json` prints.
#[derive(Serialize)]
struct Checked<'a> {
    #[serde(flatten)]
    found: &'a Found,
    /// In what the stored summary says something else, in words.
    differences: &'a [String],
}

/// Does it.
pub fn check(arguments: &CheckArguments, paint: Paint) -> Result<Answer, Failure> {
    let StoredRun { header, entries, verdict, hash } = StoredRun::read(&arguments.dir)?;
    let found = Found::of(&header, &entries, &verdict, hash);
    let differences = differences(arguments, &found);
    let text = match arguments.format {
        Format::Human => {
            let told = differences.iter().map(|line| format!("differs    {line}\n"));
            judgement(&verdict, paint) + &told.collect::<String>()
        }
        Format::Json => {
            let checked = Checked { found: &found, differences: &differences };
            let json = serde_json::to_string(&checked);
            json.map_err(|error| Failure::internal(&error.to_string()))? + "\n"
        }
    };
    Ok(Answer { text, code: verdict.verdict.exit_code() })
}

/// In what the stored summary is something else; nothing where there is none.
fn differences(arguments: &CheckArguments, found: &Found) -> Vec<String> {
    match fs::read_to_string(arguments.dir.join("summary.json")) {
        Ok(text) => match Stored::read(&text) {
            Ok(stored) => stored.differences(found),
            Err(error) => vec![format!("summary.json is not a summary: {error}")],
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => vec![format!("summary.json can't be read: {error}")],
    }
}

#[cfg(test)]
mod tests {
    use super::super::USAGE;
    use super::*;

    fn message(name: &str, trace: Option<&str>) -> String {
        let dir = std::env::temp_dir().join(format!("schism-check-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        if let Some(trace) = trace {
            fs::write(dir.join("trace.jsonl"), trace).unwrap();
        }
        let arguments = CheckArguments { dir: dir.clone(), format: Format::Human };
        let failure = check(&arguments, Paint::plain()).unwrap_err();
        fs::remove_dir_all(dir).unwrap();
        assert_eq!(failure.code, USAGE);
        failure.message
    }

    #[test]
    fn a_folder_without_a_trace_is_a_usage_error_that_says_what_was_expected() {
        let message = message("missing", None);
        assert!(message.contains("trace.jsonl") && message.contains("expected"), "{message}");
    }

    #[test]
    fn a_damaged_trace_is_a_usage_error_that_names_file_and_line() {
        let message = message("damaged", Some("{\"format\": 1}\n"));
        assert!(message.contains("trace.jsonl: line 1 is not a trace header"), "{message}");
    }
}
