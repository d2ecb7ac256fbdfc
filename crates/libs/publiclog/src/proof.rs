//! Checking proofs, without the log (RFC 9162 sections 2.1.3.2 and 2.1.4.2).

use crate::{EMPTY_ROOT, Hash, LogError, node_hash};

/// Checks that the entry with this leaf hash is number `index` (from 0) of the log of `size` entries with this root.
///
/// # Errors
/// [`LogError::Outside`] when the log is not that long, [`LogError::Proof`] when the proof does not lead to the root or has a hash
/// too few or too many.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), LogError> {
    if index >= size {
        return Err(LogError::Outside { index, size });
    }
    let mut walk = Walk { node: index, last: size.saturating_sub(1) };
    let mut reached = *leaf;
    for hash in proof {
        match walk.climb().ok_or(LogError::Proof)? {
            Side::Left => reached = node_hash(hash, &reached),
            Side::Right => reached = node_hash(&reached, hash),
        }
    }
    if walk.last == 0 && reached == *root { Ok(()) } else { Err(LogError::Proof) }
}

/// Checks that the log of `new` entries begins with the log of `old` entries: nothing was taken out, changed or put in between.
///
/// # Errors
/// [`LogError::Sizes`] when `old` is more than `new`, or is zero while `new` is not: every log begins with the empty one, and
/// there is no proof of that. [`LogError::Proof`] when the proof does not lead to both roots or has a hash too few or too many.
pub fn verify_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, proof: &[Hash]) -> Result<(), LogError> {
    if old > new || (old == 0 && new > 0) {
        return Err(LogError::Sizes { old, new });
    }
    if old == new {
        let same = proof.is_empty() && old_root == new_root && (old > 0 || *old_root == EMPTY_ROOT);
        return if same { Ok(()) } else { Err(LogError::Proof) };
    }
    let mut walk = Walk { node: old.saturating_sub(1), last: new.saturating_sub(1) };
    walk.skip_while(|node| node & 1 == 1);
    // An old log of a power of two is itself a node of the new one, and its root is not repeated in the proof.
    let (mut old_reached, rest) = match proof.split_first() {
        _ if old.is_power_of_two() && !proof.is_empty() => (*old_root, proof),
        Some((first, rest)) => (*first, rest),
        None => return Err(LogError::Proof),
    };
    let mut new_reached = old_reached;
    for hash in rest {
        match walk.climb().ok_or(LogError::Proof)? {
            Side::Left => {
                old_reached = node_hash(hash, &old_reached);
                new_reached = node_hash(hash, &new_reached);
            }
            Side::Right => new_reached = node_hash(&new_reached, hash),
        }
    }
    let both = walk.last == 0 && old_reached == *old_root && new_reached == *new_root;
    if both { Ok(()) } else { Err(LogError::Proof) }
}

/// On which side of what was reached the next hash of a proof lies.
enum Side {
    Left,
    Right,
}

/// The way from a node up to the root: its number in its row and that of the last node there.
struct Walk {
    node: u64,
    last: u64,
}

impl Walk {
    /// One hash up. `None` at the root.
    fn climb(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            // The last node of an odd row stands alone and goes up as it is, until it is a right half.
            self.skip_while(|node| node & 1 == 0 && node != 0);
            Side::Left
        } else {
            Side::Right
        };
        self.node >>= 1;
        self.last >>= 1;
        Some(side)
    }

    fn skip_while(&mut self, goes_up: impl Fn(u64) -> bool) {
        while goes_up(self.node) {
            self.node >>= 1;
            self.last >>= 1;
        }
    }
}
