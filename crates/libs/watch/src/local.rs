//! Hours of the day. The zone is a fixed offset: China has one time and no summer time.

use crate::sign::Second;

/// Seconds of a day.
pub(crate) const DAY: u32 = 86_400;

/// The hour at which a day of life begins: whoever is up at two in the night has not begun the next day.
pub(crate) const DAY_BEGINS: u32 = 4;

/// The local time of those who are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Seconds ahead of UTC.
    pub ahead: i32,
}

impl Zone {
    /// Beijing time (北京时间).
    pub const BEIJING: Self = Self { ahead: 8 * 3_600 };

    fn local(self, at: Second) -> i64 {
        i64::from(at) + i64::from(self.ahead)
    }

    /// Seconds since local midnight.
    pub(crate) fn of_day(self, at: Second) -> u32 {
        u32::try_from(self.local(at).rem_euclid(i64::from(DAY))).unwrap_or_default()
    }

    /// The number of the day of life that `at` lies in; it begins at four.
    pub(crate) fn day(self, at: Second) -> u32 {
        u32::try_from((self.local(at) - i64::from(DAY_BEGINS * 3_600)).div_euclid(i64::from(DAY))).unwrap_or_default()
    }

    /// When the day of life begins.
    pub(crate) fn begin(self, day: u32) -> Second {
        let local = i64::from(day) * i64::from(DAY) + i64::from(DAY_BEGINS * 3_600);
        u32::try_from((local - i64::from(self.ahead)).max(0)).unwrap_or(Second::MAX)
    }

    /// Whole hours since the day of life began, 0 to 23.
    pub(crate) fn hour(self, at: Second) -> u32 {
        at.saturating_sub(self.begin(self.day(at))) / 3_600 % 24
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_life_begins_at_four_in_beijing() {
        let four = 1_699_992_000; // 2023-11-15 04:00 +08:00
        let zone = Zone::BEIJING;
        assert_eq!(zone.of_day(four), 4 * 3_600);
        assert_eq!(zone.day(four), zone.day(four - 1) + 1);
        assert_eq!(zone.begin(zone.day(four)), four);
        assert_eq!((zone.hour(four - 1), zone.hour(four), zone.hour(four + 3_600)), (23, 0, 1));
    }
}
