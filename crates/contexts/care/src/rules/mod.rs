//! The decisions of this room. Every number, text and step is in a pack with its source.

mod profiles;
mod texts;
mod visits;

use std::sync::Arc;

use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{Rule, RuleError, Rulebook, Stamp};

pub use profiles::{Profile, Profiles, QuietChoice};
pub use texts::{ConsentText, ConsentTexts};
pub use visits::{Aim, InvalidStep, Rung, Standing, VisitRow, VisitRules, VisitTable};

/// The packs that ship with this room, each with the name of its file.
pub const PACKS: [(&str, &str); 3] = [
    ("care/watch.toml", include_str!("../../rules/watch.toml")),
    ("care/consent.toml", include_str!("../../rules/consent.toml")),
    ("care/visits.toml", include_str!("../../rules/visits.toml")),
];

const WATCH_ID: &str = "care.watch";
const CONSENT_ID: &str = "care.consent";
const VISITS_ID: &str = "care.visits";

/// The rules that count at one place and instant.
#[derive(Debug, Clone)]
pub struct Rules {
    profiles: Arc<Rule<Profiles>>,
    texts: Arc<Rule<ConsentTexts>>,
    visits: Arc<Rule<VisitRules>>,
}

impl Rules {
    /// Reads the packs that count at a place and instant.
    ///
    /// # Errors
    /// When one is missing there.
    pub fn at(book: &Rulebook, place: &PlacePath, at: Ts) -> Result<Self, RuleError> {
        Ok(Self {
            profiles: book.get(WATCH_ID, place, at)?,
            texts: book.get(CONSENT_ID, place, at)?,
            visits: book.get(VISITS_ID, place, at)?,
        })
    }

    /// Reads every pack of the room, so that a wrong one is found before it is needed.
    ///
    /// # Errors
    /// The first pack that is wrong.
    pub fn check(book: &Rulebook) -> Result<(), RuleError> {
        book.check::<Profiles>(WATCH_ID)?;
        book.check::<ConsentTexts>(CONSENT_ID)?;
        book.check::<VisitRules>(VISITS_ID)?;
        Ok(())
    }

    /// What is chosen from for a person.
    #[must_use]
    pub fn profiles(&self) -> &Profiles {
        &self.profiles.value
    }

    /// What is shown before somebody agrees.
    #[must_use]
    pub fn texts(&self) -> &ConsentTexts {
        &self.texts.value
    }

    /// How visits go.
    #[must_use]
    pub fn visits(&self) -> &VisitRules {
        &self.visits.value
    }

    /// Which texts they are: kept with every consent.
    #[must_use]
    pub fn texts_mark(&self) -> String {
        mark(&self.texts.stamp)
    }

    /// Which rules of visits they are, for the facts of a line.
    #[must_use]
    pub fn visits_mark(&self) -> String {
        mark(&self.visits.stamp)
    }

    /// Which profiles they are, for the facts of a line.
    #[must_use]
    pub fn profiles_mark(&self) -> String {
        mark(&self.profiles.stamp)
    }
}

fn mark(stamp: &Stamp) -> String {
    format!("{}@{}#{}", stamp.id, stamp.version, stamp.digest)
}

/// A pack whose rules contradict each other or lead nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Contradiction(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_packs_hold_together() {
        let book = Rulebook::builtin(&PACKS).unwrap();
        Rules::check(&book).unwrap();
        let rules = Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000)).unwrap();
        assert!(rules.texts_mark().starts_with("care.consent@2026.3#"));
        let article = rules.profiles().find("not_left_home").unwrap();
        assert_eq!((article.hours, article.verified), (24, true), "the rule of the article");
    }
}
