//! NEWS2 (Royal College of Physicians, 2017): seven parameters, added up and explained. What is missing is named; a total without it is
//! only the least that it can be.

use serde::{Deserialize, Serialize};

use super::{Bands, Contradiction};
use crate::follow::model::{Mind, Vitals};

/// A parameter of the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// 呼吸频率.
    Breaths,
    /// 血氧饱和度, scale 1.
    Spo2,
    /// 血氧饱和度, scale 2.
    Spo2Scale2,
    /// 空气或吸氧.
    Oxygen,
    /// 收缩压.
    Systolic,
    /// 脉搏.
    Pulse,
    /// 意识.
    Mind,
    /// 体温.
    Temperature,
}

impl Parameter {
    /// The word in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Breaths => "breaths",
            Self::Spo2 => "spo2",
            Self::Spo2Scale2 => "spo2_scale2",
            Self::Oxygen => "oxygen",
            Self::Systolic => "systolic",
            Self::Pulse => "pulse",
            Self::Mind => "mind",
            Self::Temperature => "temperature",
        }
    }
}

/// Clinical risk by the total (风险级别). Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// 低: 0 to 4.
    Low,
    /// 低–中: a single parameter with 3 points.
    LowMedium,
    /// 中: 5 or 6.
    Medium,
    /// 高: 7 and more.
    High,
}

impl Risk {
    /// The word in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::LowMedium => "low_medium",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What one parameter counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Which.
    pub parameter: Parameter,
    /// What was told; for consciousness and oxygen the words of the reading say it.
    pub value: Option<i64>,
    /// What it counts, 0 to 3.
    pub points: i64,
}

/// A score with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewsScore {
    /// What counted, in the order of the table.
    pub parts: Vec<Part>,
    /// What was not told.
    pub missing: Vec<Parameter>,
    /// The sum of the parts: the score when nothing is missing, else the least that it can be.
    pub total: i64,
    /// The risk by that sum: the least that it can be when something is missing.
    pub risk: Risk,
}

impl NewsScore {
    /// Whether all seven parameters were told.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Why there is no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotScored {
    /// Younger than the score is for.
    TooYoung,
    /// Not for those who are pregnant.
    Pregnant,
}

/// Whose vital signs they are, as far as the score asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whose {
    /// Age in completed years.
    pub age: i64,
    /// Whether pregnant.
    pub pregnant: bool,
    /// Whether a physician decided for scale 2.
    pub scale2: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    not_under_age: i64,
    oxygen_points: i64,
    not_alert_points: i64,
    medium_from: i64,
    high_from: i64,
    single_points: i64,
    breaths: Bands,
    spo2: Bands,
    spo2_scale2_air: Bands,
    spo2_scale2_oxygen: Bands,
    systolic: Bands,
    pulse: Bands,
    temperature: Bands,
}

/// The table.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct News2(Body);

impl TryFrom<Body> for News2 {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        if body.medium_from >= body.high_from {
            return Err(Contradiction("high risk must begin above medium risk".to_owned()));
        }
        Ok(Self(body))
    }
}

