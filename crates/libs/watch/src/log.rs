//! The log: segments of fixed size, filled with zeros before they are used, so that putting a group on disk moves no block of the file
//! system. A group is in one segment. A segment is used anew only after it was zeroed.
//!
//! ```text
//! segment = magic 8, segment u64, first frame u64, sum u32 to go on from, own sum u32; then frames; then zeros
//! ```

use std::collections::VecDeque;
use std::io;

use crate::crc::crc32c;
use crate::error::Error;
use crate::files::Files;
use crate::frame::Group;

pub(crate) const SEGMENT_HEAD: u32 = 32;
const MAGIC: &[u8; 8] = b"WATCHLG1";
/// Bytes that are zeroed in one go.
const BLANK: u32 = 256 << 10;

/// The head of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHead {
    pub(crate) segment: u64,
    pub(crate) first: u64,
    pub(crate) sum: u32,
}

impl SegmentHead {
    fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let parts = MAGIC.iter().copied().chain(self.segment.to_le_bytes()).chain(self.first.to_le_bytes());
        bytes.iter_mut().zip(parts.chain(self.sum.to_le_bytes())).for_each(|(byte, part)| *byte = part);
        let (content, own) = bytes.split_at_mut(28);
        own.copy_from_slice(&crc32c(0, content).to_le_bytes());
        bytes
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (content, own) = bytes.get(..32)?.split_last_chunk::<4>()?;
        if crc32c(0, content) != u32::from_le_bytes(*own) || !content.starts_with(MAGIC) {
            return None;
        }
        let (segment, rest) = content.get(8..)?.split_first_chunk::<8>()?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let (sum, _) = rest.split_first_chunk::<4>()?;
        Some(Self { segment: u64::from_le_bytes(*segment), first: u64::from_le_bytes(*first), sum: u32::from_le_bytes(*sum) })
    }
}

/// The name of a segment in use.
pub(crate) fn segment_name(segment: u64) -> String {
    format!("log-{segment:016x}")
}

/// Where the log goes on.
#[derive(Debug)]
pub(crate) struct Log {
    size: u32,
    /// Signs leave this much of a segment to what the watch has to write itself.
    reserve: u32,
    keep: usize,
    segment: u64,
    /// The highest number that any segment ever had: a number is not used twice, whatever became of its segment.
    highest: u64,
    name: String,
    at: u32,
    sum: u32,
    next: u64,
    spares: Vec<String>,
    spares_made: u64,
    /// Segments that are done with and hold events still.
    blanking: VecDeque<String>,
    blanked: u32,
    making: Option<(String, u32)>,
}

impl Log {
    pub(crate) fn new(size: u32, keep: usize) -> Self {
        Self {
            size,
            reserve: (size / 8).min(256 << 10),
            keep,
            segment: 0,
            highest: 0,
            name: String::new(),
            at: size,
            sum: 0,
            next: 1,
            spares: Vec::new(),
            spares_made: 0,
            blanking: VecDeque::new(),
            blanked: 0,
            making: None,
        }
    }

    /// In recovery: a segment that was blank when the last process ended. One of another size is of no use.
    pub(crate) fn found_spare(&mut self, files: &mut impl Files, name: String, number: u64) -> io::Result<()> {
        self.spares_made = self.spares_made.max(number);
        if files.length(&name)? == u64::from(self.size) {
            self.spares.push(name);
            return Ok(());
        }
        files.remove(&name)
    }

    /// In recovery: where the log ends.
    pub(crate) fn go_on(&mut self, segment: u64, at: u32, sum: u32, next: u64) {
        (self.segment, self.name, self.at, self.sum, self.next) = (segment, segment_name(segment), at, sum, next);
    }

    /// In recovery: numbers up to this one were used for segments.
    pub(crate) fn used(&mut self, segment: u64) {
        self.highest = self.highest.max(segment);
    }

    pub(crate) fn blank_later(&mut self, name: String) {
        if !self.blanking.contains(&name) {
            self.blanking.push_back(name);
        }
    }

    pub(crate) fn group(&self) -> Group {
        Group::new(self.sum, self.next)
    }

    pub(crate) fn restart(&self, group: &mut Group) {
        group.restart(self.sum, self.next);
    }

    /// The number of the latest frame on disk.
    pub(crate) fn latest(&self) -> u64 {
        self.next - 1
    }

    pub(crate) fn segment(&self) -> u64 {
        self.segment
    }

    /// Bytes of the current segment that are used.
    pub(crate) fn used_bytes(&self) -> u64 {
        u64::from(self.at)
    }

