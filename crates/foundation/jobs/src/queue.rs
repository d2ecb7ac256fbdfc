//! The tables of the queue.

use linli_access::Ctx;
use linli_db::{Conn, DbError, Tx, exec, sql};
use linli_kernel::{DistrictId, Ts};
use serde_json::Value;
use uuid::Uuid;

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

/// Which kinds of jobs somebody takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kinds<'a> {
    /// These.
    Only(&'a [&'static str]),
    /// All but these: also those that nobody here knows, which are given up in time.
    AllBut(&'a [&'static str]),
}

/// Takes the job that is due longest, of any district, and holds it until `until`. Nobody else takes it before. A hold that ends
/// after `until` was set by a clock that has been put back since; nobody waits for it.
pub(crate) async fn hold(c: &mut Conn<'_>, kinds: Kinds<'_>, now: Ts, until: Ts) -> Result<Option<Held>, DbError> {
    let (word, kinds) = match kinds {
        Kinds::Only([]) => return Ok(None),
        Kinds::Only(kinds) => ("IN", kinds),
        Kinds::AllBut(kinds) => ("NOT IN", kinds),
    };
    let marks: Vec<String> = (4..4 + kinds.len()).map(|n| format!("${n}")).collect();
    let of_kind = if marks.is_empty() { String::new() } else { format!("AND kind {word} ({})", marks.join(", ")) };
    let text = format!(
        "UPDATE job SET held_until = $2, attempts = attempts + 1 WHERE ended_at IS NULL AND (held_until <= $1 OR held_until > $3) AND (district_id, id) IN \
         (SELECT district_id, id FROM job WHERE ended_at IS NULL AND run_at <= $1 AND (held_until <= $1 OR held_until > $3) {of_kind} ORDER BY run_at LIMIT 1) \
         RETURNING district_id, id, kind, payload, attempts"
    );
    sql!(c, x => {
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(now).bind(until).bind(until.plus_secs(PUT_BACK_SECS));
        for kind in kinds {
            query = query.bind(*kind);
        }
        query.fetch_optional(x).await
    })
}

/// Holds a job for longer; false when somebody else has taken it over meanwhile. Each holding has its own count of attempts.
pub(crate) async fn hold_on(c: &mut Conn<'_>, job: &Held, until: Ts) -> Result<bool, DbError> {
    let text = "UPDATE job SET held_until = $4 WHERE district_id = $1 AND id = $2 AND attempts = $3 AND ended_at IS NULL";
    let touched = exec!(c, sqlx::query(text).bind(job.district_id).bind(job.id).bind(job.attempts).bind(until))?;
    Ok(touched == 1)
}

pub(crate) async fn done(c: &mut Conn<'_>, job: &Held, now: Ts) -> Result<(), DbError> {
    let text =
        "UPDATE job SET ended_at = $4, succeeded = $5, last_error = NULL WHERE district_id = $1 AND id = $2 AND attempts = $3";
    exec!(c, sqlx::query(text).bind(job.district_id).bind(job.id).bind(job.attempts).bind(now).bind(true)).map(|_| ())
}

pub(crate) async fn again(c: &mut Conn<'_>, job: &Held, error: &str, at: Ts) -> Result<(), DbError> {
    let text = "UPDATE job SET run_at = $4, held_until = 0, last_error = $5 WHERE district_id = $1 AND id = $2 AND attempts = $3";
    exec!(c, sqlx::query(text).bind(job.district_id).bind(job.id).bind(job.attempts).bind(at).bind(error)).map(|_| ())
}

pub(crate) async fn give_up(c: &mut Conn<'_>, job: &Held, error: &str, now: Ts) -> Result<(), DbError> {
    let text =
        "UPDATE job SET ended_at = $4, succeeded = $5, last_error = $6 WHERE district_id = $1 AND id = $2 AND attempts = $3";
    exec!(c, sqlx::query(text).bind(job.district_id).bind(job.id).bind(job.attempts).bind(now).bind(false).bind(error))
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

/// Somebody's turn of a recurrent job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) kind: &'static str,
    /// Who has it: a number of its own for every turn.
    pub(crate) holder: Uuid,
}

/// Takes the turn of a recurrent job when it is due, and holds it until `until`; false when it is not due, or somebody else has it. A last turn
/// in the future means that the clock was put back: the job does not wait until the clock has caught up. A hold that is over was left behind by
/// a process that died.
pub(crate) async fn take_turn(c: &mut Conn<'_>, lease: Lease, now: Ts, (next, until): (Ts, Ts)) -> Result<bool, DbError> {
    let touched = exec!(
        c,
        sqlx::query(
            "INSERT INTO recurrent_job (kind, next_at, last_at, holder, held_until) VALUES ($1, $3, $2, $5, $6) \
         ON CONFLICT (kind) DO UPDATE SET next_at = excluded.next_at, last_at = excluded.last_at, holder = excluded.holder, \
         held_until = excluded.held_until \
         WHERE (recurrent_job.next_at <= excluded.last_at OR recurrent_job.last_at > $4) \
         AND (recurrent_job.held_until <= excluded.last_at OR recurrent_job.held_until > $7)"
        )
        .bind(lease.kind)
        .bind(now)
        .bind(next)
        .bind(now.plus_secs(PUT_BACK_SECS))
        .bind(lease.holder)
        .bind(until)
        .bind(until.plus_secs(PUT_BACK_SECS))
    )?;
    Ok(touched == 1)
}

/// Holds a turn for longer; false when somebody else has taken it over meanwhile.
pub(crate) async fn renew_turn(c: &mut Conn<'_>, lease: Lease, until: Ts) -> Result<bool, DbError> {
    let text = "UPDATE recurrent_job SET held_until = $3 WHERE kind = $1 AND holder = $2";
    Ok(exec!(c, sqlx::query(text).bind(lease.kind).bind(lease.holder).bind(until))? == 1)
}

/// Gives a turn back, with what went wrong.
pub(crate) async fn end_turn(c: &mut Conn<'_>, lease: Lease, error: Option<&str>) -> Result<(), DbError> {
    let text = "UPDATE recurrent_job SET last_error = $3, holder = NULL, held_until = 0 WHERE kind = $1 AND holder = $2";
    exec!(c, sqlx::query(text).bind(lease.kind).bind(lease.holder).bind(error)).map(|_| ())
}
