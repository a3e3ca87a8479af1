//! What a figure shows, worked out from the rows: lines with bands, steps, bars, lanes in time.
//!
//! Runs in which a measure has no value are left out of medians, and the foot of the figure says
//! how many those are. A CDF counts them: they never get there.

use super::sheet::Sheet;
use crate::campaign::{Described, Plot, PlotKind, Told};

/// A figure, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub(super) title: String,
    pub(super) x_label: String,
    pub(super) y_label: String,
    /// What stands below: how many seeds, what the marks mean, and the command.
    pub(super) foot: [String; 2],
    pub(super) body: Body,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    /// Lines with bands. Where the values of the parameter are no numbers, they are named.
    Lines { lines: Vec<Line>, names: Vec<String> },
    /// Shares in percent.
    Steps(Vec<Line>),
    /// For each group, a bar of each kind.
    Bars { groups: Vec<String>, kinds: Vec<(String, Vec<f64>)> },
    /// For each node, a lane; spans are shaded.
    Lanes { lanes: Vec<Lane>, shaded: Vec<(f64, f64)>, end: f64 },
}

/// A node's name and its values: from when, how much.
pub(super) type Lane = (String, Vec<(f64, f64)>);

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub name: String,
    pub points: Vec<Mark>,
}

/// The median at a place, and the quartiles around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mark {
    pub x: f64,
    pub mid: f64,
    pub low: f64,
    pub high: f64,
}

impl Figure {
    /// Works out what a plot shows.
    ///
    /// # Errors
    /// When a column is missing, or no row has a value.
    pub fn of(
        described: &Described,
        plot: &Plot,
        runs: &Sheet,
        series: &Sheet,
    ) -> Result<Self, String> {
        let mut missing = 0;
        let body = match plot.kind {
            PlotKind::Line => lines(described, plot, runs, &mut missing)?,
            PlotKind::Cdf => Body::Steps(steps(described, plot, runs)?),
            PlotKind::Bars => bars(described, plot, runs, &mut missing)?,
            PlotKind::TimeSeries => lanes(plot, series)?,
        };
        let runs = match pooled(described, plot) {
            1 => "one run".to_owned(),
            runs if runs == described.seeds => format!("{runs} seeds"),
            runs => {
                let (seeds, settings) = (described.seeds, runs / described.seeds.max(1));
                format!("{runs} runs ({seeds} seeds in each of {settings} settings)")
            }
        };
        let left_out = match missing {
            0 => String::new(),
            _ => format!("; {missing} runs without a value are left out"),
        };
        let marks = match plot.kind {
            PlotKind::Line => format!("Median and quartiles of {runs} a point{left_out}."),
            PlotKind::Cdf => format!(
                "Share of {runs} a line; those that never get there count as above any value."
            ),
            PlotKind::Bars => format!("Mean of {runs} a bar{left_out}."),
            PlotKind::TimeSeries => format!("One run, with seed {}.", plot.seed),
        };
        let (x_label, y_label) = labels(described, plot);
        Ok(Self {
            title: plot.title.clone().unwrap_or_else(|| described.title.clone()),
            x_label: plot.x_label.clone().unwrap_or(x_label),
            y_label: plot.y_label.clone().unwrap_or(y_label),
            foot: [marks, format!("Made by: {}", described.command)],
            body,
        })
    }
}

/// How many runs a point, a bar or a line stands for: the seeds, for each value of the parameters
/// that the plot does not tell apart.
fn pooled(described: &Described, plot: &Plot) -> u64 {
    let is_told = |name: &String| [&plot.x, &plot.by].contains(&&Some(name.clone()));
    let others = described.parameters.iter().filter(|axis| !is_told(&axis.name));
    others.map(|axis| axis.values.len() as u64).product::<u64>() * described.seeds
}

