//! Simulated time.
//!
//! turmoil runs the hosts one after the other through each tick of [`TICK_MS`]. So within a tick,
//! the trace shows one host's milliseconds before the next host's: times grow for each node, and
//! between nodes they may step back by less than a tick.

use std::cell::Cell;
use std::time::Duration;

use crate::node::{Clock, Task};

/// Simulated milliseconds that every host runs before the next one does.
pub const TICK_MS: u64 = 10;

/// When runs begin: seconds since the UNIX epoch.
pub const EPOCH_S: u64 = 1_800_000_000;

thread_local! {
    /// A run has a thread of its own, so its time can be the thread's.
    static BETWEEN_TICKS: Cell<u64> = const { Cell::new(0) };
}

/// The clock of this thread's run, on a host and between ticks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Now;

impl Now {
    /// Milliseconds since the start of the run.
    pub fn ms(self) -> u64 {
        match turmoil::sim_elapsed() {
            Some(elapsed) => u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            None => BETWEEN_TICKS.get(),
        }
    }

    /// Sets the time that holds between ticks.
    pub fn set(self, ms: u64) {
        BETWEEN_TICKS.set(ms);
    }
}

impl Clock for Now {
    fn now_ms(&self) -> u64 {
        EPOCH_S * 1000 + (*self).ms()
    }

    fn sleep(&self, ms: u64) -> Task<()> {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms)))
    }
}