impl News2 {
    /// The score of vital signs.
    ///
    /// # Errors
    /// When the score is not for this person.
    pub fn score(&self, vitals: &Vitals, whose: Whose) -> Result<NewsScore, NotScored> {
        let table = &self.0;
        if whose.age < table.not_under_age {
            return Err(NotScored::TooYoung);
        }
        if whose.pregnant {
            return Err(NotScored::Pregnant);
        }
        let (saturation, bands) = match (whose.scale2, vitals.on_oxygen) {
            (false, _) => (Parameter::Spo2, &table.spo2),
            (true, false) => (Parameter::Spo2Scale2, &table.spo2_scale2_air),
            (true, true) => (Parameter::Spo2Scale2, &table.spo2_scale2_oxygen),
        };
        let banded = |value: Option<i64>, bands: &Bands| value.map(|value| (Some(value), bands.points(value)));
        let mind = vitals.mind.map(|mind| (None, if mind == Mind::Alert { 0 } else { table.not_alert_points }));
        let oxygen = Some((None, if vitals.on_oxygen { table.oxygen_points } else { 0 }));
        let told = [
            (Parameter::Breaths, banded(vitals.breaths, &table.breaths)),
            (saturation, banded(vitals.spo2, bands)),
            (Parameter::Oxygen, oxygen),
            (Parameter::Systolic, banded(vitals.systolic, &table.systolic)),
            (Parameter::Pulse, banded(vitals.pulse, &table.pulse)),
            (Parameter::Mind, mind),
            (Parameter::Temperature, banded(vitals.temperature, &table.temperature)),
        ];
        let (mut parts, mut missing) = (Vec::new(), Vec::new());
        for (parameter, found) in told {
            match found {
                Some((value, points)) => parts.push(Part { parameter, value, points }),
                None => missing.push(parameter),
            }
        }
        let total = parts.iter().map(|part| part.points).sum();
        let single = parts.iter().any(|part| part.points >= table.single_points);
        Ok(NewsScore { risk: self.risk(total, single), parts, missing, total })
    }

