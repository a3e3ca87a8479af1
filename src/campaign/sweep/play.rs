//! Plays the runs of a sweep: those that are not played yet, so many at a time.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::file::Sweep;
use super::grid::Point;
use crate::campaign::measures::{Observed, series};
use crate::campaign::one::play_and_judge;
use crate::campaign::side_by_side::side_by_side;
use crate::scenario::Scenario;
use crate::world::Options;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Played {
    /// The point's number.
    pub point: u64,
    /// The seed.
    pub seed: u64,
    /// The verdict's word, or `broken`.
    pub verdict: String,
    /// The measures, in the sweep's order.
    pub measures: Vec<Option<f64>>,
    /// Time in milliseconds, node, quantity and value; only of a run that a figure shows.
    pub series: Vec<(u64, String, String, u64)>,
}

/// Plays what is not among `known`, and gives all in the order of the grid. `told` hears of each
/// run that was played, at the time; it gives whether to go on.
///
/// # Errors
/// When a scenario can't be read, or `told` did not want to go on.
pub fn play(
    sweep: &Sweep,
    rules: &[&str],
    known: &[Played],
    jobs: usize,
    told: &(dyn Fn(&Played) -> Result<(), String> + Sync),
) -> Result<Vec<Played>, String> {
    let points = sweep.points();
    let all: Vec<(&Point, u64)> = points
        .iter()
        .flat_map(|point| (0..sweep.described.seeds).map(move |seed| (point, seed)))
        .collect();
    let broken = Mutex::new(None);
    let work = |(point, seed): &(&Point, u64)| {
        let is_this = |it: &&Played| (it.point, it.seed) == (point.number, *seed);
        if let Some(played) = known.iter().find(is_this) {
            return Some(played.clone());
        }
        if broken.lock().is_ok_and(|why| why.is_some()) {
            return None;
        }
        let played = one(sweep, rules, point, *seed).and_then(|it| told(&it).map(|()| it));
        played.map_err(|error| broken.lock().map(|mut why| *why = Some(error))).ok()
    };
    let rows = side_by_side(&all, jobs, work);
    match broken.into_inner() {
        Ok(None) => Ok(rows.into_iter().flatten().collect()),
        Ok(Some(why)) => Err(why),
        Err(_) => Err("a worker panicked".into()),
    }
}

fn one(sweep: &Sweep, rules: &[&str], point: &Point, seed: u64) -> Result<Played, String> {
    let text = sweep.scenario(point)?;
    let scenario = Scenario::read("the scenario of a point", &text, rules);
    let scenario = scenario.map_err(|error| crate::scenario::render(&error))?;
    let script = scenario.expand(seed).script;
    let Ok(judged) = play_and_judge(&script, &Options { log: None }) else {
        let measures = vec![None; sweep.measures.len()];
        let verdict = "broken".into();
        return Ok(Played { point: point.number, seed, verdict, measures, series: vec![] });
    };
    let run = Observed::new(&judged.run.header, &judged.run.entries, sweep.warm_up_ms);
    let samples = if sweep.is_shown(point, seed) { series(&run) } else { Vec::new() };
    Ok(Played {
        point: point.number,
        seed,
        verdict: judged.verdict.verdict.word().into(),
        measures: sweep.measures.iter().map(|measure| (measure.of)(&run)).collect(),
        series: samples
            .into_iter()
            .map(|it| (it.at_ms, it.node, it.quantity.to_owned(), it.value))
            .collect(),
    })
}
