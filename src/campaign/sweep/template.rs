//! A scenario with `$names` in it: what stands for them is put in as it is, before the text is
//! read.
//!
//! `$name` and `${name}` mean the same; the second stands where a letter follows. Nothing is
//! escaped, and nothing else in the text is looked at.

use std::collections::BTreeMap;

/// Puts in the value of each name.
///
/// # Errors
/// Names a name that has no value.
pub fn filled(text: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let mut parts = text.split('$');
    let mut done = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = split(part).ok_or_else(|| {
            let near: String = part.chars().take(20).collect();
            format!("there is a `$` without a name before `{near}`")
        })?;
        let value = values.get(name).ok_or_else(|| {
            let known: Vec<String> = values.keys().map(|name| format!("`${name}`")).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            format!("`${name}` has no values; those that have some: {known}")
        })?;
        done.push_str(value);
        done.push_str(rest);
    }
    Ok(done)
}

/// The name at the beginning of what follows a `$`, and the rest.
fn split(part: &str) -> Option<(&str, &str)> {
    let (name, rest) = match part.strip_prefix('{') {
        Some(inner) => inner.split_once('}')?,
        None => {
            let in_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            part.split_at(part.find(|letter| !in_name(letter)).unwrap_or(part.len()))
        }
    };
    (!name.is_empty()).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<String, String> {
        let values = [("n", "3"), ("loss", "10%")];
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        filled(text, &values.map(own).into())
    }

    #[test]
    fn a_name_gives_way_to_its_value_with_and_without_braces() {
        assert_eq!(with("loss = \"$loss\", U${n}a$n."), Ok("loss = \"10%\", U3a3.".into()));
    }

    #[test]
    fn a_name_without_a_value_and_a_dollar_without_a_name_are_told() {
        let unknown = with("$m").unwrap_err();
        assert_eq!(unknown, "`$m` has no values; those that have some: `$loss`, `$n`");
        for text in ["5 $", "$ 5", "${n"] {
            assert!(with(text).unwrap_err().contains("without a name"), "{text}");
        }
    }
}
