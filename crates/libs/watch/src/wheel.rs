//! A hashed timing wheel of one-second buckets, threaded through the persons.
//!
//! It is lazy: a sign does not move anybody. Whoever's bucket comes round is looked at, and filed again when the deadline has moved
//! on. So a sign costs nothing here, and a person is looked at about once in eighteen hours. A bucket is never later than the deadline;
//! where a deadline becomes earlier than the bucket, which is rare, a second note goes into `early`.

use std::collections::BTreeSet;

use crate::entry::Entry;
use crate::sign::{Second, Slot, place};

const BUCKETS: u32 = 1 << 16;
const MASK: u32 = BUCKETS - 1;

/// Lists hold slot + 1, so that zeroed memory is a wheel with nobody in it.
#[derive(Debug)]
pub(crate) struct Wheel {
    heads: Vec<u32>,
    next: Vec<u32>,
    /// The bucket that is being emptied; all before it are done.
    cursor: Second,
    /// What is left of it.
    rest: u32,
    early: BTreeSet<(Second, Slot)>,
}

impl Wheel {
    pub(crate) fn new(slots: usize) -> Self {
        Self { heads: vec![0; place(BUCKETS)], next: vec![0; slots], cursor: 0, rest: 0, early: BTreeSet::new() }
    }

    /// Empties it and begins at `now`.
    pub(crate) fn begin(&mut self, now: Second) {
        self.heads.fill(0);
        self.early.clear();
        (self.cursor, self.rest) = (now, 0);
    }

    /// Sees to it that this person is looked at when `due` comes, or at the next look when it has passed, even if no second passes
    /// until then.
    pub(crate) fn file(&mut self, slot: Slot, entry: &mut Entry, due: Second) {
        if due <= self.cursor {
            self.early.insert((self.cursor, slot));
            return;
        }
        let due = due.min(self.cursor.saturating_add(MASK));
        if entry.linked() {
            if entry.orphan() || due.wrapping_sub(self.cursor) < entry.bucket().wrapping_sub(self.cursor) & MASK {
                self.early.insert((due, slot));
            }
            return;
        }
        let bucket = due & MASK;
        if let (Some(head), Some(next)) = (self.heads.get_mut(place(bucket)), self.next.get_mut(place(slot))) {
            *next = *head;
            *head = slot + 1;
            entry.link(bucket);
        }
    }

    /// The next person to look at whose bucket came round by `now`.
    pub(crate) fn take(&mut self, persons: &mut [u64], now: Second) -> Option<Slot> {
        if self.rest == 0 && now > self.cursor.saturating_add(BUCKETS) {
            self.cursor = now - BUCKETS;
        }
        loop {
            if self.rest != 0 {
                let slot = self.rest - 1;
                self.rest = self.next.get_mut(place(slot)).map_or(0, std::mem::take);
                if let Some(word) = persons.get_mut(place(slot)) {
                    let mut entry = Entry::of_word(*word);
                    entry.unlink();
                    *word = entry.word();
                }
                return Some(slot);
            }
            if self.early.first().is_some_and(|(due, _)| *due <= self.cursor) {
                return self.early.pop_first().map(|(_, slot)| slot);
            }
            if self.cursor >= now {
                return None;
            }
            self.cursor += 1;
            self.rest = self.heads.get_mut(place(self.cursor & MASK)).map_or(0, std::mem::take);
        }
    }

    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
        (self.heads.capacity() + self.next.capacity()) * 4 + self.early.len() * 12
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(wheel: &mut Wheel, persons: &mut [u64], slot: Slot, due: Second) {
        let mut entry = Entry::of_word(persons[place(slot)]);
        wheel.file(slot, &mut entry, due);
        persons[place(slot)] = entry.word();
    }

    #[test]
    fn somebody_beyond_the_horizon_is_looked_at_within_it() {
        let (mut wheel, mut persons) = (Wheel::new(4), vec![0; 4]);
        wheel.begin(1_000);
        file(&mut wheel, &mut persons, 2, 1_000_000);
        assert_eq!(wheel.take(&mut persons, 1_000 + MASK - 1), None);
        assert_eq!(wheel.take(&mut persons, 1_000 + MASK), Some(2));
        assert_eq!(wheel.take(&mut persons, 1_000 + MASK), None);
    }

    #[test]
    fn a_leap_over_the_whole_wheel_finds_everybody() {
        let (mut wheel, mut persons) = (Wheel::new(100), vec![0; 100]);
        wheel.begin(5);
        (0..100).for_each(|slot| file(&mut wheel, &mut persons, slot, 6 + slot * 600));
        let mut found: Vec<Slot> = std::iter::from_fn(|| wheel.take(&mut persons, 3_000_000_000)).collect();
        found.sort_unstable();
        assert_eq!(found, (0..100).collect::<Vec<_>>());
    }

    proptest! {
        /// Whatever is filed, filed earlier or filed again: everybody is looked at by the earliest due that was asked for, and
        /// nobody is lost.
        #[test]
        fn nobody_is_late(asks in prop::collection::vec((0u32..20, 1u32..200_000, 0u32..8_000), 1..120)) {
            let (mut wheel, mut persons) = (Wheel::new(20), vec![0u64; 20]);
            let mut due = [None::<Second>; 20];
            let mut now = 1_000_000;
            wheel.begin(now);
            for (slot, after, pass) in asks {
                let asked = now + after;
                due[place(slot)] = Some(due[place(slot)].map_or(asked, |before| before.min(asked)));
                file(&mut wheel, &mut persons, slot, asked);
                now += pass;
                while let Some(slot) = wheel.take(&mut persons, now) {
                    let wanted = &mut due[place(slot)];
                    match *wanted {
                        Some(at) if at > now => file(&mut wheel, &mut persons, slot, at),
                        _ => *wanted = None,
                    }
                }
                prop_assert!(due.iter().flatten().all(|at| *at > now), "{due:?} at {now}");
            }
        }
    }
}
