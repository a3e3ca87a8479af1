//! Work that is done side by side, with results in order: how many workers there are shows nowhere
//! but in the time.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `work` for each of `all`, so many at a time (at least one), on threads of their own; the
/// results come in the order of `all`.
pub(super) fn side_by_side<T: Sync, R: Send>(
    all: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let worker = || {
        loop {
            let place = next.fetch_add(1, Ordering::SeqCst);
            let Some(one) = all.get(place) else { return };
            let result = work(one);
            // Nobody panics with the lock in hand.
            if let Ok(mut done) = done.lock() {
                done.insert(place, result);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(worker);
        }
    });
    done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_number_of_workers() {
        let all: Vec<u64> = (0..50).collect();
        let twice: Vec<u64> = all.iter().map(|it| 2 * it).collect();
        for jobs in [0, 1, 3] {
            // The first ones take the longest.
            let work = |it: &u64| {
                (0..(50 - it) * 2_000).fold(*it, |sum, _| std::hint::black_box(sum));
                2 * it
            };
            assert_eq!(side_by_side(&all, jobs, work), twice, "{jobs} workers");
        }
    }
}
