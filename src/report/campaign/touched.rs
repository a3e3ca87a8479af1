//! What a campaign touched, as tables: what users wanted and how often it came true, and all that
//! was never reached.
//!
//! A random test whose operations never apply tests nothing, and one that is never refused tests
//! little. So a wish that goes one way in less than 5 percent of cases needs a reason; those that
//! have one are listed here ([`REASONS`]).

use super::super::text::{WIDTH, wrap};
use crate::campaign::{Both, Coverage};

/// Percent below which one way is rare.
const RARE: u64 = 5;

/// Why a wish goes one way nearly always.
const REASONS: &[(&str, &str)] = &[
    ("create", "a room is created once, by a user of its hub, whom nothing forbids it"),
    ("upload", "nobody forbids it; a name is given twice by chance only"),
    ("delete-account", "an account ends whatever the rooms say"),
    ("ask-consent", "to ask is always taken, whether or not it changes anything (R58)"),
    ("cancel-consent", "to cancel is always taken, whether or not it changes anything (R58)"),
    ("grant-consent", "to grant is always taken, whether or not it changes anything (R58)"),
    ("revoke-consent", "to revoke is always taken, whether or not it changes anything (R58)"),
];

/// The table of wishes: verb, how many came true, how many did not, the share, and where that is
/// rare either way, the reason.
pub fn touched(coverage: &Coverage) -> String {
    let mut text = format!("{:16} {:>9} {:>9} {:>7}\n", "wish", "came true", "did not", "share");
    for (verb, Both { yes, no }) in &coverage.wishes {
        let share = 100 * yes / (yes + no).max(1);
        let rare = !(RARE..=100 - RARE).contains(&share);
        let why = REASONS.iter().find(|(of, _)| of == verb).map(|(_, why)| *why);
        let note = match (rare, why) {
            (true, Some(why)) => format!("  {why}"),
            (true, None) => "  nobody has said why".to_owned(),
            (false, _) => String::new(),
        };
        text += format!("{verb:16} {yes:>9} {no:>9} {share:>5} %{note}").trim_end();
        text.push('\n');
    }
    text
}

/// Whatever was never reached, beneath each other; one line where that is nothing.
pub fn never_reached(coverage: &Coverage) -> String {
    let missing = coverage.never_reached();
    if missing.is_empty() {
        return "Every rule, response code, wish and fault was reached.\n".to_owned();
    }
    let lines = wrap(&missing.join(", "), WIDTH - 4);
    let lines: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    format!("never reached ({}):\n{lines}", missing.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_that_nearly_always_goes_one_way_has_its_reason_beside_it() {
        let both = |yes, no| Both { yes, no };
        let wishes = [("create", both(99, 1)), ("kick", both(1, 99)), ("send", both(60, 40))];
        let wishes = wishes.map(|(verb, both)| (verb.to_owned(), both)).into();
        insta::assert_snapshot!(touched(&Coverage { wishes, ..Coverage::default() }), @r"
        wish             came true   did not   share
        create                  99         1    99 %  a room is created once, by a user of its hub, whom nothing forbids it
        kick                     1        99     1 %  nobody has said why
        send                    60        40    60 %
        ");
    }
}