fn labels(described: &Described, plot: &Plot) -> (String, String) {
    let with_unit = |told: &Told| match &*told.unit {
        "" => told.id.clone(),
        unit => format!("{} ({unit})", told.id),
    };
    let told = described.measures.iter().find(|told| Some(&told.id) == plot.y.first());
    let measure = told.map(with_unit).unwrap_or_default();
    let axis = described.parameters.iter().find(|axis| Some(&axis.name) == plot.x.as_ref());
    match plot.kind {
        PlotKind::Line | PlotKind::Bars => {
            (axis.map(|axis| axis.label.clone()).unwrap_or_default(), measure)
        }
        PlotKind::Cdf => (measure, "runs (%)".to_owned()),
        PlotKind::TimeSeries => ("simulated time (s)".into(), "epochs behind the hub".into()),
    }
}

/// The lines of a legend: each measure, for each value of the parameter that parts them.
fn parts(described: &Described, plot: &Plot) -> Vec<(String, String, Option<String>)> {
    let axis = described.parameters.iter().find(|axis| Some(&axis.name) == plot.by.as_ref());
    let by: Vec<Option<String>> =
        axis.map_or(vec![None], |axis| axis.values.iter().cloned().map(Some).collect());
    let mut parts = Vec::new();
    for (place, measure) in plot.y.iter().enumerate() {
        let name = plot.names.get(place).unwrap_or(measure);
        for (which, value) in by.iter().enumerate() {
            let called = match value {
                // Then the names are those of the values.
                Some(value) if plot.y.len() == 1 => plot.names.get(which).unwrap_or(value).clone(),
                Some(value) => format!("{name}, {value}"),
                None => name.clone(),
            };
            parts.push((called, measure.clone(), value.clone()));
        }
    }
    parts
}

/// The values of a measure in the rows where `which` columns have these values; how many have none.
fn values(runs: &Sheet, measure: &str, which: &[(&str, &str)]) -> Result<(Vec<f64>, u64), String> {
    let mut keep: Vec<bool> = runs.columns([measure])?.iter().map(|_| true).collect();
    for (name, value) in which {
        for (keep, [cell]) in keep.iter_mut().zip(runs.columns([name])?) {
            *keep &= cell == *value;
        }
    }
    let (mut all, mut missing) = (Vec::new(), 0);
    for (keep, [cell]) in keep.iter().zip(runs.columns([measure])?) {
        match cell.parse() {
            Ok(value) if *keep => all.push(value),
            Err(_) if *keep => missing += 1,
            _ => {}
        }
    }
    all.sort_by(f64::total_cmp);
    Ok((all, missing))
}

/// The value at this share of sorted values, between two neighbours where it falls between them.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    sorted[low] + (sorted[high] - sorted[low]) * (place - place.floor())
}

/// A value as a number: `10%` is 10, and times are in seconds.
fn number(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 5] = [("", 1.0), ("%", 1.0), ("s", 1.0), ("ms", 0.001), ("m", 60.0)];
    let end = text.find(|letter: char| !(letter.is_ascii_digit() || letter == '.'));
    let (digits, unit) = text.split_at(end.unwrap_or(text.len()));
    let (_, worth) = UNITS.iter().find(|(known, _)| *known == unit)?;
    Some(digits.parse::<f64>().ok()? * worth)
}

fn lines(
    described: &Described,
    plot: &Plot,
    runs: &Sheet,
    missing: &mut u64,
) -> Result<Body, String> {
    let x = plot.x.as_deref().unwrap_or_default();
    let axis = described.parameters.iter().find(|axis| axis.name == x);
    let places = axis.map(|axis| axis.values.clone()).unwrap_or_default();
    let numbers: Option<Vec<f64>> = places.iter().map(|value| number(value)).collect();
    let names = if numbers.is_some() { Vec::new() } else { places.clone() };
    let at = numbers.unwrap_or_else(|| (0..places.len()).map(|place| place as f64).collect());
    let mut lines = Vec::new();
    for (name, measure, by) in parts(described, plot) {
        let mut points = Vec::new();
        for (x_value, x_at) in places.iter().zip(&at) {
            let mut which = vec![(x, &**x_value)];
            which.extend(plot.by.as_deref().zip(by.as_deref()));
            let (sorted, without) = values(runs, &measure, &which)?;
            *missing += without;
            if !sorted.is_empty() {
                let of = |share| quantile(&sorted, share);
                points.push(Mark { x: *x_at, mid: of(0.5), low: of(0.25), high: of(0.75) });
            }
        }
        lines.push(Line { name, points });
    }
    something(&lines)?;
    Ok(Body::Lines { lines, names })
}

