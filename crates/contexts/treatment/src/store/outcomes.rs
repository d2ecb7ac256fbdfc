//! How stays ended, of all districts of this database.

use std::collections::BTreeMap;

use linli_db::{Conn, DbError, Result, sql};
use linli_kernel::{DistrictId, Ts};

use crate::model::InstitutionId;
use crate::model::plan::At;
use crate::model::referrals::{Outcome, ReferralId, Severity};

/// A stay that ended, of somebody who came by referral.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) at: At,
    pub(crate) severity: Severity,
    /// How; none where nobody said.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) over_at: Ts,
    /// Whether another referral of the same patient could still be told to be of the same.
    pub(crate) known: bool,
    /// When the patient was first referred up again.
    pub(crate) back_at: Option<Ts>,
}

#[derive(linli_db::FromRow)]
struct EndedRow {
    district_id: DistrictId,
    referral_id: ReferralId,
    institution_id: InstitutionId,
    severity: String,
    reason: Option<String>,
    over_at: Ts,
    patient_hash: Option<Vec<u8>>,
    back_at: Option<Ts>,
}

fn damaged(column: &'static str, row: ReferralId) -> DbError {
    DbError::Inconsistent { table: "inbound_referral", column, row: row.to_string() }
}

/// Stays that ended in a span of time. Whether the patient came back is told by the keyed hash of the referral, which is erased with the patient.
pub(crate) async fn ended(c: &mut Conn<'_>, (from, to): (Ts, Ts)) -> Result<Vec<Ended>> {
    let rows: Vec<EndedRow> = sql!(c, x => sqlx::query_as(
        "SELECT i.district_id, i.referral_id, i.institution_id, i.severity, i.reason, i.over_at, p.patient_hash, \
         (SELECT MIN(r.asked_at) FROM referral_patient q JOIN referral r ON r.district_id = q.district_id AND r.id = q.referral_id \
          WHERE q.patient_hash = p.patient_hash AND r.direction = 'up' AND r.asked_at > i.over_at) AS back_at \
         FROM inbound_referral i LEFT JOIN referral_patient p ON p.district_id = i.from_district AND p.referral_id = i.referral_id \
         WHERE i.answer = 'completed' AND i.over_at >= $1 AND i.over_at < $2"
    ).bind(from).bind(to).fetch_all(x).await)?;
    let read = |row: EndedRow| {
        let outcome = row.reason.as_deref().map(str::parse).transpose().map_err(|_| damaged("reason", row.referral_id))?;
        Ok(Ended {
            at: (row.district_id, row.institution_id),
            severity: row.severity.parse().map_err(|_| damaged("severity", row.referral_id))?,
            outcome,
            over_at: row.over_at,
            known: row.patient_hash.is_some(),
            back_at: row.back_at,
        })
    };
    rows.into_iter().map(read).collect()
}

/// How many of those who came by referral are there now, and how many of them are severe or critical.
pub(crate) async fn there(c: &mut Conn<'_>) -> Result<BTreeMap<At, (i64, i64)>> {
    let rows: Vec<(DistrictId, InstitutionId, i64, i64)> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, institution_id, COUNT(*), CAST(SUM(CASE WHEN severity = 'ordinary' THEN 0 ELSE 1 END) AS BIGINT) FROM inbound_referral \
         WHERE answer = 'arrived' AND over_at IS NULL GROUP BY district_id, institution_id"
    ).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(district, id, all, severe)| ((district, id), (all, severe))).collect())
}
