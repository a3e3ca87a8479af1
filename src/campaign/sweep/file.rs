//! The sweep file: what a person writes, checked.
//!
//! ```toml
//! title = "What a partition costs"
//! caption = "How far each client is behind while it lasts."
//! seeds = 20                             # each point is played with seeds 0 to 19
//! warm_up = "8s"                         # what happens before is not measured
//! measures = ["convergence_s"]           # `schism list measures`
//! base = "partition-heals.toml"          # or the text itself: scenario = """..."""
//!
//! [[parameters]]
//! name = "length"                        # stands in the scenario as $length
//! label = "length of the partition (s)"
//! values = ["1s", "10s"]
//!
//! [[each]]                               # $users in the scenario stands for $n such lines
//! name = "users"
//! from = 1
//! to = "$n"
//! line = 'users.user$i = { at = "b.example", clients = ["U$i"] }'
//!
//! [[cases]]                              # $fault stands for the text of the value of `cut`
//! name = "fault"
//! of = "cut"
//! texts = { short = 'for = "1s"', long = 'for = "9s"' }
//!
//! [[plots]]
//! name = "convergence"
//! kind = "cdf"                           # line, cdf, bars, time_series
//! y = ["convergence_s"]
//! by = "length"
//! ```

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::described::{Axis, Described, Kind, Plot, Told};
use super::grid::{Point, points};
use super::lines::{Case, Each, shown};
use super::schema;
use super::template::filled;
use crate::campaign::measures::{MEASURES, Measure};
use crate::scenario::{self, Scenario, nearest};

/// A sweep file, checked.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// What is said of it; the command is not known here.
    pub described: Described,
    /// The measures, as in the description.
    pub measures: Vec<&'static Measure>,
    /// Simulated milliseconds that are not measured.
    pub warm_up_ms: u64,
    text: String,
    cases: Vec<Case>,
    each: Vec<Each>,
}

/// A grid of scenarios, what is measured of their runs, and how that is drawn.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::base_or_scenario)]
pub(super) struct File {
    /// One line that says what this is.
    title: String,
    /// What its figures show.
    caption: String,
    /// How many seeds each point is played with, from 0.
    #[schemars(range(min = 1, max = MOST_RUNS))]
    seeds: u64,
    /// What happens before is not measured: whole seconds, as `8s`.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]+s$"))]
    warm_up: Option<String>,
    /// What is measured of each run.
    #[serde(default)]
    #[schemars(schema_with = "schema::measures")]
    measures: Vec<String>,
    /// The scenario file, from the folder of this one.
    #[serde(default)]
    base: Option<String>,
    /// The scenario itself, in place of `base`.
    #[serde(default)]
    scenario: Option<String>,
    /// What differs from point to point. Each point has one value of each.
    #[serde(default)]
    parameters: Vec<Parameter>,
    /// Texts that stand in the scenario, by the value of a parameter.
    #[serde(default)]
    cases: Vec<Case>,
    /// Lines that stand in the scenario many times.
    #[serde(default)]
    each: Vec<Each>,
    /// The figures.
    #[serde(default)]
    plots: Vec<Plot>,
}

/// What differs from point to point.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parameter {
    /// Where `$name` stands in the scenario, its value stands.
    name: String,
    /// What an axis says of it; its name where there is none.
    #[serde(default)]
    label: Option<String>,
    /// Its values, as they are put into the scenario.
    #[schemars(with = "Vec<serde_json::Value>", length(min = 1))]
    values: Vec<toml::Value>,
}

/// No grid has more runs.
const MOST_RUNS: u64 = 100_000;