fn something(lines: &[Line]) -> Result<(), String> {
    let nothing = lines.iter().all(|line| line.points.is_empty());
    if nothing { Err("no run has a value that could be drawn".into()) } else { Ok(()) }
}

fn steps(described: &Described, plot: &Plot, runs: &Sheet) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for (name, measure, by) in parts(described, plot) {
        let which: Vec<_> = plot.by.as_deref().zip(by.as_deref()).into_iter().collect();
        let (sorted, never) = values(runs, &measure, &which)?;
        let all = sorted.len() as f64 + never as f64;
        let mark = |(place, x): (usize, &f64)| {
            let mid = 100.0 * (place as f64 + 1.0) / all;
            Mark { x: *x, mid, low: mid, high: mid }
        };
        lines.push(Line { name, points: sorted.iter().enumerate().map(mark).collect() });
    }
    something(&lines)?;
    Ok(lines)
}

fn bars(
    described: &Described,
    plot: &Plot,
    runs: &Sheet,
    missing: &mut u64,
) -> Result<Body, String> {
    let x = plot.x.as_deref().unwrap_or_default();
    let axis = described.parameters.iter().find(|axis| axis.name == x);
    let groups = axis.map(|axis| axis.values.clone()).unwrap_or_default();
    let mut kinds = Vec::new();
    for (name, measure, by) in parts(described, plot) {
        let mut means = Vec::new();
        for group in &groups {
            let mut which = vec![(x, &**group)];
            which.extend(plot.by.as_deref().zip(by.as_deref()));
            let (all, without) = values(runs, &measure, &which)?;
            *missing += without;
            means.push(all.iter().sum::<f64>() / (all.len().max(1)) as f64);
        }
        kinds.push((name, means));
    }
    Ok(Body::Bars { groups, kinds })
}

fn lanes(plot: &Plot, series: &Sheet) -> Result<Body, String> {
    let (point, seed) = (plot.point.to_string(), plot.seed.to_string());
    let (mut lanes, mut shaded, mut open, mut end) = (Vec::<Lane>::new(), Vec::new(), None, 0.0);
    let columns = ["point", "seed", "time_s", "node", "quantity", "value"];
    for [of_point, of_seed, at, node, quantity, value] in series.columns(columns)? {
        if (of_point, of_seed) != (&*point, &*seed) {
            continue;
        }
        let bad = |_| format!("`{at}` or `{value}` is no number");
        let (at, value): (f64, f64) = (at.parse().map_err(bad)?, value.parse().map_err(bad)?);
        end = at;
        match (quantity, open) {
            ("faults", None) if value > 0.0 => open = Some(at),
            ("faults", Some(since)) if value == 0.0 => {
                shaded.push((since, at));
                open = None;
            }
            ("epoch_lag", _) => match lanes.iter_mut().find(|(name, _)| name == node) {
                Some((_, values)) => values.push((at, value)),
                None => lanes.push((node.to_owned(), vec![(at, value)])),
            },
            _ => {}
        }
    }
    lanes.sort_by(|one, other| one.0.cmp(&other.0));
    if lanes.is_empty() {
        return Err("there is no series of that run".into());
    }
    Ok(Body::Lanes { lanes, shaded, end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_fall_between_neighbours() {
        assert_eq!(
            [0.0, 0.25, 0.5, 1.0].map(|at| quantile(&[1.0, 2.0, 4.0], at)),
            [1.0, 1.5, 2.0, 4.0]
        );
        assert_eq!(quantile(&[7.0], 0.75), 7.0);
    }

    #[test]
    fn a_value_with_a_unit_is_a_number_and_a_word_is_none() {
        assert_eq!(
            ["10%", "1.5s", "3", "on"].map(number),
            [Some(10.0), Some(1.5), Some(3.0), None]
        );
    }
}
