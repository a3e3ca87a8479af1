//! Swarm testing: each seed does without some of what it could do.
//!
//! A bug that needs many of one thing in a row hides where everything is drawn all the time. So
//! each id is off in some seeds, by a draw of its own; at least one is on in each.

use std::collections::BTreeSet;
use std::fmt;

use super::dice::Dice;

/// What is off.
#[derive(Debug, Default)]
pub(super) struct Swarm {
    off: BTreeSet<String>,
}

impl Swarm {
    /// Switches each of `ids`, which are `kind`, off in `percent` of a hundred seeds.
    pub(super) fn of(dice: &Dice, kind: &str, ids: &[&str], percent: u64) -> Self {
        let roll = |id: &str| dice.stream("swarm", &format!("{kind} {id}")).up_to(99);
        // The one that stays whatever comes.
        let last = ids.iter().max_by_key(|id| roll(id));
        let off = ids.iter().filter(|id| roll(id) < percent && Some(*id) != last);
        Self { off: off.map(|id| (*id).to_owned()).collect() }
    }

    pub(super) fn is_off(&self, id: &str) -> bool {
        self.off.contains(id)
    }
}

impl fmt::Display for Swarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.off.is_empty() {
            return f.write_str("none");
        }
        let off: Vec<&str> = self.off.iter().map(String::as_str).collect();
        f.write_str(&off.join(", "))
    }
}
