//! Scores in words: what counted, how much, what is missing, by which rule.

use linli_webkit::T;

use super::{source, tenths};
use crate::follow::queries::PersonView;
use crate::follow::rules::{NewsScore, NotScored, Parameter, Risk, Stratum, Triaged};

/// A score as it is shown.
pub(crate) struct ScoreView {
    pub(crate) name: String,
    pub(crate) result: String,
    pub(crate) tone: &'static str,
    /// Why, line by line: what, and what it counts.
    pub(crate) lines: Vec<(String, String)>,
    /// What was not told.
    pub(crate) missing: String,
    pub(crate) source: String,
}

/// The scores of the newest reading.
pub(crate) fn scores(t: &T, view: &PersonView) -> Vec<ScoreView> {
    let Some(scored) = &view.scored else { return Vec::new() };
    let news2 = match &scored.news2 {
        Ok(score) => of_news2(t, score),
        Err(reason) => not_scored(t, *reason),
    };
    vec![
        ScoreView { source: source(t, view.rules.news2_stamp()), ..news2 },
        ScoreView { source: source(t, view.rules.triage_stamp()), ..of_triage(t, &scored.triage) },
    ]
}

fn not_scored(t: &T, reason: NotScored) -> ScoreView {
    let key = match reason {
        NotScored::TooYoung => "follow-news2-too-young",
        NotScored::Pregnant => "follow-news2-pregnant",
    };
    ScoreView {
        name: t.s("follow-news2").into_owned(),
        result: t.s(key).into_owned(),
        tone: "",
        lines: Vec::new(),
        missing: String::new(),
        source: String::new(),
    }
}

fn of_news2(t: &T, score: &NewsScore) -> ScoreView {
    // What was not told can only add: a low risk is known when nothing is missing, a high one before.
    let open = !score.complete() && score.risk == Risk::Low;
    let key = match score.complete() {
        true => "follow-news2-result",
        false if open => "follow-news2-incomplete",
        false => "follow-news2-at-least",
    };
    let risk = t.s(&format!("follow-risk-{}", score.risk.as_str())).into_owned();
    let value = |parameter: Parameter, value: Option<i64>| {
        let Some(value) = value else { return String::new() };
        match parameter {
            Parameter::Spo2 | Parameter::Spo2Scale2 => t.v("follow-unit-percent", "value", value.to_string()),
            Parameter::Temperature => t.v("follow-unit-celsius", "value", tenths(value)),
            Parameter::Breaths | Parameter::Pulse => t.v("follow-unit-per-minute", "value", value.to_string()),
            Parameter::Systolic => t.v("follow-unit-mmhg", "value", value.to_string()),
            Parameter::Oxygen | Parameter::Mind => value.to_string(),
        }
    };
    let line = |part: &crate::follow::rules::Part| {
        let name = t.s(&format!("follow-news2-{}", part.parameter.as_str()));
        (format!("{name} {}", value(part.parameter, part.value)).trim().to_owned(), t.n("follow-points", part.points))
    };
    ScoreView {
        name: t.s("follow-news2").into_owned(),
        result: t.with(key, &[("n", score.total.into()), ("risk", risk.into())]),
        tone: match score.risk {
            Risk::High => "act",
            Risk::Medium | Risk::LowMedium => "soon",
            Risk::Low if open => "",
            Risk::Low => "well",
        },
        lines: score.parts.iter().map(line).collect(),
        missing: missing(t, score.missing.iter().map(|parameter| format!("follow-news2-{}", parameter.as_str()))),
        source: String::new(),
    }
}

fn of_triage(t: &T, triaged: &Triaged) -> ScoreView {
    let stratum = t.s(&format!("follow-stratum-{}", triaged.stratum.as_str())).into_owned();
    let mut lines: Vec<(String, String)> = triaged
        .findings
        .iter()
        .map(|(sign, stratum)| {
            let sign = t.s(&format!("follow-sign-{}", sign.as_str())).into_owned();
            (sign, t.s(&format!("follow-stratum-{}", stratum.as_str())).into_owned())
        })
        .collect();
    let mews = if triaged.child { t.s("follow-mews-child").into_owned() } else { t.n("follow-points", triaged.mews_total) };
    lines.push((t.s("follow-mews").into_owned(), mews));
    let level = t.n(if triaged.raised { "follow-referral-level-raised" } else { "follow-referral-level" }, triaged.level);
    lines.push((t.s("follow-referral-suggested").into_owned(), level));
    let key = if triaged.missing.is_empty() { "follow-triage-result" } else { "follow-triage-at-least" };
    ScoreView {
        name: t.s("follow-triage").into_owned(),
        result: t.v(key, "stratum", stratum),
        tone: match triaged.stratum {
            Stratum::Extreme => "act",
            Stratum::High => "soon",
            Stratum::Ordinary if !triaged.missing.is_empty() => "",
            Stratum::Ordinary => "well",
        },
        lines,
        missing: missing(t, triaged.missing.iter().map(|sign| format!("follow-sign-{}", sign.as_str()))),
        source: String::new(),
    }
}

fn missing(t: &T, keys: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = keys.map(|key| t.s(&key).into_owned()).collect();
    if words.is_empty() { String::new() } else { t.v("follow-missing", "what", words.join(&t.s("follow-comma"))) }
}
