//! What can be counted in a trace.

use super::{Entry, Event, Kind};

/// Counts over a whole trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Entries.
    pub events: u64,
    /// Commits that hubs accepted, external ones too, over all rooms.
    pub epochs: u64,
    /// How often a client gave an application message to its user.
    pub messages_delivered: u64,
    /// Simulated milliseconds from the start of the run to the last entry.
    pub simulated_ms: u64,
}

impl Figures {
    /// Counts.
    pub fn of(entries: &[Entry]) -> Self {
        let number = |wanted: fn(&Event) -> bool| {
            entries.iter().filter(|entry| wanted(&entry.event)).count() as u64
        };
        Self {
            events: entries.len() as u64,
            epochs: number(|event| {
                matches!(event, Event::Accepted { kind: Kind::Commit | Kind::ExternalCommit, .. })
            }),
            messages_delivered: number(|event| matches!(event, Event::Delivered { .. })),
            simulated_ms: entries.last().map_or(0, |entry| entry.at_ms),
        }
    }

    /// Simulated seconds from the start of the run to the last entry.
    pub fn simulated_seconds(&self) -> f64 {
        self.simulated_ms as f64 / 1000.0
    }
}
