//! Which hosts can reach which: partitions, holds and power losses, counted.
//!
//! Faults on one link may overlap; it heals when the last of them ends. So the faults are counted
//! here, and [`Links::settle`] makes turmoil's links follow the counts. Where a link is cut and
//! held at once, the cut wins and what was held is lost.
//!
//! Not here: single requests that are lost, late or repeated (`courier`).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use turmoil::Sim;

use crate::script::Link;

/// From one host to another.
type Way = (String, String);

/// What a link does, from the point of view of the pair in alphabetical order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    #[default]
    Open,
    Held,
    /// Nothing passes `there`, nothing passes `back`.
    Cut {
        there: bool,
        back: bool,
    },
}

/// The state of all links.
#[derive(Default)]
pub struct Links {
    counts: RefCell<Counts>,
    modes: RefCell<BTreeMap<Way, Mode>>,
}

#[derive(Default)]
struct Counts {
    cuts: BTreeMap<Way, u32>,
    holds: BTreeMap<Way, u32>,
    dark: BTreeSet<String>,
}

impl Counts {
    fn is_cut(&self, from: &str, to: &str) -> bool {
        let ends = (from.to_owned(), to.to_owned());
        self.cuts.contains_key(&ends) || self.dark.contains(from) || self.dark.contains(to)
    }

    fn mode(&self, pair: &Way) -> Mode {
        let (there, back) = (self.is_cut(&pair.0, &pair.1), self.is_cut(&pair.1, &pair.0));
        match there || back {
            true => Mode::Cut { there, back },
            false if self.holds.contains_key(pair) => Mode::Held,
            false => Mode::Open,
        }
    }
}

/// Adds one reason; tells whether it is the first.
fn begin(reasons: &mut BTreeMap<Way, u32>, way: Way) -> bool {
    let count = reasons.entry(way).or_default();
    *count += 1;
    *count == 1
}

/// Takes one reason away; tells whether it was the last.
fn end(reasons: &mut BTreeMap<Way, u32>, way: &Way) -> bool {
    let Some(count) = reasons.get_mut(way) else { return false };
    *count -= 1;
    *count == 0 && reasons.remove(way).is_some()
}

impl Links {
    /// Whether nothing passes from one host to another.
    pub fn is_cut(&self, from: &str, to: &str) -> bool {
        self.counts.borrow().is_cut(from, to)
    }

    /// A partition in one direction begins; tells whether the direction was open before.
    pub fn cut(&self, link: &Link) -> bool {
        begin(&mut self.counts.borrow_mut().cuts, (link.from.clone(), link.to.clone()))
    }

    /// A partition in one direction ends; tells whether it was the last.
    pub fn heal(&self, link: &Link) -> bool {
        end(&mut self.counts.borrow_mut().cuts, &(link.from.clone(), link.to.clone()))
    }

    /// A hold begins; tells whether it is the first.
    pub fn hold(&self, link: &Link) -> bool {
        begin(&mut self.counts.borrow_mut().holds, ordered(&link.from, &link.to))
    }

    /// A hold ends; tells whether it was the last.
    pub fn release(&self, link: &Link) -> bool {
        end(&mut self.counts.borrow_mut().holds, &ordered(&link.from, &link.to))
    }

    /// A host loses its power: not even the end of its connections gets out.
    pub fn darken(&self, host: &str) {
        self.counts.borrow_mut().dark.insert(host.to_owned());
    }

    /// A host has power again.
    pub fn light(&self, host: &str) {
        self.counts.borrow_mut().dark.remove(host);
    }

    /// Makes turmoil's links between `hosts` follow.
    pub fn settle(&self, sim: &Sim<'_>, hosts: &[String]) {
        for (place, one) in hosts.iter().enumerate() {
            for other in &hosts[place + 1..] {
                let pair = ordered(one, other);
                let wanted = self.counts.borrow().mode(&pair);
                let before = self.modes.borrow_mut().insert(pair.clone(), wanted);
                let before = before.unwrap_or_default();
                if before != wanted {
                    change(sim, &pair, before, wanted);
                }
            }
        }
    }
}

fn ordered(one: &str, other: &str) -> Way {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    (first.to_owned(), second.to_owned())
}

/// turmoil keeps one state a direction, so the old mode is undone before the new one is set.
fn change(sim: &Sim<'_>, (one, other): &Way, before: Mode, wanted: Mode) {
    let (one, other) = (one.as_str(), other.as_str());
    match before {
        Mode::Open => (),
        Mode::Held => sim.release(one, other),
        Mode::Cut { .. } => sim.repair(one, other),
    }
    match wanted {
        Mode::Open => (),
        Mode::Held => sim.hold(one, other),
        Mode::Cut { there: true, back: true } => sim.partition(one, other),
        Mode::Cut { there: true, .. } => sim.partition_oneway(one, other),
        Mode::Cut { .. } => sim.partition_oneway(other, one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_heals_when_the_last_of_its_faults_ends() {
        let links = Links::default();
        let link = Link { from: "a".into(), to: "b".into() };
        assert!(links.cut(&link));
        assert!(!links.cut(&link));
        assert!(!links.heal(&link));
        assert!(links.is_cut("a", "b") && !links.is_cut("b", "a"));
        links.darken("b");
        assert!(links.heal(&link));
        assert!(links.is_cut("a", "b") && links.is_cut("b", "a"));
        links.light("b");
        assert!(!links.is_cut("a", "b"));
    }

    #[test]
    fn a_cut_wins_over_a_hold() {
        let links = Links::default();
        let link = Link { from: "b".into(), to: "a".into() };
        let pair = ordered("a", "b");
        assert!(links.hold(&link));
        assert_eq!(links.counts.borrow().mode(&pair), Mode::Held);
        links.cut(&link);
        let cut = Mode::Cut { there: false, back: true };
        assert_eq!(links.counts.borrow().mode(&pair), cut);
    }
}
