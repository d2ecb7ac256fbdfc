//! The numbers of a city split over several engines (分片).

use crate::sign::Slot;

/// One of the parts that the numbers are split into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(pub u16);

/// How many parts there are. Chosen once for an installation: another number of them would put everybody somewhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shards(u16);

impl Shards {
    /// For a city of up to 25 million: what is known of one part then fits into a message of a mebibyte.
    pub const CITY: Self = Self(256);

    /// So many; nothing for none.
    #[must_use]
    pub const fn new(many: u16) -> Option<Self> {
        if many == 0 { None } else { Some(Self(many)) }
    }

    /// How many.
    #[must_use]
    pub const fn many(self) -> u16 {
        self.0
    }

    /// The part of a number. Numbers are given out densely, so the remainder spreads people evenly and no hash would do it better.
    #[must_use]
    pub fn of(self, slot: Slot) -> Shard {
        Shard(u16::try_from(slot % u32::from(self.0)).unwrap_or_default())
    }

    /// All parts.
    pub fn all(self) -> impl Iterator<Item = Shard> {
        (0..self.0).map(Shard)
    }

    /// The numbers of one part below `end`.
    pub fn slots(self, shard: Shard, end: Slot) -> impl Iterator<Item = Slot> {
        (u32::from(shard.0)..end).step_by(usize::from(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_in_one_part_and_the_parts_are_alike() {
        let shards = Shards::new(7).unwrap();
        let mut all: Vec<Slot> = shards.all().flat_map(|shard| shards.slots(shard, 1_000)).collect();
        for shard in shards.all() {
            assert!(shards.slots(shard, 1_000).all(|slot| shards.of(slot) == shard));
            assert!((142..=143).contains(&shards.slots(shard, 1_000).count()));
        }
        all.sort_unstable();
        assert_eq!(all, (0..1_000).collect::<Vec<_>>());
        assert_eq!(Shards::new(0), None);
    }
}
