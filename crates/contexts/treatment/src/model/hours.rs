//! Opening hours (开诊时间) as real intervals: over midnight, round the clock, days on which it stays closed.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use linli_kernel::Ts;

const DAY: i64 = 1_440;
const WEEK: i64 = 7 * DAY;
/// How far ahead the next opening is looked for, in days.
const AHEAD: i64 = 14;

/// A time of the week in which it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// When it begins, in minutes since Monday 00:00.
    begins: i64,
    /// How long it lasts, in minutes; it may run into the next day, and on Sunday into the next week.
    lasts: i64,
}

impl Interval {
    /// On a day of the week (0 is Monday) from a minute of the day on; a `to` that is not after `from` is meant on the next day.
    /// `None` for what is no time.
    #[must_use]
    pub fn on(weekday: i64, from: i64, to: i64) -> Option<Self> {
        let lasts = if to > from { to - from } else { to + DAY - from };
        let fits =
            (0..7).contains(&weekday) && (0..DAY).contains(&from) && (0..=2 * DAY).contains(&to) && (1..=DAY).contains(&lasts);
        fits.then_some(Self { begins: weekday * DAY + from, lasts })
    }

    /// The day of the week on which it begins, 0 is Monday.
    #[must_use]
    pub const fn weekday(self) -> i64 {
        self.begins / DAY
    }

    /// When it begins, in minutes of the day.
    #[must_use]
    pub const fn from(self) -> i64 {
        self.begins % DAY
    }

    /// When it ends, in minutes of the day on which it begins; more than a day's for the night after.
    #[must_use]
    pub const fn to(self) -> i64 {
        self.from() + self.lasts
    }
}

/// When a unit is open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Hours {
    /// Nobody said, or what was said cannot be read.
    #[default]
    Unknown,
    /// Round the clock.
    Always,
    /// So many hours a day; from when on was not said.
    PerDay(i64),
    /// These times of every week, in order.
    Weekly(Vec<Interval>),
}

/// Hours as they were set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// From which day on.
    pub from_day: String,
    /// The hours.
    pub hours: Hours,
    /// What was written.
    pub told: String,
}

/// Whether it is open at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenNow {
    /// It is; until then, if it ever closes.
    Open(Option<Ts>),
    /// It is not; it opens then, when that is known.
    Closed(Option<Ts>),
    /// Nobody can tell.
    Unknown,
}

impl Hours {
    /// Hours of a week. Intervals of a day that touch or overlap become one; those of two days stay two, as one of them may be closed. None
    /// at all are unknown.
    #[must_use]
    pub fn weekly(mut all: Vec<Interval>) -> Self {
        all.sort_unstable();
        let mut joined: Vec<Interval> = Vec::new();
        for one in all {
            match joined.last_mut() {
                Some(last) if one.weekday() == last.weekday() && one.begins <= last.begins + last.lasts => {
                    last.lasts = last.lasts.max(one.begins + one.lasts - last.begins);
                }
                _ => joined.push(one),
            }
        }
        if joined.is_empty() { Self::Unknown } else { Self::Weekly(joined) }
    }

    /// Whether it is open at an instant, with the days on which it stays closed: what would begin on one of them does not.
    #[must_use]
    pub fn at(&self, now: Ts, closed: &[Date]) -> OpenNow {
        let week: Vec<Interval> = match self {
            Self::Unknown | Self::PerDay(_) => return OpenNow::Unknown,
            Self::Always if closed.is_empty() => return OpenNow::Open(None),
            Self::Always => (0..7).filter_map(|day| Interval::on(day, 0, DAY)).collect(),
            Self::Weekly(week) => week.clone(),
        };
        let mut spans: Vec<(Ts, Ts)> = Vec::new();
        for ahead in -2..=AHEAD {
            let Ok(date) = now.local().date().checked_add(ahead.days()) else { continue };
            if closed.contains(&date) {
                continue;
            }
            let weekday = i64::from(date.weekday().to_monday_zero_offset());
            for one in week.iter().filter(|one| one.weekday() == weekday) {
                let Some(midnight) = Ts::from_local(date.to_datetime(Time::midnight())) else { continue };
                let begins = midnight.plus_secs(one.from() * 60);
                let ends = begins.plus_secs(one.lasts * 60);
                match spans.last_mut() {
                    Some((_, last)) if begins <= *last => *last = ends.max(*last),
                    _ => spans.push((begins, ends)),
                }
            }
        }
        let horizon = now.plus_secs((AHEAD - 1) * 86_400);
        match spans.iter().find(|(begins, ends)| *begins <= now && now < *ends) {
            Some((_, ends)) => OpenNow::Open(Some(*ends).filter(|ends| *ends < horizon)),
            None => OpenNow::Closed(spans.iter().map(|(begins, _)| *begins).find(|begins| *begins > now)),
        }
    }
}

