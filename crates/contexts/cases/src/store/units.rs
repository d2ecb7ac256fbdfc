//! Organisations that own cases: their links, what they have, whom they are called to, and what they ask for.

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::OrganisationId;
use sqlx::AssertSqlSafe;

use super::{COLUMNS, CaseRow};
use crate::model::{Call, CallId, Case, CaseId, UnitLink, UnitLinkId};

const LINK: &str = "SELECT district_id, id, unit_id, place_path, created_at, expires_at, revoked_at, made_by, made_under, made_role FROM unit_link";

/// Keeps the hash of a new link.
pub(crate) async fn put_link(c: &mut Conn<'_>, link: &UnitLink, hash: &[u8]) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO unit_link (district_id, id, unit_id, place_path, token_hash, created_at, expires_at, made_by, made_under, \
         made_role) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        )
        .bind(link.district)
        .bind(link.id)
        .bind(link.unit)
        .bind(&link.place)
        .bind(hash)
        .bind(link.created_at)
        .bind(link.expires_at)
        .bind(link.made_by)
        .bind(link.made_under)
        .bind(&link.made_role)
    )
    .map(|_| ())
}

/// How many cases of a class each organisation was given, under a place and in the whole district.
pub(crate) async fn had_of_class(
    c: &mut Conn<'_>,
    (district, place): (DistrictId, &PlacePath),
    class: &str,
) -> Result<Vec<(OrganisationId, i64, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT unit_id, CAST(SUM(CASE WHEN place_path >= $3 AND place_path < $4 THEN 1 ELSE 0 END) AS BIGINT), COUNT(*) FROM case_file \
         WHERE district_id = $1 AND class = $2 AND unit_id IS NOT NULL GROUP BY unit_id"
    ).bind(district).bind(class).bind(place).bind(place.end()).fetch_all(x).await)
}

/// The link with this hash.
pub(crate) async fn link_of_hash(c: &mut Conn<'_>, hash: &[u8]) -> Result<Option<UnitLink>> {
    let text = format!("{LINK} WHERE token_hash = $1");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(hash).fetch_optional(x).await)
}

/// A link by its id.
pub(crate) async fn link(c: &mut Conn<'_>, district: DistrictId, id: UnitLinkId) -> Result<Option<UnitLink>> {
    let text = format!("{LINK} WHERE district_id = $1 AND id = $2");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)
}

/// Closes a link. Gives whether it was open.
pub(crate) async fn revoke_link(c: &mut Conn<'_>, link: &UnitLink, at: Ts) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query("UPDATE unit_link SET revoked_at = $3 WHERE district_id = $1 AND id = $2 AND revoked_at IS NULL")
            .bind(link.district)
            .bind(link.id)
            .bind(at)
    )?;
    Ok(touched == 1)
}

/// A link with what was seen of its use.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct LinkUse {
    /// The link.
    #[row(flatten)]
    pub link: UnitLink,
    /// How often it was opened.
    pub openings: i64,
    /// When it was opened last.
    pub last_opened: Option<Ts>,
}

/// The links of a scope, those made last first.
pub(crate) async fn links(c: &mut Conn<'_>, scope: &Scope, limit: i64) -> Result<Vec<LinkUse>> {
    sql!(c, x => sqlx::query_as(
        "SELECT l.district_id, l.id, l.unit_id, l.place_path, l.created_at, l.expires_at, l.revoked_at, l.made_by, l.made_under, l.made_role, \
         (SELECT COUNT(*) FROM unit_link_opening o WHERE o.district_id = l.district_id AND o.link_id = l.id) AS openings, \
         (SELECT MAX(o.opened_at) FROM unit_link_opening o WHERE o.district_id = l.district_id AND o.link_id = l.id) AS last_opened \
         FROM unit_link l WHERE l.district_id = $1 AND l.place_path >= $2 AND l.place_path < $3 ORDER BY l.id DESC LIMIT $4"
    ).bind(scope.district).bind(scope.from()).bind(scope.to()).bind(limit).fetch_all(x).await)
}

/// An opening of a link: when, and which case was looked at.
pub type Opening = (Ts, Option<CaseId>);

