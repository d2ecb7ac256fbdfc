//! Which grid an institution was in on a day, who was in a grid, who looked after a place.

use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath, Ts};

use crate::error_network::NetworkError;
use crate::model::{Catchment, GridKind, GridRef, Institution, InstitutionId, Membership, TreatmentGrid};
use crate::store;

/// The grid of a kind to which an institution belonged at an instant.
///
/// # Errors
/// Store errors.
pub async fn grid_at(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    kind: GridKind,
    at: Ts,
) -> Result<Option<TreatmentGrid>, NetworkError> {
    let all = store::grids::memberships(c, district, institution).await?;
    match all.into_iter().find(|one| one.kind == kind && one.holds(at)) {
        Some(held) => Ok(store::grids::one(c, held.grid).await?),
        None => Ok(None),
    }
}

/// A grid.
///
/// # Errors
/// Store errors.
pub async fn grid(c: &mut Conn<'_>, at: GridRef) -> Result<Option<TreatmentGrid>, NetworkError> {
    Ok(store::grids::one(c, at).await?)
}

/// The grids of a district at an instant, by code.
///
/// # Errors
/// Store errors.
pub async fn grids(c: &mut Conn<'_>, district: DistrictId, at: Ts) -> Result<Vec<TreatmentGrid>, NetworkError> {
    Ok(store::grids::open_in(c, district, at).await?)
}

/// The grids of all districts at an instant.
///
/// # Errors
/// Store errors.
pub async fn everywhere(c: &mut Conn<'_>, at: Ts) -> Result<Vec<TreatmentGrid>, NetworkError> {
    Ok(store::grids::open_anywhere(c, at).await?)
}

/// An institution in a grid, or in none.
#[derive(Debug, Clone)]
pub struct Member {
    /// The institution.
    pub institution: Institution,
    /// Whether it leads the grid.
    pub leads: bool,
    /// The names of the places that it looks after then.
    pub places: Vec<String>,
}

/// What holds at an instant.
#[derive(Debug, Clone)]
pub struct OnADay {
    /// The grids in which somebody of the reach is, or that stand in its district, with everybody in them.
    pub grids: Vec<(TreatmentGrid, Vec<Member>)>,
    /// Those of the reach who are in none.
    pub outside: Vec<Member>,
}

/// Most institutions of one look.
const MOST: i64 = 2_000;

/// The grids as they were at an instant, and who was in none (救治网格一览).
///
/// # Errors
/// `Denied`; store errors.
pub async fn on(ctx: &Ctx, c: &mut Conn<'_>, at: Ts) -> Result<OnADay, NetworkError> {
    let scope = ctx.scope(Action::Read, Resource::Institution)?;
    let (mut grids, mut known) = (Vec::new(), std::collections::BTreeSet::new());
    let here = store::institutions::open_in(c, &scope, at, ("", "", MOST)).await?;
    let reach: std::collections::BTreeSet<InstitutionId> = here.iter().map(|one| one.id).collect();
    for grid in store::grids::open_anywhere(c, at).await? {
        let members = members(c, grid.at, at).await?;
        if grid.at.district != scope.district && !members.iter().any(|one| reach.contains(&one.id)) {
            continue;
        }
        let mut seen = Vec::with_capacity(members.len());
        for one in members {
            known.insert(one.id);
            seen.push(member(c, one, grid.lead, at).await?);
        }
        grids.push((grid, seen));
    }
    let mut outside = Vec::new();
    for one in here.into_iter().filter(|one| !known.contains(&one.id)) {
        let id = InstitutionId(uuid::Uuid::nil());
        outside.push(member(c, one, id, at).await?);
    }
    Ok(OnADay { grids, outside })
}

async fn member(c: &mut Conn<'_>, institution: Institution, lead: InstitutionId, at: Ts) -> Result<Member, NetworkError> {
    let holds = |one: &Catchment| one.valid_from <= at && one.valid_to.is_none_or(|end| at < end);
    let all = store::grids::catchments_of(c, institution.district, institution.id).await?;
    let places: Vec<PlacePath> = all.into_iter().filter(holds).map(|one| one.place).collect();
    let names = linli_territory::queries::names_at(c, institution.district, &places).await?;
    let places = places.iter().filter_map(|place| names.get(place)).map(|named| named.name.clone()).collect();
    Ok(Member { leads: institution.id == lead, institution, places })
}

/// Who was in a grid at an instant, by code.
///
/// # Errors
/// Store errors.
pub async fn members(c: &mut Conn<'_>, of: GridRef, at: Ts) -> Result<Vec<Institution>, NetworkError> {
    let mut all = Vec::new();
    for (district, id) in store::grids::members(c, of, at).await? {
        all.extend(store::institutions::one(c, district, id).await?);
    }
    all.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(all)
}

/// All times of an institution in grids, the newest on top, with their grids.
///
/// # Errors
/// Store errors.
pub async fn history(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
) -> Result<Vec<(Membership, Option<TreatmentGrid>)>, NetworkError> {
    let mut all = Vec::new();
    for one in store::grids::memberships(c, district, institution).await? {
        let grid = store::grids::one(c, one.grid).await?;
        all.push((one, grid));
    }
    Ok(all)
}

/// The centre or station that looked after a place at an instant: the one of the nearest place above.
///
/// # Errors
/// Store errors.
pub async fn centre_at(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    at: Ts,
) -> Result<Option<InstitutionId>, NetworkError> {
    let around = place.ancestors();
    if around.is_empty() {
        return Ok(None);
    }
    let all = store::grids::catchments(c, district, &around).await?;
    let holds = |one: &Catchment| one.valid_from <= at && one.valid_to.is_none_or(|end| at < end);
    Ok(all.into_iter().find(holds).map(|one| one.institution))
}

/// What does not hold together in a district: institutions in two grids of a kind at one time.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, NetworkError> {
    let two = store::grids::in_two(c, district).await?;
    Ok(two.into_iter().map(|(id, kind)| format!("institution {id} is in two {kind} grids at one time")).collect())
}
