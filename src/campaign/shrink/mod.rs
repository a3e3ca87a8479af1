//! A failing run made small: what is left of it is what the failure needs.
//!
//! [`shrink`] takes lines away (`lines`), then users, clients, rooms and providers (`cast`), puts
//! what is left to its usual value (`usual`) and shortens times (`times`), and goes round until
//! nothing more can go. Each candidate is really played, and is kept only where it fails in the
//! same way ([`Target`]). A run's choices are keyed by what they are about, so that a line left
//! out leaves the fate of the others alone: this is why small steps get far.
//!
//! A candidate is a scenario file that the reader accepts; one that it refuses (a step in a room
//! that nobody creates) is not played, and no candidate is played twice.
//!
//! Not here: files, and what is shown meanwhile.

mod cast;
mod lines;
mod regression;
mod target;
#[cfg(test)]
mod tests;
mod times;
mod usual;

use std::collections::BTreeSet;
use std::time::Duration;

pub use self::lines::count as count_lines;
pub use self::regression::{Origin, regression};
pub use self::target::{NothingToShrink, Target};

use super::case::{Case, How};
use crate::mimi::rules::RULES;
use crate::node::Stopwatch as _;
use crate::scenario;
use crate::script::Script;
use crate::trace::Digest;
use crate::world::stopwatch::WallStopwatch;

/// How much may be spent, in wall time.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// On one run. What takes longer hangs.
    pub patience: Duration,
    /// On all of them. When it is spent, the smallest so far is the result.
    pub budget: Duration,
}

/// A failure, as small as it got.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// The run, with nothing left to chance.
    pub script: Script,
    /// What happens in it; it fails in the way that was to be kept.
    pub case: Case,
    /// How many candidates were played.
    pub runs: u64,
    /// Wall time ran out before it was seen that nothing more can go.
    pub out_of_budget: bool,
}

/// Makes a failing run small. `told` hears, after each part of a round, its name and what it
/// left.
///
/// # Errors
/// When the run does not fail, or in a way that any run does in which less happens.
pub fn shrink(
    script: &Script,
    effort: Effort,
    told: &mut dyn FnMut(&str, &Script),
) -> Result<Shrunk, NothingToShrink> {
    let how = How { patience: effort.patience, twice: true };
    let case = Case::play(&script.title, script, scenario::write(script), how);
    let target = Target::of(&case, script)?;
    let watch = WallStopwatch::start();
    let shrunk = Shrunk { script: script.clone(), case, runs: 0, out_of_budget: false };
    let mut shrinking = Shrinking { target, effort, watch, tried: BTreeSet::new(), shrunk };
    shrinking.expect_nothing();
    loop {
        let before = shrinking.shrunk.script.clone();
        for (name, part) in PARTS {
            part(&mut shrinking);
            told(name, &shrinking.shrunk.script);
        }
        if shrinking.shrunk.script == before || shrinking.shrunk.out_of_budget {
            return Ok(shrinking.shrunk);
        }
    }
}

type Part = fn(&mut Shrinking);

/// What a round does, in order.
const PARTS: &[(&str, Part)] = &[
    ("lines", lines::one_by_one),
    ("users", cast::users),
    ("clients", cast::clients),
    ("rooms", cast::rooms),
    ("providers", cast::providers),
    ("settings", usual::settings),
    ("times", times::times),
    ("pairs", lines::in_pairs),
];

/// The smallest failure so far, and what was tried.
struct Shrinking {
    target: Target,
    effort: Effort,
    watch: std::rc::Rc<WallStopwatch>,
    /// Hashes of the texts of all candidates.
    tried: BTreeSet<Digest>,
    shrunk: Shrunk,
}

impl Shrinking {
    /// What is left of the run.
    fn script(&self) -> &Script {
        &self.shrunk.script
    }

    /// Plays a candidate; it is what is left from now on where it fails in the same way.
    fn try_out(&mut self, candidate: &Script) -> bool {
        self.shrunk.out_of_budget |= u128::from(self.watch.nanos()) > self.effort.budget.as_nanos();
        let text = scenario::write(candidate);
        if self.shrunk.out_of_budget || !self.tried.insert(Digest::of(text.as_bytes())) {
            return false;
        }
        let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        let Ok(script) = scenario::read("candidate", &text, None, &rules) else { return false };
        let how = How { patience: self.effort.patience, twice: self.target.needs_two_plays() };
        let case = Case::play(&script.title, &script, text, how);
        self.shrunk.runs += 1;
        let kept = self.target.is_met_by(&case, &script);
        if kept {
            self.shrunk = Shrunk { script, case, ..self.shrunk.clone() };
        }
        kept
    }

    /// Tries what is left with a change to it.
    fn try_with(&mut self, change: impl FnOnce(&mut Script)) -> bool {
        let mut candidate = self.script().clone();
        change(&mut candidate);
        candidate != *self.script() && self.try_out(&candidate)
    }

    /// The result is to guard against what it broke, so that it expects nothing to break; unless
    /// it stands beside violations that are expected, and that come first.
    fn expect_nothing(&mut self) {
        self.try_with(|script| script.expect.violates.clear());
    }
}
