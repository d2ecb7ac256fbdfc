//! What the commands of this room need besides the request: the rules, the vault, and who lies in the beds.

use std::sync::Arc;

use linli_identity::vault::Vault;
use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{Rule, RuleError, Rulebook, SharedRulebook};
use linli_treatment::BedDesk;

use crate::rules::{ID, Rounds};

/// The office of expert rounds (巡诊办公室). One for the whole program, shared.
pub struct RoundOffice {
    book: SharedRulebook,
    vault: Vault,
    beds: Arc<BedDesk>,
}

impl std::fmt::Debug for RoundOffice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoundOffice").finish_non_exhaustive()
    }
}

impl RoundOffice {
    /// An office that goes by this book, which the binary may replace while it is read.
    ///
    /// # Errors
    /// When the pack of this room is missing from the book or wrong.
    pub fn new(book: SharedRulebook, vault: Vault, beds: Arc<BedDesk>) -> Result<Self, RuleError> {
        Self::check(&book.load())?;
        Ok(Self { book, vault, beds })
    }

    /// Reads the pack of this room, so that a wrong one is found before it is needed.
    ///
    /// # Errors
    /// When it is wrong.
    pub fn check(book: &Rulebook) -> Result<(), RuleError> {
        book.check::<Rounds>(ID).map(|_| ())
    }

    /// The rules of rounds at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn rules(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Rounds>>, RuleError> {
        self.book.load().get(ID, place, at)
    }

    /// The vault in which opinions are sealed.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The desk of the beds, by which the patients of an institution are known.
    #[must_use]
    pub fn beds(&self) -> &BedDesk {
        &self.beds
    }
}
