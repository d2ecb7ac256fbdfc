//! Estates, buildings, entrances and homes as nodes of the tree.

use std::collections::BTreeMap;

use linli_db::{Bulk, Conn, DbError, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;

use super::{IN_LIST, placeholders, round};
use crate::model::{Gone, Place, PlaceId};

type Result<T> = std::result::Result<T, DbError>;

const COLUMNS: &str = "district_id, id, place_path, name, code";

#[derive(Debug, linli_db::FromRow)]
pub(crate) struct Row {
    pub district_id: DistrictId,
    pub id: PlaceId,
    pub place_path: PlacePath,
    pub name: String,
    pub code: String,
}

impl Row {
    pub(crate) fn place(self) -> Result<Place> {
        let level = self.place_path.level().ok_or_else(|| DbError::Inconsistent {
            table: "place",
            column: "place_path",
            row: self.id.to_string(),
        })?;
        Ok(Place { id: self.id, district: self.district_id, level, path: self.place_path, name: self.name, code: self.code })
    }
}

/// Rows of places, by path. Asked level by level, because the index begins with it: over several levels at once the planner would rather
/// read every place of the district.
macro_rules! by_level {
    ($c:expr, $district:expr, $paths:expr, $row:ty, $select:literal) => {{
        let mut levels: BTreeMap<i64, Vec<&PlacePath>> = BTreeMap::new();
        for path in $paths {
            levels.entry(depth(path)).or_default().push(path);
        }
        let mut found: Vec<$row> = Vec::with_capacity($paths.len());
        for (depth, paths) in levels {
            for chunk in paths.chunks(IN_LIST) {
                let filled = round(chunk.len());
                let list = placeholders(3, filled);
                let text = format!(concat!($select, " WHERE district_id = $1 AND depth = $2 AND place_path IN ({})"), list);
                let rows: Vec<$row> = sql!($c, x => {
                    let mut query = sqlx::query_as(AssertSqlSafe(text)).bind($district).bind(depth);
                    for path in chunk.iter().chain(chunk.iter().last().into_iter().cycle()).take(filled) {
                        query = query.bind(*path);
                    }
                    query.fetch_all(x).await
                })?;
                found.extend(rows);
            }
        }
        found
    }};
}

fn depth(path: &PlacePath) -> i64 {
    i64::try_from(path.depth()).unwrap_or(0)
}

pub(crate) async fn by_id(c: &mut Conn<'_>, district: DistrictId, id: PlaceId) -> Result<Option<Place>> {
    let text = format!("SELECT {COLUMNS} FROM place WHERE district_id = $1 AND id = $2");
    let row: Option<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Row::place).transpose()
}

/// The place in force at a path.
pub(crate) async fn at(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Option<Place>> {
    let text =
        format!("SELECT {COLUMNS} FROM place WHERE district_id = $1 AND depth = $2 AND place_path = $3 AND valid_to IS NULL");
    let row: Option<Row> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(depth(path)).bind(path).fetch_optional(x).await)?;
    row.map(Row::place).transpose()
}

/// The places at these paths, closed ones too, so that old crumbs still read; in the order of their paths.
pub(crate) async fn at_paths(c: &mut Conn<'_>, district: DistrictId, paths: &[PlacePath]) -> Result<Vec<Place>> {
    let rows: Vec<Row> = by_level!(c, district, paths, Row, "SELECT district_id, id, place_path, name, code FROM place");
    let mut found = rows.into_iter().map(Row::place).collect::<Result<Vec<Place>>>()?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// What the places at these paths are called, closed ones too: path, name and key, in no order.
pub(crate) async fn names_at(
    c: &mut Conn<'_>,
    district: DistrictId,
    paths: &[PlacePath],
) -> Result<Vec<(PlacePath, String, String)>> {
    Ok(by_level!(c, district, paths, (PlacePath, String, String), "SELECT place_path, name, code FROM place"))
}

pub(crate) async fn by_code(c: &mut Conn<'_>, district: DistrictId, code: &str) -> Result<Option<Place>> {
    let text = format!("SELECT {COLUMNS} FROM place WHERE district_id = $1 AND code = $2 AND valid_to IS NULL");
    let row: Option<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(code).fetch_optional(x).await)?;
    row.map(Row::place).transpose()
}

pub(crate) async fn by_codes(c: &mut Conn<'_>, district: DistrictId, codes: &[&str]) -> Result<Vec<Place>> {
    let mut found = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(IN_LIST) {
        let text = format!(
            "SELECT {COLUMNS} FROM place WHERE district_id = $1 AND valid_to IS NULL AND code IN ({})",
            placeholders(2, chunk.len())
        );
        let rows: Vec<Row> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).persistent(chunk.len() == IN_LIST).bind(district);
            for code in chunk {
                query = query.bind(*code);
            }
            query.fetch_all(x).await
        })?;
        for row in rows {
            found.push(row.place()?);
        }
    }
    Ok(found)
}

