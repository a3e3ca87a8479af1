//! The oracle on trial: for each invariant, a bug that it has to see.
//!
//! A [`Mutant`] is a bug that is planted: a rule that nobody checks, a text read otherwise, a node
//! that misbehaves. As a rule the oracle is told of none of that, or it would excuse what comes of
//! it. Seed after seed is played until the invariant breaks at the first event at which anything
//! does: then the mutant is killed. One that survives all its seeds says that the oracle is blind
//! there. The seeds that it took are played without the bug, too, and have to be clean, for an
//! oracle that always complains would kill everything.
//!
//! Not here: which bugs there are (`plants`), reading scenario files, and the table.

use super::one::play_and_judge;
use super::side_by_side::side_by_side;
use crate::oracle::judge;
use crate::scenario::Scenario;
use crate::script::{Script, Watch};
use crate::trace::Header;
use crate::world::Options;

/// A bug, and the invariant that has to see it.
#[derive(Debug)]
pub struct Mutant {
    /// The invariant's id.
    pub invariant: &'static str,
    /// What is wrong, in a line.
    pub bug: &'static str,
    /// A scenario with the bug in it.
    pub scenario: Scenario,
    /// Whether the oracle is told who misbehaves.
    pub told: bool,
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// The invariant's id.
    pub invariant: &'static str,
    /// What was wrong.
    pub bug: &'static str,
    /// The seed that killed it; none where it survived.
    pub killed_by: Option<u64>,
    /// The first seed up to that one in which something broke without the bug, and what.
    pub unclean: Option<(u64, String)>,
    /// The first run that broke off, and why.
    pub broke_off: Option<String>,
}

impl Fate {
    /// Whether the oracle has passed: it saw the bug, and nothing where there was none.
    pub fn is_good(&self) -> bool {
        self.killed_by.is_some() && self.unclean.is_none()
    }

    /// The word for it in tables.
    pub fn word(&self) -> &'static str {
        match (self.killed_by, &self.unclean) {
            (Some(_), None) => "killed",
            (Some(_), Some(_)) => "not clean without it",
            (None, _) => "survived",
        }
    }
}

/// Tries all mutants with seeds from 0 up to and without `seeds`, so many at a time. The fates come
/// in the order of the mutants; `told` hears of each as it is known.
pub fn try_mutants(
    mutants: &[Mutant],
    seeds: u64,
    jobs: usize,
    told: &(dyn Fn(&Fate) + Sync),
) -> Vec<Fate> {
    side_by_side(mutants, jobs, |mutant| {
        let fate = mutant.fate(seeds);
        told(&fate);
        fate
    })
}

impl Mutant {
    fn fate(&self, seeds: u64) -> Fate {
        let mut fate = Fate {
            invariant: self.invariant,
            bug: self.bug,
            killed_by: None,
            unclean: None,
            broke_off: None,
        };
        for seed in 0..seeds {
            let script = self.scenario.expand(seed).script;
            let seen = first_broken(&script, self.told);
            if let Err(why) = &seen {
                fate.broke_off.get_or_insert_with(|| format!("seed {seed}: {why}"));
            }
            let without = first_broken(&without_bug(script), false);
            let broken = without.map_or_else(|why| why, |broken| broken.join(", "));
            if !broken.is_empty() {
                fate.unclean.get_or_insert((seed, broken));
            }
            if seen.is_ok_and(|broken| broken.iter().any(|id| id == self.invariant)) {
                fate.killed_by = Some(seed);
                return fate;
            }
        }
        fate
    }
}

/// The invariants that break at the first event at which any does, where the oracle takes the
/// protocol for the usual one and, unless it is told, all nodes for honest.
fn first_broken(script: &Script, told: bool) -> Result<Vec<String>, String> {
    let judged = play_and_judge(script, &Options::default()).map_err(|error| error.to_string())?;
    let header = Header {
        dishonest: if told { judged.run.header.dishonest.clone() } else { Vec::new() },
        expected: Vec::new(),
        without: Vec::new(),
        hub_without: Vec::new(),
        readings: Vec::new(),
        ..judged.run.header
    };
    let violations = judge(&header, &judged.run.entries).violations;
    let first = violations.iter().map(|violation| violation.event).min();
    let at_first = violations.into_iter().filter(|violation| Some(violation.event) == first);
    Ok(at_first.map(|violation| violation.invariant).collect())
}

/// The script with all rules on, every text as usual, as much patience, and everybody honest.
fn without_bug(mut script: Script) -> Script {
    script.protocol.without.clear();
    script.protocol.hub_without.clear();
    script.protocol.readings.clear();
    script.misbehaviour.clear();
    let detectors = std::mem::take(&mut script.protocol.watch.detectors);
    script.protocol.watch = Watch { detectors, ..Watch::default() };
    script
}
