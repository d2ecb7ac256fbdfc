//! Triage in primary care (基层急症患者分诊, WS/T 810-2022): three strata, by single vital signs and by MEWS, whichever is the higher.

use serde::{Deserialize, Serialize};

use super::{Bands, Contradiction};
use crate::follow::model::{Mind, Vitals};

/// A stratum (分层). Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stratum {
    /// 平诊.
    Ordinary,
    /// 高危.
    High,
    /// 极高危.
    Extreme,
}

impl Stratum {
    /// The word in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::High => "high",
            Self::Extreme => "extreme",
        }
    }
}

/// A vital sign as the standard counts findings: both numbers of a blood pressure are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// 血压.
    Pressure,
    /// 心率.
    Pulse,
    /// 呼吸.
    Breaths,
    /// 体温.
    Temperature,
    /// 意识, in MEWS only.
    Mind,
}

impl Sign {
    /// The word in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pressure => "pressure",
            Self::Pulse => "pulse",
            Self::Breaths => "breaths",
            Self::Temperature => "temperature",
            Self::Mind => "mind",
        }
    }
}

/// What triage says, with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Triaged {
    /// The stratum; the least that it can be when a sign is missing.
    pub stratum: Stratum,
    /// The findings: which sign lies in which stratum.
    pub findings: Vec<(Sign, Stratum)>,
    /// The MEWS points of each sign that was told; none of a child, for whom it is not made.
    pub mews: Vec<(Sign, i64)>,
    /// Their sum; the least that it can be when a sign is missing.
    pub mews_total: i64,
    /// The signs that were not told.
    pub missing: Vec<Sign>,
    /// The level of referral that the rule would have: 1 at once, 4 when convenient.
    pub level: i64,
    /// Whether something about the person raised that level by one.
    pub raised: bool,
    /// Whether it was judged as of a child.
    pub child: bool,
}

/// What about a person raises the level of referral by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Raising {
    /// Age in completed years.
    pub age: i64,
    /// Age in completed months, where it is known: of small children years are too coarse. Otherwise as of the birthday.
    pub months: Option<i64>,
    /// Whether pregnant.
    pub pregnant: bool,
    /// Whether the immune system is weakened.
    pub immunocompromised: bool,
    /// Whether a chronic disease is not under control.
    pub severe_disease: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beyond {
    #[serde(default)]
    at_least: Option<i64>,
    #[serde(default)]
    at_most: Option<i64>,
}

