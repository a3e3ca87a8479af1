//! Tables of three columns for the catalogues, aligned, and wrapped at 100 columns.

use serde::Serialize;

use super::text::{WIDTH, length, wrap};

/// A line of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The stable id.
    pub id: String,
    /// What it means, in one line.
    pub meaning: String,
    /// Where it comes from: draft section, RFC, or study number.
    pub source: String,
}

const GAP: usize = 2;

/// Lays out the rows under three headings. The first column is never wrapped.
pub fn table(heads: [&str; 3], rows: &[[String; 3]]) -> String {
    let heads = heads.map(str::to_owned);
    let all: Vec<&[String; 3]> = std::iter::once(&heads).chain(rows).collect();
    let widths = widths(&all);
    let mut shown = String::new();
    for row in all {
        shown.push_str(&lay(row, widths));
    }
    shown
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
    fn no_line_is_wider_than_a_hundred_columns() {
        let long = "many words in a row ".repeat(20);
        let rows = [row("an-id", &long, &long), row("b", "short", &long)];
        let shown = table(["id", "meaning", "source"], &rows);
        assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    }
}
