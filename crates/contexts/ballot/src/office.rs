//! What the commands of this room need besides the request: the rules, the calendar, the vault.

use std::sync::Arc;

use linli_calendar::Calendar;
use linli_db::Conn;
use linli_identity::vault::Vault;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_rulebook::{Rule, RuleError, Rulebook, SharedRulebook};
use linli_territory::TerritoryError;

use crate::error::BallotError;
use crate::rules::{IDS, Pack};

type Days = Box<dyn Fn() -> Arc<Calendar> + Send + Sync>;

/// The office of votes (表决工作台). One for the whole program, shared.
pub struct BallotOffice {
    book: SharedRulebook,
    vault: Vault,
    calendar: Days,
}

impl std::fmt::Debug for BallotOffice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BallotOffice").finish_non_exhaustive()
    }
}

impl BallotOffice {
    /// An office that goes by this book and the calendar in force, both of which may be replaced while they are read.
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
        IDS.iter().try_for_each(|id| book.check::<Pack>(id).map(|_| ()))
    }

    /// The rules of votes at a place and instant: those of the smallest division that has its own and whose code begins that of the place.
    ///
    /// # Errors
    /// When no pack counts there then; store errors.
    pub async fn rules(
        &self,
        c: &mut Conn<'_>,
        district: DistrictId,
        (place, at): (&PlacePath, Ts),
    ) -> Result<Arc<Rule<Pack>>, BallotError> {
        let code = division_of(c, district, place).await?;
        Ok(self.rules_of(&code, place, at)?)
    }

    /// The rules of a division by its code.
    ///
    /// # Errors
    /// When no pack counts there then.
    pub fn rules_of(&self, code: &str, place: &PlacePath, at: Ts) -> Result<Arc<Rule<Pack>>, RuleError> {
        let book = self.book.load();
        let mut best: Option<Arc<Rule<Pack>>> = None;
        for id in IDS {
            // A pack that does not count yet, or no more, leaves the place to the wider one.
            let Ok(rule) = book.get::<Pack>(id, place, at) else { continue };
            let nearer = best.as_ref().is_none_or(|best| rule.value.region.len() > best.value.region.len());
            if code.starts_with(&rule.value.region) && nearer {
                best = Some(rule);
            }
        }
        best.map_or_else(|| book.get::<Pack>("ballot.rules", place, at), Ok)
    }

    /// The rule with a mark, whether or not it counts anywhere now.
    #[must_use]
    pub fn by_mark(&self, mark: &str) -> Option<Arc<Rule<Pack>>> {
        self.book.load().by_mark(mark)
    }

    /// The calendar in force.
    #[must_use]
    pub fn calendar(&self) -> Arc<Calendar> {
        (self.calendar)()
    }

    /// The vault in which owners and proxies are sealed.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }
}

/// The code of the community a place lies in, or of the division it is.
async fn division_of(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<String, TerritoryError> {
    let community = place.at_level(PlaceLevel::Community);
    Ok(linli_territory::queries::place_at(c, district, &community).await?.map(|place| place.code).unwrap_or_default())
}
