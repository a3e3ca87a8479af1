//! What is wrong with a scenario file, said so that its author can put it right.
//!
//! Checks make a [`Complaint`], which knows only a span of bytes; the reader turns the one that
//! stands first in the file into a [`Problem`], which carries the file with it and can be shown.
//!
//! Not here: any check.

use std::fmt::Write as _;
use std::ops::Range;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, NamedSource};
use thiserror::Error;

/// The first thing that is wrong with a scenario file.
///
/// It is a [`miette::Diagnostic`], so a terminal can show it in colour; [`render`] shows it the
/// same way everywhere.
#[derive(Debug, Error, Diagnostic)]
#[error("{file}:{line}:{column}: {what}", file = self.file.name())]
pub struct Problem {
    what: String,
    line: usize,
    column: usize,
    expected: String,
    #[help]
    hint: Option<String>,
    #[source_code]
    file: NamedSource<String>,
    #[label("{expected}")]
    span: Range<usize>,
}

impl Problem {
    /// Line of the offending text, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Column of the offending text in characters, from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

/// A problem in words, without colours and the same on every machine: `file:line:column` and what
/// is wrong in the first line, then the line of the file with the span marked and what was
/// expected there, then a hint where there is one. Ends with a newline.
pub fn render(problem: &Problem) -> String {
    let mut page = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_links(false)
        .with_wrap_lines(false)
        .with_context_lines(1)
        .without_primary_span_start()
        .tab_width(4);
    if handler.render_report(&mut page, problem).is_err() {
        // Only a span outside the file could bring us here: the words are still worth having.
        page.clear();
        let _ = writeln!(page, "{problem}: {}", problem.expected);
    }
    page.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// One thing that is wrong, at a span of bytes of the file.
#[derive(Debug)]
pub(super) struct Complaint {
    span: Range<usize>,
    what: String,
    expected: String,
    hint: Option<String>,
}

impl Complaint {
    /// `what` is wrong at `span`, where `expected` (which stands under the marked text) should be.
    pub(super) fn new(
        span: &Range<usize>,
        what: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self { span: span.clone(), what: what.into(), expected: expected.into(), hint: None }
    }

    /// Adds advice that goes below the source line.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// `text` should be one of `known`, of which each is a `kind`; suggests the nearest.
    pub(super) fn unknown<'k>(
        span: &Range<usize>,
        kind: &str,
        text: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let expected = match known.as_slice() {
            [] => format!("there is no {kind} in this file"),
            [only] => format!("expected {only}"),
            many => format!("expected one of {}", many.join(", ")),
        };
        let complaint = Self::new(span, format!("unknown {kind} `{text}`"), expected);
        match nearest(text, &known) {
            Some(name) => complaint.hint(format!("did you mean `{name}`?")),
            None => complaint,
        }
    }

    /// The complaint about the file `name` with this `text`.
    pub(super) fn in_file(self, name: &str, text: &str) -> Box<Problem> {
        let before = text.get(..self.span.start).unwrap_or(text);
        // A mark needs a line to stand under, even after the end of the file.
        let end = if self.span.end >= text.len() { "\n" } else { "" };
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Box::new(Problem {
            what: self.what,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            expected: self.expected,
            hint: self.hint,
            file: NamedSource::new(name, format!("{text}{end}")),
            span: self.span,
        })
    }
}

/// Keeps, of many complaints, the one that stands first in the file.
#[derive(Debug, Default)]
pub(super) struct Earliest(Option<Complaint>);

impl Earliest {
    /// The value; or none, and its complaint is taken note of.
    pub(super) fn note<T>(&mut self, result: Result<T, Complaint>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(complaint) => {
                let earlier = |first: &Complaint| first.span.start <= complaint.span.start;
                if !self.0.as_ref().is_some_and(earlier) {
                    self.0 = Some(complaint);
                }
                None
            }
        }
    }

    /// `value`, if there was no complaint.
    pub(super) fn or<T>(self, value: T) -> Result<T, Complaint> {
        self.0.map_or(Ok(value), Err)
    }
}

/// Both values, or of two complaints the one that stands first in the file.
pub(super) fn both<A, B>(
    a: Result<A, Complaint>,
    b: Result<B, Complaint>,
) -> Result<(A, B), Complaint> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) if b.span.start < a.span.start => Err(b),
        (Err(complaint), _) | (_, Err(complaint)) => Err(complaint),
    }
}

/// The name that was most likely meant: few edits away, whatever its case.
pub(crate) fn nearest<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    let text = text.to_lowercase();
    let most_edits = (text.chars().count() / 3).max(1);
    known
        .iter()
        .map(|name| (edits(&text, &name.to_lowercase()), *name))
        .filter(|(distance, _)| *distance <= most_edits)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many characters must be put in, taken out or replaced to make `b` of `a` (Levenshtein).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_one_by_one() {
        for (a, b, count) in [("", "", 0), ("a", "", 1), ("send", "sned", 2), ("hold", "holds", 1)]
        {
            assert_eq!(edits(a, b), count, "{a} {b}");
            assert_eq!(edits(b, a), count, "{b} {a}");
        }
    }

    #[test]
    fn a_name_that_is_far_from_all_is_not_guessed() {
        assert_eq!(nearest("Partitoin", &["partition", "repeat"]), Some("partition"));
        assert_eq!(nearest("thunder", &["partition", "repeat"]), None);
    }

    #[test]
    fn of_two_complaints_the_one_that_stands_first_is_kept() {
        let at = |start: usize| Err::<(), _>(Complaint::new(&(start..start), "", ""));
        let mut earliest = Earliest::default();
        for start in [7, 3, 5] {
            earliest.note(at(start));
        }
        assert_eq!(earliest.or(()).unwrap_err().span.start, 3);
        assert_eq!(both(at(9), at(2)).unwrap_err().span.start, 2);
        assert_eq!(both(at(2), at(9)).unwrap_err().span.start, 2);
    }
}
