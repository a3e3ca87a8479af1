//! What is known of a sweep beside its rows, as it stands in `sweep.json`: enough to draw again
//! without the sweep file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema;

/// See the top of this file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// In one line.
    pub title: String,
    /// What its figures show.
    pub caption: String,
    /// The command that made it.
    pub command: String,
    /// The version of Schism that made it.
    pub version: String,
    /// How many seeds each point was played with, from 0.
    pub seeds: u64,
    /// The parameters, in the order of the grid.
    pub parameters: Vec<Axis>,
    /// The measures, in the order of their columns.
    pub measures: Vec<Told>,
    /// The figures.
    pub plots: Vec<Plot>,
}

/// A parameter and its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Its name, and the head of its column.
    pub name: String,
    /// What an axis says of it.
    pub label: String,
    /// Its values as the scenario has them.
    pub values: Vec<String>,
}

/// A measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Its id, and the head of its column.
    pub id: String,
    /// What it is.
    pub meaning: String,
    /// Its unit.
    pub unit: String,
}

/// A figure.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::needs_of_kinds)]
pub struct Plot {
    /// The name of its file, without the ending.
    pub name: String,
    /// Which kind.
    pub kind: Kind,
    /// What stands above it; the sweep's title where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The parameter along the horizontal axis, of lines and bars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The measures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::measures")]
    pub y: Vec<String>,
    /// What the legend calls each of them; or with one of them and `by`, each value of that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The parameter of which each value has a line of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What the horizontal axis says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_label: Option<String>,
    /// What the vertical axis says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y_label: Option<String>,
    /// The point whose run a time series shows, from 1.
    #[schemars(range(min = 1))]
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub point: u64,
    /// The seed of that run.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seed: u64,
}

fn first() -> u64 {
    1
}

fn is_first(point: &u64) -> bool {
    *point == 1
}

fn is_zero(seed: &u64) -> bool {
    *seed == 0
}

/// The kinds of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The median of a measure over a parameter, with a band of quantiles.
    Line,
    /// The share of runs in which a measure was at most so much.
    Cdf,
    /// The mean of a measure for each value of a parameter.
    Bars,
    /// The epoch lag of each client in one run.
    TimeSeries,
}
