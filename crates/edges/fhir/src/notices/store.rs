//! The tables of subscriptions.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_identity::keys::KeyId;
use linli_kernel::{DistrictId, Ts};
use linli_people::model::OrganisationId;
use sqlx::AssertSqlSafe;

use super::{Notice, NoticeId};

const COLUMNS: &str = "district_id, id, key_id, organisation_id, criteria, reason, endpoint, full_payload, headers_sealed, status, problem, \
    ends_at, made_at, changed_at, attempts, next_at";

#[derive(linli_db::FromRow)]
struct Row {
    district_id: DistrictId,
    id: NoticeId,
    key_id: KeyId,
    organisation_id: OrganisationId,
    criteria: String,
    reason: String,
    endpoint: String,
    full_payload: bool,
    headers_sealed: Option<Vec<u8>>,
    status: String,
    problem: Option<String>,
    ends_at: Option<Ts>,
    made_at: Ts,
    changed_at: Ts,
    attempts: i64,
    next_at: Ts,
}

impl TryFrom<Row> for Notice {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self> {
        let damaged = || DbError::Inconsistent { table: "fhir_subscription", column: "status", row: row.id.to_string() };
        Ok(Self {
            status: row.status.parse().map_err(|_| damaged())?,
            district: row.district_id,
            id: row.id,
            key: row.key_id,
            organisation: row.organisation_id,
            criteria: row.criteria,
            reason: row.reason,
            endpoint: row.endpoint,
            full: row.full_payload,
            headers_sealed: row.headers_sealed,
            problem: row.problem,
            ends_at: row.ends_at,
            made_at: row.made_at,
            changed_at: row.changed_at,
            attempts: row.attempts,
            next_at: row.next_at,
        })
    }
}

/// Keeps a new one.
pub(crate) async fn put(c: &mut Conn<'_>, new: &Notice) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO fhir_subscription (district_id, id, key_id, organisation_id, criteria, reason, endpoint, full_payload, headers_sealed, \
             status, ends_at, made_at, changed_at, attempts, next_at, held_until) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0)"
        )
        .bind(new.district)
        .bind(new.id)
        .bind(new.key)
        .bind(new.organisation)
        .bind(&new.criteria)
        .bind(&new.reason)
        .bind(&new.endpoint)
        .bind(new.full)
        .bind(&new.headers_sealed)
        .bind(new.status.as_str())
        .bind(new.ends_at)
        .bind(new.made_at)
        .bind(new.changed_at)
        .bind(new.attempts)
        .bind(new.next_at)
    )
    .map(|_| ())
}

/// The subscriptions of a key, the oldest first.
pub(crate) async fn of_key(c: &mut Conn<'_>, district: DistrictId, key: KeyId) -> Result<Vec<Notice>> {
    let text = format!("SELECT {COLUMNS} FROM fhir_subscription WHERE district_id = $1 AND key_id = $2 ORDER BY id");
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(key).fetch_all(x).await)?;
    rows.into_iter().map(Notice::try_from).collect()
}

/// One.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: NoticeId) -> Result<Option<Notice>> {
    let text = format!("SELECT {COLUMNS} FROM fhir_subscription WHERE district_id = $1 AND id = $2");
    let row: Option<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Notice::try_from).transpose()
}

/// Takes one away. Gives whether it was there.
pub(crate) async fn remove(c: &mut Conn<'_>, district: DistrictId, id: NoticeId) -> Result<bool> {
    let text = "DELETE FROM fhir_subscription_told WHERE district_id = $1 AND subscription_id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id))?;
    let text = "DELETE FROM fhir_subscription WHERE district_id = $1 AND id = $2";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(id))? == 1)
}

/// Those of every district that are due and that nobody is at, who waits longest first. Whoever is held until after `lost` was held by a clock
/// that has been put back since.
pub(crate) async fn due(c: &mut Conn<'_>, now: Ts, lost: Ts, limit: i64) -> Result<Vec<Notice>> {
    let text = format!(
        "SELECT {COLUMNS} FROM fhir_subscription WHERE status <> 'off' AND next_at <= $1 AND (held_until <= $1 OR held_until > $2) \
         ORDER BY next_at, id LIMIT $3"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(now).bind(lost).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Notice::try_from).collect()
}

/// Takes one for oneself until an instant. Gives whether nobody else had it.
pub(crate) async fn hold(c: &mut Conn<'_>, notice: &Notice, (now, lost): (Ts, Ts), until: Ts) -> Result<bool> {
    let text = "UPDATE fhir_subscription SET held_until = $5 WHERE district_id = $1 AND id = $2 AND status <> 'off' \
                AND (held_until <= $3 OR held_until > $4)";
    let touched = exec!(c, sqlx::query(text).bind(notice.district).bind(notice.id).bind(now).bind(lost).bind(until))?;
    Ok(touched == 1)
}

/// Everything up to a line of a district was told; it is held on. Gives whether it was still one's own.
pub(crate) async fn told(
    c: &mut Conn<'_>,
    notice: &Notice,
    (of, seq): (DistrictId, i64),
    (held, until): (Ts, Ts),
) -> Result<bool> {
    let text =
        "UPDATE fhir_subscription SET held_until = $4, attempts = 0 WHERE district_id = $1 AND id = $2 AND held_until = $3";
    if exec!(c, sqlx::query(text).bind(notice.district).bind(notice.id).bind(held).bind(until))? != 1 {
        return Ok(false);
    }
    put_told(c, notice, (of, seq)).await?;
    Ok(true)
}

/// Writes up to which line of a district everything was told.
pub(crate) async fn put_told(c: &mut Conn<'_>, notice: &Notice, (of, seq): (DistrictId, i64)) -> Result<()> {
    let text = "INSERT INTO fhir_subscription_told (district_id, subscription_id, of_district, seq) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (district_id, subscription_id, of_district) DO UPDATE SET seq = excluded.seq";
    exec!(c, sqlx::query(text).bind(notice.district).bind(notice.id).bind(of).bind(seq)).map(|_| ())
}

/// Up to which line of which district everything was told.
pub(crate) async fn told_of(c: &mut Conn<'_>, notice: &Notice) -> Result<Vec<(DistrictId, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT of_district, seq FROM fhir_subscription_told WHERE district_id = $1 AND subscription_id = $2 ORDER BY of_district"
    ).bind(notice.district).bind(notice.id).fetch_all(x).await)
}

/// Lets go of one and writes how it stands.
pub(crate) async fn let_go(c: &mut Conn<'_>, notice: &Notice, held: Ts) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE fhir_subscription SET status = $4, problem = $5, changed_at = $6, attempts = $7, next_at = $8, held_until = 0 \
             WHERE district_id = $1 AND id = $2 AND held_until = $3"
        )
        .bind(notice.district)
        .bind(notice.id)
        .bind(held)
        .bind(notice.status.as_str())
        .bind(&notice.problem)
        .bind(notice.changed_at)
        .bind(notice.attempts)
        .bind(notice.next_at)
    )?;
    Ok(touched == 1)
}
