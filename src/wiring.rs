//! The few calls that the commands make into the library, in one place.

use std::io::Write as _;
use std::path::Path;

use schism::adversary::BEHAVIOURS;
use schism::campaign::{Judged, MEASURES, Measure, Sweep, play_and_judge};
use schism::mimi::rules::{READINGS, RULES, ReadingInfo, Rule};
use schism::mimi::watch::{DETECTORS, DetectorInfo};
use schism::mimi::wire::{RESPONSE_CODES, ResponseCode};
use schism::node::Stopwatch as _;
use schism::oracle::{INVARIANTS, InvariantInfo};
use schism::report::Row;
use schism::scenario::{self, FAMILIES, OPERATIONS, Operation, Scenario};
use schism::script::Script;
use schism::world::stopwatch::WallStopwatch;
use schism::world::{FAULTS, Options};
use serde::Serialize;

use crate::cli::Catalogue;

/// A scenario file, listed.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// Its path.
    pub path: String,
    /// Its title; what is wrong with it, where it can't be read.
    pub title: String,
    /// Why it exists.
    pub why: String,
}

/// Reads a scenario; the error is the message for people.
pub fn read(path_name: &str, text: &str) -> Result<Scenario, String> {
    Scenario::read(path_name, text, &rule_ids()).map_err(|error| scenario::render(&error))
}

/// Reads a sweep file; the error is the message for people. `beside` gives the text of another file.
pub fn read_sweep(
    path_name: &str,
    text: &str,
    beside: impl Fn(&str) -> Result<String, String>,
) -> Result<Sweep, String> {
    Sweep::read(path_name, text, beside, &rule_ids())
}

/// The hash of some texts, one after the other, in hexadecimal digits.
pub fn hash_of(texts: &[&str]) -> String {
    hex::encode(schism::trace::hash(&texts.join("\n")).0)
}

/// A script as the text of a scenario file.
pub fn write(script: &Script) -> String {
    scenario::write(script)
}

/// Plays a script with the real nodes and judges what they did.
pub fn play(script: &Script, log: Option<tracing::Level>) -> Result<Judged, String> {
    play_and_judge(script, &Options { log }).map_err(|error| error.to_string())
}

/// Tells how many seconds of wall time have gone by.
pub type Seconds = Box<dyn Fn() -> f64 + Send>;

/// A stopwatch that starts now.
pub fn stopwatch() -> Seconds {
    let watch = WallStopwatch::alone();
    Box::new(move || watch.nanos() as f64 / 1e9)
}

/// How many processors this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The commit that this program was built from, where the build was told it in `SCHISM_COMMIT`;
/// else that of the checkout in which it runs, with `-dirty` where something is not committed.
pub fn source_commit() -> Option<String> {
    if let Some(commit) = option_env!("SCHISM_COMMIT") {
        return Some(commit.to_owned());
    }
    let arguments = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"];
    let described = std::process::Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(described.stdout).ok()?;
    described.status.success().then(|| text.trim().to_owned())
}

/// Whether GitHub Actions runs this.
pub fn is_github() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|it| it == "true")
}

/// Adds to the page of the job, where there is one.
pub fn add_to_step_summary(text: &str) -> Result<(), String> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| format!("cannot write the step summary: {error}"))
}

/// The rows of a catalogue.
pub fn catalogue(which: Catalogue) -> Vec<Row> {
    let row = |id: &str, meaning: &str, source: &str| Row {
        id: id.to_owned(),
        meaning: meaning.to_owned(),
        source: source.to_owned(),
        ..Row::default()
    };
    match which {
        Catalogue::Rules => {
            let seen = |rule: &Rule| Row {
                enforced_by: rule.enforced_by().iter().map(ToString::to_string).collect(),
                no_switch: rule.built_in().map(str::to_owned),
                scenario: rule.evidence().map(|it| match it.scenario {
                    Ok(scenario) => scenario.to_owned(),
                    Err(why) => format!("none: {why}"),
                }),
                test: rule.evidence().map(|it| it.test.to_owned()),
                ..row(rule.id, rule.meaning, rule.source)
            };
            RULES.iter().map(seen).collect()
        }
        Catalogue::Invariants => {
            let told = |it: &InvariantInfo| Row {
                not_checked: Some(it.not_checked.to_owned()),
                ..row(it.id, it.meaning, it.source)
            };
            INVARIANTS.iter().map(told).collect()
        }
        Catalogue::Behaviours => {
            BEHAVIOURS.iter().map(|it| row(it.id, it.meaning, it.source)).collect()
        }
        Catalogue::Readings => {
            let told = |it: &ReadingInfo| Row {
                usual: Some(it.usual.to_owned()),
                scenario: Some(it.scenario.to_owned()),
                ..row(it.id, it.meaning, it.source)
            };
            READINGS.iter().map(told).collect()
        }
        Catalogue::Detectors => {
            let told = |it: &DetectorInfo| Row {
                blind_to: Some(it.blind_to.to_owned()),
                ..row(it.id, it.meaning, it.source)
            };
            DETECTORS.iter().map(told).collect()
        }
        Catalogue::Measures => {
            let told = |it: &Measure| match it.unit {
                "" => row(it.id, it.meaning, it.source),
                unit => row(it.id, &format!("{}; in {unit}", it.meaning), it.source),
            };
            MEASURES.iter().map(told).collect()
        }
        Catalogue::Faults => FAULTS.iter().map(|it| row(it.id, it.meaning, it.source)).collect(),
        Catalogue::Operations => {
            let told = |it: &Operation| Row {
                weight: Some(it.weight),
                ..row(it.id, it.meaning, it.source)
            };
            OPERATIONS.iter().map(told).collect()
        }
        Catalogue::Families => {
            FAMILIES.iter().map(|it| row(it.id, it.meaning, it.source)).collect()
        }
        // These are files: see `scenarios`.
        Catalogue::Scenarios => Vec::new(),
        Catalogue::Codes => {
            let told = |it: &ResponseCode| {
                let scenario = Some(it.scenario.to_owned());
                Row { scenario, ..row(&it.id(), it.meaning, it.source) }
            };
            RESPONSE_CODES.iter().map(told).collect()
        }
    }
}

/// The JSON Schema of scenario files.
pub fn scenario_schema() -> serde_json::Value {
    scenario::schema(&scenario::Meanings {
        invariants: INVARIANTS.iter().map(|it| (it.id, it.meaning)).collect(),
        behaviours: BEHAVIOURS.iter().map(|it| (it.id, it.meaning)).collect(),
        faults: FAULTS.iter().map(|it| (it.id, it.meaning)).collect(),
    })
}

/// The scenario files in a folder.
///
/// # Errors
/// When the folder can't be read.
pub fn scenarios(folder: &Path) -> std::io::Result<Vec<Listed>> {
    let listed = |listed: scenario::Listed| {
        let (title, why) = match listed.said {
            Ok(said) => (said.title, said.why),
            Err(error) => (error.to_string(), String::new()),
        };
        Listed { path: listed.path.display().to_string(), title, why }
    };
    Ok(scenario::list(folder, &rule_ids())?.into_iter().map(listed).collect())
}

/// The ids of all rules that can be off.
pub fn rule_ids() -> Vec<&'static str> {
    RULES.iter().filter(|rule| rule.built_in().is_none()).map(|rule| rule.id).collect()
}
