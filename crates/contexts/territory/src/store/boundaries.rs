//! Outlines of places.

use linli_db::{Conn, DbError, exec, sql};
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

/// The outlines of a place and of everything under it, the deepest first.
pub(crate) async fn deepest_first(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Vec<Boundary>> {
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT place_path, geojson, original_crs, source FROM boundary WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 \
         ORDER BY length(place_path) DESC, place_path"
    ).bind(district).bind(path).bind(path.end()).fetch_all(x).await)?;
    Ok(rows.into_iter().map(boundary).collect())
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
