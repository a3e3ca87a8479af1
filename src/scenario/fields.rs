//! Walks a TOML document whose every key and value knows its place in the file.
//!
//! [`Fields`] is a table whose keys are all known ones; a [`Value`] is asked for what it should be
//! and complains at its own place when it is something else. The complaints of this file are about
//! form only; what a text means is the business of whoever asked for it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Complaint;

/// A table of which each key is known.
pub(super) struct Fields<'t> {
    table: &'t DeTable<'t>,
    span: Range<usize>,
    kind: &'static str,
}

impl<'t> Fields<'t> {
    /// The table of a `kind`, which may have the keys `known` and no others.
    pub(super) fn new(
        table: &'t DeTable<'t>,
        span: Range<usize>,
        kind: &'static str,
        known: &[&str],
    ) -> Result<Self, Complaint> {
        let unknown = |key: &&Spanned<_>| {
            let key: &Spanned<std::borrow::Cow<'_, str>> = key;
            !known.contains(&key.get_ref().as_ref())
        };
        if let Some(key) = table.keys().filter(unknown).min_by_key(|key| key.span().start) {
            let known = known.iter().copied();
            return Err(Complaint::unknown(&key.span(), "key", key.get_ref(), known));
        }
        Ok(Self { table, span, kind })
    }

    /// The value of `key`, which may be left out.
    pub(super) fn get(&self, key: &'static str) -> Option<Value<'t>> {
        self.table.get_key_value(key).map(|(_, value)| Value { key, value })
    }

    /// The value of `key`, which must be there; `expected` says what it would be.
    pub(super) fn need(&self, key: &'static str, expected: &str) -> Result<Value<'t>, Complaint> {
        self.get(key).ok_or_else(|| {
            let what = format!("{} has no `{key}`", self.kind);
            Complaint::new(&self.span, what, format!("expected `{key} = …`, {expected}"))
        })
    }

    /// The value of `key`, which must be there unless it is drawn.
    pub(super) fn need_unless(
        &self,
        drawn: bool,
        key: &'static str,
        expected: &str,
    ) -> Result<Option<Value<'t>>, Complaint> {
        if drawn { Ok(self.get(key)) } else { self.need(key, expected).map(Some) }
    }

    /// Complains of the first key that is not among `wanted`: known to tables of this kind, but
    /// not to `what`, which this one turned out to be.
    pub(super) fn only(&self, what: &str, wanted: &[&str]) -> Result<(), Complaint> {
        let superfluous = self
            .table
            .keys()
            .filter(|key| !wanted.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        superfluous.map_or(Ok(()), |key| {
            let wrong = format!("`{what}` takes no `{}`", key.get_ref());
            Err(Complaint::new(&key.span(), wrong, format!("expected only {}", wanted.join(", "))))
        })
    }

    /// Where the table stands.
    pub(super) fn span(&self) -> &Range<usize> {
        &self.span
    }
}

/// A value, with the key that it stands under.
#[derive(Clone, Copy)]
pub(super) struct Value<'t> {
    key: &'t str,
    value: &'t Spanned<DeValue<'t>>,
}

/// A text and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Text<'t> {
    /// The text, without quotes.
    pub(super) text: &'t str,
    /// Its place, with the quotes.
    pub(super) span: Range<usize>,
}

impl<'t> Value<'t> {
    fn not(&self, expected: &str) -> Complaint {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a point",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let what = format!("`{}` can't be {found}", self.key);
        Complaint::new(&self.value.span(), what, format!("expected {expected}"))
    }

