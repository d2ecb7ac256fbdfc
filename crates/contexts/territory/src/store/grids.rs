//! Governance grids and what they cover.

use linli_db::{Bulk, Conn, DbError, exec, sql};
use linli_kernel::{DistrictId, PlacePath};
use sqlx::AssertSqlSafe;

use super::{IN_LIST, placeholders};
use crate::model::{Grid, GridId};

type Result<T> = std::result::Result<T, DbError>;

type Head = (GridId, String, String, PlacePath);

async fn with_covers(c: &mut Conn<'_>, district: DistrictId, heads: Vec<Head>) -> Result<Vec<Grid>> {
    let mut grids: Vec<Grid> =
        heads.into_iter().map(|(id, code, name, community)| Grid { id, code, name, community, covers: Vec::new() }).collect();
    for chunk in grids.chunks_mut(IN_LIST) {
        let text = format!(
            "SELECT grid_id, place_path FROM grid_cover WHERE district_id = $1 AND grid_id IN ({}) ORDER BY place_path",
            placeholders(2, chunk.len())
        );
        let covers: Vec<(GridId, PlacePath)> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).persistent(false).bind(district);
            for grid in chunk.iter() {
                query = query.bind(grid.id);
            }
            query.fetch_all(x).await
        })?;
        for (id, path) in covers {
            if let Some(grid) = chunk.iter_mut().find(|g| g.id == id) {
                grid.covers.push(path);
            }
        }
    }
    Ok(grids)
}

/// The grids that cover a place: those that name it or a place above it.
pub(crate) async fn over(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Vec<Grid>> {
    let above = path.ancestors();
    if above.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT g.id, g.code, g.name, g.place_path FROM grid g WHERE g.district_id = $1 AND g.id IN \
         (SELECT v.grid_id FROM grid_cover v WHERE v.district_id = $1 AND v.place_path IN ({})) ORDER BY g.code LIMIT 100",
        placeholders(2, above.len())
    );
    let heads: Vec<Head> = sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district);
        for place in &above {
            query = query.bind(place);
        }
        query.fetch_all(x).await
    })?;
    with_covers(c, district, heads).await
}

/// The grids of the communities under a path, in the order of their codes, after one of them.
pub(crate) async fn under(
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
    after: &str,
    limit: i64,
) -> Result<Vec<Grid>> {
    let heads: Vec<Head> = sql!(c, x => sqlx::query_as(
        "SELECT id, code, name, place_path FROM grid WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND code > $4 \
         ORDER BY code LIMIT $5"
    ).bind(district).bind(path).bind(path.end()).bind(after).bind(limit).fetch_all(x).await)?;
    with_covers(c, district, heads).await
}

pub(crate) async fn by_id(c: &mut Conn<'_>, district: DistrictId, id: GridId) -> Result<Option<Grid>> {
    let heads: Vec<Head> = sql!(c, x => sqlx::query_as("SELECT id, code, name, place_path FROM grid WHERE district_id = $1 AND id = $2")
        .bind(district).bind(id).fetch_all(x).await)?;
    Ok(with_covers(c, district, heads).await?.pop())
}

pub(crate) async fn by_codes(c: &mut Conn<'_>, district: DistrictId, codes: &[&str]) -> Result<Vec<Grid>> {
    let mut heads = Vec::new();
    for chunk in codes.chunks(IN_LIST) {
        let text = format!(
            "SELECT id, code, name, place_path FROM grid WHERE district_id = $1 AND code IN ({})",
            placeholders(2, chunk.len())
        );
        let rows: Vec<Head> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).persistent(false).bind(district);
            for code in chunk {
                query = query.bind(*code);
            }
            query.fetch_all(x).await
        })?;
        heads.extend(rows);
    }
    with_covers(c, district, heads).await
}

pub(crate) async fn insert(c: &mut Conn<'_>, district: DistrictId, rows: &[Grid]) -> Result<()> {
    let n = rows.len();
    Bulk::into("grid")
        .ints("district_id", std::iter::repeat_n(district.0, n))
        .ids("id", rows.iter().map(|g| g.id.0))
        .texts("code", rows.iter().map(|g| g.code.clone()))
        .texts("name", rows.iter().map(|g| g.name.clone()))
        .texts("place_path", rows.iter().map(|g| g.community.as_str().to_owned()))
        .write(c)
        .await?;
    insert_covers(c, district, rows).await
}

async fn insert_covers(c: &mut Conn<'_>, district: DistrictId, rows: &[Grid]) -> Result<()> {
    let pairs: Vec<(GridId, &PlacePath)> = rows.iter().flat_map(|g| g.covers.iter().map(|path| (g.id, path))).collect();
    Bulk::into("grid_cover")
        .ints("district_id", std::iter::repeat_n(district.0, pairs.len()))
        .texts("place_path", pairs.iter().map(|(_, path)| path.as_str().to_owned()))
        .ids("grid_id", pairs.iter().map(|(id, _)| id.0))
        .write(c)
        .await
        .map(|_| ())
}

pub(crate) async fn update(c: &mut Conn<'_>, district: DistrictId, grid: &Grid) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE grid SET name = $3, place_path = $4 WHERE district_id = $1 AND id = $2")
            .bind(district)
            .bind(grid.id)
            .bind(&grid.name)
            .bind(&grid.community)
    )?;
    exec!(c, sqlx::query("DELETE FROM grid_cover WHERE district_id = $1 AND grid_id = $2").bind(district).bind(grid.id))?;
    insert_covers(c, district, std::slice::from_ref(grid)).await
}
