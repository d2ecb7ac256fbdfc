//! Oxygen places (吸氧位): how they may be offered and booked. Whether somebody is given oxygen a physician decides.

use serde::Deserialize;

use super::Contradiction;
use crate::follow::model::{Alarm, Level, QUARTER_MINUTES, Reason};

/// The most places of one institution.
pub const PLACES_MAX: i64 = 200;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    least_minutes: i64,
    most_minutes: i64,
    ahead_days: i64,
    late_minutes: i64,
    offered_for: Vec<Reason>,
}

/// How places are offered and booked. Refused when the times are no quarters of an hour or contradict each other.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Oxygen(Body);

impl TryFrom<Body> for Oxygen {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let quarters = |minutes: i64| minutes > 0 && minutes % QUARTER_MINUTES == 0;
        if !quarters(body.least_minutes) || !quarters(body.most_minutes) || body.least_minutes > body.most_minutes {
            return Err(Contradiction("oxygen is had in quarters of an hour, the least before the most".to_owned()));
        }
        if !(1..=60).contains(&body.ahead_days) || !(1..=120).contains(&body.late_minutes) {
            return Err(Contradiction("places are booked 1 to 60 days ahead, and are late after 1 to 120 minutes".to_owned()));
        }
        Ok(Self(body))
    }
}

impl Oxygen {
    /// The shortest and the longest time one has a place for, in minutes.
    #[must_use]
    pub const fn minutes(&self) -> (i64, i64) {
        (self.0.least_minutes, self.0.most_minutes)
    }

    /// How many days ahead a place is booked at most.
    #[must_use]
    pub const fn ahead_days(&self) -> i64 {
        self.0.ahead_days
    }

    /// After how many seconds somebody has not come; as much before the time a person may begin.
    #[must_use]
    pub const fn late_secs(&self) -> i64 {
        self.0.late_minutes * 60
    }

    /// Whether a place is offered for an alarm. Never for an emergency: 120 comes first.
    #[must_use]
    pub fn offered_for(&self, alarm: &Alarm) -> bool {
        alarm.level != Level::Emergency && alarm.reasons.iter().any(|reason| self.0.offered_for.contains(reason))
    }
}

#[cfg(test)]
mod tests {
    use crate::follow::rules::testing::{read, rules, shipped};

    #[test]
    fn times_that_contradict_each_other_are_refused() {
        assert_eq!(rules().oxygen().minutes(), (15, 240));
        let shipped = shipped("care.oxygen");
        for (said, instead) in [
            ("least_minutes = 15", "least_minutes = 20"),
            ("most_minutes = 240", "most_minutes = 0"),
            ("ahead_days = 7", "ahead_days = 0"),
            ("late_minutes = 15", "late_minutes = 500"),
            ("\"spo2_low\",", "\"bad_luck\","),
        ] {
            assert!(shipped.contains(said) && read(&shipped.replacen(said, instead, 1)).is_err(), "{instead}");
        }
    }
}
