//! Reading: from bytes to rows.

mod claims;
mod csv_rows;
mod decode;
mod detect;
mod guard;
mod json_rows;
mod origin;
mod pump;
mod row;
mod source;
mod xlsx_rows;

pub use decode::Encoding;
pub use detect::Format;
pub use origin::{Origin, Progress};
pub(crate) use row::trimmed;
pub use row::{Headers, Problem, Row, normalise_header};
pub use source::{Hints, SheetChoice, Source};
