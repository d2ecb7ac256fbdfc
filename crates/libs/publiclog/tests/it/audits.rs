//! A whole log, checked from its files alone.

use std::collections::BTreeMap;

use linli_publiclog::{
    Checkpoint, Edge, Files, Folder, Log, LogError, Resource, SigningKey, audit, encode_bundle, encode_hashes, leaf_hash,
    sign_next,
};

use crate::reference;

const NAME: &str = "log.example";

#[derive(Default, Clone)]
struct Shelf(BTreeMap<String, Vec<u8>>);

impl Files for Shelf {
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.get(path).cloned())
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(NAME, &[1; 32]).unwrap()
}

fn log() -> Log {
    Log::of(key().verifier().clone())
}

fn entries(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| vec![b'e'; n % 7]).collect()
}

fn checkpoint(entries: &[Vec<u8>]) -> Checkpoint {
    Checkpoint::new(NAME, u64::try_from(entries.len()).unwrap(), reference::root(entries))
}

/// The files of a log as the program that keeps it writes them.
fn shelf(entries: &[Vec<u8>]) -> Shelf {
    let mut shelf = Shelf::default();
    let mut edge = Edge::default();
    let mut put = |resource: Resource, bytes: Vec<u8>| assert!(shelf.0.insert(resource.to_string(), bytes).is_none());
    for entry in entries {
        for (tile, hashes) in edge.push(leaf_hash(entry)) {
            put(tile.resource(), encode_hashes(&hashes));
        }
    }
    for (tile, hashes) in edge.partial() {
        put(tile.resource(), encode_hashes(hashes));
    }
    for (index, bundle) in (0..).zip(entries.chunks(256)) {
        let width = u16::try_from(bundle.len()).unwrap();
        put(Resource::Entries { index, width }, encode_bundle(bundle.iter().map(Vec::as_slice)).unwrap());
    }
    put(Resource::Checkpoint, sign_next(&key(), None, &checkpoint(entries), &[]).unwrap().into_bytes());
    shelf
}

#[test]
fn a_right_log_is_found_right() {
    for size in [0, 1, 255, 256, 257, 600, 66_000] {
        let all = entries(size);
        let earlier: Vec<Checkpoint> =
            [0, 1, 200, 256, 600].iter().filter(|n| **n <= size).map(|n| checkpoint(&all[..*n])).collect();
        let mut seen = Vec::new();
        let found = audit(&mut shelf(&all), &log(), &earlier, |_, entry| seen.push(entry.to_vec())).unwrap();
        assert_eq!(found.checkpoint, checkpoint(&all));
        assert_eq!(seen, all);
    }
    assert_eq!(audit(&mut shelf(&entries(66_000)), &log(), &[], |_, _| ()).unwrap().tiles, 258 + 2 + 1);
}

#[test]
fn any_file_that_is_altered_shortened_or_taken_away_is_named() {
    let right = shelf(&entries(600));
    for path in right.0.keys() {
        let tried = |bytes: Option<Vec<u8>>| {
            let mut wrong = right.clone();
            match bytes {
                Some(bytes) => wrong.0.insert(path.clone(), bytes),
                None => wrong.0.remove(path),
            };
            audit(&mut wrong, &log(), &[], |_, _| ()).unwrap_err()
        };
        assert_eq!(tried(None), LogError::File { path: path.clone(), problem: "it is missing".into() });
        let mut flipped = right.0[path].clone();
        *flipped.last_mut().unwrap() ^= 1;
        let error = tried(Some(flipped));
        if path.starts_with("tile/entries/") {
            // What an entry says shows in the tile over it; a length shows in the bundle.
            let tile = path.replace("entries", "0");
            let broken = LogError::File { path: path.clone(), problem: "it does not hold the entries it should".into() };
            assert!(error == LogError::Differs { path: tile } || error == broken, "{path}: {error}");
        } else if path != "checkpoint" {
            assert_eq!(error, LogError::Differs { path: path.clone() });
        }
        let short = right.0[path][..right.0[path].len() - 1].to_vec();
        assert!(tried(Some(short)).to_string().contains(path.as_str()) || path == "checkpoint");
    }
}

#[test]
fn a_full_file_stands_in_for_one_that_was_not_full() {
    let (before, after) = (shelf(&entries(300)), shelf(&entries(600)));
    let mut cleaned = after;
    cleaned.0.insert("checkpoint".into(), before.0["checkpoint"].clone());
    for (path, bytes) in before.0 {
        if path == "tile/1/000.p/1" {
            cleaned.0.insert(path, bytes);
        }
    }
    assert_eq!(audit(&mut cleaned, &log(), &[], |_, _| ()).unwrap().checkpoint.size, 300);
}

#[test]
fn a_log_that_was_rolled_back_or_rewritten_is_found_out() {
    let all = entries(600);
    let earlier = checkpoint(&all);
    let back = audit(&mut shelf(&all[..500]), &log(), std::slice::from_ref(&earlier), |_, _| ());
    assert_eq!(back, Err(LogError::RolledBack { before: 600, now: 500 }));
    let mut rewritten = entries(700);
    rewritten[3] = b"another".to_vec();
    assert!(audit(&mut shelf(&rewritten), &log(), &[], |_, _| ()).is_ok(), "by itself it is a right log");
    let found = audit(&mut shelf(&rewritten), &log(), std::slice::from_ref(&earlier), |_, _| ());
    assert_eq!(found, Err(LogError::RolledBack { before: 600, now: 700 }));
    let mut damaged = shelf(&entries(700));
    damaged.0.get_mut("tile/entries/000").unwrap()[4] ^= 1;
    let found = audit(&mut damaged, &log(), std::slice::from_ref(&earlier), |_, _| ());
    assert_eq!(found, Err(LogError::Differs { path: "tile/0/000".into() }), "a damaged file is not a broken promise");
    let other = Checkpoint { origin: "other.example".into(), ..earlier };
    assert!(matches!(audit(&mut shelf(&all), &log(), &[other], |_, _| ()), Err(LogError::Origin { .. })));
    let mut signed_wrongly = shelf(&all);
    let wrong = Checkpoint::new(NAME, 600, linli_publiclog::Hash([9; 32]));
    signed_wrongly.0.insert("checkpoint".into(), sign_next(&key(), None, &wrong, &[]).unwrap().into_bytes());
    assert_eq!(audit(&mut signed_wrongly, &log(), &[], |_, _| ()), Err(LogError::Proof));
}

#[test]
fn a_log_in_a_folder_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let all = entries(300);
    for (path, bytes) in shelf(&all).0 {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    let mut files = Folder(folder.path().to_owned());
    assert_eq!(audit(&mut files, &log(), &[], |_, _| ()).unwrap().tiles, 3);
    assert_eq!(files.read("tile/0/999").unwrap(), None);
    assert!(files.read("tile").is_err(), "a folder is not a file");
}
