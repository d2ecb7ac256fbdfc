//! Records of the receiving end by which somebody was to be taken in.

use linli_db::{Conn, Result, sql};
use linli_kernel::{DistrictId, Ts};
use sqlx::AssertSqlSafe;

use super::referrals::{INBOUND, InboundRow};
use crate::model::InstitutionId;
use crate::model::referrals::Inbound;

/// Whom an institution was to take in, has or had: those who are not gone first, then who changed last.
pub(crate) async fn stays(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    limit: i64,
) -> Result<Vec<Inbound>> {
    let text = format!(
        "SELECT {INBOUND} FROM inbound_referral WHERE district_id = $1 AND institution_id = $2 \
         AND answer IN ('accepted', 'lapsed', 'arrived', 'completed') \
         ORDER BY CASE WHEN over_at IS NULL THEN 0 ELSE 1 END, state_at DESC, referral_id DESC LIMIT $3"
    );
    let rows: Vec<InboundRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Inbound::try_from).collect()
}

/// Whom an institution was asked for in a span of time, or before it as far as something of that may have happened since it began.
pub(crate) async fn asked(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    (from, until): (Ts, Ts),
    limit: i64,
) -> Result<Vec<Inbound>> {
    let text = format!(
        "SELECT {INBOUND} FROM inbound_referral WHERE district_id = $1 AND institution_id = $2 AND sent_at < $4 \
         AND (sent_at >= $3 OR over_at IS NULL OR over_at >= $3) ORDER BY sent_at, referral_id LIMIT $5"
    );
    let rows: Vec<InboundRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(institution).bind(from).bind(until).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Inbound::try_from).collect()
}
