//! RFC 6962 section 2.1 word for word over a list of entries, with another implementation of SHA-256 than the crate's.

use linli_publiclog::Hash;
use ring::digest::{SHA256, digest};

pub fn sha256(parts: &[&[u8]]) -> Hash {
    Hash(digest(&SHA256, &parts.concat()).as_ref().try_into().unwrap())
}

fn split(length: usize) -> usize {
    (0..).map(|power| 1 << power).take_while(|k| *k < length).last().unwrap()
}

/// MTH(D[n]).
pub fn root(entries: &[Vec<u8>]) -> Hash {
    match entries {
        [] => sha256(&[]),
        [one] => sha256(&[&[0], one]),
        more => {
            let (left, right) = more.split_at(split(more.len()));
            sha256(&[&[1], &root(left).0, &root(right).0])
        }
    }
}

/// PATH(m, D[n]).
pub fn path(m: usize, entries: &[Vec<u8>]) -> Vec<Hash> {
    if entries.len() == 1 {
        return Vec::new();
    }
    let k = split(entries.len());
    let (left, right) = entries.split_at(k);
    let (mut hashes, last) = if m < k { (path(m, left), root(right)) } else { (path(m - k, right), root(left)) };
    hashes.push(last);
    hashes
}

/// PROOF(m, D[n]).
pub fn proof(m: usize, entries: &[Vec<u8>]) -> Vec<Hash> {
    subproof(m, entries, true)
}

fn subproof(m: usize, entries: &[Vec<u8>], whole: bool) -> Vec<Hash> {
    if m == entries.len() {
        return if whole { Vec::new() } else { vec![root(entries)] };
    }
    let k = split(entries.len());
    let (left, right) = entries.split_at(k);
    let (mut hashes, last) =
        if m <= k { (subproof(m, left, whole), root(right)) } else { (subproof(m - k, right, false), root(left)) };
    hashes.push(last);
    hashes
}
