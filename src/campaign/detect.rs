//! What each detector notices of each liar, how soon, and what it costs.
//!
//! A scenario with a liar in it is played as it is, then without the liar, each time with no
//! detector and with one after the other. With the liar, the first alarm of an honest node counts,
//! and the time since the misbehaviour began. Without it, an alarm would be false; what is counted
//! there is bytes.
//!
//! Not here: reading scenario files, and writing tables.

use std::collections::BTreeMap;

use super::one::play_and_judge;
use super::side_by_side::side_by_side;
use crate::mimi::watch::{DETECTORS, Detector};
use crate::scenario::Scenario;
use crate::script::Script;
use crate::trace::{Entry, Event, Header};
use crate::world::{Options, PlayError};

/// A scenario to watch, with the seeds to play it with.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Its name in tables.
    pub name: String,
    /// The scenario; its expectations are left out.
    pub scenario: Scenario,
    /// The seeds.
    pub seeds: Vec<u64>,
}

/// What came of one scenario.
#[derive(Debug)]
pub struct Noticed {
    /// Its name in tables.
    pub name: String,
    /// How often it was played with the liar, for each detector.
    pub cases: u64,
    /// Invariants that broke, without any detector.
    pub broke: Vec<String>,
    /// By each detector, where any alarm came: simulated milliseconds from the beginning of the
    /// misbehaviour to the first, for each case in which one came, the shortest first.
    pub delays_ms: BTreeMap<Detector, Vec<u64>>,
    /// By each detector, in how many cases without the liar an alarm came.
    pub false_alarms: BTreeMap<Detector, u64>,
    /// Bytes of all bodies that were sent, without the liar and without detectors.
    pub bytes: u64,
    /// The same with each detector.
    pub bytes_with: BTreeMap<Detector, u64>,
    /// Runs that broke off, in words.
    pub broke_off: Vec<String>,
}

/// Plays all of it, so many scenarios at a time; `told` hears of each that is done.
pub fn detect(all: &[Watched], jobs: usize, told: &(dyn Fn(&Noticed) + Sync)) -> Vec<Noticed> {
    side_by_side(all, jobs, |watched| {
        let noticed = watched.play();
        told(&noticed);
        noticed
    })
}

/// Simulated milliseconds that a run goes on after patience has come to its end.
const SPARE_MS: u64 = 20_000;

/// What is counted of a run.
struct Counted {
    broke: Vec<String>,
    delay_ms: Option<u64>,
    bytes: u64,
}

impl Watched {
    fn play(&self) -> Noticed {
        let mut noticed = Noticed {
            name: self.name.clone(),
            cases: self.seeds.len() as u64,
            broke: Vec::new(),
            delays_ms: BTreeMap::new(),
            false_alarms: BTreeMap::new(),
            bytes: 0,
            bytes_with: BTreeMap::new(),
            broke_off: Vec::new(),
        };
        for seed in &self.seeds {
            if let Err(error) = noticed.add(&self.scenario.expand(*seed).script) {
                noticed.broke_off.push(format!("seed {seed}: {error}"));
            }
        }
        noticed.broke.sort();
        noticed.broke.dedup();
        noticed.delays_ms.values_mut().for_each(|delays| delays.sort_unstable());
        noticed
    }
}

impl Noticed {
    fn add(&mut self, script: &Script) -> Result<(), PlayError> {
        let honest = Script { misbehaviour: Vec::new(), ..script.clone() };
        self.broke.extend(played(script, None)?.broke);
        self.bytes += played(&honest, None)?.bytes;
        for info in DETECTORS {
            let detector = info.detector;
            if let Some(delay) = played(script, Some(detector))?.delay_ms {
                self.delays_ms.entry(detector).or_default().push(delay);
            }
            let calm = played(&honest, Some(detector))?;
            *self.bytes_with.entry(detector).or_default() += calm.bytes;
            if calm.delay_ms.is_some() {
                *self.false_alarms.entry(detector).or_default() += 1;
            }
        }
        Ok(())
    }
}

/// Plays a script with this detector alone.
fn played(script: &Script, detector: Option<Detector>) -> Result<Counted, PlayError> {
    let mut script = script.clone();
    script.protocol.watch.detectors = detector.iter().map(|it| it.id().to_owned()).collect();
    script.expect = Default::default();
    // Long enough for anybody to lose patience.
    script.rest_ms = script.rest_ms.max(script.protocol.watch.patience_ms + SPARE_MS);
    let judged = play_and_judge(&script, &Options { log: None })?;
    let broke = judged.verdict.violations.iter().map(|it| it.invariant.clone());
    Ok(Counted {
        broke: broke.collect(),
        delay_ms: first_alarm(&judged.run.header, &judged.run.entries),
        bytes: judged.run.entries.iter().map(bytes).sum(),
    })
}

/// Simulated milliseconds from the first misbehaviour, or from the beginning where there is none,
/// to the first alarm of an honest node.
fn first_alarm(header: &Header, entries: &[Entry]) -> Option<u64> {
    let began = entries.iter().find(|it| matches!(it.event, Event::BehaviourBegan { .. }));
    let is_alarm = |it: &&Entry| {
        matches!(it.event, Event::Alarmed { .. }) && !header.dishonest.contains(&it.node)
    };
    let raised = entries.iter().find(is_alarm)?;
    Some(raised.at_ms.saturating_sub(began.map_or(0, |it| it.at_ms)))
}

/// Bytes of bodies. What users tell each other in person is none.
fn bytes(entry: &Entry) -> u64 {
    match &entry.event {
        Event::Request { bytes, .. } | Event::Response { bytes, .. } => *bytes,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::rules::RULES;

    #[test]
    fn a_lie_is_noticed_by_who_can_and_only_where_it_is_told() {
        let file = "scenarios/success-without-a-receipt.toml";
        let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        let text = std::fs::read_to_string(file).unwrap();
        let scenario = Scenario::read(file, &text, &rules).unwrap();
        let watched = Watched { name: "a lie".to_owned(), scenario, seeds: vec![0] };
        let noticed = &detect(&[watched], 1, &|_| {})[0];
        assert_eq!(noticed.broke, ["agreement"]);
        assert!(noticed.delays_ms[&Detector::Receipts][0] < 3_000);
        assert!(!noticed.delays_ms.contains_key(&Detector::Exchange), "one provider saw it");
        assert_eq!(noticed.false_alarms, BTreeMap::new());
        assert!(noticed.bytes_with[&Detector::Receipts] > noticed.bytes);
        // In person costs no provider anything.
        assert_eq!(noticed.bytes_with[&Detector::Authenticators], noticed.bytes);
        assert_eq!(noticed.broke_off, [""; 0]);
    }
}
