//! Pure decisions, each from a rule pack: which transition, which class, which clock. Packs cite their source and version, and a
//! place may have its own.

mod attributes;
mod city;
mod classes;
mod clocks;
#[cfg(test)]
mod danger_said;
mod governing;
mod naming;
mod openness;
mod other_cities;
mod transitions;
mod units;
mod wording;

use std::sync::Arc;

use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{Origin, Rule, RuleError, Rulebook, Stamp};

use crate::model::{Case, CaseState, Event, InvalidTransition, Standing, Way};

pub use attributes::{Attribute, AttributeValue, Datatype};
pub use city::{Basis, CityCode, CityCodes, CityKind, Successor};
pub use classes::{Class, Classes, Conditions, Elsewhere, OTHER};
pub use clocks::{ClockRule, Clocks, Due};
pub use governing::{Governing, Says};
pub use naming::{Called, Colleague, Speech, named_in};
pub use openness::Openness;
pub use other_cities::OtherCities;
pub use transitions::{Arrival, Extensions, Profile, Row, Times, Transitions, USUAL, Wait, Who};
pub use units::{CallRule, KeepRule, LinkRule, Units};

/// The id of the pack of transitions.
pub const TRANSITIONS_ID: &str = "cases.transitions";
/// The id of the pack of classes.
pub const CLASSES_ID: &str = "cases.classes";
/// The id of the pack of clocks.
pub const CLOCKS_ID: &str = "cases.clock";
/// The id of the pack of organisations.
pub const UNITS_ID: &str = "cases.units";

/// The id of the pack of city management codes.
pub const CITY_ID: &str = "cases.city";

/// The id of the pack of other cities.
pub const OTHER_CITIES_ID: &str = "cases.elsewhere";

/// The packs that ship with this room: file name and text, for [`Rulebook::builtin`].
pub const PACKS: [(&str, &str); 6] = [
    ("cases/transitions.toml", include_str!("../../rules/transitions.toml")),
    ("cases/classes.toml", include_str!("../../rules/classes.toml")),
    ("cases/clocks.toml", include_str!("../../rules/clocks.toml")),
    ("cases/city.toml", include_str!("../../rules/city.toml")),
    ("cases/units.toml", include_str!("../../rules/units.toml")),
    ("cases/other_cities.toml", include_str!("../../rules/other_cities.toml")),
];

/// By what a case is handled: its class, and a profile of its own where its 12345 class names one.
#[derive(Debug, Clone, Copy)]
pub struct Handled<'a> {
    class: &'a str,
    profile: Option<&'a str>,
    /// How often it was given more time.
    extensions: i64,
}

impl<'a> Handled<'a> {
    /// By a class, and a profile that counts before its own.
    #[must_use]
    pub const fn by(class: &'a str, profile: Option<&'a str>) -> Self {
        Self { class, profile, extensions: 0 }
    }
}

impl<'a> From<&'a Case> for Handled<'a> {
    fn from(case: &'a Case) -> Self {
        let profile = case.way.as_ref().map(|way| &way.profile).or(case.profile.as_ref());
        Self { extensions: case.extensions, ..Self::by(&case.class, profile.map(String::as_str)) }
    }
}

impl<'a> From<&'a str> for Handled<'a> {
    fn from(class: &'a str) -> Self {
        Self::by(class, None)
    }
}

/// The rules of the room as they count at one place and instant.
#[derive(Debug, Clone)]
pub struct Rules {
    transitions: Arc<Rule<Transitions>>,
    classes: Arc<Rule<Classes>>,
    clocks: Arc<Rule<Clocks>>,
    city: Arc<Rule<CityCodes>>,
    units: Arc<Rule<Units>>,
    other_cities: Arc<Rule<OtherCities>>,
}

impl Rules {
    /// What counts at a place and instant.
    ///
    /// # Errors
    /// When the book has no such packs, or they have not the form ([`Rules::check`] tells at the start).
    pub fn at(book: &Rulebook, place: &PlacePath, at: Ts) -> Result<Self, RuleError> {
        Ok(Self {
            transitions: book.get(TRANSITIONS_ID, place, at)?,
            classes: book.get(CLASSES_ID, place, at)?,
            clocks: book.get(CLOCKS_ID, place, at)?,
            city: book.get(CITY_ID, place, at)?,
            units: book.get(UNITS_ID, place, at)?,
            other_cities: book.get(OTHER_CITIES_ID, place, at)?,
        })
    }

