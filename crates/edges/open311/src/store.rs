//! The table of keys.

use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};

use crate::keys::{KeyId, KnownKey};

/// Keeps a key; false when an open key of the district has this name.
pub(crate) async fn put(c: &mut Conn<'_>, district: DistrictId, (id, name, hash): (KeyId, &str, &[u8]), at: Ts) -> Result<bool> {
    let rows = exec!(c, sqlx::query(
        "INSERT INTO open311_key (district_id, id, name, key_hash, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
    ).bind(district).bind(id).bind(name).bind(hash).bind(at))?;
    Ok(rows == 1)
}

/// The id and the district of an open key.
pub(crate) async fn of_hash(c: &mut Conn<'_>, hash: &[u8]) -> Result<Option<(DistrictId, KeyId)>> {
    sql!(c, x => sqlx::query_as("SELECT district_id, id FROM open311_key WHERE key_hash = $1 AND revoked_at IS NULL")
        .bind(hash).fetch_optional(x).await)
}

/// The id of the open key with a name.
pub(crate) async fn named(c: &mut Conn<'_>, district: DistrictId, name: &str) -> Result<Option<KeyId>> {
    sql!(c, x => sqlx::query_scalar("SELECT id FROM open311_key WHERE district_id = $1 AND name = $2 AND revoked_at IS NULL")
        .bind(district).bind(name).fetch_optional(x).await)
}

/// Closes a key; false when it was closed already.
pub(crate) async fn revoke(c: &mut Conn<'_>, district: DistrictId, id: KeyId, at: Ts) -> Result<bool> {
    let rows = exec!(
        c,
        sqlx::query("UPDATE open311_key SET revoked_at = $3 WHERE district_id = $1 AND id = $2 AND revoked_at IS NULL")
            .bind(district)
            .bind(id)
            .bind(at)
    )?;
    Ok(rows == 1)
}

/// All keys of a district, the oldest first.
pub(crate) async fn all(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<KnownKey>> {
    sql!(c, x => sqlx::query_as(
        "SELECT id, name, created_at, revoked_at FROM open311_key WHERE district_id = $1 ORDER BY created_at, id"
    ).bind(district).fetch_all(x).await)
}
