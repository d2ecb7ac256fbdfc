//! The figures of a day, and what does not hold together.

use linli_access::Scope;
use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use uuid::Uuid;

use super::damaged;
use crate::model::CallClass;

/// Calls of some days by what they were decided to be at first.
pub(crate) async fn by_class(c: &mut Conn<'_>, scope: &Scope, (from, to): (Ts, Ts)) -> Result<Vec<(CallClass, i64)>> {
    let rows: Vec<(String, i64)> = sql!(c, x => sqlx::query_as(
        "SELECT decided, COUNT(*) FROM emergency_call WHERE district_id = $1 AND received_at >= $2 AND received_at < $3 \
         AND place_path >= $4 AND place_path < $5 GROUP BY decided ORDER BY decided"
    ).bind(scope.district).bind(from).bind(to).bind(scope.from()).bind(scope.to()).fetch_all(x).await)?;
    let read = |(class, n): (String, i64)| Ok((class.parse().map_err(|_| damaged("emergency_call", "decided", &class))?, n));
    rows.into_iter().map(read).collect()
}

/// Of how many different numbers calls came, and how many without one.
pub(crate) async fn numbers(c: &mut Conn<'_>, scope: &Scope, (from, to): (Ts, Ts)) -> Result<(i64, i64)> {
    sql!(c, x => sqlx::query_as(
        "SELECT COUNT(DISTINCT k.number_hash), COUNT(*) - COUNT(k.number_hash) FROM emergency_caller k \
         JOIN emergency_call c ON c.district_id = k.district_id AND c.id = k.call_id \
         WHERE k.district_id = $1 AND k.received_at >= $2 AND k.received_at < $3 AND c.place_path >= $4 AND c.place_path < $5"
    ).bind(scope.district).bind(from).bind(to).bind(scope.from()).bind(scope.to()).fetch_one(x).await)
}

/// Calls that are not urgent that were diverted, and those of them that became worse within so many seconds.
pub(crate) async fn diverted(c: &mut Conn<'_>, scope: &Scope, (from, to): (Ts, Ts), within_secs: i64) -> Result<(i64, i64)> {
    let rows: Vec<(Ts, Option<Ts>)> = sql!(c, x => sqlx::query_as(
        "SELECT diverted_at, worsened_at FROM emergency_call WHERE district_id = $1 AND diverted_at IS NOT NULL AND received_at >= $2 \
         AND received_at < $3 AND place_path >= $4 AND place_path < $5"
    ).bind(scope.district).bind(from).bind(to).bind(scope.from()).bind(scope.to()).fetch_all(x).await)?;
    let all = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let worse = rows.iter().filter(|(at, worse)| worse.is_some_and(|worse| worse.secs_since(*at) <= within_secs)).count();
    Ok((all, i64::try_from(worse).unwrap_or(i64::MAX)))
}

/// The instants of an answer: when the call came, when its first vehicle was sent, when that was at the scene, when one reached the hospital and
/// when it was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, linli_db::FromRow)]
pub(crate) struct Instants {
    pub urgent: i64,
    pub received_at: Ts,
    pub assigned_at: Option<Ts>,
    pub scene_at: Option<Ts>,
    pub hospital_at: Option<Ts>,
    pub taken_at: Option<Ts>,
}

/// The instants of the calls of some days that asked for a vehicle and were not led elsewhere.
pub(crate) async fn instants(c: &mut Conn<'_>, scope: &Scope, (from, to): (Ts, Ts)) -> Result<Vec<Instants>> {
    sql!(c, x => sqlx::query_as(
        "SELECT CAST(CASE WHEN MAX(c.class) = 'vehicle_urgent' THEN 1 ELSE 0 END AS BIGINT) AS urgent, c.received_at AS received_at, \
         MIN(m.assigned_at) AS assigned_at, MIN(m.scene_at) AS scene_at, MIN(m.hospital_at) AS hospital_at, MIN(m.taken_at) AS taken_at \
         FROM emergency_call c LEFT JOIN emergency_mission m ON m.district_id = c.district_id AND m.call_id = c.id \
         WHERE c.district_id = $1 AND c.received_at >= $2 AND c.received_at < $3 AND c.place_path >= $4 AND c.place_path < $5 \
         AND c.class IN ('vehicle_urgent', 'vehicle_non_urgent') AND c.state <> 'linked' AND c.diverted_at IS NULL \
         GROUP BY c.district_id, c.id, c.received_at"
    ).bind(scope.district).bind(from).bind(to).bind(scope.from()).bind(scope.to()).fetch_all(x).await)
}

