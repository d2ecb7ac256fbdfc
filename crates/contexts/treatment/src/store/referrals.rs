//! Referrals at both ends, the letters between them, and the claim that keeps the open request of a patient one.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

#[cfg(feature = "testing")]
pub(crate) use super::letters::every;
pub(crate) use super::letters::{Waiting, delivered, waiting, write};
use crate::model::beds::HoldId;
use crate::model::referrals::{Attempt, Inbound, InboundKey, Referral, ReferralId};
use crate::model::{GridKind, InstitutionId, TreatmentGridId};

const REFERRAL: &str = "district_id, id, institution_id, direction, grid_kind, bed_type, needs, suggested, suggested_by, severity, consent, \
    channel, state, reason, attempt, round, asked_at, asked_by, state_at, due_at, late_told_at, over_at";
pub(super) const INBOUND: &str = "district_id, referral_id, attempt, institution_id, from_district, from_institution, direction, bed_type, needs, severity, \
    asks, answer, reason, hold_id, until, told, heard, sent_at, came_at, state_at, due_at, over_at";
const ATTEMPT: &str = "attempt, to_district, to_institution, asks, answer, reason, until, told, heard, sent_at, answered_at";

pub(super) fn damaged(table: &'static str, column: &'static str, row: impl ToString) -> DbError {
    DbError::Inconsistent { table, column, row: row.to_string() }
}

