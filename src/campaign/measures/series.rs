//! How a run went on in time: the epoch lag of each client, and when somebody was cut off.

use super::epochs::Places;
use super::observed::Observed;
use crate::trace::Event;

/// One value at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Simulated milliseconds since the start.
    pub at_ms: u64,
    /// The node; `world` for what holds for all.
    pub node: String,
    /// `epoch_lag`, or `faults`: how many partitions, crashes and outages are open.
    pub quantity: &'static str,
    /// The value from then on.
    pub value: u64,
}

/// The series of a run; a value stands wherever it has changed at the end of a tick.
pub fn series(run: &Observed<'_>) -> Vec<Sample> {
    let mut places = Places::default();
    let mut faults: u64 = 0;
    let mut last = std::collections::BTreeMap::new();
    let mut samples = Vec::new();
    let mut entries = run.all().peekable();
    while let Some(entry) = entries.next() {
        places.note(entry);
        match entry.event {
            Event::Partitioned { .. } | Event::Crashed | Event::Offline | Event::Held { .. } => {
                faults += 1;
            }
            Event::Healed { .. } | Event::Restarted { .. } | Event::Online => {
                faults = faults.saturating_sub(1);
            }
            _ => {}
        }
        if entries.peek().is_some_and(|next| next.at_ms == entry.at_ms) {
            continue;
        }
        let lags = run
            .honest_clients()
            .filter_map(|(node, ..)| Some((node, "epoch_lag", places.lag(node)?)));
        for (node, quantity, value) in lags.chain([("world", "faults", faults)]) {
            if last.insert((node, quantity), value) != Some(value) {
                samples.push(Sample { at_ms: entry.at_ms, node: node.into(), quantity, value });
            }
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::super::testing::Tape;

    #[test]
    fn a_lag_is_told_when_it_changes_and_a_fault_while_it_lasts() {
        let mut tape = Tape::new();
        tape.hub(100, 0, &["A1"]).enters(100, "A1", 0, "x0").world(200, "partitioned");
        tape.hub(300, 1, &["A1"]).world(400, "healed").enters(500, "A1", 1, "x1");
        let told: Vec<_> = tape
            .series()
            .into_iter()
            .map(|it| format!("{} {} {}", it.at_ms, it.node, it.value))
            .collect();
        let wanted = ["100 A1 0", "100 world 0", "200 world 1", "300 A1 1", "400 world 0"];
        assert_eq!(told, [&wanted[..], &["500 A1 0"]].concat());
    }
}
