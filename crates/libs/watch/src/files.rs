//! Where bytes are kept. The watch reads and writes through this trait only, so that tests can lose what a power cut loses.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// A folder of files. Names are plain words.
pub trait Files {
    /// The names of all files.
    ///
    /// # Errors
    /// As the system says.
    fn list(&mut self) -> io::Result<Vec<String>>;
    /// Makes an empty file, or empties the one that there is. Its name is on disk when this returns.
    ///
    /// # Errors
    /// As the system says.
    fn create(&mut self, name: &str) -> io::Result<()>;
    /// Reads from `offset` on; fewer bytes than asked for only at the end of the file.
    ///
    /// # Errors
    /// As the system says.
    fn read(&mut self, name: &str, offset: u64, into: &mut [u8]) -> io::Result<usize>;
    /// How many bytes a file has.
    ///
    /// # Errors
    /// As the system says.
    fn length(&mut self, name: &str) -> io::Result<u64>;
    /// Writes at `offset`. It need not be on disk when this returns.
    ///
    /// # Errors
    /// As the system says; some of the bytes may have been written.
    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// All that was written to this file is on disk when this returns.
    ///
    /// # Errors
    /// As the system says; then any of what was written since the last success may be on disk or not.
    fn sync(&mut self, name: &str) -> io::Result<()>;
    /// Renames, over another file if there is one. On disk when this returns.
    ///
    /// # Errors
    /// As the system says.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file. On disk when this returns.
    ///
    /// # Errors
    /// As the system says.
    fn remove(&mut self, name: &str) -> io::Result<()>;
}

/// A folder of the file system, used by nobody else.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    open: HashMap<String, File>,
}

impl Folder {
    /// Opens it, or makes it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        fs::create_dir_all(&path)?;
        Ok(Self { path, open: HashMap::new() })
    }

    fn file(&mut self, name: &str) -> io::Result<&File> {
        if !self.open.contains_key(name) {
            let file = OpenOptions::new().read(true).write(true).open(self.path.join(name))?;
            self.open.insert(name.to_owned(), file);
        }
        self.open.get(name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

impl Files for Folder {
    fn list(&mut self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for item in fs::read_dir(&self.path)? {
            let item = item?;
            if item.file_type()?.is_file() {
                names.extend(item.file_name().into_string());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(self.path.join(name))?;
        self.open.insert(name.to_owned(), file);
        self.sync_names()
    }

    fn read(&mut self, name: &str, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let file = self.file(name)?;
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, offset + u64::try_from(done).unwrap_or_default()) {
                Ok(0) => break,
                Ok(bytes) => done += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn length(&mut self, name: &str) -> io::Result<u64> {
        Ok(self.file(name)?.metadata()?.len())
    }

    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file(name)?.write_all_at(bytes, offset)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.file(name)?.sync_data()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))?;
        self.open.remove(to);
        if let Some(file) = self.open.remove(from) {
            self.open.insert(to.to_owned(), file);
        }
        self.sync_names()
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.open.remove(name);
        fs::remove_file(self.path.join(name))?;
        self.sync_names()
    }
}
