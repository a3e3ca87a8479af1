//! The arguments of each command, as they are written and as their help tells them.
//!
//! What the commands do stands in the files of their names.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::fuzz;

/// A deterministic testbed for MIMI rooms over MLS: does a group ever split?
#[derive(Debug, Parser)]
#[command(name = "schism", version, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 as expected, 1 safety violation, 2 inconclusive, 3 liveness violation,
4 not deterministic or not what is kept, 5 an expected violation did not come, a planted bug
survived, or a rule has no account of what it is worth, 64 usage or a bad file, 70 internal error.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play a scenario, judge the run and tell its story.
    Run(RunArguments),
    /// Print what a seed makes of a scenario, as a scenario with nothing left to chance.
    Expand(ExpandArguments),
    /// Play many seeds, and keep what fails.
    Fuzz(FuzzArguments),
    /// Play a failure again that a search found.
    Replay(ReplayArguments),
    /// Make a failure small enough to read.
    Shrink(ShrinkArguments),
    /// Switch each rule off in turn, and show what breaks.
    Ablate(AblateArguments),
    /// Play liars, and say which detector notices each of them, how soon, and at what cost.
    Detectors(DetectorsArguments),
    /// Plant bugs, and say which of them the oracle sees.
    Mutants(MutantsArguments),
    /// Play a grid of scenarios, and draw what is measured of them.
    Sweep(SweepArguments),
    /// Draw a stored sweep again.
    Plot(PlotArguments),
    /// Make the figures that are kept, or compare them with what they should be.
    Gallery(GalleryArguments),
    /// Play each seed in two processes and compare the traces.
    Meta(MetaArguments),
    /// Judge a stored run again, from its trace.
    Check(CheckArguments),
    /// Say how it came to what broke in a stored run.
    Explain(ExplainArguments),
    /// Print a stored trace in the format of another tool.
    Export(ExportArguments),
    /// Make a page of a stored run, to look at in a browser.
    Report(ReportArguments),
    /// Print the JSON Schema of a file format.
    Schema(SchemaArguments),
    /// List what a scenario can name, or the scenarios there are.
    List(ListArguments),
}

#[derive(Debug, Args)]
pub struct RunArguments {
    /// The scenario file.
    pub file: PathBuf,
    /// The seed, decimal or 0x…; in place of the one that the file may pin.
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// Where the run's folder is made.
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub out: PathBuf,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Log what the nodes do to stderr, from this level on.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub log: Option<Level>,
    /// Make the run's page, too, and show it in the browser.
    #[arg(long)]
    pub open: bool,
}

#[derive(Debug, Args)]
pub struct ExpandArguments {
    /// The scenario file.
    pub file: PathBuf,
    /// The seed, decimal or 0x…; in place of the one that the file may pin.
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
}

#[derive(Debug, Args)]
pub struct FuzzArguments {
    /// Scenario files; each seed is played in each. Without any, scenarios/any-room.toml.
    pub files: Vec<PathBuf>,
    /// The seeds, from A up to and without B. Without this and a budget, 0..100.
    #[arg(long, value_name = "A..B", value_parser = fuzz::seeds)]
    pub seeds: Option<std::ops::Range<u64>>,
    /// Wall time after which no further run begins: 30s, 5m, 1h.
    #[arg(long, value_name = "TIME", value_parser = fuzz::span)]
    pub budget: Option<Duration>,
    /// How many runs are played side by side. Without this, one for each processor.
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<usize>,
    /// Go on after a failure.
    #[arg(long)]
    pub keep_going: bool,
    /// Which part of the runs to play, of how many: 1/4 to 4/4.
    #[arg(long, value_name = "I/N", value_parser = fuzz::shard, default_value = "1/1")]
    pub shard: (u64, u64),
    /// Where to write a JUnit report.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Where results.csv and the failures' folders are made.
    #[arg(long, value_name = "DIR", default_value = "output/fuzz")]
    pub out: PathBuf,
    /// Wall time after which a run is taken to hang.
    #[arg(long, value_name = "TIME", value_parser = fuzz::span, default_value = "2m")]
    pub patience: Duration,
}

