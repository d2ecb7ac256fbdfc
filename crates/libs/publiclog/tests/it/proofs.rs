//! Roots and proofs from tiles are those of the recursive definitions; altered ones are refused.

use std::collections::BTreeMap;

use linli_publiclog::{
    Edge, Hash, LogError, Tile, Tree, leaf_hash, tiles_for_consistency, tiles_for_inclusion, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

use crate::reference;

type TileMap = BTreeMap<(u8, u64), Vec<Hash>>;

fn entries(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| format!("entry {n}").into_bytes()).collect()
}

/// All tiles of a log and its growing end.
fn grown(entries: &[Vec<u8>]) -> (TileMap, Edge) {
    let (mut tiles, mut edge) = (TileMap::new(), Edge::default());
    for entry in entries {
        for (tile, hashes) in edge.push(leaf_hash(entry)) {
            assert!(tile.is_full() && hashes.len() == 256);
            assert!(tiles.insert((tile.level, tile.index), hashes).is_none(), "a full tile comes once");
        }
    }
    for (tile, hashes) in edge.partial() {
        assert_eq!(usize::from(tile.width), hashes.len());
        tiles.insert((tile.level, tile.index), hashes.to_vec());
    }
    (tiles, edge)
}

/// The tiles that were said to be needed, and no other.
fn only(tiles: &TileMap, needed: &[Tile]) -> TileMap {
    needed
        .iter()
        .map(|tile| ((tile.level, tile.index), tiles[&(tile.level, tile.index)][..usize::from(tile.width)].to_vec()))
        .collect()
}

#[test]
fn every_proof_of_every_small_log() {
    let all = entries(40);
    let (tiles, _) = grown(&all);
    for size in 0..=all.len() {
        let log = &all[..size];
        let root = reference::root(log);
        let n = u64::try_from(size).unwrap();
        assert_eq!(grown(log).1.root(), root);
        assert_eq!(Tree::new(&tiles, n).root(), Ok(root), "a shorter log is proven from the tiles of a longer one");
        for index in 0..size {
            let (i, leaf) = (u64::try_from(index).unwrap(), leaf_hash(&log[index]));
            let proof = Tree::new(&tiles, n).inclusion(i).unwrap();
            assert_eq!(proof, reference::path(index, log));
            assert_eq!(verify_inclusion(&leaf, i, n, &proof, &root), Ok(()));
            for other in (0..n).filter(|other| *other != i) {
                assert!(verify_inclusion(&leaf, other, n, &proof, &root).is_err(), "entry {i} of {n} passed for {other}");
            }
        }
        for old in 1..=size {
            let (o, old_root) = (u64::try_from(old).unwrap(), reference::root(&log[..old]));
            let proof = Tree::new(&tiles, n).consistency(o).unwrap();
            assert_eq!(proof, reference::proof(old, log));
            assert_eq!(verify_consistency(o, &old_root, n, &root, &proof), Ok(()));
            for other in (1..=n).filter(|other| *other != o) {
                assert!(verify_consistency(other, &old_root, n, &root, &proof).is_err(), "{o} of {n} passed for {other}");
            }
        }
    }
}

#[test]
fn logs_of_several_levels() {
    let all = entries(70_000);
    let (tiles, edge) = grown(&all);
    let root = reference::root(&all);
    assert_eq!(edge.root(), root);
    assert_eq!(tiles.len(), 273 + 1 + 1 + 1 + 1, "the example of c2sp.org/tlog-tiles");
    for index in [0, 255, 256, 65_535, 65_536, 69_888, 69_999] {
        let i = u64::try_from(index).unwrap();
        let few = only(&tiles, &tiles_for_inclusion(i, 70_000).unwrap());
        assert!(few.len() <= 5, "{} tiles for one proof", few.len());
        let proof = Tree::new(&few, 70_000).inclusion(i).unwrap();
        assert_eq!(proof, reference::path(index, &all));
        assert_eq!(verify_inclusion(&leaf_hash(&all[index]), i, 70_000, &proof, &root), Ok(()));
    }
    for old in [1, 255, 256, 257, 65_535, 65_536, 65_537, 69_999, 70_000] {
        let o = u64::try_from(old).unwrap();
        let few = only(&tiles, &tiles_for_consistency(o, 70_000).unwrap());
        assert_eq!(Tree::new(&few, 70_000).consistency(o).unwrap(), reference::proof(old, &all));
    }
}

#[test]
fn a_log_is_taken_up_where_it_was_left() {
    let all = entries(1300);
    for size in [0, 1, 255, 256, 257, 1023, 1024, 1299] {
        let (tiles, edge) = grown(&all[..size]);
        let mut resumed = Edge::resume(u64::try_from(size).unwrap(), &tiles).unwrap();
        assert_eq!(resumed, edge);
        for entry in &all[size..] {
            let _ = resumed.push(leaf_hash(entry));
        }
        assert_eq!(resumed.root(), reference::root(&all));
    }
    let missing = Edge::resume(257, &TileMap::new());
    assert_eq!(missing, Err(LogError::TileMissing { tile: Tile { level: 0, index: 1, width: 1 } }));
}

