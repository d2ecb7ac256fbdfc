//! Chance that always falls the same way for the same seed.

use std::sync::Arc;

use linli_kernel::{Rng, SeededRng};

/// One stream of chance. Every part of the demonstration draws from a stream of its own, so that changing one part leaves
/// the others as they were.
#[derive(Debug)]
pub struct Dice {
    rng: Arc<SeededRng>,
}

/// The generator of this name under this seed.
pub fn stream(seed: u64, name: &str) -> Arc<SeededRng> {
    // FNV-1a: any fixed hash will do, it only has to tell the names apart.
    let name =
        name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    SeededRng::new(seed ^ name)
}

impl Dice {
    /// The stream of this name under this seed.
    pub fn new(seed: u64, name: &str) -> Self {
        Self { rng: stream(seed, name) }
    }

    /// A number below `bound` (0 when `bound` is 0).
    pub fn below(&self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.rng.below(bound)).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
        low.saturating_add(i64::try_from(self.rng.below(span.saturating_add(1))).unwrap_or(0))
    }

    /// A number from 0 up to but not including 1.
    pub fn unit(&self) -> f64 {
        let drawn = u32::try_from(self.rng.below(1 << 32)).unwrap_or(0);
        f64::from(drawn) / 4_294_967_296.0
    }

    /// True in `percent` of a hundred.
    pub fn chance(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these; `None` when there is none.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// One of these words; empty when there is none.
    pub fn word<'a>(&self, from: &'a [impl AsRef<str>]) -> &'a str {
        self.pick(from).map_or("", AsRef::as_ref)
    }

    /// The index drawn by weight.
    pub fn weighted(&self, weights: &[usize]) -> usize {
        let mut rest = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if rest < *weight {
                return index;
            }
            rest -= weight;
        }
        0
    }

    /// Puts the items into a drawn order.
    pub fn shuffle<T>(&self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
