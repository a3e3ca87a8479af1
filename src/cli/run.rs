//! `schism run`: reads a scenario, plays it, judges it, leaves its files and tells its story.

use std::path::Path;

use schism::campaign::Judged;
use schism::report::{Folder, Found, Measured, Paint, Summary, run_page, story};
use schism::scenario::Expanded;

use super::expand::read;
use super::report::{PAGE, open};
use super::{Answer, Failure, Format, RunArguments};
use crate::wiring;

/// Does it. Nothing is written where the scenario can't be read or the run breaks.
pub fn run(arguments: &RunArguments, paint: Paint) -> Result<Answer, Failure> {
    let file = &arguments.file;
    let scenario = read(file)?;
    let Expanded { script, drawn } = scenario.expand(scenario.seed(arguments.seed));
    let again = again(file, script.seed);
    let played = wiring::play(&script, arguments.log.map(Into::into)).map_err(|error| {
        Failure::internal(&format!("the run broke: {error}\nto see it again: schism {again}"))
    })?;
    conclude(arguments, &again, &played, &drawn, paint)
}

/// Files what was played and shows it.
fn conclude(
    arguments: &RunArguments,
    again: &str,
    played: &Judged,
    drawn: &[(String, String)],
    paint: Paint,
) -> Result<Answer, Failure> {
    let Judged { script_text, run, verdict, trace, trace_sha256, wall_seconds } = played;
    let (header, entries) = (&run.header, &run.entries);
    let mls_seconds = run.mls_nanos as f64 / 1e9;
    let found = Found::of(header, entries, verdict, *trace_sha256);
    let summary = Summary { found, wall_seconds: *wall_seconds, mls_seconds };
    let folder = Folder::of(&arguments.out, &arguments.file, header.seed);
    let broken = |error: serde_json::Error| Failure::internal(&error.to_string());
    let filed = summary.file(&verdict.why, &format!("schism {again}")).map_err(broken)?;
    folder
        .write("script.toml", script_text)
        .and_then(|()| folder.write("trace.jsonl", trace))
        .and_then(|()| folder.write("summary.json", &filed))
        .map_err(|error| Failure::internal(&error.to_string()))?;
    let text = match arguments.format {
        Format::Json => summary.line().map_err(broken)?,
        Format::Human => {
            let measured = Measured {
                wall_seconds: *wall_seconds,
                mls_seconds,
                folder: folder.path(),
                arguments: again,
                drawn,
            };
            story(header, entries, verdict, &measured, paint)
        }
    };
    if arguments.open {
        let page = run_page(header, entries, verdict, &format!("schism {again}"));
        folder.write(PAGE, &page).map_err(|error| Failure::internal(&error.to_string()))?;
        open(&folder.path().join(PAGE))?;
    }
    Ok(Answer { text, code: verdict.verdict.exit_code() })
}