impl Beyond {
    fn holds(self, value: Option<i64>) -> bool {
        let over = |limit: i64| value.is_some_and(|value| value >= limit);
        let under = |limit: i64| value.is_some_and(|value| value <= limit);
        self.at_least.is_some_and(over) || self.at_most.is_some_and(under)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    systolic: Beyond,
    diastolic: Beyond,
    #[serde(default)]
    pulse: Option<Beyond>,
    breaths: Beyond,
    temperature: Beyond,
}

impl Limits {
    fn hold(&self, sign: Sign, vitals: &Vitals) -> bool {
        match sign {
            Sign::Pressure => self.systolic.holds(vitals.systolic) || self.diastolic.holds(vitals.diastolic),
            Sign::Pulse => self.pulse.is_some_and(|limit| limit.holds(vitals.pulse)),
            Sign::Breaths => self.breaths.holds(vitals.breaths),
            Sign::Temperature => self.temperature.holds(vitals.temperature),
            Sign::Mind => false,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mews {
    pulse: Bands,
    systolic: Bands,
    breaths: Bands,
    temperature: Bands,
    alert: i64,
    confused: i64,
    voice: i64,
    pain: i64,
    unresponsive: i64,
}

impl Mews {
    fn points(&self, sign: Sign, vitals: &Vitals) -> Option<i64> {
        match sign {
            Sign::Pressure => vitals.systolic.map(|value| self.systolic.points(value)),
            Sign::Pulse => vitals.pulse.map(|value| self.pulse.points(value)),
            Sign::Breaths => vitals.breaths.map(|value| self.breaths.points(value)),
            Sign::Temperature => vitals.temperature.map(|value| self.temperature.points(value)),
            Sign::Mind => vitals.mind.map(|mind| match mind {
                Mind::Alert => self.alert,
                Mind::Confused => self.confused,
                Mind::Voice => self.voice,
                Mind::Pain => self.pain,
                Mind::Unresponsive => self.unresponsive,
            }),
        }
    }
}

/// Breaths of a child under an age.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChildBreaths {
    under_months: i64,
    extreme_from: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Children {
    under_years: i64,
    breaths: Vec<ChildBreaths>,
    breaths_low_to: i64,
    pulse_low_to: i64,
}

impl Children {
    /// From how many breaths a minute a child of this age is severely ill.
    fn breaths_from(&self, whose: Raising) -> Option<i64> {
        let months = whose.months.unwrap_or(whose.age * 12);
        self.breaths.iter().find(|one| months < one.under_months).map(|one| one.extreme_from)
    }

    fn finding(&self, sign: Sign, vitals: &Vitals, whose: Raising, rule: &Body) -> Option<(Sign, Stratum)> {
        let fast = |value| self.breaths_from(whose).is_some_and(|from| value >= from);
        let extreme = match sign {
            Sign::Breaths => vitals.breaths.is_some_and(|value| value <= self.breaths_low_to || fast(value)),
            Sign::Pulse => vitals.pulse.is_some_and(|value| value <= self.pulse_low_to),
            Sign::Temperature => return rule.finding(sign, vitals),
            Sign::Pressure | Sign::Mind => false,
        };
        extreme.then_some((sign, Stratum::Extreme))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Levels {
    extreme: i64,
    high: i64,
    ordinary: i64,
    raise_from_age: i64,
    raise_under_age: i64,
    #[serde(rename = "verified")]
    _verified: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    findings_make_extreme: usize,
    mews_high_from: i64,
    mews_extreme_from: i64,
    extreme: Limits,
    high: Limits,
    mews: Mews,
    levels: Levels,
    #[serde(default)]
    children: Option<Children>,
}

impl Body {
    fn finding(&self, sign: Sign, vitals: &Vitals) -> Option<(Sign, Stratum)> {
        match () {
            () if self.extreme.hold(sign, vitals) => Some((sign, Stratum::Extreme)),
            () if self.high.hold(sign, vitals) => Some((sign, Stratum::High)),
            () => None,
        }
    }
}

/// The rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Triage(Body);

impl TryFrom<Body> for Triage {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let levels = [body.levels.extreme, body.levels.high, body.levels.ordinary];
        if body.mews_high_from >= body.mews_extreme_from || levels.iter().any(|level| !(1..=4).contains(level)) {
            return Err(Contradiction("strata must ascend, and levels lie between 1 and 4".to_owned()));
        }
        let bands = body.children.as_ref().map_or(&[][..], |children| &children.breaths);
        if !bands.is_sorted_by(|a, b| a.under_months < b.under_months && a.extreme_from >= b.extreme_from) {
            return Err(Contradiction("breaths of children go from the youngest on, and never rise with age".to_owned()));
        }
        Ok(Self(body))
    }
}

/// The signs, in the order in which they are shown.
const SIGNS: [Sign; 5] = [Sign::Pressure, Sign::Pulse, Sign::Breaths, Sign::Temperature, Sign::Mind];

impl Triage {
    /// The stratum of vital signs, and the level of referral it suggests for this person.
    #[must_use]
    pub fn triage(&self, vitals: &Vitals, whose: Raising) -> Triaged {
        let rule = &self.0;
        let children = self.as_child(whose);
        let finding = |sign: Sign| match children {
            Some(children) => children.finding(sign, vitals, whose, rule),
            None => rule.finding(sign, vitals),
        };
        let findings: Vec<(Sign, Stratum)> = SIGNS.into_iter().filter_map(finding).collect();
        let told: Vec<(Sign, i64)> =
            SIGNS.into_iter().filter_map(|sign| rule.mews.points(sign, vitals).map(|points| (sign, points))).collect();
        // Of a child nobody asks for a blood pressure that says nothing here.
        let asked = SIGNS.into_iter().filter(|sign| children.is_none() || *sign != Sign::Pressure);
        let missing = asked.filter(|sign| !told.iter().any(|(one, _)| one == sign)).collect();
        let mews = if children.is_some() { Vec::new() } else { told };
        let mews_total = mews.iter().map(|(_, points)| points).sum();
        let by_findings = match findings.iter().map(|(_, stratum)| *stratum).max() {
            Some(Stratum::High) if findings.len() >= rule.findings_make_extreme => Stratum::Extreme,
            Some(stratum) => stratum,
            None => Stratum::Ordinary,
        };
        let stratum = by_findings.max(self.by_mews(mews_total));
        let (level, raised) = self.level(stratum, whose);
        Triaged { stratum, findings, mews, mews_total, missing, level, raised, child: children.is_some() }
    }

    fn as_child(&self, whose: Raising) -> Option<&Children> {
        self.0.children.as_ref().filter(|children| whose.age < children.under_years)
    }

    /// From how many breaths a minute a child is severely ill; nothing for an adult.
    #[must_use]
    pub fn breaths_of_child(&self, whose: Raising) -> Option<i64> {
        self.as_child(whose).and_then(|children| children.breaths_from(whose))
    }

    fn by_mews(&self, total: i64) -> Stratum {
        match total {
            total if total >= self.0.mews_extreme_from => Stratum::Extreme,
            total if total >= self.0.mews_high_from => Stratum::High,
            _ => Stratum::Ordinary,
        }
    }

    fn level(&self, stratum: Stratum, whose: Raising) -> (i64, bool) {
        let levels = &self.0.levels;
        let level = match stratum {
            Stratum::Extreme => levels.extreme,
            Stratum::High => levels.high,
            Stratum::Ordinary => levels.ordinary,
        };
        let by_age = whose.age >= levels.raise_from_age || whose.age < levels.raise_under_age;
        let raised = level > 1 && (by_age || whose.pregnant || whose.immunocompromised || whose.severe_disease);
        (level - i64::from(raised), raised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::rules::testing::rules;

    const ADULT: Raising = Raising { age: 60, months: None, pregnant: false, immunocompromised: false, severe_disease: false };

    fn well() -> Vitals {
        Vitals {
            pulse: Some(70),
            breaths: Some(14),
            temperature: Some(367),
            systolic: Some(125),
            diastolic: Some(75),
            mind: Some(Mind::Alert),
            ..Vitals::default()
        }
    }

    fn stratum(change: impl Fn(&mut Vitals)) -> Stratum {
        let mut vitals = well();
        change(&mut vitals);
        rules().triage().triage(&vitals, ADULT).stratum
    }

    /// Both sides of every limit of the standard.
    #[test]
    fn every_limit_of_a_single_sign() {
        use Stratum::{Extreme, High, Ordinary};
        for (value, expected) in [(89, Extreme), (90, Ordinary), (179, Ordinary), (180, High), (209, High), (210, Extreme)] {
            assert_eq!(stratum(|v| v.systolic = Some(value)), expected, "systolic {value}");
        }
        for (value, expected) in [(109, Ordinary), (110, High), (119, High), (120, Extreme)] {
            assert_eq!(stratum(|v| v.diastolic = Some(value)), expected, "diastolic {value}");
        }
        for (value, expected) in [(39, Extreme), (40, Ordinary), (150, Ordinary), (151, Extreme)] {
            assert_eq!(stratum(|v| v.pulse = Some(value)), expected, "pulse {value}");
        }
        for (value, expected) in [(10, Extreme), (11, Ordinary), (21, Ordinary), (22, High), (29, High), (30, Extreme)] {
            assert_eq!(stratum(|v| v.breaths = Some(value)), expected, "breaths {value}");
        }
        for (value, expected) in [(349, Extreme), (350, Ordinary), (389, Ordinary), (390, High), (400, High), (401, Extreme)] {
            assert_eq!(stratum(|v| v.temperature = Some(value)), expected, "temperature {value}");
        }
    }

    /// Both sides of every limit of the protocol for children, and nothing of what is beyond for adults alone.
    #[test]
    fn a_child_breathes_faster() {
        let rules = rules();
        let triage = |months: i64, change: &dyn Fn(&mut Vitals)| {
            let mut vitals = Vitals { pulse: Some(155), systolic: Some(80), diastolic: Some(50), ..well() };
            change(&mut vitals);
            rules.triage().triage(&vitals, Raising { age: months / 12, months: Some(months), ..ADULT })
        };
        for (months, from) in [(0, 60), (1, 60), (2, 50), (11, 50), (12, 40), (60, 40), (61, 30), (167, 30)] {
            let breaths = |value: i64| triage(months, &|v| v.breaths = Some(value)).stratum;
            assert_eq!((breaths(from - 1), breaths(from)), (Stratum::Ordinary, Stratum::Extreme), "{months} months");
            assert_eq!((breaths(10), breaths(11)), (Stratum::Extreme, Stratum::Ordinary), "too slow is too slow at any age");
        }
        let found = triage(6, &|v| v.temperature = Some(390));
        assert_eq!(
            (found.stratum, found.mews.len(), found.child),
            (Stratum::High, 0, true),
            "a fever is one; MEWS is not made for children"
        );
        assert!(found.missing.is_empty());
        assert_eq!(triage(168, &|v| v.breaths = Some(24)).stratum, Stratum::Extreme, "14 years: two findings of an adult");
        let years = |age: i64| rules.triage().breaths_of_child(Raising { age, ..ADULT });
        assert_eq!((years(0), years(1), years(6), years(14)), (Some(60), Some(40), Some(30), None), "where months are not known");
    }

    #[test]
    fn two_findings_make_extreme_and_both_numbers_of_a_pressure_are_one() {
        let pressure = |v: &mut Vitals| {
            v.systolic = Some(185);
            v.diastolic = Some(112);
        };
        assert_eq!(stratum(pressure), Stratum::High);
        let two = |v: &mut Vitals| {
            v.systolic = Some(185);
            v.breaths = Some(23);
        };
        assert_eq!(stratum(two), Stratum::Extreme);
    }

    #[test]
    fn mews_counts_where_single_signs_do_not() {
        // 101–110, 81–100, 15–20, ≥ 38.5, confused: 1 + 1 + 1 + 2 + 1 = 6, and no sign alone is beyond its limits.
        let five = |v: &mut Vitals| {
            v.pulse = Some(105);
            v.systolic = Some(95);
            v.breaths = Some(18);
            v.temperature = Some(386);
            v.mind = Some(Mind::Confused);
        };
        let mut vitals = well();
        five(&mut vitals);
        let found = rules().triage().triage(&vitals, ADULT);
        assert_eq!((found.findings.len(), found.mews_total, found.stratum), (0, 6, Stratum::High));
        vitals.mind = Some(Mind::Unresponsive);
        vitals.pulse = Some(130);
        let found = rules().triage().triage(&vitals, ADULT);
        assert_eq!((found.mews_total, found.stratum), (10, Stratum::Extreme));
        let nothing = rules().triage().triage(&Vitals::default(), ADULT);
        assert_eq!((nothing.stratum, nothing.missing.len()), (Stratum::Ordinary, 5));
    }

    #[test]
    fn what_raises_a_level_raises_it_by_one_and_never_above_the_first() {
        let rules = rules();
        let level = |vitals: &Vitals, whose| rules.triage().triage(vitals, whose).level;
        assert_eq!(level(&well(), ADULT), 4);
        for whose in [
            Raising { age: 75, ..ADULT },
            Raising { age: 17, ..ADULT },
            Raising { pregnant: true, ..ADULT },
            Raising { immunocompromised: true, ..ADULT },
            Raising { severe_disease: true, pregnant: true, ..ADULT },
        ] {
            assert_eq!(level(&well(), whose), 3, "{whose:?}");
        }
        let grave = Vitals { systolic: Some(85), ..well() };
        assert_eq!(level(&grave, Raising { age: 80, ..ADULT }), 1);
    }
}
