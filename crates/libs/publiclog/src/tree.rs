//! Making proofs from tiles (RFC 6962 sections 2.1.1 and 2.1.2).

use std::collections::{BTreeMap, BTreeSet};

use crate::hash::fold;
use crate::{EMPTY_ROOT, Hash, LogError, Tile, node_hash};

/// Where the hashes of tiles are found.
pub trait Tiles {
    /// The hashes of a tile, at least as many as it has in the log that is asked about. `None` when it is not there.
    fn hashes(&self, level: u8, index: u64) -> Option<&[Hash]>;
}

/// Tiles by level and number.
impl Tiles for BTreeMap<(u8, u64), Vec<Hash>> {
    fn hashes(&self, level: u8, index: u64) -> Option<&[Hash]> {
        self.get(&(level, index)).map(Vec::as_slice)
    }
}

/// The tiles to fetch before an inclusion proof can be made.
///
/// # Errors
/// [`LogError::Outside`].
pub fn tiles_for_inclusion(index: u64, size: u64) -> Result<Vec<Tile>, LogError> {
    Ok(needed(&inclusion_parts(index, size)?, size))
}

/// The tiles to fetch before a consistency proof can be made.
///
/// # Errors
/// [`LogError::Sizes`].
pub fn tiles_for_consistency(old: u64, size: u64) -> Result<Vec<Tile>, LogError> {
    Ok(needed(&consistency_parts(old, size)?, size))
}

/// A log of a given size, of which proofs are made.
#[derive(Debug, Clone, Copy)]
pub struct Tree<'a, T> {
    tiles: &'a T,
    size: u64,
}

impl<'a, T: Tiles> Tree<'a, T> {
    /// The log of `size` entries, or the first so many entries of a longer one.
    #[must_use]
    pub const fn new(tiles: &'a T, size: u64) -> Self {
        Self { tiles, size }
    }

    /// The root hash.
    ///
    /// # Errors
    /// [`LogError::TileMissing`].
    pub fn root(&self) -> Result<Hash, LogError> {
        self.hash(Part { start: 0, end: self.size })
    }

    /// The proof that entry `index` is in the log, from its neighbour upwards.
    ///
    /// # Errors
    /// [`LogError::Outside`], [`LogError::TileMissing`].
    pub fn inclusion(&self, index: u64) -> Result<Vec<Hash>, LogError> {
        inclusion_parts(index, self.size)?.into_iter().map(|part| self.hash(part)).collect()
    }

    /// The proof that the log begins with its first `old` entries.
    ///
    /// # Errors
    /// [`LogError::Sizes`] when `old` is zero or more than the size, [`LogError::TileMissing`].
    pub fn consistency(&self, old: u64) -> Result<Vec<Hash>, LogError> {
        consistency_parts(old, self.size)?.into_iter().map(|part| self.hash(part)).collect()
    }

    /// The hash over some entries: the complete trees of which they consist, joined from the right.
    fn hash(&self, part: Part) -> Result<Hash, LogError> {
        let mut reached = None;
        for complete in part.complete().into_iter().rev() {
            let root = self.complete(complete)?;
            reached = Some(reached.map_or(root, |right| node_hash(&root, &right)));
        }
        Ok(reached.unwrap_or(EMPTY_ROOT))
    }

    fn complete(&self, tree: Complete) -> Result<Hash, LogError> {
        let (level, index, from, until) = tree.in_tile();
        let missing =
            || LogError::TileMissing { tile: Tile::in_log(self.size, level, index).unwrap_or(Tile { level, index, width: 1 }) };
        let hashes = self.tiles.hashes(level, index).ok_or_else(missing)?;
        Ok(fold(hashes.get(from..until).ok_or_else(missing)?))
    }
}

/// Consecutive entries whose hash stands in a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    start: u64,
    end: u64,
}

/// A tree of 2^`height` entries, the `index`-th of that height.
#[derive(Debug, Clone, Copy)]
struct Complete {
    height: u32,
    index: u64,
}

impl Part {
    const fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Where it is split: after the largest power of two below its length. `None` for a single entry.
    const fn split(self) -> Option<(Self, Self)> {
        match self.len() {
            0 | 1 => None,
            length => {
                let middle = self.start.saturating_add(1 << (length - 1).ilog2());
                Some((Self { start: self.start, end: middle }, Self { start: middle, end: self.end }))
            }
        }
    }

    /// The complete trees of which it consists, the largest first.
    fn complete(self) -> Vec<Complete> {
        let mut trees = Vec::new();
        let mut start = self.start;
        while let Some(height) = self.end.saturating_sub(start).checked_ilog2() {
            trees.push(Complete { height, index: start >> height });
            start = start.saturating_add(1 << height);
        }
        trees
    }
}

impl Complete {
    /// Level and number of the tile that holds the hashes under it, and from where to where they stand there.
    fn in_tile(self) -> (u8, u64, usize, usize) {
        let first = self.index << (self.height % 8);
        let from = usize::from(u8::try_from(first & 0xff).unwrap_or(0));
        let level = u8::try_from(self.height / 8).unwrap_or(u8::MAX);
        (level, first >> 8, from, from.saturating_add(1 << (self.height % 8)))
    }
}

/// PATH(m, D[n]) of RFC 6962 section 2.1.1, as parts of the log.
fn inclusion_parts(index: u64, size: u64) -> Result<Vec<Part>, LogError> {
    if index >= size {
        return Err(LogError::Outside { index, size });
    }
    let mut parts = Vec::new();
    let mut here = Part { start: 0, end: size };
    while let Some((left, right)) = here.split() {
        let (inside, beside) = if index < left.end { (left, right) } else { (right, left) };
        parts.push(beside);
        here = inside;
    }
    parts.reverse();
    Ok(parts)
}

/// PROOF(m, D[n]) of RFC 6962 section 2.1.2, as parts of the log.
fn consistency_parts(old: u64, size: u64) -> Result<Vec<Part>, LogError> {
    if old == 0 || old > size {
        return Err(LogError::Sizes { old, new: size });
    }
    let mut parts = Vec::new();
    let mut here = Part { start: 0, end: size };
    while here.end != old {
        let Some((left, right)) = here.split() else { break };
        let (inside, beside) = if old <= left.end { (left, right) } else { (right, left) };
        parts.push(beside);
        here = inside;
    }
    // What ends where the old log ended is left out only when it is the whole old log, whose root is known.
    if here.start > 0 {
        parts.push(here);
    }
    parts.reverse();
    Ok(parts)
}

fn needed(parts: &[Part], size: u64) -> Vec<Tile> {
    let places: BTreeSet<(u8, u64)> = parts
        .iter()
        .flat_map(|part| part.complete())
        .map(|tree| {
            let (level, index, ..) = tree.in_tile();
            (level, index)
        })
        .collect();
    places.into_iter().filter_map(|(level, index)| Tile::in_log(size, level, index)).collect()
}