    /// Reads every pack of the room, so that a wrong one is found before it is needed.
    ///
    /// # Errors
    /// The first pack that is wrong.
    pub fn check(book: &Rulebook) -> Result<(), RuleError> {
        book.check::<Transitions>(TRANSITIONS_ID)?;
        book.check::<Classes>(CLASSES_ID)?;
        book.check::<Clocks>(CLOCKS_ID)?;
        book.check::<CityCodes>(CITY_ID)?;
        book.check::<Units>(UNITS_ID)?;
        book.check::<OtherCities>(OTHER_CITIES_ID)?;
        Ok(())
    }

    /// As [`Rules::check`], and that the packs fit each other at an instant wherever one of them has a place of its own: every clock
    /// that a class names is there.
    ///
    /// # Errors
    /// The first pack that is wrong, or names what is not there.
    pub fn check_at(book: &Rulebook, at: Ts) -> Result<(), RuleError> {
        Self::check(book)?;
        let mut places: Vec<&PlacePath> = book.stamps().map(|stamp| &stamp.place).collect();
        places.sort();
        places.dedup();
        for place in places {
            let rules = Self::at(book, place, at)?;
            // What an administrator wrote is where to look: the class that names it, unless the classes are the shipped ones.
            let misses = |other: &Stamp, (field, code): (&str, &str), message: String| {
                let classes = rules.classes_stamp();
                let (stamp, field) = match classes.origin {
                    Origin::Local => (classes, format!("body.class.{code}.{field}")),
                    Origin::Builtin => (other, format!("body.{field}")),
                };
                let text = book.texts().find(|(known, _)| known.digest == stamp.digest).map(|(_, text)| text);
                let line = text.and_then(|text| line_of_class(text, code)).filter(|_| classes.origin == Origin::Local);
                Err(RuleError::Pack { file: stamp.file.clone(), line: line.unwrap_or(1), field, message })
            };
            for class in rules.classes().all() {
                if rules.clocks().named(&class.clock).is_none() {
                    let message = format!("the class {} names the clock {}, which is not here", class.code, class.clock);
                    return misses(rules.clocks_stamp(), ("clock", &class.code), message);
                }
                if !rules.transitions().profiles().any(|(code, _)| code == class.profile) {
                    let message = format!("the class {} names the profile {}, which is not here", class.code, class.profile);
                    return misses(rules.transitions_stamp(), ("profile", &class.code), message);
                }
            }
        }
        Ok(())
    }

    /// The profile by which something is handled: its own where the table has it, else that of its class.
    fn profile(&self, handled: Handled<'_>) -> &str {
        let of_class = self.classes().find(handled.class).map_or(USUAL, |class| class.profile.as_str());
        let mut known = self.transitions().profiles().map(|(code, _)| code);
        known.find(|code| Some(*code) == handled.profile).unwrap_or(of_class)
    }

    /// The way of working of a class, and of a profile that counts before its own, in the version of this table.
    #[must_use]
    pub fn way(&self, class: &str, profile: Option<&str>) -> Way {
        Way { profile: self.profile(Handled::by(class, profile)).to_owned(), rule: self.transitions_mark() }
    }

    /// These rules with the table of transitions under which a case was filed; where the book has it no more, with the one that counts. A case
    /// from before that was kept goes by the table that counted when it was reported.
    #[must_use]
    pub(crate) fn filed_by(mut self, book: &Rulebook, way: Option<&Way>, (place, reported): (&PlacePath, Ts)) -> Self {
        let then = match way {
            Some(way) if way.rule == self.transitions_mark() => None,
            Some(way) => book.by_mark(&way.rule),
            None => book.get(TRANSITIONS_ID, place, reported).ok(),
        };
        if let Some(then) = then {
            self.transitions = then;
        }
        self
    }

    /// The profile by which a case goes on from where it stands: its own, or, where no way of that leads on from there (another
    /// system had brought it there, or it went by another profile then), the first that has one.
    fn profile_from(&self, handled: Handled<'_>, state: CaseState) -> &str {
        let own = self.profile(handled);
        let here = |row: &&Row| row.state == state && !row.event.is_heard();
        let leads_on = |profile: &str| self.transitions().rows().filter(here).any(|row| row.counts_in(profile));
        let mut profiles = self.transitions().profiles().map(|(code, _)| code);
        if leads_on(own) { own } else { profiles.find(|code| leads_on(code)).unwrap_or(own) }
    }

