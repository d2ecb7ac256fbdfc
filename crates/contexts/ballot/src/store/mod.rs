//! SQL of this room.

pub(crate) mod ballots;
pub(crate) mod seats;
pub(crate) mod units;
pub(crate) mod votes;

use linli_db::DbError;

fn damaged(table: &'static str, column: &'static str, row: impl ToString) -> DbError {
    DbError::Inconsistent { table, column, row: row.to_string() }
}
