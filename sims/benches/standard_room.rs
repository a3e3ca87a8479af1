//! The speed of the standard room, and the cost of simulating it.
//!
//! Plays `scenarios/standard-room.toml` with trace and oracle on, reads off the trace which MLS
//! operations the run was made of (`plan`), and performs the same ones in a bare loop with
//! OpenMLS's stock provider and store (`bare`). Prints three ratios of medians:
//!
//! - *simulated/wall*: how much faster than its own clock a run is;
//! - the *tax*: a run's wall time over the bare loop's;
//! - *wall/inside*: a run's wall time over the time that its nodes spent inside OpenMLS.
//!
//! Runs and loops alternate in one process, so that a machine's moods fall on both. That, and a
//! ratio as the result, is what criterion and divan don't offer: they time one function after the
//! other and keep the figures to themselves. Hence a loop of its own.
//!
//! Not here: a limit that fails. The figures depend on the machine.

mod bare;
mod plan;

use std::error::Error;
use std::thread;

use plan::{Counts, Plan};
use schism::campaign::{Judged, play_and_judge};
use schism::mimi::rules::RULES;
use schism::node::Stopwatch as _;
use schism::oracle::Outcome;
use schism::scenario;
use schism::script::Script;
use schism::world::Options;
use schism::world::stopwatch::WallStopwatch;

const SCENARIO: &str = "scenarios/standard-room.toml";

/// How often each side is timed; odd, so that the median is one of them.
const ROUNDS: usize = 7;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let script = script()?;
    // The first of each is not timed: it warms up, and shows that both do the same.
    let judged = play_and_judge(&script, &Options::default())?;
    if judged.verdict.verdict != Outcome::AsExpected {
        return Err(format!("the run is not as expected: {}", judged.verdict.why).into());
    }
    let plan = Plan::of(&judged.run.header, &judged.run.entries)?;
    let counts = bare(&plan)?;
    assert_eq!(plan.counts, counts, "the bare loop does what the run did, no more and no less");

    let (mut run, mut inside, mut loops) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (judged, seconds) = timed(|| play_and_judge(&script, &Options::default()));
        run.push(seconds);
        inside.push(judged?.run.mls_nanos as f64 / 1e9);
        let (done, seconds) = timed(|| bare(&plan));
        done?;
        loops.push(seconds);
    }
    show(&judged, &counts, Medians { run: run.into(), inside: inside.into(), bare: loops.into() });
    Ok(())
}

fn script() -> Result<Script, Failure> {
    let path = format!("{}/{SCENARIO}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path)?;
    let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    Ok(scenario::read(SCENARIO, &text, None, &rules).map_err(|error| scenario::render(&error))?)
}

/// The bare loop, on a fresh thread that does rayon's work itself, as a run's does: the tax is
/// about simulation, not about threads.
fn bare(plan: &Plan) -> Result<Counts, Failure> {
    let inline = || {
        let _pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build()?;
        bare::perform(plan)
    };
    thread::scope(|scope| scope.spawn(inline).join()).map_err(|_| "the bare loop panicked")?
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let watch = WallStopwatch::start();
    let result = work();
    (result, watch.nanos() as f64 / 1e9)
}

struct Medians {
    run: Median,
    inside: Median,
    bare: Median,
}

/// The median of some seconds, with the least and the most.
struct Median {
    least: f64,
    median: f64,
    most: f64,
}

impl From<Vec<f64>> for Median {
    fn from(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        let at = |place: usize| seconds[place];
        Self { least: at(0), median: at(seconds.len() / 2), most: at(seconds.len() - 1) }
    }
}

fn show(judged: &Judged, counts: &Counts, medians: Medians) {
    let Medians { run, inside, bare } = medians;
    let simulated = judged.run.simulated_ms as f64 / 1e3;
    let line = |what: &str, time: &Median| {
        let Median { least, median, most } = time;
        println!("{what:<28}{median:>7.3} s   ({least:.3} to {most:.3}, {ROUNDS} times)");
    };
    println!("{SCENARIO}: {} events, {simulated:.1} s simulated", judged.run.entries.len());
    println!("{counts}");
    line("a run, with trace and oracle", &run);
    line("  inside MLS", &inside);
    line("the same MLS, bare", &bare);
    println!("simulated/wall {:>6.1}   (bar: over 100)", simulated / run.median);
    println!("tax            {:>6.2}   (bar: under 2)", run.median / bare.median);
    println!("wall/inside    {:>6.2}", run.median / inside.median);
}
