//! `schism fuzz`: plays many seeds, and leaves a row for each and a folder for each failure.
//!
//! Beneath `--out`: `results.csv`; `failures/FINGERPRINT/SCENARIO-SEED/`, what failures of one kind
//! have in common above what each needs to be seen again; and while it runs `running/`, with what
//! is being played, so that even a search that is killed leaves its inputs. On stdout, at the end:
//! the failures, what was touched and what never was, and one line with the figures.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use schism::campaign::{Case, Plan, Watcher, fuzz as search};
use schism::report::{
    Folder, HEADINGS, Tally, annotation, failure_files, junit, never_reached, row, step_summary,
    touched,
};
use schism::scenario::Scenario;
use schism::script::Script;

use super::expand::read;
use super::progress::Progress;
use super::{Answer, Failure, FuzzArguments};
use crate::wiring;

/// Played where no file is named.
const USUAL: &str = "scenarios/any-room.toml";

/// Seeds that are played where neither they nor a budget are given.
const USUAL_SEEDS: u64 = 100;

/// Of so many cases, one is played twice and compared.
const TWICE_IN: u64 = 20;

/// Does it.
pub fn fuzz(arguments: &FuzzArguments) -> Result<Answer, Failure> {
    let plan = plan(arguments)?;
    let search_of = Search::begin(arguments, &plan)?;
    let watch = wiring::stopwatch();
    let searched = search(&plan, &search_of).map_err(|why| Failure::internal(&why))?;
    search_of.progress.finish();
    // Nothing is being played any more; what hangs has its folder.
    let _ = fs::remove_dir_all(arguments.out.join("running"));
    let mut answer = search_of.conclude(arguments, watch())?;
    if searched.out_of_budget && arguments.seeds.is_some() {
        answer.text += "The budget was spent before all seeds were played.\n";
    }
    Ok(answer)
}

fn plan(arguments: &FuzzArguments) -> Result<Plan, Failure> {
    let usual = [PathBuf::from(USUAL)];
    let files = if arguments.files.is_empty() { &usual[..] } else { &arguments.files };
    let scenarios: Vec<(String, Scenario)> = files
        .iter()
        .map(|file| Ok((file.display().to_string(), read(file)?)))
        .collect::<Result<_, Failure>>()?;
    let most = if arguments.budget.is_some() { u64::MAX } else { USUAL_SEEDS };
    Ok(Plan {
        scenarios,
        seeds: arguments.seeds.clone().unwrap_or(0..most),
        budget: arguments.budget,
        jobs: arguments.jobs.unwrap_or_else(wiring::processors),
        keep_going: arguments.keep_going,
        shard: arguments.shard,
        patience: arguments.patience,
        twice_in: TWICE_IN,
    })
}

/// What is kept while a search goes on.
struct Search {
    out: PathBuf,
    commit: Option<String>,
    progress: Progress,
    kept: Mutex<Kept>,
}

struct Kept {
    results: csv::Writer<fs::File>,
    tally: Tally,
    /// For JUnit; without their texts. None where nobody wants it.
    cases: Option<Vec<Case>>,
    annotations: String,
}

impl Search {
    fn begin(arguments: &FuzzArguments, plan: &Plan) -> Result<Self, Failure> {
        let out = arguments.out.clone();
        let path = out.join("results.csv");
        let unwritable =
            |error: String| Failure::internal(&format!("cannot write {}: {error}", path.display()));
        fs::create_dir_all(&out).map_err(|error| unwritable(error.to_string()))?;
        let mut results =
            csv::Writer::from_path(&path).map_err(|error| unwritable(error.to_string()))?;
        results.write_record(HEADINGS).map_err(|error| unwritable(error.to_string()))?;
        // With a budget and no seeds there is no telling how many there will be.
        let known = arguments.seeds.is_some() || arguments.budget.is_none();
        let kept = Kept {
            results,
            tally: Tally::default(),
            cases: arguments.junit.is_some().then(Vec::new),
            annotations: String::new(),
        };
        Ok(Self {
            out,
            commit: wiring::source_commit(),
            progress: Progress::new(known.then(|| plan.cases())),
            kept: Mutex::new(kept),
        })
    }

    fn running(&self, scenario: &str, seed: u64) -> PathBuf {
        self.out.join("running").join(format!("{}.toml", case_name(scenario, seed)))
    }

