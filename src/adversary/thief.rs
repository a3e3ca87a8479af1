//! `client.is-cloned`: a thief is at a client's disk once, and copies what lies there (A28).
//!
//! The client is honest, and knows nothing. The thief waits for its time, and for the client to be a
//! member; then it says where it is. The copy itself is taken and tried by whoever can look into
//! disks (`world`), and what comes of it the trace says at the end.

use std::rc::Rc;

use super::Plan;
use super::liar::Told;
use crate::client::Stored;
use crate::node::{Clock, Disk};
use crate::trace::{Event, Journal};

/// How long the thief waits before it looks again, in milliseconds.
const PAUSE_MS: u64 = 500;

/// See the top of this file.
pub struct Thief {
    /// What it is to do.
    pub plan: Plan,
    /// The client's disk, which the thief only reads.
    pub disk: Rc<dyn Disk<Stored>>,
    /// What was done beside the client, in an earlier life of it too.
    pub told: Rc<dyn Disk<Told>>,
    /// The client's clock.
    pub clock: Rc<dyn Clock>,
    /// The client's journal.
    pub journal: Journal,
}

impl Thief {
    /// Comes when the plan says so, unless it has been there.
    pub async fn come(self) {
        let this = (self.plan.id.to_owned(), self.plan.from_ms);
        if self.told.load().is_some_and(|told| told.contains(&this)) {
            return;
        }
        self.clock.sleep(self.plan.from_ms.saturating_sub(self.clock.now_ms())).await;
        while self.disk.load().is_none_or(|disk| disk.steal(&self.plan.room).is_none()) {
            self.clock.sleep(PAUSE_MS).await;
        }
        let mut told = self.told.load().unwrap_or_default();
        told.insert(this);
        self.told.sync(told);
        self.journal.record(Event::BehaviourBegan { behaviour: self.plan.id.to_owned() });
        self.journal.record(Event::Cloned { room: self.plan.room.clone() });
    }
}
