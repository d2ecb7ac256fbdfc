//! Moves of a subtree, and how every room rewrites its own rows.

use linli_db::{Conn, DbError, exec};
use linli_kernel::{DistrictId, PlacePath};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;

/// The kind of the journal line that announces a move; its facts are a [`Moved`].
pub const MOVED: &str = "territory.moved";

/// A subtree went from one path to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Where its top was.
    pub from: PlacePath,
    /// Where its top is now.
    pub to: PlacePath,
}

impl Moved {
    /// Reads it from the facts of a journal line.
    #[must_use]
    pub fn from_facts(facts: &serde_json::Value) -> Option<Self> {
        serde_json::from_value(facts.clone()).ok()
    }
}

/// Rewrites a path column of one table after a move. Doing it again changes nothing, because nothing is left under the old path.
///
/// # Errors
/// Store errors.
pub async fn rewrite(
    c: &mut Conn<'_>,
    district: DistrictId,
    table: &'static str,
    column: &'static str,
    moved: &Moved,
) -> Result<u64, DbError> {
    let skip = i64::try_from(moved.from.as_str().len()).unwrap_or(i64::MAX) + 1;
    let text = format!(
        "UPDATE {table} SET {column} = $4 || substr({column}, CAST($5 AS INTEGER)) \
         WHERE district_id = $1 AND {column} >= $2 AND {column} < $3"
    );
    exec!(c, sqlx::query(AssertSqlSafe(text)).bind(district).bind(&moved.from).bind(moved.from.end()).bind(&moved.to).bind(skip))
}