#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// The folder of a failure: it holds failure.json and script.toml.
    pub dir: PathBuf,
    /// Wall time after which the run is taken to hang.
    #[arg(long, value_name = "TIME", value_parser = fuzz::span, default_value = "2m")]
    pub patience: Duration,
}

#[derive(Debug, Args)]
pub struct ShrinkArguments {
    /// The folder of a failure, or of a run that failed: it holds script.toml.
    pub dir: PathBuf,
    /// Where to write the small scenario. Without this, shrunk.toml in that folder.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Wall time after which a run is taken to hang.
    #[arg(long, value_name = "TIME", value_parser = fuzz::span, default_value = "2m")]
    pub patience: Duration,
    /// Wall time after which the smallest so far is the result.
    #[arg(long, value_name = "TIME", value_parser = fuzz::span, default_value = "10m")]
    pub budget: Duration,
}

#[derive(Debug, Args)]
pub struct AblateArguments {
    /// The rules. Without any, all of them.
    pub rules: Vec<String>,
    /// Seeds of the random rooms, from A up to and without B, for each rule.
    #[arg(long, value_name = "A..B", value_parser = fuzz::seeds, default_value = "0..20")]
    pub seeds: std::ops::Range<u64>,
    /// How many rules are tried side by side. Without this, one for each processor.
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<usize>,
    /// Where the tables and the scenarios are written.
    #[arg(long, value_name = "DIR", default_value = "output/ablation")]
    pub out: PathBuf,
    /// Wall time after which a run is taken to hang.
    #[arg(long, value_name = "TIME", value_parser = fuzz::span, default_value = "2m")]
    pub patience: Duration,
    /// Wall time for shrinking each scenario.
    #[arg(long, value_name = "TIME", value_parser = fuzz::span, default_value = "1m")]
    pub budget: Duration,
}

#[derive(Debug, Args)]
pub struct DetectorsArguments {
    /// Scenario files with a liar. Without any, two of a forked room and all of
    /// scenarios/adversaries.
    pub files: Vec<PathBuf>,
    /// How many scenarios are played side by side. Without this, one for each processor.
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<usize>,
    /// Where the tables are written.
    #[arg(long, value_name = "DIR", default_value = "output/detectors")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct MutantsArguments {
    /// The invariants. Without any, all of them.
    pub invariants: Vec<String>,
    /// How many seeds a bug may survive.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub seeds: u64,
    /// How many bugs are tried side by side. Without this, one for each processor.
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<usize>,
}

#[derive(Debug, Args)]
pub struct SweepArguments {
    /// The sweep file.
    pub file: PathBuf,
    /// How many runs are played side by side. Without this, one for each processor.
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<usize>,
    /// Where tables and figures are written. Without this, a folder in output/sweeps.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Play nothing: print the scenario of a point of the grid, which --point names.
    #[arg(long, requires = "point")]
    pub expand: bool,
    /// Which point, from 1.
    #[arg(long, value_name = "K", requires = "expand")]
    pub point: Option<u64>,
}

#[derive(Debug, Args)]
pub struct PlotArguments {
    /// The folder that a sweep left: it holds sweep.json and runs.csv.
    pub dir: PathBuf,
}

#[derive(Debug, Args)]
pub struct GalleryArguments {
    /// Sweep files. Without any, all in scenarios/ but the small one.
    pub files: Vec<PathBuf>,
    /// Where the figures are kept.
    #[arg(long, value_name = "DIR", default_value = "output/gallery")]
    pub dir: PathBuf,
    /// Play and draw elsewhere, and compare byte for byte.
    #[arg(long)]
    pub check: bool,
    /// Only draw from the rows that are kept, and compare.
    #[arg(long, conflicts_with = "check")]
    pub redraw: bool,
    /// How many runs are played side by side. Without this, one for each processor.
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<usize>,
}