fn words(text: &str) -> Vec<String> {
    text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[derive(linli_db::FromRow)]
struct ReferralRow {
    district_id: DistrictId,
    id: ReferralId,
    institution_id: InstitutionId,
    direction: String,
    grid_kind: String,
    bed_type: String,
    needs: String,
    suggested: String,
    suggested_by: String,
    severity: String,
    consent: String,
    channel: String,
    state: String,
    reason: Option<String>,
    attempt: i64,
    round: i64,
    asked_at: Ts,
    asked_by: Uuid,
    state_at: Ts,
    due_at: Option<Ts>,
    late_told_at: Option<Ts>,
    over_at: Option<Ts>,
}

impl TryFrom<ReferralRow> for Referral {
    type Error = DbError;

    fn try_from(row: ReferralRow) -> Result<Self> {
        let damaged = |column| damaged("referral", column, row.id);
        Ok(Self {
            direction: row.direction.parse().map_err(|_| damaged("direction"))?,
            grid_kind: row.grid_kind.parse().map_err(|_| damaged("grid_kind"))?,
            bed_type: row.bed_type.parse().map_err(|_| damaged("bed_type"))?,
            suggested: row.suggested.parse().map_err(|_| damaged("suggested"))?,
            severity: row.severity.parse().map_err(|_| damaged("severity"))?,
            consent: row.consent.parse().map_err(|_| damaged("consent"))?,
            channel: row.channel.parse().map_err(|_| damaged("channel"))?,
            state: row.state.parse().map_err(|_| damaged("state"))?,
            needs: words(&row.needs),
            district: row.district_id,
            id: row.id,
            institution: row.institution_id,
            suggested_by: row.suggested_by,
            reason: row.reason,
            attempt: row.attempt,
            round: row.round,
            asked_at: row.asked_at,
            asked_by: row.asked_by,
            state_at: row.state_at,
            due_at: row.due_at,
            late_told_at: row.late_told_at,
            over_at: row.over_at,
        })
    }
}

#[derive(linli_db::FromRow)]
struct AttemptRow {
    attempt: i64,
    to_district: DistrictId,
    to_institution: InstitutionId,
    asks: String,
    answer: String,
    reason: Option<String>,
    until: Option<Ts>,
    told: i64,
    heard: i64,
    sent_at: Ts,
    answered_at: Option<Ts>,
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = DbError;

    fn try_from(row: AttemptRow) -> Result<Self> {
        let damaged = |column| damaged("referral_attempt", column, row.attempt);
        Ok(Self {
            asks: row.asks.parse().map_err(|_| damaged("asks"))?,
            answer: row.answer.parse().map_err(|_| damaged("answer"))?,
            attempt: row.attempt,
            to: (row.to_district, row.to_institution),
            reason: row.reason,
            until: row.until,
            told: row.told,
            heard: row.heard,
            sent_at: row.sent_at,
            answered_at: row.answered_at,
        })
    }
}

#[derive(linli_db::FromRow)]
pub(super) struct InboundRow {
    district_id: DistrictId,
    referral_id: ReferralId,
    attempt: i64,
    institution_id: InstitutionId,
    from_district: DistrictId,
    from_institution: InstitutionId,
    direction: String,
    bed_type: String,
    needs: String,
    severity: String,
    asks: String,
    answer: String,
    reason: Option<String>,
    hold_id: Option<HoldId>,
    until: Option<Ts>,
    told: i64,
    heard: i64,
    sent_at: Ts,
    came_at: Ts,
    state_at: Ts,
    due_at: Option<Ts>,
    over_at: Option<Ts>,
}

impl TryFrom<InboundRow> for Inbound {
    type Error = DbError;

    fn try_from(row: InboundRow) -> Result<Self> {
        let damaged = |column| damaged("inbound_referral", column, row.referral_id);
        Ok(Self {
            direction: row.direction.parse().map_err(|_| damaged("direction"))?,
            bed_type: row.bed_type.parse().map_err(|_| damaged("bed_type"))?,
            severity: row.severity.parse().map_err(|_| damaged("severity"))?,
            asks: row.asks.parse().map_err(|_| damaged("asks"))?,
            answer: row.answer.parse().map_err(|_| damaged("answer"))?,
            needs: words(&row.needs),
            district: row.district_id,
            key: InboundKey { referral: row.referral_id, attempt: row.attempt },
            institution: row.institution_id,
            from: (row.from_district, row.from_institution),
            reason: row.reason,
            hold: row.hold_id,
            until: row.until,
            told: row.told,
            heard: row.heard,
            sent_at: row.sent_at,
            came_at: row.came_at,
            state_at: row.state_at,
            due_at: row.due_at,
            over_at: row.over_at,
        })
    }
}

/// Claims a patient for a referral. Gives the open request that has the patient already, if there is one.
pub(crate) async fn claim(
    c: &mut Conn<'_>,
    hash: &[u8],
    (district, referral): (DistrictId, ReferralId),
    now: Ts,
) -> Result<Option<(DistrictId, ReferralId)>> {
    let text = "INSERT INTO patient_claim (patient_hash, district_id, referral_id, claimed_at) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (patient_hash) DO NOTHING";
    // Whoever had it may let go of it between the two statements: then it can be had.
    for _ in 0..3 {
        if exec!(c, sqlx::query(text).bind(hash).bind(district).bind(referral).bind(now))? == 1 {
            return Ok(None);
        }
        let open = sql!(c, x => sqlx::query_as("SELECT district_id, referral_id FROM patient_claim WHERE patient_hash = $1")
            .bind(hash).fetch_optional(x).await)?;
        if open.is_some() {
            return Ok(open);
        }
    }
    Err(DbError::WrongRowCount { expected: 1, touched: 0 })
}

/// By how much an open referral has its patient claimed: the identity number, and the name with the telephone, each where it was told.
pub(crate) async fn claims_of(c: &mut Conn<'_>, (district, referral): (DistrictId, ReferralId)) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM patient_claim WHERE referral_id = $2 AND district_id = $1")
        .bind(district).bind(referral).fetch_one(x).await)
}

/// Passes the claim of one referral on to another, which follows from it. Gives whether there was any.
pub(crate) async fn pass_on(
    c: &mut Conn<'_>,
    from: (DistrictId, ReferralId),
    to: (DistrictId, ReferralId),
    now: Ts,
) -> Result<bool> {
    let text = "UPDATE patient_claim SET before_district = $1, before_referral = $2, district_id = $3, referral_id = $4, claimed_at = $5 \
                WHERE referral_id = $2 AND district_id = $1";
    let passed = exec!(c, sqlx::query(text).bind(from.0).bind(from.1).bind(to.0).bind(to.1).bind(now))?;
    Ok(passed > 0)
}

