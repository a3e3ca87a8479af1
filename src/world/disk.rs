//! Disks that know what was synced.
//!
//! A node's state lives in its memory; what it synced lies here, outside the hosts, and is all
//! that a restart finds. Where the script rolls a node back, its disks keep every synced state
//! with its time, so that an older one can be put in place of the last.
//!
//! Not here: torn writes. A sync is one moment, all or nothing.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::time::Now;
use crate::node::Disk;

/// All disks of a run.
pub struct Cabinet {
    shelves: RefCell<BTreeMap<Key, Rc<dyn Shelf>>>,
    with_history: BTreeSet<String>,
    now: Now,
}

/// Node, name of the disk, type of its state.
type Key = (String, String, TypeId);

impl Cabinet {
    /// An empty cabinet. The disks of the nodes in `with_history` can be rolled back.
    pub fn new(now: Now, with_history: BTreeSet<String>) -> Rc<Self> {
        Rc::new(Self { shelves: RefCell::default(), with_history, now })
    }

    /// The disks of one node.
    pub fn of(self: &Rc<Self>, node: &str) -> Disks {
        Disks { cabinet: self.clone(), node: node.to_owned() }
    }

    /// Puts each of the node's disks back to the newest state that is at least `back_ms` old, or
    /// to its first where all are younger.
    pub fn roll_back(&self, node: &str, back_ms: u64) {
        let until = self.now.ms().saturating_sub(back_ms);
        let shelves = self.shelves.borrow();
        for (_, shelf) in shelves.iter().filter(|((owner, ..), _)| owner == node) {
            shelf.roll_back(until);
        }
    }
}

/// The disks that one node may use.
#[derive(Clone)]
pub struct Disks {
    cabinet: Rc<Cabinet>,
    node: String,
}

impl Disks {
    /// The node's disk with this name for states of type `S`: the same one after each restart.
    pub fn disk<S: Clone + 'static>(&self, name: &str) -> Rc<dyn Disk<S>> {
        let key = (self.node.clone(), name.to_owned(), TypeId::of::<S>());
        let keep = self.cabinet.with_history.contains(&self.node);
        let fresh = || -> Rc<dyn Shelf> {
            let now = self.cabinet.now;
            Rc::new(SimDisk::<S> { states: RefCell::default(), keep, now })
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
}

struct SimDisk<S> {
    /// With the time of each sync, oldest first; only the last where no history is kept.
    states: RefCell<Vec<(u64, S)>>,
    keep: bool,
    now: Now,
}

impl<S: Clone + 'static> Shelf for SimDisk<S> {
    fn roll_back(&self, until_ms: u64) {
        let mut states = self.states.borrow_mut();
        let old = states.iter().filter(|(at, _)| *at <= until_ms).count();
        states.truncate(old.max(1));
    }
}

impl<S: Clone + 'static> Disk<S> for SimDisk<S> {
    fn sync(&self, state: S) {
        let mut states = self.states.borrow_mut();
        if !self.keep {
            states.clear();
        }
        states.push((self.now.ms(), state));
    }

    fn load(&self) -> Option<S> {
        self.states.borrow().last().map(|(_, state)| state.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollback_restores_the_newest_state_that_is_old_enough_or_the_first() {
        let now = Now;
        let cabinet = Cabinet::new(now, ["A1".to_owned()].into());
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
    fn a_disk_belongs_to_its_node_its_name_and_its_type() {
        let cabinet = Cabinet::new(Now, BTreeSet::new());
        cabinet.of("A1").disk::<u32>("state").sync(7);
        assert_eq!(cabinet.of("A1").disk::<u32>("state").load(), Some(7));
        assert_eq!(cabinet.of("A2").disk::<u32>("state").load(), None);
        assert_eq!(cabinet.of("A1").disk::<u32>("other").load(), None);
        assert_eq!(cabinet.of("A1").disk::<u64>("state").load(), None);
    }
}