#[derive(Debug, Args)]
pub struct MetaArguments {
    /// Scenario files. Without any, scenarios/any-room.toml.
    pub files: Vec<PathBuf>,
    /// The seeds, from A up to and without B.
    #[arg(long, value_name = "A..B", value_parser = fuzz::seeds, default_value = "0..10")]
    pub seeds: std::ops::Range<u64>,
    /// Where the traces are written; those that are alike are deleted.
    #[arg(long, value_name = "DIR", default_value = "output/meta")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The folder that a run left: it holds trace.jsonl.
    pub dir: PathBuf,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// The folder that a run left: it holds trace.jsonl.
    pub dir: PathBuf,
    /// Explain this event, by its place in the trace, in place of what broke.
    #[arg(long, value_name = "N")]
    pub event: Option<u64>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// The folder that a run left: it holds trace.jsonl.
    pub dir: PathBuf,
    /// The format.
    #[arg(long = "as", value_enum, value_name = "FORMAT")]
    pub format: ExportFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ExportFormat {
    /// Chrome trace JSON, which ui.perfetto.dev opens.
    Perfetto,
    /// One row an event.
    Csv,
    /// A sequence diagram of a small run.
    Mermaid,
}

#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The folder that a run left: it holds trace.jsonl, and gets report.html.
    pub dir: PathBuf,
    /// Show the page in the browser.
    #[arg(long)]
    pub open: bool,
}

#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// Of what.
    #[arg(value_enum)]
    pub of: SchemaOf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SchemaOf {
    /// A line of a trace.jsonl.
    Trace,
    /// A scenario file.
    Scenario,
    /// A sweep file, *.sweep.toml.
    Sweep,
}

#[derive(Debug, Args)]
pub struct ListArguments {
    /// Which list.
    #[arg(value_enum)]
    pub what: Catalogue,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// For people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people.
    Human,
    /// JSON on one line.
    Json,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Catalogue {
    /// What hubs and clients check.
    Rules,
    /// How open texts of the drafts can be read.
    Readings,
    /// What the oracle judges.
    Invariants,
    /// How nodes can misbehave.
    Behaviours,
    /// What can go wrong around them.
    Faults,
    /// How it can be noticed that a hub lies.
    Detectors,
    /// What sweeps can measure of a run.
    Measures,
    /// What users do in a random workload.
    Operations,
    /// What goes wrong in a storm.
    Families,
    /// The files in scenarios/.
    Scenarios,
    /// What endpoints can answer.
    Codes,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl From<Level> for tracing::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
            Level::Trace => Self::TRACE,
        }
    }
}

pub(super) fn seed(text: &str) -> Result<u64, String> {
    let read = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    read.map_err(|_| "expected a number from 0 to 2^64-1, as 42 or 0x2a".to_owned())
}

fn jobs(text: &str) -> Result<usize, String> {
    let read = text.parse().ok().filter(|jobs| (1..=1_024).contains(jobs));
    read.ok_or_else(|| "expected a number from 1 to 1024".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parsed(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_arguments_are_consistent_in_themselves() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_seed_is_decimal_or_hexadecimal_and_fills_64_bits() {
        assert_eq!(seed("42"), Ok(42));
        assert_eq!(seed("0x2a"), Ok(42));
        assert_eq!(seed("0xffffffffffffffff"), Ok(u64::MAX));
        for text in ["", "0x", "-1", "18446744073709551616", "seed"] {
            assert!(seed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn wrong_usage_goes_to_stderr_and_help_does_not() {
        let fuzz = ["schism fuzz --seeds 5..1", "schism fuzz --jobs 0", "schism fuzz --shard 3/2"];
        let run = ["schism", "schism walk", "schism run", "schism run x --seed many"];
        for line in run.into_iter().chain(fuzz) {
            assert!(parsed(line).unwrap_err().use_stderr(), "{line}");
        }
        for line in ["schism --help", "schism --version", "schism run --help"] {
            assert!(!parsed(line).unwrap_err().use_stderr(), "{line}");
        }
    }

    #[test]
    fn a_run_takes_its_defaults_and_its_options() {
        let Command::Run(run) = parsed("schism run x.toml").unwrap().command else {
            panic!("not a run");
        };
        assert_eq!((run.seed, run.format, run.log), (None, Format::Human, None));
        assert_eq!(run.out, PathBuf::from("output"));
        let line = "schism run x.toml --seed 0x10 --out here --format json --log debug";
        let Command::Run(run) = parsed(line).unwrap().command else { panic!("not a run") };
        assert_eq!((run.seed, run.format, run.log), (Some(16), Format::Json, Some(Level::Debug)));
    }
}
