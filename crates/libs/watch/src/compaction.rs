//! What nobody waits for: a new snapshot, the log before it cut, segments zeroed. In small pieces.
//!
//! A compaction begins with a new segment of the log. When its snapshot is complete, all segments before that one, and the old snapshot,
//! are done with; when those are zeroed or removed, whoever withdrew before it began is in no file any more. Who withdraws while one
//! is running is gone with the next. So the bound is: [`Config::erase_after`](crate::Config::erase_after), and two compactions.

use std::io;

use crate::error::Error;
use crate::files::Files;
use crate::log::segment_name;
use crate::sign::{Second, Slot};
use crate::snapshot::{self, PART, snapshot_name};
use crate::watch::{Rested, Watch};

/// Bytes that may be written before the device is waited for.
const UNSYNCED: u64 = 1 << 20;

/// A compaction that could not be written. The next one takes over its segment, so that a full disk is not filled with begun segments.
#[derive(Debug)]
pub(crate) struct Failed {
    first_segment: u64,
    erasing: Vec<Slot>,
    /// Not before this.
    again: Second,
}

/// Seconds that are waited after one that failed.
const AGAIN: Second = 10;

/// A snapshot that is being written, or whose predecessors are being erased.
#[derive(Debug)]
pub(crate) struct Compaction {
    name: String,
    number: u64,
    at: u64,
    synced: u64,
    next: Slot,
    first_segment: u64,
    old_segments: Vec<String>,
    erasing: Vec<Slot>,
    done: bool,
    buffer: Vec<u8>,
}

impl<F: Files> Watch<F> {
    /// A little of what nobody waits for. Call it between commits, and again while [`Rested::more`].
    ///
    /// # Errors
    /// When files cannot be written; it is tried anew at the next call, and nothing is lost by it.
    pub fn rest(&mut self, now: Second) -> Result<Rested, Error> {
        self.engine.tell_time(now);
        if self.compaction.is_none() && self.should_compact(now) {
            self.begin_compaction()?;
        }
        if self.compaction.as_ref().is_some_and(|compaction| !compaction.done) {
            if let Err(error) = self.write_some() {
                self.give_up(now);
                return Err(error);
            }
        } else if self.log.untidy() {
            self.log.tidy(&mut self.files)?;
        }
        let erased = self.finish();
        Ok(Rested { more: self.compaction.is_some() || self.log.untidy(), erased })
    }

    /// Compacts now, whatever the terms say; and rests until it is done.
    ///
    /// # Errors
    /// As [`Watch::rest`].
    pub fn compact(&mut self, now: Second) -> Result<Vec<Slot>, Error> {
        let mut erased = Vec::new();
        while self.compaction.is_some() {
            erased.extend(self.rest(now)?.erased);
        }
        self.engine.tell_time(now);
        self.begin_compaction()?;
        while self.compaction.is_some() {
            erased.extend(self.rest(now)?.erased);
        }
        Ok(erased)
    }

    /// How long ago the oldest withdrawal was that is not yet out of all files.
    pub fn oldest_erasure_owed(&self) -> Option<Second> {
        self.engine.owed().values().min().map(|since| self.engine.now().saturating_sub(*since))
    }

    /// Whether everybody who withdrew is out of all files; also of those who withdrew before the last restart.
    pub fn nothing_to_erase(&self) -> bool {
        self.engine.owed().is_empty() && self.compaction.is_none() && !self.log.unblanked()
    }

    /// Terms run by the clock as it is, and anew when it goes back: a clock that is behind makes the watch's time stand still, but puts
    /// off no erasure.
    fn should_compact(&mut self, now: Second) -> bool {
        self.cut = self.cut.min(now);
        let owed_since = self
            .oldest_erasure_owed()
            .map(|ago| self.owed_since.unwrap_or(now).min(now).min(self.engine.now().saturating_sub(ago)));
        self.owed_since = owed_since;
        let config = self.engine.config();
        if let Some(failed) = &self.failed {
            return now >= failed.again;
        }
        owed_since.is_some_and(|since| now.saturating_sub(since) >= config.erase_after)
            || self.log_bytes() >= config.cut_bytes
            || (now.saturating_sub(self.cut) >= config.cut_after && self.log_bytes() > u64::from(crate::log::SEGMENT_HEAD))
    }

