//! Who may look at health data: the family-doctor team of a community or of less, and the system of the institution that follows somebody.
//! An appointment at a place above reads none of it.

use linli_access::{Action, Actor, Ctx, Denied, Resource, Scope};
use linli_kernel::{DistrictId, PlacePath};

use super::error::FollowError;
use super::model::Followed;

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

/// Whether the system of an institution may do this to the record of somebody: tell and read the readings of those whom its own institution
/// follows, and nothing else. Of others it is not told that there are any.
///
/// # Errors
/// `NotFound` for everybody else's.
pub(crate) fn is_of(ctx: &Ctx, action: Action, followed: &Followed) -> Result<(), FollowError> {
    match &ctx.actor {
        Actor::Program { organisation, .. }
            if *organisation == followed.institution.0 && matches!(action, Action::Read | Action::Create) =>
        {
            Ok(())
        }
        _ => Err(FollowError::NotFound),
    }
}

fn near_enough(place: &PlacePath) -> bool {
    Resource::FollowUp.is_near(place)
}