/// Ends the claim of a referral: it goes back to the one that it was passed on from, while that lasts.
pub(crate) async fn release(c: &mut Conn<'_>, (district, referral): (DistrictId, ReferralId)) -> Result<()> {
    for text in [
        "UPDATE patient_claim SET before_district = NULL, before_referral = NULL WHERE before_referral = $2 AND before_district = $1",
        "DELETE FROM patient_claim WHERE referral_id = $2 AND district_id = $1 AND before_referral IS NULL",
        "UPDATE patient_claim SET district_id = before_district, referral_id = before_referral, before_district = NULL, \
         before_referral = NULL WHERE referral_id = $2 AND district_id = $1",
    ] {
        exec!(c, sqlx::query(text).bind(district).bind(referral))?;
    }
    Ok(())
}

/// Whether the patient of a referral lies in an institution now, as its own end knows it.
pub(crate) async fn lies_in(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    referral: ReferralId,
) -> Result<bool> {
    let lies: i64 = sql!(c, x => sqlx::query_scalar(
        "SELECT COUNT(*) FROM inbound_referral WHERE district_id = $1 AND referral_id = $2 AND institution_id = $3 AND answer = 'arrived' \
         AND over_at IS NULL"
    ).bind(district).bind(referral).bind(institution).fetch_one(x).await)?;
    Ok(lies > 0)
}

/// Writes a new referral and what is sealed of its patient.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Referral, (hash, sealed): (&[u8], &[u8])) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO referral (district_id, id, institution_id, direction, grid_kind, bed_type, needs, suggested, suggested_by, severity, \
             consent, channel, state, attempt, round, asked_at, asked_by, state_at, due_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 1)"
        )
        .bind(new.district)
        .bind(new.id)
        .bind(new.institution)
        .bind(new.direction.as_str())
        .bind(new.grid_kind.as_str())
        .bind(new.bed_type.as_str())
        .bind(new.needs.join(","))
        .bind(new.suggested.as_str())
        .bind(&new.suggested_by)
        .bind(new.severity.as_str())
        .bind(new.consent.as_str())
        .bind(new.channel.as_str())
        .bind(new.state.as_str())
        .bind(new.attempt)
        .bind(new.round)
        .bind(new.asked_at)
        .bind(new.asked_by)
        .bind(new.state_at)
        .bind(new.due_at)
    )?;
    let text = "INSERT INTO referral_patient (district_id, referral_id, patient_hash, sealed) VALUES ($1, $2, $3, $4)";
    exec!(c, sqlx::query(text).bind(new.district).bind(new.id).bind(hash).bind(sealed)).map(|_| ())
}

/// A referral.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: ReferralId) -> Result<Option<Referral>> {
    let text = format!("SELECT {REFERRAL} FROM referral WHERE district_id = $1 AND id = $2");
    let row: Option<ReferralRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Referral::try_from).transpose()
}

/// A referral, held until the transaction ends.
pub(crate) async fn lock(c: &mut Conn<'_>, district: DistrictId, id: ReferralId) -> Result<Option<Referral>> {
    let text = "UPDATE referral SET version = version + 1 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id))?;
    one(c, district, id).await
}

/// Writes what a referral has become. Only under its lock.
pub(crate) async fn put(c: &mut Conn<'_>, referral: &Referral) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "UPDATE referral SET state = $3, reason = $4, attempt = $5, round = $6, state_at = $7, due_at = $8, late_told_at = $9, over_at = $10 \
             WHERE district_id = $1 AND id = $2"
        )
        .bind(referral.district)
        .bind(referral.id)
        .bind(referral.state.as_str())
        .bind(&referral.reason)
        .bind(referral.attempt)
        .bind(referral.round)
        .bind(referral.state_at)
        .bind(referral.due_at)
        .bind(referral.late_told_at)
        .bind(referral.over_at)
    )
    .map(|_| ())
}

