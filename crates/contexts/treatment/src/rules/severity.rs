//! How sick somebody is, as a suggestion with its reasons (病情程度建议): strata of WS/T 810 and the severe criteria of the protocol lead, NEWS2
//! stands beside. A person decides.

use jiff::civil::Date;
use linli_care::follow::model::{Mind, Vitals};
use linli_care::follow::rules::{NewsScore, NotScored, Raising, Rules as Follow, Stratum, Triaged, Whose};
use serde::Deserialize;

use super::Contradiction;
use crate::model::referrals::Severity;

/// The id of the pack of severity.
pub const ID: &str = "treatment.severity";

/// How old somebody is, in completed years and months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// Completed years.
    pub years: i64,
    /// Completed months in all.
    pub months: i64,
}

impl Age {
    /// Of so many completed years, nobody knows of how many months.
    #[must_use]
    pub const fn of_years(years: i64) -> Self {
        Self { years, months: years * 12 }
    }

    /// On a day, where a birthday was told that can be one; 60 years without it, to which no rule of age applies.
    #[must_use]
    pub fn of_birth(born: &str, today: Date) -> Self {
        const WITHOUT: i64 = 60;
        let born: Option<Date> = born.trim().parse().ok();
        let lived = born.filter(|born| *born <= today).and_then(|born| today.since((jiff::Unit::Month, born)).ok());
        lived.map_or(Self::of_years(WITHOUT), |span| {
            let months = i64::from(span.get_years()) * 12 + i64::from(span.get_months());
            Self { years: months / 12, months }
        })
    }
}

/// What was measured, as it is read aloud: `SpO₂ 92% · RR 24`.
#[must_use]
pub fn in_words(vitals: &Vitals) -> String {
    let tenths = |value: i64| format!("{}.{}", value / 10, value % 10);
    let parts = [
        vitals.spo2.map(|value| format!("SpO₂ {value}%")),
        vitals.breaths.map(|value| format!("RR {value}")),
        vitals.pulse.map(|value| format!("HR {value}")),
        vitals.temperature.map(|value| format!("T {} ℃", tenths(value))),
        vitals.systolic.zip(vitals.diastolic).map(|(upper, lower)| format!("BP {upper}/{lower}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    breaths_severe_from: i64,
    spo2_severe_below: i64,
    exactly_counts: bool,
    critical_needs: Vec<String>,
}

/// The criteria.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Criteria(Body);

impl TryFrom<Body> for Criteria {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        if !(50..=100).contains(&body.spo2_severe_below) || !(10..=80).contains(&body.breaths_severe_from) {
            return Err(Contradiction("saturation lies between 50 and 100, breaths between 10 and 80".to_owned()));
        }
        Ok(Self(body))
    }
}

/// What speaks for a severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// 血氧低于界值.
    Spo2,
    /// 血氧恰为界值，按声明的规则计入.
    Spo2Exactly,
    /// 呼吸频率.
    Breaths,
    /// WS/T 810 高危.
    High,
    /// WS/T 810 极高危.
    Extreme,
    /// 需要的能力.
    Needs,
    /// 意识改变.
    Mind,
}

impl Because {
    /// The word in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spo2 => "spo2",
            Self::Spo2Exactly => "spo2_exactly",
            Self::Breaths => "breaths",
            Self::High => "high",
            Self::Extreme => "extreme",
            Self::Needs => "needs",
            Self::Mind => "mind",
        }
    }
}

/// A suggestion with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggested {
    /// How sick.
    pub severity: Severity,
    /// Why.
    pub because: Vec<Because>,
    /// What WS/T 810 says.
    pub triaged: Triaged,
    /// What NEWS2 says, or why it says nothing.
    pub news: Result<NewsScore, NotScored>,
    /// From how many breaths a minute on somebody of this age is severely ill.
    pub breaths_from: i64,
    /// Whether it was judged as of a child.
    pub child: bool,
}

