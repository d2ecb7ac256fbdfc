//! Institutions as staff see them.

use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_kernel::{DistrictId, Ts};

use crate::error_network::NetworkError;
use crate::model::{
    Catchment, Crowding, Hours, Institution, InstitutionId, Membership, OpenNow, Staffing, TreatmentGrid, Unit, UnitId,
};
use crate::store;

/// A page of them.
pub const PAGE: i64 = 50;

/// A unit with its hours.
#[derive(Debug, Clone)]
pub struct UnitNow {
    /// The unit.
    pub unit: Unit,
    /// Its hours today.
    pub hours: Hours,
    /// What was written about them.
    pub told: String,
    /// Days from today on, at which it stays closed.
    pub closed: Vec<jiff::civil::Date>,
    /// Whether it is open now.
    pub open: OpenNow,
    /// What was said last of how crowded it is, and when.
    pub crowding: Option<(Crowding, Ts)>,
}

/// Everything about an institution that staff may see.
#[derive(Debug, Clone)]
pub struct InstitutionView {
    /// The institution.
    pub institution: Institution,
    /// Its units, closed ones too.
    pub units: Vec<UnitNow>,
    /// Its times in grids, the newest on top.
    pub grids: Vec<(Membership, Option<TreatmentGrid>)>,
    /// Whom it looks after, the newest on top.
    pub catchments: Vec<(Catchment, String)>,
    /// Its staff by training today.
    pub staffing: Vec<Staffing>,
    /// Whether the actor acts for it.
    pub own: bool,
    /// Whether the actor may change it.
    pub may_change: bool,
}

/// The institutions in the actor's reach whose name or code holds a text, by code.
///
/// # Errors
/// `Denied`; store errors.
pub async fn list(ctx: &Ctx, c: &mut Conn<'_>, holds: &str, after: &str) -> Result<Vec<Institution>, NetworkError> {
    let scope = ctx.scope(Action::Read, Resource::Institution)?;
    Ok(store::institutions::open_in(c, &scope, ctx.now(), (holds.trim(), after, PAGE + 1)).await?)
}

/// Units with their hours, closed days and crowding at an instant.
pub(crate) async fn now(c: &mut Conn<'_>, district: DistrictId, units: Vec<Unit>, at: Ts) -> Result<Vec<UnitNow>, NetworkError> {
    /// What was said of the crowd before that is of no use to anybody.
    const CROWD_SECS: i64 = 86_400;
    let today = at.local().date();
    let ids: Vec<UnitId> = units.iter().map(|unit| unit.id).collect();
    let mut hours = store::opening::hours_on(c, district, &ids, today).await?;
    let yesterday = today.yesterday().unwrap_or(today);
    let mut closed = store::opening::closed_days(c, district, &ids, yesterday).await?;
    let crowding = store::opening::crowding(c, district, &ids, at.plus_secs(-CROWD_SECS)).await?;
    let one = |unit: Unit| {
        let posted = hours.remove(&unit.id);
        let (hours, told) = posted.map(|posted| (posted.hours, posted.told)).unwrap_or_default();
        let closed = closed.remove(&unit.id).unwrap_or_default();
        UnitNow { open: hours.at(at, &closed), crowding: crowding.get(&unit.id).copied(), hours, told, closed, unit }
    };
    Ok(units.into_iter().map(one).collect())
}

/// What is registered of an institution.
///
/// # Errors
/// `NotFound` for one out of reach; store errors.
pub(crate) async fn of(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    id: InstitutionId,
) -> Result<Institution, NetworkError> {
    let known = store::institutions::one(c, district, id).await?.ok_or(NetworkError::NotFound)?;
    let may = ctx.may(Action::Read, Resource::Institution, district, &known.place);
    may.map(|()| known).map_err(|_| NetworkError::NotFound)
}

/// An institution.
///
/// # Errors
/// `NotFound` for one out of reach; `Denied`; store errors.
pub async fn show(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, id: InstitutionId) -> Result<InstitutionView, NetworkError> {
    let at = ctx.now();
    ctx.scope(Action::Read, Resource::Institution)?;
    let institution = store::institutions::one(c, district, id).await?.ok_or(NetworkError::NotFound)?;
    let may = |action| ctx.may(action, Resource::Institution, district, &institution.place).is_ok();
    if !may(Action::Read) {
        return Err(NetworkError::NotFound);
    }
    let may_change = may(Action::Change);
    let units = store::institutions::units(c, district, id).await?;
    let units = now(c, district, units, at).await?;
    let catchments = store::grids::catchments_of(c, district, id).await?;
    let places: Vec<_> = catchments.iter().map(|one| one.place.clone()).collect();
    let names = linli_territory::queries::names_at(c, district, &places).await?;
    let name = |one: &Catchment| names.get(&one.place).map(|named| named.name.clone()).unwrap_or_default();
    Ok(InstitutionView {
        grids: super::grids::history(c, (district, id)).await?,
        catchments: catchments.into_iter().map(|one| (one.clone(), name(&one))).collect(),
        staffing: store::opening::staffing(c, (district, id), at.local().date()).await?,
        own: crate::standing::own_institution(ctx, c).await? == Some((district, id)),
        may_change,
        institution,
        units,
    })
}
