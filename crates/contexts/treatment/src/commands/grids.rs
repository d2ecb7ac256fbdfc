//! Treatment grids are made, institutions enter and change them, places get a centre.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::Ts;
use serde_json::json;

use super::institutions::{held, place_of};
use super::{NAME_MAX, text};
use crate::error_network::{NetworkError, Wrong};
use crate::model::{
    Catchment, CatchmentId, GridKind, GridRef, Institution, InstitutionId, InstitutionKind, Level, Membership, MembershipId,
    TreatmentGrid, TreatmentGridId,
};
use crate::rules::grids::{Change, Span, change};
use crate::store;

/// Makes a grid (建立救治网格) led by an institution of this district, which becomes its first member.
///
/// # Errors
/// `Field` for a code that is taken or a lead that leads none; `OtherGrid` when the lead is in another of the kind; `NotFound`, `Denied`; store
/// errors.
pub async fn found(
    ctx: &Ctx,
    tx: &mut Tx,
    (code, name, kind): (&str, &str, GridKind),
    lead: InstitutionId,
    from: Ts,
) -> Result<GridRef, NetworkError> {
    found_by(ctx, tx, (code, name, kind), (lead, from), Action::Change).await
}

/// As [`found`], under the right to do this to the lead.
pub(crate) async fn found_by(
    ctx: &Ctx,
    tx: &mut Tx,
    (code, name, kind): (&str, &str, GridKind),
    (lead, from): (InstitutionId, Ts),
    action: Action,
) -> Result<GridRef, NetworkError> {
    let lead = held(ctx, tx, lead, action).await?;
    let (code, name) = (text("code", code, true, 60)?, text("name", name, true, NAME_MAX)?);
    if lead.level != Level::Tertiary && lead.kind != InstitutionKind::RegionalCentre {
        return Err(NetworkError::field("lead", Wrong::NoLead));
    }
    if store::grids::by_code(&mut tx.conn()?, lead.district, &code).await?.is_some() {
        return Err(NetworkError::field("code", Wrong::CodeTaken));
    }
    let at = GridRef { district: lead.district, id: TreatmentGridId::new(ctx.clock.as_ref(), ctx.rng.as_ref()) };
    let grid = TreatmentGrid { at, code, name, kind, lead: lead.id, valid_from: from, valid_to: None };
    store::grids::insert(&mut tx.conn()?, &grid).await?;
    let facts = json!({ "grid": at, "kind": kind, "lead": lead.id, "from": from });
    tx.journal(ctx.line("treatment.grid_founded", &lead.place, Some(at.id.0), facts));
    enter(ctx, tx, &lead, &grid, from).await?;
    Ok(at)
}

/// Puts an institution into a grid from an instant on (调整救治网格): the old membership of the kind ends there. What lies in the past is
/// not rewritten, and what begins later is not overtaken.
///
/// # Errors
/// `OtherGrid` names the grid that stands in the way; `Field` for a grid that is not there then; `NotFound`, `Denied`; store errors.
pub async fn join(ctx: &Ctx, tx: &mut Tx, institution: InstitutionId, grid: GridRef, from: Ts) -> Result<(), NetworkError> {
    join_by(ctx, tx, institution, (grid, from), Action::Change).await
}

/// As [`join`], under the right to do this to the institution.
pub(crate) async fn join_by(
    ctx: &Ctx,
    tx: &mut Tx,
    institution: InstitutionId,
    (grid, from): (GridRef, Ts),
    action: Action,
) -> Result<(), NetworkError> {
    // Under the lock of the institution: of two who change it at one moment the second sees what the first wrote.
    let institution = held(ctx, tx, institution, action).await?;
    let grid = store::grids::one(&mut tx.conn()?, grid).await?.ok_or(NetworkError::NotFound)?;
    if from < grid.valid_from || grid.valid_to.is_some_and(|end| from >= end) {
        return Err(NetworkError::field("grid", Wrong::NotADate));
    }
    if institution.valid_to.is_some_and(|end| from >= end) {
        return Err(NetworkError::field("institution", Wrong::Closed));
    }
    enter(ctx, tx, &institution, &grid, from).await
}

