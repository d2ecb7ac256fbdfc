//! What is known of estates and homes.

use linli_db::{Bulk, Column, Conn, DbError, exec, sql};
use linli_geo::Bbox;
use linli_kernel::{Area, DistrictId, PlaceLevel, PlacePath};
use sqlx::AssertSqlSafe;

use super::{IN_LIST, date, placeholders, point};
use crate::model::{Coverage, Estate, EstateKind, Home, Management, Place, PlaceId};
use crate::rules::OLD_BUILT_UNTIL;

type Result<T> = std::result::Result<T, DbError>;

const COLUMNS: &str = "p.district_id, p.id, p.place_path, p.name, p.code, e.kind, e.year_built, e.households, e.buildings_declared, e.area, \
     e.management, e.manager_name, e.manager_credit_code, e.managed_since, e.lon_e7, e.lat_e7, e.buildings, e.entrances, e.homes";
const JOIN: &str = "FROM place p JOIN estate e ON e.district_id = p.district_id AND e.place_id = p.id";

#[derive(Debug, linli_db::FromRow)]
struct Row {
    district_id: DistrictId,
    id: PlaceId,
    place_path: PlacePath,
    name: String,
    code: String,
    kind: Option<String>,
    year_built: Option<i64>,
    households: Option<i64>,
    buildings_declared: Option<i64>,
    area: Option<Area>,
    management: Option<String>,
    manager_name: Option<String>,
    manager_credit_code: Option<String>,
    managed_since: Option<String>,
    lon_e7: Option<i64>,
    lat_e7: Option<i64>,
    buildings: i64,
    entrances: i64,
    homes: i64,
}

impl From<Row> for Estate {
    fn from(r: Row) -> Self {
        Self {
            place: Place {
                id: r.id,
                district: r.district_id,
                level: PlaceLevel::Estate,
                path: r.place_path,
                name: r.name,
                code: r.code,
            },
            kind: r.kind.as_deref().and_then(EstateKind::parse),
            year_built: r.year_built,
            households: r.households,
            buildings_declared: r.buildings_declared,
            area: r.area,
            management: r.management.as_deref().and_then(Management::parse),
            manager_name: r.manager_name,
            manager_credit_code: r.manager_credit_code,
            managed_since: date(r.managed_since),
            point: point(r.lon_e7, r.lat_e7),
            buildings: r.buildings,
            entrances: r.entrances,
            homes: r.homes,
        }
    }
}

pub(crate) async fn by_codes(c: &mut Conn<'_>, district: DistrictId, codes: &[&str]) -> Result<Vec<Estate>> {
    let mut found = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(IN_LIST) {
        let text = format!(
            "SELECT {COLUMNS} {JOIN} WHERE p.district_id = $1 AND e.district_id = $1 AND p.valid_to IS NULL AND p.code IN ({})",
            placeholders(2, chunk.len())
        );
        let rows: Vec<Row> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).persistent(chunk.len() == IN_LIST).bind(district);
            for code in chunk {
                query = query.bind(*code);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows.into_iter().map(Estate::from));
    }
    Ok(found)
}

pub(crate) async fn at(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Option<Estate>> {
    let text = format!(
        "SELECT {COLUMNS} {JOIN} WHERE e.district_id = $1 AND p.district_id = $1 AND e.place_path = $2 AND p.valid_to IS NULL"
    );
    let row: Option<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(path).fetch_optional(x).await)?;
    Ok(row.map(Estate::from))
}

/// Estates under a path in the order of paths, after one of them.
pub(crate) async fn under(
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
    after: Option<&PlacePath>,
    limit: i64,
) -> Result<Vec<Estate>> {
    let text = format!(
        "SELECT {COLUMNS} {JOIN} WHERE e.district_id = $1 AND p.district_id = $1 AND e.place_path >= $2 AND e.place_path < $3 \
         AND e.place_path > $4 AND p.valid_to IS NULL ORDER BY e.place_path LIMIT $5"
    );
    let after = after.map_or("", PlacePath::as_str);
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(path).bind(path.end()).bind(after).bind(limit).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Estate::from).collect())
}

/// Estates under a path whose own point lies in a box, at most `limit`.
pub(crate) async fn within(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath, b: Bbox, limit: i64) -> Result<Vec<Estate>> {
    let text = format!(
        "SELECT {COLUMNS} {JOIN} WHERE e.district_id = $1 AND p.district_id = $1 AND e.lat_e7 >= $2 AND e.lat_e7 <= $3 \
         AND e.lon_e7 >= $4 AND e.lon_e7 <= $5 AND e.place_path >= $6 AND e.place_path < $7 AND p.valid_to IS NULL \
         ORDER BY e.place_path LIMIT $8"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district)
        .bind(i64::from(b.min.lat_e7)).bind(i64::from(b.max.lat_e7)).bind(i64::from(b.min.lon_e7)).bind(i64::from(b.max.lon_e7))
        .bind(path).bind(path.end()).bind(limit).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Estate::from).collect())
}

