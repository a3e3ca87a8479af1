//! Runs with the real nodes: one script played and judged, and many.
//!
//! Here the honest server, the honest client and those that stand in their place are given to
//! [`world`](crate::world), which knows none of them. [`fuzz`] plays many seeds side by side; a
//! [`Case`] is one of them, a [`Fingerprint`] says which failures are alike, and [`Coverage`] what
//! was touched; [`shrink`] makes a failure small, and [`ablate`] shows what a rule is worth;
//! [`detect`] shows what gives liars away, and [`try_mutants`] tries the oracle. A [`Sweep`] plays
//! one scenario over a grid, with [`MEASURES`] taken of each run.
//!
//! Not here: files and what is shown; whoever runs a campaign does that.

mod ablate;
mod case;
mod cast;
mod coverage;
mod detect;
mod fingerprint;
mod fuzz;
mod inside;
mod instead;
mod measures;
mod mutants;
mod one;
mod plants;
mod reach;
mod shrink;
mod side_by_side;
mod standing;
mod sweep;
mod worth;

pub use ablate::{Against, Finding, Off, Row as AblationRow, Trial, ablate};
pub use case::{Case, Ended, How};
pub use cast::Company;
pub use coverage::{Both, CRASH_AT_POINT, Coverage, codes};
pub use detect::{Noticed, Watched, detect};
pub use fingerprint::Fingerprint;
pub use fuzz::{Plan, Searched, Watcher, fuzz};
pub use inside::Inside;
pub use instead::Instead;
pub use measures::{MEASURES, Measure, Observed, Sample, series};
pub use mutants::{Fate, Mutant, try_mutants};
pub use one::{Judged, play_and_judge};
pub use plants::{PLANTS, Plant};
pub use shrink::{Effort, NothingToShrink, Origin, Shrunk, count_lines, regression, shrink};
pub use standing::{ALSO_AT_WORK, DEEDS_AGAINST};
pub use sweep::{
    Axis, Described, Kind as PlotKind, Played, Plot, Point, Sweep, Told, play as play_sweep,
    points, schema as sweep_schema,
};
pub use worth::{NOTES, Note, Worth};