    fn risk(&self, total: i64, single: bool) -> Risk {
        match total {
            total if total >= self.0.high_from => Risk::High,
            total if total >= self.0.medium_from => Risk::Medium,
            _ if single => Risk::LowMedium,
            _ => Risk::Low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::rules::testing::rules;
    use proptest::prelude::*;

    const ADULT: Whose = Whose { age: 70, pregnant: false, scale2: false };

    fn well() -> Vitals {
        Vitals {
            spo2: Some(97),
            pulse: Some(70),
            breaths: Some(16),
            temperature: Some(367),
            systolic: Some(125),
            diastolic: Some(75),
            mind: Some(Mind::Alert),
            ..Vitals::default()
        }
    }

    fn total(change: impl Fn(&mut Vitals)) -> i64 {
        let mut vitals = well();
        change(&mut vitals);
        rules().news2().score(&vitals, ADULT).unwrap().total
    }

    fn scale2(change: impl Fn(&mut Vitals)) -> i64 {
        let mut vitals = well();
        change(&mut vitals);
        rules().news2().score(&vitals, Whose { scale2: true, ..ADULT }).unwrap().total
    }

    /// Both edges of every band of the chart, each alone on top of somebody who is well.
    #[test]
    fn every_band_of_the_chart() {
        for (value, points) in [(1, 3), (8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3), (60, 3)] {
            assert_eq!(total(|v| v.breaths = Some(value)), points, "breaths {value}");
        }
        for (value, points) in [(60, 3), (91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)] {
            assert_eq!(total(|v| v.spo2 = Some(value)), points, "spo2 {value}");
        }
        for (value, points) in [(60, 3), (90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3), (260, 3)] {
            assert_eq!(total(|v| v.systolic = Some(value)), points, "systolic {value}");
        }
        for (value, points) in
            [(30, 3), (40, 3), (41, 1), (50, 1), (51, 0), (90, 0), (91, 1), (110, 1), (111, 2), (130, 2), (131, 3), (180, 3)]
        {
            assert_eq!(total(|v| v.pulse = Some(value)), points, "pulse {value}");
        }
        for (value, points) in
            [(340, 3), (350, 3), (351, 1), (360, 1), (361, 0), (380, 0), (381, 1), (390, 1), (391, 2), (420, 2)]
        {
            assert_eq!(total(|v| v.temperature = Some(value)), points, "temperature {value}");
        }
        for mind in Mind::ALL {
            assert_eq!(total(|v| v.mind = Some(*mind)), if *mind == Mind::Alert { 0 } else { 3 }, "{mind}");
        }
        assert_eq!(total(|v| v.on_oxygen = true), 2);
    }

    #[test]
    fn scale_two_wants_88_to_92_and_punishes_too_much_oxygen() {
        for (value, points) in [(70, 3), (83, 3), (84, 2), (85, 2), (86, 1), (87, 1), (88, 0), (92, 0), (93, 0), (100, 0)] {
            assert_eq!(scale2(|v| v.spo2 = Some(value)), points, "on air {value}");
        }
        for (value, points) in
            [(83, 3), (85, 2), (87, 1), (88, 0), (92, 0), (93, 1), (94, 1), (95, 2), (96, 2), (97, 3), (100, 3)]
        {
            let with_oxygen = scale2(|v| {
                v.spo2 = Some(value);
                v.on_oxygen = true;
            });
            assert_eq!(with_oxygen, points + 2, "on oxygen {value}");
        }
    }

    #[test]
    fn one_parameter_with_three_points_is_more_than_low() {
        let risk = |change: fn(&mut Vitals)| {
            let mut vitals = well();
            change(&mut vitals);
            let score = rules().news2().score(&vitals, ADULT).unwrap();
            (score.total, score.risk)
        };
        assert_eq!(risk(|_| ()), (0, Risk::Low));
        assert_eq!(risk(|v| v.spo2 = Some(91)), (3, Risk::LowMedium));
        let four = |v: &mut Vitals| {
            v.spo2 = Some(93);
            v.pulse = Some(115);
        };
        assert_eq!(risk(four), (4, Risk::Low));
        let five = |v: &mut Vitals| {
            v.spo2 = Some(91);
            v.pulse = Some(115);
        };
        assert_eq!(risk(five), (5, Risk::Medium));
        let seven = |v: &mut Vitals| {
            v.spo2 = Some(91);
            v.pulse = Some(115);
            v.on_oxygen = true;
        };
        assert_eq!(risk(seven), (7, Risk::High));
    }

    #[test]
    fn not_for_children_nor_in_pregnancy_and_what_is_missing_is_named() {
        let rules = rules();
        let score = |age, pregnant| rules.news2().score(&well(), Whose { age, pregnant, scale2: false });
        assert_eq!(score(15, false).unwrap_err(), NotScored::TooYoung);
        assert!(score(16, false).is_ok());
        assert_eq!(score(30, true).unwrap_err(), NotScored::Pregnant);
        let only = Vitals { spo2: Some(92), ..Vitals::default() };
        let score = rules.news2().score(&only, ADULT).unwrap();
        assert_eq!((score.total, score.complete()), (2, false));
        assert_eq!(
            score.missing,
            [Parameter::Breaths, Parameter::Systolic, Parameter::Pulse, Parameter::Mind, Parameter::Temperature]
        );
    }

    proptest! {
        /// What is told later can only raise the sum, never lower it: a partial sum is a true lower bound.
        #[test]
        fn a_partial_sum_is_a_lower_bound(spo2 in 50_i64..=100, pulse in 20_i64..=250, breaths in 4_i64..=80, temperature in 300_i64..=440,
            systolic in 50_i64..=300, oxygen: bool, left_out in 0_usize..5) {
            let all = Vitals { spo2: Some(spo2), pulse: Some(pulse), breaths: Some(breaths), temperature: Some(temperature),
                systolic: Some(systolic), on_oxygen: oxygen, mind: Some(Mind::Alert), ..Vitals::default() };
            let mut some = all;
            match left_out { 0 => some.spo2 = None, 1 => some.pulse = None, 2 => some.breaths = None, 3 => some.temperature = None, _ => some.systolic = None }
            let rules = rules();
            let (whole, partial) = (rules.news2().score(&all, ADULT).unwrap(), rules.news2().score(&some, ADULT).unwrap());
            prop_assert!(whole.complete() && !partial.complete());
            prop_assert!(partial.total <= whole.total && partial.risk <= whole.risk);
            prop_assert!(whole.parts.iter().all(|part| (0..=3).contains(&part.points)));
            prop_assert_eq!(whole.parts.iter().map(|part| part.points).sum::<i64>(), whole.total);
        }
    }
}
