//! Official divisions and the districts that are served.

use linli_db::{Bulk, Column, Conn, DbError, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;

use super::{IN_LIST, placeholders};
use crate::model::{District, Division, Gone};

type Result<T> = std::result::Result<T, DbError>;

const COLUMNS: &str = "code, place_path, name, named, valid_from, valid_to, replaced_by";

/// A row to be inserted.
#[derive(Debug, Clone)]
pub(crate) struct NewDivision {
    pub code: String,
    pub path: PlacePath,
    pub name: String,
    pub named: bool,
    pub valid_from: Option<Ts>,
}

pub(crate) async fn is_empty(c: &mut Conn<'_>) -> Result<bool> {
    let any: Option<String> = sql!(c, x => sqlx::query_scalar("SELECT code FROM division LIMIT 1").fetch_optional(x).await)?;
    Ok(any.is_none())
}

pub(crate) async fn by_code(c: &mut Conn<'_>, code: &str) -> Result<Option<Division>> {
    let text = format!("SELECT {COLUMNS} FROM division WHERE code = $1");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(code).fetch_optional(x).await)
}

pub(crate) async fn by_codes(c: &mut Conn<'_>, codes: &[&str]) -> Result<Vec<Division>> {
    let mut found = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(IN_LIST) {
        let text = format!("SELECT {COLUMNS} FROM division WHERE code IN ({})", placeholders(1, chunk.len()));
        let rows: Vec<Division> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).persistent(chunk.len() == IN_LIST);
            for code in chunk {
                query = query.bind(*code);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}

/// Divisions in force by code, after one of them.
pub(crate) async fn in_force(c: &mut Conn<'_>, after: &str, limit: i64) -> Result<Vec<Division>> {
    let text = format!("SELECT {COLUMNS} FROM division WHERE valid_to IS NULL AND code > $1 ORDER BY code LIMIT $2");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(after).bind(limit).fetch_all(x).await)
}

/// The divisions in force at these paths.
pub(crate) async fn at_paths(c: &mut Conn<'_>, paths: &[PlacePath]) -> Result<Vec<Division>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT {COLUMNS} FROM division WHERE valid_to IS NULL AND place_path IN ({}) ORDER BY place_path",
        placeholders(1, paths.len())
    );
    sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text));
        for path in paths {
            query = query.bind(path);
        }
        query.fetch_all(x).await
    })
}

/// The divisions in force directly under a path.
pub(crate) async fn children(c: &mut Conn<'_>, path: &PlacePath, limit: i64) -> Result<Vec<Division>> {
    if path.depth() == 0 {
        let text = format!("SELECT {COLUMNS} FROM division WHERE length(code) = 4 AND valid_to IS NULL ORDER BY code LIMIT $1");
        return sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(limit).fetch_all(x).await);
    }
    let width = i64::try_from(path.as_str().len()).unwrap_or(i64::MAX) + 4;
    let text = format!(
        "SELECT {COLUMNS} FROM division WHERE valid_to IS NULL AND place_path > $1 AND place_path < $2 AND length(place_path) = $3 \
         ORDER BY place_path LIMIT $4"
    );
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(path).bind(path.end()).bind(width).bind(limit).fetch_all(x).await)
}

/// The first division in force with this name at or under a path.
pub(crate) async fn by_name(c: &mut Conn<'_>, under: &PlacePath, name: &str) -> Result<Option<Division>> {
    let text = format!(
        "SELECT {COLUMNS} FROM division WHERE valid_to IS NULL AND place_path >= $1 AND place_path < $2 AND name = $3 \
         ORDER BY place_path LIMIT 1"
    );
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(under).bind(under.end()).bind(name).fetch_optional(x).await)
}

/// What is no more of that which lay directly under a path, the latest first.
pub(crate) async fn closed_children(c: &mut Conn<'_>, path: &PlacePath, limit: i64) -> Result<Vec<Gone>> {
    let width = i64::try_from(path.as_str().len()).unwrap_or(i64::MAX) + 4;
    sql!(c, x => sqlx::query_as(
        "SELECT name, code, valid_to, replaced_by AS successor FROM division WHERE valid_to IS NOT NULL \
         AND place_path > $1 AND place_path < $2 AND length(place_path) = $3 ORDER BY valid_to DESC, code LIMIT $4"
    ).bind(path).bind(path.end()).bind(width).bind(limit).fetch_all(x).await)
}