pub(crate) async fn insert(c: &mut Conn<'_>, rows: &[Estate]) -> Result<u64> {
    let text = |f: fn(&Estate) -> Option<String>| Column::Text(rows.iter().map(f).collect());
    let int = |f: fn(&Estate) -> Option<i64>| Column::Int(rows.iter().map(f).collect());
    let n = rows.len();
    Bulk::into("estate")
        .ints("district_id", rows.iter().map(|e| e.place.district.0))
        .ids("place_id", rows.iter().map(|e| e.place.id.0))
        .texts("place_path", rows.iter().map(|e| e.place.path.as_str().to_owned()))
        .column("kind", text(|e| e.kind.map(|k| k.as_str().to_owned())))
        .column("year_built", int(|e| e.year_built))
        .column("households", int(|e| e.households))
        .column("buildings_declared", int(|e| e.buildings_declared))
        .column("area", int(|e| e.area.map(|a| a.0)))
        .column("management", text(|e| e.management.map(|m| m.as_str().to_owned())))
        .column("manager_name", text(|e| e.manager_name.clone()))
        .column("manager_credit_code", text(|e| e.manager_credit_code.clone()))
        .column("managed_since", text(|e| e.managed_since.map(|d| d.to_string())))
        .column("lon_e7", int(|e| e.point.map(|p| i64::from(p.lon_e7))))
        .column("lat_e7", int(|e| e.point.map(|p| i64::from(p.lat_e7))))
        .ints("buildings", std::iter::repeat_n(0, n))
        .ints("entrances", std::iter::repeat_n(0, n))
        .ints("homes", std::iter::repeat_n(0, n))
        .write(c)
        .await
}

pub(crate) async fn update(c: &mut Conn<'_>, e: &Estate) -> Result<u64> {
    exec!(
        c,
        sqlx::query(
            "UPDATE estate SET kind = $3, year_built = $4, households = $5, buildings_declared = $6, area = $7, management = $8, \
         manager_name = $9, manager_credit_code = $10, managed_since = $11, lon_e7 = $12, lat_e7 = $13 \
         WHERE district_id = $1 AND place_id = $2"
        )
        .bind(e.place.district)
        .bind(e.place.id)
        .bind(e.kind.map(EstateKind::as_str))
        .bind(e.year_built)
        .bind(e.households)
        .bind(e.buildings_declared)
        .bind(e.area)
        .bind(e.management.map(Management::as_str))
        .bind(&e.manager_name)
        .bind(&e.manager_credit_code)
        .bind(e.managed_since.map(|d| d.to_string()))
        .bind(e.point.map(|p| i64::from(p.lon_e7)))
        .bind(e.point.map(|p| i64::from(p.lat_e7)))
    )
}

/// Adds to the counts of the estate whose path this is.
pub(crate) async fn add_counts(
    c: &mut Conn<'_>,
    district: DistrictId,
    estate: &PlacePath,
    (buildings, entrances, homes): (i64, i64, i64),
) -> Result<u64> {
    exec!(c, sqlx::query(
        "UPDATE estate SET buildings = buildings + $3, entrances = entrances + $4, homes = homes + $5 WHERE district_id = $1 AND place_path = $2"
    ).bind(district).bind(estate).bind(buildings).bind(entrances).bind(homes))
}

/// The sums over the estates in force under a path.
/// The sums of a coverage, in SQL.
fn coverage_columns() -> String {
    let care = "e.management = 'entrusted'";
    let count = |when: &str| format!("CAST(COALESCE(SUM(CASE WHEN {when} THEN 1 ELSE 0 END), 0) AS BIGINT)");
    let sum = |what: &str, when: &str| format!("CAST(COALESCE(SUM(CASE WHEN {when} THEN {what} ELSE 0 END), 0) AS BIGINT)");
    format!(
        "COUNT(*) AS estates, {} AS old, {} AS age_unknown, {} AS closed, {} AS scattered, {} AS in_care, {} AS in_care_closed, \
         {} AS in_care_scattered, {} AS area, {} AS area_in_care, {} AS households, {} AS households_in_care, {} AS buildings, \
         {} AS entrances, {} AS homes",
        count(&format!("e.year_built <= {OLD_BUILT_UNTIL}")),
        count("e.year_built IS NULL"),
        count("e.kind = 'closed'"),
        count("e.kind = 'scattered'"),
        count(care),
        count(&format!("{care} AND e.kind = 'closed'")),
        count(&format!("{care} AND e.kind = 'scattered'")),
        sum("e.area", "e.area IS NOT NULL"),
        sum("e.area", &format!("{care} AND e.area IS NOT NULL")),
        sum("e.households", "e.households IS NOT NULL"),
        sum("e.households", &format!("{care} AND e.households IS NOT NULL")),
        sum("e.buildings", "1 = 1"),
        sum("e.entrances", "1 = 1"),
        sum("e.homes", "1 = 1"),
    )
}

