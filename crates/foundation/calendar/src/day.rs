//! Whole days and moments of Beijing as plain numbers, so that a deadline costs a few additions.
//!
//! "Wall" is microseconds since 1970-01-01T00:00:00 on the clock on a Beijing wall; a day is wall time divided by 24 hours.

use jiff::ToSpan;
use jiff::civil::Date;
use linli_kernel::Ts;

/// Microseconds of a minute.
pub const MINUTE: i64 = 60_000_000;
/// Microseconds of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds of a day.
pub const DAY: i64 = 24 * HOUR;
const BEIJING: i64 = 8 * HOUR;
const EPOCH: Date = Date::constant(1970, 1, 1);
/// ±5,000 years: far enough for any record, near enough that no sum here can overflow or leave the dates `jiff` knows.
const FAR: i64 = 5_000 * 365 * DAY;

/// Wall time of an instant; instants beyond ±5,000 years are clamped.
pub fn wall(at: Ts) -> i64 {
    at.0.clamp(-FAR, FAR) + BEIJING
}

/// The instant of a wall time.
pub const fn instant(wall: i64) -> Ts {
    Ts(wall - BEIJING)
}

/// The day in which a wall time lies; 00:00 belongs to the day that begins.
pub const fn day_of(wall: i64) -> i64 {
    wall.div_euclid(DAY)
}

/// The day that a period ending at this wall time ends with; 00:00 is 24:00 of the day before.
pub const fn day_ending_at(wall: i64) -> i64 {
    (wall - 1).div_euclid(DAY)
}

/// 00:00 of a day.
pub const fn start(day: i64) -> i64 {
    day * DAY
}

/// The number of a date.
pub fn number(date: Date) -> i64 {
    date.duration_since(EPOCH).as_hours() / 24
}

/// The date of a number. Callers stay within the range that [`wall`] clamps to, so the fallback is never seen.
pub fn date(day: i64) -> Date {
    EPOCH.checked_add(day.clamp(-1_900_000, 1_900_000).days()).unwrap_or(EPOCH)
}

/// The day so many months later: the corresponding day, or the last day of the month when there is none (民法典 art. 202).
pub fn plus_months(day: i64, months: u32) -> i64 {
    date(day).checked_add(i64::from(months).months()).map_or(day, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_agree() {
        for (y, m, d, n) in [(1970, 1, 1, 0), (1969, 12, 31, -1), (2024, 2, 29, 19_782), (2026, 1, 1, 20_454)] {
            let it = Date::constant(y, m, d);
            assert_eq!(number(it), n);
            assert_eq!(date(n), it);
        }
        assert_eq!(date(plus_months(number(Date::constant(2026, 1, 31)), 1)), Date::constant(2026, 2, 28));
    }

    #[test]
    fn midnight_belongs_to_the_day_that_begins_and_ends_the_one_before() {
        let at = wall(Ts::from_local(Date::constant(2026, 7, 1).at(0, 0, 0, 0)).unwrap());
        assert_eq!(date(day_of(at)), Date::constant(2026, 7, 1));
        assert_eq!(date(day_ending_at(at)), Date::constant(2026, 6, 30));
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        for at in [i64::MIN, i64::MAX] {
            let day = day_of(wall(Ts(at)));
            assert_eq!(number(date(day)), day);
            assert_ne!(plus_months(day, 1_200), day);
        }
    }
}
