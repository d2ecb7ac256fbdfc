//! Stretches of time in which a clock does not run.

use linli_kernel::Ts;
use serde::{Deserialize, Serialize};

use crate::day::wall;

/// A stretch in which the clock stands (暂停), e.g. while the reporter is asked for more. The first moment is inside, the last is not.
///
/// Pauses may come in any order and may overlap; one that ends before it begins is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pause {
    /// When it began.
    pub from: Ts,
    /// When it ended; `None` while it lasts.
    pub to: Option<Ts>,
}

/// Part of a day on which nobody works, in wall time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    pub from: i64,
    pub to: i64,
    pub name: String,
}

/// A stop in wall time; `to` is `None` while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stop {
    pub from: i64,
    pub to: Option<i64>,
}

/// The pauses of one clock together with the part days that are closed for all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stops<'a> {
    pub pauses: &'a [Pause],
    /// In order, none overlapping another.
    pub closings: &'a [Closing],
}

impl Stops<'_> {
    /// The stop that is on at `at`, or else the next one to begin.
    pub fn next(&self, at: i64) -> Option<Stop> {
        let pause = self
            .pauses
            .iter()
            .map(|pause| Stop { from: wall(pause.from), to: pause.to.map(wall) })
            .filter(|stop| stop.to.is_none_or(|to| to > at && to > stop.from))
            .min_by_key(|stop| stop.from);
        if self.closings.is_empty() {
            return pause;
        }
        let next = self.closings.get(self.closings.partition_point(|c| c.to <= at));
        let closing = next.map(|c| Stop { from: c.from, to: Some(c.to) });
        match (pause, closing) {
            (Some(one), Some(other)) => Some(if one.from <= other.from { one } else { other }),
            (one, other) => one.or(other),
        }
    }

    /// The first moment from `at` on at which the clock runs; `None` when a stop that covers it has not ended.
    pub fn resume(&self, at: i64) -> Option<i64> {
        let mut at = at;
        while let Some(stop) = self.next(at).filter(|stop| stop.from <= at) {
            at = stop.to?;
        }
        Some(at)
    }
}
