//! What nodes' clocks show: simulated time, unless a fault has them wrong.
//!
//! A step puts a clock on or back at once; a drift has it gain or lose from then on. Faults of one
//! clock add up, and when one ends, the clock is put right by as much. The trace has simulated time
//! throughout, and waiting takes simulated time: only what [`Clock::now_ms`] says is wrong.

use std::cell::RefCell;
use std::rc::Rc;

use super::time::Now;
use crate::node::{Clock, Task};
use crate::script::FaultKind;

/// The clocks of a run.
#[derive(Default)]
pub struct Clocks {
    /// Faults that last, each with the simulated millisecond of its beginning.
    wrong: RefCell<Vec<(FaultKind, u64)>>,
}

impl Clocks {
    /// A fault of a clock begins; returns how far the clock is off from here on.
    pub fn begin(&self, node: &str, fault: &FaultKind, now_ms: u64) -> i64 {
        self.wrong.borrow_mut().push((fault.clone(), now_ms));
        self.off_ms(node, now_ms)
    }

    /// It ends; returns how far the clock is off now.
    pub fn end(&self, node: &str, fault: &FaultKind, now_ms: u64) -> i64 {
        let mut wrong = self.wrong.borrow_mut();
        if let Some(place) = wrong.iter().position(|(active, _)| active == fault) {
            wrong.remove(place);
        }
        drop(wrong);
        self.off_ms(node, now_ms)
    }

    /// By how many milliseconds a node's clock is ahead of simulated time; less than 0 where it is
    /// behind.
    fn off_ms(&self, node: &str, now_ms: u64) -> i64 {
        let off = |(fault, since_ms): &(FaultKind, u64)| match fault {
            FaultKind::ClockStep { node: of, by_ms } if of == node => *by_ms,
            FaultKind::ClockDrift { node: of, percent } if of == node => {
                let passed = i64::try_from(now_ms.saturating_sub(*since_ms)).unwrap_or(i64::MAX);
                passed.saturating_mul(*percent) / 100
            }
            _ => 0,
        };
        self.wrong.borrow().iter().map(off).sum()
    }
}

/// A node's clock.
pub struct NodeClock {
    /// Whose.
    pub node: String,
    /// What is wrong with it.
    pub clocks: Rc<Clocks>,
}

impl Clock for NodeClock {
    fn now_ms(&self) -> u64 {
        Clock::now_ms(&Now).saturating_add_signed(self.clocks.off_ms(&self.node, Now.ms()))
    }

    fn sleep(&self, ms: u64) -> Task<()> {
        Now.sleep(ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_by_its_steps_and_its_drift_until_they_end() {
        let clocks = Rc::new(Clocks::default());
        let clock = |node: &str| NodeClock { node: node.into(), clocks: clocks.clone() };
        let off = |node| clock(node).now_ms() as i64 - Clock::now_ms(&Now) as i64;
        let step = FaultKind::ClockStep { node: "A1".into(), by_ms: -30_000 };
        let drift = FaultKind::ClockDrift { node: "A1".into(), percent: 10 };
        Now.set(1_000);
        assert_eq!(clocks.begin("A1", &step, 1_000), -30_000);
        assert_eq!(clocks.begin("A1", &drift, 1_000), -30_000);
        Now.set(3_000);
        assert_eq!((off("A1"), off("A2")), (-29_800, 0));
        assert_eq!(clocks.end("A1", &step, 3_000), 200);
        assert_eq!(clocks.end("A1", &drift, 3_000), 0);
    }
}
