//! Moves of a subtree, and how every room rewrites its own rows.
//!
//! The move itself rewrites the tables of this room and writes one line [`MOVED`]. Every other room that keeps paths has a
//! command `follow_move` that takes some of its rows along and says how many, until it says 0; the binary calls it for every
//! such line, with a durable cursor per room and district. History (the journal, daily counts) keeps the path it was written with.

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

    /// The path of a place after the move; `None` for one that did not move.
    #[must_use]
    pub fn path(&self, place: &PlacePath) -> Option<PlacePath> {
        let rest = place.as_str().strip_prefix(self.from.as_str())?;
        format!("{}{rest}", self.to).parse().ok()
    }
}

/// Rewrites a path column of one table for about `limit` rows, those of the lowest paths first (all rows of one path go together,
/// so it may be more), and says how many. 0 when nothing is left under the old path.
///
/// # Errors
/// Store errors.
pub async fn rewrite_some(
    c: &mut Conn<'_>,
    district: DistrictId,
    (table, column): (&'static str, &'static str),
    moved: &Moved,
    limit: i64,
) -> Result<u64, DbError> {
    let skip = i64::try_from(moved.from.as_str().len()).unwrap_or(i64::MAX) + 1;
    let under = format!("district_id = $1 AND {column} >= $2 AND {column} < $3");
    let text = format!(
        "UPDATE {table} SET {column} = $4 || substr({column}, CAST($5 AS INTEGER)) WHERE {under} AND {column} <= \
         (SELECT MAX(batch.path) FROM (SELECT {column} AS path FROM {table} WHERE {under} ORDER BY {column} LIMIT $6) AS batch)"
    );
    let end = moved.from.end();
    exec!(c, sqlx::query(AssertSqlSafe(text)).bind(district).bind(&moved.from).bind(end).bind(&moved.to).bind(skip).bind(limit))
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
