//! The tables of other servers and of what was handed over to them.

use linli_cases::CaseId;
use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use sqlx::AssertSqlSafe;

use super::push::{Push, Stage};
use super::remotes::{Remote, RemoteId};

const REMOTE: &str = "district_id, id, name, url, jurisdiction, place_key, mapping, key_sealed, inside, idempotent, pulls, created_at, \
    removed_at, pulled_to, followed, looked_at, problem";
const PUSH: &str =
    "id, remote_id, case_id, system, service_code, state, attempts, made_at, tried_at, token, request_id, told, problem";
/// How many values one `IN` list carries.
const IN_LIST: usize = 200;

/// Keeps a server; false when an open one of the district has this name.
pub(crate) async fn put_remote(c: &mut Conn<'_>, r: &Remote) -> Result<bool> {
    let rows = exec!(c, sqlx::query(
        "INSERT INTO open311_remote (district_id, id, name, url, jurisdiction, place_key, mapping, key_sealed, inside, idempotent, pulls, \
         created_at, followed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING"
    ).bind(r.district_id).bind(r.id).bind(&r.name).bind(&r.url).bind(&r.jurisdiction).bind(&r.place_key).bind(&r.mapping)
     .bind(&r.key_sealed).bind(r.inside).bind(r.idempotent).bind(r.pulls).bind(r.created_at).bind(&r.followed))?;
    Ok(rows == 1)
}

/// The open servers of a district, by name.
pub(crate) async fn remotes(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<Remote>> {
    let text = format!("SELECT {REMOTE} FROM open311_remote WHERE district_id = $1 AND removed_at IS NULL ORDER BY name");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).fetch_all(x).await)
}

/// The open server with a name.
pub(crate) async fn remote_named(c: &mut Conn<'_>, district: DistrictId, name: &str) -> Result<Option<Remote>> {
    let text = format!("SELECT {REMOTE} FROM open311_remote WHERE district_id = $1 AND name = $2 AND removed_at IS NULL");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(name).fetch_optional(x).await)
}

/// Closes a server and forgets its key.
pub(crate) async fn remove_remote(c: &mut Conn<'_>, district: DistrictId, id: RemoteId, at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "UPDATE open311_remote SET removed_at = $3, key_sealed = NULL WHERE district_id = $1 AND id = $2 AND removed_at IS NULL"
        )
        .bind(district)
        .bind(id)
        .bind(at)
    )
    .map(|_| ())
}

/// What a look at a server came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    /// Until when everything was pulled; as before when `None`.
    pub(crate) pulled_to: Option<Ts>,
    /// The last open request that was asked about; as before when `None`.
    pub(crate) followed: Option<String>,
    /// What went wrong.
    pub(crate) problem: Option<String>,
}

/// Notes a look at a server.
pub(crate) async fn looked(c: &mut Conn<'_>, district: DistrictId, id: RemoteId, at: Ts, look: &Look) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "UPDATE open311_remote SET looked_at = $3, pulled_to = COALESCE($4, pulled_to), followed = COALESCE($5, followed), \
             problem = $6 WHERE district_id = $1 AND id = $2"
        )
        .bind(district)
        .bind(id)
        .bind(at)
        .bind(look.pulled_to)
        .bind(&look.followed)
        .bind(&look.problem)
    )
    .map(|_| ())
}

/// Keeps what is to be handed over; false when the case was handed to that server before.
pub(crate) async fn put_push(c: &mut Conn<'_>, district: DistrictId, p: &Push) -> Result<bool> {
    let rows = exec!(
        c,
        sqlx::query(
            "INSERT INTO open311_push (district_id, id, remote_id, case_id, system, service_code, state, attempts, made_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING"
        )
        .bind(district)
        .bind(p.id)
        .bind(p.remote_id)
        .bind(p.case_id)
        .bind(&p.system)
        .bind(&p.service_code)
        .bind(&p.state)
        .bind(p.attempts)
        .bind(p.made_at)
    )?;
    Ok(rows == 1)
}

