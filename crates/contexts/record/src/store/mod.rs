//! SQL of this room.

pub(crate) mod entries;
pub(crate) mod logs;
pub(crate) mod tiles;

use linli_db::{DbError, Result};

fn damaged(table: &'static str, column: &'static str, row: impl ToString) -> DbError {
    DbError::Inconsistent { table, column, row: row.to_string() }
}

/// A count as it is stored. No log has as many entries as do not fit.
pub(crate) fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as it was stored.
fn counted(table: &'static str, column: &'static str, count: i64) -> Result<u64> {
    u64::try_from(count).map_err(|_| damaged(table, column, count))
}
