//! Lists of cases. Each takes a scope that becomes SQL, pages by key and has a limit.

use linli_access::Scope;
use linli_db::{Conn, Result, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use uuid::Uuid;

use super::{COLUMNS, CaseRow, RUNS_OUT};
use crate::model::{Case, CaseId};

/// Every case of a district after an id, in order of id.
pub(crate) async fn every_case(c: &mut Conn<'_>, district: DistrictId, after: CaseId, limit: i64) -> Result<Vec<Case>> {
    let text = format!("SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    let rows: Vec<CaseRow> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(after).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}

/// What a person has, what runs out first on top. Work that waits for the reporter comes last.
pub(crate) async fn mine(c: &mut Conn<'_>, district: DistrictId, person: Uuid, limit: i64) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND owner_person = $2 AND closed_at IS NULL \
         ORDER BY CASE clock WHEN 'running' THEN 0 WHEN 'paused' THEN 1 ELSE 2 END, {RUNS_OUT}, id LIMIT $3"
    );
    let rows: Vec<CaseRow> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(person).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}

/// Open cases that somebody has under this appointment, after one of them, in order of id.
pub(crate) async fn had_under(
    c: &mut Conn<'_>,
    district: DistrictId,
    appointment: Uuid,
    (after, limit): (CaseId, i64),
) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND owner_appointment = $2 AND id > $3 AND closed_at IS NULL \
         ORDER BY id LIMIT $4"
    );
    let rows: Vec<CaseRow> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(district).bind(appointment).bind(after).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}

/// Under which appointments somebody has open cases, after one of them, in their order.
pub(crate) async fn had_by(c: &mut Conn<'_>, district: DistrictId, after: Uuid, limit: i64) -> Result<Vec<Uuid>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT DISTINCT owner_appointment FROM case_file WHERE district_id = $1 AND owner_appointment > $2 AND closed_at IS NULL \
         ORDER BY owner_appointment LIMIT $3"
    ).bind(district).bind(after).bind(limit).fetch_all(x).await)
}

/// Open cases that were flagged to a role, in its scope.
pub(crate) async fn flagged(c: &mut Conn<'_>, scope: &Scope, role: &str, limit: i64) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND closed_at IS NULL \
         AND flagged_role = $4 ORDER BY due_at, id LIMIT $5"
    );
    let rows: Vec<CaseRow> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(role).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}

/// Open cases of a scope that nobody has.
pub(crate) async fn ownerless(c: &mut Conn<'_>, scope: &Scope, limit: i64) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND closed_at IS NULL \
         AND owner_person IS NULL AND unit_id IS NULL ORDER BY due_at, id LIMIT $4"
    );
    let rows: Vec<CaseRow> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}

/// What a board may show of a case.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub(crate) struct PublicRow {
    pub(crate) number: String,
    pub(crate) class: String,
    pub(crate) state: String,
    pub(crate) clock: String,
    pub(crate) due_at: i64,
    pub(crate) closed_at: Option<Ts>,
}

/// Open public cases under a place, or at one of the named places themselves; the newest first.
pub(crate) async fn public_open(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, limit: i64) -> Result<Vec<PublicRow>> {
    let (building, estate) = around(place);
    let text = near("closed_at IS NULL", "id DESC");
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(district).bind(place).bind(place.end()).bind(&building).bind(&estate).bind(limit).fetch_all(x).await)
}

/// An open case around a place, with what it is compared by.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub(crate) struct NearRow {
    pub(crate) id: CaseId,
    pub(crate) place_path: PlacePath,
    pub(crate) class: String,
    pub(crate) description: String,
    #[row(flatten)]
    pub(crate) shown: PublicRow,
}

/// Open public cases of common parts around a place: the newest at it and under it, in its building and in its estate, so many of each, each
/// once and in no order. The index holds what the walks ask; only what they give is opened.
pub(crate) async fn open_around(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, limit: i64) -> Result<Vec<NearRow>> {
    let (building, estate) = around(place);
    let first = |from: &str, to: &str| {
        format!(
            "SELECT id FROM (SELECT id FROM case_file WHERE district_id = $1 AND closed_at IS NULL AND public = TRUE AND common_part = TRUE \
             AND place_path >= {from} AND place_path < {to} ORDER BY id DESC LIMIT $8) AS first"
        )
    };
    let walks = [first("$2", "$3"), first("$4", "$5"), first("$6", "$7")].join(" UNION ");
    let text = format!(
        "SELECT id, place_path, description, number, class, state, clock, due_at, closed_at FROM case_file \
         WHERE district_id = $1 AND id IN ({walks})"
    );
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(district).bind(place).bind(place.end()).bind(&building).bind(building.end()).bind(&estate).bind(estate.end()).bind(limit)
        .fetch_all(x).await)
}

