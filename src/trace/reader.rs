//! Reads a stored trace back, and says which line is not one.

use thiserror::Error;

use super::{Entry, Header};

/// The version of the vocabulary that this build writes and reads.
pub const FORMAT: u32 = 1;

/// Why a text is not a trace.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ReadError {
    /// There is nothing.
    #[error("the trace is empty: expected a header line")]
    Empty,
    /// A line can't be read.
    #[error("line {line} is not {wanted}: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What stands there in a trace.
        wanted: &'static str,
        /// What the parser says.
        why: String,
    },
    /// Another version of the vocabulary.
    #[error("the trace has format {found}; this build reads format {FORMAT}")]
    Format {
        /// What the header says.
        found: u32,
    },
    /// Lines are missing or out of order.
    #[error("line {line} has ordinal {found}, expected {wanted}: lines are missing or moved")]
    Gap {
        /// From 1.
        line: usize,
        /// What it has.
        found: u64,
        /// What it should have.
        wanted: u64,
    },
}

/// Reads a trace in its written form.
///
/// # Errors
/// When a line is not what belongs there; see [`ReadError`].
pub fn read(text: &str) -> Result<(Header, Vec<Entry>), ReadError> {
    let mut lines = text.lines();
    let first = lines.next().ok_or(ReadError::Empty)?;
    let header: Header = parse(first, 1, "a trace header")?;
    if header.format != FORMAT {
        return Err(ReadError::Format { found: header.format });
    }
    let mut entries = Vec::new();
    for (index, text) in lines.enumerate() {
        let line = index + 2;
        let entry: Entry = parse(text, line, "a trace entry")?;
        let wanted = index as u64 + 1;
        if entry.n != wanted {
            return Err(ReadError::Gap { line, found: entry.n, wanted });
        }
        entries.push(entry);
    }
    Ok((header, entries))
}

fn parse<T: serde::de::DeserializeOwned>(
    text: &str,
    line: usize,
    wanted: &'static str,
) -> Result<T, ReadError> {
    serde_json::from_str(text).map_err(|error| ReadError::Line {
        line,
        wanted,
        why: error.to_string(),
    })
}
