//! In which districts a number is known: kept with the contacts of cases, in the same transaction.

use linli_db::{Bulk, Column, Conn, Result, exec, sql};
use linli_kernel::DistrictId;

/// Districts named at most: who calls from more is no resident.
const MOST: i64 = 20;

/// Notes that these numbers are known in a district.
pub(crate) async fn know(c: &mut Conn<'_>, known: &[(DistrictId, &[u8])]) -> Result<()> {
    Bulk::into("known_caller")
        .column("phone_hash", Column::Bytes(known.iter().map(|(_, hash)| Some(hash.to_vec())).collect()))
        .ints("district_id", known.iter().map(|(district, _)| district.0))
        .on_conflict("ON CONFLICT (phone_hash, district_id) DO NOTHING")
        .write(c)
        .await
        .map(|_| ())
}

/// Strikes a number out of a district in which no case has it any more.
pub(crate) async fn forget(c: &mut Conn<'_>, district: DistrictId, hash: &[u8]) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "DELETE FROM known_caller WHERE phone_hash = $1 AND district_id = $2 \
             AND NOT EXISTS (SELECT 1 FROM case_contact WHERE district_id = $2 AND phone_hash = $1)"
        )
        .bind(hash)
        .bind(district)
    )
    .map(|_| ())
}

/// The other districts in which a number is known.
pub(crate) async fn elsewhere(c: &mut Conn<'_>, district: DistrictId, hash: &[u8]) -> Result<Vec<DistrictId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT district_id FROM known_caller WHERE phone_hash = $1 AND district_id <> $2 ORDER BY district_id LIMIT $3"
    ).bind(hash).bind(district).bind(MOST).fetch_all(x).await)
}

/// How many numbers of a district are not where they belong: kept with a case and not known, or known and kept with none.
pub(crate) async fn astray(c: &mut Conn<'_>, district: DistrictId) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM case_contact WHERE district_id = $1 AND NOT EXISTS \
           (SELECT 1 FROM known_caller k WHERE k.district_id = $1 AND k.phone_hash = case_contact.phone_hash)) \
         + (SELECT COUNT(*) FROM known_caller WHERE district_id = $1 AND NOT EXISTS \
           (SELECT 1 FROM case_contact p WHERE p.district_id = $1 AND p.phone_hash = known_caller.phone_hash))"
    ).bind(district).fetch_one(x).await)
}
