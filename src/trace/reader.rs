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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{
        Digest, Event, Phase, PolicyView, PreauthView, RoleView, RoomView, Stage, StateRef, write,
    };

    fn header() -> Header {
        Header {
            format: FORMAT,
            scenario: "by hand".into(),
            script: Digest::of(b"script"),
            seed: 7,
            nodes: Default::default(),
            rooms: Default::default(),
            dishonest: vec![],
            expected: vec![],
            without: vec![],
            hub_without: vec![],
            readings: vec![],
            rest_ms: 20_000,
            explicit_consent: false,
            detectors: vec![],
            detection: None,
        }
    }

    fn entries(ordinals: &[u64]) -> Vec<Entry> {
        let event = Event::PhaseBegan { phase: Phase::Rest };
        let entry = |n: &u64| Entry {
            n: *n,
            at_ms: n * 10,
            node: "world".into(),
            cause: None,
            event: event.clone(),
        };
        ordinals.iter().map(entry).collect()
    }

    #[test]
    fn a_trace_reads_back_as_it_was_written() {
        let written = write(&header(), &entries(&[1, 2, 3]));
        assert_eq!(read(&written), Ok((header(), entries(&[1, 2, 3]))));
    }

    #[test]
    fn a_room_state_reads_back_with_its_roles() {
        let view = RoomView {
            participants: vec![],
            roles: vec![RoleView { index: 1, name: "banned".into(), ..RoleView::default() }],
            name: "Clubhouse".into(),
            policy: PolicyView {
                max_users: Some(3),
                preauthorized: vec![PreauthView {
                    claims: vec![("provider".into(), "b.example".into())],
                    role: 2,
                }],
                ..PolicyView::default()
            },
        };
        let event = Event::Shadowed {
            room: crate::mimi::uri::RoomUri::parse("mimi://a.example/r/clubhouse").unwrap(),
            stage: Stage::Committed,
            epoch: 1,
            context: Digest::of(b"context"),
            tag: Digest::of(b"tag"),
            state: StateRef { hash: Digest::of(b"state"), view: Some(view) },
            members: vec![],
        };
        let entry = Entry { n: 1, at_ms: 0, node: "a.example".into(), cause: Some(7), event };
        assert_eq!(
            read(&write(&header(), std::slice::from_ref(&entry))),
            Ok((header(), vec![entry]))
        );
    }

    #[test]
    fn nothing_is_not_a_trace() {
        assert_eq!(read(""), Err(ReadError::Empty));
    }

    #[test]
    fn a_first_line_that_is_not_a_header_is_named() {
        let error = read("{}\n").unwrap_err();
        assert!(error.to_string().starts_with("line 1 is not a trace header: "), "{error}");
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let mut written = write(&header(), &entries(&[1]));
        written.push_str("{\"n\":2,\"at_ms\":0,\"node\":\"world\",\"event\":\"unheard_of\"}\n");
        let error = read(&written).unwrap_err();
        assert!(error.to_string().starts_with("line 3 is not a trace entry: "), "{error}");
        assert!(error.to_string().contains("unheard_of"), "{error}");
    }

    #[test]
    fn a_missing_line_is_told_by_the_gap_it_leaves() {
        let error = read(&write(&header(), &entries(&[1, 3]))).unwrap_err();
        assert_eq!(error, ReadError::Gap { line: 3, found: 3, wanted: 2 });
    }

    #[test]
    fn another_format_is_refused() {
        let other = Header { format: FORMAT + 1, ..header() };
        let error = read(&write(&other, &[])).unwrap_err();
        assert_eq!(error, ReadError::Format { found: FORMAT + 1 });
    }
}
