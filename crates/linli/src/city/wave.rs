//! The wave (感染高峰): curves through what was published, and severe cases that follow the fever visits. Pure functions of seed and day.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::civil::Date;
use serde::Deserialize;

use crate::demo::Dice;

/// What was published, with its sources.
const PUBLISHED: &str = include_str!("published.toml");

/// Of a hundred thousand fever visits so many are followed by a case that needs an intensive bed. Our own: nothing was published. It is set so
/// that the beds which were published are used as much as was.
const SEVERE_PER_100_000: f64 = 1_150.0;
/// Days from the visit to the intensive bed: of a hundred, beginning with day 3.
const LAG: [f64; 12] = [3.0, 6.0, 10.0, 13.0, 15.0, 14.0, 12.0, 10.0, 7.0, 5.0, 3.0, 2.0];
const LAG_FROM: i64 = 3;

/// A point of a curve.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    day: Date,
    value: f64,
    /// Nothing was published for this day: the point is ours.
    #[serde(default)]
    #[expect(dead_code, reason = "for whoever reads the file")]
    own: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Curve {
    id: String,
    points: Vec<Point>,
}

/// A figure that was published (公布的数字).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// How it is measured in the store.
    pub measure: String,
    /// Of which day.
    pub day: Option<Date>,
    /// The day it is compared with.
    pub other: Option<Date>,
    /// Of so many days after the peak of severe cases.
    pub after_peak: Option<i64>,
    /// As printed.
    pub value: f64,
    /// Whether a smaller city has less of it.
    #[serde(default = "yes")]
    pub scaled: bool,
    /// What it is.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// Where it was printed.
    pub source: String,
}

const fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    curve: Vec<Curve>,
    figure: Vec<Published>,
}

/// The wave of the whole city.
#[derive(Debug, Clone)]
pub struct Wave {
    curves: BTreeMap<String, Vec<Point>>,
    /// What was published.
    pub published: Vec<Published>,
}

impl Wave {
    /// As it was published.
    pub fn published() -> anyhow::Result<Self> {
        let file: File = toml::from_str(PUBLISHED).context("the published figures")?;
        let curves = file.curve.into_iter().map(|curve| (curve.id, curve.points)).collect();
        Ok(Self { curves, published: file.figure })
    }

    /// The same wave, so many days later: for a demonstration that ends today.
    pub fn later(mut self, days: i64) -> Self {
        let span = jiff::Span::new().days(days);
        for point in self.curves.values_mut().flatten() {
            point.day = point.day.saturating_add(span);
        }
        for one in &mut self.published {
            one.day = one.day.map(|day| day.saturating_add(span));
            one.other = one.other.map(|day| day.saturating_add(span));
        }
        self
    }

    /// The value of a curve on a day: between two points it grows by the same share each day.
    pub fn at(&self, curve: &str, day: Date) -> f64 {
        let points = self.curves.get(curve).map(Vec::as_slice).unwrap_or_default();
        let after = points.iter().position(|point| point.day >= day).unwrap_or(points.len());
        let (before, next) = (after.checked_sub(1).and_then(|at| points.get(at)), points.get(after));
        match (before, next) {
            (_, Some(point)) if point.day == day => point.value,
            (Some(one), Some(other)) => {
                let share = days(one.day, day) / days(one.day, other.day);
                (one.value.ln() + (other.value.ln() - one.value.ln()) * share).exp()
            }
            (Some(only), None) | (None, Some(only)) => only.value,
            (None, None) => 0.0,
        }
    }

    /// How many fall so ill on a day that they need an intensive bed.
    pub fn severe(&self, day: Date) -> f64 {
        let lagged = LAG.iter().zip(LAG_FROM..).map(|(of_100, lag)| {
            let visit = day.saturating_sub(jiff::Span::new().days(lag));
            self.at("fever", visit) * of_100 / 100.0
        });
        lagged.sum::<f64>() * SEVERE_PER_100_000 / 100_000.0
    }
}

fn days(from: Date, to: Date) -> f64 {
    real(i64::from(from.until(to).map(|span| span.get_days()).unwrap_or(0)))
}

/// A count as a real number.
pub fn real(n: i64) -> f64 {
    f64::from(i32::try_from(n).unwrap_or(i32::MAX))
}

/// A real number as a count, halves to even.
pub fn whole(x: f64) -> i64 {
    format!("{x:.0}").parse().unwrap_or(0)
}

/// A count that is `x` on average: the part behind the point is drawn.
pub fn drawn(x: f64, dice: &Dice) -> i64 {
    let floor = x.max(0.0).floor();
    whole(floor) + i64::from(dice.unit() < x.max(0.0) - floor)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_curves_run_through_what_was_published() {
        let wave = Wave::published().unwrap();
        for (curve, day, value) in [
            ("fever", date(2022, 12, 11), 22_000.0),
            ("fever", date(2022, 12, 15), 73_000.0),
            ("fever", date(2023, 1, 4), 12_000.0),
            ("emergency", date(2022, 12, 30), 52_000.0),
            ("calls", date(2022, 12, 18), 21_199.0),
            ("hospital_clinics", date(2022, 12, 20), 303.0),
        ] {
            assert!((wave.at(curve, day) - value).abs() < 1e-6, "{curve} {day}");
        }
        let between = wave.at("fever", date(2022, 12, 13));
        assert!((40_000.0..41_000.0).contains(&between), "{between}");
    }

    /// No other day of the span is higher, and the severe ones come after.
    #[test]
    fn the_peak_is_where_it_was_published() {
        let wave = Wave::published().unwrap();
        let days: Vec<Date> = date(2022, 12, 4).series(jiff::Span::new().days(1)).take(32).collect();
        let peak = |value: &dyn Fn(Date) -> f64| *days.iter().max_by(|a, b| value(**a).total_cmp(&value(**b))).unwrap();
        assert_eq!(peak(&|day| wave.at("fever", day)), date(2022, 12, 15));
        let severe = peak(&|day| wave.severe(day));
        assert!((date(2022, 12, 20)..=date(2022, 12, 27)).contains(&severe), "{severe}");
    }

    #[test]
    fn what_adds_up_in_print_adds_up_here() {
        let wave = Wave::published().unwrap();
        let of = |measure: &str, day: Date| {
            wave.published.iter().find(|one| one.measure == measure && one.day == Some(day)).unwrap().value
        };
        let (first, last) = (date(2022, 12, 9), date(2023, 1, 4));
        assert!((of("urgent", first) + of("non_urgent", first) - of("vehicle_requests", first)).abs() < 1e-9);
        assert!((303.0 + of("community_clinics", last) - of("all_clinics", last)).abs() < 1e-9);
        assert_eq!(whole(of("calls", first) * (1.0 - 0.3347)), 21_198);
    }
}
