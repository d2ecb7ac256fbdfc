//! What the commands of this room need besides the request: the rules, and the vault.

use std::sync::Arc;

use linli_identity::vault::Vault;
use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{Rule, RuleError, Rulebook, SharedRulebook};

use crate::rules::{Calls, ID};

/// The dispatch office (120 调度室). One for the whole program, shared.
pub struct DispatchOffice {
    book: SharedRulebook,
    vault: Vault,
}

impl std::fmt::Debug for DispatchOffice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DispatchOffice").finish_non_exhaustive()
    }
}

impl DispatchOffice {
    /// An office that goes by this book, which the binary may replace while it is read.
    ///
    /// # Errors
    /// When the pack of this room is missing from the book or wrong.
    pub fn new(book: SharedRulebook, vault: Vault) -> Result<Self, RuleError> {
        Self::check(&book.load())?;
        Ok(Self { book, vault })
    }

    /// Reads the pack of this room, so that a wrong one is found before it is needed.
    ///
    /// # Errors
    /// When it is wrong.
    pub fn check(book: &Rulebook) -> Result<(), RuleError> {
        book.check::<Calls>(ID).map(|_| ())
    }

    /// The rules of calls at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn rules(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Calls>>, RuleError> {
        self.book.load().get(ID, place, at)
    }

    /// The vault in which what was told is sealed.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }
}
