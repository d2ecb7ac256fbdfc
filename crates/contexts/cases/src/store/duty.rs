//! The desk: what is handed over, and what its wall shows.

use linli_access::Scope;
use linli_db::{Bulk, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{COLUMNS, CaseRow};
use crate::model::{Case, CaseId, CaseState, ClockRuns, Handover, HandoverId, Matter, Owner};

fn cases(rows: Vec<CaseRow>) -> Result<Vec<Case>> {
    rows.into_iter().map(Case::try_from).collect()
}

/// Open cases of a scope whose clock runs out from one instant to before another, the next first.
pub(crate) async fn running_out(c: &mut Conn<'_>, scope: &Scope, (from, to): (Ts, Ts), limit: i64) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND closed_at IS NULL \
         AND clock = $4 AND due_at >= $5 AND due_at < $6 ORDER BY due_at, id LIMIT $7"
    );
    cases(sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(scope.district).bind(scope.from()).bind(scope.to())
        .bind(ClockRuns::Running.as_str()).bind(from).bind(to).bind(limit).fetch_all(x).await)?)
}

/// Open tickets of the city's hotline in a scope that nobody has answered and whose time of the city is over from one instant to before
/// another, the next first. That time runs while ours stands.
pub(crate) async fn running_out_for_the_city(
    c: &mut Conn<'_>,
    scope: &Scope,
    (from, to): (Ts, Ts),
    limit: i64,
) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND closed_at IS NULL \
         AND clock <> $4 AND id IN (SELECT t.case_id FROM hotline_ticket t WHERE t.district_id = $1 AND t.city_due_at >= $5 \
         AND t.city_due_at < $6) \
         ORDER BY (SELECT t.city_due_at FROM hotline_ticket t WHERE t.district_id = case_file.district_id AND t.case_id = case_file.id), \
         id LIMIT $7"
    );
    cases(sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(scope.district).bind(scope.from()).bind(scope.to())
        .bind(ClockRuns::Stopped.as_str()).bind(from).bind(to).bind(limit).fetch_all(x).await)?)
}

/// Cases of a scope on hold that go on by themselves from one instant to before another, the next first.
pub(crate) async fn on_hold(c: &mut Conn<'_>, scope: &Scope, (from, to): (Ts, Ts), limit: i64) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND closed_at IS NULL \
         AND state = $4 AND wake_at >= $5 AND wake_at < $6 ORDER BY wake_at, id LIMIT $7"
    );
    cases(sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(scope.district).bind(scope.from()).bind(scope.to())
        .bind(CaseState::Suspended.as_str()).bind(from).bind(to).bind(limit).fetch_all(x).await)?)
}

/// Open cases of a scope whose words may mean danger to life and whose work is not said to be done, the newest first: of many, those of now
/// must be seen.
pub(crate) async fn dangers(c: &mut Conn<'_>, scope: &Scope, limit: i64) -> Result<Vec<Case>> {
    // Few of the open cases: by the index of these, not through all that is open in the scope, for which the bare column would be read.
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND emergency AND closed_at IS NULL AND place_path || '' >= $2 \
         AND place_path || '' < $3 AND state <> $4 ORDER BY reported_at DESC, id DESC LIMIT $5"
    );
    cases(sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(scope.district).bind(scope.from()).bind(scope.to())
        .bind(CaseState::AwaitingConfirmation.as_str()).bind(limit).fetch_all(x).await)?)
}

/// How many overdue cases of a scope stand with which role: the one that was told last, else the one that has it; '' for nobody.
pub(crate) async fn overdue_by_role(c: &mut Conn<'_>, scope: &Scope, now: Ts) -> Result<Vec<(String, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT COALESCE(flagged_role, owner_role, '') AS role, COUNT(*) AS cases FROM case_file WHERE district_id = $1 \
         AND place_path >= $2 AND place_path < $3 AND closed_at IS NULL AND clock = $4 AND due_at < $5 GROUP BY 1"
    ).bind(scope.district).bind(scope.from()).bind(scope.to()).bind(ClockRuns::Running.as_str()).bind(now).fetch_all(x).await)
}

const HANDOVER: &str = "district_id, id, place_path, from_person, from_appointment, from_role, to_appointment, handed_at, until_at, note, \
    taken_at, taken_by, replaced_at";

#[derive(Debug, linli_db::FromRow)]
struct HandoverRow {
    district_id: DistrictId,
    id: HandoverId,
    place_path: PlacePath,
    from_person: Uuid,
    from_appointment: Uuid,
    from_role: String,
    to_appointment: Option<Uuid>,
    handed_at: Ts,
    until_at: Ts,
    note: String,
    taken_at: Option<Ts>,
    taken_by: Option<Uuid>,
    replaced_at: Option<Ts>,
}

#[derive(Debug, linli_db::FromRow)]
struct MatterRow {
    case_id: CaseId,
    why: String,
    note: String,
}

