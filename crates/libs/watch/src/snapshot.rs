//! Snapshots: all that is known, in parts that are written one at a time while the watch goes on. Each part says up to which frame
//! it is; recovery applies to its persons only the frames after that.
//!
//! ```text
//! snapshot = magic 8, first segment u64, slots u32, 0 u32, sum u32, 0 u32; parts; end
//! part     = frame u64, words u32, routines u32, sum u32, body: words u64 …, routines (slot u32, 96 bytes) …
//! end      = frame u64, effects u32, now u32, sum u32, body: next number u64, effects 26 bytes …; magic 8
//! ```
//! A part of persons of whom nobody is watched has no words. Sums are crc32c of everything of the part but the sum.

use crate::crc::crc32c;
use crate::effect::{EFFECT_BYTES, Effect};
use crate::engine::Engine;
use crate::error::Error;
use crate::files::Files;
use crate::routine::{ROUTINE_BYTES, Routine};
use crate::sign::{Slot, place};

/// Persons of one part. Small enough that a part is written in a few milliseconds; in the simulation, that much happens between parts.
pub(crate) const PART: u32 = if cfg!(test) { 16 } else { 1 << 14 };
const HEAD: usize = 32;
const PART_HEAD: usize = 20;
const MAGIC: &[u8; 8] = b"WATCHSN1";
const END: &[u8; 8] = b"SNAPDONE";
const ROUTINE_RECORD: usize = 4 + ROUTINE_BYTES;

/// The name of a snapshot; the one with the highest number counts.
pub(crate) fn snapshot_name(number: u64) -> String {
    format!("snap-{number:016x}")
}

pub(crate) fn head(first_segment: u64, slots: u32) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(first_segment.to_le_bytes());
    bytes.extend(slots.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(crc32c(0, &bytes).to_le_bytes());
    bytes.resize(HEAD, 0);
    bytes
}

/// The part of the persons from `first` on, as of the frame `latest`.
pub(crate) fn part(engine: &Engine, first: Slot, latest: u64, into: &mut Vec<u8>) {
    let begun = into.len();
    let end = first.saturating_add(PART).min(engine.config().slots);
    into.extend_from_slice(&[0; PART_HEAD]);
    let (words, routines) = engine.part(first..end);
    let mut somebody = false;
    for word in words {
        somebody |= word != 0;
        into.extend_from_slice(&word.to_le_bytes());
    }
    let mut kept: u32 = 0;
    if somebody {
        for (slot, routine) in routines {
            into.extend_from_slice(&slot.to_le_bytes());
            into.extend_from_slice(&routine.to_bytes());
            kept += 1;
        }
    } else {
        into.truncate(begun + PART_HEAD);
    }
    close(into, begun, latest, if somebody { end - first } else { 0 }, kept);
}

pub(crate) fn end(engine: &Engine, latest: u64, into: &mut Vec<u8>) {
    let begun = into.len();
    into.extend_from_slice(&[0; PART_HEAD]);
    into.extend((engine.latest_number() + 1).to_le_bytes());
    engine.outbox().iter().for_each(|effect| into.extend(effect.to_bytes()));
    close(into, begun, latest, u32::try_from(engine.outbox().len()).unwrap_or(u32::MAX), engine.now());
    into.extend(END);
}

/// Fills in the head of a part whose body is written.
fn close(bytes: &mut [u8], begun: usize, latest: u64, a: u32, b: u32) {
    let Some((head, body)) = bytes.get_mut(begun..).and_then(|part| part.split_first_chunk_mut::<PART_HEAD>()) else { return };
    let (front, sum) = head.split_at_mut(16);
    let numbers = latest.to_le_bytes().into_iter().chain(a.to_le_bytes()).chain(b.to_le_bytes());
    front.iter_mut().zip(numbers).for_each(|(byte, value)| *byte = value);
    sum.copy_from_slice(&crc32c(crc32c(0, front), body).to_le_bytes());
}

/// What recovery has to know of a snapshot besides what it put into the engine.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) first_segment: u64,
    /// Up to which frame each part is.
    pub(crate) parts: Vec<u64>,
    /// The highest of these.
    pub(crate) highest: u64,
    /// Up to which frame the outbox is.
    pub(crate) outbox: u64,
}

