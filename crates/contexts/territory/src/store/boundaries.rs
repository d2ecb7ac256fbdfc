//! Outlines of places.

use linli_db::{Conn, DbError, exec, sql};
use linli_geo::{Bbox, Point};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;

use super::{IN_LIST, placeholders};
use crate::model::Boundary;

type Result<T> = std::result::Result<T, DbError>;
type Row = (PlacePath, String, String, String);

fn boundary((path, geojson, original_crs, source): Row) -> Boundary {
    Boundary { path, geojson, original_crs, source }
}

/// The outlines of these places, as far as there are any.
pub(crate) async fn at_paths(c: &mut Conn<'_>, district: DistrictId, paths: &[PlacePath]) -> Result<Vec<Boundary>> {
    let mut found = Vec::new();
    for chunk in paths.chunks(IN_LIST) {
        let text = format!(
            "SELECT place_path, geojson, original_crs, source FROM boundary WHERE district_id = $1 AND place_path IN ({}) ORDER BY place_path",
            placeholders(2, chunk.len())
        );
        let rows: Vec<Row> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).persistent(false).bind(district);
            for path in chunk {
                query = query.bind(path);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows.into_iter().map(boundary));
    }
    Ok(found)
}

/// The outlines under a place that may hold a point, the deepest first: those whose box it lies in, and those without a box yet.
pub(crate) async fn may_hold(c: &mut Conn<'_>, district: DistrictId, under: &PlacePath, at: Point) -> Result<Vec<Boundary>> {
    let (lon, lat) = (i64::from(at.lon_e7), i64::from(at.lat_e7));
    let mut rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT place_path, geojson, original_crs, source FROM boundary WHERE district_id = $1 AND min_lon_e7 <= $4 AND max_lon_e7 >= $4 \
         AND min_lat_e7 <= $5 AND max_lat_e7 >= $5 AND place_path > $2 AND place_path < $3"
    ).bind(district).bind(under).bind(under.end()).bind(lon).bind(lat).fetch_all(x).await)?;
    let unboxed: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT place_path, geojson, original_crs, source FROM boundary WHERE district_id = $1 AND min_lon_e7 IS NULL \
         AND place_path > $2 AND place_path < $3"
    ).bind(district).bind(under).bind(under.end()).fetch_all(x).await)?;
    rows.extend(unboxed);
    rows.sort_by(|(a, ..), (b, ..)| b.depth().cmp(&a.depth()).then_with(|| a.cmp(b)));
    Ok(rows.into_iter().map(boundary).collect())
}

/// Outlines whose box was not computed yet.
pub(crate) async fn without_box(c: &mut Conn<'_>, district: DistrictId, limit: i64) -> Result<Vec<Boundary>> {
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT place_path, geojson, original_crs, source FROM boundary WHERE district_id = $1 AND min_lon_e7 IS NULL \
         ORDER BY place_path LIMIT $2"
    ).bind(district).bind(limit).fetch_all(x).await)?;
    Ok(rows.into_iter().map(boundary).collect())
}

/// Writes the box of an outline.
pub(crate) async fn put_box(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath, around: Bbox) -> Result<u64> {
    exec!(
        c,
        sqlx::query(
            "UPDATE boundary SET min_lon_e7 = $3, min_lat_e7 = $4, max_lon_e7 = $5, max_lat_e7 = $6 \
             WHERE district_id = $1 AND place_path = $2"
        )
        .bind(district)
        .bind(path)
        .bind(i64::from(around.min.lon_e7))
        .bind(i64::from(around.min.lat_e7))
        .bind(i64::from(around.max.lon_e7))
        .bind(i64::from(around.max.lat_e7))
    )
}

pub(crate) async fn original(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Option<(String, String)>> {
    sql!(c, x => sqlx::query_as("SELECT original, original_crs FROM boundary WHERE district_id = $1 AND place_path = $2")
        .bind(district).bind(path).fetch_optional(x).await)
}

pub(crate) async fn put(c: &mut Conn<'_>, district: DistrictId, b: &Boundary, original: &str, at: Ts) -> Result<u64> {
    exec!(c, sqlx::query(
        "INSERT INTO boundary (district_id, place_path, geojson, original, original_crs, source, imported_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (district_id, place_path) DO UPDATE SET geojson = excluded.geojson, original = excluded.original, \
         original_crs = excluded.original_crs, source = excluded.source, imported_at = excluded.imported_at \
         WHERE boundary.geojson <> excluded.geojson OR boundary.original <> excluded.original OR boundary.source <> excluded.source \
         OR boundary.original_crs <> excluded.original_crs"
    ).bind(district).bind(&b.path).bind(&b.geojson).bind(original).bind(&b.original_crs).bind(&b.source).bind(at))
}
