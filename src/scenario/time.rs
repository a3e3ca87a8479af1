//! Times as scenario files write them: a whole number and `ms`, `s` or `m`.
//!
//! Simulated milliseconds inside. There are no fractions and no sums: `1500ms`, not `1.5s`. Where
//! something moves in time, `+` or `-` stands in front.

use super::fields::{Text, Value};
use super::problem::Complaint;

/// The longest time that a file can name, in milliseconds: a day.
pub(super) const LONGEST_MS: u64 = 24 * 60 * 60 * 1000;

const FORM: &str = "a time such as \"250ms\", \"3s\" or \"2m\"";
const OFFSET_FORM: &str = "a time forward or back such as \"+3s\" or \"-30s\"";
const RANGE_FORM: &str = "a time such as \"20ms\" or a range such as \"20ms..60ms\"";

impl Value<'_> {
    /// The value as a time of at least `least` milliseconds.
    pub(super) fn time(&self, least: u64) -> Result<u64, Complaint> {
        time(&self.text(FORM)?, least)
    }

    /// The value as a time forward or back, in milliseconds.
    pub(super) fn offset(&self) -> Result<i64, Complaint> {
        let whole = self.text(OFFSET_FORM)?;
        let (sign, text) = match whole.text.strip_prefix('-') {
            Some(text) => (-1, text),
            None => (1, whole.text.strip_prefix('+').unwrap_or(whole.text)),
        };
        let ms = time(&Text { text, span: whole.span }, 1)?;
        // A day at most.
        Ok(sign * i64::try_from(ms).unwrap_or(i64::MAX))
    }

    /// The value as a time, or as two times with `..` between them, the longer one last.
    pub(super) fn times(&self, least: u64) -> Result<(u64, u64), Complaint> {
        let whole = self.text(RANGE_FORM)?;
        let Some((from, to)) = whole.text.split_once("..") else {
            let both = time(&whole, least)?;
            return Ok((both, both));
        };
        let part = |text| time(&Text { text, span: whole.span.clone() }, least);
        let (min, max) = (part(from)?, part(to)?);
        if min > max {
            let what = format!("the range `{}` ends before it begins", whole.text);
            let expected = format!("expected \"{to}..{from}\"");
            return Err(Complaint::new(&whole.span, what, expected));
        }
        Ok((min, max))
    }
}

fn time(text: &Text<'_>, least: u64) -> Result<u64, Complaint> {
    let Some(ms) = parse(text.text) else {
        let what = format!("`{}` is not a time", text.text);
        return Err(Complaint::new(&text.span, what, format!("expected {FORM}")));
    };
    if ms < least {
        let what = format!("`{}` is too short", text.text);
        return Err(Complaint::new(&text.span, what, format!("expected at least {}", show(least))));
    }
    if ms > LONGEST_MS {
        let what = format!("`{}` is too long", text.text);
        let expected = format!("expected at most {}, a day", show(LONGEST_MS));
        return Err(Complaint::new(&text.span, what, expected));
    }
    Ok(ms)
}

fn parse(text: &str) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit_ms)
}

/// A time in the largest unit that needs no fraction.
pub(super) fn show(ms: u64) -> String {
    match ms {
        0 => "0s".to_owned(),
        _ if ms.is_multiple_of(60_000) => format!("{}m", ms / 60_000),
        _ if ms.is_multiple_of(1000) => format!("{}s", ms / 1000),
        _ => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_as_it_was_shown() {
        for ms in [0, 1, 10, 999, 1000, 1500, 60_000, 90_000, LONGEST_MS] {
            assert_eq!(parse(&show(ms)), Some(ms), "{ms}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "5", "s", "5 s", "-5s", "1.5s", "5h", "1m30s", "99999999999999999999ms"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("18446744073709551615m"), None);
    }
}
