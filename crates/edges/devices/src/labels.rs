//! Whom a device hears under which label, for a whole city in memory: sixteen bytes a label, whatever its length.
//!
//! Of a label a keyed hash of 64 bits is kept, of a person the last 64 bits of the id. The key is new in every process, so nobody can make a
//! label that is taken for another; that a wrong one fits by chance is 1 in 10¹⁶ for a gateway of a thousand people. Two labels of one
//! device with the same hash are dropped when they are read: then neither is anybody.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use linli_watch::ShortId;

static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The labels of one device.
#[derive(Debug, Default)]
pub struct Labels {
    /// Hashes, ascending.
    keys: Box<[u64]>,
    /// Whose, in their order.
    whose: Box<[ShortId]>,
    /// Labels that were dropped.
    dropped: usize,
}

impl Labels {
    /// Of these labels and people.
    pub fn of<'a>(labels: impl Iterator<Item = (&'a str, ShortId)>) -> Self {
        let mut all: Vec<(u64, ShortId)> = labels.map(|(label, person)| (KEY.hash_one(label), person)).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        let many = all.len();
        let alone = |at: usize| {
            let key = all.get(at).map(|(key, _)| *key);
            let before = at.checked_sub(1).and_then(|at| all.get(at)).map(|(key, _)| *key);
            key != before && key != all.get(at + 1).map(|(key, _)| *key)
        };
        let kept: Vec<usize> = (0..many).filter(|at| alone(*at)).collect();
        let of = |at: &usize| all.get(*at).copied();
        Self {
            keys: kept.iter().filter_map(of).map(|(key, _)| key).collect(),
            whose: kept.iter().filter_map(of).map(|(_, person)| person).collect(),
            dropped: many - kept.len(),
        }
    }

    /// Whose label it is.
    #[inline]
    #[must_use]
    pub fn person(&self, label: &str) -> Option<ShortId> {
        let at = self.keys.binary_search(&KEY.hash_one(label)).ok()?;
        self.whose.get(at).copied()
    }

    /// How many labels could not be told from another one.
    #[must_use]
    pub const fn dropped(&self) -> usize {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_label_is_its_person_and_no_other_is_anybody() {
        let names: Vec<String> = (0..5_000).map(|n| format!("resident-{n:04}")).collect();
        let labels = Labels::of(names.iter().map(String::as_str).zip((1_u128..).map(ShortId::of)));
        for (name, n) in names.iter().zip(1_u128..) {
            assert_eq!(labels.person(name), Some(ShortId::of(n)));
        }
        assert_eq!((labels.person(""), labels.person("resident-5000"), labels.dropped()), (None, None, 0));
        assert_eq!(Labels::default().person("a"), None);
    }

    #[test]
    fn a_label_that_cannot_be_told_from_another_is_nobody() {
        let labels = Labels::of([("a", ShortId::of(1)), ("b", ShortId::of(2)), ("a", ShortId::of(3))].into_iter());
        assert_eq!((labels.person("a"), labels.person("b"), labels.dropped()), (None, Some(ShortId::of(2)), 2));
    }
}
