//! The plan (救治方案): the rule it goes by, and how a picture becomes suggestions. The model is that of ADR 0032.

mod build;
mod explain;
mod travel;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Contradiction;
use crate::model::beds::BedType;
use crate::model::referrals::Declining;

pub use build::Plan;
pub use explain::Planned;
pub use travel::Travel;

/// The id of the pack of the plan.
pub const ID: &str = "treatment.plan";

/// How long a journey takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TravelRule {
    detour_percent: i64,
    kmh: i64,
    boarding_minutes: i64,
    unknown_minutes: i64,
    /// Whether the source was read.
    pub verified: bool,
}

/// How gladly a house is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Band {
    up_to_percent: i64,
    reluctance: i64,
}

/// For how long a refusal counts, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    minutes: i64,
    /// For everybody who needs this kind of bed, or for this patient alone.
    pub everybody: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    no_return_hours: i64,
    fleet_minutes: i64,
    travel: TravelRule,
    setup: BTreeMap<BedType, i64>,
    load: Vec<Band>,
    declines: BTreeMap<Declining, Counts>,
}

/// What the plan goes by. Refused when a kind of bed or a reason is missing, a number cannot be, or the bands of load do not grow up to the whole.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct PlanRule {
    no_return_hours: i64,
    fleet_minutes: i64,
    travel: TravelRule,
    setup: BTreeMap<BedType, i64>,
    load: Vec<Band>,
    declines: BTreeMap<Declining, Counts>,
}

impl TryFrom<Body> for PlanRule {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        const WEEK: i64 = 7 * 1_440;
        let refuse = |what: &str| Err(Contradiction(what.to_owned()));
        if !(0..=720).contains(&body.no_return_hours) || !(1..=WEEK).contains(&body.fleet_minutes) {
            return refuse("nobody goes back for up to 720 hours, vehicles are known for up to a week");
        }
        let travel = body.travel;
        let fits = (100..=500).contains(&travel.detour_percent)
            && (5..=150).contains(&travel.kmh)
            && (0..=120).contains(&travel.boarding_minutes)
            && (1..=1_440).contains(&travel.unknown_minutes);
        if !fits {
            return refuse("detour 100 to 500 %, 5 to 150 km/h, boarding up to 120 and unknown ways up to 1,440 minutes");
        }
        if BedType::ALL.iter().any(|kind| !body.setup.get(kind).is_some_and(|minutes| (0..=1_440).contains(minutes))) {
            return refuse("every kind of bed is made ready within 0 to 1,440 minutes");
        }
        let grows = body.load.windows(2).all(|two| {
            two.first().zip(two.last()).is_some_and(|(a, b)| a.up_to_percent < b.up_to_percent && a.reluctance < b.reluctance)
        });
        let whole = body.load.last().is_some_and(|last| last.up_to_percent == 100 && last.reluctance <= 1_000);
        let begins = body.load.first().is_some_and(|first| first.up_to_percent > 0 && first.reluctance >= 0);
        if !grows || !whole || !begins {
            return refuse("the bands of load grow, in percent up to 100 and in reluctance");
        }
        if Declining::ALL.iter().any(|why| !body.declines.get(why).is_some_and(|one| (0..=WEEK).contains(&one.minutes))) {
            return refuse("every reason to refuse counts for 0 minutes to a week");
        }
        let Body { no_return_hours, fleet_minutes, setup, load, declines, .. } = body;
        Ok(Self { no_return_hours, fleet_minutes, travel, setup, load, declines })
    }
}

impl PlanRule {
    /// For how long nobody goes back to where they came from, in seconds.
    #[must_use]
    pub const fn no_return_secs(&self) -> i64 {
        self.no_return_hours * 3_600
    }

    /// For how long a number of vehicles is known, in seconds.
    #[must_use]
    pub const fn fleet_secs(&self) -> i64 {
        self.fleet_minutes * 60
    }

    /// How long a bed takes to be ready, in minutes.
    #[must_use]
    pub fn setup(&self, bed_type: BedType) -> i64 {
        self.setup.get(&bed_type).copied().unwrap_or(0)
    }

    /// For how long a refusal counts, in seconds, and whether for everybody.
    #[must_use]
    pub fn refusal(&self, why: Declining) -> (i64, bool) {
        self.declines.get(&why).map_or((0, false), |counts| (counts.minutes * 60, counts.everybody))
    }

    /// The longest time that any refusal counts, in seconds.
    #[must_use]
    pub fn refusals_secs(&self) -> i64 {
        self.declines.values().map(|counts| counts.minutes * 60).max().unwrap_or(0)
    }

    /// How journeys are reckoned.
    #[must_use]
    pub const fn travel(&self) -> &TravelRule {
        &self.travel
    }

    /// How many of so many free beds are filled at each reluctance, one after the other.
    fn bands(&self, free: i64) -> Vec<(i64, i64)> {
        let up_to =
            |percent: i64| (free.saturating_mul(percent)).div_euclid(100) + i64::from(free.saturating_mul(percent) % 100 != 0);
        let mut before = 0;
        let band = |band: &Band| {
            let many = up_to(band.up_to_percent) - before;
            before += many;
            (many, band.reluctance)
        };
        self.load.iter().map(band).collect()
    }
}

#[cfg(test)]
mod tests;