/// What is sealed of the patient at the sending end.
pub(crate) async fn sealed(c: &mut Conn<'_>, district: DistrictId, id: ReferralId) -> Result<Option<Vec<u8>>> {
    sql!(c, x => sqlx::query_scalar("SELECT sealed FROM referral_patient WHERE district_id = $1 AND referral_id = $2")
        .bind(district).bind(id).fetch_optional(x).await)
}

/// The referrals of an institution, the open ones first, the newest of them first.
pub(crate) async fn list(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    limit: i64,
) -> Result<Vec<Referral>> {
    let text = format!(
        "SELECT {REFERRAL} FROM referral WHERE district_id = $1 AND institution_id = $2 \
         ORDER BY CASE WHEN over_at IS NULL THEN 0 ELSE 1 END, asked_at DESC, id DESC LIMIT $3"
    );
    let rows: Vec<ReferralRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Referral::try_from).collect()
}

/// Referrals whose clock is over by now, the longest over first; those that were told to be late are left alone.
pub(crate) async fn due(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<ReferralId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT id FROM referral WHERE district_id = $1 AND due_at <= $2 AND late_told_at IS NULL ORDER BY due_at, id LIMIT $3"
    ).bind(district).bind(now).bind(limit).fetch_all(x).await)
}

/// Writes an attempt, or what it has become.
pub(crate) async fn put_attempt(
    c: &mut Conn<'_>,
    (district, referral): (DistrictId, ReferralId),
    attempt: &Attempt,
) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO referral_attempt (district_id, referral_id, attempt, to_district, to_institution, asks, answer, reason, until, told, \
             heard, sent_at, answered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
             ON CONFLICT (district_id, referral_id, attempt) DO UPDATE SET asks = excluded.asks, answer = excluded.answer, \
             reason = excluded.reason, until = excluded.until, told = excluded.told, heard = excluded.heard, answered_at = excluded.answered_at"
        )
        .bind(district)
        .bind(referral)
        .bind(attempt.attempt)
        .bind(attempt.to.0)
        .bind(attempt.to.1)
        .bind(attempt.asks.as_str())
        .bind(attempt.answer.as_str())
        .bind(&attempt.reason)
        .bind(attempt.until)
        .bind(attempt.told)
        .bind(attempt.heard)
        .bind(attempt.sent_at)
        .bind(attempt.answered_at)
    )
    .map(|_| ())
}

/// The attempts of a referral, in order.
pub(crate) async fn attempts(c: &mut Conn<'_>, district: DistrictId, referral: ReferralId) -> Result<Vec<Attempt>> {
    let text = format!("SELECT {ATTEMPT} FROM referral_attempt WHERE district_id = $1 AND referral_id = $2 ORDER BY attempt");
    let rows: Vec<AttemptRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(referral).fetch_all(x).await)?;
    rows.into_iter().map(Attempt::try_from).collect()
}

/// A record of the receiving end, held until the transaction ends.
pub(crate) async fn lock_inbound(c: &mut Conn<'_>, district: DistrictId, key: InboundKey) -> Result<Option<Inbound>> {
    let text = "UPDATE inbound_referral SET version = version + 1 WHERE district_id = $1 AND referral_id = $2 AND attempt = $3";
    exec!(c, sqlx::query(text).bind(district).bind(key.referral).bind(key.attempt))?;
    inbound(c, district, key).await
}

/// A record of the receiving end.
pub(crate) async fn inbound(c: &mut Conn<'_>, district: DistrictId, key: InboundKey) -> Result<Option<Inbound>> {
    let text = format!("SELECT {INBOUND} FROM inbound_referral WHERE district_id = $1 AND referral_id = $2 AND attempt = $3");
    let row: Option<InboundRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(key.referral).bind(key.attempt).fetch_optional(x).await)?;
    row.map(Inbound::try_from).transpose()
}

