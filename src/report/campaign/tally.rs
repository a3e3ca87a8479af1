//! The sum of a campaign: how many cases, how fast, what broke.

use std::collections::BTreeMap;

use super::super::text::{WIDTH, count, wrap};
use crate::campaign::{Case, Coverage, Fingerprint};

/// What is added up over the cases.
#[derive(Debug, Default)]
pub struct Tally {
    /// Cases.
    pub cases: u64,
    /// What all of them touched.
    pub coverage: Coverage,
    /// Failures by fingerprint: how many, and the first one's words.
    failures: BTreeMap<Fingerprint, (u64, String)>,
    /// What the worst one comes to.
    exit_code: u8,
    events: u64,
    simulated_ms: u64,
}

/// Exit codes, the worst first.
const WORST: [u8; 7] = [70, 4, 1, 3, 5, 2, 0];

impl Tally {
    /// Adds a case.
    pub fn add(&mut self, case: &Case) {
        self.cases += 1;
        self.coverage.add(&case.coverage);
        self.events += case.figures.events;
        self.simulated_ms += case.figures.simulated_ms;
        if let Some(fingerprint) = &case.fingerprint {
            let first = || (0, format!("{} with seed {}", case.scenario, case.seed));
            self.failures.entry(fingerprint.clone()).or_insert_with(first).0 += 1;
        }
        let code = case.ended.exit_code();
        let rank = |code: u8| WORST.iter().position(|it| *it == code);
        if rank(code) < rank(self.exit_code) {
            self.exit_code = code;
        }
    }

    /// Failures, all together.
    pub fn failed(&self) -> u64 {
        self.failures.values().map(|(times, _)| times).sum()
    }

    /// The exit code: that of the worst case; of no cases at all, inconclusive.
    pub fn exit_code(&self) -> u8 {
        if self.cases == 0 { 2 } else { self.exit_code }
    }

    /// Each kind of failure on a line or more.
    pub fn failures(&self) -> String {
        let mut text = String::new();
        for (fingerprint, (times, first)) in &self.failures {
            text += &format!("{fingerprint}  {} times, first {first}\n", times);
            for line in wrap(&fingerprint.of, WIDTH - 4) {
                text += &format!("    {line}\n");
            }
        }
        text
    }

    /// The last line: how much, how fast, and failures by what broke.
    pub fn last_line(&self, wall_seconds: f64) -> String {
        let mut broke: BTreeMap<&str, u64> = BTreeMap::new();
        for (fingerprint, (times, _)) in &self.failures {
            *broke.entry(&fingerprint.broke).or_default() += times;
        }
        let broke: Vec<_> = broke.iter().map(|(what, times)| format!("{what} {times}")).collect();
        let broke = match broke.is_empty() {
            true => "no failures".to_owned(),
            false => format!("{} ({})", count(self.failed(), "failure"), broke.join(", ")),
        };
        let rate = |many: f64| many / wall_seconds.max(0.001);
        format!(
            "{} in {wall_seconds:.1} s: {:.1} a second, {:.0} times real time, {:.0} events a \
             second; {broke}",
            count(self.cases, "case"),
            rate(self.cases as f64),
            rate(self.simulated_ms as f64 / 1000.0),
            rate(self.events as f64),
        )
    }
}
