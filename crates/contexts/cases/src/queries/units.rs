//! What an organisation sees behind its private link, and what a desk sees of organisations.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use linli_access::{Action, Ctx, Resource, Role, Scope};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_people::model::{AppointmentId, Organisation, OrganisationId};

use super::{Audience, TimelineEntry, timeline};
use crate::discretion::kept_from_unit_of;
use crate::error::CasesError;
use crate::model::{Call, Case, CaseId, CasePhoto, Event, Standing, UnitLink, UnitLinkId};
use crate::neighbourhood::{people, territory};
use crate::office::Office;
use crate::store::units::{LinkUse, Opening};
use crate::store::{self, units};
use crate::token::LinkToken;

/// Most cases and calls on the page of an organisation.
const PAGE: i64 = 200;
/// Most organisations of a district that are offered.
const ORGANISATIONS: i64 = 500;

/// The link that a token is.
///
/// # Errors
/// `LinkUnknown`; `LinkOver` for one that was closed or has run out; `LinkLeft` for one that nobody answers for any more; store errors.
pub async fn unit_door(c: &mut Conn<'_>, token: &LinkToken, now: Ts) -> Result<UnitLink, CasesError> {
    let link = units::link_of_hash(c, &token.hash()).await?.ok_or(CasesError::LinkUnknown)?;
    if !link.opens(now) {
        return Err(CasesError::LinkOver);
    }
    if left(c, link.district, std::slice::from_ref(&link), now).await?.contains(&link.id) {
        Err(CasesError::LinkLeft)
    } else {
        Ok(link)
    }
}

/// Which of these links of a district nobody answers for any more: the appointment under which it was made is over, and nobody else has that
/// role at the place of the link.
pub(crate) async fn left(
    c: &mut Conn<'_>,
    district: DistrictId,
    links: &[UnitLink],
    now: Ts,
) -> Result<HashSet<UnitLinkId>, CasesError> {
    let under: Vec<AppointmentId> = links.iter().filter_map(|link| link.made_under).map(AppointmentId).collect();
    // Whoever looks after the whole city acts in the district under an appointment of the city.
    let offices = [district, DistrictId::CITY];
    let mut in_force = HashSet::new();
    for office in offices {
        in_force.extend(linli_people::queries::in_force(c, office, &under, now).await.map_err(people)?);
    }
    let mut known: HashMap<(&PlacePath, Role), bool> = HashMap::new();
    let mut found = HashSet::new();
    for link in links {
        let over = link.made_under.is_some_and(|appointment| !in_force.contains(&AppointmentId(appointment)));
        let Some(role) = link.made_role.as_deref().filter(|_| over).and_then(|role| role.parse::<Role>().ok()) else { continue };
        let key = (&link.place, role);
        let followed = match known.get(&key) {
            Some(followed) => *followed,
            None => {
                let mut followed = false;
                for office in offices {
                    let next = linli_people::queries::holder(c, office, &link.place, role, now).await.map_err(people)?;
                    followed = followed || next.is_some();
                }
                known.insert(key, followed);
                followed
            }
        };
        if !followed {
            found.insert(link.id);
        }
    }
    Ok(found)
}

/// What an organisation has to do.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitDesk {
    /// The cases that it has, what runs out first on top.
    pub cases: Vec<Case>,
    /// The calls to it with their cases, unanswered ones first.
    pub calls: Vec<(Call, Case)>,
}

/// The open cases of an organisation, and the calls to it; none that is kept from it since it was called.
///
/// # Errors
/// Store errors.
pub async fn unit_desk(c: &mut Conn<'_>, link: &UnitLink) -> Result<UnitDesk, CasesError> {
    let cases = units::cases_of(c, link, PAGE).await?;
    let mut calls = Vec::new();
    let called = units::calls_of_unit(c, link, PAGE).await?;
    let ids: Vec<CaseId> = called.iter().map(|call| call.case).collect();
    let called_to = store::by_ids(c, link.district, &ids).await?;
    for call in called {
        let Some(case) = called_to.get(&call.case) else { continue };
        if !kept_from_unit_of(c, (link.district, &case.kept), link.unit).await? {
            calls.push((call, case.clone()));
        }
    }
    Ok(UnitDesk { cases, calls })
}

