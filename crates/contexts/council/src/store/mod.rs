//! SQL of this room.

pub(crate) mod feeds;
pub(crate) mod items;
pub(crate) mod meetings;
pub(crate) mod minutes;
pub(crate) mod proposals;
pub(crate) mod said;
pub(crate) mod seats;

use linli_db::DbError;

fn damaged(table: &'static str, column: &'static str, row: impl ToString) -> DbError {
    DbError::Inconsistent { table, column, row: row.to_string() }
}
