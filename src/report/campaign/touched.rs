//! What a campaign touched, as tables: what users wanted and how often it came true, and all that
//! was never reached.
//!
//! What chance can't come to stands below that, by its reasons.
//!
//! A random test whose operations never apply tests nothing, and one that is never refused tests
//! little. So a wish that goes one way in less than 5 percent of cases needs a reason; those that
//! have one are listed here ([`REASONS`]).

use std::collections::BTreeMap;

use super::super::text::{WIDTH, wrap};
use crate::campaign::{Both, Coverage};

/// Percent below which one way is rare.
const RARE: u64 = 5;

/// Stands where a reason is needed and there is none.
pub const UNEXPLAINED: &str = "nobody has said why";

/// Why a wish goes one way nearly always.
const REASONS: &[(&str, &str)] = &[
    ("create", "a room is created once, by a user of its hub, whom nothing forbids it"),
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
            (true, None) => format!("  {UNEXPLAINED}"),
            (false, _) => String::new(),
        };
        text += format!("{verb:16} {yes:>9} {no:>9} {share:>5} %{note}").trim_end();
        text.push('\n');
    }
    text
}

/// What was never reached and should be, each rare thing with what it needs; then, reason by
/// reason, what chance can't come to.
pub fn never_reached(coverage: &Coverage) -> String {
    let rare: BTreeMap<_, _> = Coverage::rare().into_iter().collect();
    let missing = coverage.never_reached();
    let said = missing.iter().map(|thing| match rare.get(thing) {
        Some(needs) => format!("{thing} (rare: needs {needs})"),
        None => thing.clone(),
    });
    let mut text = match missing.len() {
        0 => "All rules, response codes, wishes and faults that chance comes to were reached.\n"
            .to_owned(),
        many => format!("never reached ({many}):\n{}", indented(&said.collect::<Vec<_>>())),
    };
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let explained = coverage.not_by_chance();
    for (thing, why) in &explained {
        reasons.entry(why.clone()).or_default().push(thing.clone());
    }
    if !explained.is_empty() {
        text += &format!(
            "not by chance ({}; see `schism list rules` and `schism list codes`):\n",
            explained.len()
        );
    }
    for (why, things) in reasons {
        text += &indented(&[format!("{why}: {}", things.join(", "))]);
    }
    text
}

fn indented(things: &[String]) -> String {
    let lines = wrap(&things.join(", "), WIDTH - 4);
    lines.iter().map(|line| format!("    {line}\n")).collect()
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
