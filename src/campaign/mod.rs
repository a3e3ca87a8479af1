//! Runs with the real nodes: one script played and judged.
//!
//! Here the honest server, the honest client and those that stand in their place are given to
//! [`world`](crate::world), which knows none of them. Many runs at once (fuzzing, sweeps, ablation)
//! come with later releases.

mod cast;
mod inside;
mod one;

pub use cast::Company;
pub use inside::Inside;
pub use one::{Judged, play_and_judge};
