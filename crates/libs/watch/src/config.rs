//! What whoever opens a watch may decide.

use crate::local::Zone;
use crate::sign::Second;

/// Sizes and terms. [`Config::for_slots`] has values that suit an estate and a city alike.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// How many persons there can be. Memory is taken when a slot is used, not before.
    pub slots: u32,
    /// The local time of those who are watched.
    pub zone: Zone,
    /// Seconds by which a device's clock may be ahead; such a sign counts as of now.
    pub skew: Second,
    /// A step of the clock of more seconds than this is a leap: alarms are held for `settle`.
    pub leap: Second,
    /// Seconds for which alarms are held after a leap, so that devices can hand in what they kept.
    pub settle: Second,
    /// A leap of more seconds than this is not believed before the clock has gone on steadily for `settle`.
    pub doubt: Second,
    /// Persons that are looked at in one step at most. It bounds the longest step.
    pub looks_per_step: u32,
    /// Bytes of a segment of the log.
    pub segment_bytes: u32,
    /// Empty segments that are held ready.
    pub spare_segments: usize,
    /// Seconds after a withdrawal at which its compaction may begin; so that several share one.
    pub erase_after: Second,
    /// Seconds after which the log is cut, whatever happened: it is a history of presence as long as it is there.
    pub cut_after: Second,
    /// Bytes of log after which it is cut.
    pub cut_bytes: u64,
}

impl Config {
    /// The usual values: clocks 5 minutes ahead, leaps of 15 minutes, 10 minutes to settle, 2 days not believed; 64 MiB segments,
    /// 3 spare; erasure begins 10 seconds after a withdrawal, the log is cut every 15 minutes or 512 MiB.
    pub fn for_slots(slots: u32) -> Self {
        Self {
            slots,
            zone: Zone::BEIJING,
            skew: 300,
            leap: 900,
            settle: 600,
            doubt: 48 * 3_600,
            looks_per_step: 5_000,
            segment_bytes: 64 << 20,
            spare_segments: 3,
            erase_after: 10,
            cut_after: 900,
            cut_bytes: 512 << 20,
        }
    }
}
