//! A client's own time, which never goes back.
//!
//! What was put off is put off to a time. If the clock that says the time is put back, whoever
//! looks at nothing else waits for as much longer: for days, if need be. So a client goes on from
//! the latest time that it knows of, at the clock's pace, and counts in what it has slept. What
//! passed between its last look and the jump is lost, so that it may wait longer by less than one
//! sleep.
//!
//! It begins anew with each start: what the disk says of times is taken as it is. A clock that is
//! put on is believed.

use std::cell::Cell;
use std::rc::Rc;

use crate::node::Clock;

/// See the top of this file.
pub(super) struct Steady {
    clock: Rc<dyn Clock>,
    latest_ms: Cell<u64>,
    /// How far the clock was put back in all.
    back_ms: Cell<u64>,
}

impl Steady {
    pub fn new(clock: Rc<dyn Clock>) -> Self {
        Self { clock, latest_ms: Cell::new(0), back_ms: Cell::new(0) }
    }

    /// Milliseconds since the UNIX epoch, as far as this client knows.
    pub fn now_ms(&self) -> u64 {
        let now = self.clock.now_ms() + self.back_ms.get();
        self.is_at_least(self.latest_ms.get().max(now));
        self.latest_ms.get()
    }

    /// It can't be earlier than this.
    pub fn is_at_least(&self, ms: u64) {
        let now = self.clock.now_ms() + self.back_ms.get();
        self.back_ms.set(self.back_ms.get() + ms.saturating_sub(now));
        self.latest_ms.set(self.latest_ms.get().max(ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Task;

    struct Hands(Cell<u64>);

    impl Clock for Hands {
        fn now_ms(&self) -> u64 {
            self.0.get()
        }

        fn sleep(&self, _: u64) -> Task<()> {
            Box::pin(async {})
        }
    }

    #[test]
    fn time_goes_on_when_the_clock_is_put_back_and_counts_in_what_was_slept() {
        let hands = Rc::new(Hands(Cell::new(1_000)));
        let steady = Steady::new(hands.clone());
        assert_eq!(steady.now_ms(), 1_000);
        hands.0.set(400);
        assert_eq!(steady.now_ms(), 1_000);
        hands.0.set(500);
        assert_eq!(steady.now_ms(), 1_100);
        steady.is_at_least(1_500);
        hands.0.set(700);
        assert_eq!(steady.now_ms(), 1_700);
        hands.0.set(9_000);
        assert_eq!(steady.now_ms(), 10_000);
    }
}