/// The record of the receiving end for which a bed is held.
pub(crate) async fn inbound_of_hold(
    c: &mut Conn<'_>,
    district: DistrictId,
    referral: Uuid,
    hold: HoldId,
) -> Result<Option<InboundKey>> {
    let found: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "SELECT attempt FROM inbound_referral WHERE district_id = $1 AND referral_id = $2 AND hold_id = $3"
    ).bind(district).bind(referral).bind(hold).fetch_optional(x).await)?;
    Ok(found.map(|attempt| InboundKey { referral: ReferralId(referral), attempt }))
}

/// Writes a new record of the receiving end. Gives whether there was none.
pub(crate) async fn insert_inbound(c: &mut Conn<'_>, new: &Inbound) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "INSERT INTO inbound_referral (district_id, referral_id, attempt, institution_id, from_district, from_institution, direction, \
             bed_type, needs, severity, asks, answer, told, heard, sent_at, came_at, state_at, due_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 1) ON CONFLICT DO NOTHING"
        )
        .bind(new.district)
        .bind(new.key.referral)
        .bind(new.key.attempt)
        .bind(new.institution)
        .bind(new.from.0)
        .bind(new.from.1)
        .bind(new.direction.as_str())
        .bind(new.bed_type.as_str())
        .bind(new.needs.join(","))
        .bind(new.severity.as_str())
        .bind(new.asks.as_str())
        .bind(new.answer.as_str())
        .bind(new.told)
        .bind(new.heard)
        .bind(new.sent_at)
        .bind(new.came_at)
        .bind(new.state_at)
        .bind(new.due_at)
    )?;
    Ok(touched == 1)
}

/// Writes what a record of the receiving end has become. Only under its lock.
pub(crate) async fn put_inbound(c: &mut Conn<'_>, inbound: &Inbound) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "UPDATE inbound_referral SET asks = $4, answer = $5, reason = $6, hold_id = $7, until = $8, told = $9, heard = $10, state_at = $11, \
             due_at = $12, over_at = $13 WHERE district_id = $1 AND referral_id = $2 AND attempt = $3"
        )
        .bind(inbound.district)
        .bind(inbound.key.referral)
        .bind(inbound.key.attempt)
        .bind(inbound.asks.as_str())
        .bind(inbound.answer.as_str())
        .bind(&inbound.reason)
        .bind(inbound.hold)
        .bind(inbound.until)
        .bind(inbound.told)
        .bind(inbound.heard)
        .bind(inbound.state_at)
        .bind(inbound.due_at)
        .bind(inbound.over_at)
    )
    .map(|_| ())
}

/// What is sealed of the patient at the receiving end is kept.
pub(crate) async fn put_inbound_patient(c: &mut Conn<'_>, district: DistrictId, key: InboundKey, sealed: &[u8]) -> Result<()> {
    let text =
        "INSERT INTO inbound_patient (district_id, referral_id, attempt, sealed) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    exec!(c, sqlx::query(text).bind(district).bind(key.referral).bind(key.attempt).bind(sealed)).map(|_| ())
}

/// What is sealed of the patient at the receiving end.
pub(crate) async fn inbound_sealed(c: &mut Conn<'_>, district: DistrictId, key: InboundKey) -> Result<Option<Vec<u8>>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT sealed FROM inbound_patient WHERE district_id = $1 AND referral_id = $2 AND attempt = $3"
    ).bind(district).bind(key.referral).bind(key.attempt).fetch_optional(x).await)
}

/// The receiving end forgets somebody who is not its patient.
pub(crate) async fn forget_inbound_patient(c: &mut Conn<'_>, district: DistrictId, key: InboundKey) -> Result<()> {
    let text = "DELETE FROM inbound_patient WHERE district_id = $1 AND referral_id = $2 AND attempt = $3";
    exec!(c, sqlx::query(text).bind(district).bind(key.referral).bind(key.attempt)).map(|_| ())
}