/// The places in force directly under a path.
pub(crate) async fn children(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath, limit: i64) -> Result<Vec<Place>> {
    let text = format!(
        "SELECT {COLUMNS} FROM place WHERE district_id = $1 AND depth = $2 AND place_path >= $3 AND place_path < $4 AND valid_to IS NULL \
         ORDER BY place_path LIMIT $5"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(depth(path) + 1).bind(path).bind(path.end()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Row::place).collect()
}

/// Places of one level in a subtree after a path, for paging.
pub(crate) async fn of_depth_after(
    c: &mut Conn<'_>,
    district: DistrictId,
    at_depth: i64,
    under: &PlacePath,
    after: Option<&PlacePath>,
    limit: i64,
) -> Result<Vec<Place>> {
    let text = format!(
        "SELECT {COLUMNS} FROM place WHERE district_id = $1 AND depth = $2 AND place_path >= $3 AND place_path < $4 AND place_path > $5 \
         AND valid_to IS NULL ORDER BY place_path LIMIT $6"
    );
    let after = after.map_or("", PlacePath::as_str);
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(at_depth).bind(under).bind(under.end()).bind(after).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Row::place).collect()
}

/// Places whose name holds a text, estates first.
pub(crate) async fn by_name(
    c: &mut Conn<'_>,
    district: DistrictId,
    under: &PlacePath,
    text: &str,
    limit: i64,
) -> Result<Vec<Place>> {
    let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let query = format!(
        "SELECT {COLUMNS} FROM place WHERE district_id = $1 AND depth = 5 AND place_path >= $2 AND place_path < $3 AND valid_to IS NULL \
         AND (lower(name) LIKE $4 ESCAPE '\\' OR lower(code) LIKE $4 ESCAPE '\\') ORDER BY place_path LIMIT $5"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(query))
        .bind(district).bind(under).bind(under.end()).bind(format!("%{escaped}%")).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Row::place).collect()
}

/// How many places in force there are of each depth under a path.
pub(crate) async fn counts(c: &mut Conn<'_>, district: DistrictId, under: &PlacePath) -> Result<Vec<(i64, i64)>> {
    let mut counts = Vec::new();
    for at_depth in 5..=8_i64 {
        let count: i64 = sql!(c, x => sqlx::query_scalar(
            "SELECT COUNT(*) FROM place WHERE district_id = $1 AND depth = $2 AND place_path >= $3 AND place_path < $4 AND valid_to IS NULL"
        ).bind(district).bind(at_depth).bind(under).bind(under.end()).fetch_one(x).await)?;
        counts.push((at_depth, count));
    }
    Ok(counts)
}

/// How many places of each level each part of a place has, by the first so many letters of the path.
pub(crate) async fn counts_of_parts(
    c: &mut Conn<'_>,
    district: DistrictId,
    under: &PlacePath,
    letters: i32,
) -> Result<Vec<(PlacePath, i64, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT substr(place_path, 1, $4), depth, COUNT(*) FROM place WHERE district_id = $1 AND depth IN (5, 6, 7, 8) \
         AND place_path >= $2 AND place_path < $3 AND valid_to IS NULL GROUP BY 1, 2"
    ).bind(district).bind(under).bind(under.end()).bind(letters).fetch_all(x).await)
}

pub(crate) async fn insert(c: &mut Conn<'_>, rows: &[Place], at: Ts) -> Result<u64> {
    let n = rows.len();
    Bulk::into("place")
        .ints("district_id", rows.iter().map(|p| p.district.0))
        .ids("id", rows.iter().map(|p| p.id.0))
        .ints("depth", rows.iter().map(|p| depth(&p.path)))
        .texts("place_path", rows.iter().map(|p| p.path.as_str().to_owned()))
        .texts("name", rows.iter().map(|p| p.name.clone()))
        .texts("code", rows.iter().map(|p| p.code.clone()))
        .ints("valid_from", std::iter::repeat_n(at.0, n))
        .write(c)
        .await
}

/// Takes `count` numbers under a parent; gives the first. The counter's row is the lock.
pub(crate) async fn take_numbers(c: &mut Conn<'_>, district: DistrictId, parent: &PlacePath, count: i64) -> Result<i64> {
    let last: i64 = sql!(c, x => sqlx::query_scalar(
        "INSERT INTO place_number (district_id, place_path, last) VALUES ($1, $2, $3) \
         ON CONFLICT (district_id, place_path) DO UPDATE SET last = place_number.last + excluded.last RETURNING last"
    ).bind(district).bind(parent).bind(count).fetch_one(x).await)?;
    Ok(last - count + 1)
}