/// The arguments that make the same run again.
fn again(file: &Path, seed: u64) -> String {
    format!("run {} --seed {seed}", quoted(&file.display().to_string()))
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:@%,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use schism::oracle::{Outcome, Verdict, judge};
    use schism::trace::{Digest, Entry, Event, FORMAT, Header, Phase, hash, write};
    use schism::world::Run;

    use super::super::check::check;
    use super::super::place::Place;
    use super::super::{CheckArguments, INTERNAL, USAGE};
    use super::*;

    fn arguments(place: &Place, file: PathBuf, format: Format) -> RunArguments {
        RunArguments {
            file,
            seed: None,
            out: place.path().join("out"),
            format,
            log: None,
            open: false,
        }
    }

    fn played(outcome: Outcome) -> Judged {
        let header = Header {
            format: FORMAT,
            scenario: "Nothing happens".into(),
            script: Digest::of(b"title = \"Nothing happens\"\n"),
            seed: 3,
            nodes: Default::default(),
            rooms: Default::default(),
            dishonest: Vec::new(),
            expected: Vec::new(),
            without: Vec::new(),
            hub_without: Vec::new(),
            readings: Vec::new(),
            rest_ms: 1_000,
            explicit_consent: false,
            detectors: vec![],
            detection: None,
        };
        let event = Event::PhaseBegan { phase: Phase::End };
        let entries = vec![Entry { n: 1, at_ms: 1_000, node: "world".into(), cause: None, event }];
        let script_text = "title = \"Nothing happens\"\n".into();
        let trace = write(&header, &entries);
        let mls_nanos = 100_000_000;
        let why = "Nothing was asked.".into();
        Judged {
            script_text,
            trace_sha256: hash(&trace),
            trace,
            run: Run { header, entries, mls_nanos, simulated_ms: 1_000, ticks: 100 },
            verdict: Verdict { verdict: outcome, why, violations: Vec::new() },
            wall_seconds: 0.5,
        }
    }

    #[test]
    fn a_file_that_is_not_there_or_not_a_scenario_is_a_usage_error_and_leaves_nothing() {
        let place = Place::new("bad-file");
        let bad = place.path().join("bad.toml");
        fs::write(&bad, "this is no scenario").unwrap();
        for file in [place.path().join("missing.toml"), bad] {
            let arguments = arguments(&place, file, Format::Human);
            let failure = run(&arguments, Paint::plain()).unwrap_err();
            assert_eq!(failure.code, USAGE, "{}", failure.message);
            assert!(!arguments.out.exists());
        }
    }

    #[test]
    fn a_run_leaves_three_files_that_check_finds_in_order() {
        let place = Place::new("files");
        let arguments = arguments(&place, "scenarios/nothing.toml".into(), Format::Human);
        let again = again(&arguments.file, 3);
        let mut played = played(Outcome::AsExpected);
        played.verdict = judge(&played.run.header, &played.run.entries);
        conclude(&arguments, &again, &played, &[], Paint::plain()).unwrap();
        let dir = arguments.out.join("scenarios/nothing/3");
        let mut names: Vec<_> =
            fs::read_dir(&dir).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["script.toml", "summary.json", "trace.jsonl"]);
        let answer = check(&CheckArguments { dir, format: Format::Json }, Paint::plain()).unwrap();
        assert!(answer.text.trim_end().ends_with("\"differences\":[]}"), "{}", answer.text);
    }

    #[test]
    fn the_exit_code_is_the_verdicts() {
        let place = Place::new("codes");
        let arguments = arguments(&place, "nothing.toml".into(), Format::Json);
        for (outcome, code) in [
            (Outcome::AsExpected, 0),
            (Outcome::Safety, 1),
            (Outcome::Inconclusive, 2),
            (Outcome::Liveness, 3),
            (Outcome::ExpectedViolationMissing, 5),
        ] {
            let answer = conclude(&arguments, "run x", &played(outcome), &[], Paint::plain());
            assert_eq!(answer.unwrap().code, code);
        }
    }

    #[test]
    fn json_on_stdout_is_one_object_on_one_line() {
        let place = Place::new("json");
        let arguments = arguments(&place, "nothing.toml".into(), Format::Json);
        let played = played(Outcome::AsExpected);
        let answer = conclude(&arguments, "run x", &played, &[], Paint::plain()).unwrap();
        assert_eq!(answer.text.lines().count(), 1);
        let object: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(object["verdict"], "as_expected");
    }

    #[test]
    fn files_that_cannot_be_written_are_an_internal_error() {
        let place = Place::new("unwritable");
        let arguments = arguments(&place, "nothing.toml".into(), Format::Human);
        fs::write(&arguments.out, "a file where the folder should be").unwrap();
        let played = played(Outcome::AsExpected);
        let failure = conclude(&arguments, "run x", &played, &[], Paint::plain());
        assert_eq!(failure.unwrap_err().code, INTERNAL);
    }

    #[test]
    fn the_command_that_repeats_a_run_survives_a_shell() {
        assert_eq!(again(Path::new("scenarios/a.toml"), 0), "run scenarios/a.toml --seed 0");
        assert_eq!(again(Path::new("my $1's.toml"), 9), r"run 'my $1'\''s.toml' --seed 9");
    }
}