    /// Decides what becomes of a case on an event.
    ///
    /// # Errors
    /// As [`Transitions::step`].
    pub fn step<'a>(
        &self,
        handled: impl Into<Handled<'a>>,
        state: CaseState,
        event: Event,
        standing: Standing,
    ) -> Result<&Row, InvalidTransition> {
        let handled = handled.into();
        if event == Event::Extend && !self.may_be_extended(handled) {
            return Err(InvalidTransition::NoRow { state, event });
        }
        self.transitions().step(self.profile_from(handled, state), state, event, standing)
    }

    /// What somebody may do to a case.
    #[must_use]
    pub fn possible<'a>(&self, handled: impl Into<Handled<'a>>, state: CaseState, standing: Standing) -> Vec<Event> {
        let handled = handled.into();
        let mut possible = self.transitions().possible(self.profile_from(handled, state), state, standing);
        possible.retain(|event| *event != Event::Extend || self.may_be_extended(handled));
        possible
    }

    /// Whether the rules let it be given more time once again.
    fn may_be_extended(&self, handled: Handled<'_>) -> bool {
        handled.extensions < self.transitions().extensions().most
    }

    /// The class of reports as which a matter of city management is handled: as the link says, else the first class that names the
    /// matter; `None` where nothing corresponds.
    #[must_use]
    pub fn class_of_matter(&self, matter: &str) -> Option<&Arc<Class>> {
        let linked = self.city().handled_as(matter).and_then(|class| self.classes().find(class));
        let naming = || self.classes().all().find(|class| class.matter.as_deref() == Some(matter));
        linked.or_else(|| self.classes().find(&naming()?.code))
    }

    /// Whether the text says that it is about something that is taken up elsewhere, and what: by another office, or by another city.
    #[must_use]
    pub fn elsewhere(&self, text: &str) -> Option<&Elsewhere> {
        self.classes().elsewhere(text).or_else(|| self.other_cities.value.said_in(text))
    }

    /// Which transitions there are.
    #[must_use]
    pub fn transitions(&self) -> &Transitions {
        &self.transitions.value
    }

    /// What can be reported.
    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.classes.value
    }

    /// By when it is promised.
    #[must_use]
    pub fn clocks(&self) -> &Clocks {
        &self.clocks.value
    }

    /// The codes of city management.
    #[must_use]
    pub fn city(&self) -> &CityCodes {
        &self.city.value
    }

    /// Which codes of city management they are, for citing.
    #[must_use]
    pub fn city_stamp(&self) -> &Stamp {
        &self.city.stamp
    }

    /// Which classes they are, for citing.
    #[must_use]
    pub fn classes_stamp(&self) -> &Stamp {
        &self.classes.stamp
    }

    /// Which organisations are called and how.
    #[must_use]
    pub fn units(&self) -> &Units {
        &self.units.value
    }

    /// Which table of transitions it is, for citing.
    #[must_use]
    pub fn transitions_stamp(&self) -> &Stamp {
        &self.transitions.stamp
    }

    /// Which clocks they are, for citing.
    #[must_use]
    pub fn clocks_stamp(&self) -> &Stamp {
        &self.clocks.stamp
    }

    /// What a journal line keeps of the table: id, version and digest find it again.
    #[must_use]
    pub fn transitions_mark(&self) -> String {
        self.transitions.stamp.mark()
    }

    /// What a journal line keeps of the rules about organisations.
    #[must_use]
    pub fn units_mark(&self) -> String {
        self.units.stamp.mark()
    }

    /// What a journal line keeps of the clocks.
    #[must_use]
    pub fn clocks_mark(&self) -> String {
        self.clocks.stamp.mark()
    }
}

/// The line on which a pack of classes begins to speak of a class, from 1.
fn line_of_class(text: &str, code: &str) -> Option<usize> {
    let is_it = |line: &str| {
        let value = line.trim().strip_prefix("code").map(str::trim_start)?.strip_prefix('=')?;
        (value.trim().trim_matches('"') == code).then_some(())
    };
    text.lines().position(|line| is_it(line).is_some()).map(|before| before + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_packs_hold_together() {
        let book = Rulebook::builtin(&PACKS).unwrap();
        Rules::check(&book).unwrap();
        let rules = Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000)).unwrap();
        for class in rules.classes().all() {
            assert!(rules.clocks().named(&class.clock).is_some(), "class {} names the clock {}", class.code, class.clock);
        }
        // Whether the reporter is asked before it was said that it is done is for a desk to say, never for the program.
        let asks = |row: &&Row| row.event == Event::AskReporter;
        assert_eq!(rules.transitions().rows().filter(asks).count(), 2);
        for row in rules.transitions().rows().filter(asks) {
            assert!(row.who.iter().all(|who| matches!(who, Who::Role(_))), "{:?}", row.who);
        }
        assert!(rules.transitions_mark().starts_with("cases.transitions@2026.8#"));
    }
}
