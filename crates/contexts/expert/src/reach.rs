//! Who may know of what (知悉范围): an institution of its own, the health office and the experts of their place; of patients an expert only what the own
//! group saw.

use linli_access::{Action, Actor, Ctx, Denied, Resource, Role, Scope};
use linli_db::Conn;
use linli_kernel::DistrictId;
use linli_treatment::model::InstitutionId;
use linli_treatment::queries::acts_for;

use crate::error::ExpertError;
use crate::model::{GroupId, Member, Round};
use crate::store::groups;

/// What of rounds and findings somebody may know.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    /// Below which place.
    pub(crate) scope: Scope,
    /// Of which institution alone, for who acts for one.
    pub(crate) only: Option<InstitutionId>,
}

fn role_of(ctx: &Ctx) -> Option<Role> {
    match &ctx.actor {
        Actor::Staff { role, .. } => Some(*role),
        _ => None,
    }
}

/// What the actor may know of rounds and findings; nothing for who acts for an institution that is none of the network.
pub(crate) async fn reach(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    (action, resource): (Action, Resource),
) -> Result<Option<Reach>, ExpertError> {
    let scope = ctx.scope(action, resource)?;
    match role_of(ctx) {
        Some(Role::HealthOfficer | Role::Expert) => Ok(Some(Reach { scope, only: None })),
        _ => {
            let own = acts_for(ctx, c).await?.filter(|(district, _)| *district == scope.district);
            // What is the own house's is the own house's, wherever in the district it lies.
            let scope = Scope { district: scope.district, place: linli_kernel::PlacePath::root() };
            Ok(own.map(|(_, only)| Reach { scope, only: Some(only) }))
        }
    }
}

impl Reach {
    /// Whether it is within.
    pub(crate) fn has(&self, district: DistrictId, (place, institution): (&linli_kernel::PlacePath, InstitutionId)) -> bool {
        self.scope.contains(district, place) && self.only.is_none_or(|only| only == institution)
    }
}

/// Somebody of the group; none for who is not in it.
pub(crate) async fn of_group(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    (district, group): (DistrictId, GroupId),
) -> Result<Option<Member>, ExpertError> {
    let Some(person) = ctx.person() else { return Ok(None) };
    Ok(groups::members(c, district, group).await?.into_iter().find(|one| one.person == person))
}

/// May the actor do what only members of the group of this round do?
pub(crate) async fn as_member(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    round: &Round,
    (action, resource): (Action, Resource),
) -> Result<(), ExpertError> {
    ctx.may(action, resource, round.district, &round.place)?;
    of_group(ctx, c, (round.district, round.group)).await?.map(|_| ()).ok_or(ExpertError::Denied(Denied::Forbidden))
}

/// May the actor read what was advised about patients in this round? The treating institution, the group that advised, the health office.
pub(crate) async fn may_read_opinions(ctx: &Ctx, c: &mut Conn<'_>, round: &Round) -> Result<bool, ExpertError> {
    if ctx.scope(Action::Read, Resource::Opinion).is_err() {
        return Ok(false);
    }
    let Some(reach) = reach(ctx, c, (Action::Read, Resource::Opinion)).await? else { return Ok(false) };
    if !reach.has(round.district, (&round.place, round.institution)) {
        return Ok(false);
    }
    match role_of(ctx) {
        Some(Role::Expert) => Ok(of_group(ctx, c, (round.district, round.group)).await?.is_some()),
        _ => Ok(true),
    }
}
