//! Small things about text: times, numbers, lists, line breaks.

/// Columns that a line of output may have.
pub const WIDTH: usize = 100;

/// Simulated milliseconds as seconds: `12.340 s`.
pub fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03} s", milliseconds / 1000, milliseconds % 1000)
}

/// A count and its noun: `1 epoch`, `2 epochs`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Breaks `text` between words into lines of at most `width` characters; a longer word stands
/// alone on its line. Never empty: no words give one empty line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let full = |line: &String| length(line) + 1 + length(word) > width;
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if !full(line) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `text` after `margin`, broken at [`WIDTH`]; further lines are indented by as much. Ends with a
/// line break.
pub fn hanging(margin: &str, text: &str) -> String {
    let indent = length(margin);
    let lines = wrap(text, WIDTH.saturating_sub(indent).max(20));
    let mut shown = String::new();
    for (index, line) in lines.iter().enumerate() {
        let before = if index == 0 { margin.to_owned() } else { " ".repeat(indent) };
        shown.push_str(format!("{before}{line}").trim_end());
        shown.push('\n');
    }
    shown
}

/// `text`, cut off with an ellipsis where it has more than `most` characters.
pub fn shortened(text: &str, most: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// How many characters a text has.
pub fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_to_the_millisecond() {
        assert_eq!(seconds(0), "0.000 s");
        assert_eq!(seconds(12_045), "12.045 s");
    }

    #[test]
    fn text_breaks_between_words_and_a_long_word_is_kept_whole() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("a incomprehensible b", 5), ["a", "incomprehensible", "b"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn further_lines_stand_under_the_first() {
        let text = "word ".repeat(30);
        let shown = hanging("  why  ", &text);
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH), "{shown}");
        assert!(shown.lines().nth(1).unwrap().starts_with("       word"), "{shown}");
    }

    #[test]
    fn a_text_is_cut_at_a_character_and_not_inside_one() {
        assert_eq!(shortened("ééééé", 3), "éé…");
        assert_eq!(shortened("ééé", 3), "ééé");
    }
}
