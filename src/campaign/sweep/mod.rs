//! Sweeps: one scenario played for each point of a grid, with many seeds each.
//!
//! A sweep file ([`Sweep`]) has a scenario with `$names` in it, the values that stand for them, and
//! what is measured. A [`Point`] takes one value for each; [`Sweep::scenario`] is its scenario as
//! text, which `schism run` plays as it is. [`play`](play::play) plays what is not played yet. The
//! rows come in the order of the grid, seeds last, however many runs there are at a time.
//!
//! Not here: the files that are written, and drawing.

mod described;
mod file;
mod grid;
mod lines;
mod play;
mod schema;
mod template;

pub use described::{Axis, Described, Kind, Plot, Told};
pub use file::Sweep;
pub use grid::{Point, points};
pub use play::{Played, play};
pub use schema::schema;
