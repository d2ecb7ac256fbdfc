//! The tables of the keys of programs.

use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use linli_people::model::OrganisationId;

use crate::keys::{KeyId, KnownKey, NewKey, Refused};

/// Keeps a key; false when an open key of the district has this name.
pub(crate) async fn put(
    c: &mut Conn<'_>,
    district: DistrictId,
    (id, new, hash): (KeyId, &NewKey<'_>, &[u8]),
    at: Ts,
) -> Result<bool> {
    let rows =
        exec!(c, sqlx::query(
        "INSERT INTO program_key (district_id, id, name, opens, organisation_id, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT DO NOTHING"
    ).bind(district).bind(id).bind(new.name).bind(new.opens.as_str()).bind(new.organisation).bind(at))?;
    if rows == 1 {
        exec!(
            c,
            sqlx::query("INSERT INTO program_key_hash (key_hash, district_id, key_id) VALUES ($1, $2, $3)")
                .bind(hash)
                .bind(district)
                .bind(id)
        )?;
    }
    Ok(rows == 1)
}

/// An open key: its district, its id, which door it opens, whose program it is.
pub(crate) type Open = (DistrictId, KeyId, String, Option<OrganisationId>);

/// The open key with a hash.
pub(crate) async fn of_hash(c: &mut Conn<'_>, hash: &[u8]) -> Result<Option<Open>> {
    sql!(c, x => sqlx::query_as(
        "SELECT k.district_id, k.id, k.opens, k.organisation_id FROM program_key_hash h \
         JOIN program_key k ON k.district_id = h.district_id AND k.id = h.key_id WHERE h.key_hash = $1 AND k.revoked_at IS NULL"
    ).bind(hash).fetch_optional(x).await)
}

/// Whose program an open key is, by its id.
pub(crate) async fn open(
    c: &mut Conn<'_>,
    district: DistrictId,
    id: KeyId,
    opens: &str,
) -> Result<Option<Option<OrganisationId>>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT organisation_id FROM program_key WHERE district_id = $1 AND id = $2 AND opens = $3 AND revoked_at IS NULL"
    ).bind(district).bind(id).bind(opens).fetch_optional(x).await)
}

/// The id of the open key with a name.
pub(crate) async fn named(c: &mut Conn<'_>, district: DistrictId, name: &str) -> Result<Option<KeyId>> {
    sql!(c, x => sqlx::query_scalar("SELECT id FROM program_key WHERE district_id = $1 AND name = $2 AND revoked_at IS NULL")
        .bind(district).bind(name).fetch_optional(x).await)
}

/// Closes a key; false when it was closed already.
pub(crate) async fn revoke(c: &mut Conn<'_>, district: DistrictId, id: KeyId, at: Ts) -> Result<bool> {
    let rows = exec!(
        c,
        sqlx::query("UPDATE program_key SET revoked_at = $3 WHERE district_id = $1 AND id = $2 AND revoked_at IS NULL")
            .bind(district)
            .bind(id)
            .bind(at)
    )?;
    Ok(rows == 1)
}

/// The keys of a district to one door, the oldest first.
pub(crate) async fn all(c: &mut Conn<'_>, district: DistrictId, opens: &str) -> Result<Vec<KnownKey>> {
    sql!(c, x => sqlx::query_as(
        "SELECT id, name, organisation_id, created_at, revoked_at FROM program_key WHERE district_id = $1 AND opens = $2 \
         ORDER BY created_at, id"
    ).bind(district).bind(opens).fetch_all(x).await)
}

/// Counts something that was refused.
pub(crate) async fn count(c: &mut Conn<'_>, district: DistrictId, key: KeyId, (why, n): (&str, i64), at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO program_tally (district_id, key_id, why, n, last_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (district_id, key_id, why) DO UPDATE SET n = program_tally.n + excluded.n, last_at = excluded.last_at"
        )
        .bind(district)
        .bind(key)
        .bind(why)
        .bind(n)
        .bind(at)
    )
    .map(|_| ())
}

/// What was refused of a key.
pub(crate) async fn refused(c: &mut Conn<'_>, district: DistrictId, key: KeyId) -> Result<Vec<Refused>> {
    sql!(c, x => sqlx::query_as("SELECT why, n, last_at FROM program_tally WHERE district_id = $1 AND key_id = $2 ORDER BY why")
        .bind(district).bind(key).fetch_all(x).await)
}
