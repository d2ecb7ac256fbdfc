//! Where the bytes come from, and how far they have been read.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that can be read more than once: detection, checks and rows are passes of their own.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A file on disk.
    File(PathBuf),
    /// Bytes in memory, with the name they came under.
    Bytes {
        /// The name, for its extension and for messages.
        name: String,
        /// The bytes.
        bytes: Arc<[u8]>,
    },
}

pub(crate) trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

impl Origin {
    /// The name without folders.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
            Self::Bytes { name, .. } => name.clone(),
        }
    }

    pub(crate) fn len(&self) -> io::Result<u64> {
        match self {
            Self::File(path) => Ok(std::fs::metadata(path)?.len()),
            Self::Bytes { bytes, .. } => u64::try_from(bytes.len()).map_err(io::Error::other),
        }
    }

    pub(crate) fn open(&self) -> io::Result<Box<dyn ReadSeek>> {
        Ok(match self {
            Self::File(path) => Box::new(std::fs::File::open(path)?),
            Self::Bytes { bytes, .. } => Box::new(Cursor::new(Arc::clone(bytes))),
        })
    }

    pub(crate) fn open_counted(&self) -> io::Result<(Counted, Progress)> {
        let progress = Progress { done: Arc::default(), total: self.len()? };
        Ok((Counted { inner: self.open()?, position: 0, done: Arc::clone(&progress.done) }, progress))
    }
}

/// How far a file has been read; cheap to clone and to ask from another thread.
#[derive(Debug, Clone)]
pub struct Progress {
    done: Arc<AtomicU64>,
    total: u64,
}

impl Progress {
    /// Bytes read so far. For a packed file the farthest byte that was touched.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed).min(self.total)
    }

    /// Bytes of the file.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }
}

/// A reader that tells its [`Progress`] how far it is.
pub(crate) struct Counted {
    inner: Box<dyn ReadSeek>,
    position: u64,
    done: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.position = self.position.saturating_add(u64::try_from(n).unwrap_or(0));
        self.done.fetch_max(self.position, Ordering::Relaxed);
        Ok(n)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.inner.seek(to)?;
        Ok(self.position)
    }
}
