//! Visits.

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_watch::{Second, Slot};
use uuid::Uuid;

use crate::model::{CarePersonId, Visit, VisitId, VisitKind, VisitOwner};

const COLUMNS: &str = "district_id, id, number, person_id, place_path, kind, silence, silent_since, alarm_slot, alarm_since, due_at, \
    opened_at, state, state_since, rung, owner_person, owner_appointment, owner_role, told_person, told_appointment, told_role, wake_at, knocked_at, knocked_by, contact_told_at, \
    contacted_at, ended_at, outcome, wrong_knock, watched, forewarned, case_id, reminded, version";

#[derive(Debug, linli_db::FromRow)]
struct Row {
    district_id: DistrictId,
    id: VisitId,
    number: String,
    person_id: CarePersonId,
    place_path: PlacePath,
    kind: String,
    silence: Option<String>,
    silent_since: Option<Ts>,
    alarm_slot: Option<i64>,
    alarm_since: Option<i64>,
    due_at: Ts,
    opened_at: Ts,
    state: String,
    state_since: Ts,
    rung: i64,
    owner_person: Option<Uuid>,
    owner_appointment: Option<Uuid>,
    owner_role: Option<String>,
    told_person: Option<Uuid>,
    told_appointment: Option<Uuid>,
    told_role: Option<String>,
    wake_at: Option<Ts>,
    knocked_at: Option<Ts>,
    knocked_by: Option<Uuid>,
    contact_told_at: Option<Ts>,
    contacted_at: Option<Ts>,
    ended_at: Option<Ts>,
    outcome: Option<String>,
    wrong_knock: bool,
    watched: bool,
    forewarned: bool,
    case_id: Option<Uuid>,
    reminded: i64,
    version: i64,
}

impl TryFrom<Row> for Visit {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self> {
        let damaged = |column: &'static str| DbError::Inconsistent { table: "care_visit", column, row: row.id.to_string() };
        let who = |column, (person, appointment, role): (Option<Uuid>, Option<Uuid>, Option<&String>)| match (
            person,
            appointment,
            role,
        ) {
            (Some(person), Some(appointment), Some(role)) => {
                Ok(Some(VisitOwner { person, appointment, role: role.parse().map_err(|_| damaged(column))? }))
            }
            (None, None, None) => Ok(None),
            _ => Err(damaged(column)),
        };
        let owner = who("owner_person", (row.owner_person, row.owner_appointment, row.owner_role.as_ref()))?;
        let told = who("told_person", (row.told_person, row.told_appointment, row.told_role.as_ref()))?;
        let alarm = match (row.alarm_slot, row.alarm_since) {
            (Some(slot), Some(since)) => Some((
                Slot::try_from(slot).map_err(|_| damaged("alarm_slot"))?,
                Second::try_from(since).map_err(|_| damaged("alarm_since"))?,
            )),
            _ => None,
        };
        Ok(Self {
            kind: row.kind.parse().map_err(|_| damaged("kind"))?,
            silence: row.silence.as_ref().map(|word| word.parse()).transpose().map_err(|_| damaged("silence"))?,
            state: row.state.parse().map_err(|_| damaged("state"))?,
            outcome: row.outcome.as_ref().map(|word| word.parse()).transpose().map_err(|_| damaged("outcome"))?,
            owner,
            told,
            alarm,
            district: row.district_id,
            id: row.id,
            number: row.number,
            person: row.person_id,
            place: row.place_path,
            silent_since: row.silent_since,
            due_at: row.due_at,
            opened_at: row.opened_at,
            state_since: row.state_since,
            rung: row.rung,
            reminded: row.reminded,
            wake_at: row.wake_at,
            knocked_at: row.knocked_at,
            knocked_by: row.knocked_by,
            contact_told_at: row.contact_told_at,
            contacted_at: row.contacted_at,
            ended_at: row.ended_at,
            wrong_knock: row.wrong_knock,
            watched: row.watched,
            forewarned: row.forewarned,
            case: row.case_id,
            version: row.version,
        })
    }
}

