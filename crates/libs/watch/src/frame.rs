//! Frames of the log: what is acknowledged together, under one checksum.
//!
//! ```text
//! frame   = sum u32, length u32, number u64, now u32, what u32, body      little-endian
//! sum     = crc32c of everything after it, going on from the sum of the frame before
//! what    = 1 signs, 8 bytes each: slot u32, then kind in 3 bits and age against `now` in 29
//!           2 orders, 16 bytes each: code u8, small u8, 0 u16, slot u32, a u32, b u32
//! ```

use crate::command::{ORDER_BYTES, Order};
use crate::crc::crc32c;
use crate::sign::{Second, Sign};

pub(crate) const FRAME_HEAD: usize = 24;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Signs,
    Orders,
}

/// A frame whose sum is right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) number: u64,
    pub(crate) now: Second,
    pub(crate) what: What,
    pub(crate) body: &'a [u8],
    pub(crate) sum: u32,
}

impl Frame<'_> {
    pub(crate) fn signs(&self) -> impl Iterator<Item = Sign> {
        self.body.as_chunks::<8>().0.iter().filter_map(|bytes| Sign::unpack(*bytes, self.now))
    }

    pub(crate) fn orders(&self) -> impl Iterator<Item = Order> {
        self.body.as_chunks::<ORDER_BYTES>().0.iter().filter_map(|bytes| Order::of_bytes(*bytes))
    }

    /// Bytes of it in the log.
    pub(crate) fn bytes(&self) -> usize {
        FRAME_HEAD + self.body.len()
    }
}

/// The frame at the begin of `bytes`, if its sum goes on from `before` or need not be looked at.
pub(crate) fn read(bytes: &[u8], before: Option<u32>) -> Option<Frame<'_>> {
    let (sum, rest) = bytes.split_first_chunk::<4>()?;
    let (length, after) = rest.split_first_chunk::<4>()?;
    let (number, after) = after.split_first_chunk::<8>()?;
    let (now, after) = after.split_first_chunk::<4>()?;
    let (what, after) = after.split_first_chunk::<4>()?;
    let sum = u32::from_le_bytes(*sum);
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length > 0)?;
    let body = after.get(..length)?;
    let what = match u32::from_le_bytes(*what) {
        1 => What::Signs,
        2 => What::Orders,
        _ => return None,
    };
    if let Some(before) = before
        && crc32c(before, rest.get(..FRAME_HEAD - 4 + length)?) != sum
    {
        return None;
    }
    Some(Frame { number: u64::from_le_bytes(*number), now: u32::from_le_bytes(*now), what, body, sum })
}

/// How many bytes the frame at the begin of `bytes` says it has; nothing where no frame begins, or its head is not whole.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let length = bytes.get(..FRAME_HEAD)?.get(4..)?.first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length > 0)?;
    Some(FRAME_HEAD + length)
}

/// Frames that are not on disk yet.
#[derive(Debug, Default)]
pub(crate) struct Group {
    bytes: Vec<u8>,
    frames: u64,
    begun: usize,
    /// The sum that the next frame goes on from, and the number it gets.
    sum: u32,
    number: u64,
}

impl Group {
    pub(crate) fn new(sum: u32, number: u64) -> Self {
        Self { sum, number, ..Self::default() }
    }

    /// Begins anew behind a frame that is on disk; keeps the memory.
    pub(crate) fn restart(&mut self, sum: u32, number: u64) {
        self.bytes.clear();
        (self.frames, self.begun, self.sum, self.number) = (0, 0, sum, number);
    }

    pub(crate) fn begin(&mut self) {
        self.begun = self.bytes.len();
        self.bytes.extend_from_slice(&[0; FRAME_HEAD]);
    }

    #[inline]
    pub(crate) fn push<const N: usize>(&mut self, record: [u8; N]) {
        self.bytes.extend_from_slice(&record);
    }

    /// Ends the frame; one with nothing in it never was.
    pub(crate) fn end(&mut self, now: Second, what: What) {
        let length = self.bytes.len() - self.begun - FRAME_HEAD;
        if length == 0 {
            self.bytes.truncate(self.begun);
            return;
        }
        let code: u32 = match what {
            What::Signs => 1,
            What::Orders => 2,
        };
        let length = u32::try_from(length).unwrap_or_default();
        let head = length.to_le_bytes().into_iter().chain(self.number.to_le_bytes());
        let head = head.chain(now.to_le_bytes()).chain(code.to_le_bytes());
        let Some((sum, rest)) = self.bytes.get_mut(self.begun..).and_then(|frame| frame.split_first_chunk_mut::<4>()) else {
            return;
        };
        rest.iter_mut().zip(head).for_each(|(byte, value)| *byte = value);
        self.sum = crc32c(self.sum, rest);
        *sum = self.sum.to_le_bytes();
        self.number += 1;
        self.frames += 1;
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The sum and number with which the log goes on when this is on disk.
    pub(crate) fn after(&self) -> (u32, u64) {
        (self.sum, self.number)
    }

    /// All frames, as they were put in.
    pub(crate) fn frames(&self) -> impl Iterator<Item = Frame<'_>> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            let frame = read(rest, None)?;
            rest = rest.get(frame.bytes()..)?;
            Some(frame)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SignKind;

    fn group(sum: u32, slots: &[u32]) -> Group {
        let mut group = Group::new(sum, 5);
        for slot in slots {
            group.begin();
            group.push(Sign { slot: *slot, at: 100, kind: SignKind::Use }.pack(107).unwrap());
            group.end(107, What::Signs);
        }
        group
    }

    #[test]
    fn a_frame_comes_back_only_behind_the_frame_it_was_written_behind() {
        let group = group(77, &[1, 2]);
        let first = read(group.bytes(), Some(77)).unwrap();
        assert_eq!((first.number, first.now, first.signs().next().unwrap().at), (5, 107, 100));
        let rest = &group.bytes()[first.bytes()..];
        assert!(read(rest, Some(first.sum)).is_some());
        assert!(read(rest, Some(77)).is_none(), "not behind another one");
        assert!(read(group.bytes(), Some(78)).is_none());
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let group = group(0, &[9]);
        for place in 0..group.bytes().len() {
            let mut bytes = group.bytes().to_vec();
            bytes[place] ^= 0x10;
            assert!(read(&bytes, Some(0)).is_none(), "byte {place}");
            assert!(read(&group.bytes()[..place], Some(0)).is_none(), "cut at {place}");
        }
    }

    #[test]
    fn an_empty_frame_takes_no_number() {
        let mut group = Group::new(3, 8);
        group.begin();
        group.end(1, What::Orders);
        assert!(group.is_empty());
        assert_eq!(group.after(), (3, 8));
    }
}
