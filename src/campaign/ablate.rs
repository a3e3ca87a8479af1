//! What each rule is worth: what breaks where nobody checks it, or where only the hub does not.
//!
//! A [`Trial`] takes one rule away and plays what that rule stands against: the scenario in which
//! it is seen to refuse something, and random rooms with a liar who breaks it, where there is such
//! a liar. What broke in which seeds is its row; the first case that rests on an invariant is made
//! small, and played with the rule back in its place, where all should hold.
//!
//! Trials are played side by side, and their rows come in order, so that how many workers there
//! are shows nowhere but in the time.
//!
//! Not here: reading scenario files, and writing tables.

use std::collections::BTreeMap;

use super::case::{Case, Ended, How};
use super::shrink::{Effort, Shrunk, shrink};
use super::side_by_side::side_by_side;
use crate::mimi::rules::Rule;
use crate::scenario::{self, Scenario};
use crate::script::Script;

/// A rule that is to be off, and what to play then.
#[derive(Debug)]
pub struct Trial {
    /// The rule.
    pub rule: &'static Rule,
    /// Where it is off.
    pub off: Off,
    /// What is played, in order.
    pub against: Vec<Against>,
}

/// Where a rule is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Off {
    /// Nobody checks it.
    Everywhere,
    /// Hubs do not check it, clients do (S19: must the hub enforce the rules?).
    AtHubs,
}

impl Off {
    /// The word for it in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::AtHubs => "at hubs",
        }
    }
}

/// A scenario and the seeds to play it with.
#[derive(Debug, Clone)]
pub struct Against {
    /// The scenario, as the ablation calls it.
    pub name: String,
    /// The scenario.
    pub scenario: Scenario,
    /// The seeds.
    pub seeds: Vec<u64>,
}

/// What came of a trial.
#[derive(Debug)]
pub struct Row {
    /// The rule's id.
    pub rule: &'static str,
    /// Where it was off.
    pub off: Off,
    /// How many cases were played.
    pub cases: u64,
    /// What broke, by invariant; a panic and the like by their words.
    pub broke: BTreeMap<String, Finding>,
}

/// An invariant that broke.
#[derive(Debug)]
pub struct Finding {
    /// In how many cases.
    pub cases: u64,
    /// The scenario of the first of them.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// How many cases it took to come to it, itself included.
    pub tried: u64,
    /// The first case whose verdict rests on the invariant, made small; none where it only broke
    /// beside others.
    pub shrunk: Option<Shrunk>,
    /// Whether all holds in that case, as it was found, once the rule is back.
    pub holds_with_rule: Option<bool>,
}

/// Plays all trials, so many at a time; `told` hears of each that is done.
pub fn ablate(
    trials: &[Trial],
    effort: Effort,
    jobs: usize,
    told: &(dyn Fn(&Row) + Sync),
) -> Vec<Row> {
    side_by_side(trials, jobs, |trial| {
        let row = trial.play(effort);
        told(&row);
        row
    })
}

impl Trial {
    fn play(&self, effort: Effort) -> Row {
        let mut row = Row { rule: self.rule.id, off: self.off, cases: 0, broke: BTreeMap::new() };
        for against in &self.against {
            for seed in &against.seeds {
                let script = self.without(against.scenario.expand(*seed).script);
                let case = played(&script, effort);
                row.cases += 1;
                for invariant in broken(&case) {
                    let fresh = || Finding {
                        cases: 0,
                        scenario: against.name.clone(),
                        seed: *seed,
                        tried: row.cases,
                        shrunk: None,
                        holds_with_rule: None,
                    };
                    let finding = row.broke.entry(invariant.clone()).or_insert_with(fresh);
                    finding.cases += 1;
                    if finding.shrunk.is_none() && decisive(&case) == invariant {
                        finding.shrunk = shrink(&script, effort, &mut |_, _| {}).ok();
                        let with_rule = played(&restored(script.clone()), effort);
                        finding.holds_with_rule = Some(with_rule.ended.is_fine());
                    }
                }
            }
        }
        row
    }

    /// The script with this rule off and all others on, expecting that everything holds.
    fn without(&self, script: Script) -> Script {
        let mut script = restored(script);
        let off = vec![self.rule.id.to_owned()];
        match self.off {
            Off::Everywhere => script.protocol.without = off,
            Off::AtHubs => script.protocol.hub_without = off,
        }
        script
    }
}

/// The script with all rules on.
fn restored(mut script: Script) -> Script {
    script.protocol.without.clear();
    script.protocol.hub_without.clear();
    script.expect.violates.clear();
    script
}

fn played(script: &Script, effort: Effort) -> Case {
    let how = How { patience: effort.patience, twice: false };
    Case::play(&script.title, script, scenario::write(script), how)
}

/// All that broke in a case, each once.
fn broken(case: &Case) -> Vec<String> {
    let mut broken: Vec<_> = match &case.ended {
        Ended::Judged(verdict) => {
            verdict.violations.iter().map(|violation| violation.invariant.clone()).collect()
        }
        other => vec![other.word().to_owned()],
    };
    broken.sort();
    broken.dedup();
    broken
}

/// What the case's verdict rests on.
fn decisive(case: &Case) -> &str {
    case.invariant.as_deref().unwrap_or(case.ended.word())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::mimi::rules::RULES;

    /// A liar takes a user off the list and leaves its clients inside.
    const LIE: &str = r#"
title = "t"
why = "w"
rest = "2s"
providers = ["a.example"]
users.alice = { at = "a.example", clients = ["A1"] }
users.bob = { at = "a.example", clients = ["B1"] }
rooms.hall = { hub = "a.example" }
steps = [
    { at = "1s", who = "A1", do = "create", room = "hall" },
    { at = "2s", who = "A1", do = "add", user = "bob" },
    { at = "6s", who = "B1", do = "update" },
]
misbehaviour = [
    { at = "4s", node = "A1", behaviour = "client.breaks-rule", room = "hall", rule = "clients-leave-with-user", user = "bob" },
]
"#;

    fn trial(rule: &str, off: Off) -> Trial {
        let rule = RULES.iter().find(|it| it.id == rule).unwrap();
        let scenario = Scenario::read("lie", LIE, &[]).unwrap();
        let against = Against { name: "lie".to_owned(), scenario, seeds: vec![0, 1] };
        Trial { rule, off, against: vec![against] }
    }

    #[test]
    fn a_rule_is_worth_what_breaks_without_it() {
        let trials = [
            trial("clients-leave-with-user", Off::Everywhere),
            trial("clients-leave-with-user", Off::AtHubs),
            trial("may-send", Off::Everywhere),
        ];
        let minute = Duration::from_secs(60);
        let effort = Effort { patience: minute, budget: minute };
        let rows = ablate(&trials, effort, 2, &|_| {});
        let rules: Vec<_> = rows.iter().map(|row| (row.rule, row.cases)).collect();
        let rule = "clients-leave-with-user";
        assert_eq!(rules, [(rule, 2), (rule, 2), ("may-send", 2)]);
        let finding = &rows[0].broke["add_leave_order"];
        assert_eq!((finding.cases, finding.seed, finding.tried), (2, 0, 1));
        assert_eq!(finding.holds_with_rule, Some(true));
        let shrunk = finding.shrunk.as_ref().unwrap();
        assert_eq!(crate::campaign::count_lines(&shrunk.script), 3);
        // Clients refuse what such a hub takes, and the room stops.
        let stops = |row: &Row| row.broke.contains_key("convergence");
        assert_eq!((stops(&rows[0]), stops(&rows[1])), (false, true));
        assert!(rows[2].broke.is_empty());
    }
}
