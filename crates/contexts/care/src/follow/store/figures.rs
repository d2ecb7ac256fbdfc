//! Counts over key groups: numbers of people, never who they are.

use linli_access::Scope;
use linli_db::{Conn, Result, sql};
use linli_kernel::{DistrictId, Ts};

/// Counts of a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, linli_db::FromRow)]
pub struct Counts {
    /// Followed.
    pub followed: i64,
    /// Of them red.
    pub red: i64,
    /// Of them yellow.
    pub yellow: i64,
    /// Of them green.
    pub green: i64,
    /// Of them waiting for the word of a physician.
    pub undecided: i64,
    /// Of them due for a reading by the instant that was asked for.
    pub due: i64,
}

/// Counts of alarms and referrals of a place since an instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, linli_db::FromRow)]
pub struct AlarmCounts {
    /// Raised.
    pub raised: i64,
    /// Of them for readings that did not come.
    pub missing: i64,
    /// Of those that nobody has dealt with.
    pub missing_open: i64,
    /// Of them that nobody has dealt with.
    pub open: i64,
    /// Of them that were false.
    pub false_alarms: i64,
    /// Of them that became a referral.
    pub referred: i64,
}

/// Counts over those who are followed in a scope.
pub(crate) async fn followed(c: &mut Conn<'_>, scope: &Scope, due_by: Ts) -> Result<Counts> {
    sql!(c, x => sqlx::query_as(
        "SELECT COUNT(*) AS followed, CAST(COALESCE(SUM(CASE WHEN colour = 'red' THEN 1 ELSE 0 END), 0) AS BIGINT) AS red, \
         CAST(COALESCE(SUM(CASE WHEN colour = 'yellow' THEN 1 ELSE 0 END), 0) AS BIGINT) AS yellow, \
         CAST(COALESCE(SUM(CASE WHEN colour = 'green' THEN 1 ELSE 0 END), 0) AS BIGINT) AS green, \
         CAST(COALESCE(SUM(CASE WHEN undecided = TRUE THEN 1 ELSE 0 END), 0) AS BIGINT) AS undecided, \
         CAST(COALESCE(SUM(CASE WHEN next_due <= $4 THEN 1 ELSE 0 END), 0) AS BIGINT) AS due \
         FROM care_followed WHERE district_id = $1 AND place_path >= $2 AND place_path < $3"
    ).bind(scope.district).bind(scope.from()).bind(scope.to()).bind(due_by).fetch_one(x).await)
}

/// Counts over the alarms of a scope that were raised since an instant.
pub(crate) async fn alarms(c: &mut Conn<'_>, scope: &Scope, since: Ts) -> Result<AlarmCounts> {
    sql!(c, x => sqlx::query_as(
        "SELECT COUNT(*) AS raised, CAST(COALESCE(SUM(CASE WHEN due_for IS NOT NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS missing, \
         CAST(COALESCE(SUM(CASE WHEN due_for IS NOT NULL AND became IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS missing_open, \
         CAST(COALESCE(SUM(CASE WHEN became IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS open, \
         CAST(COALESCE(SUM(CASE WHEN became = 'false_alarm' THEN 1 ELSE 0 END), 0) AS BIGINT) AS false_alarms, \
         CAST(COALESCE(SUM(CASE WHEN became = 'referral' THEN 1 ELSE 0 END), 0) AS BIGINT) AS referred \
         FROM care_alarm WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND raised_at >= $4"
    ).bind(scope.district).bind(scope.from()).bind(scope.to()).bind(since).fetch_one(x).await)
}

/// What does not hold together.
pub(crate) async fn contradictions(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>> {
    const RULES: [(&str, &str); 7] = [
        (
            "oxygen bookings that are open and hold nothing",
            "SELECT COUNT(*) FROM oxygen_booking b WHERE b.district_id = $1 AND b.state IN ('booked', 'begun') AND NOT EXISTS \
         (SELECT 1 FROM oxygen_hold h WHERE h.district_id = b.district_id AND h.booking_id = b.id)",
        ),
        (
            "quarters of an hour held beyond the time of their booking",
            "SELECT COUNT(*) FROM oxygen_hold h JOIN oxygen_booking b ON b.district_id = h.district_id AND b.id = h.booking_id \
         WHERE h.district_id = $1 AND b.district_id = $1 AND (h.quarter < b.starts_at / 900000000 OR h.quarter >= b.ends_at / 900000000 \
         OR h.person_id <> b.person_id OR h.place_no <> b.place_no)",
        ),
        (
            "lots of antivirals with less than nothing",
            "SELECT COUNT(*) FROM antiviral_lot l WHERE l.district_id = $1 AND \
         (SELECT COALESCE(SUM(e.quantity), 0) FROM antiviral_entry e WHERE e.district_id = l.district_id AND e.lot_id = l.id) < 0",
        ),
        (
            "prescriptions handed out without an entry",
            "SELECT COUNT(*) FROM antiviral_decision d WHERE d.district_id = $1 AND (d.state = 'dispensed') <> EXISTS \
         (SELECT 1 FROM antiviral_entry e WHERE e.district_id = d.district_id AND e.decision_id = d.id)",
        ),
        (
            "readings of people who are not followed",
            "SELECT COUNT(*) FROM care_reading r WHERE r.district_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM care_followed f WHERE f.district_id = r.district_id AND f.person_id = r.person_id)",
        ),
        (
            "alarms of people who are not followed",
            "SELECT COUNT(*) FROM care_alarm a WHERE a.district_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM care_followed f WHERE f.district_id = a.district_id AND f.person_id = a.person_id)",
        ),
        (
            "alarms that became something and were looked at by nobody",
            "SELECT COUNT(*) FROM care_alarm WHERE district_id = $1 AND \
         (became IS NULL) <> (acknowledged_at IS NULL)",
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
