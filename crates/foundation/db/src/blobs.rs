//! Files beside the database, named by the SHA-256 of their bytes.
//!
//! A blob is on disk before the transaction that names it commits. A blob nobody names is swept a day
//! later: what it was stored for did not happen.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use linli_kernel::Ts;
use sha2::{Digest, Sha256};

use crate::error::{DbError, Result};
use crate::{Tx, exec};

/// The SHA-256 of a blob's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobHash(pub [u8; 32]);

impl BlobHash {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// From a stored column. `None` when it is not 32 bytes.
    #[must_use]
    pub fn from_column(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl std::fmt::Display for BlobHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::str::FromStr for BlobHash {
    type Err = hex::FromHexError;
    fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
        let mut hash = [0; 32];
        hex::decode_to_slice(s, &mut hash)?;
        Ok(Self(hash))
    }
}

/// The folder of blobs.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    pub(crate) const fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Stores the bytes durably (file and folder entry are synced) and gives their name. Storing the same twice is one file.
    ///
    /// # Errors
    /// `Full` when there is no room, `Blob` when the disk refuses otherwise.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<BlobHash> {
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || put(&folder, &bytes))
            .await
            .map_err(|_| DbError::Unavailable(None))?
            .map_err(|error| if is_full(&error) { DbError::Full(error) } else { DbError::Blob(error) })
    }

    /// Reads a blob. `None` when it is not there; damage is an error.
    ///
    /// # Errors
    /// `Blob` when the disk refuses, `Inconsistent` when the bytes do not fit the name.
    pub async fn get(&self, hash: BlobHash) -> Result<Option<Vec<u8>>> {
        match tokio::fs::read(self.path(hash)).await {
            Ok(bytes) if BlobHash::of(&bytes) == hash => Ok(Some(bytes)),
            Ok(_) => Err(DbError::Inconsistent { table: "blob", column: "hash", row: hash.to_string() }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(DbError::Blob(e)),
        }
    }

    async fn remove(&self, hash: BlobHash) -> Result<()> {
        match tokio::fs::remove_file(self.path(hash)).await {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(DbError::Blob(e)),
            _ => Ok(()),
        }
    }

    /// Blobs that lay there before an instant, and drafts whose writer did not come to the end.
    async fn old(&self, before: std::time::SystemTime) -> Result<Vec<BlobHash>> {
        let folder = self.folder.clone();
        let walk = move || old(&folder, before);
        tokio::task::spawn_blocking(walk).await.map_err(|_| DbError::Unavailable(None))?.map_err(DbError::Blob)
    }

    /// The folder itself, for backup.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, hash: BlobHash) -> PathBuf {
        path_in(&self.folder, hash)
    }
}

impl Tx {
    /// Records that this district uses a blob. Recording it again changes nothing.
    ///
    /// # Errors
    /// Store errors.
    pub async fn name_blob(&mut self, hash: BlobHash, media_type: &str, bytes: u64, at: Ts) -> Result<()> {
        let district = self.district();
        let size = i64::try_from(bytes).unwrap_or(i64::MAX);
        let c = &mut self.conn()?;
        exec!(
            c,
            sqlx::query(
                "INSERT INTO blob (district_id, hash, media_type, bytes, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (district_id, hash) DO NOTHING"
            )
            .bind(district)
            .bind(hash.0.as_slice())
            .bind(media_type)
            .bind(size)
            .bind(at)
        )
        .map(|_| ())
    }
}

impl crate::Db {
    /// Removes the files that no record names and that have lain there for a day. Gives how many.
    ///
    /// # Errors
    /// Store errors; `Blob` when the disk refuses.
    pub async fn sweep_blobs(&self, now: Ts) -> Result<u64> {
        const KEPT_SECS: i64 = 86_400;
        let before = u64::try_from(now.plus_secs(-KEPT_SECS).0).unwrap_or(0);
        let before = std::time::UNIX_EPOCH + std::time::Duration::from_micros(before);
        let mut swept = 0;
        for hash in self.blobs().old(before).await? {
            let mut read = self.read().await?;
            let c = &mut read.conn();
            let named: Option<i64> = crate::sql!(c, x => sqlx::query_scalar(
                "SELECT b.bytes FROM district d JOIN blob b ON b.district_id = d.id AND b.hash = $1 LIMIT 1"
            ).bind(hash.0.as_slice()).fetch_optional(x).await)?;
            if named.is_none() {
                self.blobs().remove(hash).await?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

fn old(folder: &Path, before: std::time::SystemTime) -> std::io::Result<Vec<BlobHash>> {
    let mut found = Vec::new();
    let shelves = match std::fs::read_dir(folder) {
        Ok(shelves) => shelves,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(e) => return Err(e),
    };
    for shelf in shelves {
        let shelf = shelf?;
        if !shelf.file_type()?.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(shelf.path())? {
            let file = file?;
            if file.metadata()?.modified()? >= before {
                continue;
            }
            let name = format!("{}{}", shelf.file_name().to_string_lossy(), file.file_name().to_string_lossy());
            match name.parse() {
                Ok(hash) => found.push(hash),
                Err(_) if file.file_name().to_string_lossy().starts_with("draft-") => std::fs::remove_file(file.path())?,
                Err(_) => {}
            }
        }
    }
    Ok(found)
}

fn path_in(folder: &Path, hash: BlobHash) -> PathBuf {
    let name = hash.to_string();
    let (shelf, rest) = name.split_at(2);
    folder.join(shelf).join(rest)
}

fn put(folder: &Path, bytes: &[u8]) -> std::io::Result<BlobHash> {
    let hash = BlobHash::of(bytes);
    let path = path_in(folder, hash);
    let shelf = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(shelf)?;
    // Writers of the same blob each use a file of their own; the last rename wins and all are equal.
    let draft = shelf.join(format!("draft-{hash}-{:?}", std::thread::current().id()));
    if path.exists() {
        // It is wanted again: a sweep that finds it unnamed must not take it away before its record is there. How late it is the
        // file system says itself, by a file made now.
        let now = std::fs::File::create(&draft)?.metadata()?.modified()?;
        std::fs::remove_file(&draft)?;
        std::fs::File::options().append(true).open(&path)?.set_modified(now)?;
        return Ok(hash);
    }
    let written = write_synced(&draft, bytes).and_then(|()| std::fs::rename(&draft, &path));
    if written.is_err() {
        // What is left of it would take the room that is missing.
        let _ = std::fs::remove_file(&draft);
    }
    written?;
    std::fs::File::open(shelf)?.sync_all()?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(hash)
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// No room: somebody can make some, and the same request may then be tried again.
fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
