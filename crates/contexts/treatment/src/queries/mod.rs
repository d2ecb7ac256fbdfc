//! What only looks.

pub mod beds;
pub mod clinics;
pub mod directory;
pub mod grids;
pub mod institutions;
pub mod measured;
pub mod outcomes;
pub mod plan;
pub mod receiving;
pub mod referrals;
pub mod returns;
pub mod rounds;
pub mod stays;

use linli_access::Ctx;
use linli_db::Conn;
use linli_kernel::DistrictId;

use crate::error::TreatmentError;
use crate::model::InstitutionId;

/// The institution for which the actor acts, with its district, for a room that shows what comes to it.
///
/// # Errors
/// Store errors.
pub async fn acts_for(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Option<(DistrictId, InstitutionId)>, TreatmentError> {
    crate::standing::own_institution(ctx, c).await
}
