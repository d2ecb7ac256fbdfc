//! SQL of this room.

pub(crate) mod findings;
pub(crate) mod groups;
pub(crate) mod rounds;

use linli_db::DbError;

fn damaged(table: &'static str, column: &'static str, row: impl ToString) -> DbError {
    DbError::Inconsistent { table, column, row: row.to_string() }
}
