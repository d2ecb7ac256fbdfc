//! Calls, and what is sealed of their callers.

use std::collections::HashMap;

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{damaged, word};
use crate::model::{Call, CallClass, CallId, CallState};

const CALL: &str = "c.district_id, c.id, c.place_path, c.received_at, c.classified_at, c.received_by, c.signs, c.suggested, c.suggested_by, \
    c.decided, c.against, c.class, c.state, c.repeat_of, c.diverted_to, c.diverted_at, c.raised_at, c.worsened_at, c.ending, c.due_at, \
    c.late_told_at, c.over_at";

#[derive(linli_db::FromRow)]
struct Row {
    district_id: DistrictId,
    id: CallId,
    place_path: PlacePath,
    received_at: Ts,
    classified_at: Ts,
    received_by: Uuid,
    signs: String,
    suggested: String,
    suggested_by: String,
    decided: String,
    against: Option<String>,
    class: String,
    state: String,
    repeat_of: Option<CallId>,
    diverted_to: Option<String>,
    diverted_at: Option<Ts>,
    raised_at: Option<Ts>,
    worsened_at: Option<Ts>,
    ending: Option<String>,
    due_at: Option<Ts>,
    late_told_at: Option<Ts>,
    over_at: Option<Ts>,
}

impl TryFrom<Row> for Call {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self> {
        let damaged = |column| damaged("emergency_call", column, row.id);
        Ok(Self {
            suggested: row.suggested.parse().map_err(|_| damaged("suggested"))?,
            decided: row.decided.parse().map_err(|_| damaged("decided"))?,
            class: row.class.parse().map_err(|_| damaged("class"))?,
            state: row.state.parse().map_err(|_| damaged("state"))?,
            against: word(row.against.as_deref(), || damaged("against"))?,
            diverted_to: word(row.diverted_to.as_deref(), || damaged("diverted_to"))?,
            ending: word(row.ending.as_deref(), || damaged("ending"))?,
            signs: row.signs.split(',').filter(|sign| !sign.is_empty()).map(str::to_owned).collect(),
            district: row.district_id,
            id: row.id,
            place: row.place_path,
            received_at: row.received_at,
            classified_at: row.classified_at,
            received_by: row.received_by,
            suggested_by: row.suggested_by,
            repeat_of: row.repeat_of,
            diverted_at: row.diverted_at,
            raised_at: row.raised_at,
            worsened_at: row.worsened_at,
            due_at: row.due_at,
            late_told_at: row.late_told_at,
            over_at: row.over_at,
        })
    }
}

fn all(rows: Vec<Row>) -> Result<Vec<Call>> {
    rows.into_iter().map(Call::try_from).collect()
}

/// What a second call about the same is found by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Traces {
    /// The keyed hash of the number.
    pub number: Option<Vec<u8>>,
    /// The keyed hash of the place.
    pub place: Option<Vec<u8>>,
}

/// Writes a new call and what was told.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Call, traces: &Traces, sealed: &[u8]) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO emergency_call (district_id, id, place_path, received_at, classified_at, received_by, signs, suggested, suggested_by, \
             decided, against, class, state, repeat_of, ending, due_at, over_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1)"
        )
        .bind(new.district)
        .bind(new.id)
        .bind(&new.place)
        .bind(new.received_at)
        .bind(new.classified_at)
        .bind(new.received_by)
        .bind(new.signs.join(","))
        .bind(new.suggested.as_str())
        .bind(&new.suggested_by)
        .bind(new.decided.as_str())
        .bind(new.against.map(|one| one.as_str()))
        .bind(new.class.as_str())
        .bind(new.state.as_str())
        .bind(new.repeat_of)
        .bind(new.ending.map(|one| one.as_str()))
        .bind(new.due_at)
        .bind(new.over_at)
    )?;
    let text = "INSERT INTO emergency_caller (district_id, call_id, received_at, number_hash, place_hash, sealed) \
                VALUES ($1, $2, $3, $4, $5, $6)";
    exec!(
        c,
        sqlx::query(text)
            .bind(new.district)
            .bind(new.id)
            .bind(new.received_at)
            .bind(traces.number.as_deref())
            .bind(traces.place.as_deref())
            .bind(sealed)
    )
    .map(|_| ())
}

/// A call.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: CallId) -> Result<Option<Call>> {
    let text = format!("SELECT {CALL} FROM emergency_call c WHERE c.district_id = $1 AND c.id = $2");
    let row: Option<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Call::try_from).transpose()
}

/// A call, held until the transaction ends.
pub(crate) async fn lock(c: &mut Conn<'_>, district: DistrictId, id: CallId) -> Result<Option<Call>> {
    let text = "UPDATE emergency_call SET version = version + 1 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id))?;
    one(c, district, id).await
}

/// Writes what a call has become. Only under its lock.
pub(crate) async fn put(c: &mut Conn<'_>, call: &Call) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "UPDATE emergency_call SET class = $3, state = $4, diverted_to = $5, diverted_at = $6, raised_at = $7, worsened_at = $8, \
             ending = $9, due_at = $10, late_told_at = $11, over_at = $12 WHERE district_id = $1 AND id = $2"
        )
        .bind(call.district)
        .bind(call.id)
        .bind(call.class.as_str())
        .bind(call.state.as_str())
        .bind(call.diverted_to.map(|one| one.as_str()))
        .bind(call.diverted_at)
        .bind(call.raised_at)
        .bind(call.worsened_at)
        .bind(call.ending.map(|one| one.as_str()))
        .bind(call.due_at)
        .bind(call.late_told_at)
        .bind(call.over_at)
    )
    .map(|_| ())
}

