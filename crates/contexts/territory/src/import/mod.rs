//! Files that bring the ground in: rows of the own format (see [`columns`]), read from any table.
//!
//! What always holds here: every row is answered exactly once, in the order of the file; a rejected row leaves nothing behind; the
//! same file again changes nothing; a dry run writes nothing. A load that breaks off has kept whole batches and can be run again.

mod answers;
mod boundaries;
mod cells;
mod divisions;
mod kinds;
mod run;
mod sheets;

pub use answers::InReport;
pub use boundaries::{BoundaryImport, BoundaryOptions, boundary_mapping, boundary_schema, check_declared_crs};
pub use divisions::{DivisionOptions, DivisionRow, division_schema, import_divisions, import_divisions_mapped};
pub use kinds::{import_components, import_estates, import_grids, import_homes};
pub use sheets::{ImportError, SheetImport, SheetKind, SheetRow, sentence};

use linli_geo::{Crs, Point};

use crate::error::{Answer, Outcome, Problem};

/// The mapping for estates as a property site lists them; a file of that kind names no communities.
pub const PROPERTY_SITE_ESTATES: &str = include_str!("../../mappings/property-site-estates.toml");

/// The columns of the own format, by kind of file.
pub mod columns {
    /// Estates.
    pub const ESTATES: &[&str] = &[
        "estate_code",
        "community_code",
        "name",
        "kind",
        "year_built",
        "area_m2",
        "households",
        "management",
        "manager_name",
        "manager_credit_code",
        "managed_since",
        "lon",
        "lat",
        "crs",
    ];
    /// Columns of estates that may be absent.
    pub const ESTATES_MORE: &[&str] = &["buildings"];
    /// Homes.
    pub const HOMES: &[&str] = &["estate_code", "building", "entrance", "floor", "room", "area_m2"];
    /// Components.
    pub const COMPONENTS: &[&str] = &[
        "component_id",
        "name",
        "class_code",
        "place",
        "lon",
        "lat",
        "crs",
        "state",
        "department_code",
        "department_name",
        "since",
    ];
    /// Governance grids.
    pub const GRIDS: &[&str] = &["grid_code", "name", "community_code", "covers"];
}

/// A row of a file, read by the names of the own columns.
pub trait Row {
    /// Its line in the file, counted from 1.
    fn line(&self) -> u64;
    /// The text of a cell; `None` when the column is not there.
    fn cell(&self, column: &str) -> Option<&str>;
    /// What makes the row as a whole unusable, found before any cell is read.
    fn broken(&self) -> Option<Problem> {
        None
    }
    /// Its point in WGS-84 when it was converted on the way; otherwise `lon`, `lat` and `crs` are read.
    fn located(&self) -> Option<Point> {
        None
    }
}

/// Where the answers go: a report file, a table on a page, a list in a test.
pub trait Answers<R> {
    /// A row of the file was answered.
    fn answered(&mut self, row: &R, answer: &Answer);
    /// A line could not be read as a row at all.
    fn unreadable(&mut self, line: u64, problem: &Problem);
    /// A doubt about a row that was answered before: its point turned out to be shared by many.
    fn doubted_later(&mut self, line: u64, problem: &Problem);
}

/// How a file is to be taken.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Answer every row, write nothing.
    pub dry_run: bool,
    /// The coordinate system of rows that do not name theirs. Without either, rows with coordinates are rejected.
    pub crs: Option<Crs>,
    /// The community of estates that name none.
    pub default_community: Option<String>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Totals {
    /// Rows read.
    pub rows: u64,
    /// New.
    pub created: u64,
    /// Known, and different now.
    pub changed: u64,
    /// Known exactly so.
    pub unchanged: u64,
    /// Not taken over.
    pub rejected: u64,
    /// Taken over with a doubt.
    pub doubtful: u64,
}

impl Totals {
    fn count(&mut self, answer: &Answer) {
        self.rows += 1;
        match answer.outcome {
            Outcome::Created => self.created += 1,
            Outcome::Changed(_) => self.changed += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Rejected(_) => self.rejected += 1,
        }
        if !answer.doubts.is_empty() {
            self.doubtful += 1;
        }
    }
}
