//! What institutions, grids and returns need besides the request: the rules.

use std::sync::Arc;

use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{Rule, RuleError, SharedRulebook};

use crate::queries::directory::Kept;
use crate::rules::Rules;
use crate::rules::beds::Beds;

/// The office of the treatment network (救治网络). One for the whole program, shared.
#[derive(Debug)]
pub struct Network {
    book: SharedRulebook,
    directory: Kept,
}

impl Network {
    /// An office that goes by this book, which the binary may replace while it is read.
    ///
    /// # Errors
    /// When the packs of this part are missing from the book or wrong.
    pub fn new(book: SharedRulebook) -> Result<Self, RuleError> {
        Rules::check(&book.load())?;
        Ok(Self { book, directory: Kept::default() })
    }

    /// The rules that count at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn rules(&self, place: &PlacePath, at: Ts) -> Result<Rules, RuleError> {
        Rules::at(&self.book.load(), place, at)
    }

    /// How beds are counted at a place and instant, where the book has beds.
    pub(crate) fn beds(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Beds>>, RuleError> {
        self.book.load().get(crate::rules::beds::ID, place, at)
    }

    /// The register of all districts that is kept in memory, for all who read it.
    pub(crate) const fn directory(&self) -> &Kept {
        &self.directory
    }
}