impl Sweep {
    /// Reads the sweep file `name` with this `text`. `base` gives the text of another file beside
    /// it; `rules` are the ids that scenarios may name.
    ///
    /// # Errors
    /// The first thing in the file that is wrong, as a message for people.
    pub fn read(
        name: &str,
        text: &str,
        base: impl Fn(&str) -> Result<String, String>,
        rules: &[&str],
    ) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        let wrong = |what: String| format!("{name}: {what}");
        let sweep = Self::of(file, base).map_err(wrong)?;
        for point in sweep.points() {
            let place = format!("{name}, point {}", point.number);
            let text = sweep.scenario(&point).map_err(|error| format!("{place}: {error}"))?;
            Scenario::read(&place, &text, rules).map_err(|error| scenario::render(&error))?;
        }
        Ok(sweep)
    }

    fn of(file: File, base: impl Fn(&str) -> Result<String, String>) -> Result<Self, String> {
        let text = match (file.base, file.scenario) {
            (Some(path), None) => base(&path)?,
            (None, Some(text)) => text,
            _ => return Err("expected either `base`, a file, or `scenario`, its text".into()),
        };
        let measures = file.measures.iter().map(|id| measure(id)).collect::<Result<Vec<_>, _>>()?;
        let parameters = file.parameters.into_iter().map(axis).collect::<Result<Vec<_>, _>>()?;
        let warm_up_ms = file.warm_up.as_deref().map_or(Ok(0), warm_up)?;
        let told = |it: &&Measure| Told {
            id: it.id.into(),
            meaning: it.meaning.into(),
            unit: it.unit.into(),
        };
        let described = Described {
            title: file.title.trim().into(),
            caption: file.caption.trim().into(),
            command: String::new(),
            version: env!("CARGO_PKG_VERSION").into(),
            seeds: file.seeds,
            parameters,
            measures: measures.iter().map(told).collect(),
            plots: file.plots,
        };
        let runs = described.parameters.iter().map(|axis| axis.values.len() as u64);
        let runs = runs.chain([file.seeds]).try_fold(1u64, u64::checked_mul);
        match runs {
            Some(0) => return Err("there is nothing to play: `seeds` is 0".into()),
            Some(1..=MOST_RUNS) => {}
            _ => return Err(format!("the grid has more than {MOST_RUNS} runs")),
        }
        file.cases.iter().try_for_each(|case| case.check(&described.parameters))?;
        described.plots.iter().try_for_each(|plot| check(plot, &described))?;
        Ok(Self { described, measures, warm_up_ms, text, cases: file.cases, each: file.each })
    }

    /// The points of the grid, in order.
    pub fn points(&self) -> Vec<Point> {
        points(&self.described.parameters)
    }

    /// The scenario at a point, as the text of a scenario file.
    ///
    /// # Errors
    /// When it names what has no value.
    pub fn scenario(&self, point: &Point) -> Result<String, String> {
        let names = self.described.parameters.iter().map(|axis| axis.name.clone());
        let mut values: BTreeMap<_, _> = names.zip(point.values.iter().cloned()).collect();
        let put = |values: &mut BTreeMap<_, _>, name: &String, text| match values
            .insert(name.clone(), text)
        {
            Some(_) => Err(format!("there are two that are called `${name}`")),
            None => Ok(()),
        };
        for case in &self.cases {
            let text = case.text(&values)?;
            put(&mut values, &case.name, text)?;
        }
        for each in &self.each {
            let lines = each.lines(&values)?;
            put(&mut values, &each.name, lines)?;
        }
        filled(&self.text, &values)
    }

    /// Whether the run at this point and with this seed is shown as a time series.
    pub fn is_shown(&self, point: &Point, seed: u64) -> bool {
        let shows = |plot: &Plot| {
            plot.kind == Kind::TimeSeries && (plot.point, plot.seed) == (point.number, seed)
        };
        self.described.plots.iter().any(shows)
    }
}

fn measure(id: &str) -> Result<&'static Measure, String> {
    Measure::by_id(id).ok_or_else(|| {
        let known: Vec<_> = MEASURES.iter().map(|it| it.id).collect();
        let near = nearest(id, &known).map(|near| format!("did you mean `{near}`? "));
        let hint = near.unwrap_or_default();
        format!("there is no measure `{id}`; {hint}`schism list measures` has all of them")
    })
}

fn axis(parameter: Parameter) -> Result<Axis, String> {
    let Parameter { name, label, values } = parameter;
    if values.is_empty() {
        return Err(format!("the parameter `{name}` has no values, so the grid is empty"));
    }
    let label = label.unwrap_or_else(|| name.clone());
    Ok(Axis { label, values: values.iter().map(shown).collect(), name })
}

fn warm_up(text: &str) -> Result<u64, String> {
    let number = text.strip_suffix('s').and_then(|seconds| seconds.parse::<u64>().ok());
    number
        .and_then(|seconds| seconds.checked_mul(1000))
        .ok_or_else(|| format!("`warm_up` must be whole seconds, as \"8s\", and is \"{text}\""))
}

