//! The questions that the simulations ask of a run.
//!
//! Answers come from the trace's events alone, as the oracle's do. Not a test target: `scenarios`
//! has it as a module.

use std::collections::{BTreeMap, BTreeSet};

use schism::campaign::Judged;
use schism::trace::{Digest, Entry, Event, Fate, Kind, Way};

/// A run.
pub struct Played(pub Judged);

impl Played {
    /// All of the trace.
    pub fn entries(&self) -> &[Entry] {
        &self.0.run.entries
    }

    /// Places of all events that `wanted` picks.
    pub fn all(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<u64> {
        self.entries().iter().filter(|entry| wanted(entry)).map(|entry| entry.n).collect()
    }

    /// Place of the first such event; the test fails where there is none.
    #[track_caller]
    pub fn first(&self, what: &str, wanted: impl Fn(&Entry) -> bool) -> u64 {
        let found = self.entries().iter().find(|entry| wanted(entry));
        found.unwrap_or_else(|| panic!("{what}: not in the trace")).n
    }

    /// The event at a place.
    pub fn at(&self, place: u64) -> &Entry {
        &self.entries()[place as usize - 1]
    }

    /// The last fate of an intent.
    pub fn fate(&self, wanted: &str) -> Option<Fate> {
        self.entries().iter().rev().find_map(|entry| match &entry.event {
            Event::IntentEnded { intent, fate, .. } if intent == wanted => Some(*fate),
            _ => None,
        })
    }

    /// All intents of the scenario came to pass.
    #[track_caller]
    pub fn assert_nothing_undone(&self) {
        let intents = self.entries().iter().filter_map(|entry| match &entry.event {
            Event::Intent { intent, probe: false, .. } => Some(intent.as_str()),
            _ => None,
        });
        let undone: Vec<_> =
            intents.filter(|intent| self.fate(intent) != Some(Fate::Done)).collect();
        assert!(undone.is_empty(), "{undone:?} did not come to pass");
    }

    /// The message, by its id, that the scenario's only sending of `text` became.
    #[track_caller]
    pub fn message(&self, text: &str) -> &str {
        let sent = self.first(text, |entry| {
            matches!(&entry.event, Event::Intent { wish, object, .. }
                if wish == "send" && object == text)
        });
        let Event::Intent { intent, .. } = &self.at(sent).event else { unreachable!() };
        let author = format!("{intent} by ");
        let submitted = self.first(text, |entry| {
            matches!(&entry.event, Event::Submitted { message, .. }
                if message.starts_with(&author))
        });
        let Event::Submitted { message, .. } = &self.at(submitted).event else { unreachable!() };
        message
    }

    /// The clients that `text` was delivered to, in order of names, each as often as it was.
    #[track_caller]
    pub fn readers(&self, text: &str) -> Vec<&str> {
        self.readers_of(self.message(text))
    }

    /// The same, for a message by its id.
    pub fn readers_of(&self, wanted: &str) -> Vec<&str> {
        let mut readers: Vec<_> = self
            .entries()
            .iter()
            .filter(|entry| {
                matches!(&entry.event, Event::Delivered { message, .. } if message == wanted)
            })
            .map(|entry| entry.node.as_str())
            .collect();
        readers.sort_unstable();
        readers
    }

    /// Messages that the scenario asks for, by id, with their senders.
    pub fn messages(&self) -> BTreeMap<&str, &str> {
        let submitted = self.entries().iter().filter_map(|entry| match &entry.event {
            Event::Submitted { message, .. } if message.starts_with('s') => {
                Some((message.as_str(), entry.node.as_str()))
            }
            _ => None,
        });
        submitted.collect()
    }

    /// Where each member stands when all is over, by room and client.
    pub fn final_epochs(&self) -> BTreeMap<(&str, &str), u64> {
        let mut epochs = BTreeMap::new();
        for entry in self.entries() {
            match &entry.event {
                Event::Entered { room, epoch, .. } => {
                    epochs.insert((room.name(), entry.node.as_str()), *epoch);
                }
                Event::Removed { room, .. } => {
                    epochs.remove(&(room.name(), entry.node.as_str()));
                }
                _ => {}
            }
        }
        epochs
    }

    /// When all is over, so many clients are members, each in the same epoch.
    #[track_caller]
    pub fn assert_all_at_one_epoch(&self, members: usize) {
        let epochs = self.final_epochs();
        assert_eq!(epochs.len(), members, "{epochs:?}");
        assert_eq!(epochs.values().collect::<BTreeSet<_>>().len(), 1, "{epochs:?}");
    }

    /// The place of the acceptance of `client`'s first commit after `after`.
    #[track_caller]
    pub fn commit_of(&self, client: &str, after: u64) -> u64 {
        self.first("a commit", |entry| {
            entry.n > after
                && accepts(entry, Kind::Commit)
                && matches!(&entry.event, Event::Accepted { client: Some(it), .. }
                    if it.name() == client)
        })
    }

    /// Where each client enters by the commit with this digest.
    pub fn entrances(&self, wanted: Digest) -> Vec<(u64, &str)> {
        let entered = self.all(
            |entry| matches!(entry.event, Event::Entered { commit, .. } if commit == Some(wanted)),
        );
        entered.into_iter().map(|place| (place, self.at(place).node.as_str())).collect()
    }

    /// Where clients are told this code.
    pub fn told(&self, wanted: &str) -> Vec<u64> {
        self.all(|entry| matches!(&entry.event, Event::Told { code, .. } if code == wanted))
    }

    /// The node's first crash after `after`, and the restart that follows.
    #[track_caller]
    pub fn crash_and_restart(&self, node: &str, after: u64) -> (u64, u64) {
        let of = |entry: &Entry, place| entry.node == node && entry.n > place;
        let crash = self.first("a crash", |it| of(it, after) && it.event == Event::Crashed);
        let restart = self
            .first("a restart", |it| of(it, crash) && matches!(it.event, Event::Restarted { .. }));
        (crash, restart)
    }

    /// The first partition, from its begin to its end.
    #[track_caller]
    pub fn partition(&self) -> (u64, u64) {
        let begin = |it: &Entry| matches!(it.event, Event::Partitioned { .. });
        let end = |it: &Entry| matches!(it.event, Event::Healed { .. });
        (self.first("a partition", begin), self.first("a heal", end))
    }
}

/// Whether `entry` is the acceptance of such a thing.
pub fn accepts(entry: &Entry, wanted: Kind) -> bool {
    matches!(entry.event, Event::Accepted { kind, .. } if kind == wanted)
}

/// Whether `entry` is an entrance in this way.
pub fn enters(entry: &Entry, wanted: Way) -> bool {
    matches!(entry.event, Event::Entered { way, .. } if way == wanted)
}

/// The digest of what `entry` accepts.
pub fn accepted_digest(entry: &Entry) -> Digest {
    let Event::Accepted { digest, .. } = entry.event else { panic!("{entry:?} accepts nothing") };
    digest
}