pub(crate) async fn coverage(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Coverage> {
    // One pass over the estates; the counts of rows beneath stand on each estate.
    let text = format!(
        "SELECT {} {JOIN} WHERE e.district_id = $1 AND p.district_id = $1 AND e.place_path >= $2 AND e.place_path < $3 AND p.valid_to IS NULL",
        coverage_columns()
    );
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(path).bind(path.end()).fetch_one(x).await)
}

/// The same of each part of a place, by the first so many letters of the path; parts without an estate are not among them.
pub(crate) async fn coverage_of_parts(
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
    letters: i32,
) -> Result<Vec<(PlacePath, Coverage)>> {
    #[derive(linli_db::FromRow)]
    struct Part {
        part: PlacePath,
        #[row(flatten)]
        coverage: Coverage,
    }
    let text = format!(
        "SELECT substr(e.place_path, 1, $4) AS part, {} {JOIN} WHERE e.district_id = $1 AND p.district_id = $1 AND e.place_path >= $2 \
         AND e.place_path < $3 AND p.valid_to IS NULL GROUP BY 1",
        coverage_columns()
    );
    let rows: Vec<Part> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(path).bind(path.end()).bind(letters).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|row| (row.part, row.coverage)).collect())
}

/// The counts of every estate with what the rows beneath say: path, kept, counted.
pub(crate) async fn counts_kept(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<(PlacePath, i64, i64, i64)>> {
    let text = format!(
        "SELECT e.place_path, e.buildings, e.entrances, e.homes {JOIN} WHERE e.district_id = $1 AND p.district_id = $1 AND p.valid_to IS NULL ORDER BY e.place_path"
    );
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).fetch_all(x).await)
}

pub(crate) async fn counts_made(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<(String, i64, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT substr(place_path, 1, 20), depth, COUNT(*) FROM place WHERE district_id = $1 AND depth IN (6, 7, 8) AND valid_to IS NULL \
         GROUP BY substr(place_path, 1, 20), depth"
    ).bind(district).fetch_all(x).await)
}

#[derive(Debug, linli_db::FromRow)]
struct HomeRow {
    district_id: DistrictId,
    id: PlaceId,
    place_path: PlacePath,
    name: String,
    code: String,
    floor: Option<i64>,
    room: String,
    area: Option<Area>,
}

impl From<HomeRow> for Home {
    fn from(r: HomeRow) -> Self {
        Self {
            place: Place {
                id: r.id,
                district: r.district_id,
                level: PlaceLevel::Home,
                path: r.place_path,
                name: r.name,
                code: r.code,
            },
            floor: r.floor,
            room: r.room,
            area: r.area,
        }
    }
}

const HOME: &str = "SELECT p.district_id, p.id, p.place_path, p.name, p.code, h.floor, h.room, h.area \
     FROM place p JOIN home h ON h.district_id = p.district_id AND h.place_id = p.id WHERE p.district_id = $1 AND h.district_id = $1 \
     AND p.valid_to IS NULL";

pub(crate) async fn homes_by_codes(c: &mut Conn<'_>, district: DistrictId, codes: &[&str]) -> Result<Vec<Home>> {
    let mut found = Vec::new();
    for chunk in codes.chunks(IN_LIST) {
        let text = format!("{HOME} AND p.code IN ({})", placeholders(2, chunk.len()));
        let rows: Vec<HomeRow> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).persistent(chunk.len() == IN_LIST).bind(district);
            for code in chunk {
                query = query.bind(*code);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows.into_iter().map(Home::from));
    }
    Ok(found)
}

/// Homes under a path in the order of paths, after one of them.
pub(crate) async fn homes_under(
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
    after: Option<&PlacePath>,
    limit: i64,
) -> Result<Vec<Home>> {
    let text = format!(
        "{HOME} AND p.depth = 8 AND p.place_path >= $2 AND p.place_path < $3 AND p.place_path > $4 ORDER BY p.place_path LIMIT $5"
    );
    let after = after.map_or("", PlacePath::as_str);
    let rows: Vec<HomeRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(path).bind(path.end()).bind(after).bind(limit).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Home::from).collect())
}

pub(crate) async fn insert_homes(c: &mut Conn<'_>, rows: &[Home]) -> Result<u64> {
    Bulk::into("home")
        .ints("district_id", rows.iter().map(|h| h.place.district.0))
        .ids("place_id", rows.iter().map(|h| h.place.id.0))
        .column("floor", Column::Int(rows.iter().map(|h| h.floor).collect()))
        .texts("room", rows.iter().map(|h| h.room.clone()))
        .column("area", Column::Int(rows.iter().map(|h| h.area.map(|a| a.0)).collect()))
        .write(c)
        .await
}

pub(crate) async fn update_home(c: &mut Conn<'_>, home: &Home) -> Result<u64> {
    exec!(
        c,
        sqlx::query("UPDATE home SET floor = $3, area = $4 WHERE district_id = $1 AND place_id = $2")
            .bind(home.place.district)
            .bind(home.place.id)
            .bind(home.floor)
            .bind(home.area)
    )
}
