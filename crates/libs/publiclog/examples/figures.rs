//! Measures a log in memory: one inclusion proof, and the check of the whole log. `figures [ENTRIES]`, 10,000,000 unless told.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "it prints what it measured and stops at the first surprise")]

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use linli_publiclog::{
    Checkpoint, Edge, Files, Log, Resource, SigningKey, Tree, audit, decode_hashes, encode_bundle, encode_hashes, leaf_hash,
    sign_next, tiles_for_inclusion, verify_inclusion,
};

struct Memory(HashMap<String, Vec<u8>>);

impl Files for Memory {
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.get(path).cloned())
    }
}

fn entry(n: u64) -> Vec<u8> {
    format!("publiclog/entry@v1\nballot.cast\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n{{\"topic\":4,\"number\":{n}}}")
        .into_bytes()
}

fn main() {
    let count: u64 = std::env::args().nth(1).map_or(10_000_000, |text| text.parse().unwrap());
    let key = SigningKey::from_seed("figures.example", &[1; 32]).unwrap();
    let (mut files, mut edge, mut bundle) = (Memory(HashMap::new()), Edge::default(), Vec::new());
    let started = Instant::now();
    for n in 0..count {
        let bytes = entry(n);
        for (tile, hashes) in edge.push(leaf_hash(&bytes)) {
            files.0.insert(tile.resource().to_string(), encode_hashes(&hashes));
        }
        bundle.push(bytes);
        if bundle.len() == 256 || n + 1 == count {
            let resource = Resource::Entries { index: n / 256, width: u16::try_from(bundle.len()).unwrap() };
            files.0.insert(resource.to_string(), encode_bundle(bundle.iter().map(Vec::as_slice)).unwrap());
            bundle.clear();
        }
    }
    for (tile, hashes) in edge.partial() {
        files.0.insert(tile.resource().to_string(), encode_hashes(hashes));
    }
    let checkpoint = Checkpoint::new("figures.example", count, edge.root());
    files.0.insert("checkpoint".into(), sign_next(&key, None, &checkpoint, &[]).unwrap().into_bytes());
    println!("{count} entries written in {:.2} s", started.elapsed().as_secs_f64());

    let proofs = 1000_u32;
    let started = Instant::now();
    for n in 0..u64::from(proofs) {
        let index = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % count;
        let tiles: BTreeMap<_, _> = tiles_for_inclusion(index, count)
            .unwrap()
            .into_iter()
            .map(|tile| {
                ((tile.level, tile.index), decode_hashes(&files.read(&tile.resource().to_string()).unwrap().unwrap()).unwrap())
            })
            .collect();
        let proof = Tree::new(&tiles, count).inclusion(index).unwrap();
        verify_inclusion(&leaf_hash(&entry(index)), index, count, &proof, &checkpoint.root).unwrap();
    }
    println!("one inclusion proof made and checked in {:.3} ms", started.elapsed().as_secs_f64() * 1e3 / f64::from(proofs));

    let started = Instant::now();
    let found = audit(&mut files, &Log::of(key.verifier().clone()), &[], |_, _| ()).unwrap();
    println!("{} entries and {} tiles checked in {:.2} s", found.checkpoint.size, found.tiles, started.elapsed().as_secs_f64());
}
