//! Who can do its part just now: what has crashed, is offline, or is cut off.
//!
//! Liveness is owed only to those who can be reached, and a client that is behind during a fault
//! is no surprise. A cut in one direction counts as a cut: requests need both.
//!
//! Not here: requests that the courier loses or delays one by one. Retries must get over those.

use std::collections::{BTreeMap, BTreeSet};

use crate::mimi::uri::ProviderName;
use crate::trace::{Entry, Event};

/// The faults that are open.
#[derive(Debug, Default)]
pub(super) struct Health {
    down: BTreeSet<String>,
    offline: BTreeSet<String>,
    cuts: BTreeMap<(String, String), u32>,
    healed_ms: Option<u64>,
}

impl Health {
    /// Takes note of an entry.
    pub(super) fn note(&mut self, entry: &Entry) {
        let node = || entry.node.clone();
        match &entry.event {
            Event::Crashed => {
                self.down.insert(node());
            }
            Event::Offline => {
                self.offline.insert(node());
            }
            Event::Restarted { .. } => {
                self.down.remove(&entry.node);
                self.healed_ms = Some(entry.at_ms);
            }
            Event::Online => {
                self.offline.remove(&entry.node);
                self.healed_ms = Some(entry.at_ms);
            }
            Event::Partitioned { from, to } | Event::Held { from, to } => {
                *self.cuts.entry((from.clone(), to.clone())).or_default() += 1;
            }
            Event::Healed { from, to } => {
                self.heal(from, to);
                self.healed_ms = Some(entry.at_ms);
            }
            _ => {}
        }
    }

    /// Several faults may lie on one link: it flows again when the last of them is gone.
    fn heal(&mut self, from: &str, to: &str) {
        let link = (from.to_owned(), to.to_owned());
        if let Some(count) = self.cuts.get_mut(&link) {
            *count -= 1;
            if *count == 0 {
                self.cuts.remove(&link);
            }
        }
    }

    /// Whether the node runs and is not offline.
    pub(super) fn up(&self, node: &str) -> bool {
        !self.down.contains(node) && !self.offline.contains(node)
    }

    /// Whether a client of `provider` and the hub can reach each other.
    pub(super) fn in_touch(&self, client: &str, provider: &ProviderName, hub: &str) -> bool {
        let own = provider.as_str();
        let access = format!("clients.{own}");
        self.up(client)
            && self.up(own)
            && self.up(hub)
            && !self.cut(&access, own)
            && !self.cut(own, hub)
    }

    /// Whether two providers' servers can reach each other.
    pub(super) fn servers_in_touch(&self, one: &str, other: &str) -> bool {
        self.up(one) && self.up(other) && !self.cut(one, other)
    }

    fn cut(&self, one: &str, other: &str) -> bool {
        let has = |from: &str, to: &str| self.cuts.contains_key(&(from.into(), to.into()));
        has(one, other) || has(other, one)
    }

    /// For reasons: how long everything has been well, as the end of a sentence.
    pub(super) fn since_healed(&self, now_ms: u64) -> String {
        match self.healed_ms {
            Some(healed) => {
                let tenths = now_ms.saturating_sub(healed) / 100;
                format!(", {}.{} s after the last fault healed", tenths / 10, tenths % 10)
            }
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: Vec<(&str, Event)>) -> Health {
        let mut health = Health::default();
        for (index, (node, event)) in events.into_iter().enumerate() {
            let n = index as u64 + 1;
            health.note(&Entry { n, at_ms: n * 1000, node: node.into(), cause: None, event });
        }
        health
    }

    fn cut(from: &str, to: &str) -> (&'static str, Event) {
        ("world", Event::Partitioned { from: from.into(), to: to.into() })
    }

    fn heal(from: &str, to: &str) -> (&'static str, Event) {
        ("world", Event::Healed { from: from.into(), to: to.into() })
    }

    fn b1_reaches_the_hub(events: Vec<(&str, Event)>) -> bool {
        let b = ProviderName::new("b.example").unwrap();
        after(events).in_touch("B1", &b, "a.example")
    }

    #[test]
    fn a_client_is_out_of_touch_while_anything_on_its_way_to_the_hub_fails() {
        assert!(b1_reaches_the_hub(vec![]));
        assert!(!b1_reaches_the_hub(vec![cut("b.example", "a.example")]));
        assert!(!b1_reaches_the_hub(vec![cut("a.example", "b.example")]));
        assert!(!b1_reaches_the_hub(vec![cut("clients.b.example", "b.example")]));
        assert!(!b1_reaches_the_hub(vec![("B1", Event::Offline)]));
        assert!(!b1_reaches_the_hub(vec![("b.example", Event::Crashed)]));
        assert!(!b1_reaches_the_hub(vec![("a.example", Event::Crashed)]));
        assert!(b1_reaches_the_hub(vec![cut("c.example", "a.example"), ("B2", Event::Offline)]));
    }

    #[test]
    fn a_link_under_two_faults_flows_again_when_both_are_gone() {
        let (a, b) = ("a.example", "b.example");
        assert!(!b1_reaches_the_hub(vec![cut(a, b), cut(a, b), heal(a, b)]));
        assert!(b1_reaches_the_hub(vec![cut(a, b), cut(a, b), heal(a, b), heal(a, b)]));
    }

    #[test]
    fn a_reason_tells_how_long_ago_the_last_fault_healed() {
        let health = after(vec![("B1", Event::Offline), ("B1", Event::Online)]);
        assert_eq!(health.since_healed(22_050), ", 20.0 s after the last fault healed");
        assert_eq!(after(vec![]).since_healed(22_050), "");
    }
}
