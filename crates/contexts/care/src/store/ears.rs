//! What hears somebody.

use linli_db::{Conn, Result, exec, sql};
use linli_kernel::DistrictId;
use linli_watch::SignKinds;

use super::one;
use crate::model::{CarePersonId, Ears};

/// What hears a person; nothing for nobody.
pub(crate) async fn of(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Ears> {
    let row: Option<(i64, i64)> = sql!(c, x => sqlx::query_as(
        "SELECT ears_mapped, ears_living FROM care_person WHERE district_id = $1 AND id = $2"
    ).bind(district).bind(person).fetch_optional(x).await)?;
    let kinds = |bits: i64| SignKinds::of_bits(u8::try_from(bits).unwrap_or_default());
    Ok(row.map(|(mapped, living)| Ears { mapped: kinds(mapped), living: kinds(living) }).unwrap_or_default())
}

/// Writes what hears a person.
pub(crate) async fn set(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId, ears: Ears) -> Result<()> {
    let text = "UPDATE care_person SET ears_mapped = $3, ears_living = $4 WHERE district_id = $1 AND id = $2";
    one(exec!(
        c,
        sqlx::query(text).bind(district).bind(person).bind(i64::from(ears.mapped.bits())).bind(i64::from(ears.living.bits()))
    )?)
}
