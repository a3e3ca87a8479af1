//! What the driver will do, in order of time.

use std::collections::BTreeMap;

use super::cast::Wish;
use crate::script::{FaultKind, Script};

/// Something that the driver does between two ticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Begin the script's fault with this index.
    Begin(usize),
    /// End it.
    End(usize),
    /// Give the script's step with this index to its client.
    Step(usize),
    /// Nothing: the run may not come to rest before, because somebody misbehaves until then.
    Await,
    /// Restart a node that stopped at a point.
    Restart(String),
    /// Begin the probe.
    Probe,
    /// Give a wish to a client.
    Ask {
        /// The client's short name.
        client: String,
        /// What it is to want.
        wish: Wish,
    },
    /// End the run.
    Finish,
}

/// Deeds by time. Those of one time keep the order in which they were added.
#[derive(Default)]
pub struct Agenda {
    deeds: BTreeMap<(u64, u64), Deed>,
    added: u64,
}

impl Agenda {
    /// All that the script says. At one time faults end first, then others begin, then users act.
    pub fn of(script: &Script) -> Self {
        let mut agenda = Self::default();
        for (index, fault) in script.faults.iter().enumerate() {
            // A crash at a point ends as long after it really happened.
            let at_point = matches!(&fault.kind, FaultKind::Crash { point: Some(_), .. });
            if let Some(for_ms) = fault.for_ms.filter(|_| !at_point) {
                agenda.add(fault.at_ms.saturating_add(for_ms.max(1)), Deed::End(index));
            }
        }
        for (index, fault) in script.faults.iter().enumerate() {
            agenda.add(fault.at_ms, Deed::Begin(index));
        }
        for (index, step) in script.steps.iter().enumerate() {
            agenda.add(step.at_ms, Deed::Step(index));
        }
        for span in &script.misbehaviour {
            agenda.add(span.at_ms.saturating_add(span.for_ms.unwrap_or(0)), Deed::Await);
        }
        agenda
    }

    /// Adds a deed.
    pub fn add(&mut self, at_ms: u64, deed: Deed) {
        self.added += 1;
        self.deeds.insert((at_ms, self.added), deed);
    }

    /// Takes the next deed whose time has come.
    pub fn due(&mut self, now_ms: u64) -> Option<Deed> {
        let next = self.deeds.first_entry()?;
        (next.key().0 <= now_ms).then(|| next.remove())
    }

    /// Whether nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.deeds.is_empty()
    }
}
