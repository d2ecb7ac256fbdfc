//! Meetings and objections.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::damaged;
use crate::model::{LiftId, Meeting, MeetingId, Objection, ObjectionEvent, ObjectionId};

/// Writes a meeting.
pub(crate) async fn insert_meeting(
    c: &mut Conn<'_>,
    (district, project): (DistrictId, LiftId),
    new: &Meeting,
    (at, by): (Ts, Uuid),
) -> Result<()> {
    let text = "INSERT INTO lift_meeting (district_id, id, project_id, on_day, subject, attended, outcome, at, by_whom) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(project)
            .bind(&new.day)
            .bind(&new.subject)
            .bind(new.attended)
            .bind(&new.outcome)
            .bind(at)
            .bind(by)
    )
    .map(|_| ())
}

/// The meetings of a project, the latest on top.
pub(crate) async fn meetings(c: &mut Conn<'_>, district: DistrictId, project: LiftId) -> Result<Vec<Meeting>> {
    let rows: Vec<(MeetingId, String, String, i64, String)> = sql!(c, x => sqlx::query_as(
        "SELECT id, on_day, subject, attended, outcome FROM lift_meeting WHERE district_id = $1 AND project_id = $2 ORDER BY on_day DESC, id DESC"
    ).bind(district).bind(project).fetch_all(x).await)?;
    let read = |(id, day, subject, attended, outcome)| Meeting { id, day, subject, attended, outcome };
    Ok(rows.into_iter().map(read).collect())
}

const OBJECTION: &str = "id, project_id, place_path, matter, written, state, raised_on, over_at";

#[derive(linli_db::FromRow)]
struct ObjectionRow {
    id: ObjectionId,
    project_id: LiftId,
    place_path: Option<PlacePath>,
    matter: String,
    written: i64,
    state: String,
    raised_on: String,
    over_at: Option<Ts>,
}

impl TryFrom<ObjectionRow> for Objection {
    type Error = DbError;

    fn try_from(row: ObjectionRow) -> Result<Self> {
        let damaged = |column| damaged("lift_objection", column, row.id);
        Ok(Self {
            matter: row.matter.parse().map_err(|_| damaged("matter"))?,
            state: row.state.parse().map_err(|_| damaged("state"))?,
            id: row.id,
            project: row.project_id,
            home: row.place_path,
            written: row.written != 0,
            day: row.raised_on,
            over_at: row.over_at,
        })
    }
}

/// Writes a new objection.
pub(crate) async fn insert_objection(c: &mut Conn<'_>, district: DistrictId, new: &Objection) -> Result<()> {
    let text = "INSERT INTO lift_objection (district_id, id, project_id, place_path, matter, written, state, raised_on, version) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(new.project)
            .bind(&new.home)
            .bind(new.matter.as_str())
            .bind(i64::from(new.written))
            .bind(new.state.as_str())
            .bind(&new.day)
    )
    .map(|_| ())
}

/// Takes an objection, so that of two who move it the second waits.
pub(crate) async fn lock(c: &mut Conn<'_>, district: DistrictId, id: ObjectionId) -> Result<Option<Objection>> {
    let text = "UPDATE lift_objection SET version = version + 1 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id))?;
    let text = format!("SELECT {OBJECTION} FROM lift_objection WHERE district_id = $1 AND id = $2");
    let row: Option<ObjectionRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Objection::try_from).transpose()
}

/// Writes what an objection has become. Only under its lock.
pub(crate) async fn put(c: &mut Conn<'_>, district: DistrictId, objection: &Objection) -> Result<()> {
    let text = "UPDATE lift_objection SET state = $3, written = $4, over_at = $5 WHERE district_id = $1 AND id = $2";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(objection.id)
            .bind(objection.state.as_str())
            .bind(i64::from(objection.written))
            .bind(objection.over_at)
    )
    .map(|_| ())
}

/// The objections of a project, those that are open on top.
pub(crate) async fn objections(c: &mut Conn<'_>, district: DistrictId, project: LiftId) -> Result<Vec<Objection>> {
    let text = format!(
        "SELECT {OBJECTION} FROM lift_objection WHERE district_id = $1 AND project_id = $2 \
         ORDER BY CASE WHEN over_at IS NULL THEN 0 ELSE 1 END, raised_on DESC, id"
    );
    let rows: Vec<ObjectionRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(project).fetch_all(x).await)?;
    rows.into_iter().map(Objection::try_from).collect()
}

/// Adds a step. Only under the lock of the objection.
pub(crate) async fn add_step(
    c: &mut Conn<'_>,
    (district, id): (DistrictId, ObjectionId),
    (event, sealed): (ObjectionEvent, &[u8]),
    (at, by): (Ts, &str),
) -> Result<()> {
    let text = "INSERT INTO lift_objection_step (district_id, objection_id, no, event, sealed, at, by_whom) SELECT $1, $2, \
                COALESCE(MAX(no), 0) + 1, $3, $4, $5, $6 FROM lift_objection_step WHERE district_id = $1 AND objection_id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id).bind(event.as_str()).bind(sealed).bind(at).bind(by)).map(|_| ())
}

/// The steps of the objections of a project, sealed, in their order.
pub(crate) async fn steps(
    c: &mut Conn<'_>,
    district: DistrictId,
    project: LiftId,
) -> Result<Vec<(ObjectionId, ObjectionEvent, Vec<u8>, Ts)>> {
    let rows: Vec<(ObjectionId, String, Vec<u8>, Ts)> = sql!(c, x => sqlx::query_as(
        "SELECT s.objection_id, s.event, s.sealed, s.at FROM lift_objection_step s JOIN lift_objection o ON o.district_id = s.district_id \
         AND o.id = s.objection_id WHERE o.district_id = $1 AND o.project_id = $2 ORDER BY s.objection_id, s.no"
    ).bind(district).bind(project).fetch_all(x).await)?;
    let read = |(id, event, sealed, at): (ObjectionId, String, Vec<u8>, Ts)| {
        Ok((id, event.parse().map_err(|_| damaged("lift_objection_step", "event", id))?, sealed, at))
    };
    rows.into_iter().map(read).collect()
}
