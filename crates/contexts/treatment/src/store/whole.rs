//! Whether referrals, claims, holds and what is kept of patients hold together.

use linli_db::{Conn, Result, sql};
use linli_kernel::DistrictId;

/// What does not hold together in the referrals of a district.
pub(crate) async fn contradictions(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>> {
    const RULES: [(&str, &str); 6] = [
        (
            "open referrals that nothing and nobody moves on",
            "SELECT COUNT(*) FROM referral WHERE district_id = $1 AND over_at IS NULL AND due_at IS NULL AND state <> 'arrived'",
        ),
        (
            "referrals that have ended without an end, or the other way round",
            "SELECT COUNT(*) FROM referral WHERE district_id = $1 AND \
             (state IN ('declined', 'completed', 'cancelled', 'failed')) <> (over_at IS NOT NULL)",
        ),
        (
            "claims of patients whose referral is over",
            "SELECT COUNT(*) FROM patient_claim p WHERE p.district_id = $1 AND NOT EXISTS (SELECT 1 FROM referral r \
             WHERE r.district_id = p.district_id AND r.id = p.referral_id AND r.over_at IS NULL)",
        ),
        (
            "beds held for referrals that are not expected",
            "SELECT COUNT(*) FROM bed_hold h WHERE h.district_id = $1 AND h.over_at IS NULL AND h.referral_id <> h.id AND NOT EXISTS \
             (SELECT 1 FROM inbound_referral i WHERE i.district_id = h.district_id AND i.hold_id = h.id AND i.over_at IS NULL)",
        ),
        (
            "marks that somebody may step down whose stay is over",
            "SELECT COUNT(*) FROM step_down s JOIN inbound_referral i ON i.district_id = s.district_id AND i.referral_id = s.referral_id \
             AND i.attempt = s.attempt WHERE s.district_id = $1 AND i.over_at IS NOT NULL AND (s.over_at IS NULL OR s.sealed IS NOT NULL)",
        ),
        (
            "patients kept by an end that is not theirs any more",
            "SELECT COUNT(*) FROM inbound_patient p JOIN inbound_referral i ON i.district_id = p.district_id \
             AND i.referral_id = p.referral_id AND i.attempt = p.attempt WHERE p.district_id = $1 AND i.over_at IS NOT NULL",
        ),
    ];
    let mut found = Vec::new();
    for (what, text) in RULES {
        let count: i64 = sql!(c, x => sqlx::query_scalar(text).bind(district).fetch_one(x).await)?;
        if count > 0 {
            found.push(format!("{count} {what}"));
        }
    }
    Ok(found)
}