/// Reads a snapshot into an engine in which nobody is.
pub(crate) fn load(files: &mut impl Files, name: &str, engine: &mut Engine) -> Result<Loaded, Error> {
    let length = files.length(name)?;
    let mut reader = Reader { files, name, at: 0, length, bytes: Vec::new() };
    let (first_segment, slots) = reader.head()?;
    if slots > engine.config().slots {
        return Err(Error::NoSuchSlot(slots - 1));
    }
    let mut loaded = Loaded { first_segment, ..Loaded::default() };
    let mut first = 0;
    while first < slots {
        let (latest, words, routines, sum) = reader.part_head()?;
        if routines > PART {
            return Err(damaged(name, "the head of a part"));
        }
        let body = reader.body(place(words) * 8 + place(routines) * ROUTINE_RECORD, latest, words, routines, sum)?;
        let (persons, kept) = body.split_at(place(words) * 8);
        let kept = kept.as_chunks::<ROUTINE_RECORD>().0.iter().filter_map(|record| {
            let (slot, routine) = record.split_first_chunk::<4>()?;
            Some((u32::from_le_bytes(*slot), Routine::of_bytes(routine.first_chunk()?)))
        });
        engine.set_part(first, persons.as_chunks::<8>().0, kept).ok_or(Error::NoSuchSlot(first))?;
        loaded.highest = loaded.highest.max(latest);
        loaded.parts.push(latest);
        first = first.saturating_add(PART);
    }
    let (latest, effects, now, sum) = reader.part_head()?;
    let body = reader.body(8 + place(effects) * EFFECT_BYTES, latest, effects, now, sum)?;
    let (next, records) = body.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    let outbox = records.as_chunks::<EFFECT_BYTES>().0.iter().map(Effect::of_bytes).collect::<Option<Vec<_>>>();
    let outbox = outbox.ok_or_else(|| damaged(name, "an effect that there is not"))?;
    engine.set_rest(now, u64::from_le_bytes(*next), outbox);
    reader.expect_end()?;
    loaded.outbox = latest;
    loaded.highest = loaded.highest.max(latest);
    Ok(loaded)
}

struct Reader<'a, F> {
    files: &'a mut F,
    name: &'a str,
    at: u64,
    length: u64,
    bytes: Vec<u8>,
}

impl<F: Files> Reader<'_, F> {
    fn take(&mut self, length: usize) -> Result<&[u8], Error> {
        // Asked before room is made: a damaged head may say anything.
        if u64::try_from(length).unwrap_or(u64::MAX) > self.length.saturating_sub(self.at) {
            return Err(damaged(self.name, "it ends too early"));
        }
        self.bytes.resize(length, 0);
        let read = self.files.read(self.name, self.at, &mut self.bytes)?;
        if read < length {
            return Err(damaged(self.name, "it ends too early"));
        }
        self.at += u64::try_from(length).unwrap_or_default();
        Ok(&self.bytes)
    }

    fn head(&mut self) -> Result<(u64, u32), Error> {
        let name = self.name.to_owned();
        let bytes = self.take(HEAD)?;
        let parts = bytes.split_first_chunk::<24>().and_then(|(content, rest)| {
            let (sum, _) = rest.split_first_chunk::<4>()?;
            let fits = content.starts_with(MAGIC) && crc32c(0, content) == u32::from_le_bytes(*sum);
            let (segment, rest) = content.get(8..)?.split_first_chunk::<8>()?;
            let (slots, _) = rest.split_first_chunk::<4>()?;
            fits.then_some((u64::from_le_bytes(*segment), u32::from_le_bytes(*slots)))
        });
        parts.ok_or_else(|| damaged(&name, "its head"))
    }

    fn part_head(&mut self) -> Result<(u64, u32, u32, u32), Error> {
        let name = self.name.to_owned();
        let bytes = self.take(PART_HEAD)?;
        let parts = bytes.split_first_chunk::<8>().and_then(|(latest, rest)| {
            let [a, b, sum] = rest.as_chunks::<4>().0 else { return None };
            let [a, b, sum] = [a, b, sum].map(|bytes| u32::from_le_bytes(*bytes));
            Some((u64::from_le_bytes(*latest), a, b, sum))
        });
        parts.ok_or_else(|| damaged(&name, "the head of a part"))
    }

    fn body(&mut self, length: usize, latest: u64, a: u32, b: u32, sum: u32) -> Result<&[u8], Error> {
        let name = self.name.to_owned();
        let mut head = latest.to_le_bytes().to_vec();
        head.extend(a.to_le_bytes());
        head.extend(b.to_le_bytes());
        let body = self.take(length)?;
        if crc32c(crc32c(0, &head), body) == sum { Ok(body) } else { Err(damaged(&name, "the sum of a part")) }
    }

    fn expect_end(&mut self) -> Result<(), Error> {
        let name = self.name.to_owned();
        if self.take(END.len())? == END { Ok(()) } else { Err(damaged(&name, "its end")) }
    }
}

pub(crate) fn damaged(file: &str, why: &'static str) -> Error {
    Error::Damaged { file: file.to_owned(), why }
}
