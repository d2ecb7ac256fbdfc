//! For which institution somebody acts (代表哪家机构): the organisation on whose behalf the appointment was given, or whose program it is.

use linli_access::{Action, Actor, Ctx, Denied, Resource};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath};
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
    let now = ctx.now();
    let (district, of) = match &ctx.actor {
        Actor::Staff { appointment, scope, .. } => {
            let held = linli_people::queries::appointment(c, scope.district, AppointmentId(*appointment)).await?;
            (scope.district, held.filter(|held| held.in_force(now)).and_then(|held| held.organisation_id).map(|of| of.0))
        }
        Actor::Program { district, organisation, .. } => (*district, Some(*organisation)),
        _ => return Ok(None),
    };
    let Some(id) = of.map(InstitutionId) else { return Ok(None) };
    Ok(store::institutions::is_open(c, (district, id), now).await?.then_some((district, id)))
}

/// What the system of an institution may do in the name of its own institution, and of no other (ADR 0030). The table of permissions grants it
/// nothing.
const OF_PROGRAMS: [(Action, Resource); 8] = [
    (Action::Read, Resource::Return),
    (Action::Create, Resource::Return),
    (Action::Change, Resource::Return),
    (Action::Read, Resource::Referral),
    (Action::Create, Resource::Referral),
    (Action::Take, Resource::Referral),
    (Action::Change, Resource::Referral),
    (Action::Change, Resource::Bed),
];

/// May the actor do this in the name of the institution for which he acts?
///
/// # Errors
/// As [`Ctx::scope`].
pub(crate) fn as_own(ctx: &Ctx, action: Action, resource: Resource) -> Result<(), Denied> {
    match &ctx.actor {
        Actor::Program { .. } if OF_PROGRAMS.contains(&(action, resource)) => Ok(()),
        _ => ctx.scope(action, resource).map(|_| ()),
    }
}

/// May the actor do this to what is the own institution's, which lies at this place?
///
/// # Errors
/// As [`Ctx::may`].
pub(crate) fn may_own(
    ctx: &Ctx,
    action: Action,
    resource: Resource,
    (district, place): (DistrictId, &PlacePath),
) -> Result<(), Denied> {
    match &ctx.actor {
        Actor::Program { .. } => as_own(ctx, action, resource),
        _ => ctx.may(action, resource, district, place),
    }
}
