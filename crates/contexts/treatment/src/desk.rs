//! What the commands on beds and referrals need besides the request: the rules, and the vault.

use std::sync::Arc;

use linli_care::follow::rules::Rules as Follow;
use linli_identity::vault::Vault;
use linli_kernel::{PlacePath, Ts};
use linli_rulebook::{Rule, RuleError, Rulebook, SharedRulebook};

use crate::queries::plan::Kept;
use crate::rules::beds::{self, Beds};
use crate::rules::capabilities::{CAPABILITIES_ID, Capabilities};
use crate::rules::outcomes::{self, OutcomeRule};
use crate::rules::plan::{self, PlanRule};
use crate::rules::published::{self, Published};
use crate::rules::referrals::{self, Referrals};
use crate::rules::severity::{self, Criteria};

/// The desk of the bed managers and coordinators (床位与转诊工作台). One for the whole program, shared.
pub struct BedDesk {
    book: SharedRulebook,
    vault: Vault,
    plan: Kept,
}

impl std::fmt::Debug for BedDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BedDesk").finish_non_exhaustive()
    }
}

impl BedDesk {
    /// A desk that goes by this book, which the binary may replace while it is read.
    ///
    /// # Errors
    /// When the packs of this part are missing from the book or wrong.
    pub fn new(book: SharedRulebook, vault: Vault) -> Result<Self, RuleError> {
        Self::check(&book.load())?;
        Ok(Self { book, vault, plan: Kept::default() })
    }

    /// Reads every pack of this part, so that a wrong one is found before it is needed.
    ///
    /// # Errors
    /// The first pack that is wrong.
    pub fn check(book: &Rulebook) -> Result<(), RuleError> {
        book.check::<Beds>(beds::ID)?;
        book.check::<Referrals>(referrals::ID)?;
        book.check::<OutcomeRule>(outcomes::ID)?;
        book.check::<PlanRule>(plan::ID)?;
        book.check::<Published>(published::ID)?;
        book.check::<Criteria>(severity::ID)?;
        Ok(())
    }

    /// How beds are counted at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn beds(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Beds>>, RuleError> {
        self.book.load().get(beds::ID, place, at)
    }

    /// How referrals move at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn referrals(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Referrals>>, RuleError> {
        self.book.load().get(referrals::ID, place, at)
    }

    /// What institutions can do, coded, at a place and instant: what may be needed.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn capabilities(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Capabilities>>, RuleError> {
        self.book.load().get(CAPABILITIES_ID, place, at)
    }

    /// How outcomes are counted at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn outcomes(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<OutcomeRule>>, RuleError> {
        self.book.load().get(outcomes::ID, place, at)
    }

    /// What the plan goes by at an instant: that of the whole city, for there is one plan.
    ///
    /// # Errors
    /// When no pack counts then.
    pub fn plan_rule(&self, at: Ts) -> Result<Arc<Rule<PlanRule>>, RuleError> {
        self.book.load().get(plan::ID, &PlacePath::root(), at)
    }

    /// The shares that somebody published, at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn published(&self, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Published>>, RuleError> {
        self.book.load().get(published::ID, place, at)
    }

    /// The plan that was made last, for all who read it.
    pub(crate) const fn plan(&self) -> &Kept {
        &self.plan
    }

    /// How sick somebody is, with the scores it rests on, at a place and instant.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn severity(&self, place: &PlacePath, at: Ts) -> Result<(Arc<Rule<Criteria>>, Follow), RuleError> {
        let book = self.book.load();
        Ok((book.get(severity::ID, place, at)?, Follow::at(&book, place, at)?))
    }

    /// The vault in which what is known of a patient is sealed.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }
}
