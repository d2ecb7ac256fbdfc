//! Checking a whole log from outside.

use std::io;
use std::path::PathBuf;

use crate::tile::{decode_bundle, decode_hashes};
use crate::{Checkpoint, Edge, Hash, Log, LogError, Resource, Tile, leaf_hash};

/// Where the files of a log come from: a folder, a web server, an archive.
pub trait Files {
    /// The bytes under a path below the prefix of the log; `None` when there is no such file.
    ///
    /// # Errors
    /// In words, when it cannot be said whether there is such a file or what is in it.
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, String>;
}

/// A log in a folder, its files lying as their paths say.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

impl Files for Folder {
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
        match std::fs::read(self.0.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// What was found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// The checkpoint that was checked.
    pub checkpoint: Checkpoint,
    /// How many tiles of hashes were compared with the entries.
    pub tiles: u64,
}

/// Checks a whole log: the signature of its checkpoint, that its entries lead to the signed root, that every tile follows from them,
/// and that it begins with each of the `earlier` checkpoints (signed by the same log and opened before). Every entry is handed to
/// `each` with its number, before the log as a whole was found right.
///
/// # Errors
/// [`LogError::RolledBack`] when it does not begin with an earlier checkpoint; [`LogError::File`] and [`LogError::Differs`] with the
/// file; [`LogError::Proof`] when the entries lead to another root; what [`Checkpoint::open`] says.
pub fn audit(
    files: &mut impl Files,
    log: &Log,
    earlier: &[Checkpoint],
    mut each: impl FnMut(u64, &[u8]),
) -> Result<Audited, LogError> {
    let checkpoint = Checkpoint::open(&fetch(files, Resource::Checkpoint)?, log)?;
    for before in earlier {
        if before.origin != log.origin {
            return Err(LogError::Origin { expected: log.origin.clone(), found: before.origin.clone() });
        }
        if before.size > checkpoint.size {
            return Err(LogError::RolledBack { before: before.size, now: checkpoint.size });
        }
    }
    let mut walk = Walk { files, edge: Edge::default(), tiles: 0, broken_promise: None };
    walk.compare_with(earlier);
    let mut index = 0;
    while let Some(bundle) = Tile::in_log(checkpoint.size, 0, index) {
        let width = usize::from(bundle.width);
        let resource = Resource::Entries { index, width: bundle.width };
        let bytes = fetch(walk.files, resource)?;
        let entries = decode_bundle(&bytes).and_then(|entries| entries.get(..width).map(<[&[u8]]>::to_vec));
        for entry in entries.ok_or_else(|| broken(resource, "it does not hold the entries it should"))? {
            each(walk.edge.size(), entry);
            for (tile, hashes) in walk.edge.push(leaf_hash(entry)) {
                walk.compare(tile, &hashes)?;
            }
            walk.compare_with(earlier);
        }
        index = index.saturating_add(1);
    }
    let edge = std::mem::take(&mut walk.edge);
    for (tile, hashes) in edge.partial() {
        walk.compare(tile, hashes)?;
    }
    if edge.root() != checkpoint.root {
        return Err(LogError::Proof);
    }
    match walk.broken_promise {
        Some(before) => Err(LogError::RolledBack { before, now: checkpoint.size }),
        None => Ok(Audited { tiles: walk.tiles, checkpoint }),
    }
}

struct Walk<'a, F> {
    files: &'a mut F,
    edge: Edge,
    tiles: u64,
    /// The first earlier checkpoint that the log does not begin with. Told last: a file that was damaged is not a log that was rewritten.
    broken_promise: Option<u64>,
}

impl<F: Files> Walk<'_, F> {
    fn compare(&mut self, tile: Tile, hashes: &[Hash]) -> Result<(), LogError> {
        let resource = tile.resource();
        let served = decode_hashes(&fetch(self.files, resource)?).ok_or_else(|| broken(resource, "it does not hold hashes"))?;
        self.tiles = self.tiles.saturating_add(1);
        let same = served.get(..usize::from(tile.width)) == Some(hashes);
        if same { Ok(()) } else { Err(LogError::Differs { path: resource.to_string() }) }
    }

    /// Looks at the checkpoints that were signed when the log was as long as it is up to here.
    fn compare_with(&mut self, earlier: &[Checkpoint]) {
        let size = self.edge.size();
        if self.broken_promise.is_none() && earlier.iter().any(|before| before.size == size && before.root != self.edge.root()) {
            self.broken_promise = Some(size);
        }
    }
}

/// A file, or in the place of one that is not full any more the full one that begins with it.
fn fetch(files: &mut impl Files, resource: Resource) -> Result<Vec<u8>, LogError> {
    for path in [resource, resource.filled()].map(|resource| resource.to_string()) {
        match files.read(&path) {
            Ok(Some(bytes)) => return Ok(bytes),
            Ok(None) => {}
            Err(problem) => return Err(LogError::File { path, problem }),
        }
    }
    Err(broken(resource, "it is missing"))
}

fn broken(resource: Resource, problem: &str) -> LogError {
    LogError::File { path: resource.to_string(), problem: problem.to_owned() }
}