    fn keep_failure(&self, case: &Case) -> Result<(), String> {
        let fingerprint = case.fingerprint.as_ref().map(ToString::to_string).unwrap_or_default();
        let path = self.out.join("failures").join(fingerprint);
        let folder = Folder::at(path.join(case_name(&case.scenario, case.seed)));
        let command = format!("schism replay {}", folder.path().display());
        let files = failure_files(case, self.commit.as_deref(), &command);
        for (name, text) in files.map_err(|error| error.to_string())? {
            folder.write(name, &text).map_err(|error| error.to_string())?;
        }
        let _ = fs::remove_file(self.running(&case.scenario, case.seed));
        let why = case.ended.why();
        self.progress.say(&format!(
            "seed {} of {}: {}: {why}\n    again: {command}",
            case.seed,
            case.scenario,
            case.ended.word(),
        ));
        Ok(())
    }

    fn conclude(self, arguments: &FuzzArguments, wall_seconds: f64) -> Result<Answer, Failure> {
        // A thread that panicked with the lock in its hands has ended the search already.
        let kept = self.kept.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        let Kept { tally, cases, annotations, .. } = kept;
        if let (Some(path), Some(cases)) = (&arguments.junit, cases) {
            let text =
                junit(cases.iter()).map_err(|error| Failure::internal(&error.to_string()))?;
            write(path, &text)?;
        }
        let last = tally.last_line(wall_seconds);
        let mut text = String::new();
        if wiring::is_github() {
            text += &annotations;
            wiring::add_to_step_summary(&step_summary(&tally, &last))
                .map_err(|error| Failure::internal(&error))?;
        }
        for part in [tally.failures(), touched(&tally.coverage), never_reached(&tally.coverage)] {
            if !part.is_empty() {
                text += &part;
                text.push('\n');
            }
        }
        text += &format!("results    {}\n{last}\n", self.out.join("results.csv").display());
        Ok(Answer { text, code: tally.exit_code() })
    }
}

impl Watcher for Search {
    fn begins(&self, scenario: &str, script: &Script, text: &str) -> Result<(), String> {
        let path = self.running(scenario, script.seed);
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    fn played(&self, case: &Case) {
        if case.ended.is_fine() {
            // Where it stays behind, it does no harm.
            let _ = fs::remove_file(self.running(&case.scenario, case.seed));
        }
        self.progress.played(!case.ended.is_fine());
    }

    fn ended(&self, case: &Case) -> Result<(), String> {
        if !case.ended.is_fine() {
            self.keep_failure(case)?;
        }
        let mut kept = self.kept.lock().map_err(|_| "a thread panicked".to_owned())?;
        let unwritable = |error: String| format!("cannot write results.csv: {error}");
        kept.results.write_record(row(case)).map_err(|error| unwritable(error.to_string()))?;
        kept.results.flush().map_err(|error| unwritable(error.to_string()))?;
        kept.tally.add(case);
        if !case.ended.is_fine() {
            kept.annotations += &annotation(case);
        }
        if let Some(cases) = &mut kept.cases {
            cases.push(Case { trace: None, script_text: String::new(), ..case.clone() });
        }
        Ok(())
    }
}

/// The file's name without its ending, and the seed.
fn case_name(scenario: &str, seed: u64) -> String {
    let stem = Path::new(scenario).file_stem().unwrap_or_default();
    format!("{}-{seed}", stem.to_string_lossy())
}

/// Writes a file, and its folder where it is not there yet.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| Failure::internal(&format!("cannot write {}: {error}", path.display())))
}

/// `A..B`, or one number for the seeds from 0 up to it.
pub fn seeds(text: &str) -> Result<std::ops::Range<u64>, String> {
    let expected = "expected A..B with A less than B, as 0..2000";
    let (from, to) = text.split_once("..").ok_or(expected)?;
    let (from, to) = (super::arguments::seed(from)?, super::arguments::seed(to)?);
    if from < to { Ok(from..to) } else { Err(expected.to_owned()) }
}

/// `30s`, `5m`, `1h`.
pub fn span(text: &str) -> Result<Duration, String> {
    let expected = "expected a time such as 30s, 5m or 1h";
    let unit = text.chars().last().ok_or(expected)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        _ => return Err(expected.to_owned()),
    };
    // The unit is one byte long.
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| expected)?;
    let whole = number.checked_mul(seconds).filter(|it| *it > 0 && *it <= 31_536_000);
    whole.map(Duration::from_secs).ok_or_else(|| expected.to_owned())
}