/// Whether a plot names what there is.
fn check(plot: &Plot, described: &Described) -> Result<(), String> {
    let named = |what: &str| format!("plot `{}` names `{what}`", plot.name);
    let parameters: Vec<_> = described.parameters.iter().map(|axis| &*axis.name).collect();
    let measures: Vec<_> = described.measures.iter().map(|told| &*told.id).collect();
    for parameter in plot.x.iter().chain(&plot.by) {
        if !parameters.contains(&&**parameter) {
            return Err(format!("{}, which is none of the parameters", named(parameter)));
        }
    }
    for measure in &plot.y {
        if !measures.contains(&&**measure) {
            return Err(format!("{}, which is none of this file's `measures`", named(measure)));
        }
    }
    let lacks = |what: &str| Err(format!("plot `{}` needs `{what}`", plot.name));
    match plot.kind {
        Kind::Line | Kind::Bars if plot.x.is_none() => lacks("x"),
        Kind::Line | Kind::Bars | Kind::Cdf if plot.y.is_empty() => lacks("y"),
        Kind::TimeSeries if plot.seed >= described.seeds => {
            Err(format!("plot `{}` shows seed {}, which is not played", plot.name, plot.seed))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub const FILE: &str = r#"
        title = "t"
        caption = "c"
        seeds = 2
        warm_up = "8s"
        measures = ["rejoins"]
        scenario = '''
title = "n is $n"
why = "w"
providers = ["a.example"]
users.alice = { at = "a.example", clients = ["A1"] }
$users
rooms.hall = { hub = "a.example" }
steps = [{ at = "1s", who = "A1", do = "create" }]
'''
        [[parameters]]
        name = "n"
        values = [0, 2]
        [[each]]
        name = "users"
        from = 1
        to = "$n"
        line = 'users.user$i = { at = "a.example", clients = ["U$i"] }'
        [[plots]]
        name = "p"
        kind = "line"
        x = "n"
        y = ["rejoins"]
    "#;

    fn read(text: &str) -> Result<Sweep, String> {
        Sweep::read("x.sweep.toml", text, |_| Err("no base".into()), &[])
    }

    fn refused(from: &str, to: &str) -> String {
        assert!(FILE.contains(from), "{from}");
        read(&FILE.replacen(from, to, 1)).unwrap_err()
    }

    #[test]
    fn each_point_has_a_scenario_with_its_values_and_its_lines() {
        let sweep = read(FILE).unwrap();
        let points = sweep.points();
        let text = |place: usize| sweep.scenario(&points[place]).unwrap();
        assert!(text(0).contains("n is 0") && !text(0).contains("user1"));
        assert!(text(1).contains("n is 2") && text(1).contains("users.user2"));
    }

    #[test]
    fn a_case_is_the_text_of_a_value_and_a_step_leaves_numbers_out() {
        let cases = "[[cases]]\nname = \"who\"\nof = \"n\"\ntexts = { 0 = \"1\", 2 = \"3\" }\n";
        let file = FILE.replace("[[plots]]", &format!("{cases}[[plots]]"));
        let file = file.replace("to = \"$n\"", "to = 6\nstep = \"$who\"");
        let sweep = read(&file).unwrap();
        let points = sweep.points();
        let users = |place: usize| sweep.scenario(&points[place]).unwrap().matches(".user").count();
        assert_eq!([users(0), users(1)], [6, 2]);
        let less = file.replace(", 2 = \"3\"", "");
        assert!(read(&less).unwrap_err().contains("no text for `2` of `n`"));
        let more = file.replace(", 2 = \"3\"", ", 2 = \"3\", 4 = \"5\"");
        assert!(read(&more).unwrap_err().contains("a text for `4`, no value of `n`"));
        let still = file.replace("2 = \"3\"", "2 = \"0\"");
        assert!(read(&still).unwrap_err().contains("must be 1 at least"));
        let nobody = file.replace("of = \"n\"", "of = \"m\"");
        assert!(read(&nobody).unwrap_err().contains("none of the parameters"));
    }

    #[test]
    fn what_is_wrong_is_told_to_people() {
        let typo = refused("[\"rejoins\"]\n        scenario", "[\"rejoin\"]\n        scenario");
        insta::assert_snapshot!(typo, @"x.sweep.toml: there is no measure `rejoin`; did you mean `rejoins`? `schism list measures` has all of them");
        let empty = refused("values = [0, 2]", "values = []");
        insta::assert_snapshot!(empty, @"x.sweep.toml: the parameter `n` has no values, so the grid is empty");
        let unknown = refused("n is $n", "m is $m");
        insta::assert_snapshot!(unknown, @"x.sweep.toml, point 1: `$m` has no values; those that have some: `$n`, `$users`");
        let plot = refused("x = \"n\"", "x = \"m\"");
        insta::assert_snapshot!(plot, @"x.sweep.toml: plot `p` names `m`, which is none of the parameters");
        assert!(refused("seeds = 2", "seeds = 0").contains("nothing to play"));
        assert!(refused("seeds = 2", "seeds = 2\nseed = 1").contains("unknown field"));
        assert!(refused("\"$n\"", "\"many\"").contains("whole number"));
        assert!(refused("to = \"$n\"", "to = 1000000000000").contains("more than 10000 lines"));
        assert!(refused("\"8s\"", "\"18446744073709551615s\"").contains("whole seconds"));
        assert!(refused("do = \"create\"", "do = \"crate\"").contains("create"));
    }
}