/// First calls since an instant about the same number or place, the newest first.
pub(crate) async fn about_the_same(
    c: &mut Conn<'_>,
    district: DistrictId,
    traces: &Traces,
    since: Ts,
    limit: i64,
) -> Result<Vec<Call>> {
    let mut found: Vec<Call> = Vec::new();
    for (column, hash) in [("number_hash", &traces.number), ("place_hash", &traces.place)] {
        let Some(hash) = hash else { continue };
        let text = format!(
            "SELECT {CALL} FROM emergency_caller k JOIN emergency_call c ON c.district_id = k.district_id AND c.id = k.call_id \
             WHERE k.district_id = $1 AND k.{column} = $2 AND k.received_at >= $3 AND c.repeat_of IS NULL AND c.class <> 'other' \
             ORDER BY k.received_at DESC LIMIT $4"
        );
        let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
            .bind(district).bind(hash).bind(since).bind(limit).fetch_all(x).await)?;
        for call in all(rows)? {
            if !found.iter().any(|known| known.id == call.id) {
                found.push(call);
            }
        }
    }
    found.sort_by_key(|call| std::cmp::Reverse((call.received_at, call.id)));
    Ok(found)
}

/// Calls in a scope that are not over, with what is sealed of them: urgent ones that wait on top, then who waits longest.
pub(crate) async fn open(c: &mut Conn<'_>, scope: &Scope, limit: i64) -> Result<Vec<(Call, Option<Vec<u8>>)>> {
    let text = format!(
        "SELECT {CALL} FROM emergency_call c WHERE c.district_id = $1 AND c.over_at IS NULL AND c.place_path >= $2 AND c.place_path < $3 \
         ORDER BY CASE WHEN c.state = 'waiting' AND c.class = 'vehicle_urgent' THEN 0 WHEN c.class = 'vehicle_urgent' THEN 1 \
         WHEN c.state = 'waiting' THEN 2 ELSE 3 END, c.received_at, c.id LIMIT $4"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(limit).fetch_all(x).await)?;
    let told: Vec<(CallId, Vec<u8>)> = sql!(c, x => sqlx::query_as(
        "SELECT k.call_id, k.sealed FROM emergency_call c JOIN emergency_caller k ON k.district_id = c.district_id AND k.call_id = c.id \
         WHERE c.district_id = $1 AND c.over_at IS NULL AND c.place_path >= $2 AND c.place_path < $3"
    ).bind(scope.district).bind(scope.from()).bind(scope.to()).fetch_all(x).await)?;
    let mut told: HashMap<CallId, Vec<u8>> = told.into_iter().collect();
    let calls = all(rows)?.into_iter();
    Ok(calls.map(|call| (told.remove(&call.id), call)).map(|(told, call)| (call, told)).collect())
}

/// Later calls about the same, the oldest first.
pub(crate) async fn repeats(c: &mut Conn<'_>, district: DistrictId, first: CallId) -> Result<Vec<Call>> {
    let text =
        format!("SELECT {CALL} FROM emergency_call c WHERE c.district_id = $1 AND c.repeat_of = $2 ORDER BY c.received_at, c.id");
    all(sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(first).fetch_all(x).await)?)
}

/// What is sealed of a call; nothing once it was erased.
pub(crate) async fn sealed(c: &mut Conn<'_>, district: DistrictId, id: CallId) -> Result<Option<Vec<u8>>> {
    sql!(c, x => sqlx::query_scalar("SELECT sealed FROM emergency_caller WHERE district_id = $1 AND call_id = $2")
        .bind(district).bind(id).fetch_optional(x).await)
}

/// How many calls that are urgent wait for a vehicle.
pub(crate) async fn urgent_waiting(c: &mut Conn<'_>, district: DistrictId) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT COUNT(*) FROM emergency_call WHERE district_id = $1 AND state = $2 AND class = $3 AND over_at IS NULL"
    ).bind(district).bind(CallState::Waiting.as_str()).bind(CallClass::VehicleUrgent.as_str()).fetch_one(x).await)
}

/// Calls whose clock is over by now and of which that was not told, the longest over first.
pub(crate) async fn late(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<CallId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT id FROM emergency_call WHERE district_id = $1 AND due_at <= $2 AND late_told_at IS NULL ORDER BY due_at, id LIMIT $3"
    ).bind(district).bind(now).bind(limit).fetch_all(x).await)
}

/// Erases what was told and what it is found by, of calls before an instant that are over; says how many.
pub(crate) async fn forget(c: &mut Conn<'_>, district: DistrictId, before: Ts, limit: i64) -> Result<u64> {
    exec!(
        c,
        sqlx::query(
            "DELETE FROM emergency_caller WHERE district_id = $1 AND call_id IN (SELECT k.call_id FROM emergency_caller k \
             JOIN emergency_call c ON c.district_id = k.district_id AND c.id = k.call_id \
             WHERE k.district_id = $1 AND k.received_at < $2 AND c.over_at IS NOT NULL ORDER BY k.received_at LIMIT $3)"
        )
        .bind(district)
        .bind(before)
        .bind(limit)
    )
}