/// The last openings of a link.
pub(crate) async fn openings(c: &mut Conn<'_>, link: &UnitLink, limit: i64) -> Result<Vec<Opening>> {
    sql!(c, x => sqlx::query_as(
        "SELECT opened_at, case_id FROM unit_link_opening WHERE district_id = $1 AND link_id = $2 ORDER BY opened_at DESC LIMIT $3"
    ).bind(link.district).bind(link.id).bind(limit).fetch_all(x).await)
}

/// Writes down that a link was opened. Two openings within one microsecond are one.
pub(crate) async fn note_opening(c: &mut Conn<'_>, link: &UnitLink, case: Option<CaseId>, at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO unit_link_opening (district_id, link_id, opened_at, case_id) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (district_id, link_id, opened_at) DO NOTHING"
        )
        .bind(link.district)
        .bind(link.id)
        .bind(at)
        .bind(case)
    )
    .map(|_| ())
}

/// Open cases that an organisation has under a place, what runs out first on top; what waits for the reporter comes last.
pub(crate) async fn cases_of(c: &mut Conn<'_>, link: &UnitLink, limit: i64) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND unit_id = $2 AND closed_at IS NULL AND place_path >= $3 AND place_path < $4 \
         ORDER BY CASE clock WHEN 'running' THEN 0 WHEN 'paused' THEN 1 ELSE 2 END, due_at, id LIMIT $5"
    );
    let rows: Vec<CaseRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(link.district).bind(link.unit).bind(&link.place).bind(link.place.end()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}

#[derive(linli_db::FromRow)]
struct CallRow {
    district_id: DistrictId,
    id: CallId,
    case_id: CaseId,
    unit_id: OrganisationId,
    kind: String,
    caller_role: String,
    called_at: Ts,
    answer_by: Ts,
    outcome: Option<String>,
    comes_at: Option<Ts>,
    answered_at: Option<Ts>,
    overdue_at: Option<Ts>,
    flagged_role: Option<String>,
    wake_at: Option<Ts>,
}

const CALL: &str = "SELECT district_id, id, case_id, unit_id, kind, caller_role, called_at, answer_by, outcome, comes_at, answered_at, \
    overdue_at, flagged_role, wake_at FROM case_call";

impl TryFrom<CallRow> for Call {
    type Error = DbError;

    fn try_from(row: CallRow) -> Result<Self> {
        let damaged = |column: &'static str| DbError::Inconsistent { table: "case_call", column, row: row.id.to_string() };
        Ok(Self {
            kind: row.kind.parse().map_err(|_| damaged("kind"))?,
            caller_role: row.caller_role.parse().map_err(|_| damaged("caller_role"))?,
            outcome: row.outcome.as_ref().map(|o| o.parse()).transpose().map_err(|_| damaged("outcome"))?,
            flagged_role: row.flagged_role.as_ref().map(|r| r.parse()).transpose().map_err(|_| damaged("flagged_role"))?,
            district: row.district_id,
            id: row.id,
            case: row.case_id,
            unit: row.unit_id,
            called_at: row.called_at,
            answer_by: row.answer_by,
            comes_at: row.comes_at,
            answered_at: row.answered_at,
            overdue_at: row.overdue_at,
            wake_at: row.wake_at,
        })
    }
}

/// Writes a new call.
pub(crate) async fn put_call(c: &mut Conn<'_>, call: &Call) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO case_call (district_id, id, case_id, unit_id, kind, caller_role, called_at, answer_by, wake_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        )
        .bind(call.district)
        .bind(call.id)
        .bind(call.case)
        .bind(call.unit)
        .bind(call.kind.as_str())
        .bind(call.caller_role.as_str())
        .bind(call.called_at)
        .bind(call.answer_by)
        .bind(call.wake_at)
    )
    .map(|_| ())
}

