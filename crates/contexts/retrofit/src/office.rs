//! What the commands of this room need besides the request: the rules, the calendar, the vault.

use std::sync::Arc;

use jiff::civil::Date;
use linli_calendar::{Calendar, Term};
use linli_identity::vault::Vault;
use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{Rule, RuleError, Rulebook, SharedRulebook};

use crate::rules::{Consent, Lifts, LightRules, Renovation, consent, light};

/// The office of lifts and renovation (加装电梯与改造). One for the whole program, shared.
pub struct LiftOffice {
    book: SharedRulebook,
    vault: Vault,
    calendar: Box<dyn Fn() -> Arc<Calendar> + Send + Sync>,
}

impl std::fmt::Debug for LiftOffice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiftOffice").finish_non_exhaustive()
    }
}

impl LiftOffice {
    /// An office that goes by this book and this calendar, which the binary may replace while they are read.
    ///
    /// # Errors
    /// When a pack of this room is missing from the book or wrong.
    pub fn new(
        book: SharedRulebook,
        vault: Vault,
        calendar: impl Fn() -> Arc<Calendar> + Send + Sync + 'static,
    ) -> Result<Self, RuleError> {
        Self::check(&book.load())?;
        Ok(Self { book, vault, calendar: Box::new(calendar) })
    }

    /// Reads the packs of this room, so that a wrong one is found before it is needed.
    ///
    /// # Errors
    /// When one is wrong.
    pub fn check(book: &Rulebook) -> Result<(), RuleError> {
        book.check::<Consent>(consent::ID)?;
        book.check::<Lifts>(crate::rules::LIFTS)?;
        book.check::<LightRules>(light::ID)?;
        book.check::<Renovation>(crate::rules::RENOVATION).map(|_| ())
    }

    /// How consent is counted at a place.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn consent(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Consent>>, RuleError> {
        self.book.load().get(consent::ID, place, at)
    }

    /// Visits, objections, steps, coefficients at a place.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn lifts(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Lifts>>, RuleError> {
        self.book.load().get(crate::rules::LIFTS, place, at)
    }

    /// How sun and daylight are counted at a place.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn light(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<LightRules>>, RuleError> {
        self.book.load().get(light::ID, place, at)
    }

    /// The list of renovation items at a place.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn renovation(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Renovation>>, RuleError> {
        self.book.load().get(crate::rules::RENOVATION, place, at)
    }

    /// The vault in which words of homes are sealed.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The last day of a posting of so many days (民法典 arts 200 to 204): the day it is posted is not counted, and with `roll_over` a last day that is a
    /// day off moves on to the next working day.
    #[must_use]
    pub fn last_day(&self, posted: Date, days: u32, roll_over: bool) -> Option<Date> {
        let from = Ts::from_local(posted.at(12, 0, 0, 0))?;
        let term = Term::calendar_days(days, roll_over).ok()?;
        (self.calendar)().deadline(from, &term, &[]).last_day()
    }
}