/// Writes a new visit; nothing when there is one about the same alarm already. Gives whether it was written.
pub(crate) async fn insert(c: &mut Conn<'_>, visit: &Visit) -> Result<bool> {
    let owner = visit.owner.as_ref();
    let touched = exec!(
        c,
        sqlx::query(
            "INSERT INTO care_visit (district_id, id, number, person_id, place_path, kind, silence, silent_since, alarm_slot, alarm_since, \
             due_at, opened_at, state, state_since, rung, owner_person, owner_appointment, owner_role, wake_at, wrong_knock, watched, forewarned, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) \
             ON CONFLICT (district_id, alarm_slot, alarm_since, kind) WHERE alarm_slot IS NOT NULL DO NOTHING"
        )
        .bind(visit.district)
        .bind(visit.id)
        .bind(&visit.number)
        .bind(visit.person)
        .bind(&visit.place)
        .bind(visit.kind.as_str())
        .bind(visit.silence.map(|silence| silence.as_str()))
        .bind(visit.silent_since)
        .bind(visit.alarm.map(|(slot, _)| i64::from(slot)))
        .bind(visit.alarm.map(|(_, since)| i64::from(since)))
        .bind(visit.due_at)
        .bind(visit.opened_at)
        .bind(visit.state.as_str())
        .bind(visit.state_since)
        .bind(visit.rung)
        .bind(owner.map(|o| o.person))
        .bind(owner.map(|o| o.appointment))
        .bind(owner.map(|o| o.role.as_str()))
        .bind(visit.wake_at)
        .bind(visit.wrong_knock)
        .bind(visit.watched)
        .bind(visit.forewarned)
        .bind(visit.version)
    )?;
    Ok(touched == 1)
}

/// Writes what an event changed, if nobody else changed the visit since `visit.version`. Gives whether it did.
pub(crate) async fn save(c: &mut Conn<'_>, visit: &Visit) -> Result<bool> {
    let owner = visit.owner.as_ref();
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE care_visit SET state = $4, state_since = $5, rung = $6, owner_person = $7, owner_appointment = $8, owner_role = $9, \
             wake_at = $10, knocked_at = $11, knocked_by = $12, contact_told_at = $13, contacted_at = $14, ended_at = $15, outcome = $16, \
             wrong_knock = $17, case_id = $18, silent_since = $19, told_person = $20, told_appointment = $21, told_role = $22, reminded = $23, \
             version = version + 1 \
             WHERE district_id = $1 AND id = $2 AND version = $3"
        )
        .bind(visit.district)
        .bind(visit.id)
        .bind(visit.version)
        .bind(visit.state.as_str())
        .bind(visit.state_since)
        .bind(visit.rung)
        .bind(owner.map(|o| o.person))
        .bind(owner.map(|o| o.appointment))
        .bind(owner.map(|o| o.role.as_str()))
        .bind(visit.wake_at)
        .bind(visit.knocked_at)
        .bind(visit.knocked_by)
        .bind(visit.contact_told_at)
        .bind(visit.contacted_at)
        .bind(visit.ended_at)
        .bind(visit.outcome.map(|o| o.as_str()))
        .bind(visit.wrong_knock)
        .bind(visit.case)
        .bind(visit.silent_since)
        .bind(visit.told.as_ref().map(|o| o.person))
        .bind(visit.told.as_ref().map(|o| o.appointment))
        .bind(visit.told.as_ref().map(|o| o.role.as_str()))
        .bind(visit.reminded)
    )?;
    Ok(touched == 1)
}

pub(crate) async fn by_id(c: &mut Conn<'_>, district: DistrictId, id: VisitId) -> Result<Option<Visit>> {
    let text = format!("SELECT {COLUMNS} FROM care_visit WHERE district_id = $1 AND id = $2");
    let row: Option<Row> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Visit::try_from).transpose()
}

