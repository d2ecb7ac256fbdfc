//! Calendar feeds of people, and months that were told as missed.

use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use uuid::Uuid;

/// Somebody's feed has a new address; the one before leads nowhere any more.
pub(crate) async fn put(c: &mut Conn<'_>, (district, person): (DistrictId, Uuid), (hash, now): (&[u8], Ts)) -> Result<()> {
    let text = "INSERT INTO council_feed (district_id, person_id, token_hash, made_at) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (district_id, person_id) DO UPDATE SET token_hash = excluded.token_hash, made_at = excluded.made_at";
    exec!(c, sqlx::query(text).bind(district).bind(person).bind(hash).bind(now)).map(|_| ())
}

/// Whose feed it is.
pub(crate) async fn person_of(c: &mut Conn<'_>, district: DistrictId, hash: &[u8]) -> Result<Option<Uuid>> {
    sql!(c, x => sqlx::query_scalar("SELECT person_id FROM council_feed WHERE district_id = $1 AND token_hash = $2")
        .bind(district).bind(hash).fetch_optional(x).await)
}

/// Since when somebody's feed has its address.
pub(crate) async fn since(c: &mut Conn<'_>, district: DistrictId, person: Uuid) -> Result<Option<Ts>> {
    sql!(c, x => sqlx::query_scalar("SELECT made_at FROM council_feed WHERE district_id = $1 AND person_id = $2")
        .bind(district).bind(person).fetch_optional(x).await)
}

/// It is told that a community held no meeting in a month; false when it was told before.
pub(crate) async fn tell_missed(
    c: &mut Conn<'_>,
    (district, place): (DistrictId, &PlacePath),
    (month, now): (&str, Ts),
) -> Result<bool> {
    let text = "INSERT INTO council_month (district_id, place_path, month, told_at) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (district_id, place_path, month) DO NOTHING";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(place).bind(month).bind(now))? == 1)
}
