//! Tables of three columns for the catalogues, aligned, and wrapped at 100 columns.

use serde::Serialize;

use super::text::{WIDTH, length, wrap};

/// A line of a catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The stable id.
    pub id: String,
    /// What it means, in one line.
    pub meaning: String,
    /// Where it comes from: draft section, RFC, or study number.
    pub source: String,
    /// Who holds requests against it, for a rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enforced_by: Vec<String>,
    /// Why nothing switches the rule off, where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_switch: Option<String>,
    /// The scenario that shows it: in which a rule refuses something, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// The test that holds it to what it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// What is done without a reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual: Option<String>,
    /// What an invariant leaves unjudged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_checked: Option<String>,
    /// What a detector does not notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blind_to: Option<String>,
    /// How often an operation comes up among the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u64>,
}

impl Row {
    /// What stands beneath it in a table, under labels.
    pub fn notes(&self) -> Vec<Note> {
        let note = |label: &'static str, text: &str| (label, text.to_owned());
        let mut notes = Vec::new();
        if !self.enforced_by.is_empty() {
            notes.push(note("enforced by", &self.enforced_by.join(", ")));
        }
        notes.extend(self.no_switch.as_ref().map(|why| note("no switch", why)));
        notes.extend(self.scenario.as_ref().map(|name| note("scenario", name)));
        notes.extend(self.test.as_ref().map(|name| note("test", name)));
        notes.extend(self.usual.as_ref().map(|text| note("else", text)));
        notes.extend(self.weight.map(|weight| note("weight", &weight.to_string())));
        notes.extend(self.blind_to.as_ref().map(|text| note("blind to", text)));
        notes.extend(self.not_checked.as_ref().map(|text| note("not checked", text)));
        notes
    }
}

/// A label, and what stands beside it.
pub type Note = (&'static str, String);

const GAP: usize = 2;

/// The room for a note's label.
const LABEL: usize = 13;

/// Lays out the rows under three headings. The first column is never wrapped.
pub fn table(heads: [&str; 3], rows: &[[String; 3]]) -> String {
    table_with_notes(heads, rows, &[])
}

/// The same, with notes beneath each row: those of its place in `notes`, where there are any. They
/// stand under the second column.
pub fn table_with_notes(heads: [&str; 3], rows: &[[String; 3]], notes: &[Vec<Note>]) -> String {
    let heads = heads.map(str::to_owned);
    let all: Vec<&[String; 3]> = std::iter::once(&heads).chain(rows).collect();
    let widths = widths(&all);
    let mut shown = String::new();
    for (place, row) in all.into_iter().enumerate() {
        shown.push_str(&lay(row, widths));
        // The headings come first, and have none.
        for note in place.checked_sub(1).and_then(|place| notes.get(place)).into_iter().flatten() {
            shown.push_str(&lay_note(note, widths[0] + GAP));
        }
    }
    shown
}

fn lay_note((label, text): &Note, indent: usize) -> String {
    let lines = wrap(text, WIDTH.saturating_sub(indent + LABEL));
    let labels = std::iter::once(*label).chain(std::iter::repeat(""));
    let line = |(label, text): (&str, String)| format!("{:indent$}{label:<LABEL$}{text}\n", "");
    labels.zip(lines).map(line).collect()
}

fn lay(row: &[String; 3], [first, second, third]: [usize; 3]) -> String {
    let meaning = wrap(&row[1], second);
    let source = wrap(&row[2], third);
    let mut shown = String::new();
    for line in 0..meaning.len().max(source.len()) {
        let id = if line == 0 { row[0].as_str() } else { "" };
        let cell = |lines: &[String]| lines.get(line).cloned().unwrap_or_default();
        let (left, right) = (cell(&meaning), cell(&source));
        let text = format!("{id:<first$}{:GAP$}{left:<second$}{:GAP$}{right}", "", "");
        shown.push_str(text.trim_end());
        shown.push('\n');
    }
    shown
}

/// The first column as wide as it is; the second and third as wide as they are where that fits,
/// else the third gives way down to a third of the room, and then the second.
fn widths(rows: &[&[String; 3]]) -> [usize; 3] {
    let widest = |column: usize| rows.iter().map(|row| length(&row[column])).max().unwrap_or(0);
    let longest_word = |column: usize| {
        let words = rows.iter().flat_map(|row| row[column].split_whitespace());
        words.map(length).max().unwrap_or(0)
    };
    let first = widest(0);
    let room = WIDTH.saturating_sub(first + 2 * GAP);
    let least = (room / 3).max(longest_word(2));
    let third = widest(2).min(room.saturating_sub(widest(1)).max(least));
    let second = widest(1).min(room.saturating_sub(third)).max(longest_word(1));
    [first, second, third]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, meaning: &str, source: &str) -> [String; 3] {
        [id.into(), meaning.into(), source.into()]
    }

    #[test]
    fn columns_are_aligned_and_long_cells_wrapped() {
        let rows = [
            row("agreement", "Members in one epoch have one state.", "RFC 9420 §8, I1"),
            row(
                "single_commit",
                "A hub accepts at most one commit for each epoch, and nobody enters an epoch by a \
                 commit that is not in the hub's log.",
                "draft-ietf-mimi-protocol-06 §5.3, I4",
            ),
        ];
        insta::assert_snapshot!(table(["invariant", "meaning", "source"], &rows), @"
        invariant      meaning                                                   source
        agreement      Members in one epoch have one state.                      RFC 9420 §8, I1
        single_commit  A hub accepts at most one commit for each epoch, and      draft-ietf-mimi-protocol-06
                       nobody enters an epoch by a commit that is not in the     §5.3, I4
                       hub's log.
        ");
    }

    #[test]
    fn notes_stand_beneath_their_row() {
        let rows = [row("a", "first", "A1"), row("bb", "second", "A2")];
        let long = "which is so long that it goes on ".repeat(4);
        let notes = [vec![], vec![("one", "a note".to_owned()), ("two", long)]];
        insta::assert_snapshot!(table_with_notes(["id", "meaning", "source"], &rows, &notes), @"
        id  meaning  source
        a   first    A1
        bb  second   A2
            one          a note
            two          which is so long that it goes on which is so long that it goes on which is so long
                         that it goes on which is so long that it goes on
        ");
    }

    #[test]
    fn no_line_is_wider_than_a_hundred_columns() {
        let long = "many words in a row ".repeat(20);
        let rows = [row("an-id", &long, &long), row("b", "short", &long)];
        let shown = table(["id", "meaning", "source"], &rows);
        assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    }
}