#[test]
fn what_is_not_there_cannot_be_proven() {
    let (tiles, _) = grown(&entries(8));
    assert_eq!(Tree::new(&tiles, 8).inclusion(8), Err(LogError::Outside { index: 8, size: 8 }));
    assert_eq!(Tree::new(&tiles, 0).inclusion(0), Err(LogError::Outside { index: 0, size: 0 }));
    assert_eq!(Tree::new(&tiles, 8).consistency(9), Err(LogError::Sizes { old: 9, new: 8 }));
    assert_eq!(Tree::new(&tiles, 8).consistency(0), Err(LogError::Sizes { old: 0, new: 8 }));
    assert_eq!(Tree::new(&tiles, 9).root(), Err(LogError::TileMissing { tile: Tile { level: 0, index: 0, width: 9 } }));
    let root = reference::root(&entries(8));
    assert_eq!(verify_inclusion(&root, 0, 0, &[], &root), Err(LogError::Outside { index: 0, size: 0 }));
    assert_eq!(verify_consistency(0, &linli_publiclog::EMPTY_ROOT, 8, &root, &[]), Err(LogError::Sizes { old: 0, new: 8 }));
    assert_eq!(verify_consistency(0, &root, 0, &root, &[]), Err(LogError::Proof), "the empty log has one root only");
    assert!(verify_inclusion(&root, u64::MAX - 1, u64::MAX, &[root; 64], &root).is_err());
    assert!(verify_consistency(u64::MAX - 1, &root, u64::MAX, &root, &[root; 64]).is_err());
}

/// Everything that can be done to a proof with one hand.
fn altered(proof: &[Hash], place: usize, bit: usize) -> Vec<Vec<Hash>> {
    let mut all = vec![[proof, &[Hash([7; 32])]].concat(), [&[Hash([7; 32])], proof].concat()];
    if !proof.is_empty() {
        let place = place % proof.len();
        let mut flipped = proof.to_vec();
        flipped[place].0[bit / 8] ^= 1 << (bit % 8);
        let mut dropped = proof.to_vec();
        dropped.remove(place);
        let mut doubled = proof.to_vec();
        doubled.insert(place, proof[place]);
        let mut swapped = proof.to_vec();
        swapped.swap(0, place);
        all.extend([flipped, dropped, doubled]);
        if place > 0 {
            all.push(swapped);
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_altered_proof_is_refused(size in 1..700_usize, a in 0..700_usize, b in 0..64_usize, bit in 0..256_usize) {
        let log = entries(size);
        let (n, root) = (u64::try_from(size).unwrap(), reference::root(&log));
        let index = a % size;
        let (i, leaf) = (u64::try_from(index).unwrap(), leaf_hash(&log[index]));
        let path = reference::path(index, &log);
        prop_assert_eq!(verify_inclusion(&leaf, i, n, &path, &root), Ok(()));
        let mut other_root = root;
        other_root.0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify_inclusion(&leaf, i, n, &path, &other_root).is_err());
        prop_assert!(verify_inclusion(&leaf_hash(b"another"), i, n, &path, &root).is_err());
        for wrong in altered(&path, b, bit) {
            prop_assert!(verify_inclusion(&leaf, i, n, &wrong, &root).is_err());
        }

        let old = index + 1;
        let (o, old_root) = (u64::try_from(old).unwrap(), reference::root(&log[..old]));
        let proof = reference::proof(old, &log);
        prop_assert_eq!(verify_consistency(o, &old_root, n, &root, &proof), Ok(()));
        prop_assert!(verify_consistency(o, &old_root, n, &other_root, &proof).is_err());
        prop_assert!(verify_consistency(o, &other_root, n, &root, &proof).is_err());
        if old != size {
            prop_assert!(verify_consistency(o, &root, n, &old_root, &proof).is_err(), "roots exchanged");
            prop_assert!(verify_consistency(n, &old_root, o, &root, &proof).is_err(), "sizes exchanged");
        }
        for wrong in altered(&proof, b, bit) {
            prop_assert!(verify_consistency(o, &old_root, n, &root, &wrong).is_err());
        }
    }

    /// Whatever is claimed of whatever sizes: an answer, never a panic.
    #[test]
    fn no_claim_is_too_wild(a: u64, b: u64, hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70)) {
        let proof: Vec<Hash> = hashes.into_iter().map(Hash).collect();
        let root = Hash([1; 32]);
        prop_assert!(verify_inclusion(&root, a, b, &proof, &Hash([2; 32])).is_err());
        prop_assert!(verify_consistency(a, &root, b, &Hash([2; 32]), &proof).is_err());
    }
}
