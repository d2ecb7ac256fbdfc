//! What the commands of this room need besides the request: the rules, the vault, and the office of cases for what is undertaken.

use std::sync::Arc;

use linli_cases::Office;
use linli_identity::vault::Vault;
use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{Rule, RuleError, Rulebook, SharedRulebook};

use crate::rules::{Council, ID};

/// The office of meetings (议事办公室). One for the whole program, shared.
pub struct CouncilOffice {
    book: SharedRulebook,
    vault: Vault,
    cases: Arc<Office>,
}

impl std::fmt::Debug for CouncilOffice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CouncilOffice").finish_non_exhaustive()
    }
}

impl CouncilOffice {
    /// An office that goes by this book, which the binary may replace while it is read.
    ///
    /// # Errors
    /// When the pack of this room is missing from the book or wrong.
    pub fn new(book: SharedRulebook, vault: Vault, cases: Arc<Office>) -> Result<Self, RuleError> {
        Self::check(&book.load())?;
        Ok(Self { book, vault, cases })
    }

    /// Reads the pack of this room, so that a wrong one is found before it is needed.
    ///
    /// # Errors
    /// When it is wrong.
    pub fn check(book: &Rulebook) -> Result<(), RuleError> {
        book.check::<Council>(ID).map(|_| ())
    }

    /// The rules of meetings at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn rules(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Council>>, RuleError> {
        self.book.load().get(ID, place, at)
    }

    /// The vault in which names and telephones are sealed.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The office of cases, with the calendar in force.
    #[must_use]
    pub fn cases(&self) -> &Office {
        &self.cases
    }
}
