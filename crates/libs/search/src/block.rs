//! Which texts hold a token, for a few thousand texts at a time, in at most 512 bytes.

/// How many texts one block tells apart.
pub const BLOCK_TEXTS: u16 = 4096;
/// Bytes of a block in which one bit stands for each text. A list of two bytes per text is shorter below half as many texts.
const BITMAP_BYTES: usize = 512;
const WORDS: usize = BITMAP_BYTES / 8;

/// A set of numbers below [`BLOCK_TEXTS`]: the texts of a block in which a token occurs.
///
/// As bytes it is a rising list of two-byte numbers, little end first, while that is shorter than 512 bytes; from then on one bit per
/// number, lowest first. The length tells which, so nothing else is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block([u64; WORDS]);

impl Default for Block {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl Block {
    /// Adds a number; one that no block holds is left out.
    pub fn insert(&mut self, number: u16) {
        let (word, bit) = place(number);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    /// Takes a number out.
    pub fn remove(&mut self, number: u16) {
        let (word, bit) = place(number);
        if let Some(word) = self.0.get_mut(word) {
            *word &= !bit;
        }
    }

    /// Whether a number is in it.
    #[must_use]
    pub fn contains(&self, number: u16) -> bool {
        let (word, bit) = place(number);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many numbers are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| usize::try_from(word.count_ones()).unwrap_or(0)).sum()
    }

    /// Keeps what is in both.
    pub fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine &= theirs);
    }

    /// Adds what is in the other.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine |= theirs);
    }

    /// Takes out what is in the other.
    pub fn without(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine &= !theirs);
    }

    /// The numbers, rising.
    pub fn numbers(&self) -> impl DoubleEndedIterator<Item = u16> + '_ {
        (0..BLOCK_TEXTS)
            .step_by(64)
            .zip(self.0)
            .flat_map(|(first, word)| (first..first + 64).filter(move |n| word >> (n % 64) & 1 == 1))
    }

    /// As bytes, for a column of a database.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.len() * 2 < BITMAP_BYTES {
            let mut list = Vec::with_capacity(self.len() * 2);
            // Most words stand in a few texts: an empty stretch of 64 costs one look.
            for (first, word) in (0..BLOCK_TEXTS).step_by(64).zip(self.0) {
                let mut rest = word;
                while rest != 0 {
                    let number = first + u16::try_from(rest.trailing_zeros()).unwrap_or(0);
                    list.extend(number.to_le_bytes());
                    rest &= rest - 1;
                }
            }
            list
        } else {
            self.0.iter().flat_map(|word| word.to_le_bytes()).collect()
        }
    }

    /// Back from bytes; `None` when no block was ever written like that.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut block = Self::default();
        if bytes.len() == BITMAP_BYTES {
            for (word, eight) in block.0.iter_mut().zip(bytes.chunks_exact(8)) {
                *word = u64::from_le_bytes(eight.try_into().ok()?);
            }
            return Some(block);
        }
        let pairs = bytes.chunks_exact(2);
        if bytes.len() > BITMAP_BYTES || !pairs.remainder().is_empty() {
            return None;
        }
        for pair in pairs {
            let number = u16::from_le_bytes(pair.try_into().ok()?);
            if number >= BLOCK_TEXTS {
                return None;
            }
            block.insert(number);
        }
        Some(block)
    }
}

fn place(number: u16) -> (usize, u64) {
    (usize::from(number / 64), 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn block(numbers: &BTreeSet<u16>) -> Block {
        let mut block = Block::default();
        numbers.iter().for_each(|number| block.insert(*number));
        block
    }

    #[test]
    fn few_are_a_list_and_many_are_bits() {
        let few: BTreeSet<u16> = [0, 7, 4095].into();
        assert_eq!(block(&few).to_bytes(), [0, 0, 7, 0, 255, 15]);
        let many: BTreeSet<u16> = (0..256).collect();
        assert_eq!(block(&many).to_bytes().len(), BITMAP_BYTES);
        assert_eq!(Block::default().to_bytes(), Vec::<u8>::new());
    }

    #[test]
    fn what_was_never_written_is_not_read() {
        assert_eq!(Block::from_bytes(&[1]), None);
        assert_eq!(Block::from_bytes(&[0, 16]), None, "4096 is in no block");
        assert_eq!(Block::from_bytes(&[0; 514]), None);
    }

    proptest! {
        #[test]
        fn bytes_tell_the_same_set(numbers in prop::collection::btree_set(0..BLOCK_TEXTS, 0..600)) {
            let block = block(&numbers);
            let read = Block::from_bytes(&block.to_bytes()).unwrap();
            prop_assert_eq!(read.numbers().collect::<BTreeSet<_>>(), numbers.clone());
            prop_assert_eq!(read.len(), numbers.len());
        }

        #[test]
        fn sets_are_put_together_as_sets_are(
            a in prop::collection::btree_set(0..BLOCK_TEXTS, 0..300), b in prop::collection::btree_set(0..BLOCK_TEXTS, 0..300),
        ) {
            let sets = |change: fn(&mut Block, &Block)| { let mut out = block(&a); change(&mut out, &block(&b)); out.numbers().collect::<BTreeSet<_>>() };
            prop_assert_eq!(sets(Block::keep), &a & &b);
            prop_assert_eq!(sets(Block::add), &a | &b);
            prop_assert_eq!(sets(Block::without), &a - &b);
        }
    }
}
