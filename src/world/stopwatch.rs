//! The one place that reads the machine's clock: how long MLS really took, for figures.

use std::cell::Cell;
use std::rc::Rc;
#[allow(clippy::disallowed_types, reason = "figures only; nothing of it enters a trace")]
use std::time::Instant;

use crate::node::Stopwatch;

/// A stopwatch that all nodes of a run share.
#[allow(clippy::disallowed_types, reason = "figures only; nothing of it enters a trace")]
pub struct WallStopwatch {
    start: Instant,
    spent: Cell<u64>,
}

impl WallStopwatch {
    /// A stopwatch that starts now.
    pub fn start() -> Rc<Self> {
        Rc::new(Self::alone())
    }

    /// The same for one alone.
    #[allow(clippy::disallowed_methods, reason = "figures only; nothing of it enters a trace")]
    #[allow(clippy::disallowed_types, reason = "figures only; nothing of it enters a trace")]
    pub fn alone() -> Self {
        Self { start: Instant::now(), spent: Cell::new(0) }
    }

    /// Nanoseconds that nodes said they spent in MLS.
    pub fn total(&self) -> u64 {
        self.spent.get()
    }
}

impl Stopwatch for WallStopwatch {
    fn nanos(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn spent(&self, nanos: u64) {
        self.spent.set(self.spent.get().saturating_add(nanos));
    }
}
