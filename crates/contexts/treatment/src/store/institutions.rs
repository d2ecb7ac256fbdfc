//! Institutions and their units.

use linli_db::{Conn, Result, sql};
use linli_kernel::{DistrictId, Ts};

use crate::model::InstitutionId;

/// Whether an institution is registered and not closed at an instant.
pub(crate) async fn is_open(c: &mut Conn<'_>, (district, id): (DistrictId, InstitutionId), at: Ts) -> Result<bool> {
    let found: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "SELECT valid_from FROM institution WHERE district_id = $1 AND id = $2 AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3)"
    ).bind(district).bind(id).bind(at).fetch_optional(x).await)?;
    Ok(found.is_some())
}
