//! Who has which number (名册): the way from the id of a person to the slot, for a whole city in memory.
//!
//! Of an id its last 64 bits are kept, of which 62 are random in the ids of this house. For 22 million people that is 8 bytes each and a
//! table of 4 bytes a seat, a third of it empty; whole ids in two maps took ten times as much. Should two people ever share those bits
//! (1 in 20,000 cities), neither is found: both are then asked after as if they were silent, and never one taken for the other.

use std::collections::HashSet;

use crate::sign::{Slot, place};

/// The last 64 bits of the id of a person (短假名).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortId(u64);

impl ShortId {
    /// Of an id of 128 bits.
    #[must_use]
    pub const fn of(id: u128) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = id.to_le_bytes();
        Self(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }

    /// Where a search for it begins in a table of this many seats, a power of two.
    #[inline]
    fn begin(self, seats: usize) -> usize {
        // Ids made by hand count up; the multiplication spreads them over the upper bits.
        let spread = self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        usize::try_from(spread).unwrap_or(0) & (seats - 1)
    }
}

/// Fewest seats of the table.
const SEATS_MIN: usize = 64;

/// Slots by short id, and back.
#[derive(Debug)]
pub struct Roll {
    /// By slot; zero is nobody.
    ids: Vec<u64>,
    /// Slot + 1 at the place where the search for its id ends; zero is an empty seat.
    seats: Vec<u32>,
    many: usize,
    /// Short ids that more than one person has.
    shared: HashSet<ShortId>,
}

impl Default for Roll {
    fn default() -> Self {
        Self { ids: Vec::new(), seats: vec![0; SEATS_MIN], many: 0, shared: HashSet::new() }
    }
}

impl Roll {
    /// The slot of somebody.
    #[inline]
    #[must_use]
    pub fn slot(&self, id: ShortId) -> Option<Slot> {
        self.seat(id).map(|(_, slot)| slot)
    }

    /// Whether somebody has this slot.
    #[inline]
    #[must_use]
    pub fn has(&self, slot: Slot) -> bool {
        self.ids.get(place(slot)).is_some_and(|id| *id != 0)
    }

    /// How many are in it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.many
    }

    /// Whether nobody is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.many == 0
    }

    /// Enters somebody under a slot; whoever had it is gone. False when another person has the same short id: then neither is found.
    pub fn enter(&mut self, id: ShortId, slot: Slot) -> bool {
        match self.slot(id) {
            Some(there) if there == slot => return true,
            Some(there) => {
                self.leave(there);
                self.shared.insert(id);
            }
            None => {}
        }
        if id.0 == 0 || slot == Slot::MAX || self.shared.contains(&id) {
            return false;
        }
        self.leave(slot);
        if (self.many + 1) * 4 > self.seats.len() * 3 {
            self.grow();
        }
        if self.ids.len() <= place(slot) {
            self.ids.resize(place(slot) + 1, 0);
        }
        if let Some(there) = self.ids.get_mut(place(slot)) {
            *there = id.0;
        }
        self.sit(id, slot);
        self.many += 1;
        true
    }

    /// Whoever has this slot is in it no longer.
    pub fn leave(&mut self, slot: Slot) {
        let Some(id) = self.ids.get_mut(place(slot)).map(std::mem::take).filter(|id| *id != 0) else { return };
        let mask = self.seats.len() - 1;
        let mut at = ShortId(id).begin(self.seats.len());
        while self.seats.get(at).is_some_and(|seat| *seat != 0 && *seat != slot + 1) {
            at = (at + 1) & mask;
        }
        self.vacate(at);
        self.many -= 1;
    }

    /// Empties a seat and moves up whoever sat behind it because it was taken.
    fn vacate(&mut self, mut empty: usize) {
        let (seats, mask) = (self.seats.len(), self.seats.len() - 1);
        self.put(empty, 0);
        let mut at = (empty + 1) & mask;
        while let Some(seat) = self.seats.get(at).copied().filter(|seat| *seat != 0) {
            let wanted = ShortId(self.ids.get(place(seat - 1)).copied().unwrap_or_default()).begin(seats);
            if at.wrapping_sub(wanted) & mask >= at.wrapping_sub(empty) & mask {
                self.put(empty, seat);
                self.put(at, 0);
                empty = at;
            }
            at = (at + 1) & mask;
        }
    }

    #[inline]
    fn seat(&self, id: ShortId) -> Option<(usize, Slot)> {
        let mask = self.seats.len() - 1;
        let mut at = id.begin(self.seats.len());
        loop {
            let slot = self.seats.get(at)?.checked_sub(1)?;
            if self.ids.get(place(slot)) == Some(&id.0) {
                return Some((at, slot));
            }
            at = (at + 1) & mask;
        }
    }

    fn sit(&mut self, id: ShortId, slot: Slot) {
        let mask = self.seats.len() - 1;
        let mut at = id.begin(self.seats.len());
        while self.seats.get(at).is_some_and(|seat| *seat != 0) {
            at = (at + 1) & mask;
        }
        self.put(at, slot + 1);
    }

    fn put(&mut self, at: usize, seat: u32) {
        if let Some(there) = self.seats.get_mut(at) {
            *there = seat;
        }
    }

    fn grow(&mut self) {
        let seats = std::mem::take(&mut self.seats);
        self.seats = vec![0; seats.len() * 2];
        for slot in seats.into_iter().filter_map(|seat| seat.checked_sub(1)) {
            let id = self.ids.get(place(slot)).copied().unwrap_or_default();
            self.sit(ShortId(id), slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whoever_shares_the_short_id_of_another_is_not_found_and_neither_is_the_other() {
        let mut roll = Roll::default();
        let (one, two) = (ShortId::of(7 | 1 << 70), ShortId::of(7 | 2 << 70));
        assert!(roll.enter(one, 3));
        assert!(roll.enter(one, 3), "again is no harm");
        assert!(!roll.enter(two, 4));
        assert_eq!((roll.slot(one), roll.slot(two), roll.len()), (None, None, 0));
        assert!(!roll.enter(one, 3) && !roll.has(3) && !roll.has(4));
    }

    #[test]
    fn a_slot_has_one_person() {
        let mut roll = Roll::default();
        assert!(roll.enter(ShortId::of(1), 9) && roll.enter(ShortId::of(2), 9));
        assert_eq!((roll.slot(ShortId::of(1)), roll.slot(ShortId::of(2)), roll.len()), (None, Some(9), 1));
        assert!(!roll.enter(ShortId::of(0), 5), "nobody has this id");
    }

    proptest! {
        /// It says the same as a map, whatever comes and goes.
        #[test]
        fn it_is_a_map(moves in proptest::collection::vec((1_u64..400, 0_u32..400, any::<bool>()), 0..2_000)) {
            let (mut roll, mut meant) = (Roll::default(), BTreeMap::<u32, u64>::new());
            for (id, slot, enters) in moves {
                if enters && !meant.values().any(|there| *there == id) {
                    prop_assert!(roll.enter(ShortId(id), slot));
                    meant.insert(slot, id);
                } else if !enters {
                    roll.leave(slot);
                    meant.remove(&slot);
                }
            }
            prop_assert_eq!(roll.len(), meant.len());
            for slot in 0..400 {
                prop_assert_eq!(roll.has(slot), meant.contains_key(&slot));
            }
            for id in 1..400 {
                let slot = meant.iter().find(|(_, there)| **there == id).map(|(slot, _)| *slot);
                prop_assert_eq!(roll.slot(ShortId(id)), slot);
            }
        }
    }
}