/// What came to an institution and is not over, the sickest first, who waits longest first.
pub(crate) async fn inbox(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    limit: i64,
) -> Result<Vec<Inbound>> {
    let text = format!(
        "SELECT {INBOUND} FROM inbound_referral WHERE district_id = $1 AND institution_id = $2 AND over_at IS NULL \
         ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'severe' THEN 1 ELSE 2 END, sent_at, referral_id LIMIT $3"
    );
    let rows: Vec<InboundRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Inbound::try_from).collect()
}

/// What the network says of an institution that may be asked.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct Known {
    pub(crate) code: String,
    pub(crate) capabilities: String,
    pub(crate) lon_e7: Option<i64>,
    pub(crate) lat_e7: Option<i64>,
}

/// An institution that is open at an instant.
pub(crate) async fn known(c: &mut Conn<'_>, district: DistrictId, id: InstitutionId, at: Ts) -> Result<Option<Known>> {
    sql!(c, x => sqlx::query_as(
        "SELECT code, capabilities, lon_e7, lat_e7 FROM institution WHERE district_id = $1 AND id = $2 \
         AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3)"
    ).bind(district).bind(id).bind(at).fetch_optional(x).await)
}

/// The grid an institution belongs to at an instant.
pub(crate) async fn grid_of(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    kind: GridKind,
    at: Ts,
) -> Result<Option<(DistrictId, TreatmentGridId)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT grid_district, grid_id FROM grid_member WHERE district_id = $1 AND institution_id = $2 AND kind = $3 AND valid_from <= $4 \
         AND (valid_to IS NULL OR valid_to > $4) ORDER BY valid_from DESC LIMIT 1"
    ).bind(district).bind(institution).bind(kind.as_str()).bind(at).fetch_optional(x).await)
}

/// The leads of all grids of a kind at an instant, each with its grid.
pub(crate) async fn leads(c: &mut Conn<'_>, kind: GridKind, at: Ts) -> Result<Vec<(TreatmentGridId, DistrictId, InstitutionId)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT id, district_id, lead_id FROM treatment_grid WHERE kind = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) \
         ORDER BY code, id LIMIT 1000"
    ).bind(kind.as_str()).bind(at).fetch_all(x).await)
}

/// The members of a grid at an instant.
pub(crate) async fn members(
    c: &mut Conn<'_>,
    grid: (DistrictId, TreatmentGridId),
    at: Ts,
) -> Result<Vec<(DistrictId, InstitutionId)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT district_id, institution_id FROM grid_member WHERE grid_district = $1 AND grid_id = $2 AND valid_from <= $3 \
         AND (valid_to IS NULL OR valid_to > $3) ORDER BY district_id, institution_id LIMIT 1000"
    ).bind(grid.0).bind(grid.1).bind(at).fetch_all(x).await)
}

/// Erases what is known of patients, at both ends, whose referrals ended before an instant; as many as `limit` of each end. Gives how many.
pub(crate) async fn forget(c: &mut Conn<'_>, district: DistrictId, before: Ts, limit: i64) -> Result<u64> {
    let text = "DELETE FROM referral_patient WHERE district_id = $1 AND referral_id IN (\
         SELECT p.referral_id FROM referral_patient p JOIN referral r ON r.district_id = p.district_id AND r.id = p.referral_id \
         WHERE p.district_id = $1 AND r.over_at < $2 LIMIT $3)";
    let sent = exec!(c, sqlx::query(text).bind(district).bind(before).bind(limit))?;
    let text = "DELETE FROM inbound_patient WHERE district_id = $1 AND (referral_id, attempt) IN (\
         SELECT r.referral_id, r.attempt FROM inbound_patient p JOIN inbound_referral r ON r.district_id = p.district_id \
         AND r.referral_id = p.referral_id AND r.attempt = p.attempt WHERE p.district_id = $1 AND r.over_at < $2 LIMIT $3)";
    let came = exec!(c, sqlx::query(text).bind(district).bind(before).bind(limit))?;
    Ok(sent.max(came))
}