async fn whole(c: &mut Conn<'_>, row: HandoverRow) -> Result<Handover> {
    let damaged = |table: &'static str, column: &'static str| DbError::Inconsistent { table, column, row: row.id.to_string() };
    let role = row.from_role.parse().map_err(|_| damaged("duty_handover", "from_role"))?;
    let rows: Vec<MatterRow> = sql!(c, x => sqlx::query_as(
        "SELECT case_id, why, note FROM duty_matter WHERE district_id = $1 AND handover_id = $2 ORDER BY position"
    ).bind(row.district_id).bind(row.id).fetch_all(x).await)?;
    let matter = |matter: MatterRow| {
        let why = matter.why.parse().map_err(|_| damaged("duty_matter", "why"))?;
        Ok(Matter { case: matter.case_id, why, note: matter.note })
    };
    Ok(Handover {
        matters: rows.into_iter().map(matter).collect::<Result<_>>()?,
        from: Owner { person: row.from_person, appointment: row.from_appointment, role },
        district: row.district_id,
        id: row.id,
        place: row.place_path,
        to: row.to_appointment,
        handed_at: row.handed_at,
        until: row.until_at,
        note: row.note,
        taken_at: row.taken_at,
        taken_by: row.taken_by,
        replaced_at: row.replaced_at,
    })
}

/// The last handover at a desk that was not replaced.
pub(crate) async fn last_handover(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Option<Handover>> {
    let text = format!(
        "SELECT {HANDOVER} FROM duty_handover WHERE district_id = $1 AND place_path = $2 AND replaced_at IS NULL ORDER BY id DESC LIMIT 1"
    );
    let row: Option<HandoverRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(place).fetch_optional(x).await)?;
    match row {
        Some(row) => whole(c, row).await.map(Some),
        None => Ok(None),
    }
}

/// A handover by its id.
pub(crate) async fn handover(c: &mut Conn<'_>, district: DistrictId, id: HandoverId) -> Result<Option<Handover>> {
    let text = format!("SELECT {HANDOVER} FROM duty_handover WHERE district_id = $1 AND id = $2");
    let row: Option<HandoverRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    match row {
        Some(row) => whole(c, row).await.map(Some),
        None => Ok(None),
    }
}

/// Writes a handover and what is open.
pub(crate) async fn put(c: &mut Conn<'_>, handover: &Handover) -> Result<()> {
    exec!(c, sqlx::query(
        "INSERT INTO duty_handover (district_id, id, place_path, from_person, from_appointment, from_role, to_appointment, handed_at, \
         until_at, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    ).bind(handover.district).bind(handover.id).bind(&handover.place).bind(handover.from.person).bind(handover.from.appointment)
     .bind(handover.from.role.as_str()).bind(handover.to).bind(handover.handed_at).bind(handover.until).bind(&handover.note))?;
    let matters = &handover.matters;
    if matters.is_empty() {
        return Ok(());
    }
    Bulk::into("duty_matter")
        .ints("district_id", matters.iter().map(|_| handover.district.0))
        .ids("handover_id", matters.iter().map(|_| handover.id.0))
        .ints("position", (1..).take(matters.len()))
        .ids("case_id", matters.iter().map(|matter| matter.case.0))
        .texts("why", matters.iter().map(|matter| matter.why.as_str().to_owned()))
        .texts("note", matters.iter().map(|matter| matter.note.clone()))
        .write(c)
        .await
        .map(|_| ())
}

/// Somebody takes a handover over, unless somebody did before or it was replaced. Gives whether it was this one.
pub(crate) async fn take(c: &mut Conn<'_>, handover: &Handover, (by, at): (Uuid, Ts)) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE duty_handover SET taken_at = $3, taken_by = $4 WHERE district_id = $1 AND id = $2 AND taken_at IS NULL \
             AND replaced_at IS NULL"
        )
        .bind(handover.district)
        .bind(handover.id)
        .bind(at)
        .bind(by)
    )?;
    Ok(touched == 1)
}

/// A handover that nobody took is replaced by a new one. Gives whether it was still waiting.
pub(crate) async fn replace(c: &mut Conn<'_>, handover: &Handover, at: Ts) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query("UPDATE duty_handover SET replaced_at = $3 WHERE district_id = $1 AND id = $2 AND taken_at IS NULL AND replaced_at IS NULL")
            .bind(handover.district)
            .bind(handover.id)
            .bind(at)
    )?;
    Ok(touched == 1)
}

/// Erases what was noted about a case when a shift was handed over. Gives how often.
pub(crate) async fn erase_notes_of(c: &mut Conn<'_>, district: DistrictId, case: CaseId) -> Result<u64> {
    exec!(
        c,
        sqlx::query("UPDATE duty_matter SET note = '' WHERE district_id = $1 AND case_id = $2 AND note <> ''")
            .bind(district)
            .bind(case)
    )
}
