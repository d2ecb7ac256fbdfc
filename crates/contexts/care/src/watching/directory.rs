//! What was counted, and how the watch is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use linli_watch::ShortId;

use super::alone::Keeping;
use super::keeper::Verdict;
use crate::model::CarePersonId;

/// The id of a person as the map of numbers keeps it.
pub(super) fn short(person: CarePersonId) -> ShortId {
    ShortId::of(person.0.as_u128())
}

/// How the watch of this process is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WatchVitals {
    /// Whether it runs here.
    pub runs: bool,
    /// Where it is kept.
    pub keeping: Keeping,
    /// People it watches.
    pub watched: u32,
    /// Bytes of log that a restart would have to read.
    pub log_bytes: u64,
    /// What it asked for and nobody has taken up yet.
    pub waiting: u64,
    /// Errands, and what the watch asked for, that could not be done for a reason of their own and are set aside until somebody looks.
    pub aside: u64,
    /// Groups of signs put on disk since the start.
    pub commits: u64,
    /// The longest of them since the figures were asked for last, with the wait for the disk.
    pub worst_commit: Duration,
    /// Groups that could not be put on disk.
    pub failed: u64,
}

/// What was counted since the start; not by person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Signs that count.
    pub taken: u64,
    /// Signs of people who did not agree, or withdrew.
    pub without_consent: u64,
    /// Signs that brought nothing: repeated, early, of somebody away, of a kind not asked for.
    pub of_no_use: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    taken: AtomicU64,
    without_consent: AtomicU64,
    of_no_use: AtomicU64,
}

impl Counts {
    pub(super) fn add(&self, verdicts: &[Verdict]) {
        let count = |counter: &AtomicU64, which: fn(&&Verdict) -> bool| {
            counter.fetch_add(u64::try_from(verdicts.iter().filter(which).count()).unwrap_or(0), Ordering::Relaxed);
        };
        count(&self.taken, |v| **v == Verdict::Taken);
        count(&self.without_consent, |v| **v == Verdict::NoConsent);
        count(&self.of_no_use, |v| !matches!(v, Verdict::Taken | Verdict::NoConsent));
    }

    pub(super) fn read(&self) -> Counted {
        Counted {
            taken: self.taken.load(Ordering::Relaxed),
            without_consent: self.without_consent.load(Ordering::Relaxed),
            of_no_use: self.of_no_use.load(Ordering::Relaxed),
        }
    }
}
