//! SQL of this room.

pub(crate) mod items;
pub(crate) mod projects;
pub(crate) mod schemes;
pub(crate) mod talks;

use linli_db::{BlobHash, DbError};

fn damaged(table: &'static str, column: &'static str, row: impl ToString) -> DbError {
    DbError::Inconsistent { table, column, row: row.to_string() }
}

/// A hash that may be missing.
fn hash(bytes: Option<Vec<u8>>) -> Option<BlobHash> {
    bytes.as_deref().and_then(BlobHash::from_column)
}
