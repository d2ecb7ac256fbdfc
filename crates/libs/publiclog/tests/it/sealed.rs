//! Commitments and entries: what is erased leaves every proof as it was.

use std::collections::BTreeMap;

use linli_publiclog::{Commitment, Edge, Entry, Hash, LogError, Salt, Tree, leaf_hash, verify_inclusion};
use proptest::prelude::*;

use crate::reference;

#[test]
fn a_commitment_is_the_hash_it_says_it_is() {
    let salt = Salt([7; 32]);
    let by_hand =
        reference::sha256(&[b"publiclog/commitment@v1\n", &[0, 0, 0, 0, 0, 0, 0, 6], b"ballot", &[7; 32], "同意".as_bytes()]);
    assert_eq!(Commitment::to("ballot", &salt, "同意".as_bytes()).0, by_hand.0);
    assert!(!format!("{salt:?}").contains('7'), "a salt is not shown");
}

#[test]
fn erasing_a_person_breaks_no_proof() {
    let salts = [Salt([1; 32]), Salt([2; 32])];
    let words = [b"Home 3-502, agrees".as_slice(), b"Home 3-501, objects"];
    let entry = |n: usize| Entry {
        kind: "ballot.cast".into(),
        sealed: Some(Commitment::to("ballot.cast", &salts[n], words[n])),
        public: b"{\"topic\":4}".to_vec(),
    };
    let logged: Vec<Vec<u8>> = (0..2).map(|n| entry(n).to_bytes().unwrap()).collect();
    let mut edge = Edge::default();
    for bytes in &logged {
        let _ = edge.push(leaf_hash(bytes));
    }
    let tiles: BTreeMap<(u8, u64), Vec<Hash>> =
        edge.partial().map(|(tile, hashes)| ((tile.level, tile.index), hashes.to_vec())).collect();
    let proof = Tree::new(&tiles, 2).inclusion(1).unwrap();

    // With words and salt the home sees its own ballot in the log.
    assert!(Entry::read(&logged[1]).unwrap().opens(&salts[1], words[1]));
    assert!(!Entry::read(&logged[1]).unwrap().opens(&salts[1], b"Home 3-501, agrees"));
    assert!(!Entry::read(&logged[1]).unwrap().opens(&salts[0], words[1]));
    // Without them, which are erased, the log is checked as before, and holds neither.
    assert_eq!(verify_inclusion(&leaf_hash(&logged[1]), 1, 2, &proof, &edge.root()), Ok(()));
    assert!(!String::from_utf8_lossy(&logged[1]).contains("3-501"));
}

#[test]
fn what_is_no_entry_is_refused() {
    for bytes in [
        b"".as_slice(),
        b"publiclog/entry@v1",
        b"publiclog/entry@v1\na\n-",
        b"publiclog/entry@v2\na\n-\n",
        b"publiclog/entry@v1\n\n-\n",
        b"publiclog/entry@v1\nA\n-\n",
        b"publiclog/entry@v1\na\n\n",
        b"publiclog/entry@v1\na\nAAAA\n",
        b"publiclog/entry@v1\na\n\xff\n",
    ] {
        assert!(matches!(Entry::read(bytes), Err(LogError::Entry { .. })), "{}", String::from_utf8_lossy(bytes));
    }
    let entry = |kind: &str, bytes| Entry { kind: kind.into(), sealed: None, public: vec![b'x'; bytes] }.to_bytes();
    assert!(matches!(entry("a b", 0), Err(LogError::Entry { .. })));
    assert!(matches!(entry("", 0), Err(LogError::Entry { .. })));
    assert!(entry("a", 65_535 - 23).is_ok());
    assert_eq!(entry("a", 65_536 - 23), Err(LogError::TooLong { bytes: 65_536 }));
    assert!(!Entry { kind: "a".into(), sealed: None, public: Vec::new() }.opens(&Salt([0; 32]), b""));
}

proptest! {
    #[test]
    fn an_entry_is_read_as_it_is_written(
        kind in "[a-z0-9._-]{1,20}", sealed: Option<[u8; 32]>, public in prop::collection::vec(any::<u8>(), 0..80)
    ) {
        let entry = Entry { kind, sealed: sealed.map(Commitment), public };
        prop_assert_eq!(Entry::read(&entry.to_bytes().unwrap()), Ok(entry));
    }

    /// Nothing can be moved between purpose, salt and words.
    #[test]
    fn commitments_to_different_things_differ(
        purpose in "[a-z]{0,6}", words in prop::collection::vec(any::<u8>(), 0..40), other in "[a-z]{1,3}"
    ) {
        let salt = Salt([3; 32]);
        let made = Commitment::to(&purpose, &salt, &words);
        prop_assert!(made.opens(&purpose, &salt, &words));
        let moved = [other.as_bytes(), &words].concat();
        prop_assert_ne!(made, Commitment::to(&format!("{purpose}{other}"), &salt, &words));
        prop_assert_ne!(Commitment::to(&format!("{purpose}{other}"), &salt, &words), Commitment::to(&purpose, &salt, &moved));
        prop_assert_ne!(made, Commitment::to(&purpose, &Salt([4; 32]), &words));
    }
}