    fn begin_compaction(&mut self) -> Result<(), Error> {
        let number = self.snapshot + 1;
        let name = format!("{}.part", snapshot_name(number));
        self.files.create(&name)?;
        let (first_segment, erasing) = match self.failed.take() {
            Some(failed) => (failed.first_segment, failed.erasing),
            None => {
                let used = self.log.used_bytes();
                self.log.next_segment(&mut self.files)?;
                self.since_cut += used;
                (self.log.segment(), self.engine.owed().keys().copied().collect())
            }
        };
        let first_name = segment_name(first_segment);
        let old_segments = self.files.list()?.into_iter().filter(|name| name.starts_with("log-") && *name < first_name).collect();
        let buffer = snapshot::head(first_segment, self.engine.config().slots);
        self.compaction = Some(Compaction {
            name,
            number,
            at: 0,
            synced: 0,
            next: 0,
            first_segment,
            old_segments,
            erasing,
            done: false,
            buffer,
        });
        Ok(())
    }

    /// One part more; with the last one the snapshot counts.
    fn write_some(&mut self) -> Result<(), Error> {
        let Some(compaction) = &mut self.compaction else { return Ok(()) };
        let slots = self.engine.config().slots;
        let latest = self.log.latest();
        // Parts of nobody are small; several go together.
        while compaction.next < slots && compaction.buffer.len() < usize::try_from(PART * 8).unwrap_or_default() {
            snapshot::part(&self.engine, compaction.next, latest, &mut compaction.buffer);
            compaction.next = compaction.next.saturating_add(PART);
        }
        let last = compaction.next >= slots;
        if last {
            snapshot::end(&self.engine, latest, &mut compaction.buffer);
        }
        self.files.write(&compaction.name, compaction.at, &compaction.buffer)?;
        compaction.at += u64::try_from(compaction.buffer.len()).unwrap_or_default();
        compaction.buffer.clear();
        if last || compaction.at - compaction.synced >= UNSYNCED {
            self.files.sync(&compaction.name)?;
            compaction.synced = compaction.at;
        }
        if last { self.make_it_count() } else { Ok(()) }
    }

    fn make_it_count(&mut self) -> Result<(), Error> {
        let Some(compaction) = &mut self.compaction else { return Ok(()) };
        self.files.rename(&compaction.name, &snapshot_name(compaction.number))?;
        compaction.done = true;
        compaction.name = snapshot_name(self.snapshot);
        self.snapshot = compaction.number;
        (self.cut, self.since_cut, self.owed_since) = (self.engine.now(), 0, None);
        compaction.old_segments.drain(..).for_each(|name| self.log.blank_later(name));
        Ok(())
    }

    /// When the predecessors are gone, the erasures are done.
    fn finish(&mut self) -> Vec<Slot> {
        if self.log.unblanked() || self.compaction.as_ref().is_none_or(|compaction| !compaction.done) {
            return Vec::new();
        }
        if let Some(old) =
            self.compaction.as_ref().map(|compaction| compaction.name.clone()).filter(|old| *old != snapshot_name(0))
        {
            match self.files.remove(&old) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                // Tried anew at the next rest.
                Err(_) => return Vec::new(),
            }
        }
        let erased = self.compaction.take().map(|compaction| compaction.erasing).unwrap_or_default();
        self.engine.erased(&erased);
        erased
    }

    /// A snapshot that could not be written leaves the old one and all of the log in force.
    fn give_up(&mut self, now: Second) {
        if let Some(compaction) = self.compaction.take() {
            let Compaction { first_segment, erasing, .. } = compaction;
            self.failed = Some(Failed { first_segment, erasing, again: now.saturating_add(AGAIN) });
            // What cannot be removed now is removed when the watch is opened, or written over by the next one.
            let _ = self.files.remove(&compaction.name);
        }
    }
}