    /// The value as a text; `expected` says what the text would be.
    pub(super) fn text(&self, expected: &str) -> Result<Text<'t>, Complaint> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(Text { text, span: self.value.span() }),
            _ => Err(self.not(expected)),
        }
    }

    /// The value as a whole number of `range`.
    pub(super) fn number(&self, range: std::ops::RangeInclusive<u64>) -> Result<u64, Complaint> {
        let expected = if *range.end() == u64::MAX {
            format!("a whole number from {} on", range.start())
        } else {
            format!("a whole number from {} to {}", range.start(), range.end())
        };
        let DeValue::Integer(integer) = self.value.get_ref() else {
            return Err(self.not(&expected));
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix());
        number.ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let what = format!("`{}` can't be {integer}", self.key);
            Complaint::new(&self.value.span(), what, format!("expected {expected}"))
        })
    }

    /// The value as a whole number of `range`, or as two with `..` between them, the greater one
    /// last.
    pub(super) fn numbers(
        &self,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<(u64, u64), Complaint> {
        let (least, most) = (range.start(), range.end());
        let expected =
            format!("a number from {least} to {most}, or a range such as \"{least}..{most}\"");
        let DeValue::String(text) = self.value.get_ref() else {
            return match self.value.get_ref() {
                DeValue::Integer(_) => self.number(range).map(|number| (number, number)),
                _ => Err(self.not(&expected)),
            };
        };
        let number = |part: &str| part.parse().ok().filter(|number| range.contains(number));
        let both = text.split_once("..").and_then(|(from, to)| Some((number(from)?, number(to)?)));
        both.filter(|(from, to)| from <= to).ok_or_else(|| {
            let what = format!("`{}` can't be `{text}`", self.key);
            Complaint::new(&self.value.span(), what, format!("expected {expected}"))
        })
    }

    /// The value as a whole number of `range`, which may be below 0 and is not 0.
    pub(super) fn signed(&self, range: std::ops::RangeInclusive<i64>) -> Result<i64, Complaint> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(integer) = self.value.get_ref() else {
            return Err(self.not(&expected));
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix());
        number.ok().filter(|number| range.contains(number) && *number != 0).ok_or_else(|| {
            let what = format!("`{}` can't be {integer}", self.key);
            Complaint::new(&self.value.span(), what, format!("expected {expected}, but for 0"))
        })
    }

    /// The value as true or false.
    pub(super) fn flag(&self) -> Result<bool, Complaint> {
        match self.value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.not("true or false")),
        }
    }

    /// The value as a list; `expected` says of what.
    pub(super) fn list(&self, expected: &str) -> Result<Vec<Value<'t>>, Complaint> {
        let DeValue::Array(items) = self.value.get_ref() else { return Err(self.not(expected)) };
        Ok(items.iter().map(|value| Value { key: self.key, value }).collect())
    }

    /// The value as a list of texts of which no two are equal; `expected` says of what.
    pub(super) fn texts(&self, expected: &str) -> Result<Vec<Text<'t>>, Complaint> {
        let mut texts: Vec<Text<'t>> = Vec::new();
        for item in self.list(expected)? {
            let text = item.text(expected)?;
            if texts.iter().any(|earlier| earlier.text == text.text) {
                let what = format!("`{}` stands twice in `{}`", text.text, self.key);
                return Err(Complaint::new(&text.span, what, "expected each name once"));
            }
            texts.push(text);
        }
        Ok(texts)
    }

    /// The value as a table of a `kind` with the keys `known` and no others.
    pub(super) fn fields(
        &self,
        kind: &'static str,
        known: &[&str],
    ) -> Result<Fields<'t>, Complaint> {
        let DeValue::Table(table) = self.value.get_ref() else {
            return Err(self.not(&format!("{kind}: a table with {}", known.join(", "))));
        };
        Fields::new(table, self.value.span(), kind, known)
    }

    /// The value as a table whose keys are names that the author chose, in the file's order.
    pub(super) fn named(&self, expected: &str) -> Result<Vec<(Text<'t>, Value<'t>)>, Complaint> {
        let DeValue::Table(table) = self.value.get_ref() else { return Err(self.not(expected)) };
        let entry = |(key, value): (&'t Spanned<std::borrow::Cow<'t, str>>, _)| {
            let name = Text { text: key.get_ref().as_ref(), span: key.span() };
            let value = Value { key: name.text, value };
            (name, value)
        };
        let mut entries: Vec<_> = table.iter().map(entry).collect();
        entries.sort_by_key(|(name, _)| name.span.start);
        Ok(entries)
    }

    /// Where the value stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.value.span()
    }
}
