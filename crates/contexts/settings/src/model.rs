//! What the administrator set.

use jiff::civil::Date;
use linli_calendar::{LocalDay, YearPlan};
use linli_kernel::{PlacePath, Ts};

linli_kernel::id_type! {
    /// A rule pack that was brought in (规则包).
    pub struct PackId;
}

/// A plan of a year that was brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredYear {
    /// The plan.
    pub plan: YearPlan,
    /// First 12 hexadecimal digits of the SHA-256 of its canonical text.
    pub version: String,
    /// Where it came from: `page`, or `file:` and its name.
    pub source: String,
    /// When it was taken.
    pub set_at: Ts,
}

/// A local day with where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDay {
    /// The day and what is different.
    pub day: LocalDay,
    /// Where it came from, as in [`StoredYear`].
    pub source: String,
    /// When it was decided.
    pub set_at: Ts,
}

/// A pack that was brought in and was neither replaced nor withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPack {
    /// Its id in the store.
    pub id: PackId,
    /// Its id as a rule, e.g. `cases.clock`.
    pub pack: String,
    /// Its version.
    pub version: String,
    /// The place at and under which it counts.
    pub place: PlacePath,
    /// As in `linli_rulebook::Stamp`.
    pub digest: String,
    /// The name of the file.
    pub file: String,
    /// The whole text.
    pub body: String,
    /// Where it came from, as in [`StoredYear`].
    pub source: String,
    /// When it was taken.
    pub taken_at: Ts,
}

/// A file of the data folder that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedFile {
    /// Its name with the folder: `calendar/2027.json`.
    pub name: String,
    /// Why.
    pub problem: String,
}

/// A file about the calendar: the plan of a year, or decisions about days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarFile {
    /// The plan of a year.
    Plan(YearPlan),
    /// Days that are added, and days whose decision is taken back, each with the reason.
    Days {
        /// Added or changed.
        local: Vec<LocalDay>,
        /// Taken back.
        removed: Vec<(Date, String)>,
    },
}
