//! What a duty desk asks: earlier cases of a caller, whom to call back, and the three rates.

use linli_access::Scope;
use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};

use super::{COLUMNS, CaseRow, NO_PROMISE};
use crate::model::{Case, CaseState};

/// Cases of a scope whose reporter left this number, found by its keyed hash, the newest first.
pub(crate) async fn of_caller(c: &mut Conn<'_>, scope: &Scope, phone_hash: &[u8], limit: i64) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND id IN \
         (SELECT case_id FROM case_contact WHERE district_id = $1 AND phone_hash = $4) ORDER BY id DESC LIMIT $5"
    );
    let rows: Vec<CaseRow> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(phone_hash).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}

/// Cases of a scope that wait for a reporter who left a number, the longest waiting first.
pub(crate) async fn to_call_back(c: &mut Conn<'_>, scope: &Scope, limit: i64) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND closed_at IS NULL \
         AND state = $4 AND EXISTS (SELECT 1 FROM case_contact p WHERE p.district_id = $1 AND p.case_id = case_file.id) \
         ORDER BY state_since, id LIMIT $5"
    );
    let rows: Vec<CaseRow> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(CaseState::AwaitingConfirmation.as_str()).bind(limit)
        .fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}

/// What the rates are counted from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, linli_db::FromRow)]
pub(crate) struct Counts {
    pub(crate) to_answer: i64,
    pub(crate) answered_in_time: i64,
    pub(crate) judged: i64,
    pub(crate) solved: i64,
    pub(crate) rated: i64,
    pub(crate) content: i64,
    pub(crate) lapsed: i64,
    pub(crate) checked: i64,
    pub(crate) asked: i64,
    pub(crate) contacted: i64,
}

/// Keeps what the reporter said of whether anybody got in touch with him; false when he had said so before.
pub(crate) async fn keep_contacted(c: &mut Conn<'_>, case: &Case, contacted: bool) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE case_file SET said_contacted = $3 WHERE district_id = $1 AND id = $2 \
             AND (said_contacted IS NULL OR said_contacted <> $3)"
        )
        .bind(case.district)
        .bind(case.id)
        .bind(contacted)
    )?;
    Ok(touched == 1)
}

/// Counts over the cases reported at a place from one instant to before another. Cases that were none or go on as another do not
/// count. What came from a file counts from when it was worked on here: taken, or judged by its reporter; how its source handled it is the
/// source's figure, and nobody here promised its reporter anything.
pub(crate) async fn counts(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    (from, to): (Ts, Ts),
    now: Ts,
) -> Result<Counts> {
    // Ids are ordered by the time of the report: the window is a stretch of the primary key.
    let edge = |at: Ts| uuid::Builder::from_unix_timestamp_millis(u64::try_from(at.0 / 1_000).unwrap_or(0), &[0; 10]).into_uuid();
    sql!(c, x => sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(CASE WHEN answered_in_time IS NOT NULL OR taken_at IS NULL AND due_at <> $8 AND due_at < $7 THEN 1 ELSE 0 END), 0) AS BIGINT) AS to_answer, \
         CAST(COALESCE(SUM(CASE WHEN answered_in_time = TRUE THEN 1 ELSE 0 END), 0) AS BIGINT) AS answered_in_time, \
         CAST(COALESCE(SUM(CASE WHEN ended_how = 'confirmed' OR not_fixed_count > 0 THEN 1 ELSE 0 END), 0) AS BIGINT) AS judged, \
         CAST(COALESCE(SUM(CASE WHEN ended_how = 'confirmed' THEN 1 ELSE 0 END), 0) AS BIGINT) AS solved, \
         CAST(COALESCE(SUM(CASE WHEN rating IS NOT NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS rated, \
         CAST(COALESCE(SUM(CASE WHEN rating IN ('satisfied', 'fair') THEN 1 ELSE 0 END), 0) AS BIGINT) AS content, \
         CAST(COALESCE(SUM(CASE WHEN ended_how = 'lapsed' THEN 1 ELSE 0 END), 0) AS BIGINT) AS lapsed, \
         CAST(COALESCE(SUM(CASE WHEN ended_how = 'checked' THEN 1 ELSE 0 END), 0) AS BIGINT) AS checked, \
         CAST(COALESCE(SUM(CASE WHEN said_contacted IS NOT NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS asked, \
         CAST(COALESCE(SUM(CASE WHEN said_contacted = TRUE THEN 1 ELSE 0 END), 0) AS BIGINT) AS contacted \
         FROM case_file WHERE district_id = $1 AND id >= $2 AND id < $3 AND place_path >= $4 AND place_path < $5 \
         AND (external_system IS NULL OR taken_at IS NOT NULL OR ended_how IS NOT NULL OR reopened_count > 0) AND state NOT IN ('void', 'merged', 'joined') AND reported_at >= $6"
    ).bind(district).bind(edge(from)).bind(edge(to)).bind(place).bind(place.end()).bind(from).bind(now).bind(NO_PROMISE).fetch_one(x).await)
}
