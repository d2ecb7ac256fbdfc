//! The rule pack of rounds (巡诊规则): what may be found, the table by which a finding moves, clocks, how often who is visited, how houses are compared.

use std::collections::{BTreeMap, BTreeSet};

use linli_rulebook::Contradiction;
use serde::Deserialize;

use crate::model::{FindingEvent, FindingState};

/// The id of the pack.
pub const ID: &str = "expert.rounds";

/// The packs that ship with this room: file name and text.
pub const PACKS: [(&str, &str); 1] = [("expert/rounds.toml", include_str!("../rules/rounds.toml"))];

/// A day, in seconds.
const DAY_SECS: i64 = 86_400;

/// What may be found (问题条目).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    /// Its word.
    pub id: String,
    zh: String,
    en: String,
    /// Where it is said how it should be.
    pub source: String,
    answer_hours: i64,
    recheck_hours: i64,
}

impl Matter {
    /// The matter in a language.
    #[must_use]
    pub fn text(&self, lang: &str) -> &str {
        if lang == "en" { &self.en } else { &self.zh }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    state: FindingState,
    event: FindingEvent,
    to: FindingState,
}

/// A row of the plan table (巡诊频次).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Visit {
    severe_from: i64,
    every_days: i64,
}

/// How houses are compared (比较口径).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// Over how many days.
    pub window_days: i64,
    /// Under so many rounds nothing is told per round.
    pub least_rounds: i64,
    /// Under so many findings no share is told.
    pub least_findings: i64,
    /// Under so many houses of a level all of it together is told only to who knows every one of them.
    pub least_houses: i64,
    /// The same matter found again within so many days of being put right is a repeated one.
    pub repeat_days: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retention {
    days: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    matter: Vec<Matter>,
    step: Vec<Row>,
    visit: Vec<Visit>,
    compare: Compare,
    retention: Retention,
}

/// The pack, read. Refused when a word is there twice, a clock cannot be, an end has a way out, or from a state that can be reached no way leads to an end.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Rounds {
    matters: Vec<Matter>,
    steps: BTreeMap<(FindingState, FindingEvent), FindingState>,
    visits: Vec<Visit>,
    compare: Compare,
    retention_days: i64,
}

/// States that can be reached from an open finding and from which no way leads to an end.
fn stuck(steps: &BTreeMap<(FindingState, FindingEvent), FindingState>) -> Option<FindingState> {
    let mut reached = BTreeSet::from([FindingState::Open]);
    let mut good: BTreeSet<FindingState> = FindingState::ALL.iter().copied().filter(|state| state.over()).collect();
    loop {
        let before = (reached.len(), good.len());
        for ((state, _), to) in steps {
            if reached.contains(state) {
                reached.insert(*to);
            }
            if good.contains(to) {
                good.insert(*state);
            }
        }
        if before == (reached.len(), good.len()) {
            return reached.difference(&good).next().copied();
        }
    }
}

impl TryFrom<Body> for Rounds {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let refuse = |what: &str| Err(Contradiction(what.to_owned()));
        let ids: BTreeSet<&str> = body.matter.iter().map(|one| one.id.as_str()).collect();
        if ids.is_empty() || ids.len() != body.matter.len() || ids.contains("") {
            return refuse("matters have words of their own");
        }
        let hours = body.matter.iter().flat_map(|one| [one.answer_hours, one.recheck_hours]);
        if !hours.into_iter().all(|hours| (1..=24 * 90).contains(&hours)) {
            return refuse("a clock lies between an hour and ninety days");
        }
        let mut steps = BTreeMap::new();
        for row in &body.step {
            if row.event == FindingEvent::Find || steps.insert((row.state, row.event), row.to).is_some() {
                return refuse("a step is there twice, or finds what is found");
            }
        }
        if steps.keys().any(|(state, _)| state.over()) {
            return refuse("an end has a way out");
        }
        if let Some(state) = stuck(&steps) {
            return Err(Contradiction(format!("no way leads from {state} to an end")));
        }
        // Whoever looked again and was not content must not have closed it.
        if steps.get(&(FindingState::Answered, FindingEvent::Fail)).is_some_and(|to| to.over()) {
            return refuse("a finding that did not pass would be over");
        }
        let mut visits = body.visit;
        visits.sort_by_key(|one| one.severe_from);
        let rising = visits.windows(2).all(|two| match two {
            [one, other] => one.severe_from < other.severe_from && one.every_days >= other.every_days,
            _ => true,
        });
        if !rising || visits.iter().any(|one| one.severe_from < 0 || !(1..=366).contains(&one.every_days)) {
            return refuse("who has more severe patients is visited no more seldom");
        }
        let compare = body.compare;
        if [compare.window_days, compare.repeat_days, compare.least_rounds, compare.least_findings, compare.least_houses]
            .iter()
            .any(|n| !(1..=3_660).contains(n))
        {
            return refuse("houses are compared over days, from some rounds and findings on");
        }
        if !(1..=36_500).contains(&body.retention.days) {
            return refuse("opinions are kept for at least a day and at most a hundred years");
        }
        Ok(Self { matters: body.matter, steps, visits, compare, retention_days: body.retention.days })
    }
}

