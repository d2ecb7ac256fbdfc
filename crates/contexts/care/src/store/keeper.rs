//! Who keeps the watch, and what it asked for that is set aside.

use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use uuid::Uuid;

/// Under which count of keepers the watch is kept, and in which folder it was kept last.
pub(crate) async fn kept(c: &mut Conn<'_>) -> Result<Option<(i64, Uuid)>> {
    sql!(c, x => sqlx::query_as("SELECT epoch, watch_id FROM care_keeper WHERE one = 1").fetch_optional(x).await)
}

/// The watch is kept in this folder from now on; gives the count of this keeper.
pub(crate) async fn keep(c: &mut Conn<'_>, watch: Uuid, at: Ts) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar(
        "INSERT INTO care_keeper (one, epoch, watch_id, since) VALUES (1, 1, $1, $2) ON CONFLICT (one) DO UPDATE SET \
         epoch = care_keeper.epoch + 1, watch_id = excluded.watch_id, since = excluded.since RETURNING epoch"
    ).bind(watch).bind(at).fetch_one(x).await)
}

/// The folders of which something was taken up.
pub(crate) async fn folders(c: &mut Conn<'_>) -> Result<Vec<Uuid>> {
    sql!(c, x => sqlx::query_scalar("SELECT DISTINCT watch_id FROM care_effect").fetch_all(x).await)
}

/// Whether anybody is watched in a district.
pub(crate) async fn anybody(c: &mut Conn<'_>, district: DistrictId) -> Result<bool> {
    let found: Option<i64> = sql!(c, x => sqlx::query_scalar("SELECT slot FROM care_watch WHERE district_id = $1 LIMIT 1")
        .bind(district).fetch_optional(x).await)?;
    Ok(found.is_some())
}

/// Something the watch asked for that is set aside.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct AsideRow {
    pub(crate) district_id: DistrictId,
    pub(crate) watch_id: Uuid,
    pub(crate) number: i64,
    pub(crate) slot: i64,
    pub(crate) since: i64,
    pub(crate) what: String,
    pub(crate) due: Option<i64>,
    pub(crate) why: String,
    pub(crate) tried_at: Ts,
}

/// Sets something aside, or notes why it could not be done once more.
pub(crate) async fn set_aside(c: &mut Conn<'_>, row: &AsideRow) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO care_aside (district_id, watch_id, number, slot, since, what, due, why, tried_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (district_id, watch_id, number) DO UPDATE SET why = excluded.why, tried_at = excluded.tried_at"
        )
        .bind(row.district_id)
        .bind(row.watch_id)
        .bind(row.number)
        .bind(row.slot)
        .bind(row.since)
        .bind(&row.what)
        .bind(row.due)
        .bind(&row.why)
        .bind(row.tried_at)
    )
    .map(|_| ())
}

/// What was set aside and not tried since an instant, in the order in which it was asked for.
pub(crate) async fn aside(c: &mut Conn<'_>, before: Ts, limit: i64) -> Result<Vec<AsideRow>> {
    sql!(c, x => sqlx::query_as(
        "SELECT district_id, watch_id, number, slot, since, what, due, why, tried_at FROM care_aside WHERE tried_at <= $1 \
         ORDER BY district_id, watch_id, number LIMIT $2"
    ).bind(before).bind(limit).fetch_all(x).await)
}

/// It was done, or is nobody's any more.
pub(crate) async fn take_back(c: &mut Conn<'_>, row: &AsideRow) -> Result<()> {
    let text = "DELETE FROM care_aside WHERE district_id = $1 AND watch_id = $2 AND number = $3";
    exec!(c, sqlx::query(text).bind(row.district_id).bind(row.watch_id).bind(row.number)).map(|_| ())
}

/// An alarm that is set aside is over before anybody went.
pub(crate) async fn clear_aside(c: &mut Conn<'_>, district: DistrictId, (slot, since): (i64, i64), question: bool) -> Result<()> {
    let text = "DELETE FROM care_aside WHERE district_id = $1 AND slot = $2 AND since = $3 AND what NOT LIKE 'cleared%' \
                AND (what = 'question') = $4";
    exec!(c, sqlx::query(text).bind(district).bind(slot).bind(since).bind(question)).map(|_| ())
}

/// Forgets what was set aside about a number.
pub(crate) async fn forget_aside(c: &mut Conn<'_>, district: DistrictId, slot: i64) -> Result<()> {
    let text = "DELETE FROM care_aside WHERE district_id = $1 AND slot = $2";
    exec!(c, sqlx::query(text).bind(district).bind(slot)).map(|_| ())
}

/// How many errands, and how many of what the watch asked for, are set aside.
pub(crate) async fn count_aside(c: &mut Conn<'_>) -> Result<(i64, i64)> {
    sql!(c, x => sqlx::query_as(
        "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM care_errand WHERE aside IS NOT NULL), (SELECT CAST(COUNT(*) AS BIGINT) FROM care_aside)"
    ).fetch_one(x).await)
}
