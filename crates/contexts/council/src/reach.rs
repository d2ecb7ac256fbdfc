//! Who may know of a meeting that is not public yet, and who sits at it from below (知悉范围).

use linli_access::{Action, Ctx, Resource};

use crate::error::CouncilError;
use crate::model::Meeting;

/// Whether the actor may know of a meeting as one of the staff: it lies in their scope, or it is for a place above theirs and people were told of it.
///
/// # Errors
/// `Denied` for who reads no meetings at all.
pub(crate) fn reaches(ctx: &Ctx, meeting: &Meeting) -> Result<bool, CouncilError> {
    let scope = ctx.scope(Action::Read, Resource::Meeting)?;
    let within = ctx.may(Action::Read, Resource::Meeting, meeting.district, &meeting.place).is_ok();
    let above = scope.district == meeting.district && meeting.place.contains(&scope.place) && meeting.called_at.is_some();
    Ok(within || above)
}
