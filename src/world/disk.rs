//! Disks that know what was synced.
//!
//! A node's state lives in its memory; what it synced lies here, outside the hosts, and is all
//! that a restart finds. Where the script rolls a node back, its disks keep every synced state
//! with its time, so that an older one can be put in place of the last.
//!
//! A sync takes no time, unless a fault makes the node's disks slow. Then each takes its own, keyed
//! by node, disk and moment, and none overtakes another. A crash loses those of which the node has
//! not been told that they are durable: so what it says of them and what it keeps never differ.
//!
//! Not here: torn writes. A sync is all or nothing.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::rc::Rc;

use super::chance::Chance;
use super::time::Now;
use crate::node::{Clock as _, Disk, Task};

/// All disks of a run.
pub struct Cabinet {
    shelves: RefCell<BTreeMap<Key, Rc<dyn Shelf>>>,
    with_history: BTreeSet<String>,
    pace: Rc<Pace>,
    now: Now,
}

/// Node, name of the disk, type of its state.
type Key = (String, String, TypeId);

impl Cabinet {
    /// An empty cabinet. The disks of the nodes in `with_history` can be rolled back.
    pub fn new(now: Now, chance: Chance, with_history: BTreeSet<String>) -> Rc<Self> {
        let pace = Rc::new(Pace { chance, slow: RefCell::default() });
        Rc::new(Self { shelves: RefCell::default(), with_history, pace, now })
    }

    /// The disks of one node.
    pub fn of(self: &Rc<Self>, node: &str) -> Disks {
        Disks { cabinet: self.clone(), node: node.to_owned() }
    }

    /// A fault begins: each sync of the node takes up to `up_to_ms` milliseconds.
    pub fn slow_down(&self, node: &str, up_to_ms: u64) {
        self.pace.slow.borrow_mut().push((node.to_owned(), up_to_ms));
    }

    /// It ends. What is under way takes the time that it was going to.
    pub fn speed_up(&self, node: &str, up_to_ms: u64) {
        let mut slow = self.pace.slow.borrow_mut();
        if let Some(place) = slow.iter().position(|it| it.0 == node && it.1 == up_to_ms) {
            slow.remove(place);
        }
    }

    /// The node stops: syncs that are under way come to nothing.
    pub fn cut_off(&self, node: &str) {
        self.each_of(node, Shelf::forget_untold);
    }

    fn each_of(&self, node: &str, work: impl Fn(&(dyn Shelf + 'static))) {
        let shelves = self.shelves.borrow();
        for (_, shelf) in shelves.iter().filter(|((owner, ..), _)| owner == node) {
            work(&**shelf);
        }
    }

    /// Puts each of the node's disks back to the newest state that is at least `back_ms` old, or
    /// to its first where all are younger.
    pub fn roll_back(&self, node: &str, back_ms: u64) {
        let until = self.now.ms().saturating_sub(back_ms);
        self.each_of(node, |shelf| shelf.roll_back(until));
    }
}

/// How fast disks are.
struct Pace {
    chance: Chance,
    /// Nodes whose disks are slow, each with the longest time of a sync.
    slow: RefCell<Vec<(String, u64)>>,
}

impl Pace {
    /// Milliseconds that a sync takes that begins at this moment.
    fn of(&self, node: &str, disk: &str, at_ms: u64) -> u64 {
        let slow = self.slow.borrow();
        let own = slow.iter().filter(|(name, _)| name == node);
        let about = [node, disk, &at_ms.to_string()];
        own.map(|(_, up_to_ms)| self.chance.up_to(*up_to_ms, "slow-disk", &about)).sum()
    }
}

/// The disks that one node may use.
#[derive(Clone)]
pub struct Disks {
    cabinet: Rc<Cabinet>,
    node: String,
}

impl Disks {
    /// The disks of another node, for who has got at them.
    pub fn beside(&self, node: &str) -> Self {
        self.cabinet.of(node)
    }

    /// The node's disk with this name for states of type `S`: the same one after each restart.
    pub fn disk<S: Clone + 'static>(&self, name: &str) -> Rc<dyn Disk<S>> {
        let key = (self.node.clone(), name.to_owned(), TypeId::of::<S>());
        let fresh = || -> Rc<dyn Shelf> {
            Rc::new(SimDisk::<S> {
                states: RefCell::default(),
                told: Rc::default(),
                keep: self.cabinet.with_history.contains(&self.node),
                now: self.cabinet.now,
                pace: self.cabinet.pace.clone(),
                node: self.node.clone(),
                name: name.to_owned(),
            })
        };
        let mut shelves = self.cabinet.shelves.borrow_mut();
        let shelf: Rc<dyn Any> = shelves.entry(key).or_insert_with(fresh).clone();
        // The type is part of the key, so what lies there is of this type.
        shelf.downcast::<SimDisk<S>>().expect("a disk has the type that its key names")
    }
}

/// A disk, whatever it holds.
trait Shelf: Any {
    fn roll_back(&self, until_ms: u64);
    fn forget_untold(&self);
}

struct SimDisk<S> {
    /// With the time from which on each is durable, in the order of the syncs. Of those that are,
    /// only the last where no history is kept.
    states: RefCell<Vec<(u64, S)>>,
    /// What is durable from this time on or from an earlier one, the node knows to be.
    told: Rc<Cell<u64>>,
    keep: bool,
    now: Now,
    pace: Rc<Pace>,
    node: String,
    name: String,
}

impl<S> SimDisk<S> {
    /// How many states are durable by then.
    fn durable_at(&self, ms: u64) -> usize {
        self.states.borrow().partition_point(|(at, _)| *at <= ms)
    }
}

impl<S: Clone + 'static> Shelf for SimDisk<S> {
    fn roll_back(&self, until_ms: u64) {
        let old = self.durable_at(until_ms);
        self.states.borrow_mut().truncate(old.max(1));
    }

