//! Published vectors and a sample log, beside the suite: `LINLI_TEST_DATA` names the folder that holds them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linli_publiclog::{
    Checkpoint, Edge, Hash, Log, LogError, ProofFile, Resource, SigningKey, Tree, VerifierKey, decode_bundle, decode_hashes,
    leaf_hash, open_note, verify_consistency, verify_inclusion,
};
use serde_json::Value;

/// `None`, said aloud, when there is no such folder.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("LINLI_TEST_DATA");
    if folder.is_none() {
        println!("skipped: LINLI_TEST_DATA is not set");
    }
    folder.map(|folder| Path::new(&folder).join("translog"))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn hashes(list: &Value) -> Vec<Hash> {
    list.as_array().map(|list| list.iter().map(hash).collect()).unwrap_or_default()
}

fn hash(text: &Value) -> Hash {
    text.as_str().unwrap().parse().unwrap()
}

fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn leaves(folder: &Path) -> Vec<Vec<u8>> {
    json(&folder.join("rfc6962-leaves-roots.json"))["leaves"].as_array().unwrap().iter().map(|leaf| hex(&leaf["data"])).collect()
}

fn cases(folder: &Path) -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    for group in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(group.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            found.push((path.clone(), json(&path)));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn the_reference_leaves_have_the_reference_roots() {
    let Some(folder) = folder() else { return };
    let known = json(&folder.join("rfc6962-leaves-roots.json"));
    let mut edge = Edge::default();
    let mut roots = vec![edge.root()];
    for (leaf, entry) in known["leaves"].as_array().unwrap().iter().zip(leaves(&folder)) {
        assert_eq!(leaf_hash(&entry).0.to_vec(), hex(&leaf["leaf_hash"]));
        let _ = edge.push(leaf_hash(&entry));
        roots.push(edge.root());
    }
    let expected: Vec<Vec<u8>> = known["roots"].as_array().unwrap().iter().map(|root| hex(&root["root"])).collect();
    assert_eq!(roots.iter().map(|root| root.0.to_vec()).collect::<Vec<_>>(), expected);
    assert_eq!(expected.len(), 9);
}

/// Two of the consistency vectors have roots that are no hashes; they say no more than that equal roots of equal sizes are consistent.
#[test]
fn the_published_proofs_hold_and_altered_ones_do_not() {
    let Some(folder) = folder() else { return };
    let number = |value: &Value| value.as_u64().unwrap();
    let mut checked = 0;
    for (path, case) in cases(&folder.join("merkle-ok/inclusion")) {
        let (leaf, root, proof) = (hash(&case["leafHash"]), hash(&case["root"]), hashes(&case["proof"]));
        let (index, size) = (number(&case["leafIdx"]), number(&case["treeSize"]));
        assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()), "{}", path.display());
        assert!(verify_inclusion(&leaf, index + 1, size, &proof, &root).is_err());
        assert!(verify_inclusion(&leaf, index, size + 1, &proof, &root).is_err() || proof.len() > 1);
        assert!(verify_inclusion(&leaf, index, size, &[proof.clone(), vec![root]].concat(), &root).is_err());
        for at in 0..proof.len() {
            let mut wrong = proof.clone();
            wrong[at].0[31] ^= 1;
            assert!(verify_inclusion(&leaf, index, size, &wrong, &root).is_err());
            wrong.remove(at);
            assert!(verify_inclusion(&leaf, index, size, &wrong, &root).is_err());
        }
        checked += 1;
    }
    for (path, case) in cases(&folder.join("merkle-ok/consistency")) {
        let (Ok(old_root), Ok(root)) = (case["root1"].as_str().unwrap().parse(), case["root2"].as_str().unwrap().parse()) else {
            println!("left out, its roots are no hashes: {}", path.display());
            continue;
        };
        let proof = hashes(&case["proof"]);
        let (old, size) = (number(&case["size1"]), number(&case["size2"]));
        assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()), "{}", path.display());
        if old != size {
            assert!(verify_consistency(old, &root, size, &old_root, &proof).is_err());
        }
        for at in 0..proof.len() {
            let mut wrong = proof.clone();
            wrong[at].0[0] ^= 1;
            assert!(verify_consistency(old, &old_root, size, &root, &wrong).is_err());
            wrong.remove(at);
            assert!(verify_consistency(old, &old_root, size, &root, &wrong).is_err());
        }
        checked += 1;
    }
    assert_eq!(checked, 11);
}

#[test]
fn the_sample_log_is_read_and_signed_alike() {
    let Some(folder) = folder() else { return };
    let samples = folder.join("samples");
    let about = json(&samples.join("keys-and-proofs.json"));
    let text = |name: &str| about[name].as_str().unwrap();
    let origin = text("origin");
    let seed = |name: &str| -> [u8; 32] { hex(&about[name]).try_into().unwrap() };
    let ours = SigningKey::from_seed(origin, &seed("log_seed_hex")).unwrap();
    let second = SigningKey::from_seed("second.linli.example/s1", &seed("second_seed_hex")).unwrap();
    assert_eq!(ours.verifier().to_string(), text("log_verifier_key"));
    let second_key: VerifierKey = text("second_verifier_key").parse().unwrap();
    assert_eq!(second.verifier(), &second_key);
    let log = Log::of(text("log_verifier_key").parse().unwrap());

    let notes = ["checkpoint-5.txt", "checkpoint-8.txt"].map(|name| std::fs::read_to_string(samples.join(name)).unwrap());
    let [five, eight] = notes.each_ref().map(|note| Checkpoint::open(note.as_bytes(), &log).unwrap());
    // Ed25519 signatures are determined by key and text (RFC 8032), so ours are the same to the byte.
    assert_eq!(linli_publiclog::sign_note(&five.text().unwrap(), &[&ours]).unwrap(), notes[0]);
    assert_eq!(linli_publiclog::sign_note(&eight.text().unwrap(), &[&ours, &second]).unwrap(), notes[1]);
    assert_eq!(open_note(notes[1].as_bytes(), std::slice::from_ref(&second_key)).unwrap().signers, ["second.linli.example/s1"]);
    assert!(matches!(open_note(notes[0].as_bytes(), &[second_key]), Err(LogError::Stranger { .. })));
    assert_eq!(eight.follows(&five, &hashes(&about["consistency_5_to_8"])), Ok(()));

    let tile: Resource = "tile/0/000.p/8".parse().unwrap();
    assert!(matches!(tile, Resource::Hashes(tile) if tile.width == 8));
    let tile_bytes = std::fs::read(samples.join("tile-0-000.p-8.bin")).unwrap();
    let tiles = BTreeMap::from([((0_u8, 0_u64), decode_hashes(&tile_bytes).unwrap())]);
    assert_eq!(Tree::new(&tiles, 8).consistency(5).unwrap(), hashes(&about["consistency_5_to_8"]));
    let inclusion = hashes(&about["inclusion_of_index_3_in_size_8"]);
    assert_eq!(Tree::new(&tiles, 8).inclusion(3).unwrap(), inclusion);
    let bundle = std::fs::read(samples.join("entries-000.p-8.bin")).unwrap();
    let entries = decode_bundle(&bundle).unwrap();
    assert_eq!(entries, leaves(&folder));
    let file = ProofFile { extra: None, index: 3, proof: inclusion, checkpoint: notes[1].clone() };
    assert_eq!(ProofFile::read(&file.to_text()).unwrap().verify(entries[3], &log), Ok(eight));
}
