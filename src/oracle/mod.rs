//! Judges a run from its trace alone.

mod verdict;

pub use verdict::{Outcome, Verdict, Violation};
