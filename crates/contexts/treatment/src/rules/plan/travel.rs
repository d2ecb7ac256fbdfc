//! How long it takes from one house to another: the straight line, made longer by what ways usually are.

use std::collections::BTreeMap;

use linli_geo::Point;

use super::TravelRule;
use crate::model::plan::{At, House};

/// Minutes from house to house (路程).
#[derive(Debug, Clone, Default)]
pub struct Travel {
    number: BTreeMap<At, usize>,
    points: Vec<Option<Flat>>,
}

/// A point on the flat sheet of a city, in metres: to the north, and to the east per metre of the equator in thousandths.
#[derive(Debug, Clone, Copy)]
struct Flat {
    north: i64,
    east: i64,
    /// How much shorter a degree to the east is than at the equator, in ten-thousandths.
    shorter: i64,
}

/// Metres of a degree of latitude.
const DEGREE: i64 = 111_195;
const E7: i64 = 10_000_000;

impl Flat {
    fn of(point: Point) -> Self {
        let (lon, lat) = (i64::from(point.lon_e7), i64::from(point.lat_e7));
        // Bhaskara's cosine, right within 17 ten-thousandths: cos x° = (32400 − 4x²) / (32400 + x²). Whole numbers, so that the plan is the same
        // wherever it is made.
        let tenths = lat / (E7 / 10);
        let square = tenths * tenths;
        let shorter = (3_240_000 - 4 * square).max(0) * 10_000 / (3_240_000 + square);
        Self { north: lat * DEGREE / E7, east: lon * DEGREE / E7, shorter }
    }

    fn metres(self, other: Self) -> i64 {
        let north = self.north - other.north;
        let east = (self.east - other.east) * (self.shorter + other.shorter) / 20_000;
        (north * north + east * east).isqrt()
    }
}

impl Travel {
    /// The ways between these houses.
    #[must_use]
    pub fn between<'h>(houses: impl IntoIterator<Item = &'h House>) -> Self {
        let mut travel = Self::default();
        for house in houses {
            travel.number.insert(house.at, travel.points.len());
            travel.points.push(house.point.map(Flat::of));
        }
        travel
    }

    /// Minutes from one house to another, at least one; what the rule says where nobody knows where they are.
    #[must_use]
    pub fn minutes(&self, rule: &TravelRule, from: At, to: At) -> i64 {
        let numbers = self.number.get(&from).copied().zip(self.number.get(&to).copied());
        numbers.map_or(rule.unknown_minutes, |(from, to)| self.by_number(rule, from, to))
    }

    fn by_number(&self, rule: &TravelRule, from: usize, to: usize) -> i64 {
        let point = |number: usize| self.points.get(number).copied().flatten();
        let Some((one, other)) = point(from).zip(point(to)) else { return rule.unknown_minutes };
        // km/h → metres a minute: 1000 / 60.
        let way = one.metres(other) * rule.detour_percent / 100;
        (rule.boarding_minutes + way * 60 / (rule.kmh * 1_000)).max(1)
    }

    /// Whether it is known where a house is.
    #[must_use]
    pub fn knows(&self, at: At) -> bool {
        self.number.get(&at).and_then(|number| self.points.get(*number)).is_some_and(Option::is_some)
    }
}
