//! What the ways of a case leave behind: its pauses, what goes on as another case, and what the program has to look at.

use linli_calendar::Pause;
use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};

use super::{COLUMNS, CaseRow};
use crate::model::{Case, CaseId, Way};

/// The pauses of a case, oldest first.
pub(crate) async fn pauses(c: &mut Conn<'_>, district: DistrictId, id: CaseId) -> Result<Vec<Pause>> {
    let rows: Vec<(Ts, Option<Ts>)> = sql!(c, x => sqlx::query_as(
        "SELECT from_at, to_at FROM case_pause WHERE district_id = $1 AND case_id = $2 ORDER BY from_at"
    ).bind(district).bind(id).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(from, to)| Pause { from, to }).collect())
}

/// The clock stands from now on.
pub(crate) async fn pause(c: &mut Conn<'_>, district: DistrictId, id: CaseId, from: Ts) -> Result<()> {
    // Stopped, gone on and stopped again within one microsecond is one pause that lasts.
    exec!(
        c,
        sqlx::query(
            "INSERT INTO case_pause (district_id, case_id, from_at, to_at) VALUES ($1, $2, $3, NULL) \
         ON CONFLICT (district_id, case_id, from_at) DO UPDATE SET to_at = NULL"
        )
        .bind(district)
        .bind(id)
        .bind(from)
    )
    .map(|_| ())
}

/// The clock goes on from now.
pub(crate) async fn go_on(c: &mut Conn<'_>, district: DistrictId, id: CaseId, to: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE case_pause SET to_at = $3 WHERE district_id = $1 AND case_id = $2 AND to_at IS NULL")
            .bind(district)
            .bind(id)
            .bind(to)
    )
    .map(|_| ())
}

/// What went on as one case goes on as another.
pub(crate) async fn lead_on(c: &mut Conn<'_>, district: DistrictId, from: CaseId, to: CaseId) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE case_file SET merged_into = $3 WHERE district_id = $1 AND merged_into = $2")
            .bind(district)
            .bind(from)
            .bind(to)
    )
    .map(|_| ())
}

/// Open cases from before their way of working was kept: where each is, its class and profile, and when it was reported.
pub(crate) async fn without_way(c: &mut Conn<'_>, district: DistrictId, after: CaseId, limit: i64) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND closed_at IS NULL AND way_rule IS NULL AND id > $2 \
         ORDER BY id LIMIT $3"
    );
    let rows: Vec<CaseRow> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(after).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}

/// Keeps by which way of working a case goes.
pub(crate) async fn put_way(c: &mut Conn<'_>, case: &Case, way: &Way) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE case_file SET way_profile = $3, way_rule = $4 WHERE district_id = $1 AND id = $2")
            .bind(case.district)
            .bind(case.id)
            .bind(way.profile.as_str())
            .bind(way.rule.as_str())
    )
    .map(|_| ())
}

/// Cases that the program has to look at by now, the longest waiting first.
pub(crate) async fn due_to_wake(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<Case>> {
    let text = format!("SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND wake_at <= $2 ORDER BY wake_at, id LIMIT $3");
    let rows: Vec<CaseRow> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(now).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}

/// Writes who is told and when the program looks again, unless somebody changed the case since it was looked at. It counts as a change,
/// so that nobody's work undoes it; but not of a case from a file, whose source may still say what became of it.
pub(crate) async fn tell(c: &mut Conn<'_>, case: &Case) -> Result<bool> {
    let counts = i64::from(case.external_system.is_none());
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE case_file SET flagged_role = $4, wake_at = $5, overdue_at = $6, version = version + $7 \
         WHERE district_id = $1 AND id = $2 AND version = $3"
        )
        .bind(case.district)
        .bind(case.id)
        .bind(case.version)
        .bind(case.flagged_role.map(|r| r.as_str()))
        .bind(case.wake_at)
        .bind(case.overdue_at)
        .bind(counts)
    )?;
    Ok(touched == 1)
}