/// What stands at a stage with a server, the oldest first.
pub(crate) async fn at_stage(
    c: &mut Conn<'_>,
    district: DistrictId,
    remote: RemoteId,
    stage: Stage,
    limit: i64,
) -> Result<Vec<Push>> {
    let text = format!(
        "SELECT {PUSH} FROM open311_push WHERE district_id = $1 AND remote_id = $2 AND state = $3 ORDER BY made_at, id LIMIT $4"
    );
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(remote).bind(stage.as_str()).bind(limit).fetch_all(x).await)
}

/// What was handed to a server, the latest first.
pub(crate) async fn of_remote(c: &mut Conn<'_>, district: DistrictId, remote: RemoteId, limit: i64) -> Result<Vec<Push>> {
    let text =
        format!("SELECT {PUSH} FROM open311_push WHERE district_id = $1 AND remote_id = $2 ORDER BY made_at DESC, id LIMIT $3");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(remote).bind(limit).fetch_all(x).await)
}

/// What was sent to a server and is open there as far as is known, the longest not asked about first.
pub(crate) async fn to_follow(c: &mut Conn<'_>, district: DistrictId, remote: RemoteId, limit: i64) -> Result<Vec<Push>> {
    let text = format!(
        "SELECT {PUSH} FROM open311_push WHERE district_id = $1 AND remote_id = $2 AND state = $3 AND request_id IS NOT NULL \
         AND (told IS NULL OR told NOT LIKE 'closed%') ORDER BY tried_at, id LIMIT $4"
    );
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(remote).bind(Stage::Sent.as_str()).bind(limit).fetch_all(x).await)
}

/// What was handed to a server of a case.
pub(crate) async fn of_case(c: &mut Conn<'_>, district: DistrictId, remote: RemoteId, case: CaseId) -> Result<Option<Push>> {
    let text = format!("SELECT {PUSH} FROM open311_push WHERE district_id = $1 AND remote_id = $2 AND case_id = $3");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(remote).bind(case).fetch_optional(x).await)
}

/// Moves a push from one stage to what it is now; false when it stood elsewhere, because somebody else has it.
pub(crate) async fn moved(c: &mut Conn<'_>, district: DistrictId, from: Stage, p: &Push) -> Result<bool> {
    let rows = exec!(c, sqlx::query(
        "UPDATE open311_push SET state = $4, attempts = $5, tried_at = $6, token = $7, request_id = $8, told = $9, problem = $10 \
         WHERE district_id = $1 AND id = $2 AND state = $3"
    ).bind(district).bind(p.id).bind(from.as_str()).bind(&p.state).bind(p.attempts).bind(p.tried_at).bind(&p.token)
     .bind(&p.request_id).bind(&p.told).bind(&p.problem))?;
    Ok(rows == 1)
}

/// Those of these requests of a system that we sent there.
pub(crate) async fn sent_among(c: &mut Conn<'_>, district: DistrictId, system: &str, ids: &[String]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(IN_LIST) {
        let marks = (0..chunk.len()).map(|n| format!("${}", n + 3)).collect::<Vec<_>>().join(", ");
        let text = format!(
            "SELECT request_id FROM open311_push WHERE district_id = $1 AND system = $2 AND request_id IS NOT NULL \
             AND request_id IN ({marks})"
        );
        let rows: Vec<String> = sql!(c, x => {
            let mut query = sqlx::query_scalar(AssertSqlSafe(text)).persistent(false).bind(district).bind(system);
            for id in chunk {
                query = query.bind(id);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}

/// How many cases are to be sent to a server, or may have been, without it being known whether it has them. What it refused is over.
pub(crate) async fn pending(c: &mut Conn<'_>, district: DistrictId, remote: RemoteId) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT COUNT(*) FROM open311_push WHERE district_id = $1 AND remote_id = $2 AND state IN ('waiting', 'sending', 'token', 'unsure')"
    ).bind(district).bind(remote).fetch_one(x).await)
}

/// Whether something was or may have been sent to a server of which it is not known yet under which key the server has it.
pub(crate) async fn unsettled(c: &mut Conn<'_>, district: DistrictId, remote: RemoteId) -> Result<bool> {
    let found: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "SELECT made_at FROM open311_push WHERE district_id = $1 AND remote_id = $2 AND state IN ('sending', 'token', 'unsure') LIMIT 1"
    ).bind(district).bind(remote).fetch_optional(x).await)?;
    Ok(found.is_some())
}
