//! What each rule is worth: what breaks where nobody checks it, or where only the hub does not.
//!
//! A [`Trial`] takes one rule away and plays what that rule stands against: the scenario in which
//! it is seen to refuse something, and random rooms with a liar who breaks it, where there is such
//! a liar. What broke in which seeds is its row; the first case that rests on an invariant is made
//! small, and played with the rule back in its place, where all should hold.
//!
//! Where nothing broke, each case in which the rule refuses something is looked at again, for what
//! becomes of that in its absence ([`Instead`]); what a row is worth then, `worth` says.
//!
//! Trials are played side by side, and their rows come in order, so that how many workers there
//! are shows nowhere but in the time.
//!
//! Not here: reading scenario files, and writing tables.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::case::{Case, Ended, How, patiently};
use super::instead::{Instead, Refusals};
use super::one::Judged;
use super::shrink::{Effort, Shrunk, shrink};
use super::side_by_side::side_by_side;
use crate::mimi::rules::Rule;
use crate::scenario::{self, Scenario};
use crate::script::Script;
use crate::trace::Digest;

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
    /// Where nothing broke: what became of that which the rule refuses where it is on, and how
    /// often.
    pub instead: BTreeMap<Instead, u64>,
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
    let known = Known::default();
    side_by_side(trials, jobs, |trial| {
        let mut row = trial.play(effort);
        if row.broke.is_empty() {
            row.instead = trial.instead(effort, &known);
        }
        told(&row);
        row
    })
}

impl Trial {
    fn play(&self, effort: Effort) -> Row {
        let mut row = Row {
            rule: self.rule.id,
            off: self.off,
            cases: 0,
            broke: BTreeMap::new(),
            instead: BTreeMap::new(),
        };
        for against in &self.against {
            for seed in &against.seeds {
                let script = self.without(against.scenario.expand(*seed).script);
                let case = played(&script, effort);
                row.cases += 1;
                for invariant in self.broke(&script, &case, effort) {
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
                        let with_rule = played(&self.with(script.clone()), effort);
                        finding.holds_with_rule = Some(with_rule.ended.is_fine());
                    }
                }
            }
        }
        row
    }

    /// What breaks in a case without the rule, and not with it.
    fn broke(&self, script: &Script, case: &Case, effort: Effort) -> Vec<String> {
        let mut broke = broken(case, &script.expect.violates);
        if !broke.is_empty() {
            let with_rule = played(&self.with(script.clone()), effort);
            let all_the_same = broken(&with_rule, &script.expect.violates);
            broke.retain(|id| !all_the_same.contains(id));
        }
        broke
    }

    /// What becomes of all that the rule refuses in the trial's cases where it is on.
    fn instead(&self, effort: Effort, known: &Known) -> BTreeMap<Instead, u64> {
        let mut instead = BTreeMap::new();
        for against in &self.against {
            for seed in &against.seeds {
                let script = self.with(against.scenario.expand(*seed).script);
                let Some(refusals) = known.refusals(&script, effort) else { continue };
                if !refusals.any_by(self.rule.id) {
                    continue;
                }
                let Some(judged) = run(&self.without(script), effort) else { continue };
                let run = judged.run;
                for (fate, often) in refusals.instead(self.rule.id, &run.header, &run.entries) {
                    *instead.entry(fate).or_default() += often;
                }
            }
        }
        instead
    }

    /// The script with this rule off.
    fn without(&self, script: Script) -> Script {
        let mut script = self.with(script);
        let off = self.rule.id.to_owned();
        match self.off {
            Off::Everywhere => script.protocol.without.push(off),
            Off::AtHubs => script.protocol.hub_without.push(off),
        }
        script
    }

    /// The script with this rule on. What it is about may be that another is off, so that this one
    /// has something to refuse; then it goes on to expect what follows from that.
    fn with(&self, mut script: Script) -> Script {
        let off = [&mut script.protocol.without, &mut script.protocol.hub_without];
        let is_this = |id: &String| id == self.rule.id;
        if off.iter().any(|off| off.iter().any(is_this)) {
            script.expect.violates.clear();
        }
        off.into_iter().for_each(|off| off.retain(|id| !is_this(id)));
        script
    }
}