pub(crate) async fn insert(c: &mut Conn<'_>, rows: &[NewDivision], source: i64) -> Result<u64> {
    let n = rows.len();
    Bulk::into("division")
        .texts("code", rows.iter().map(|r| r.code.clone()))
        .texts("place_path", rows.iter().map(|r| r.path.as_str().to_owned()))
        .texts("name", rows.iter().map(|r| r.name.clone()))
        .column("named", Column::Bool(rows.iter().map(|r| Some(r.named)).collect()))
        .column("valid_from", Column::Int(rows.iter().map(|r| r.valid_from.map(|t| t.0)).collect()))
        .ints("source_id", std::iter::repeat_n(source, n))
        .write(c)
        .await
}

pub(crate) async fn rename(c: &mut Conn<'_>, code: &str, name: &str, source: i64) -> Result<u64> {
    exec!(
        c,
        sqlx::query("UPDATE division SET name = $2, named = $3, source_id = $4 WHERE code = $1")
            .bind(code)
            .bind(name)
            .bind(true)
            .bind(source)
    )
}

pub(crate) async fn close(c: &mut Conn<'_>, code: &str, at: Ts, replaced_by: Option<&str>) -> Result<u64> {
    exec!(
        c,
        sqlx::query("UPDATE division SET valid_to = $2, replaced_by = $3 WHERE code = $1 AND valid_to IS NULL")
            .bind(code)
            .bind(at)
            .bind(replaced_by)
    )
}

/// Whether anything in force lies under a path.
pub(crate) async fn has_descendants(c: &mut Conn<'_>, path: &PlacePath) -> Result<bool> {
    let any: Option<String> = sql!(c, x => sqlx::query_scalar(
        "SELECT code FROM division WHERE valid_to IS NULL AND place_path > $1 AND place_path < $2 LIMIT 1"
    ).bind(path).bind(path.end()).fetch_optional(x).await)?;
    Ok(any.is_some())
}

pub(crate) async fn source(c: &mut Conn<'_>, name: &str, data_date: &str) -> Result<Option<i64>> {
    sql!(c, x => sqlx::query_scalar("SELECT id FROM division_source WHERE name = $1 AND data_date = $2").bind(name).bind(data_date).fetch_optional(x).await)
}

pub(crate) async fn insert_source(c: &mut Conn<'_>, id: i64, name: &str, licence: &str, data_date: &str) -> Result<()> {
    exec!(
        c,
        sqlx::query("INSERT INTO division_source (id, name, licence, data_date) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(name)
            .bind(licence)
            .bind(data_date)
    )
    .map(|_| ())
}

/// Name, licence and date of the data set a division row came from.
pub(crate) async fn source_of(c: &mut Conn<'_>, code: &str) -> Result<Option<(String, String, String)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT s.name, s.licence, s.data_date FROM division d JOIN division_source s ON s.id = d.source_id WHERE d.code = $1"
    ).bind(code).fetch_optional(x).await)
}

const DISTRICT: &str = "SELECT id, name, place_path, division FROM district";

pub(crate) async fn districts(c: &mut Conn<'_>) -> Result<Vec<District>> {
    let text = format!("{DISTRICT} WHERE id > 0 ORDER BY place_path");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).fetch_all(x).await)
}

pub(crate) async fn district(c: &mut Conn<'_>, id: DistrictId) -> Result<Option<District>> {
    let text = format!("{DISTRICT} WHERE id = $1");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(id).fetch_optional(x).await)
}

pub(crate) async fn insert_district(c: &mut Conn<'_>, id: DistrictId, division: &Division, at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query("INSERT INTO district (id, division, name, place_path, created_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind(&division.code)
            .bind(&division.name)
            .bind(&division.place_path)
            .bind(at)
    )?;
    exec!(c, sqlx::query("INSERT INTO journal_counter (district_id, last_seq) VALUES ($1, 0)").bind(id)).map(|_| ())
}

/// Keeps the served district's name and code in step with its division.
pub(crate) async fn update_district(c: &mut Conn<'_>, path: &PlacePath, code: &str, name: &str) -> Result<u64> {
    exec!(
        c,
        sqlx::query("UPDATE district SET division = $2, name = $3 WHERE place_path = $1 AND id > 0")
            .bind(path)
            .bind(code)
            .bind(name)
    )
}