/// Public cases closed since an instant, the latest first.
pub(crate) async fn public_solved(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    since: Ts,
    limit: i64,
) -> Result<Vec<PublicRow>> {
    let (building, estate) = around(place);
    let text = near("closed_at IS NOT NULL AND closed_at >= $7 AND state = 'closed'", "closed_at DESC, id DESC");
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(district).bind(place).bind(place.end()).bind(&building).bind(&estate).bind(limit).bind(since).fetch_all(x).await)
}

/// The first `$6` public cases of common parts at `$2`, below it to `$3`, or at `$4` or `$5` themselves. Four walks through an index that
/// holds all they ask, each stopped early, put together; only then are the cases themselves opened. With OR both engines would rather
/// walk through every case of the district in the order that is asked for.
fn near(which: &str, order: &str) -> String {
    let first = |places: &str| {
        format!(
            "SELECT id FROM (SELECT id FROM case_file WHERE district_id = $1 AND {which} AND public = TRUE AND common_part = TRUE \
             AND {places} ORDER BY {order} LIMIT $6) AS first"
        )
    };
    let walks = ["place_path = $2", "place_path > $2 AND place_path < $3", "place_path = $4", "place_path = $5"].map(first);
    format!(
        "SELECT id, number, class, state, clock, due_at, closed_at FROM case_file WHERE district_id = $1 AND id IN ({}) \
         ORDER BY {order} LIMIT $6",
        walks.join(" UNION ")
    )
}

/// The building and the estate of a place; an estate's board shows what lies under it, an entrance's also what concerns both.
fn around(place: &PlacePath) -> (PlacePath, PlacePath) {
    use linli_kernel::PlaceLevel;
    (place.at_level(PlaceLevel::Building), place.at_level(PlaceLevel::Estate))
}

/// Counts of what is open under a place now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, linli_db::FromRow)]
pub(crate) struct OpenCounts {
    pub(crate) open: i64,
    pub(crate) overdue: i64,
    pub(crate) awaiting: i64,
}

const OPEN_COUNTS: &str = "COUNT(*) AS open, \
    CAST(COALESCE(SUM(CASE WHEN clock = 'running' AND due_at < $4 THEN 1 ELSE 0 END), 0) AS BIGINT) AS overdue, \
    CAST(COALESCE(SUM(CASE WHEN state = 'awaiting_confirmation' THEN 1 ELSE 0 END), 0) AS BIGINT) AS awaiting";

/// Counts what is open under a place.
pub(crate) async fn open_counts(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, now: Ts) -> Result<OpenCounts> {
    let text = format!(
        "SELECT {OPEN_COUNTS} FROM case_file WHERE district_id = $1 AND closed_at IS NULL AND place_path >= $2 AND place_path < $3"
    );
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(district).bind(place).bind(place.end()).bind(now).fetch_one(x).await)
}

/// Counts what is open under each child of a place; children without open cases are not among them.
pub(crate) async fn open_counts_of_children(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    now: Ts,
) -> Result<Vec<(PlacePath, OpenCounts)>> {
    #[derive(linli_db::FromRow)]
    struct Row {
        child: PlacePath,
        #[row(flatten)]
        counts: OpenCounts,
    }
    let text = format!(
        "SELECT substr(place_path, 1, $5) AS child, {OPEN_COUNTS} FROM case_file WHERE district_id = $1 AND closed_at IS NULL \
         AND place_path > $2 AND place_path < $3 GROUP BY 1 ORDER BY 1"
    );
    let width = i32::try_from(place.as_str().len()).unwrap_or(i32::MAX).saturating_add(4);
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(district).bind(place).bind(place.end()).bind(now).bind(width).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|row| (row.child, row.counts)).collect())
}