/// A case as an organisation sees it: nothing of who reported it.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitCase {
    /// The case.
    pub case: Case,
    /// Whether it has the case; otherwise it was called to it.
    pub owned: bool,
    /// Its photos.
    pub photos: Vec<CasePhoto>,
    /// What happened, as far as it is for the organisation.
    pub timeline: Vec<TimelineEntry>,
    /// What it may do.
    pub possible: Vec<Event>,
    /// Whether it may ask for more time.
    pub may_ask_time: bool,
    /// Since when it waits for more time.
    pub asked_time: Option<Ts>,
    /// The calls to it about the case.
    pub calls: Vec<Call>,
}

/// A case that an organisation has, or that it was called to while it is open.
///
/// # Errors
/// `NotFound`; store errors.
pub async fn unit_case(
    c: &mut Conn<'_>,
    office: &Office,
    link: &UnitLink,
    (id, now): (CaseId, Ts),
) -> Result<UnitCase, CasesError> {
    let case = store::by_id(c, link.district, id).await?.filter(|case| link.place.contains(&case.place));
    let case = case.ok_or(CasesError::NotFound)?;
    let owned = case.unit == Some(link.unit);
    let mut calls = units::calls_of_case(c, link.district, id, PAGE).await?;
    calls.retain(|call| call.unit == link.unit);
    if !owned && (calls.is_empty() || !case.is_open() || kept_from_unit_of(c, (link.district, &case.kept), link.unit).await?) {
        return Err(CasesError::NotFound);
    }
    let rules = office.rules_of(&case, now)?;
    let possible = if owned { rules.possible(&case, case.state, Standing::Unit) } else { Vec::new() };
    let asked_time = units::time_ask(c, link.district, id).await?.map(|(_, at)| at).filter(|_| owned);
    let can_be_given = crate::commands::can_be_given(&rules, &case, Standing::Unit).is_ok();
    Ok(UnitCase {
        photos: store::photos(c, link.district, id).await?,
        timeline: timeline(c, &case, Audience::Unit(link.unit)).await?,
        may_ask_time: owned && asked_time.is_none() && can_be_given,
        asked_time,
        possible,
        owned,
        calls,
        case,
    })
}

/// The organisations of a district that the rules of a place let have cases, by name.
///
/// # Errors
/// Store errors.
pub async fn organisations(
    c: &mut Conn<'_>,
    office: &Office,
    (district, place): (DistrictId, &PlacePath),
    now: Ts,
) -> Result<Vec<Organisation>, CasesError> {
    let rules = office.rules(place, now)?;
    let mut all = linli_people::queries::organisations(c, district, "", ORGANISATIONS).await.map_err(people)?;
    all.retain(|organisation| rules.units().takes(&organisation.kind));
    Ok(all)
}

/// The same in two parts, each by name: those that are for cases of any class, and those that are for a few alone (专办单位).
///
/// # Errors
/// As [`organisations`].
pub(crate) async fn organisations_by_purpose(
    c: &mut Conn<'_>,
    office: &Office,
    (district, place): (DistrictId, &PlacePath),
    now: Ts,
) -> Result<(Vec<Organisation>, Vec<Organisation>), CasesError> {
    let rules = office.rules(place, now)?;
    let all = organisations(c, office, (district, place), now).await?;
    Ok(all.into_iter().partition(|unit| rules.units().meant_for_all((unit.kind.as_str(), unit.name.as_str()))))
}

/// An organisation that a case may be given to.
pub(crate) struct Offered {
    pub(crate) unit: Organisation,
    /// How many cases of its class it had in the district.
    pub(crate) had: i64,
    /// Whether it stands after everybody else: it is for cases of other classes, and had none of this.
    pub(crate) last: bool,
}

/// The organisations that a case may be given to, whoever had most of its class around its community before on top, then in the district, then
/// by name; those that are for other cases come last.
///
/// # Errors
/// As [`organisations`].
pub(crate) async fn organisations_for(
    c: &mut Conn<'_>,
    office: &Office,
    case: &Case,
    now: Ts,
) -> Result<Vec<Offered>, CasesError> {
    let all = organisations(c, office, (case.district, &case.place), now).await?;
    let rules = office.rules(&case.place, now)?;
    let around = case.place.at_level(PlaceLevel::Community);
    let had: HashMap<OrganisationId, (i64, i64)> = units::had_of_class(c, (case.district, &around), &case.class)
        .await?
        .into_iter()
        .map(|(unit, near, all)| (unit, (near, all)))
        .collect();
    let of = |unit: &Organisation| had.get(&unit.id).copied().unwrap_or_default();
    let mut sorted: Vec<(Organisation, (i64, i64), bool)> = Vec::with_capacity(all.len());
    for unit in all {
        let had = of(&unit);
        let last = had.1 == 0 && !rules.units().meant_for((unit.kind.as_str(), unit.name.as_str()), &case.class);
        sorted.push((unit, had, last));
    }
    // Stable: who had none stands by name, as they came.
    sorted.sort_by_key(|(_, had, last)| (*last, Reverse(*had)));
    Ok(sorted.into_iter().map(|(unit, (_, had), last)| Offered { unit, had, last }).collect())
}

