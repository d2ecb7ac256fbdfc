//! What the commands of this part need besides the request: the rules, and the office of care.

use std::sync::Arc;

use linli_cases::{ContactVault, Office};
use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{RuleError, SharedRulebook};

use super::rules::Rules;
use crate::office::CareOffice;

/// The desk of the family-doctor teams (家庭医生工作台). One for the whole program, shared.
pub struct Desk {
    book: SharedRulebook,
    care: Arc<CareOffice>,
    beds: Option<&'static str>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk that goes by this book, which the binary may replace while it is read.
    ///
    /// # Errors
    /// When the packs of this part are missing from the book or wrong.
    pub fn new(book: SharedRulebook, care: Arc<CareOffice>) -> Result<Self, RuleError> {
        Rules::check(&book.load())?;
        Ok(Self { book, care, beds: None })
    }

    /// With a treatment network in the same house: where a bed is asked for. An alarm is named there as `?alarm=`.
    #[must_use]
    pub const fn with_beds_at(mut self, path: &'static str) -> Self {
        self.beds = Some(path);
        self
    }

    /// Where a bed is asked for; `None` where there is no treatment network.
    #[must_use]
    pub const fn beds_at(&self) -> Option<&'static str> {
        self.beds
    }

    /// The rules that count at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn rules(&self, place: &PlacePath, at: Ts) -> Result<Rules, RuleError> {
        Rules::at(&self.book.load(), place, at)
    }

    /// The office of care, where visits are opened.
    #[must_use]
    pub fn care(&self) -> &CareOffice {
        &self.care
    }

    /// The office of cases.
    #[must_use]
    pub fn office(&self) -> &Office {
        self.care.cases()
    }

    /// The vault in which names and numbers are sealed.
    #[must_use]
    pub fn vault(&self) -> &dyn ContactVault {
        self.care.cases().vault()
    }
}
