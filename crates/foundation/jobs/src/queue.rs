//! The tables of the queue.

use linli_access::Ctx;
use linli_db::{Conn, DbError, Tx, exec, sql};
use linli_kernel::{DistrictId, Ts};
use serde_json::Value;
use uuid::Uuid;

use crate::worker::TURN_SECS;

/// Clocks of several machines may differ by so much, seconds; more means that a clock was put back.
const PUT_BACK_SECS: i64 = 120;

/// A job somebody holds for a while.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct Held {
    pub(crate) district_id: DistrictId,
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) payload: String,
    pub(crate) attempts: i64,
}

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Failed {
    /// Its district.
    pub district_id: DistrictId,
    /// Its id.
    pub id: Uuid,
    /// What it was.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i64,
    /// What went wrong the last time.
    pub last_error: Option<String>,
}

/// Puts a job into the queue, in the transaction of the change that wants it.
///
/// # Errors
/// Store errors.
pub async fn put(ctx: &Ctx, tx: &mut Tx, kind: &'static str, payload: &Value, run_at: Ts) -> Result<(), DbError> {
    let id = linli_kernel::_private::uuid_v7(ctx.clock.as_ref(), ctx.rng.as_ref());
    let district = tx.district();
    let c = &mut tx.conn()?;
    exec!(c, sqlx::query(
        "INSERT INTO job (district_id, id, kind, payload, run_at, attempts, held_until, succeeded) VALUES ($1, $2, $3, $4, $5, 0, 0, $6)"
    ).bind(district).bind(id).bind(kind).bind(payload.to_string()).bind(run_at).bind(false)).map(|_| ())
}

/// Takes up to `limit` due jobs of any district and holds them until `until`. Nobody else takes them before. A hold that ends
/// after `until` was set by a clock that has been put back since; nobody waits for it.
pub(crate) async fn hold(c: &mut Conn<'_>, now: Ts, until: Ts, limit: i64) -> Result<Vec<Held>, DbError> {
    sql!(c, x => sqlx::query_as(
        "UPDATE job SET held_until = $2, attempts = attempts + 1 WHERE ended_at IS NULL AND (held_until <= $1 OR held_until > $4) AND (district_id, id) IN \
         (SELECT district_id, id FROM job WHERE ended_at IS NULL AND run_at <= $1 AND (held_until <= $1 OR held_until > $4) ORDER BY run_at LIMIT $3) \
         RETURNING district_id, id, kind, payload, attempts"
    ).bind(now).bind(until).bind(limit).bind(until.plus_secs(PUT_BACK_SECS)).fetch_all(x).await)
}

pub(crate) async fn done(c: &mut Conn<'_>, job: &Held, now: Ts) -> Result<(), DbError> {
    exec!(
        c,
        sqlx::query("UPDATE job SET ended_at = $3, succeeded = $4, last_error = NULL WHERE district_id = $1 AND id = $2")
            .bind(job.district_id)
            .bind(job.id)
            .bind(now)
            .bind(true)
    )
    .map(|_| ())
}

pub(crate) async fn again(c: &mut Conn<'_>, job: &Held, error: &str, at: Ts) -> Result<(), DbError> {
    exec!(
        c,
        sqlx::query("UPDATE job SET run_at = $3, held_until = 0, last_error = $4 WHERE district_id = $1 AND id = $2")
            .bind(job.district_id)
            .bind(job.id)
            .bind(at)
            .bind(error)
    )
    .map(|_| ())
}

pub(crate) async fn give_up(c: &mut Conn<'_>, job: &Held, error: &str, now: Ts) -> Result<(), DbError> {
    exec!(
        c,
        sqlx::query("UPDATE job SET ended_at = $3, succeeded = $4, last_error = $5 WHERE district_id = $1 AND id = $2")
            .bind(job.district_id)
            .bind(job.id)
            .bind(now)
            .bind(false)
            .bind(error)
    )
    .map(|_| ())
}

/// Jobs that were given up, newest first, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn failed(c: &mut Conn<'_>, limit: i64) -> Result<Vec<Failed>, DbError> {
    sql!(c, x => sqlx::query_as(
        "SELECT district_id, id, kind, attempts, last_error FROM job WHERE ended_at IS NOT NULL AND succeeded = $1 ORDER BY ended_at DESC LIMIT $2"
    ).bind(false).bind(limit).fetch_all(x).await)
}

/// The last turn of a recurrent job.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Turn {
    /// Its name.
    pub kind: String,
    /// When it ran last.
    pub last_at: Option<Ts>,
    /// When it is due again.
    pub next_at: Ts,
    /// What went wrong the last time; `None` when nothing did.
    pub last_error: Option<String>,
}

/// The last turn of every recurrent job that ever ran here.
///
/// # Errors
/// Store errors.
pub async fn turns(c: &mut Conn<'_>) -> Result<Vec<Turn>, DbError> {
    sql!(c, x => sqlx::query_as("SELECT kind, last_at, next_at, last_error FROM recurrent_job ORDER BY kind").fetch_all(x).await)
}

/// How many jobs wait in the queue, and how many were given up.
///
/// # Errors
/// Store errors.
pub async fn depth(c: &mut Conn<'_>) -> Result<(i64, i64), DbError> {
    sql!(c, x => sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(CASE WHEN ended_at IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(SUM(CASE WHEN ended_at IS NOT NULL AND succeeded = $1 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM job"
    ).bind(false).fetch_one(x).await)
}

/// Takes the turn of a recurrent job when it is due and nobody is at it; gives until when it is held. Nothing when it is not due, or somebody has it. A last
/// turn in the future means that the clock was put back: the job does not wait until the clock has caught up, and so with a hold.
pub(crate) async fn take_turn(c: &mut Conn<'_>, kind: &str, now: Ts, next: Ts) -> Result<Option<Ts>, DbError> {
    let until = now.plus_secs(TURN_SECS);
    let touched = exec!(
        c,
        sqlx::query(
            "INSERT INTO recurrent_job (kind, next_at, last_at, held_until) VALUES ($1, $3, $2, $5) \
         ON CONFLICT (kind) DO UPDATE SET next_at = excluded.next_at, last_at = excluded.last_at, held_until = excluded.held_until \
         WHERE (recurrent_job.next_at <= excluded.last_at OR recurrent_job.last_at > $4) \
         AND (recurrent_job.held_until <= excluded.last_at OR recurrent_job.held_until > $6)"
        )
        .bind(kind)
        .bind(now)
        .bind(next)
        .bind(now.plus_secs(PUT_BACK_SECS))
        .bind(until)
        .bind(until.plus_secs(PUT_BACK_SECS))
    )?;
    Ok((touched == 1).then_some(until))
}

/// Holds a turn longer, as long as nobody has taken it meanwhile. Gives until when it is held.
pub(crate) async fn hold_turn(c: &mut Conn<'_>, kind: &str, held: Ts, now: Ts) -> Result<Ts, DbError> {
    let until = now.plus_secs(TURN_SECS);
    let text = "UPDATE recurrent_job SET held_until = $3 WHERE kind = $1 AND held_until = $2";
    let touched = exec!(c, sqlx::query(text).bind(kind).bind(held).bind(until))?;
    Ok(if touched == 1 { until } else { held })
}

pub(crate) async fn note_turn(c: &mut Conn<'_>, kind: &str, error: Option<&str>) -> Result<(), DbError> {
    exec!(c, sqlx::query("UPDATE recurrent_job SET last_error = $2, held_until = 0 WHERE kind = $1").bind(kind).bind(error))
        .map(|_| ())
}