/// The name of an organisation.
///
/// # Errors
/// Store errors.
pub async fn unit_name(c: &mut Conn<'_>, district: DistrictId, id: OrganisationId) -> Result<Option<String>, CasesError> {
    Ok(linli_people::queries::organisation(c, district, id).await.map_err(people)?.map(|organisation| organisation.name))
}

/// The names of some organisations, asked for at once.
///
/// # Errors
/// Store errors.
pub(crate) async fn unit_names(
    c: &mut Conn<'_>,
    district: DistrictId,
    ids: impl IntoIterator<Item = OrganisationId>,
) -> Result<HashMap<OrganisationId, String>, CasesError> {
    let mut ids: Vec<OrganisationId> = ids.into_iter().collect();
    ids.sort();
    ids.dedup();
    let found = linli_people::queries::organisations_named(c, district, &ids).await.map_err(people)?;
    Ok(found.into_iter().collect())
}

/// The calls about a case, oldest first. The caller has been let in to the case.
///
/// # Errors
/// Store errors.
pub(crate) async fn calls(c: &mut Conn<'_>, case: &Case) -> Result<Vec<Call>, CasesError> {
    Ok(units::calls_of_case(c, case.district, case.id, PAGE).await?)
}

/// The clock that the organisation of a case asks for.
///
/// # Errors
/// Store errors.
pub(crate) async fn time_ask(c: &mut Conn<'_>, case: &Case) -> Result<Option<String>, CasesError> {
    Ok(units::time_ask(c, case.district, case.id).await?.map(|(clock, _)| clock))
}

/// The scope in which the actor makes links: his own, or the district that he names when he reaches all of them; `None` while he has named
/// none.
///
/// # Errors
/// `NotFound` for a district that is not served; `Denied`; store errors.
pub async fn link_scope(ctx: &Ctx, c: &mut Conn<'_>, named: Option<DistrictId>) -> Result<Option<Scope>, CasesError> {
    let scope = ctx.scope(Action::Read, Resource::UnitLink)?;
    if scope.district != DistrictId::CITY {
        return Ok(Some(scope));
    }
    let Some(named) = named else { return Ok(None) };
    let district = linli_territory::queries::district(c, named).await.map_err(territory)?.ok_or(CasesError::NotFound)?;
    ctx.may(Action::Read, Resource::UnitLink, named, &district.path)?;
    Ok(Some(Scope { district: named, place: district.path }))
}

/// The districts that somebody chooses from who reaches all of them, with their names.
///
/// # Errors
/// Store errors.
pub async fn link_districts(c: &mut Conn<'_>) -> Result<Vec<(DistrictId, String)>, CasesError> {
    let all = linli_territory::queries::districts(c).await.map_err(territory)?;
    Ok(all.into_iter().filter(|district| district.id != DistrictId::CITY).map(|district| (district.id, district.name)).collect())
}

/// The links of a scope of [`link_scope`], those made last first.
///
/// # Errors
/// `Denied`; store errors.
pub async fn unit_links(ctx: &Ctx, c: &mut Conn<'_>, scope: &Scope) -> Result<Vec<LinkUse>, CasesError> {
    ctx.may(Action::Read, Resource::UnitLink, scope.district, &scope.place)?;
    Ok(units::links(c, scope, PAGE).await?)
}

/// A link with its last openings, within the reach of the actor.
///
/// # Errors
/// `NotFound`; `Denied`; store errors.
pub async fn unit_openings(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    (id, named): (UnitLinkId, Option<DistrictId>),
) -> Result<(UnitLink, Vec<Opening>), CasesError> {
    let scope = link_scope(ctx, c, named).await?.ok_or(CasesError::NotFound)?;
    let link = units::link(c, scope.district, id).await?.filter(|link| scope.place.contains(&link.place));
    let link = link.ok_or(CasesError::NotFound)?;
    let openings = units::openings(c, &link, PAGE).await?;
    Ok((link, openings))
}
