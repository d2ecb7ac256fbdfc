//! Who put diversion in force, and calls back to who was diverted.

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{damaged, word};
use crate::model::{Activation, ActivationId, CallId, Recontact, RecontactId};

const RECONTACT: &str = "id, call_id, no, unanswered, due_at, late_told_at, done_at, found";

#[derive(linli_db::FromRow)]
struct ActivationRow {
    id: ActivationId,
    place_path: PlacePath,
    pack: String,
    physician: String,
    licence: String,
    since: Ts,
    withdrawn_at: Option<Ts>,
}

impl From<ActivationRow> for Activation {
    fn from(row: ActivationRow) -> Self {
        let ActivationRow { id, place_path, pack, physician, licence, since, withdrawn_at } = row;
        Self { id, place: place_path, pack, physician, licence, since, withdrawn_at }
    }
}

#[derive(linli_db::FromRow)]
struct RecontactRow {
    id: RecontactId,
    call_id: CallId,
    no: i64,
    unanswered: i64,
    due_at: Ts,
    late_told_at: Option<Ts>,
    done_at: Option<Ts>,
    found: Option<String>,
}

impl TryFrom<RecontactRow> for Recontact {
    type Error = DbError;

    fn try_from(row: RecontactRow) -> Result<Self> {
        Ok(Self {
            found: word(row.found.as_deref(), || damaged("emergency_recontact", "found", row.id))?,
            id: row.id,
            call: row.call_id,
            no: row.no,
            unanswered: row.unanswered,
            due_at: row.due_at,
            late_told_at: row.late_told_at,
            done_at: row.done_at,
        })
    }
}

/// Puts diversion in force; false when it is already.
pub(crate) async fn activate(c: &mut Conn<'_>, district: DistrictId, new: &Activation, by: Uuid) -> Result<bool> {
    let text = "INSERT INTO emergency_activation (district_id, id, place_path, pack, physician, licence, since, entered_by) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    Ok(exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(&new.place)
            .bind(&new.pack)
            .bind(&new.physician)
            .bind(&new.licence)
            .bind(new.since)
            .bind(by)
    )? == 1)
}

/// Takes what is in force in a scope out of force; false when nothing was.
pub(crate) async fn withdraw(c: &mut Conn<'_>, scope: &Scope, (now, by): (Ts, Uuid)) -> Result<bool> {
    let text = "UPDATE emergency_activation SET withdrawn_at = $2, withdrawn_by = $3 WHERE district_id = $1 AND withdrawn_at IS NULL \
                AND place_path >= $4 AND place_path < $5";
    Ok(exec!(c, sqlx::query(text).bind(scope.district).bind(now).bind(by).bind(scope.from()).bind(scope.to()))? > 0)
}

/// What was put in force, the newest first.
pub(crate) async fn activations(c: &mut Conn<'_>, district: DistrictId, limit: i64) -> Result<Vec<Activation>> {
    let rows: Vec<ActivationRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, place_path, pack, physician, licence, since, withdrawn_at FROM emergency_activation WHERE district_id = $1 \
         ORDER BY since DESC, id DESC LIMIT $2"
    ).bind(district).bind(limit).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Activation::from).collect())
}

/// What is in force at a place and not withdrawn: what was put in force for the place itself or one above it, the nearest first.
pub(crate) async fn in_force(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Vec<Activation>> {
    let rows: Vec<ActivationRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, place_path, pack, physician, licence, since, withdrawn_at FROM emergency_activation WHERE district_id = $1 AND withdrawn_at IS NULL \
         ORDER BY length(place_path) DESC"
    ).bind(district).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Activation::from).filter(|one| one.place.contains(place)).collect())
}

/// Opens a call back.
pub(crate) async fn open(c: &mut Conn<'_>, district: DistrictId, new: &Recontact) -> Result<()> {
    let text =
        "INSERT INTO emergency_recontact (district_id, id, call_id, no, unanswered, due_at) VALUES ($1, $2, $3, $4, $5, $6)";
    exec!(c, sqlx::query(text).bind(district).bind(new.id).bind(new.call).bind(new.no).bind(new.unanswered).bind(new.due_at))
        .map(|_| ())
}

/// Writes what a call back has become.
pub(crate) async fn put(c: &mut Conn<'_>, district: DistrictId, one: &Recontact, by: Option<Uuid>) -> Result<()> {
    let text = "UPDATE emergency_recontact SET due_at = $3, late_told_at = $4, done_at = $5, found = $6, done_by = $7 \
                WHERE district_id = $1 AND id = $2";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(one.id)
            .bind(one.due_at)
            .bind(one.late_told_at)
            .bind(one.done_at)
            .bind(one.found.map(|found| found.as_str()))
            .bind(by)
    )
    .map(|_| ())
}

/// Calls back about a call, the oldest first.
pub(crate) async fn of_call(c: &mut Conn<'_>, district: DistrictId, call: CallId) -> Result<Vec<Recontact>> {
    let text = format!("SELECT {RECONTACT} FROM emergency_recontact WHERE district_id = $1 AND call_id = $2 ORDER BY no");
    let rows: Vec<RecontactRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(call).fetch_all(x).await)?;
    rows.into_iter().map(Recontact::try_from).collect()
}

/// The call back that is open about a call.
pub(crate) async fn open_of(c: &mut Conn<'_>, district: DistrictId, call: CallId) -> Result<Option<Recontact>> {
    Ok(of_call(c, district, call).await?.into_iter().find(|one| one.done_at.is_none()))
}

/// Calls back that are open in a district, the first due on top.
pub(crate) async fn all_open(c: &mut Conn<'_>, district: DistrictId, limit: i64) -> Result<Vec<Recontact>> {
    let text = format!(
        "SELECT {RECONTACT} FROM emergency_recontact WHERE district_id = $1 AND done_at IS NULL ORDER BY due_at, id LIMIT $2"
    );
    let rows: Vec<RecontactRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Recontact::try_from).collect()
}

/// How many calls back are due by now about calls in a scope.
pub(crate) async fn due_now(c: &mut Conn<'_>, scope: &Scope, now: Ts) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT COUNT(*) FROM emergency_recontact r JOIN emergency_call c ON c.district_id = r.district_id AND c.id = r.call_id \
         WHERE r.district_id = $1 AND r.done_at IS NULL AND r.due_at <= $2 AND c.place_path >= $3 AND c.place_path < $4"
    ).bind(scope.district).bind(now).bind(scope.from()).bind(scope.to()).fetch_one(x).await)
}

/// Calls back that are due by now and of which that was not told.
pub(crate) async fn due(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<Recontact>> {
    let text = format!(
        "SELECT {RECONTACT} FROM emergency_recontact WHERE district_id = $1 AND done_at IS NULL AND due_at <= $2 AND late_told_at IS NULL \
         ORDER BY due_at, id LIMIT $3"
    );
    let rows: Vec<RecontactRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(now).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Recontact::try_from).collect()
}

/// All that are open in a scope are due now: diversion was withdrawn. Says how many.
pub(crate) async fn all_at_once(c: &mut Conn<'_>, scope: &Scope, now: Ts) -> Result<u64> {
    let text = "UPDATE emergency_recontact SET due_at = $2, late_told_at = NULL WHERE district_id = $1 AND done_at IS NULL AND due_at > $2 \
                AND call_id IN (SELECT id FROM emergency_call WHERE district_id = $1 AND place_path >= $3 AND place_path < $4)";
    exec!(c, sqlx::query(text).bind(scope.district).bind(now).bind(scope.from()).bind(scope.to()))
}