    fn forget_untold(&self) {
        let told = self.durable_at(self.told.get());
        self.states.borrow_mut().truncate(told);
    }
}

impl<S: Clone + 'static> Disk<S> for SimDisk<S> {
    fn sync(&self, state: S) {
        let now = self.now.ms();
        let at = now + self.pace.of(&self.node, &self.name, now);
        let durable = self.durable_at(now);
        let mut states = self.states.borrow_mut();
        if !self.keep {
            states.drain(..durable.saturating_sub(1));
        }
        let under_way = states.last().map(|(before, _)| *before).filter(|before| *before > now);
        let at = under_way.map_or(at, |before| at.max(before + 1));
        states.push((at, state));
        if at == now {
            self.told.set(now);
        }
    }

    fn durable(&self) -> Task<()> {
        let now = self.now.ms();
        let last = self.states.borrow().last().map_or(now, |(at, _)| *at);
        if last <= now {
            return Box::pin(ready(()));
        }
        let (told, sleep) = (self.told.clone(), self.now.sleep(last - now));
        Box::pin(async move {
            sleep.await;
            told.set(told.get().max(last));
        })
    }

    fn load(&self) -> Option<S> {
        let durable = self.durable_at(self.now.ms());
        let states = self.states.borrow();
        durable.checked_sub(1).map(|last| states[last].1.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollback_restores_the_newest_state_that_is_old_enough_or_the_first() {
        let now = Now;
        let cabinet = Cabinet::new(now, Chance::new(1), ["A1".to_owned()].into());
        let disk = cabinet.of("A1").disk::<u32>("state");
        for (at, state) in [(100, 1), (200, 2), (300, 3)] {
            now.set(at);
            disk.sync(state);
        }
        cabinet.roll_back("A1", 150);
        assert_eq!(disk.load(), Some(1));
        cabinet.roll_back("A1", 5_000);
        assert_eq!(disk.load(), Some(1));
    }

    #[test]
    fn a_slow_disk_writes_in_order_and_a_crash_loses_what_the_node_was_not_told_of() {
        let cabinet = Cabinet::new(Now, Chance::new(1), BTreeSet::new());
        let disk = cabinet.of("A1").disk::<u32>("state");
        let sync = |at, state| {
            Now.set(at);
            disk.sync(state);
        };
        sync(100, 1);
        cabinet.slow_down("A1", 1_000);
        (2..20).for_each(|n| sync(100 + u64::from(n), n));
        assert_eq!(disk.load(), Some(1));
        let mut seen = Vec::new();
        for at in 120..2_000 {
            Now.set(at);
            seen.extend(disk.load());
        }
        assert!(seen.is_sorted() && seen.contains(&2) && seen.ends_with(&[19]), "{seen:?}");
        cabinet.cut_off("A1");
        assert_eq!(disk.load(), Some(1));
        cabinet.speed_up("A1", 1_000);
        sync(3_000, 20);
        cabinet.cut_off("A1");
        assert_eq!(disk.load(), Some(20));
    }

    #[test]
    fn a_disk_belongs_to_its_node_its_name_and_its_type() {
        let cabinet = Cabinet::new(Now, Chance::new(1), BTreeSet::new());
        cabinet.of("A1").disk::<u32>("state").sync(7);
        assert_eq!(cabinet.of("A1").disk::<u32>("state").load(), Some(7));
        assert_eq!(cabinet.of("A2").disk::<u32>("state").load(), None);
        assert_eq!(cabinet.of("A1").disk::<u32>("other").load(), None);
        assert_eq!(cabinet.of("A1").disk::<u64>("state").load(), None);
    }
}