/// What is refused in each script as it is, once that is known. Many trials play the same.
#[derive(Default)]
struct Known(Mutex<BTreeMap<Digest, Arc<Refusals>>>);

impl Known {
    fn refusals(&self, script: &Script, effort: Effort) -> Option<Arc<Refusals>> {
        let key = Digest::of(scenario::write(script).as_bytes());
        // Nobody panics with the lock in hand.
        let known = self.0.lock().ok().and_then(|known| known.get(&key).cloned());
        if known.is_some() {
            return known;
        }
        let refusals = Arc::new(Refusals::of(&run(script, effort)?.run.entries));
        if let Ok(mut known) = self.0.lock() {
            known.insert(key, Arc::clone(&refusals));
        }
        Some(refusals)
    }
}

fn run(script: &Script, effort: Effort) -> Option<Judged> {
    patiently(script, effort.patience)?.ok()
}

fn played(script: &Script, effort: Effort) -> Case {
    let how = How { patience: effort.patience, twice: false };
    Case::play(&script.title, script, scenario::write(script), how)
}

/// All that broke in a case and was not expected to, each once.
fn broken(case: &Case, expected: &[String]) -> Vec<String> {
    let mut broken: Vec<_> = match &case.ended {
        Ended::Judged(verdict) => {
            verdict.violations.iter().map(|violation| violation.invariant.clone()).collect()
        }
        other => vec![other.word().to_owned()],
    };
    broken.retain(|id| !expected.contains(id));
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

    /// Bob's client breaks four rules, and has no right to the first thing that it asks for.
    const LIES: &str = r#"
title = "t"
why = "w"
rest = "2s"
providers = ["a.example"]
users.alice = { at = "a.example", clients = ["A1"] }
users.bob = { at = "a.example", clients = ["B1"] }
users.carol = { at = "a.example", clients = ["C1"] }
rooms.hall = { hub = "a.example" }
steps = [
    { at = "1s", who = "A1", do = "create", room = "hall" },
    { at = "2s", who = "A1", do = "add", user = "bob" },
]
misbehaviour = [
    { at = "4s", node = "B1", behaviour = "client.breaks-rule", room = "hall", rule = "roles-apart-from-list", user = "carol" },
    { at = "5s", node = "B1", behaviour = "client.breaks-rule", room = "hall", rule = "one-metadata-update", user = "alice" },
    { at = "6s", node = "B1", behaviour = "client.breaks-rule", room = "hall", rule = "known-references", user = "alice" },
    { at = "7s", node = "B1", behaviour = "client.breaks-rule", room = "hall", rule = "franking-tag-fits", user = "alice" },
]
"#;

    fn trial(rule: &str, off: Off) -> Trial {
        trial_by(LIE, rule, off)
    }

    fn trial_by(text: &str, rule: &str, off: Off) -> Trial {
        let rule = RULES.iter().find(|it| it.id == rule).unwrap();
        let scenario = Scenario::read("lie", text, &[]).unwrap();
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

    #[test]
    fn where_nothing_breaks_it_is_seen_what_became_of_all_that_the_rule_refuses() {
        let trials = [
            trial_by(LIES, "roles-apart-from-list", Off::AtHubs),
            trial_by(LIES, "one-metadata-update", Off::Everywhere),
            trial_by(LIES, "known-references", Off::Everywhere),
            trial_by(LIES, "franking-tag-fits", Off::Everywhere),
        ];
        let minute = Duration::from_secs(60);
        let effort = Effort { patience: minute, budget: minute };
        let rows = ablate(&trials, effort, 2, &|_| {});
        let told: Vec<_> =
            rows.iter().map(|row| (row.worth().word(), row.told_instead())).collect();
        let told: Vec<_> = told.iter().map(|(word, told)| (*word, told.as_str())).collect();
        assert_eq!(
            told,
            [
                ("redundant", "refused by authorised (2)"),
                ("harmless", "came to pass (2)"),
                ("built in", "refused by known-references (2)"),
                ("breaks", ""),
            ]
        );
        assert!(rows[3].broke.contains_key("frank_sound"));
        // What is noted of these rules is so.
        assert!(rows.iter().all(|row| row.amiss().is_none()));
    }
}
