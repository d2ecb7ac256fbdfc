//! What is counted of visits.

use linli_access::Scope;
use linli_db::{Conn, Result, sql};
use linli_kernel::Ts;
use uuid::Uuid;

/// How many visits of a kind came to what, since an instant, under a place; and of those, whether the watch had every chance and said nothing:
/// watched, and no alarm, question or family-doctor team before it.
pub(crate) async fn outcomes(c: &mut Conn<'_>, scope: &Scope, since: Ts) -> Result<Vec<(String, Option<String>, bool, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT kind, outcome, watched AND NOT forewarned AS unwarned, COUNT(*) FROM care_visit WHERE district_id = $1 AND opened_at >= $2 \
         AND place_path >= $3 AND place_path < $4 GROUP BY kind, outcome, watched AND NOT forewarned"
    ).bind(scope.district).bind(since).bind(scope.from().to_owned()).bind(scope.to()).fetch_all(x).await)
}

/// Microseconds from the alarm to the first human contact, of visits since an instant that somebody made or that are still open; those that wait
/// are counted with the time they have waited, so that whoever is reached by nobody is not left out. A sign of life that came before anybody
/// was there is no contact and no delay.
pub(crate) async fn ways_to_contact(c: &mut Conn<'_>, scope: &Scope, (since, now): (Ts, Ts), limit: i64) -> Result<Vec<i64>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT COALESCE(contacted_at, $7) - due_at FROM care_visit WHERE district_id = $1 AND opened_at >= $2 AND place_path >= $3 \
         AND place_path < $4 AND kind = $5 AND (contacted_at IS NOT NULL OR ended_at IS NULL) ORDER BY opened_at DESC LIMIT $6"
    ).bind(scope.district).bind(since).bind(scope.from().to_owned()).bind(scope.to())
     .bind(crate::model::VisitKind::Alarm.as_str()).bind(limit).bind(now).fetch_all(x).await)
}

/// Wrong knocks since an instant, by who knocked, the most first.
pub(crate) async fn wrong_knocks(c: &mut Conn<'_>, scope: &Scope, since: Ts) -> Result<Vec<(Uuid, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT knocked_by, COUNT(*) AS knocks FROM care_visit WHERE district_id = $1 AND opened_at >= $2 AND place_path >= $3 AND place_path < $4 \
         AND wrong_knock = $5 AND knocked_by IS NOT NULL GROUP BY knocked_by ORDER BY knocks DESC, knocked_by LIMIT 50"
    ).bind(scope.district).bind(since).bind(scope.from().to_owned()).bind(scope.to()).bind(true).fetch_all(x).await)
}
