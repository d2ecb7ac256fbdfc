//! When somebody is asked for a reading (随访安排).

use jiff::ToSpan as _;
use jiff::civil::Time;
use linli_kernel::Ts;
use serde::{Deserialize, Deserializer};

use super::Contradiction;
use crate::follow::model::Colour;

/// When a reading is due, and when it counts as missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Due by.
    pub due: Ts,
    /// Missing from then on.
    pub missing: Ts,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Every {
    every_days: i64,
    #[serde(deserialize_with = "time")]
    by: Time,
    grace_hours: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    after_alarm_hours: i64,
    #[serde(default)]
    red: Option<Every>,
    #[serde(default)]
    yellow: Option<Every>,
    #[serde(default)]
    green: Option<Every>,
}

/// The schedule. Refused when a closer colour is asked less often than a lower one, or a time is no time.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Schedule(Body);

/// `08:00`.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

impl TryFrom<Body> for Schedule {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let order = [&body.red, &body.yellow, &body.green];
        let mut before = 0;
        for every in order {
            let days = every.as_ref().map_or(i64::MAX, |every| every.every_days);
            let hours = every.as_ref().map_or(1, |every| every.grace_hours);
            if days < 1 || days < before || !(1..=72).contains(&hours) {
                return Err(Contradiction(format!(
                    "every {days} days with {hours} hours of grace does not fit the colours beside it"
                )));
            }
            before = days;
        }
        if !(1..=48).contains(&body.after_alarm_hours) {
            return Err(Contradiction("after an alarm somebody is asked again within 1 to 48 hours".to_owned()));
        }
        Ok(Self(body))
    }
}

impl Schedule {
    const fn of(&self, colour: Colour) -> Option<&Every> {
        match colour {
            Colour::Red => self.0.red.as_ref(),
            Colour::Yellow => self.0.yellow.as_ref(),
            Colour::Green => self.0.green.as_ref(),
        }
    }

    /// Every how many days somebody of this colour is asked; `None` when nobody asks.
    #[must_use]
    pub fn days(&self, colour: Colour) -> Option<i64> {
        self.of(colour).map(|every| every.every_days)
    }

    /// When somebody of this colour is first asked: today by the hour of the schedule, or tomorrow when it is past.
    #[must_use]
    pub fn first(&self, colour: Colour, now: Ts) -> Option<Asked> {
        let today = self.on(colour, now, 0)?;
        if today.due > now { Some(today) } else { self.on(colour, now, 1) }
    }

    /// When the next reading is due after one that was taken then: so many days after that day.
    #[must_use]
    pub fn next(&self, colour: Colour, taken: Ts) -> Option<Asked> {
        self.on(colour, taken, self.of(colour)?.every_days)
    }

    /// When somebody is asked again whose alarm was kept under watch; earlier of this and the schedule's own.
    #[must_use]
    pub fn again(&self, colour: Colour, now: Ts) -> Asked {
        let due = now.plus_secs(self.0.after_alarm_hours * 3_600);
        let grace = self.of(colour).map_or(self.0.after_alarm_hours, |every| every.grace_hours);
        let soon = Asked { due, missing: due.plus_secs(grace * 3_600) };
        match self.next(colour, now) {
            Some(usual) if usual.due < soon.due => usual,
            _ => soon,
        }
    }

    fn on(&self, colour: Colour, from: Ts, days: i64) -> Option<Asked> {
        let every = self.of(colour)?;
        let day = from.local().date().checked_add(days.days()).ok()?;
        let due = Ts::from_local(day.to_datetime(every.by))?;
        Some(Asked { due, missing: due.plus_secs(every.grace_hours * 3_600) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::rules::testing::{read, rules, shipped};
    use jiff::civil::date;

    fn at(day: i8, hour: i8) -> Ts {
        Ts::from_local(date(2026, 11, day).at(hour, 0, 0, 0)).unwrap()
    }

    #[test]
    fn red_is_asked_every_day_yellow_every_third_green_never() {
        let rules = rules();
        let schedule = rules.schedule();
        assert_eq!(schedule.first(Colour::Red, at(24, 9)), Some(Asked { due: at(24, 12), missing: at(24, 16) }));
        assert_eq!(schedule.first(Colour::Red, at(24, 12)), Some(Asked { due: at(25, 12), missing: at(25, 16) }), "noon is past");
        assert_eq!(schedule.next(Colour::Red, at(24, 23)), Some(Asked { due: at(25, 12), missing: at(25, 16) }));
        assert_eq!(schedule.next(Colour::Yellow, at(24, 9)), Some(Asked { due: at(27, 18), missing: at(28, 8) }));
        assert_eq!((schedule.first(Colour::Green, at(24, 9)), schedule.next(Colour::Green, at(24, 9))), (None, None));
        assert_eq!(schedule.again(Colour::Green, at(24, 9)).due, at(24, 13));
        assert_eq!(schedule.again(Colour::Red, at(24, 9)).due, at(24, 13));
        assert_eq!(schedule.again(Colour::Red, at(24, 23)).due, at(25, 3));
    }

    #[test]
    fn a_schedule_that_asks_red_less_often_is_refused() {
        let wrong = shipped("care.follow_up").replacen("every_days = 1", "every_days = 4", 1);
        assert!(read(&wrong).unwrap_err().to_string().contains("does not fit the colours beside it"));
    }
}
