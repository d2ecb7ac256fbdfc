//! The growing end of a tree.

use crate::hash::fold;
use crate::tile::hashes_at;
use crate::{EMPTY_ROOT, Hash, LogError, TILE_WIDTH, Tile, Tiles, node_hash};

/// The tiles of a tree that are not full yet: all that is needed to add entries and to say the root.
///
/// At most 255 hashes for each 256-fold of entries: of ten million entries it holds three rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    rows: Vec<Vec<Hash>>,
}

impl Edge {
    /// Takes up a tree of `size` entries from its tiles that are not full.
    ///
    /// # Errors
    /// [`LogError::TileMissing`] when one of them is not there.
    pub fn resume(size: u64, tiles: &impl Tiles) -> Result<Self, LogError> {
        let mut rows = Vec::new();
        let mut level = 0_u8;
        while hashes_at(size, level) > 0 {
            let index = hashes_at(size, level) / u64::from(TILE_WIDTH);
            let row = match Tile::in_log(size, level, index) {
                None => Vec::new(),
                Some(tile) => {
                    let hashes = tiles.hashes(level, index).and_then(|hashes| hashes.get(..usize::from(tile.width)));
                    hashes.ok_or(LogError::TileMissing { tile })?.to_vec()
                }
            };
            rows.push(row);
            level = level.saturating_add(1);
        }
        Ok(Self { size, rows })
    }

    /// Entries of the tree.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry by its leaf hash. Gives the tiles that became full with it, to be kept for good; mostly there is none.
    #[must_use = "a full tile is not held here any more"]
    pub fn push(&mut self, leaf: Hash) -> Vec<(Tile, Vec<Hash>)> {
        let mut full = Vec::new();
        let mut risen = leaf;
        self.size = self.size.saturating_add(1);
        for level in 0_u8..=u8::MAX {
            let place = usize::from(level);
            if self.rows.len() <= place {
                self.rows.push(Vec::with_capacity(usize::from(TILE_WIDTH)));
            }
            let Some(row) = self.rows.get_mut(place) else { break };
            row.push(risen);
            if row.len() < usize::from(TILE_WIDTH) {
                break;
            }
            risen = fold(row);
            let index = (hashes_at(self.size, level) / u64::from(TILE_WIDTH)).saturating_sub(1);
            full.push((Tile { level, index, width: TILE_WIDTH }, std::mem::take(row)));
        }
        full
    }

    /// The tiles that are not full, as they are to be served beside the checkpoint of this size.
    pub fn partial(&self) -> impl Iterator<Item = (Tile, &[Hash])> {
        (0_u8..).zip(&self.rows).filter_map(|(level, row)| {
            let index = hashes_at(self.size, level) / u64::from(TILE_WIDTH);
            Tile::in_log(self.size, level, index).map(|tile| (tile, row.as_slice()))
        })
    }

    /// The root hash.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut reached = None;
        for row in &self.rows {
            let mut rest = row.as_slice();
            // From the right: the smallest complete part first, each joined to all that is right of it.
            while !rest.is_empty() {
                let part = 1_usize << rest.len().trailing_zeros();
                let (left, complete) = rest.split_at(rest.len().saturating_sub(part));
                let root = fold(complete);
                reached = Some(reached.map_or(root, |right| node_hash(&root, &right)));
                rest = left;
            }
        }
        reached.unwrap_or(EMPTY_ROOT)
    }
}
