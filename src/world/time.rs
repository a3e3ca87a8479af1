//! Simulated time.
//!
//! turmoil runs the hosts one after the other through each tick. So within a tick, the trace shows
//! one host's milliseconds before the next host's: times grow for each node, and between nodes they
//! may step back by less than a tick. Every tick costs something on every host, whether anything
//! happens or not, so a run has the longest one that its network allows ([`tick_ms`]).

use std::cell::Cell;
use std::time::Duration;

use crate::node::{Clock, Task};
use crate::script::Network;

/// The shortest tick, and so the least latency that a network can have, in simulated milliseconds.
pub const LEAST_TICK_MS: u64 = 10;

/// The longest tick, in simulated milliseconds: steps and faults happen between ticks, so it is
/// also how late they can be.
const MOST_TICK_MS: u64 = 20;

/// Simulated milliseconds that every host runs before the next one does: no more than the least
/// latency, or a message could arrive before it was sent.
pub fn tick_ms(network: &Network) -> u64 {
    if network.latency_min_ms >= MOST_TICK_MS { MOST_TICK_MS } else { LEAST_TICK_MS }
}

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
