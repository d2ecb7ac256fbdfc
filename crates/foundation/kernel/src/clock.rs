//! The only doors to the time of day.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::Ts;

/// Where "now" comes from. Everything outside `main` takes it as a parameter.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Ts;
}

/// A clock that many tasks share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock. Only `main` makes one.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Ts {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
        Ts(jiff::Timestamp::now().as_microsecond())
    }
}

/// A clock that stands still until told otherwise: for tests, simulation and the making of demonstration data.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// A clock standing at `at`.
    #[must_use]
    pub fn at(at: Ts) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(at.0)))
    }

    /// Sets the clock, forwards or back.
    pub fn set(&self, at: Ts) {
        self.0.store(at.0, Ordering::SeqCst);
    }

    /// Moves the clock by a number of seconds.
    pub fn advance_secs(&self, secs: i64) {
        self.0.fetch_add(secs.saturating_mul(1_000_000), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Ts {
        Ts(self.0.load(Ordering::SeqCst))
    }
}
