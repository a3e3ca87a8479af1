//! The few calls that the commands make into the library, in one place.
//!
//! Stand-ins: this branch has no scenarios, world or oracle yet. Whoever merges them replaces the
//! bodies below; signatures and types stay.

use std::path::Path;

use schism::oracle::{Outcome, Verdict};
use schism::report::Row;
use schism::script::{Script, ids};
use schism::trace::{Entry, Header};
use serde::Serialize;

use crate::cli::Catalogue;

/// What playing a script leaves.
pub struct Played {
    /// The script in its written form.
    pub script_text: String,
    /// The trace's first line.
    pub header: Header,
    /// Its other lines.
    pub entries: Vec<Entry>,
    /// Seconds of wall time that it took.
    pub wall_seconds: f64,
    /// Seconds of these inside MLS operations.
    pub mls_seconds: f64,
}

/// A scenario file, listed.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// Its path.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Why it exists.
    pub why: String,
}

/// Reads a scenario; the error is the message for people.
pub fn read(path_name: &str, _text: &str, _seed: Option<u64>) -> Result<Script, String> {
    Err(format!("{path_name}:1:1: this build reads no scenarios"))
}

/// Plays a script.
pub fn play(_script: &Script, _log: Option<tracing::Level>) -> Result<Played, String> {
    Err("this build plays nothing".to_owned())
}

/// Judges a trace.
pub fn judge(_header: &Header, _entries: &[Entry]) -> Verdict {
    let why = "This build judges nothing.".to_owned();
    Verdict { verdict: Outcome::Inconclusive, why, violations: Vec::new() }
}

/// The rows of a catalogue.
pub fn catalogue(which: Catalogue) -> Vec<Row> {
    let ids = match which {
        Catalogue::Rules | Catalogue::Scenarios => &[],
        Catalogue::Invariants => ids::INVARIANTS,
        Catalogue::Behaviours => ids::BEHAVIOURS,
        Catalogue::Faults => ids::FAULTS,
    };
    let row = |id: &&str| Row { id: id.to_string(), meaning: String::new(), source: String::new() };
    ids.iter().map(row).collect()
}

/// The scenario files in a folder.
pub fn scenarios(_dir: &Path) -> Vec<Listed> {
    Vec::new()
}
