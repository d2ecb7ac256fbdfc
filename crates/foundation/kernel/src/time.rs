//! Instants. Microseconds since 1970-01-01T00:00:00Z, the same on every database.

use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Serialize};

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Ts(pub i64);

crate::sql_newtype!(Ts, i64);

/// Beijing time (Asia/Shanghai), the time of every deadline and every printed date.
#[must_use]
pub fn shanghai() -> jiff::tz::TimeZone {
    static ZONE: std::sync::OnceLock<jiff::tz::TimeZone> = std::sync::OnceLock::new();
    // Without daylight saving since 1991; the bundled zone data covers the years before.
    ZONE.get_or_init(|| {
        jiff::tz::TimeZone::get("Asia/Shanghai").unwrap_or_else(|_| jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(8)))
    })
    .clone()
}

impl Ts {
    /// As a `jiff` timestamp; the ends of time are clamped.
    #[must_use]
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX })
    }

    /// As a date and time of day in Beijing.
    #[must_use]
    pub fn local(self) -> jiff::ZonedDateTime {
        self.timestamp().to_zoned_datetime(shanghai())
    }

    /// From a date and time of day in Beijing. `None` when that moment does not exist.
    #[must_use]
    pub fn from_local(at: jiff::civil::DateTime) -> Option<Self> {
        at.to_zoned_datetime(shanghai()).ok().map(|z| Self(z.timestamp().as_microsecond()))
    }

    /// Later by so many seconds (earlier when negative).
    #[must_use]
    pub const fn plus_secs(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs.saturating_mul(1_000_000)))
    }

    /// Whole seconds from `earlier` to `self`, negative when `self` is before.
    #[must_use]
    pub const fn secs_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / 1_000_000
    }

    /// `2026-11-24T08:30:00+08:00`, Beijing time, to the second.
    #[must_use]
    pub fn rfc3339(self) -> String {
        const TO_THE_SECOND: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
        TO_THE_SECOND.timestamp_with_offset_to_string(&self.timestamp(), self.local().offset())
    }
}

impl From<jiff::Timestamp> for Ts {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_microsecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beijing_is_eight_hours_ahead() {
        let at = Ts::from_local(jiff::civil::date(2026, 11, 24).at(8, 30, 0, 0)).unwrap();
        assert_eq!(at.timestamp().to_string(), "2026-11-24T00:30:00Z");
        assert_eq!(at.rfc3339(), "2026-11-24T08:30:00+08:00");
    }
}