impl Rounds {
    /// What may be found.
    #[must_use]
    pub fn matters(&self) -> &[Matter] {
        &self.matters
    }

    /// A matter by its word.
    #[must_use]
    pub fn matter(&self, id: &str) -> Option<&Matter> {
        self.matters.iter().find(|one| one.id == id)
    }

    /// Where a step leads; none where the table has no such step.
    #[must_use]
    pub fn step(&self, state: FindingState, event: FindingEvent) -> Option<FindingState> {
        self.steps.get(&(state, event)).copied()
    }

    /// Seconds until what comes next is due; none where nothing follows, or the matter is no more in the list and nothing can be said.
    #[must_use]
    pub fn waits_secs(&self, state: FindingState, matter: &str) -> Option<i64> {
        let matter = self.matter(matter)?;
        match state {
            FindingState::Open => Some(matter.answer_hours * 3_600),
            FindingState::Answered => Some(matter.recheck_hours * 3_600),
            FindingState::PutRight | FindingState::Withdrawn => None,
        }
    }

    /// Every how many days an institution with so many severe patients is to be visited; none where the table says nothing.
    #[must_use]
    pub fn every_days(&self, severe: i64) -> Option<i64> {
        self.visits.iter().rev().find(|one| one.severe_from <= severe).map(|one| one.every_days)
    }

    /// How houses are compared.
    #[must_use]
    pub const fn compare(&self) -> Compare {
        self.compare
    }

    /// How long opinions are kept, in seconds.
    #[must_use]
    pub const fn retention_secs(&self) -> i64 {
        self.retention_days * DAY_SECS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl Fn(&str) -> String) -> String {
        let text = change(PACKS[0].1);
        assert_ne!(text, PACKS[0].1, "the change changes something");
        linli_rulebook::Rulebook::builtin(&[])
            .and_then(|book| book.load_dir(vec![("rounds.toml".to_owned(), text)]))
            .and_then(|book| book.check::<Rounds>(ID))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_table_that_cannot_be_is_refused() {
        assert!(
            refused(|text| text
                .replace("event = \"pass\"\nto = \"put_right\"", "event = \"pass\"\nto = \"open\"")
                .replace("event = \"withdraw\"\nto = \"withdrawn\"", "event = \"withdraw\"\nto = \"open\""))
            .contains("no way leads")
        );
        assert!(
            refused(|text| text.replace("event = \"fail\"\nto = \"open\"", "event = \"fail\"\nto = \"put_right\""))
                .contains("did not pass")
        );
        assert!(
            refused(|text| text.replace("severe_from = 20\nevery_days = 1", "severe_from = 20\nevery_days = 30"))
                .contains("more seldom")
        );
        assert!(refused(|text| text.replace("answer_hours = 24", "answer_hours = 0")).contains("clock"));
        assert!(refused(|text| text.replace("id = \"records\"", "id = \"staffing\"")).contains("words of their own"));
    }

    #[test]
    fn who_has_more_severe_patients_is_visited_more_often() {
        let book = linli_rulebook::Rulebook::builtin(&PACKS).unwrap();
        let at = linli_kernel::Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).unwrap();
        let rule = book.get::<Rounds>(ID, &linli_kernel::PlacePath::root(), at).unwrap();
        let every = [0, 1, 4, 5, 19, 20, 400].map(|severe| rule.value.every_days(severe));
        assert_eq!(every, [None, Some(7), Some(7), Some(3), Some(3), Some(1), Some(1)]);
        assert!(!rule.stamp.verified, "nobody has checked it");
    }
}
