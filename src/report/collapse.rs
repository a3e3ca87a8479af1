//! Keeps a long story short: of many lines that say the same sort of thing, only the first few
//! are shown.
//!
//! A *stretch* is an unbroken run of routine lines. A sort of line that comes more than
//! [`MOST`] times in a stretch keeps its first [`KEPT`] lines there; the end of the stretch counts
//! the rest: `… 17 more messages, 4 more commits`. What is not routine is always shown.

use std::collections::BTreeMap;

/// Lines of one sort that a stretch may have before it is cut.
const MOST: usize = 5;
/// Lines that are left when it is cut.
const KEPT: usize = 3;

/// What sort of thing a line tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Something that always deserves its line.
    Notable,
    /// A message that a user sent.
    Message,
    /// Another wish that came true.
    Wish,
    /// A commit that changes no members.
    Commit,
    /// A server refused a request.
    Refusal,
    /// A client refused a message.
    Rejection,
    /// A client couldn't read a message.
    Unreadable,
    /// A client learned that it is out.
    Departure,
}

impl Sort {
    fn more(self, count: usize) -> String {
        let (one, many) = match self {
            Self::Notable => ("line", "lines"),
            Self::Message => ("message", "messages"),
            Self::Wish => ("wish", "wishes"),
            Self::Commit => ("commit", "commits"),
            Self::Refusal => ("refusal", "refusals"),
            Self::Rejection => ("rejection", "rejections"),
            Self::Unreadable => ("unreadable message", "unreadable messages"),
            Self::Departure => ("departure", "departures"),
        };
        format!("{count} more {}", if count == 1 { one } else { many })
    }
}

/// A line of the story, or what stands for lines that are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown<T> {
    /// The line.
    Line(T),
    /// `… 17 more messages`.
    More(String),
}

/// The lines that are shown, in their order.
pub fn collapse<T>(lines: Vec<T>, sort: impl Fn(&T) -> Sort) -> Vec<Shown<T>> {
    let mut shown = Vec::new();
    let mut stretch = Vec::new();
    for line in lines {
        if sort(&line) == Sort::Notable {
            cut(&mut shown, std::mem::take(&mut stretch), &sort);
            shown.push(Shown::Line(line));
        } else {
            stretch.push(line);
        }
    }
    cut(&mut shown, stretch, &sort);
    shown
}

fn cut<T>(shown: &mut Vec<Shown<T>>, stretch: Vec<T>, sort: impl Fn(&T) -> Sort) {
    let mut total: BTreeMap<Sort, usize> = BTreeMap::new();
    for line in &stretch {
        *total.entry(sort(line)).or_default() += 1;
    }
    let mut seen: BTreeMap<Sort, usize> = BTreeMap::new();
    for line in stretch {
        let sort = sort(&line);
        let place = seen.entry(sort).or_default();
        *place += 1;
        if *place <= KEPT || total.get(&sort).is_some_and(|total| *total <= MOST) {
            shown.push(Shown::Line(line));
        }
    }
    let left_out = total.into_iter().filter(|(_, total)| *total > MOST);
    let counts: Vec<String> = left_out.map(|(sort, total)| sort.more(total - KEPT)).collect();
    if !counts.is_empty() {
        shown.push(Shown::More(format!("… {}", counts.join(", "))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sorts: &[Sort]) -> Vec<Shown<Sort>> {
        collapse(sorts.to_vec(), |sort| *sort)
    }

    #[test]
    fn five_messages_in_a_row_are_all_shown() {
        assert_eq!(shown(&[Sort::Message; 5]), vec![Shown::Line(Sort::Message); 5]);
    }

    #[test]
    fn of_twenty_messages_in_a_row_three_are_shown_and_seventeen_counted() {
        let found = shown(&[Sort::Message; 20]);
        assert_eq!(found[..3], vec![Shown::Line(Sort::Message); 3]);
        assert_eq!(found[3..], [Shown::More("… 17 more messages".to_owned())]);
    }

    #[test]
    fn something_notable_ends_a_stretch_and_is_never_left_out() {
        let mut sorts = vec![Sort::Message; 4];
        sorts.push(Sort::Notable);
        sorts.extend([Sort::Message; 4]);
        assert_eq!(shown(&sorts).len(), 9);
        assert_eq!(shown(&[Sort::Notable; 20]).len(), 20);
    }

    #[test]
    fn each_sort_of_an_interleaved_stretch_is_counted_by_itself() {
        let mut sorts = Vec::new();
        for round in 0..9 {
            sorts.push(Sort::Message);
            if round < 2 {
                sorts.push(Sort::Commit);
            }
        }
        let found = shown(&sorts);
        assert_eq!(found.iter().filter(|line| **line == Shown::Line(Sort::Commit)).count(), 2);
        assert_eq!(found.last(), Some(&Shown::More("… 6 more messages".to_owned())));
    }
}