/// As it is stored.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("?"),
            Self::Always => f.write_str("24h"),
            Self::PerDay(hours) => write!(f, "{hours}h/day"),
            Self::Weekly(week) => {
                f.write_str("weekly")?;
                week.iter().try_for_each(|one| write!(f, " {}+{}", one.begins, one.lasts))
            }
        }
    }
}

/// Hours that are not of the stored form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no hours")]
pub struct NoHours;

impl FromStr for Hours {
    type Err = NoHours;

    fn from_str(text: &str) -> Result<Self, NoHours> {
        match text {
            "?" => return Ok(Self::Unknown),
            "24h" => return Ok(Self::Always),
            _ => {}
        }
        if let Some(hours) = text.strip_suffix("h/day") {
            return hours.parse().map(Self::PerDay).map_err(|_| NoHours);
        }
        let week = text.strip_prefix("weekly ").ok_or(NoHours)?;
        let one = |part: &str| {
            let (begins, lasts) = part.split_once('+')?;
            let one = Interval { begins: begins.parse().ok()?, lasts: lasts.parse().ok()? };
            ((0..WEEK).contains(&one.begins) && one.lasts > 0).then_some(one)
        };
        week.split(' ').map(|part| one(part).ok_or(NoHours)).collect::<Result<_, _>>().map(Self::Weekly)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A day of the last week of November 2026; the 24th is a Tuesday.
    fn at(day: i8, hour: i8, minute: i8) -> Ts {
        Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, minute, 0, 0)).unwrap()
    }

    fn on(weekday: i64, from: i64, to: i64) -> Interval {
        Interval::on(weekday, from * 60, to * 60).unwrap()
    }

    #[test]
    fn a_night_runs_into_the_next_day_and_the_next_week() {
        let hours = Hours::weekly(vec![on(1, 20, 8), on(6, 20, 8)]);
        assert_eq!(hours.at(at(24, 19, 59), &[]), OpenNow::Closed(Some(at(24, 20, 0))));
        assert_eq!(hours.at(at(24, 20, 0), &[]), OpenNow::Open(Some(at(25, 8, 0))));
        assert_eq!(hours.at(at(25, 7, 59), &[]), OpenNow::Open(Some(at(25, 8, 0))));
        assert_eq!(hours.at(at(25, 8, 0), &[]), OpenNow::Closed(Some(at(29, 20, 0))));
        // Monday morning belongs to the night of Sunday.
        assert_eq!(hours.at(at(23, 3, 0), &[]), OpenNow::Open(Some(at(23, 8, 0))));
    }

    #[test]
    fn a_closed_day_takes_away_what_begins_on_it() {
        let closed = [jiff::civil::date(2026, 11, 24)];
        let hours = Hours::weekly(vec![on(0, 20, 8), on(1, 8, 17), on(2, 8, 17)]);
        assert_eq!(hours.at(at(24, 7, 0), &closed), OpenNow::Open(Some(at(24, 8, 0))), "the night of Monday still runs");
        assert_eq!(hours.at(at(24, 9, 0), &closed), OpenNow::Closed(Some(at(25, 8, 0))));
        assert_eq!(Hours::Always.at(at(24, 9, 0), &closed), OpenNow::Closed(Some(at(25, 0, 0))));
        assert_eq!(Hours::Always.at(at(23, 9, 0), &closed), OpenNow::Open(Some(at(24, 0, 0))));
        assert_eq!(Hours::Always.at(at(25, 9, 0), &closed), OpenNow::Open(None));
    }

    #[test]
    fn what_nobody_said_is_neither_open_nor_closed() {
        assert_eq!(Hours::Unknown.at(at(24, 9, 0), &[]), OpenNow::Unknown);
        assert_eq!(Hours::PerDay(8).at(at(24, 9, 0), &[]), OpenNow::Unknown);
    }

    #[test]
    fn a_morning_and_an_afternoon_stay_two_and_halves_become_one() {
        let two = Hours::weekly(vec![on(1, 14, 17), on(1, 8, 12)]);
        assert_eq!(two.at(at(24, 13, 0), &[]), OpenNow::Closed(Some(at(24, 14, 0))));
        assert_eq!(Hours::weekly(vec![on(1, 8, 12), on(1, 12, 17)]), Hours::weekly(vec![on(1, 8, 17)]));
        assert!(Interval::on(7, 0, 60).is_none() && Interval::on(0, 1_440, 60).is_none());
    }

    proptest! {
        #[test]
        fn hours_are_read_as_they_were_stored(begins in prop::collection::vec((0_i64..7, 0_i64..1_440, 1_i64..1_440), 1..9)) {
            let week = begins.into_iter().filter_map(|(day, from, lasts)| Interval::on(day, from, (from + lasts) % 1_440)).collect();
            let hours = Hours::weekly(week);
            prop_assert_eq!(hours.to_string().parse::<Hours>(), Ok(hours));
        }
    }
}