/// Writes what became of a call that nobody had answered. Gives whether it still was unanswered.
pub(crate) async fn save_call(c: &mut Conn<'_>, call: &Call) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE case_call SET outcome = $3, comes_at = $4, answered_at = $5, overdue_at = $6, flagged_role = $7, wake_at = $8 \
         WHERE district_id = $1 AND id = $2 AND outcome IS NULL"
        )
        .bind(call.district)
        .bind(call.id)
        .bind(call.outcome.map(|o| o.as_str()))
        .bind(call.comes_at)
        .bind(call.answered_at)
        .bind(call.overdue_at)
        .bind(call.flagged_role.map(|r| r.as_str()))
        .bind(call.wake_at)
    )?;
    Ok(touched == 1)
}

async fn calls(c: &mut Conn<'_>, text: String, bind: (DistrictId, uuid::Uuid), limit: i64) -> Result<Vec<Call>> {
    let rows: Vec<CallRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(bind.0).bind(bind.1).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Call::try_from).collect()
}

/// A call.
pub(crate) async fn call(c: &mut Conn<'_>, district: DistrictId, id: CallId) -> Result<Option<Call>> {
    Ok(calls(c, format!("{CALL} WHERE district_id = $1 AND id = $2 LIMIT $3"), (district, id.0), 1).await?.pop())
}

/// The calls about a case, oldest first.
pub(crate) async fn calls_of_case(c: &mut Conn<'_>, district: DistrictId, case: CaseId, limit: i64) -> Result<Vec<Call>> {
    calls(c, format!("{CALL} WHERE district_id = $1 AND case_id = $2 ORDER BY id LIMIT $3"), (district, case.0), limit).await
}

/// The calls to an organisation about cases that are open, those to be answered first on top.
pub(crate) async fn calls_of_unit(c: &mut Conn<'_>, link: &UnitLink, limit: i64) -> Result<Vec<Call>> {
    let text = format!(
        "{CALL} WHERE district_id = $1 AND unit_id = $2 AND EXISTS (SELECT 1 FROM case_file f WHERE f.district_id = $1 \
         AND f.id = case_call.case_id AND f.closed_at IS NULL AND f.place_path >= $3 AND f.place_path < $4) \
         ORDER BY CASE WHEN outcome IS NULL THEN 0 ELSE 1 END, answer_by, id LIMIT $5"
    );
    let rows: Vec<CallRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(link.district).bind(link.unit).bind(&link.place).bind(link.place.end()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Call::try_from).collect()
}

/// Calls after an id, in order of id.
pub(crate) async fn every_call(c: &mut Conn<'_>, district: DistrictId, after: CallId, limit: i64) -> Result<Vec<Call>> {
    calls(c, format!("{CALL} WHERE district_id = $1 AND id > $2 ORDER BY id LIMIT $3"), (district, after.0), limit).await
}

/// Calls that the program has to look at by now, the longest waiting first.
pub(crate) async fn calls_to_wake(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<Call>> {
    let text = format!("{CALL} WHERE district_id = $1 AND wake_at <= $2 ORDER BY wake_at, id LIMIT $3");
    let rows: Vec<CallRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(now).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Call::try_from).collect()
}

/// The clock that an organisation asks for, since when.
pub(crate) async fn time_ask(c: &mut Conn<'_>, district: DistrictId, case: CaseId) -> Result<Option<(String, Ts)>> {
    sql!(c, x => sqlx::query_as("SELECT clock_code, asked_at FROM case_time_ask WHERE district_id = $1 AND case_id = $2")
        .bind(district).bind(case).fetch_optional(x).await)
}

/// Writes that an organisation asks for more time. Gives whether it had not asked yet.
pub(crate) async fn ask_time(c: &mut Conn<'_>, case: &Case, unit: OrganisationId, clock: &str, at: Ts) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "INSERT INTO case_time_ask (district_id, case_id, unit_id, clock_code, asked_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (district_id, case_id) DO NOTHING"
        )
        .bind(case.district)
        .bind(case.id)
        .bind(unit)
        .bind(clock)
        .bind(at)
    )?;
    Ok(touched == 1)
}

/// Nobody waits for more time any more. Gives whether somebody did.
pub(crate) async fn drop_time_ask(c: &mut Conn<'_>, district: DistrictId, case: CaseId) -> Result<bool> {
    let touched =
        exec!(c, sqlx::query("DELETE FROM case_time_ask WHERE district_id = $1 AND case_id = $2").bind(district).bind(case))?;
    Ok(touched == 1)
}
