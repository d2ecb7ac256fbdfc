//! What the commands of this room need besides the request: the rules, who answers where, and where names are sealed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use linli_cases::Office;
use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{RuleError, SharedRulebook};

use crate::follow;
use crate::rules::Rules;

/// The office of care. One for the whole program, shared.
#[derive(Debug)]
pub struct CareOffice {
    book: SharedRulebook,
    cases: Arc<Office>,
    /// Until when what was erased may still lie in the log of the database, in microseconds.
    erasing: AtomicI64,
}

impl CareOffice {
    /// An office that goes by this book, beside the office of cases.
    ///
    /// # Errors
    /// When the packs of this room are missing from the book or wrong.
    pub fn new(book: SharedRulebook, cases: Arc<Office>) -> Result<Self, RuleError> {
        Rules::check(&book.load())?;
        Ok(Self { book, cases, erasing: AtomicI64::new(i64::MIN) })
    }

    /// Something about a person's health was erased and is about to be committed: for a while from now on the log of the database is folded, so
    /// that it is in no file any more.
    pub(crate) fn erased(&self, now: Ts) {
        const FOLDED_SECS: i64 = 20;
        self.erasing.fetch_max(now.plus_secs(FOLDED_SECS).0, Ordering::SeqCst);
    }

    /// Whether what was erased may still lie in the log.
    pub(crate) fn erases(&self, now: Ts) -> bool {
        now.0 < self.erasing.load(Ordering::SeqCst)
    }

    /// The rules that count at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn rules(&self, place: &PlacePath, at: Ts) -> Result<Rules, RuleError> {
        Rules::at(&self.book.load(), place, at)
    }

    /// The rules of the watch, which is one for the whole installation: those that count everywhere.
    ///
    /// # Errors
    /// When no pack counts then.
    pub fn watch_rules(&self, at: Ts) -> Result<Rules, RuleError> {
        self.rules(&PlacePath::root(), at)
    }

    /// The rules of key groups that count at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub(crate) fn follow_rules(&self, place: &PlacePath, at: Ts) -> Result<follow::rules::Rules, RuleError> {
        follow::rules::Rules::at(&self.book.load(), place, at)
    }

    /// The office of cases.
    #[must_use]
    pub fn cases(&self) -> &Office {
        &self.cases
    }

    /// Seals a name or number.
    #[must_use]
    pub fn seal(&self, plain: &str) -> Vec<u8> {
        self.cases.vault().seal(plain)
    }

    /// Opens what was sealed; empty when the key does not fit.
    #[must_use]
    pub fn open(&self, sealed: &[u8]) -> String {
        self.cases.vault().open(sealed).unwrap_or_default()
    }
}
