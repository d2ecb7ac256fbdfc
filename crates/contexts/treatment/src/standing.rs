//! For which institution somebody acts (代表哪家机构): the organisation on whose behalf the appointment was given.

use linli_access::{Actor, Ctx};
use linli_db::Conn;
use linli_kernel::DistrictId;
use linli_people::model::AppointmentId;

use crate::error::TreatmentError;
use crate::model::InstitutionId;
use crate::store;

/// The institution for which the actor acts, with its district. Nobody's for who is appointed on behalf of no organisation, or of one that is
/// no institution of the network at this instant; an appointment that has ended speaks for none.
///
/// # Errors
/// Store errors.
pub(crate) async fn own_institution(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Option<(DistrictId, InstitutionId)>, TreatmentError> {
    let Actor::Staff { appointment, scope, .. } = &ctx.actor else { return Ok(None) };
    let (district, now) = (scope.district, ctx.now());
    let held = linli_people::queries::appointment(c, district, AppointmentId(*appointment)).await?;
    let Some(of) = held.filter(|held| held.in_force(now)).and_then(|held| held.organisation_id) else { return Ok(None) };
    let id = InstitutionId(of.0);
    Ok(store::institutions::is_open(c, (district, id), now).await?.then_some((district, id)))
}
