//! Where an expansion's chance comes from: one seed, split into streams that know nothing of each
//! other.
//!
//! A stream is named by what it is for and by what it is about (the third operation, the room
//! `attic`). So what one part of the expansion draws, or no longer draws, moves nothing elsewhere.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

/// The seed of an expansion.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dice {
    seed: u64,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The stream `name` about this. Both are hashed with their length.
    pub(super) fn stream(&self, name: &str, about: &str) -> Stream {
        let mut key = Sha256::new();
        key.update(self.seed.to_be_bytes());
        for part in [name, about] {
            key.update((part.len() as u64).to_be_bytes());
            key.update(part.as_bytes());
        }
        Stream(ChaCha20Rng::from_seed(key.finalize().into()))
    }
}

/// Draws that follow one another.
#[derive(Debug)]
pub(super) struct Stream(ChaCha20Rng);

impl Stream {
    /// A number from 0 to `most`, both included.
    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        self.0.next_u64() % most.saturating_add(1).max(1)
    }

    /// A number of a range, both ends included.
    pub(super) fn within(&mut self, (least, most): (u64, u64)) -> u64 {
        least + self.up_to(most.saturating_sub(least))
    }

    /// Whether something with a chance of `percent` in 100 happens.
    pub(super) fn happens(&mut self, percent: u64) -> bool {
        self.up_to(99) < percent
    }

    /// One of `these`, all as likely; none where there are none.
    pub(super) fn pick<T: Clone>(&mut self, these: &[T]) -> Option<T> {
        let last = these.len().checked_sub(1)?;
        let place = usize::try_from(self.up_to(last as u64)).unwrap_or(last);
        these.get(place).cloned()
    }

    /// The place of one of these weights, each as likely as it weighs; none where all are 0.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> Option<usize> {
        let total: u64 = weights.clone().sum();
        let mut drawn = self.up_to(total.checked_sub(1)?);
        for (place, weight) in weights.enumerate() {
            if drawn < weight {
                return Some(place);
            }
            drawn -= weight;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_name_and_subject_and_on_nothing_else() {
        let first = |seed, name, about| Dice::new(seed).stream(name, about).up_to(u64::MAX);
        assert_eq!(first(1, "storm", "3"), first(1, "storm", "3"));
        assert_ne!(first(1, "storm", "3"), first(2, "storm", "3"));
        assert_ne!(first(1, "storm", "3"), first(1, "swarm", "3"));
        assert_ne!(first(1, "storm", "3"), first(1, "storm3", ""));
    }

    #[test]
    fn weights_are_about_kept_and_a_weight_of_nothing_is_never_drawn() {
        let mut stream = Dice::new(7).stream("weights", "");
        let mut hits = [0; 3];
        for _ in 0..1000 {
            hits[stream.weighted([1, 0, 3].into_iter()).unwrap()] += 1;
        }
        assert!(hits[1] == 0 && (200..300).contains(&hits[0]), "{hits:?}");
        assert_eq!(stream.weighted([0, 0].into_iter()), None);
    }

    #[test]
    fn all_of_a_range_is_drawn_and_nothing_else() {
        let mut stream = Dice::new(7).stream("range", "");
        let mut drawn: Vec<_> = (0..100).map(|_| stream.within((2, 4))).collect();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, [2, 3, 4]);
        assert_eq!(stream.pick::<u8>(&[]), None);
    }
}
