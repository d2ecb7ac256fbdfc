//! How sick somebody is, as a suggestion with its reasons (病情程度建议): strata of WS/T 810 and the severe criteria of the protocol lead, NEWS2
//! stands beside. A person decides.

use linli_care::follow::model::{Mind, Vitals};
use linli_care::follow::rules::{NewsScore, NotScored, Raising, Rules as Follow, Stratum, Triaged, Whose};
use serde::Deserialize;

use super::Contradiction;
use crate::model::referrals::Severity;

/// The id of the pack of severity.
pub const ID: &str = "treatment.severity";

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
}

impl Criteria {
    /// How sick somebody is, by these vital signs and what is needed.
    #[must_use]
    pub fn suggest(&self, follow: &Follow, vitals: &Vitals, age: i64, needs: &[String]) -> Suggested {
        let rule = &self.0;
        let triaged = follow.triage().triage(vitals, Raising { age, ..Raising::default() });
        let news = follow.news2().score(vitals, Whose { age, pregnant: false, scale2: false });
        let mut because = Vec::new();
        match vitals.spo2 {
            Some(spo2) if spo2 < rule.spo2_severe_below => because.push(Because::Spo2),
            Some(spo2) if spo2 == rule.spo2_severe_below && rule.exactly_counts => because.push(Because::Spo2Exactly),
            _ => {}
        }
        if vitals.breaths.is_some_and(|breaths| breaths >= rule.breaths_severe_from) {
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
        Suggested { severity, because, triaged, news }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::Rulebook;

    const SHIPPED: &str = include_str!("../../rules/severity.toml");

    fn suggest(text: &str, vitals: &Vitals, needs: &[&str]) -> Suggested {
        let (place, at) = (PlacePath::root(), Ts(1_800_000_000_000_000));
        let packs: Vec<_> = linli_care::follow::rules::PACKS.into_iter().chain([("treatment/severity.toml", SHIPPED)]).collect();
        let book = Rulebook::builtin(&packs).unwrap().load_dir(vec![("s.toml".to_owned(), text.to_owned())]).unwrap();
        let needs: Vec<String> = needs.iter().map(|need| (*need).to_owned()).collect();
        let follow = Follow::at(&book, &place, at).unwrap();
        book.get::<Criteria>(ID, &place, at).unwrap().value.suggest(&follow, vitals, 60, &needs)
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