/// What the telephone system counted on a day.
pub(crate) async fn inbound(c: &mut Conn<'_>, district: DistrictId, day: &str) -> Result<Option<i64>> {
    sql!(c, x => sqlx::query_scalar("SELECT calls FROM emergency_inbound WHERE district_id = $1 AND day = $2")
        .bind(district).bind(day).fetch_optional(x).await)
}

/// Writes what the telephone system counted on a day.
pub(crate) async fn say_inbound(
    c: &mut Conn<'_>,
    district: DistrictId,
    (day, calls): (&str, i64),
    (at, by): (Ts, Uuid),
) -> Result<()> {
    let text = "INSERT INTO emergency_inbound (district_id, day, calls, told_at, told_by) VALUES ($1, $2, $3, $4, $5) \
                ON CONFLICT (district_id, day) DO UPDATE SET calls = excluded.calls, told_at = excluded.told_at, told_by = excluded.told_by";
    exec!(c, sqlx::query(text).bind(district).bind(day).bind(calls).bind(at).bind(by)).map(|_| ())
}

/// What does not hold together, in words.
pub(crate) async fn contradictions(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (what, text) in [
        (
            "a call that was diverted has no call back, or two",
            "SELECT c.id FROM emergency_call c WHERE c.district_id = $1 AND c.diverted_at IS NOT NULL AND c.over_at IS NULL \
             AND c.class <> 'vehicle_urgent' AND (SELECT COUNT(*) FROM emergency_recontact r WHERE r.district_id = c.district_id \
             AND r.call_id = c.id AND r.done_at IS NULL) <> 1",
        ),
        (
            "a call back is open about a call that is over or urgent",
            "SELECT c.id FROM emergency_recontact r JOIN emergency_call c ON c.district_id = r.district_id AND c.id = r.call_id \
             WHERE r.district_id = $1 AND r.done_at IS NULL AND (c.over_at IS NOT NULL OR c.class = 'vehicle_urgent' OR c.diverted_at IS NULL)",
        ),
        (
            "a call is under way without a vehicle, or has one and is not",
            "SELECT c.id FROM emergency_call c WHERE c.district_id = $1 AND (CASE WHEN c.state = 'under_way' THEN 1 ELSE 0 END) <> \
             (SELECT COUNT(*) FROM emergency_mission m WHERE m.district_id = c.district_id AND m.call_id = c.id AND m.over_at IS NULL)",
        ),
        (
            "a vehicle is on a mission that is over, or free on one that is not",
            "SELECT v.id FROM emergency_vehicle v WHERE v.district_id = $1 AND (CASE WHEN v.state IN ('free', 'out_of_service') THEN 0 ELSE 1 \
             END) <> (SELECT COUNT(*) FROM emergency_mission m WHERE m.district_id = v.district_id AND m.vehicle_id = v.id AND m.id = v.mission_id \
             AND m.over_at IS NULL)",
        ),
        (
            "a call is over and is not at rest, or at rest and not over",
            "SELECT c.id FROM emergency_call c WHERE c.district_id = $1 AND (CASE WHEN c.over_at IS NULL THEN 0 ELSE 1 END) <> \
             (CASE WHEN c.state IN ('closed', 'linked') THEN 1 ELSE 0 END)",
        ),
        (
            "a call waits without a clock",
            "SELECT c.id FROM emergency_call c WHERE c.district_id = $1 AND c.state IN ('waiting', 'advising') AND c.due_at IS NULL",
        ),
        (
            "an urgent call was led elsewhere",
            "SELECT c.id FROM emergency_call c WHERE c.district_id = $1 AND c.state = 'diverted' AND c.class = 'vehicle_urgent'",
        ),
    ] {
        let ids: Vec<Uuid> = sql!(c, x => sqlx::query_scalar(text).bind(district).fetch_all(x).await)?;
        found.extend(ids.into_iter().map(|id| format!("emergency {id}: {what}")));
    }
    Ok(found)
}
