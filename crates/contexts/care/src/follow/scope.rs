//! Who may look at health data: the family-doctor team of a community or of less. An appointment at a place above reads none of it.

use linli_access::{Action, Actor, Ctx, Denied, Resource, Scope};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};

/// The scope in which the actor may do this to health data.
///
/// # Errors
/// As [`Ctx::scope`]; `Forbidden` for an appointment above a community.
pub(crate) fn team(ctx: &Ctx, action: Action) -> Result<Scope, Denied> {
    let scope = ctx.scope(action, Resource::FollowUp)?;
    if near_enough(&scope.place) { Ok(scope) } else { Err(Denied::Forbidden) }
}

/// May the actor do this to the health data of somebody who lives there? The program itself may.
///
/// # Errors
/// As [`Ctx::may`]; `Forbidden` for an appointment above a community.
pub(crate) fn may(ctx: &Ctx, action: Action, district: DistrictId, place: &PlacePath) -> Result<(), Denied> {
    ctx.may(action, Resource::FollowUp, district, place)?;
    match &ctx.actor {
        Actor::Staff { scope, .. } if !near_enough(&scope.place) => Err(Denied::Forbidden),
        _ => Ok(()),
    }
}

fn near_enough(place: &PlacePath) -> bool {
    place.level().is_some_and(|level| level >= PlaceLevel::Community)
}
