//! Why something stands as it does, in sentences: by when it is promised, by which way it goes, under which table.

use linli_calendar::{Term, Unit};
use linli_kernel::Ts;
use linli_webkit::T;
use serde_json::Value;

use super::english;
use crate::model::Case;
use crate::queries::WhyDue;
use crate::rules::Rules;

/// Why something is promised by then, one sentence a line: each term with its source and what moved it, what was given beyond last.
pub(crate) fn why(t: &T, why: &WhyDue) -> Vec<String> {
    let mut lines = Vec::new();
    for (position, of) in why.terms.iter().enumerate() {
        let key = if position == 0 { "cases-why-term" } else { "cases-why-more" };
        let (from, term) = (t.moment(of.explanation.from), term(t, &of.under.term));
        lines.push(t.with(key, &[("from", from.into()), ("term", term.into())]));
        if why.stands {
            lines.extend(of.explanation.steps.iter().filter(|step| !a_moment(step)).filter_map(|step| step_sentence(t, step)));
        }
        if let Some(rule) = &of.source {
            let key = if rule.verified { "cases-why-source" } else { "cases-why-source-unverified" };
            lines.push(t.v(key, "source", &rule.citation));
        }
        lines.push(t.v("cases-why-version", "version", version(&of.under.rule)));
    }
    if !why.stands {
        // What moved it then cannot be told from the calendar of today; the journal has it.
        lines.push(t.s("cases-why-outlived").into_owned());
    }
    lines
}

/// By which way of working a case goes; and in which version, and what a change of the rules since means for it.
pub(crate) fn way(t: &T, case: &Case, (rules, today): (&Rules, &Rules)) -> (String, Vec<String>) {
    let way = case.way.clone().unwrap_or_else(|| rules.way(&case.class, case.profile.as_deref()));
    let name = profile_words(t, rules, &way.profile);
    let (kept, counts) = (version(&way.rule), today.transitions_stamp().version.as_str());
    let mut lines = vec![t.v("cases-why-way", "version", kept)];
    if way.rule != rules.transitions_mark() {
        lines.push(t.v("cases-why-way-gone", "version", &rules.transitions_stamp().version));
    } else if way.rule != today.transitions_mark() {
        lines.push(t.v("cases-why-way-since", "version", counts));
    }
    (name, lines)
}

/// What a way of working is called.
pub(crate) fn profile_words(t: &T, rules: &Rules, code: &str) -> String {
    let mut profiles = rules.transitions().profiles();
    let found = profiles.find(|(known, _)| *known == code);
    found.map_or_else(|| code.to_owned(), |(_, profile)| if english(t) { &profile.en } else { &profile.zh }.clone())
}

/// The version in a mark of a pack, `id@version#digest`.
fn version(mark: &str) -> &str {
    let after = mark.split_once('@').map_or(mark, |(_, after)| after);
    after.split_once('#').map_or(after, |(version, _)| version)
}

/// How long, and in which kind of time.
pub(crate) fn term(t: &T, term: &Term) -> String {
    let unit = match term.unit() {
        Unit::ContinuousHours => "cases-term-continuous-hours",
        Unit::ContinuousDays => "cases-term-continuous-days",
        Unit::WorkingHours => "cases-term-working-hours",
        Unit::WorkingDays => "cases-term-working-days",
        Unit::CalendarDays => "cases-term-calendar-days",
        Unit::CalendarMonths => "cases-term-calendar-months",
    };
    let windows = term.windows().iter().map(ToString::to_string).collect::<Vec<_>>().join(&t.s("cases-and"));
    t.with(unit, &[("n", term.amount().into()), ("windows", windows.into())])
}

/// Under which table of transitions a case is handled, with its source.
pub(crate) fn handled_under(t: &T, rules: &Rules) -> String {
    let stamp = rules.transitions_stamp();
    let key = if stamp.verified { "cases-handled-under" } else { "cases-handled-under-unverified" };
    t.with(key, &[("source", stamp.citation.title_in(t.locale().tag()).into()), ("version", stamp.version.as_str().into())])
}

/// A pause shorter than a minute: a page tells times to the minute, and 「22:51 至 22:51」 explains nothing.
fn a_moment(step: &linli_calendar::Step) -> bool {
    matches!(step, linli_calendar::Step::Paused { from, to: Some(to) } if *to < from.plus_secs(60))
}

/// A step of the calendar; its fields are the arguments of its text.
fn step_sentence(t: &T, step: &linli_calendar::Step) -> Option<String> {
    let fields = serde_json::to_value(step).ok()?;
    let args: Vec<(&str, linli_webkit::Value<'_>)> = fields
        .as_object()?
        .iter()
        .map(|(name, value)| {
            let text = match value {
                Value::Number(n) if name == "year" => n.to_string(),
                Value::Number(n) => t.moment(Ts(n.as_i64().unwrap_or_default())),
                Value::String(text) => {
                    match text.parse().ok().and_then(|day: jiff::civil::Date| Ts::from_local(day.at(0, 0, 0, 0))) {
                        Some(day) if name != "name" => t.date(day),
                        _ => text.clone(),
                    }
                }
                _ => String::new(),
            };
            (name.as_str(), text.into())
        })
        .collect();
    Some(t.with(step.text_key(), &args))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_of_seconds_is_not_told() {
        let paused = |secs: Option<i64>| linli_calendar::Step::Paused { from: Ts(0), to: secs.map(|secs| Ts(0).plus_secs(secs)) };
        assert!(a_moment(&paused(Some(8))) && a_moment(&paused(Some(59))));
        assert!(!a_moment(&paused(Some(60))) && !a_moment(&paused(None)), "a minute, and one that lasts");
    }
}
