//! `client.keeps-others-keys`: a client's disk on which another client's groups lie (A28).
//!
//! As where a user's clients share one backup: from the plan's time on, the client's disk has its own
//! notes beside the groups of another client, as those were then. The client itself runs on from its
//! memory and knows nothing. Whoever steals the disk has what the other client had: it reads on
//! after this one is out, and reads what was said before this one came.
//!
//! Not here: a client that starts again from such a disk.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::Plan;
use crate::client::Stored;
use crate::node::{Clock, Disk, Task};
use crate::trace::{Event, Journal};

/// See the top of this file.
pub struct OthersKeys {
    plan: Plan,
    disk: Rc<dyn Disk<Stored>>,
    other: Rc<dyn Disk<Stored>>,
    /// What the other client had when the plan began.
    backup: RefCell<Option<Stored>>,
    clock: Rc<dyn Clock>,
    journal: Journal,
    begun: Cell<bool>,
}

impl OthersKeys {
    /// The client's disk as the client sees it, and that of the other one.
    pub fn before(
        disk: Rc<dyn Disk<Stored>>,
        other: Rc<dyn Disk<Stored>>,
        plan: Plan,
        clock: Rc<dyn Clock>,
        journal: Journal,
    ) -> Rc<dyn Disk<Stored>> {
        let (backup, begun) = (RefCell::default(), Cell::new(false));
        Rc::new(Self { plan, disk, other, backup, clock, journal, begun })
    }
}

impl Disk<Stored> for OthersKeys {
    fn sync(&self, state: Stored) {
        let is_on = self.plan.is_on(self.clock.now_ms());
        let mut backup = self.backup.borrow_mut();
        if is_on && backup.is_none() {
            *backup = self.other.load();
        }
        let Some(others) = backup.as_ref().filter(|_| is_on) else {
            return self.disk.sync(state);
        };
        if !self.begun.replace(true) {
            let behaviour = self.plan.id.to_owned();
            self.journal.record(Event::BehaviourBegan { behaviour });
        }
        self.disk.sync(state.with_keys_of(others));
    }

    fn durable(&self) -> Task<()> {
        self.disk.durable()
    }

    fn load(&self) -> Option<Stored> {
        self.disk.load()
    }
}
