//! How a story ends: the phases of a run, and what a hub still owes by then.

use super::{HUB, Story, room};
use crate::mimi::uri::ProviderName;
use crate::trace::{Event, Phase};

impl Story {
    pub(in crate::oracle) fn phase(&mut self, phase: Phase) -> u64 {
        self.push("world", Event::PhaseBegan { phase })
    }

    /// Rest, probe, end: after the probe, the first member commits, and all that were up to date
    /// follow.
    pub(in crate::oracle) fn ends(&mut self) {
        self.pays_its_debts();
        self.ends_in_debt();
    }

    /// The hub hands on whatever it accepted.
    pub(in crate::oracle) fn pays_its_debts(&mut self) {
        for index in 0..self.index {
            for domain in ["b.example", "c.example"] {
                let to = ProviderName::new(domain).unwrap();
                self.push(HUB, Event::FannedOut { room: room(), index, to, attempts: 1 });
            }
        }
    }

    /// The run ends, whatever the hub has not handed on yet.
    pub(in crate::oracle) fn ends_in_debt(&mut self) {
        self.phase(Phase::Rest);
        self.at_ms += self.header.rest_ms;
        self.phase(Phase::Probe);
        if let Some(snapshot) = self.snapshots.last() {
            let names: Vec<_> =
                snapshot.members.iter().map(|member| member.client.name().to_owned()).collect();
            if let Some(first) = names.first() {
                let before = self.epoch();
                self.update(first);
                let follows = |name: &&String| self.epochs.get(*name) == Some(&before);
                let follow: Vec<_> = names.iter().filter(follows).cloned().collect();
                follow.iter().for_each(|name| self.enters(name));
            }
        }
        self.phase(Phase::End);
    }
}
