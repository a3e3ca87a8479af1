//! Disks that say that everything is on them, and keep less (A33, N-22).
//!
//! While the plan is on, what the node hands over is not kept as it is: what stays in its place is
//! for the behaviour to say. The node hears that it is durable, and learns better when it starts
//! again.

use std::cell::Cell;
use std::rc::Rc;

use super::Plan;
use crate::client;
use crate::node::{Clock, Disk, Task};
use crate::provider;
use crate::trace::{Event, Journal};

/// What becomes of a new state on a disk that has this old one.
pub type Keep<S> = fn(&S, S) -> S;

/// `follower.loses`: the disk stays as it is.
pub(super) fn loses(old: &provider::Stored, _: provider::Stored) -> provider::Stored {
    old.clone()
}

/// `client.loses-mirror`: the group moves on, and what the client knows of itself does not.
pub(super) fn loses_mirror(old: &client::Stored, new: client::Stored) -> client::Stored {
    old.clone().with_keys_of(&new)
}

/// `client.loses-keys`: the client's record of the room moves on, and its group does not.
pub(super) fn loses_keys(old: &client::Stored, new: client::Stored) -> client::Stored {
    new.with_keys_of(old)
}

/// See the top of this file.
pub struct AilingDisk<S> {
    plan: Plan,
    keep: Keep<S>,
    disk: Rc<dyn Disk<S>>,
    clock: Rc<dyn Clock>,
    journal: Journal,
    begun: Cell<bool>,
}

impl<S: 'static> AilingDisk<S> {
    /// The disk as the node sees it.
    pub fn before(
        disk: Rc<dyn Disk<S>>,
        (plan, keep): (Plan, Keep<S>),
        clock: Rc<dyn Clock>,
        journal: Journal,
    ) -> Rc<dyn Disk<S>> {
        Rc::new(Self { plan, keep, disk, clock, journal, begun: Cell::new(false) })
    }
}

impl<S> Disk<S> for AilingDisk<S> {
    fn sync(&self, state: S) {
        let old = self.disk.load().filter(|_| self.plan.is_on(self.clock.now_ms()));
        let Some(old) = old else { return self.disk.sync(state) };
        if !self.begun.replace(true) {
            let behaviour = self.plan.id.to_owned();
            self.journal.record(Event::BehaviourBegan { behaviour });
        }
        self.disk.sync((self.keep)(&old, state));
    }

    fn durable(&self) -> Task<()> {
        self.disk.durable()
    }

    fn load(&self) -> Option<S> {
        self.disk.load()
    }
}
