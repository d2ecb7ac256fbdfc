//! What is kept of a person: eight bytes, and four more in the wheel.

use crate::sign::Second;

const PACK: u32 = 0x7F;
/// In the wheel, but nobody knows in which bucket: of somebody who withdrew meanwhile.
const ORPHAN: u32 = 1 << 7;
const ALARMED: u32 = 1 << 8;
const AWAY: u32 = 1 << 9;
const HOSPITAL: u32 = 1 << 10;
const UNHEARD: u32 = 1 << 11;
const ROUTINE: u32 = 1 << 12;
const OUT: u32 = 1 << 13;
const LINKED: u32 = 1 << 14;
const BUCKET_SHIFT: u32 = 16;
/// What goes into a snapshot: everything but the place in the wheel, which recovery finds anew.
const SAVED: u32 = PACK | ALARMED | AWAY | HOSPITAL | UNHEARD | ROUTINE | OUT;

/// One person: the instant from which silence is counted, and what is to be known besides.
///
/// `since` is the last sign that counts, or what stands for it: the enrolment, the end of an absence, the discharge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) since: Second,
    pub(crate) state: u32,
}

impl Entry {
    pub(crate) fn enrolled(pack: u8, since: Second, linked: bool) -> Self {
        let wheel = if linked { LINKED | ORPHAN } else { 0 };
        Self { since, state: u32::from(pack) & PACK | wheel }
    }

    /// What stays in memory of somebody who withdrew: that this number still hangs somewhere in the wheel, not where.
    pub(crate) fn erased(self) -> Self {
        Self { since: 0, state: if self.linked() { LINKED | ORPHAN } else { 0 } }
    }

    #[inline]
    pub(crate) fn of_word(word: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = word.to_le_bytes();
        Self { since: u32::from_le_bytes([a, b, c, d]), state: u32::from_le_bytes([e, f, g, h]) }
    }

    #[inline]
    pub(crate) fn word(self) -> u64 {
        u64::from(self.since) | u64::from(self.state) << 32
    }

    pub(crate) fn saved(self) -> u64 {
        Self { state: self.state & SAVED, ..self }.word()
    }

    #[inline]
    pub(crate) fn pack(self) -> u8 {
        let [low, ..] = self.state.to_le_bytes();
        low & 0x7F
    }

    pub(crate) fn set_pack(&mut self, pack: u8) {
        self.state = self.state & !PACK | u32::from(pack) & PACK;
    }

    #[inline]
    pub(crate) fn is_somebody(self) -> bool {
        self.state & PACK != 0
    }

    /// Nobody waits for a sign of this person now.
    pub(crate) fn paused(self) -> bool {
        self.state & (HOSPITAL | UNHEARD) != 0
    }

    pub(crate) fn linked(self) -> bool {
        self.state & LINKED != 0
    }

    pub(crate) fn orphan(self) -> bool {
        self.state & ORPHAN != 0
    }

    pub(crate) fn bucket(self) -> u32 {
        self.state >> BUCKET_SHIFT
    }

    pub(crate) fn link(&mut self, bucket: u32) {
        self.state = self.state & !(0xFFFF << BUCKET_SHIFT) | LINKED | bucket << BUCKET_SHIFT;
    }

    pub(crate) fn unlink(&mut self) {
        self.state &= !(LINKED | ORPHAN | 0xFFFF << BUCKET_SHIFT);
    }

    /// Nothing is to be done for a newer sign of this person but to note its time.
    #[inline]
    pub(crate) fn plain(self) -> bool {
        self.state & (ALARMED | AWAY | ROUTINE) == 0
    }

    fn set(&mut self, bit: u32, on: bool) {
        self.state = if on { self.state | bit } else { self.state & !bit };
    }

    pub(crate) fn alarmed(self) -> bool {
        self.state & ALARMED != 0
    }

    pub(crate) fn set_alarmed(&mut self, on: bool) {
        self.set(ALARMED, on);
    }

    #[inline]
    pub(crate) fn away(self) -> bool {
        self.state & AWAY != 0
    }

    pub(crate) fn set_away(&mut self, on: bool) {
        self.set(AWAY, on);
    }

    pub(crate) fn in_hospital(self) -> bool {
        self.state & HOSPITAL != 0
    }

    pub(crate) fn set_in_hospital(&mut self, on: bool) {
        self.set(HOSPITAL, on);
    }

    pub(crate) fn unheard(self) -> bool {
        self.state & UNHEARD != 0
    }

    pub(crate) fn set_unheard(&mut self, on: bool) {
        self.set(UNHEARD, on);
    }

    #[inline]
    pub(crate) fn learns(self) -> bool {
        self.state & ROUTINE != 0
    }

    pub(crate) fn set_learns(&mut self, on: bool) {
        self.set(ROUTINE, on);
    }

    pub(crate) fn out(self) -> bool {
        self.state & OUT != 0
    }

    pub(crate) fn set_out(&mut self, on: bool) {
        self.set(OUT, on);
    }

    /// Whether a sign that counts, of this instant, changes anything. Somebody whose count begins in the future without having
    /// gone away got there by a clock that was wrong, and comes back with the next sign.
    #[inline]
    pub(crate) fn moved_by(self, at: Second, now: Second) -> bool {
        at > self.since || (self.since > now && !self.away())
    }
}
