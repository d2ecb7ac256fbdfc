//! Who has which number, and what was counted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use linli_kernel::DistrictId;
use linli_watch::Slot;

use super::keeper::Verdict;
use crate::model::CarePersonId;

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

/// Who has which number. Only the process that keeps the watch has it filled.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) slots: HashMap<CarePersonId, Slot>,
    pub(super) people: HashMap<Slot, (DistrictId, CarePersonId)>,
}

impl Directory {
    pub(super) fn enter(&mut self, district: DistrictId, person: CarePersonId, slot: Slot) {
        self.slots.insert(person, slot);
        self.people.insert(slot, (district, person));
    }

    pub(super) fn leave(&mut self, person: CarePersonId) {
        if let Some(slot) = self.slots.remove(&person) {
            self.people.remove(&slot);
        }
    }
}
