//! Hand-offs.

use linli_care::CarePersonId;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use uuid::Uuid;

use crate::model::hand_off::{HandOff, HandOffId, Leg, Stage};
use crate::model::referrals::ReferralId;

#[derive(linli_db::FromRow)]
struct Row {
    district_id: DistrictId,
    id: HandOffId,
    person_id: CarePersonId,
    referral_id: ReferralId,
    stage: String,
    stage_at: Ts,
}

impl TryFrom<Row> for HandOff {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self> {
        let damaged = || DbError::Inconsistent { table: "hand_off", column: "stage", row: row.id.to_string() };
        Ok(Self {
            stage: row.stage.parse().map_err(|_| damaged())?,
            district: row.district_id,
            id: row.id,
            person: row.person_id,
            referral: row.referral_id,
            stage_at: row.stage_at,
        })
    }
}

/// Writes a new one; the one that the person may have open is over.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &HandOff, by: Uuid) -> Result<()> {
    let text = "UPDATE hand_off SET stage = $3, stage_at = $4, over_at = $4 WHERE district_id = $1 AND person_id = $2 AND over_at IS NULL";
    exec!(c, sqlx::query(text).bind(new.district).bind(new.person).bind(Stage::Over.as_str()).bind(new.stage_at))?;
    let text = "INSERT INTO hand_off (district_id, id, person_id, referral_id, stage, made_at, made_by, stage_at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $6)";
    exec!(
        c,
        sqlx::query(text)
            .bind(new.district)
            .bind(new.id)
            .bind(new.person)
            .bind(new.referral)
            .bind(new.stage.as_str())
            .bind(new.stage_at)
            .bind(by)
    )
    .map(|_| ())
}

/// Those of a district that are open, after an id.
pub(crate) async fn open(c: &mut Conn<'_>, district: DistrictId, after: Uuid, limit: i64) -> Result<Vec<HandOff>> {
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, id, person_id, referral_id, stage, stage_at FROM hand_off \
         WHERE district_id = $1 AND id > $2 AND over_at IS NULL ORDER BY id LIMIT $3"
    ).bind(district).bind(after).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(HandOff::try_from).collect()
}

/// What is known of all referrals of the same patient since the one that was asked for first, the newest on top.
pub(crate) async fn legs(c: &mut Conn<'_>, of: &HandOff) -> Result<Vec<Leg>> {
    let rows: Vec<(String, Option<String>)> = sql!(c, x => sqlx::query_as(
        "SELECT r.state, r.reason FROM referral_patient me JOIN referral f ON f.district_id = me.district_id AND f.id = me.referral_id \
         JOIN referral_patient p ON p.patient_hash = me.patient_hash \
         JOIN referral r ON r.district_id = p.district_id AND r.id = p.referral_id \
         WHERE me.district_id = $1 AND me.referral_id = $2 AND r.asked_at >= f.asked_at ORDER BY r.asked_at DESC, r.id DESC"
    ).bind(of.district).bind(of.referral).fetch_all(x).await)?;
    let damaged = || DbError::Inconsistent { table: "referral", column: "state", row: of.referral.to_string() };
    rows.into_iter().map(|(state, reason)| Ok(Leg { state: state.parse().map_err(|_| damaged())?, reason })).collect()
}

/// Moves one from the stage in which it was read to another. Gives whether it still was in that.
pub(crate) async fn put(c: &mut Conn<'_>, was: &HandOff, stage: Stage, at: Ts) -> Result<bool> {
    let text = "UPDATE hand_off SET stage = $4, stage_at = $5, over_at = $6 WHERE district_id = $1 AND id = $2 AND stage = $3 AND over_at IS NULL";
    let over = stage.ends().then_some(at);
    let touched = exec!(
        c,
        sqlx::query(text).bind(was.district).bind(was.id).bind(was.stage.as_str()).bind(stage.as_str()).bind(at).bind(over)
    )?;
    Ok(touched == 1)
}

/// The one of a referral.
pub(crate) async fn of(c: &mut Conn<'_>, district: DistrictId, referral: ReferralId) -> Result<Option<HandOffId>> {
    let found: Option<(HandOffId,)> = sql!(c, x => sqlx::query_as("SELECT id FROM hand_off WHERE district_id = $1 AND referral_id = $2")
        .bind(district).bind(referral).fetch_optional(x).await)?;
    Ok(found.map(|found| found.0))
}