pub(crate) async fn rename(c: &mut Conn<'_>, district: DistrictId, id: PlaceId, name: &str) -> Result<u64> {
    exec!(c, sqlx::query("UPDATE place SET name = $3 WHERE district_id = $1 AND id = $2").bind(district).bind(id).bind(name))
}

/// Closes a whole subtree.
pub(crate) async fn close(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath, at: Ts) -> Result<u64> {
    exec!(c, sqlx::query(
        "UPDATE place SET valid_to = $4 WHERE district_id = $1 AND depth IN (5, 6, 7, 8) AND place_path >= $2 AND place_path < $3 AND valid_to IS NULL"
    ).bind(district).bind(path).bind(path.end()).bind(at))
}

/// From when and until when a place exists.
pub(crate) async fn validity(c: &mut Conn<'_>, district: DistrictId, id: PlaceId) -> Result<Option<(Ts, Option<Ts>)>> {
    sql!(c, x => sqlx::query_as("SELECT valid_from, valid_to FROM place WHERE district_id = $1 AND id = $2")
        .bind(district).bind(id).fetch_optional(x).await)
}

/// What is no more of that which lay directly under a path, the latest first: name, key, until when, and the key of what took its place.
pub(crate) async fn closed_children(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath, limit: i64) -> Result<Vec<Gone>> {
    sql!(c, x => sqlx::query_as(
        "SELECT p.name, p.code, p.valid_to, s.code AS successor FROM place p \
         LEFT JOIN place s ON s.district_id = p.district_id AND s.id = p.replaced_by \
         WHERE p.district_id = $1 AND p.depth = $2 AND p.place_path >= $3 AND p.place_path < $4 AND p.valid_to IS NOT NULL \
         ORDER BY p.valid_to DESC, p.id LIMIT $5"
    ).bind(district).bind(depth(path) + 1).bind(path).bind(path.end()).bind(limit).fetch_all(x).await)
}

pub(crate) async fn set_successor(c: &mut Conn<'_>, district: DistrictId, id: PlaceId, successor: PlaceId) -> Result<u64> {
    exec!(
        c,
        sqlx::query("UPDATE place SET replaced_by = $3 WHERE district_id = $1 AND id = $2")
            .bind(district)
            .bind(id)
            .bind(successor)
    )
}

pub(crate) async fn successor(c: &mut Conn<'_>, district: DistrictId, id: PlaceId) -> Result<Option<PlaceId>> {
    let found: Option<Option<PlaceId>> = sql!(c, x => sqlx::query_scalar(
        "SELECT replaced_by FROM place WHERE district_id = $1 AND id = $2"
    ).bind(district).bind(id).fetch_optional(x).await)?;
    Ok(found.flatten())
}

/// Rewrites the natural keys of a subtree whose top got another key.
pub(crate) async fn rekey(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath, from: &str, to: &str) -> Result<u64> {
    let skip = i64::try_from(from.chars().count()).unwrap_or(i64::MAX) + 1;
    exec!(
        c,
        sqlx::query(
            "UPDATE place SET code = $4 || substr(code, CAST($5 AS INTEGER)) \
         WHERE district_id = $1 AND depth IN (5, 6, 7, 8) AND place_path >= $2 AND place_path < $3"
        )
        .bind(district)
        .bind(path)
        .bind(path.end())
        .bind(to)
        .bind(skip)
    )
}

/// Places in force below the estate whose parent is not in force: code and path, at most 100.
pub(crate) async fn orphans(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<(String, PlacePath)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT k.code, k.place_path FROM place k LEFT JOIN place p ON p.district_id = $1 AND p.depth = k.depth - 1 \
         AND p.place_path = substr(k.place_path, 1, length(k.place_path) - 4) AND p.valid_to IS NULL \
         WHERE k.district_id = $1 AND k.depth IN (6, 7, 8) AND k.valid_to IS NULL AND p.id IS NULL ORDER BY k.place_path LIMIT 100"
    ).bind(district).fetch_all(x).await)
}

/// Paths of estates in force that are not those of their places, at most 100: code and the path kept beside the estate.
pub(crate) async fn strayed_estates(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<(String, PlacePath)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT p.code, e.place_path FROM place p JOIN estate e ON e.district_id = $1 AND e.place_id = p.id \
         WHERE p.district_id = $1 AND p.depth = 5 AND p.place_path <> e.place_path ORDER BY p.code LIMIT 100"
    ).bind(district).fetch_all(x).await)
}