/// The open visit about an alarm or a question.
pub(crate) async fn of_alarm(
    c: &mut Conn<'_>,
    district: DistrictId,
    (slot, since): (Slot, Second),
    kind: VisitKind,
) -> Result<Option<Visit>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_visit WHERE district_id = $1 AND alarm_slot = $2 AND alarm_since = $3 AND kind = $4 AND ended_at IS NULL"
    );
    let row: Option<Row> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(i64::from(slot))
        .bind(i64::from(since)).bind(kind.as_str()).fetch_optional(x).await)?;
    row.map(Visit::try_from).transpose()
}

/// The open visits about alarms and questions of which the number falls into one of so many parts.
pub(crate) async fn open_of_part(c: &mut Conn<'_>, district: DistrictId, (part, many): (u16, u16)) -> Result<Vec<Visit>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_visit WHERE district_id = $1 AND ended_at IS NULL AND alarm_slot IS NOT NULL AND alarm_slot % $2 = $3 \
         ORDER BY id"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(i64::from(many))
        .bind(i64::from(part)).fetch_all(x).await)?;
    rows.into_iter().map(Visit::try_from).collect()
}

/// The open visits to a person.
pub(crate) async fn open_of_person(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Vec<Visit>> {
    let text =
        format!("SELECT {COLUMNS} FROM care_visit WHERE district_id = $1 AND person_id = $2 AND ended_at IS NULL ORDER BY id");
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(person).fetch_all(x).await)?;
    rows.into_iter().map(Visit::try_from).collect()
}

/// Whether the watch spoke of a person not longer ago than `since`: an alarm or a question that was opened, or was still open, then.
pub(crate) async fn warned(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId, since: Ts) -> Result<bool> {
    let found: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "SELECT CAST(1 AS BIGINT) FROM care_visit WHERE district_id = $1 AND person_id = $2 AND kind IN ('alarm', 'question') \
         AND (opened_at >= $3 OR ended_at IS NULL OR ended_at >= $3) LIMIT 1"
    ).bind(district).bind(person).bind(since).fetch_optional(x).await)?;
    Ok(found.is_some())
}

/// The visits to a person, the newest first.
pub(crate) async fn of_person(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId, limit: i64) -> Result<Vec<Visit>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_visit WHERE district_id = $1 AND person_id = $2 ORDER BY opened_at DESC, id DESC LIMIT $3"
    );
    let rows: Vec<Row> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(person).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Visit::try_from).collect()
}

/// Open visits under a place: alarms before what somebody asked for, questions and devices that are not heard; of each kind what became too long first.
pub(crate) async fn open(c: &mut Conn<'_>, scope: &Scope, limit: i64) -> Result<Vec<Visit>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_visit WHERE district_id = $1 AND ended_at IS NULL AND place_path >= $2 AND place_path < $3 \
         ORDER BY CASE kind WHEN 'alarm' THEN 0 WHEN 'by_hand' THEN 1 WHEN 'question' THEN 2 ELSE 3 END, due_at, id LIMIT $4"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(scope.district).bind(scope.from().to_owned())
        .bind(scope.to()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Visit::try_from).collect()
}

/// Visits that the program has to look at.
pub(crate) async fn due_to_wake(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<Visit>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_visit WHERE district_id = $1 AND wake_at IS NOT NULL AND ended_at IS NULL AND wake_at <= $2 \
         ORDER BY wake_at, id LIMIT $3"
    );
    let rows: Vec<Row> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(now).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Visit::try_from).collect()
}

/// Takes from the visits of a person what identifies her in the watch, and since when she was silent.
pub(crate) async fn forget_alarms(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<()> {
    let text = "UPDATE care_visit SET alarm_slot = NULL, alarm_since = NULL, silent_since = NULL WHERE district_id = $1 AND person_id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(person)).map(|_| ())
}