async fn enter(ctx: &Ctx, tx: &mut Tx, institution: &Institution, grid: &TreatmentGrid, from: Ts) -> Result<(), NetworkError> {
    let district = institution.district;
    let known = store::grids::memberships(&mut tx.conn()?, district, institution.id).await?;
    let known: Vec<Membership> = known.into_iter().filter(|one| one.kind == grid.kind).collect();
    let spans: Vec<Span<usize>> =
        known.iter().enumerate().map(|(of, one)| Span { of, from: one.valid_from, to: one.valid_to }).collect();
    let same = |of: usize| known.get(of).is_some_and(|one| one.grid == grid.at);
    match change(&spans, (from, ctx.now()), same) {
        Change::Nothing => return Ok(()),
        Change::Against(of) => {
            let against = known.get(of).ok_or(NetworkError::Changed)?;
            let other = store::grids::one(&mut tx.conn()?, against.grid).await?;
            let name = other.map(|other| other.name).unwrap_or_default();
            return Err(NetworkError::OtherGrid { grid: name, since: against.valid_from });
        }
        Change::Begin => {}
        Change::Follow(of) => {
            let old = known.get(of).ok_or(NetworkError::Changed)?;
            store::grids::end_membership(&mut tx.conn()?, district, old.id, from).await?;
        }
    }
    let id = MembershipId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let new = Membership { id, institution: institution.id, kind: grid.kind, grid: grid.at, valid_from: from, valid_to: None };
    store::grids::insert_membership(&mut tx.conn()?, district, &new).await?;
    let facts = json!({ "institution": institution.id, "grid": grid.at, "kind": grid.kind, "from": from });
    tx.journal(ctx.line("treatment.grid_joined", &institution.place, Some(institution.id.0), facts));
    Ok(())
}

/// Ends every open membership of an institution that closes.
pub(super) async fn leave_all(tx: &mut Tx, institution: InstitutionId, at: Ts) -> Result<(), NetworkError> {
    let district = tx.district();
    for one in store::grids::memberships(&mut tx.conn()?, district, institution).await? {
        if one.valid_to.is_none() {
            // What would begin only after the end ends as soon as it has begun.
            let end = if at > one.valid_from { at } else { one.valid_from.plus_secs(1) };
            store::grids::end_membership(&mut tx.conn()?, district, one.id, end).await?;
        }
    }
    Ok(())
}

/// Says which centre or station looks after a place from an instant on (划定服务片区): the old one ends there.
///
/// # Errors
/// `OtherCentre` names who stands in the way; `Field` for an institution that is no centre, or a place that is not known; `NotFound`, `Denied`;
/// store errors.
pub async fn assign_catchment(
    ctx: &Ctx,
    tx: &mut Tx,
    place: &str,
    institution: InstitutionId,
    from: Ts,
) -> Result<(), NetworkError> {
    assign_catchment_by(ctx, tx, place, (institution, from), Action::Change).await
}

/// As [`assign_catchment`], under the right to do this to the institution and at the place.
pub(crate) async fn assign_catchment_by(
    ctx: &Ctx,
    tx: &mut Tx,
    place: &str,
    (institution, from): (InstitutionId, Ts),
    action: Action,
) -> Result<(), NetworkError> {
    let district = tx.district();
    let centre = held(ctx, tx, institution, action).await?;
    let looks_after =
        matches!(centre.kind, InstitutionKind::HealthCentre | InstitutionKind::HealthStation | InstitutionKind::VillageClinic);
    if !looks_after || centre.valid_to.is_some() {
        return Err(NetworkError::field("institution", Wrong::NoCentre));
    }
    if place.trim().is_empty() {
        return Err(NetworkError::field("place", Wrong::Required));
    }
    let place = place_of(tx, district, place).await?;
    ctx.may(action, Resource::Institution, district, &place)?;
    let known = store::grids::catchments(&mut tx.conn()?, district, std::slice::from_ref(&place)).await?;
    let spans: Vec<Span<usize>> =
        known.iter().enumerate().map(|(of, one)| Span { of, from: one.valid_from, to: one.valid_to }).collect();
    let same = |of: usize| known.get(of).is_some_and(|one| one.institution == centre.id);
    match change(&spans, (from, ctx.now()), same) {
        Change::Nothing => return Ok(()),
        Change::Against(of) => {
            let against = known.get(of).ok_or(NetworkError::Changed)?;
            let other = store::institutions::one(&mut tx.conn()?, district, against.institution).await?;
            let institution = other.map(|other| other.name).unwrap_or_default();
            return Err(NetworkError::OtherCentre { institution, since: against.valid_from });
        }
        Change::Begin => {}
        Change::Follow(of) => {
            let old = known.get(of).ok_or(NetworkError::Changed)?;
            store::grids::end_catchment(&mut tx.conn()?, district, old.id, from).await?;
        }
    }
    let id = CatchmentId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let new = Catchment { id, place: place.clone(), institution: centre.id, valid_from: from, valid_to: None };
    store::grids::insert_catchment(&mut tx.conn()?, district, &new).await?;
    let facts = json!({ "institution": centre.id, "from": from });
    tx.journal(ctx.line("treatment.catchment_assigned", &place, Some(centre.id.0), facts));
    Ok(())
}