    /// Whether a group of this many bytes fits any segment.
    pub(crate) fn fits(&self, bytes: usize) -> bool {
        u32::try_from(bytes).is_ok_and(|bytes| bytes <= self.size - SEGMENT_HEAD - self.reserve)
    }

    /// Puts a group on disk. When it returns without an error all of it is there; with one, none of it counts.
    pub(crate) fn commit(&mut self, files: &mut impl Files, group: &Group, own: bool) -> Result<(), Error> {
        let length = u32::try_from(group.bytes().len()).ok().filter(|_| self.fits(group.bytes().len())).ok_or(Error::TooMuch)?;
        let most = if own { self.size } else { self.size - self.reserve };
        if self.at.saturating_add(length) > most {
            self.next_segment(files)?;
        }
        files.write(&self.name, u64::from(self.at), group.bytes()).map_err(full)?;
        files.sync(&self.name).map_err(full)?;
        self.at += length;
        (self.sum, self.next) = group.after();
        Ok(())
    }

    /// Goes on in a new segment.
    pub(crate) fn next_segment(&mut self, files: &mut impl Files) -> Result<(), Error> {
        if self.spares.is_empty() {
            // Nobody made one in time; then it is made now.
            while self.spares.is_empty() {
                self.make_spare(files).map_err(full)?;
            }
        }
        let Some(spare) = self.spares.last() else { return Ok(()) };
        let head = SegmentHead { segment: self.highest + 1, first: self.next, sum: self.sum };
        let name = segment_name(head.segment);
        files.rename(spare, &name).map_err(full)?;
        self.spares.pop();
        self.highest = head.segment;
        if let Err(error) = files.write(&name, 0, &head.to_bytes()).and_then(|()| files.sync(&name)) {
            // Nobody knows what is in it; it becomes a spare again.
            self.blank_later(name);
            return Err(full(error));
        }
        (self.segment, self.name, self.at) = (head.segment, name, SEGMENT_HEAD);
        Ok(())
    }

    /// Whether there is something to do that nobody waits for.
    pub(crate) fn untidy(&self) -> bool {
        !self.blanking.is_empty() || self.spares.len() < self.keep
    }

    /// Whether a segment that is done with holds events still.
    pub(crate) fn unblanked(&self) -> bool {
        !self.blanking.is_empty()
    }

    /// A little of it: zeros over what is done with, or into a segment to be.
    pub(crate) fn tidy(&mut self, files: &mut impl Files) -> io::Result<()> {
        let Some(name) = self.blanking.front().cloned() else { return self.make_spare(files) };
        if files.length(&name)? != u64::from(self.size) {
            // Of a time when segments had another size.
            files.remove(&name)?;
            self.blanking.pop_front();
            return Ok(());
        }
        if zero(files, &name, &mut self.blanked, self.size)? {
            if self.spares.len() < self.keep.max(1) {
                self.spares_made += 1;
                let spare = spare_name(self.spares_made);
                files.rename(&name, &spare)?;
                self.spares.push(spare);
            } else {
                files.remove(&name)?;
            }
            self.blanking.pop_front();
            self.blanked = 0;
        }
        Ok(())
    }

    fn make_spare(&mut self, files: &mut impl Files) -> io::Result<()> {
        if self.making.is_none() {
            self.spares_made += 1;
            let name = format!("{}.part", spare_name(self.spares_made));
            files.create(&name)?;
            self.making = Some((name, 0));
        }
        let Some((name, at)) = &mut self.making else { return Ok(()) };
        if zero(files, name, at, self.size)? {
            let spare = name.trim_end_matches(".part").to_owned();
            files.rename(name, &spare)?;
            self.making = None;
            self.spares.push(spare);
        }
        Ok(())
    }
}

pub(crate) fn spare_name(number: u64) -> String {
    format!("spare-{number:016x}")
}

/// Zeros from `at` on; true when the whole of `size` is zero and on disk.
fn zero(files: &mut impl Files, name: &str, at: &mut u32, size: u32) -> io::Result<bool> {
    let left = size - *at;
    let length = left.min(BLANK);
    // Made each time: as a static they would be a quarter of a megabyte in the program.
    let zeros = vec![0; usize::try_from(length).unwrap_or_default()];
    files.write(name, u64::from(*at), &zeros)?;
    files.sync(name)?;
    *at += length;
    Ok(*at == size)
}

fn full(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Error::Full(error),
        _ => Error::Files(error),
    }
}
