//! SQL of this room.

pub(crate) mod calls;
pub(crate) mod day;
pub(crate) mod diversion;
pub(crate) mod fleet;

use linli_db::DbError;

fn damaged(table: &'static str, column: &'static str, row: impl ToString) -> DbError {
    DbError::Inconsistent { table, column, row: row.to_string() }
}

/// A word that may be missing.
fn word<W: std::str::FromStr>(told: Option<&str>, damaged: impl Fn() -> DbError) -> Result<Option<W>, DbError> {
    told.map(str::parse).transpose().map_err(|_| damaged())
}
