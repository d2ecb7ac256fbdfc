//! Letters between the two ends of a referral: written in the transaction of what they tell, delivered later.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};

use super::referrals::damaged;
use crate::model::referrals::{Letter, LetterId};

type LetterRow = (DistrictId, LetterId, DistrictId, String, Option<Vec<u8>>);

fn read_letter((district, id, to, body, sealed): LetterRow) -> Result<Waiting> {
    let letter = serde_json::from_str(&body).map_err(|_| damaged("referral_letter", "body", id))?;
    Ok(Waiting { district, id, to, letter, sealed })
}

/// A letter that waits to be delivered.
pub(crate) struct Waiting {
    pub(crate) district: DistrictId,
    pub(crate) id: LetterId,
    pub(crate) to: DistrictId,
    pub(crate) letter: Letter,
    pub(crate) sealed: Option<Vec<u8>>,
}

/// Writes a letter, in the transaction of what it tells.
pub(crate) async fn write(
    c: &mut Conn<'_>,
    (district, id, to): (DistrictId, LetterId, DistrictId),
    letter: &Letter,
    sealed: Option<&[u8]>,
    now: Ts,
) -> Result<()> {
    let (Letter::Ask { key, .. } | Letter::Answer { key, .. }) = letter;
    let body = serde_json::to_string(letter).map_err(DbError::Facts)?;
    exec!(
        c,
        sqlx::query(
            "INSERT INTO referral_letter (district_id, id, to_district, referral_id, attempt, body, sealed, written_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        )
        .bind(district)
        .bind(id)
        .bind(to)
        .bind(key.referral)
        .bind(key.attempt)
        .bind(body)
        .bind(sealed)
        .bind(now)
    )
    .map(|_| ())
}

/// Letters that wait to be delivered, of every district, the oldest first.
pub(crate) async fn waiting(c: &mut Conn<'_>, limit: i64) -> Result<Vec<Waiting>> {
    let rows: Vec<LetterRow> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, id, to_district, body, sealed FROM referral_letter WHERE delivered_at IS NULL ORDER BY written_at, id LIMIT $1"
    ).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(read_letter).collect()
}

/// Every letter that was ever written, in the order of writing.
#[cfg(feature = "testing")]
pub(crate) async fn every(c: &mut Conn<'_>) -> Result<Vec<Waiting>> {
    let rows: Vec<LetterRow> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, id, to_district, body, sealed FROM referral_letter ORDER BY written_at, id"
    ).fetch_all(x).await)?;
    rows.into_iter().map(read_letter).collect()
}

/// A letter has arrived: what was sealed in it is gone here.
pub(crate) async fn delivered(c: &mut Conn<'_>, district: DistrictId, id: LetterId, now: Ts) -> Result<()> {
    let text = "UPDATE referral_letter SET delivered_at = $3, sealed = NULL WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id).bind(now)).map(|_| ())
}
