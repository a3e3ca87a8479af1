//! The run in a folder that `schism run` left, for the commands that show it again.

use std::fs;
use std::path::Path;

use schism::oracle::{Verdict, judge};
use schism::trace::{self, Digest, Entry, Header};

use super::Failure;

/// A stored run, judged anew.
pub struct StoredRun {
    /// The trace's header.
    pub header: Header,
    /// Its entries.
    pub entries: Vec<Entry>,
    /// What the oracle says of it now.
    pub verdict: Verdict,
    /// Hash of the trace as it lies there.
    pub hash: Digest,
}

impl StoredRun {
    /// Reads the run from its trace.
    ///
    /// # Errors
    /// When there is no trace, or what is there is none.
    pub fn read(dir: &Path) -> Result<Self, Failure> {
        let path = dir.join("trace.jsonl");
        let shown = path.display();
        let text = fs::read_to_string(&path).map_err(|error| {
            let expected = "expected the folder that a run left, with its trace.jsonl";
            Failure::usage(&format!("cannot read {shown}: {error}; {expected}"))
        })?;
        let (header, entries) =
            trace::read(&text).map_err(|error| Failure::usage(&format!("{shown}: {error}")))?;
        let verdict = judge(&header, &entries);
        Ok(Self { header, entries, verdict, hash: Digest::of(text.as_bytes()) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::USAGE;
    use super::super::place::Place;
    use super::*;

    #[test]
    fn a_folder_without_a_trace_or_with_half_of_one_is_a_usage_error() {
        let place = Place::new("stored-bad");
        for trace in [None, Some(""), Some("{\"format\":1}\n")] {
            if let Some(trace) = trace {
                fs::write(place.path().join("trace.jsonl"), trace).unwrap();
            }
            let failure = StoredRun::read(place.path()).err().unwrap();
            assert_eq!(failure.code, USAGE, "{}", failure.message);
        }
    }
}
