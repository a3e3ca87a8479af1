//! Keyed choices: each draw is a function of the seed and of what the draw is about.
//!
//! There is no stream that draws advance. So taking one action out of a script leaves the fate of
//! all others alone, which is what makes shrinking work.

use sha2::{Digest as _, Sha256};

/// The dice of a run.
#[derive(Debug, Clone, Copy)]
pub struct Chance {
    seed: u64,
}

impl Chance {
    /// The dice of the run with this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// 32 bytes for `stream` about these things. Every part is hashed with its length.
    pub fn bytes(&self, stream: &str, about: &[&str]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        for part in std::iter::once(&stream).chain(about) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().into()
    }

    /// A number from 0 to `most`, both included.
    pub fn up_to(&self, most: u64, stream: &str, about: &[&str]) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.bytes(stream, about)[..8]);
        u64::from_be_bytes(first) % most.saturating_add(1)
    }

    /// Whether something with a chance of `percent` in 100 happens.
    pub fn happens(&self, percent: u8, stream: &str, about: &[&str]) -> bool {
        self.up_to(99, stream, about) < u64::from(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_stream_and_subject_and_on_nothing_else() {
        let draw = |seed, stream, about| Chance::new(seed).up_to(u64::MAX, stream, about);
        let first = draw(1, "delay", &["a", "b"]);
        assert_eq!(first, draw(1, "delay", &["a", "b"]));
        assert_ne!(first, draw(2, "delay", &["a", "b"]));
        assert_ne!(first, draw(1, "loss", &["a", "b"]));
        assert_ne!(first, draw(1, "delay", &["ab", ""]));
    }

    #[test]
    fn a_percentage_is_about_kept() {
        let dice = Chance::new(7);
        let hits = (0..1000).filter(|n| dice.happens(30, "loss", &[&n.to_string()])).count();
        assert!((250..350).contains(&hits), "{hits}");
        assert!((0..100).all(|n: u32| dice.happens(100, "loss", &[&n.to_string()])));
    }
}
