//! The only doors to randomness.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use rand_core::{RngCore, SeedableRng};

/// Where random bytes come from. Everything outside `main` takes it as a parameter.
pub trait Rng: Send + Sync + 'static {
    /// Fills the buffer with random bytes.
    fn fill(&self, into: &mut [u8]);

    /// A uniformly distributed number.
    fn next_u64(&self) -> u64 {
        let mut bytes = [0_u8; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number below `bound` (0 when `bound` is 0). The bias is below 2⁻³² for bounds that fit in 32 bits.
    fn below(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next_u64() % bound }
    }
}

/// A generator that many tasks share.
pub type SharedRng = Arc<dyn Rng>;

/// The operating system's generator, for everything secret. Only `main` makes one.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRng;

/// Bytes fetched at a time. Every request needs a few, and asking the system for each costs more than all else that is done with them.
const STORE: usize = 1024;

/// Random bytes of this thread that nobody has had yet, at the end of the buffer. What is given out is wiped.
struct Store {
    bytes: [u8; STORE],
    left: usize,
}

thread_local! {
    static STORED: RefCell<Store> = const { RefCell::new(Store { bytes: [0; STORE], left: 0 }) };
}

impl Store {
    fn take(&mut self, into: &mut [u8]) {
        if self.left < into.len() {
            ask_the_system(&mut self.bytes);
            self.left = STORE;
        }
        let rest = self.left - into.len();
        if let Some(given) = self.bytes.get_mut(rest..self.left) {
            into.copy_from_slice(given);
            given.fill(0);
        }
        self.left = rest;
    }
}

impl Rng for SystemRng {
    fn fill(&self, into: &mut [u8]) {
        if into.len() > STORE / 4 {
            return ask_the_system(into);
        }
        STORED.with_borrow_mut(|stored| stored.take(into));
    }
}

fn ask_the_system(into: &mut [u8]) {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the operating system")]
    let filled = getrandom::fill(into);
    // A machine that cannot give random bytes cannot keep a secret; there is nothing sensible to go on with.
    if let Err(error) = filled {
        std::panic::panic_any(format!("the operating system gives no random bytes: {error}"));
    }
}

/// The same bytes for the same seed: for tests, simulation and the making of demonstration data.
#[derive(Debug)]
pub struct SeededRng(Mutex<rand_chacha::ChaCha12Rng>);

impl SeededRng {
    /// A generator that always says the same.
    #[must_use]
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(rand_chacha::ChaCha12Rng::seed_from_u64(seed))))
    }
}

impl Rng for SeededRng {
    fn fill(&self, into: &mut [u8]) {
        match self.0.lock() {
            Ok(mut rng) => rng.fill_bytes(into),
            Err(poisoned) => poisoned.into_inner().fill_bytes(into),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_byte_is_given_twice() {
        let mut seen = HashSet::new();
        for round in 0..5_000_usize {
            let mut bytes = [0_u8; 16];
            SystemRng.fill(&mut bytes);
            assert!(seen.insert(bytes), "the same sixteen bytes again in round {round}");
            SystemRng.fill(&mut vec![0_u8; round % 300]);
        }
        STORED.with_borrow(|stored| {
            let (_, given) = stored.bytes.split_at(stored.left);
            assert!(given.iter().all(|byte| *byte == 0), "what was given is wiped");
        });
    }
}
