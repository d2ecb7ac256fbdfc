//! What follows by the calendar and the table: visits, objections, steps, coefficients; the list of renovation items.

use std::collections::{BTreeMap, BTreeSet};

use linli_rulebook::Contradiction;
use serde::Deserialize;

use crate::model::{Class, ObjectionEvent, ObjectionState, Stage};

/// The id of the pack of lifts.
pub const LIFTS: &str = "retrofit.lifts";
/// The id of the pack of renovation items.
pub const RENOVATION: &str = "retrofit.renovation";

/// When a home is visited again, days without a new word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// Whose who had not made up their mind.
    pub undecided_days: i64,
    /// Who could not be reached.
    pub unreachable_days: i64,
    /// Who objected.
    pub object_days: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Coefficients {
    source: String,
    floors: Vec<i64>,
    step: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    state: ObjectionState,
    event: ObjectionEvent,
    to: ObjectionState,
}

/// A step of the way (办理步骤).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRule {
    /// Its word.
    pub id: String,
    zh: String,
    en: String,
    /// Where it is said.
    pub source: String,
    /// How far the stairwell must be.
    pub from: Stage,
    /// How far it is afterwards.
    #[serde(default)]
    pub to: Option<Stage>,
    /// Which steps must be done.
    #[serde(default)]
    pub after: Vec<String>,
}

impl StepRule {
    /// The step in a language.
    #[must_use]
    pub fn text(&self, lang: &str) -> &str {
        if lang == "en" { &self.en } else { &self.zh }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    visit: Visit,
    coefficients: Coefficients,
    objection: Vec<Row>,
    step: Vec<StepRule>,
}

/// The pack of lifts, read.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Lifts {
    visit: Visit,
    coefficients: Coefficients,
    objections: BTreeMap<(ObjectionState, ObjectionEvent), ObjectionState>,
    steps: Vec<StepRule>,
}

/// Whether from every state that can be reached a way leads to an end.
fn comes_to_an_end(table: &BTreeMap<(ObjectionState, ObjectionEvent), ObjectionState>) -> bool {
    let mut reached = BTreeSet::from([ObjectionState::Raised]);
    let mut good: BTreeSet<ObjectionState> = ObjectionState::ALL.iter().copied().filter(|state| state.over()).collect();
    loop {
        let before = (reached.len(), good.len());
        for ((state, _), to) in table {
            if reached.contains(state) {
                reached.insert(*to);
            }
            if good.contains(to) {
                good.insert(*state);
            }
        }
        if before == (reached.len(), good.len()) {
            return reached.is_subset(&good);
        }
    }
}

impl TryFrom<Body> for Lifts {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let refuse = |what: &str| Err(Contradiction(what.to_owned()));
        let visit = body.visit;
        if ![visit.undecided_days, visit.unreachable_days, visit.object_days].iter().all(|days| (1..=366).contains(days)) {
            return refuse("a home is visited again after a day at least and a year at most");
        }
        let usual = &body.coefficients;
        if usual.floors.iter().all(|value| *value == 0) || usual.floors.iter().any(|value| *value < 0) || usual.step < 0 {
            return refuse("the coefficients are not below zero, and not zero for all");
        }
        let mut objections = BTreeMap::new();
        for row in &body.objection {
            if row.state.over()
                || row.event == ObjectionEvent::Raise
                || objections.insert((row.state, row.event), row.to).is_some()
            {
                return refuse("a step of an objection is there twice, raises what is raised, or leaves an end");
            }
        }
        if !comes_to_an_end(&objections) {
            return refuse("no way leads from an objection to its end");
        }
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for step in &body.step {
            if !step.after.iter().all(|other| known.contains(other.as_str())) || !known.insert(&step.id) {
                return refuse("a step comes after steps that stand before it, and stands once");
            }
            if step.to.is_some_and(|to| to <= step.from) {
                return refuse("a step leads on, not back");
            }
        }
        Ok(Self { visit, coefficients: body.coefficients, objections, steps: body.step })
    }
}

impl Lifts {
    /// When who is visited again.
    #[must_use]
    pub const fn visit(&self) -> Visit {
        self.visit
    }

    /// The usual coefficients of so many floors, thousandths.
    #[must_use]
    pub fn coefficients(&self, floors: i64) -> Vec<(i64, i64)> {
        let table = &self.coefficients;
        let (mut last, mut all) = (0_i64, Vec::new());
        for floor in 1..=floors.clamp(0, 99) {
            let at = usize::try_from(floor - 1).ok().and_then(|at| table.floors.get(at));
            last = at.copied().unwrap_or(last.saturating_add(table.step));
            all.push((floor, last));
        }
        all
    }

    /// Where the coefficients are from.
    #[must_use]
    pub fn coefficients_source(&self) -> &str {
        &self.coefficients.source
    }

    /// Where an event leads an objection; none where the table has no such row.
    #[must_use]
    pub fn objection(&self, state: ObjectionState, event: ObjectionEvent) -> Option<ObjectionState> {
        self.objections.get(&(state, event)).copied()
    }

    /// The steps, in their order.
    #[must_use]
    pub fn steps(&self) -> &[StepRule] {
        &self.steps
    }

    /// A step by its word.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&StepRule> {
        self.steps.iter().find(|step| step.id == id)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Items {
    consent_permille: i64,
    basic: BTreeMap<String, (String, String)>,
    improvement: BTreeMap<String, (String, String)>,
    enhancement: BTreeMap<String, (String, String)>,
}

/// The pack of renovation items, read.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Items")]
pub struct Renovation(Items);

impl TryFrom<Items> for Renovation {
    type Error = Contradiction;

    fn try_from(items: Items) -> Result<Self, Contradiction> {
        let sum = items.basic.len() + items.improvement.len() + items.enhancement.len();
        let codes = items.basic.keys().chain(items.improvement.keys()).chain(items.enhancement.keys());
        if codes.collect::<BTreeSet<_>>().len() != sum || sum == 0 {
            return Err(Contradiction("an item stands in one class".to_owned()));
        }
        if !(0..=1000).contains(&items.consent_permille) {
            return Err(Contradiction("the share of a building that must agree is one of a thousand parts".to_owned()));
        }
        Ok(Self(items))
    }
}

impl Renovation {
    /// The items: class, code, name in a language.
    pub fn items<'s>(&'s self, lang: &'s str) -> impl Iterator<Item = (Class, &'s str, &'s str)> {
        let named = move |class: Class, list: &'s BTreeMap<String, (String, String)>| {
            list.iter().map(move |(code, (zh, en))| (class, code.as_str(), if lang == "en" { en.as_str() } else { zh.as_str() }))
        };
        let items = &self.0;
        named(Class::Basic, &items.basic)
            .chain(named(Class::Improvement, &items.improvement))
            .chain(named(Class::Enhancement, &items.enhancement))
    }

    /// The class of an item; none for one that is not in the list.
    #[must_use]
    pub fn class(&self, code: &str) -> Option<Class> {
        self.items("zh-CN").find(|(_, one, _)| *one == code).map(|(class, _, _)| class)
    }

    /// Whether so many of so many homes are enough for an improvement item.
    #[must_use]
    pub fn enough(&self, agreed: i64, homes: i64) -> bool {
        homes > 0 && i128::from(agreed) * 1000 >= i128::from(homes) * i128::from(self.0.consent_permille)
    }
}
