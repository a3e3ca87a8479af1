//! The fourth catalogue: what the network, the servers, the disks, the clocks and the
//! clients' lines can do.

/// A fault of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultInfo {
    /// Stable id, as in scenario files.
    pub id: &'static str,
    /// What happens, in one line.
    pub meaning: &'static str,
    /// Where it comes from: draft section, RFC, or number of the study.
    pub source: &'static str,
}

const fn fault(id: &'static str, meaning: &'static str, source: &'static str) -> FaultInfo {
    FaultInfo { id, meaning, source }
}

/// All faults, in the order of `script::ids::FAULTS`.
pub static FAULTS: &[FaultInfo] = &[
    fault("partition", "nothing passes between two hosts", "P06 §5.5; RFC 9750 §5.2"),
    fault("partition-one-way", "nothing passes from one host to another", "P06 §5.5"),
    fault("hold", "what is sent between two hosts waits until the end", "A3; RP03 §7"),
    fault("delay", "each request takes extra time, so that requests overtake", "A3; I26"),
    fault("lose-requests", "requests are lost before they have effect", "P06 §5.5; R3"),
    fault("lose-responses", "requests take effect, their responses are lost", "I28; L5"),
    fault("repeat", "requests arrive twice", "R45; I27"),
    fault("crash", "a node stops, loses what it had not synced, and restarts", "A15; I7"),
    fault("rollback", "a client restarts from an older state of its disk", "L7; A10"),
    fault("offline", "a client cannot reach its provider", "R3; L2"),
    fault("busy", "a server turns requests away, for a while", "P06 §5.5; RFC 9110 §10.2.3"),
    fault("slow-disk", "what a node syncs is durable only after a while", "A15; I7"),
    fault("clock-step", "a node's clock jumps on or back", "I29; Q5"),
    fault("clock-drift", "a node's clock is fast or slow", "I29; Q5"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::ids;

    #[test]
    fn the_catalogue_names_the_faults_that_a_scenario_can_name() {
        let listed: Vec<_> = FAULTS.iter().map(|fault| fault.id).collect();
        assert_eq!(listed, ids::FAULTS);
        assert!(FAULTS.iter().all(|fault| !fault.meaning.is_empty() && !fault.source.is_empty()));
    }
}
