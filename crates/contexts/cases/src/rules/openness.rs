//! How finely the public list says where and when something was reported (公开精度): data of the pack.

use linli_kernel::Ts;
use linli_rulebook::Contradiction;
use serde::Deserialize;

/// A degree, in the unit in which coordinates are kept.
const DEGREE_E7: i64 = 10_000_000;
/// A day.
const DAY_SECS: i64 = 86_400;

/// The grain of what is published (公开精度). Who sees a person at a window with a telephone at the very second and spot of a report knows who
/// made it; where something is, and since about when, is told without that.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Openness {
    /// Coordinates are rounded to so many 10⁻⁷ degrees.
    pub point_e7: i64,
    /// Instants are told as the beginning of so many seconds.
    pub secs: i64,
    /// Why so.
    pub reason: String,
}

impl Default for Openness {
    /// For a pack of a place that says nothing about it: as fine as the pack that ships with the program.
    fn default() -> Self {
        Self { point_e7: 10_000, secs: 60, reason: String::new() }
    }
}

impl Openness {
    /// Refuses a grain that is none, or one in which nothing can be found.
    pub(super) fn check(&self) -> Result<(), Contradiction> {
        if !(1..=DEGREE_E7).contains(&self.point_e7) {
            return Err(Contradiction(format!("published: point_e7 is {}, not 1 to {DEGREE_E7}", self.point_e7)));
        }
        if !(1..=DAY_SECS).contains(&self.secs) || DAY_SECS % self.secs != 0 {
            return Err(Contradiction(format!("published: secs is {}, which divides no day", self.secs)));
        }
        Ok(())
    }

    /// A point as it is published.
    #[must_use]
    pub fn point(&self, (lon, lat): (i64, i64)) -> (i64, i64) {
        let round = |e7: i64| e7.saturating_add(self.point_e7 / 2).div_euclid(self.point_e7) * self.point_e7;
        (round(lon), round(lat))
    }

    /// An instant as it is published.
    #[must_use]
    pub const fn instant(&self, at: Ts) -> Ts {
        let micros = self.secs * 1_000_000;
        Ts(at.0.div_euclid(micros) * micros)
    }

    /// The last instant that is published as this one is.
    #[must_use]
    pub const fn to_its_end(&self, at: Ts) -> Ts {
        Ts(self.instant(at).0.saturating_add(self.secs * 1_000_000 - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_coarse_on_both_sides_of_nought() {
        let grain = Openness::default();
        assert_eq!(grain.point((1_188_031_235, -1_224_651_145)), (1_188_030_000, -1_224_650_000));
        assert_eq!((grain.instant(Ts(119_999_999)), grain.to_its_end(Ts(60_000_000))), (Ts(60_000_000), Ts(119_999_999)));
        assert_eq!(grain.instant(Ts(-1)), Ts(-60_000_000));
    }

    #[test]
    fn a_grain_that_is_none_is_refused() {
        let with = |point_e7, secs| Openness { point_e7, secs, reason: String::new() }.check();
        assert!(with(10_000, 60).is_ok() && with(1, 1).is_ok());
        for (point_e7, secs) in [(0, 60), (10_000_001, 60), (10_000, 0), (10_000, 7_000), (10_000, 86_401)] {
            assert!(with(point_e7, secs).is_err(), "{point_e7} {secs}");
        }
    }
}