impl Criteria {
    /// How sick somebody is, by these vital signs and what is needed.
    #[must_use]
    pub fn suggest(&self, follow: &Follow, vitals: &Vitals, age: Age, needs: &[String]) -> Suggested {
        let rule = &self.0;
        let raising = Raising { age: age.years, months: Some(age.months), ..Raising::default() };
        // The limits of children stand in one place, the table of triage.
        let of_child = follow.triage().breaths_of_child(raising);
        let breaths_from = of_child.unwrap_or(rule.breaths_severe_from);
        // Of a child that breathes too fast the protocol says severe; a stratum would say more, so that is asked about the rest alone.
        let rest = vitals.breaths.filter(|breaths| of_child.is_none_or(|from| *breaths < from));
        let triaged = follow.triage().triage(&Vitals { breaths: rest, ..*vitals }, raising);
        let news = follow.news2().score(vitals, Whose { age: age.years, pregnant: false, scale2: false });
        let mut because = Vec::new();
        match vitals.spo2 {
            Some(spo2) if spo2 < rule.spo2_severe_below => because.push(Because::Spo2),
            Some(spo2) if spo2 == rule.spo2_severe_below && rule.exactly_counts => because.push(Because::Spo2Exactly),
            _ => {}
        }
        if vitals.breaths.is_some_and(|breaths| breaths >= breaths_from) {
            because.push(Because::Breaths);
        }
        match triaged.stratum {
            Stratum::Extreme => because.push(Because::Extreme),
            Stratum::High => because.push(Because::High),
            Stratum::Ordinary => {}
        }
        if needs.iter().any(|need| rule.critical_needs.contains(need)) {
            because.push(Because::Needs);
        }
        if matches!(vitals.mind, Some(Mind::Pain | Mind::Unresponsive)) {
            because.push(Because::Mind);
        }
        let critical = [Because::Extreme, Because::Needs, Because::Mind];
        let severity = match because.as_slice() {
            [] => Severity::Ordinary,
            found if found.iter().any(|one| critical.contains(one)) => Severity::Critical,
            _ => Severity::Severe,
        };
        Suggested { severity, because, news, breaths_from, child: triaged.child, triaged }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::Rulebook;

    const SHIPPED: &str = include_str!("../../rules/severity.toml");

    fn suggest(text: &str, vitals: &Vitals, needs: &[&str]) -> Suggested {
        suggest_at(text, vitals, Age::of_years(60), needs)
    }

    fn suggest_at(text: &str, vitals: &Vitals, age: Age, needs: &[&str]) -> Suggested {
        let (place, at) = (PlacePath::root(), Ts(1_800_000_000_000_000));
        let packs: Vec<_> = linli_care::follow::rules::PACKS.into_iter().chain([("treatment/severity.toml", SHIPPED)]).collect();
        let book = Rulebook::builtin(&packs).unwrap().load_dir(vec![("s.toml".to_owned(), text.to_owned())]).unwrap();
        let needs: Vec<String> = needs.iter().map(|need| (*need).to_owned()).collect();
        let follow = Follow::at(&book, &place, at).unwrap();
        book.get::<Criteria>(ID, &place, at).unwrap().value.suggest(&follow, vitals, age, &needs)
    }

    fn spo2(value: i64) -> Vitals {
        Vitals { spo2: Some(value), ..Vitals::default() }
    }

    #[test]
    fn ninety_three_is_decided_by_the_declared_rule() {
        let of = |value| suggest(SHIPPED, &spo2(value), &[]);
        assert_eq!((of(94).severity, of(92).severity), (Severity::Ordinary, Severity::Severe));
        assert_eq!((of(93).severity, of(93).because), (Severity::Severe, vec![Because::Spo2Exactly]));
        let below_only = SHIPPED.replacen("exactly_counts = true\n#", "exactly_counts = false\n#", 1);
        assert_ne!(below_only, SHIPPED);
        assert_eq!(suggest(&below_only, &spo2(93), &[]).severity, Severity::Ordinary);
        assert_eq!(suggest(&below_only, &spo2(92), &[]).severity, Severity::Severe);
    }

    /// 诊疗方案: <2 months 60, 2 to 12 months 50, 1 to 5 years 40, older 30.
    #[test]
    fn children_are_judged_by_the_limits_of_their_age() {
        let breathing = |months: i64, breaths| {
            let vitals = Vitals { breaths: Some(breaths), pulse: Some(155), systolic: Some(85), diastolic: Some(50), ..spo2(97) };
            suggest_at(SHIPPED, &vitals, Age { years: months / 12, months }, &[])
        };
        for (months, from) in [(1, 60), (2, 50), (11, 50), (12, 40), (60, 40), (61, 30), (167, 30)] {
            let (below, at) = (breathing(months, from - 1), breathing(months, from));
            assert_eq!(
                (below.severity, below.because.as_slice()),
                (Severity::Ordinary, &[][..]),
                "{months} months, {} breaths",
                from - 1
            );
            assert_eq!((at.severity, at.because), (Severity::Severe, vec![Because::Breaths]), "{months} months, {from} breaths");
            assert!(at.child && at.breaths_from == from);
        }
        let grown = breathing(168, 30);
        assert!(
            !grown.child && grown.severity == Severity::Critical,
            "from fourteen on by the strata of adults: {:?}",
            grown.because
        );
        // What is too little for adults is too little for children.
        assert_eq!(breathing(1, 10).severity, Severity::Critical);
        let low = Vitals { pulse: Some(39), ..spo2(97) };
        assert_eq!(suggest_at(SHIPPED, &low, Age::of_years(3), &[]).severity, Severity::Critical);
        assert_eq!(suggest_at(SHIPPED, &spo2(92), Age::of_years(3), &[]).severity, Severity::Severe);
    }

    #[test]
    fn strata_and_criteria_lead_and_news2_stands_beside() {
        let fast = Vitals { breaths: Some(30), ..spo2(97) };
        let found = suggest(SHIPPED, &fast, &[]);
        assert_eq!(
            (found.severity, found.because),
            (Severity::Critical, vec![Because::Breaths, Because::Extreme]),
            "30 is 极高危 too"
        );
        // NEWS2 would be high risk at once; alone it moves nothing.
        let by_score = Vitals { spo2: Some(94), on_oxygen: true, pulse: Some(131), temperature: Some(391), ..Vitals::default() };
        let found = suggest(SHIPPED, &by_score, &[]);
        assert!(found.news.as_ref().is_ok_and(|score| score.total >= 7), "{:?}", found.news);
        assert_eq!(found.severity, Severity::Severe, "高危 by MEWS, no more");
        assert_eq!(suggest(SHIPPED, &spo2(97), &["ventilation"]).severity, Severity::Critical);
        assert_eq!(suggest(SHIPPED, &spo2(97), &["oxygen"]).severity, Severity::Ordinary);
    }
}
