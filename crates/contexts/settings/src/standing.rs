//! What is in force in this process: the book and the calendar, made from what ships and what lies in the database.

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwap;
use linli_calendar::{Calendar, CalendarError, LocalDay, YearPlan};
use linli_db::{Db, Published};
use linli_kernel::Ts;
use linli_rulebook::{RuleError, Rulebook, SharedRulebook};

use crate::error::SettingsError;
use crate::{queries, store};

/// Reads every pack of the rooms as its type at an instant, so that a wrong one is found before it is in force.
pub type Check = fn(&Rulebook, Ts) -> Result<(), RuleError>;
/// Hands a new calendar to whoever computes with it.
type Takes = Box<dyn Fn(Calendar) + Send + Sync>;

/// The rules and the calendar in force. One for the whole process, shared.
pub struct Standing {
    shipped: &'static [(&'static str, &'static str)],
    check: Check,
    book: SharedRulebook,
    calendar: ArcSwap<Calendar>,
    takes: Takes,
    /// One refresh at a time: an older reading must not replace a newer one.
    turn: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Standing").field("calendar", &self.calendar.load().version()).finish_non_exhaustive()
    }
}

impl Standing {
    /// What ships, until [`Standing::refresh`] has read the database. The book is the one that the rooms go by; a calendar is
    /// handed to `takes` whenever another comes in force.
    ///
    /// # Errors
    /// When the shipped calendar does not hold together.
    pub fn new(
        shipped: &'static [(&'static str, &'static str)],
        check: Check,
        book: SharedRulebook,
        takes: impl Fn(Calendar) + Send + Sync + 'static,
    ) -> Result<Self, CalendarError> {
        let calendar = ArcSwap::from_pointee(Calendar::builtin()?);
        Ok(Self { shipped, check, book, calendar, takes: Box::new(takes), turn: tokio::sync::Mutex::new(()) })
    }

    /// The book in force.
    #[must_use]
    pub fn book(&self) -> Arc<Rulebook> {
        self.book.load()
    }

    /// The calendar in force.
    #[must_use]
    pub fn calendar(&self) -> Arc<Calendar> {
        self.calendar.load_full()
    }

    /// Whether a committed line says that something else may be in force now.
    #[must_use]
    pub fn concerns(line: &Published) -> bool {
        line.kind.starts_with("settings.")
    }

    /// The book as it would be with these local packs, each with the name of its file; refused when it does not hold together.
    ///
    /// # Errors
    /// The first pack that is wrong, overlaps another, or fits no other; an id that no room asks for.
    pub fn candidate(&self, local: Vec<(String, String)>, at: Ts) -> Result<Rulebook, RuleError> {
        let shipped = Rulebook::builtin(self.shipped)?;
        let known: BTreeSet<String> = shipped.ids().map(str::to_owned).collect();
        let book = shipped.load_dir(local)?;
        if let Some(id) = book.ids().find(|id| !known.contains(*id)) {
            return Err(RuleError::Unknown { id: id.to_owned() });
        }
        // Now, and on every day on which one of them begins to count.
        let begins = book.stamps().filter_map(|stamp| Ts::from_local(stamp.valid_from.at(0, 0, 0, 0))).filter(|from| *from > at);
        for instant in begins.chain([at]).collect::<BTreeSet<Ts>>() {
            (self.check)(&book, instant)?;
        }
        Ok(book)
    }

    /// The calendar as it would be with these plans and local days.
    ///
    /// # Errors
    /// A plan or a day that is wrong.
    pub fn calendar_with(years: Vec<YearPlan>, days: Vec<LocalDay>) -> Result<Calendar, CalendarError> {
        let shipped = Calendar::builtin()?;
        Calendar::new(shipped.years().cloned().chain(years), days)
    }

    /// The plans that ship, by year.
    #[must_use]
    pub fn ships(year: i16) -> bool {
        Calendar::builtin().is_ok_and(|shipped| shipped.year(year).is_some())
    }

    /// Reads what is in the database and puts it in force where it differs. What does not hold together there (after an update of
    /// the program, say) is logged, and what was in force stays.
    ///
    /// # Errors
    /// Store errors.
    pub async fn refresh(&self, db: &Db, at: Ts) -> Result<(), SettingsError> {
        let _turn = self.turn.lock().await;
        let mut read = db.read().await?;
        let c = &mut read.conn();
        let years = queries::years(c).await?;
        let days = queries::days(c).await?;
        let packs = store::packs(c).await?;
        let former = store::former_packs(c).await?;
        drop(read);
        match Self::calendar_with(years.into_iter().map(|y| y.plan).collect(), days.into_iter().map(|d| d.day).collect()) {
            Ok(calendar) if calendar.version() != self.calendar.load().version() => {
                tracing::info!(version = calendar.version(), "another calendar is in force");
                self.calendar.store(Arc::new(calendar.clone()));
                (self.takes)(calendar);
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the stored calendar does not hold together; the one in force stays"),
        }
        let texts = packs.into_iter().map(|pack| (pack.file, pack.body)).collect();
        match self.candidate(texts, at) {
            Ok(book) if digests(&book) != digests(&self.book.load()) => {
                tracing::info!("other rules are in force");
                self.book.replace(book.with_former(former));
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the stored rules do not hold together; those in force stay"),
        }
        Ok(())
    }
}

fn digests(book: &Rulebook) -> BTreeSet<(String, bool)> {
    book.stamps().map(|stamp| (stamp.digest.clone(), stamp.origin == linli_rulebook::Origin::Local)).collect()
}
