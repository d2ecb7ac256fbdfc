//! The tables of this room. Nobody else touches them. All rows belong to the city.

use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};

use crate::model::{PackId, RefusedFile, StoredPack};

const CITY: DistrictId = DistrictId::CITY;

/// Plan, version, source, when.
pub(crate) type YearRow = (i64, String, String, String, Ts);
/// Day, decision, source, when.
pub(crate) type DayRow = (String, String, String, Ts);

pub(crate) async fn years(c: &mut Conn<'_>) -> Result<Vec<YearRow>> {
    sql!(c, x => sqlx::query_as("SELECT year, plan, version, source, set_at FROM calendar_year WHERE district_id = $1 ORDER BY year")
        .bind(CITY).fetch_all(x).await)
}

pub(crate) async fn put_year(
    c: &mut Conn<'_>,
    year: i64,
    (plan, version): (&str, &str),
    source: &str,
    (at, by): (Ts, &str),
) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO calendar_year (district_id, year, plan, version, source, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (district_id, year) DO UPDATE SET plan = excluded.plan, version = excluded.version, \
             source = excluded.source, set_at = excluded.set_at, set_by = excluded.set_by"
        )
        .bind(CITY)
        .bind(year)
        .bind(plan)
        .bind(version)
        .bind(source)
        .bind(at)
        .bind(by)
    )
    .map(|_| ())
}

pub(crate) async fn drop_year(c: &mut Conn<'_>, year: i64) -> Result<u64> {
    exec!(c, sqlx::query("DELETE FROM calendar_year WHERE district_id = $1 AND year = $2").bind(CITY).bind(year))
}

pub(crate) async fn days(c: &mut Conn<'_>) -> Result<Vec<DayRow>> {
    sql!(c, x => sqlx::query_as("SELECT day, decision, source, set_at FROM calendar_day WHERE district_id = $1 ORDER BY day")
        .bind(CITY).fetch_all(x).await)
}

pub(crate) async fn put_day(c: &mut Conn<'_>, day: &str, decision: &str, source: &str, (at, by): (Ts, &str)) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO calendar_day (district_id, day, decision, source, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (district_id, day) DO UPDATE SET decision = excluded.decision, source = excluded.source, \
             set_at = excluded.set_at, set_by = excluded.set_by"
        )
        .bind(CITY)
        .bind(day)
        .bind(decision)
        .bind(source)
        .bind(at)
        .bind(by)
    )
    .map(|_| ())
}

pub(crate) async fn drop_day(c: &mut Conn<'_>, day: &str) -> Result<u64> {
    exec!(c, sqlx::query("DELETE FROM calendar_day WHERE district_id = $1 AND day = $2").bind(CITY).bind(day))
}

#[derive(linli_db::FromRow)]
struct PackRow {
    id: PackId,
    pack: String,
    version: String,
    place_path: PlacePath,
    digest: String,
    file: String,
    body: String,
    source: String,
    taken_at: Ts,
}

/// The packs that were neither replaced nor withdrawn, in the order they came.
pub(crate) async fn packs(c: &mut Conn<'_>) -> Result<Vec<StoredPack>> {
    let rows: Vec<PackRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, pack, version, place_path, digest, file, body, source, taken_at FROM rule_pack \
         WHERE district_id = $1 AND withdrawn_at IS NULL ORDER BY id"
    ).bind(CITY).fetch_all(x).await)?;
    let pack = |row: PackRow| StoredPack {
        id: row.id,
        pack: row.pack,
        version: row.version,
        place: row.place_path,
        digest: row.digest,
        file: row.file,
        body: row.body,
        source: row.source,
        taken_at: row.taken_at,
    };
    Ok(rows.into_iter().map(pack).collect())
}

/// The files and texts of packs that were replaced or withdrawn, the latest first.
pub(crate) async fn former_packs(c: &mut Conn<'_>) -> Result<Vec<(String, String)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT file, body FROM rule_pack WHERE district_id = $1 AND withdrawn_at IS NOT NULL ORDER BY withdrawn_at DESC"
    ).bind(CITY).fetch_all(x).await)
}

/// The text of a pack that was ever brought in, by its digest.
pub(crate) async fn text_of(c: &mut Conn<'_>, digest: &str) -> Result<Option<String>> {
    sql!(c, x => sqlx::query_scalar("SELECT body FROM rule_pack WHERE district_id = $1 AND digest = $2 LIMIT 1")
        .bind(CITY).bind(digest.to_owned()).fetch_optional(x).await)
}

pub(crate) async fn put_pack(c: &mut Conn<'_>, pack: &StoredPack, by: &str) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO rule_pack (district_id, id, pack, version, place_path, digest, file, body, source, taken_at, taken_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        )
        .bind(CITY)
        .bind(pack.id)
        .bind(&pack.pack)
        .bind(&pack.version)
        .bind(&pack.place)
        .bind(&pack.digest)
        .bind(&pack.file)
        .bind(&pack.body)
        .bind(&pack.source)
        .bind(pack.taken_at)
        .bind(by)
    )
    .map(|_| ())
}

pub(crate) async fn withdraw_pack(c: &mut Conn<'_>, id: PackId, at: Ts, by: &str) -> Result<u64> {
    exec!(
        c,
        sqlx::query(
            "UPDATE rule_pack SET withdrawn_at = $3, withdrawn_by = $4 WHERE district_id = $1 AND id = $2 AND withdrawn_at IS NULL"
        )
        .bind(CITY)
        .bind(id)
        .bind(at)
        .bind(by)
    )
}

/// The digest of a file that was looked at, and whether it was taken.
pub(crate) async fn file(c: &mut Conn<'_>, name: &str) -> Result<Option<(String, Option<String>)>> {
    sql!(c, x => sqlx::query_as("SELECT digest, problem FROM settings_file WHERE district_id = $1 AND name = $2")
        .bind(CITY).bind(name.to_owned()).fetch_optional(x).await)
}

pub(crate) async fn put_file(c: &mut Conn<'_>, name: &str, digest: &str, at: Ts, problem: Option<&str>) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO settings_file (district_id, name, digest, looked_at, problem) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (district_id, name) DO UPDATE SET digest = excluded.digest, looked_at = excluded.looked_at, \
             problem = excluded.problem"
        )
        .bind(CITY)
        .bind(name)
        .bind(digest)
        .bind(at)
        .bind(problem)
    )
    .map(|_| ())
}

/// Files of a folder that were refused.
pub(crate) async fn refused(c: &mut Conn<'_>, folder: &str) -> Result<Vec<RefusedFile>> {
    let rows: Vec<(String, String)> = sql!(c, x => sqlx::query_as(
        "SELECT name, problem FROM settings_file WHERE district_id = $1 AND name LIKE $2 AND problem IS NOT NULL ORDER BY name"
    ).bind(CITY).bind(format!("{folder}/%")).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(name, problem)| RefusedFile { name, problem }).collect())
}
