//! A disk that breaks as disks do: a process dies at any byte, a power cut loses any sector that was not waited for, a wait for the
//! device fails, there is no room.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::rc::Rc;

use super::chance::Chance;
use crate::files::Files;

const SECTOR: usize = 512;

#[derive(Clone, Debug, Default)]
struct Blocks {
    /// What a process sees.
    seen: Vec<u8>,
    /// What is there after a power cut.
    safe: Vec<u8>,
    unsafe_ranges: Vec<Range<usize>>,
}

/// What it can do and how it will break.
#[derive(Debug)]
pub(super) struct Inner {
    files: BTreeMap<String, Blocks>,
    chance: Chance,
    /// Bytes and calls until the process dies.
    pub(super) fuse: Option<u64>,
    pub(super) dead: bool,
    /// Most bytes of all files together.
    pub(super) room: Option<usize>,
    /// One in so many waits for the device fails, leaving open what is on disk.
    pub(super) bad_sync: Option<u32>,
    /// Bytes and calls so far.
    pub(super) spent: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Disk(pub(super) Rc<RefCell<Inner>>);

fn dead() -> io::Error {
    io::Error::other("the process is dead")
}

impl Inner {
    /// Spends up to `cost` of the fuse; how much of it was done before the process died.
    fn spend(&mut self, cost: u64) -> io::Result<u64> {
        if self.dead {
            return Err(dead());
        }
        let done = match &mut self.fuse {
            Some(fuse) if *fuse < cost => {
                self.dead = true;
                *fuse
            }
            Some(fuse) => {
                *fuse -= cost;
                cost
            }
            None => cost,
        };
        self.spent += done;
        Ok(done)
    }

    /// A call that is done as a whole or not at all.
    fn whole(&mut self) -> io::Result<()> {
        let done = self.spend(1)?;
        // Dying in the middle of it leaves open whether it was done.
        if self.dead && done == 0 && self.chance.one_in(2) { Err(dead()) } else { Ok(()) }
    }

    fn answer<T>(&self, value: T) -> io::Result<T> {
        if self.dead { Err(dead()) } else { Ok(value) }
    }

    fn file(&mut self, name: &str) -> io::Result<&mut Blocks> {
        self.files.get_mut(name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk {
    pub(super) fn new(seed: u64) -> Self {
        let chance = Chance::of(seed);
        Self(Rc::new(RefCell::new(Inner {
            files: BTreeMap::new(),
            chance,
            fuse: None,
            dead: false,
            room: None,
            bad_sync: None,
            spent: 0,
        })))
    }

    pub(super) fn is_dead(&self) -> bool {
        self.0.borrow().dead
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.borrow().files.values().map(|blocks| blocks.seen.len()).sum()
    }

    /// The process is started again. After a kill it finds what it wrote; after a power cut what it waited for, and any of the rest.
    pub(super) fn restart(&self, power_cut: bool) {
        let mut inner = self.0.borrow_mut();
        let Inner { files, chance, .. } = &mut *inner;
        for blocks in files.values_mut().filter(|_| power_cut) {
            blocks.safe.resize(blocks.seen.len(), 0);
            for range in std::mem::take(&mut blocks.unsafe_ranges) {
                let mut at = range.start;
                while at < range.end {
                    let end = (at / SECTOR * SECTOR + SECTOR).min(range.end);
                    if chance.one_in(2) {
                        blocks.safe[at..end].copy_from_slice(&blocks.seen[at..end]);
                    }
                    at = end;
                }
            }
            blocks.seen.clone_from(&blocks.safe);
        }
        inner.dead = false;
        inner.fuse = None;
    }

    /// All bytes of all files, for a search.
    pub(super) fn everything(&self) -> Vec<(String, Vec<u8>)> {
        self.0.borrow().files.iter().map(|(name, blocks)| (name.clone(), blocks.seen.clone())).collect()
    }
}

impl Files for Disk {
    fn list(&mut self) -> io::Result<Vec<String>> {
        self.0.borrow().answer(())?;
        Ok(self.0.borrow().files.keys().cloned().collect())
    }

    fn create(&mut self, name: &str) -> io::Result<()> {
        let mut inner = self.0.borrow_mut();
        inner.whole()?;
        inner.files.insert(name.to_owned(), Blocks::default());
        inner.answer(())
    }

    fn read(&mut self, name: &str, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.0.borrow_mut();
        inner.answer(())?;
        let seen = &inner.file(name)?.seen;
        let from = usize::try_from(offset).unwrap().min(seen.len());
        let length = into.len().min(seen.len() - from);
        into[..length].copy_from_slice(&seen[from..from + length]);
        Ok(length)
    }

    fn length(&mut self, name: &str) -> io::Result<u64> {
        let mut inner = self.0.borrow_mut();
        inner.answer(())?;
        Ok(u64::try_from(inner.file(name)?.seen.len()).unwrap())
    }

    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.0.borrow_mut();
        let done = usize::try_from(inner.spend(u64::try_from(bytes.len()).unwrap())?).unwrap();
        let from = usize::try_from(offset).unwrap();
        let all: usize = inner.files.values().map(|blocks| blocks.seen.len()).sum();
        let room = inner.room;
        let blocks = inner.file(name)?;
        let grown = (from + done).saturating_sub(blocks.seen.len());
        if grown > 0 && room.is_some_and(|room| all + grown > room) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if grown > 0 {
            blocks.seen.resize(from + done, 0);
        }
        blocks.seen[from..from + done].copy_from_slice(&bytes[..done]);
        blocks.unsafe_ranges.push(from..from + done);
        inner.answer(())
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        let mut inner = self.0.borrow_mut();
        inner.whole()?;
        if let Some(n) = inner.bad_sync
            && inner.chance.one_in(n)
        {
            return Err(io::Error::other("the device did not answer"));
        }
        let blocks = inner.file(name)?;
        blocks.safe.resize(blocks.seen.len(), 0);
        for range in blocks.unsafe_ranges.drain(..) {
            blocks.safe[range.clone()].copy_from_slice(&blocks.seen[range]);
        }
        inner.answer(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.0.borrow_mut();
        inner.whole()?;
        let blocks = inner.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        inner.files.insert(to.to_owned(), blocks);
        inner.answer(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut inner = self.0.borrow_mut();
        inner.whole()?;
        inner.files.remove(name).ok_or(io::ErrorKind::NotFound)?;
        inner.answer(())
    }
}
