//! Pure decisions of the treatment network, each from a rule pack with its source and version.

pub mod aggregate;
pub mod beds;
pub mod capabilities;
pub mod grids;
pub mod hand_off;
pub mod hours;
pub mod outcomes;
pub mod plan;
pub mod published;
pub mod referrals;
pub mod returns;
pub mod severity;

use std::sync::Arc;

use linli_kernel::{PlacePath, Ts};
pub use linli_rulebook::Contradiction;
use linli_rulebook::{Rule, RuleError, Rulebook, Stamp};

use capabilities::{CAPABILITIES_ID, Capabilities};
use returns::{Forms, RETURNS_ID};

/// The packs that ship with institutions and returns: file name and text.
pub const NETWORK_PACKS: [(&str, &str); 2] = [
    ("treatment/capabilities.toml", include_str!("../../rules/capabilities.toml")),
    ("treatment/returns.toml", include_str!("../../rules/returns.toml")),
];

/// The packs that ship with beds and referrals: file name and text.
pub const BED_PACKS: [(&str, &str); 6] = [
    ("treatment/beds.toml", include_str!("../../rules/beds.toml")),
    ("treatment/outcomes.toml", include_str!("../../rules/outcomes.toml")),
    ("treatment/plan.toml", include_str!("../../rules/plan.toml")),
    ("treatment/published.toml", include_str!("../../rules/published.toml")),
    ("treatment/referrals.toml", include_str!("../../rules/referrals.toml")),
    ("treatment/severity.toml", include_str!("../../rules/severity.toml")),
];

/// The rules of institutions and returns as they count at one place and instant.
#[derive(Debug, Clone)]
pub struct Rules {
    capabilities: Arc<Rule<Capabilities>>,
    returns: Arc<Rule<Forms>>,
}

impl Rules {
    /// What counts at a place and instant.
    ///
    /// # Errors
    /// When the book has no such packs, or they have not the form ([`Rules::check`] tells at the start).
    pub fn at(book: &Rulebook, place: &PlacePath, at: Ts) -> Result<Self, RuleError> {
        Ok(Self { capabilities: book.get(CAPABILITIES_ID, place, at)?, returns: book.get(RETURNS_ID, place, at)? })
    }

    /// Reads every pack, so that a wrong one is found before it is needed.
    ///
    /// # Errors
    /// The first pack that is wrong.
    pub fn check(book: &Rulebook) -> Result<(), RuleError> {
        book.check::<Capabilities>(CAPABILITIES_ID)?;
        book.check::<Forms>(RETURNS_ID)?;
        Ok(())
    }

    /// What an institution can do, coded.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities.value
    }

    /// The forms of returns.
    #[must_use]
    pub fn forms(&self) -> &Forms {
        &self.returns.value
    }

    /// The pack of returns, to be cited.
    #[must_use]
    pub fn forms_stamp(&self) -> &Stamp {
        &self.returns.stamp
    }
}