/// `I/N`, both from 1.
pub fn shard(text: &str) -> Result<(u64, u64), String> {
    let expected = "expected I/N, a part from 1 to N and the number of parts, as 1/4";
    let (part, parts) = text.split_once('/').ok_or(expected)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| expected.to_owned());
    let (part, parts) = (number(part)?, number(parts)?);
    if (1..=parts).contains(&part) { Ok((part, parts)) } else { Err(expected.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::*;

    /// Plays two scenarios: one holds, the other expects a violation that does not come.
    fn fuzzed(place: &Place, out: &str, jobs: usize) -> Answer {
        let scenario = |name: &str, expected: &str| {
            let text = format!(
                "title = \"t\"\nwhy = \"w\"\nrest = \"1s\"\nproviders = [\"a.example\"]\n\
                 users.alice = {{ at = \"a.example\", clients = [\"A1\"] }}\n\
                 rooms.hall = {{ hub = \"a.example\" }}\nexpect.violates = [{expected}]\n\
                 steps = [{{ at = \"1s\", who = \"A1\", do = \"create\" }}]\n"
            );
            let file = place.path().join(name);
            fs::write(&file, text).unwrap();
            file
        };
        let out = place.path().join(out);
        let arguments = FuzzArguments {
            files: vec![scenario("good.toml", ""), scenario("bad.toml", "\"agreement\"")],
            seeds: Some(3..6),
            budget: None,
            jobs: Some(jobs),
            keep_going: true,
            shard: (1, 1),
            junit: Some(out.join("junit.xml")),
            out,
            patience: Duration::from_secs(60),
        };
        fuzz(&arguments).unwrap()
    }

    fn read_in(place: &Place, path: &str) -> String {
        fs::read_to_string(place.path().join(path)).unwrap()
    }

    #[test]
    fn a_search_leaves_a_row_for_each_case_and_a_folder_for_each_failure() {
        let place = Place::new("search");
        let answer = fuzzed(&place, "out", 1);
        assert_eq!(answer.code, 5);
        let last = answer.text.lines().last().unwrap();
        assert!(
            last.starts_with("6 cases in ") && last.ends_with("s (expected_violation_missing 3)")
        );
        assert_eq!(read_in(&place, "out/results.csv").lines().count(), 1 + 6);
        assert!(
            read_in(&place, "out/junit.xml").contains("tests=\"6\" skipped=\"0\" failures=\"3\"")
        );
        assert!(!place.path().join("out/running").exists());
        let kinds: Vec<_> = fs::read_dir(place.path().join("out/failures")).unwrap().collect();
        assert_eq!(kinds.len(), 1, "they are alike");
        let kind = kinds[0].as_ref().unwrap().path();
        for name in ["script.toml", "trace.jsonl", "summary.json", "failure.json"] {
            assert!(kind.join("bad-4").join(name).exists(), "{name}");
        }
        let again = super::super::ReplayArguments {
            dir: kind.join("bad-4"),
            patience: Duration::from_secs(60),
        };
        let again = super::super::replay::replay(&again).unwrap();
        assert_eq!(again.code, 5);
        assert!(again.text.contains("reproduced"), "{}", again.text);
    }

    #[test]
    fn how_many_are_played_side_by_side_shows_in_the_last_column_only() {
        let place = Place::new("jobs");
        let without_last = |out: &str| {
            let text = read_in(&place, &format!("{out}/results.csv"));
            let cut = |line: &str| line.rsplit_once(',').unwrap().0.to_owned();
            text.lines().map(cut).collect::<Vec<_>>()
        };
        fuzzed(&place, "one", 1);
        fuzzed(&place, "three", 3);
        assert_eq!(without_last("one"), without_last("three"));
    }

    #[test]
    fn seeds_spans_and_parts_are_read_and_nonsense_is_told() {
        assert_eq!(seeds("0..2000"), Ok(0..2000));
        assert_eq!(seeds("0x10..17"), Ok(16..17));
        for text in ["", "5", "5..", "5..5", "7..5", "a..b", "-1..3"] {
            assert!(seeds(text).is_err(), "{text}");
        }
        assert_eq!(span("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(span("5m"), Ok(Duration::from_secs(300)));
        for text in ["", "5", "m", "0s", "5 m", "-1s", "99999999999999999999h", "5µ"] {
            assert!(span(text).is_err(), "{text}");
        }
        assert_eq!(shard("1/1"), Ok((1, 1)));
        for text in ["", "1", "0/2", "3/2", "1/0", "x/y"] {
            assert!(shard(text).is_err(), "{text}");
        }
    }
}
