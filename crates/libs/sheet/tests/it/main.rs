//! Reading, mapping, reporting and writing as an import does it, on small files made here; and, beside the suite, on real
//! files whose folder `LINLI_TEST_DATA` names.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says what it skipped"
)]

mod bad;
mod mapping;
mod real_files;
mod report;
mod round_trip;
mod text;
mod workbooks;

use linli_sheet::{Hints, Limits, Origin, Row, SheetError, Source};

fn origin(name: &str, bytes: impl AsRef<[u8]>) -> Origin {
    Origin::Bytes { name: name.into(), bytes: bytes.as_ref().into() }
}

fn open(name: &str, bytes: impl AsRef<[u8]>) -> Result<Source, SheetError> {
    Source::open(&origin(name, bytes), &Hints::default(), &Limits::default())
}

fn rows(name: &str, bytes: impl AsRef<[u8]>) -> Vec<Row> {
    open(name, bytes).unwrap().collect::<Result<_, _>>().unwrap()
}

fn cells(row: &Row) -> Vec<&str> {
    row.raw_cells().collect()
}
