//! Tables in and out: xlsx, csv, JSON and GeoJSON, read row by row, mapped to named fields, answered row by row.
//!
//! What always holds here: what a file is, is told by its bytes and never by its name alone; memory is bounded by
//! [`Limits`] and never by what the file declares about itself; a row is accepted or refused with line, field and reason,
//! never dropped in silence (only rows without any text are left out); a date, a number or a coordinate that can be read
//! in two ways is refused; what is written never starts a formula in a spreadsheet program.
//!
//! The way of an import: [`Source::open`] → [`Mapping::from_toml`] (or [`Mapping::by_name`]) → [`Mapping::bind`] →
//! [`Bound::apply`] on each row → [`Report::answer`] with the outcome.
//!
//! How formulas are neutralised (CWE-1236): in xlsx every text is a string cell, which no program evaluates. In csv a text
//! that begins with `=`, `+`, `-`, `@`, their full-width forms, a tab or a carriage return gets an apostrophe in front,
//! unless the whole text is a plain number; a text that already begins with apostrophes and such a sign gets one more, so
//! that reading our own file back (`source.neutralised = true`) gives exactly the old text.

mod error;
mod export;
mod limits;
mod mapping;
mod neutral;
mod read;
mod report;
mod texts;

pub use error::SheetError;
pub use export::{Export, ExportCell, ExportFormat};
pub use limits::Limits;
pub use mapping::{Bound, FieldError, FieldKind, FieldSpec, Located, Mapping, MappingError, Record, Schema};
pub use neutral::{neutralise, restore};
pub use read::{Encoding, Format, Headers, Hints, Origin, Problem, Progress, Row, SheetChoice, Source, normalise_header};
pub use report::{Notable, Outcome, Report, Totals};
pub use texts::{Lang, TEXTS};
