//! Returns as those see them who tell them, and those who wait for them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use linli_access::{Action, Ctx, Resource, Role, Scope};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::AppointmentId;
use uuid::Uuid;

use crate::error_network::NetworkError;
use crate::model::plan::At;
use crate::model::{Figures, Institution, InstitutionId, Return, ReturnId, ReturnVersion, Sum};
use crate::network::Network;
use crate::rules::returns::{DayOf, Every, Form, Peak, peak};
use crate::store;
use crate::store::returns::Teller;

/// How many days back peaks are looked for.
pub const SERIES_DAYS: i64 = 60;
/// How many days back an institution is asked for what is missing.
const ASKED_DAYS: i64 = 3;

/// How a return stands to its due time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InTime {
    /// It is there.
    Told,
    /// It is there, and came late.
    Late,
    /// It is not there, and there is still time.
    Awaited,
    /// It is not there, and the time is over.
    Missing,
}

impl InTime {
    fn of(told: Option<&Return>, due: Option<Ts>, now: Ts) -> Self {
        match (told, due) {
            (Some(told), Some(due)) if told.first_at > due => Self::Late,
            (Some(_), _) => Self::Told,
            (None, Some(due)) if now > due => Self::Missing,
            (None, _) => Self::Awaited,
        }
    }
}

/// A return that is asked of the actor's institution.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The form.
    pub form: Form,
    /// About which day.
    pub day: Date,
    /// Until when.
    pub due: Option<Ts>,
    /// How it stands.
    pub state: InTime,
    /// What was told.
    pub told: Option<Return>,
}

/// The institution for which the actor acts, and what is asked of it: the newest day on top.
///
/// # Errors
/// `Denied`; store errors.
pub async fn asked_of_own(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    network: &Network,
) -> Result<Option<(Institution, Vec<Asked>)>, NetworkError> {
    ctx.scope(Action::Create, Resource::Return)?;
    let now = ctx.now();
    let Some((district, id)) = crate::standing::own_institution(ctx, c).await? else { return Ok(None) };
    let Some(institution) = store::institutions::one(c, district, id).await? else { return Ok(None) };
    let rules = network.rules(&institution.place, now)?;
    let units = store::institutions::units(c, district, id).await?;
    let mut asked = Vec::new();
    for back in 0..=ASKED_DAYS {
        let Ok(day) = now.local().date().checked_sub(back.days()) else { continue };
        for form in rules.forms().all().filter(|form| form.every == Every::Day && form.due(day).is_some()) {
            let Some(noon) = noon(day) else { continue };
            let open = units.iter().any(|unit| {
                form.units.contains(&unit.kind) && unit.valid_from <= noon && unit.valid_to.is_none_or(|end| noon < end)
            });
            if !open {
                continue;
            }
            let told = store::returns::about(c, (district, id), &form.id, day).await?;
            let due = form.due(day);
            asked.push(Asked { state: InTime::of(told.as_ref(), due, now), form: form.clone(), day, due, told });
        }
    }
    Ok(Some((institution, asked)))
}

/// The form of a return of an institution about a day, what stands there, and what was told last before.
#[derive(Debug, Clone)]
pub struct ToTell {
    /// The institution.
    pub institution: Institution,
    /// The form.
    pub form: Form,
    /// Until when.
    pub due: Option<Ts>,
    /// What stands.
    pub told: Option<Return>,
    /// What was told last before, the newest on top.
    pub before: Vec<Return>,
    /// Every version, the newest on top.
    pub versions: Vec<ReturnVersion>,
    /// Who told them, by appointment.
    pub tellers: BTreeMap<Uuid, ToldBy>,
    /// Whether the actor may tell or correct it.
    pub may_tell: bool,
    /// Whether it is the actor's own institution.
    pub own: bool,
}

/// Who told a version (填报人): the post and the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldBy {
    /// As what.
    pub role: Role,
    /// The exact title; empty when the role says it.
    pub title: String,
    /// The name.
    pub name: String,
}

/// Who told these versions, by appointment: of the district, or of the whole city.
async fn tellers(
    c: &mut Conn<'_>,
    district: DistrictId,
    versions: &[ReturnVersion],
) -> Result<BTreeMap<Uuid, ToldBy>, NetworkError> {
    let mut found = BTreeMap::new();
    let appointments: BTreeSet<Uuid> = versions.iter().filter_map(|version| version.by).collect();
    for id in appointments {
        for of in [district, DistrictId::CITY] {
            let Some(post) = linli_people::queries::appointment(c, of, AppointmentId(id)).await? else { continue };
            let person = linli_people::queries::person(c, of, post.person).await?;
            let name = person.map(|person| person.name).unwrap_or_default();
            found.insert(id, ToldBy { role: post.role, title: post.title, name });
            break;
        }
    }
    Ok(found)
}

/// A return of an institution about a day, for those who tell it and those who wait for it.
///
/// # Errors
/// `NotFound` for an institution out of reach, or a form or day that is none; `Denied`; store errors.
pub async fn about(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    network: &Network,
    (district, id): (DistrictId, InstitutionId),
    (form, day): (&str, Date),
) -> Result<ToTell, NetworkError> {
    ctx.scope(Action::Read, Resource::Return)?;
    let institution = store::institutions::one(c, district, id).await?.ok_or(NetworkError::NotFound)?;
    let own = crate::standing::own_institution(ctx, c).await? == Some((district, id));
    let watches = ctx.may(Action::Change, Resource::Institution, district, &institution.place).is_ok();
    if !own && !watches && !reads(ctx, c, &institution).await? {
        return Err(NetworkError::NotFound);
    }
    let rules = network.rules(&institution.place, ctx.now())?;
    let form = rules.forms().form(form).cloned().ok_or(NetworkError::NotFound)?;
    let told = store::returns::about(c, (district, id), &form.id, day).await?;
    let before = store::returns::before(c, (district, id), &form.id, (day, 7)).await?;
    let versions = match &told {
        Some(told) => store::returns::versions(c, district, told.id).await?,
        None => Vec::new(),
    };
    let action = if told.is_some() { Action::Change } else { Action::Create };
    let may_tell = (own || watches) && ctx.scope(action, Resource::Return).is_ok();
    let tellers = tellers(c, district, &versions).await?;
    Ok(ToTell { due: form.due(day), institution, form, told, before, versions, tellers, may_tell, own })
}

/// Whether the actor reads the returns of an institution. Whoever tells for one house reads its own and those of the members of the grids that it leads, as
/// its system does; whoever watches over many, those of the district.
async fn reads(ctx: &Ctx, c: &mut Conn<'_>, of: &Institution) -> Result<bool, NetworkError> {
    if ctx.scope(Action::Create, Resource::Return).is_ok() && ctx.appointment().is_some() {
        return Ok(houses(ctx, c).await?.contains(&(of.district, of.id)));
    }
    Ok(ctx.may(Action::Read, Resource::Return, of.district, &of.place).is_ok())
}

/// The newest return of each form of an institution, for whoever may read them: from its page one comes to what it told.
///
/// # Errors
/// Store errors.
pub async fn newest(ctx: &Ctx, c: &mut Conn<'_>, network: &Network, of: &Institution) -> Result<Vec<(Form, Date)>, NetworkError> {
    let now = ctx.now();
    let at = (of.district, of.id);
    let watches = ctx.may(Action::Change, Resource::Institution, of.district, &of.place).is_ok();
    let may = ctx.scope(Action::Read, Resource::Return).is_ok();
    if !may || !(watches || crate::standing::own_institution(ctx, c).await? == Some(at) || reads(ctx, c, of).await?) {
        return Ok(Vec::new());
    }
    let Ok(tomorrow) = now.local().date().tomorrow() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for form in network.rules(&of.place, now)?.forms().all() {
        let newest = store::returns::before(c, at, &form.id, (tomorrow, 1)).await?;
        found.extend(newest.first().map(|told| (form.clone(), told.day)));
    }
    Ok(found)
}

/// Somebody who is to tell, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub institution: InstitutionId,
    /// Its name.
    pub name: String,
    /// A phone to ask at.
    pub phone: Option<String>,
    /// How it stands.
    pub state: InTime,
}

/// A field over all returns of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSum {
    /// Which field.
    pub field: String,
    /// The sum and what is not in it.
    pub sum: Sum,
    /// The highest day of the last weeks, and how far it fell back since.
    pub peak: Option<Peak>,
    /// The last days, in order.
    pub series: Vec<DayOf>,
}

/// Somebody who is fuller than full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverFull {
    /// Who.
    pub institution: InstitutionId,
    /// Its name.
    pub name: String,
    /// Which field.
    pub field: String,
    /// How many.
    pub used: i64,
    /// Of how many.
    pub of: i64,
}

/// A form on a day.
#[derive(Debug, Clone)]
pub struct FormDay {
    /// The form.
    pub form: Form,
    /// Until when.
    pub due: Option<Ts>,
    /// Everybody who is to tell, by name.
    pub standings: Vec<Standing>,
    /// How many returns there are.
    pub told: usize,
    /// Every field.
    pub sums: Vec<FieldSum>,
    /// Who is fuller than full.
    pub over_full: Vec<OverFull>,
    /// What each told, by name, of a form whose figures are not added up.
    pub each: Vec<(InstitutionId, String, Figures)>,
}

/// The returns of a day in the actor's reach: who told, who is late, who is missing, and what they add up to.
///
/// # Errors
/// `Denied` for whoever watches over no district; store errors.
pub async fn day(ctx: &Ctx, c: &mut Conn<'_>, network: &Network, day: Date) -> Result<Vec<FormDay>, NetworkError> {
    let scope = ctx.scope(Action::Read, Resource::Return)?;
    let now = ctx.now();
    let rules = network.rules(&scope.place, now)?;
    let mut all = Vec::new();
    for form in rules.forms().all() {
        let found = form_day(c, &scope, form, day, now).await?;
        if !found.standings.is_empty() || found.told > 0 {
            all.push(found);
        }
    }
    Ok(all)
}

async fn form_day(c: &mut Conn<'_>, scope: &Scope, form: &Form, day: Date, now: Ts) -> Result<FormDay, NetworkError> {
    let returns = store::returns::between(c, scope, &form.id, (day, day)).await?;
    let due = form.due(day);
    let asked = if due.is_some() { asked_on(c, scope, form, day).await? } else { BTreeMap::new() };
    let mut standings: Vec<Standing> = asked
        .into_values()
        .map(|teller| {
            let told = returns.iter().find(|one| one.institution == teller.id);
            Standing { institution: teller.id, name: teller.name, phone: teller.public_phone, state: InTime::of(told, due, now) }
        })
        .collect();
    standings.sort_by(|a, b| (&a.name, a.institution).cmp(&(&b.name, b.institution)));
    let from = day.checked_sub(SERIES_DAYS.days()).unwrap_or(day);
    let (mut sums, mut over_full) = (Vec::new(), Vec::new());
    let mut each = Vec::new();
    for one in returns.iter().filter(|_| !form.adds_up) {
        let known = store::institutions::one(c, scope.district, one.institution).await?;
        each.push((one.institution, known.map(|known| known.name).unwrap_or_default(), one.figures.clone()));
    }
    each.sort_by(|(a, one, _), (b, other, _)| (one, a).cmp(&(other, b)));
    for field in form.fields.iter().filter(|_| form.adds_up) {
        let mut sum = Sum::default();
        for one in &returns {
            if let Some(stated) = one.figures.get(&field.id) {
                sum.add(*stated);
            }
            let whole = field.of().and_then(|of| one.figures.get(of)).and_then(|of| of.number());
            let used = one.figures.get(&field.id).and_then(|used| used.number());
            if let (Some(of), Some(used)) = (whole, used)
                && used > of
            {
                let name = match standings.iter().find(|standing| standing.institution == one.institution) {
                    Some(standing) => standing.name.clone(),
                    None => {
                        let known = store::institutions::one(c, scope.district, one.institution).await?;
                        known.map(|known| known.name).unwrap_or_default()
                    }
                };
                over_full.push(OverFull { institution: one.institution, name, field: field.id.clone(), used, of });
            }
        }
        let rows = store::returns::sums(c, scope, (&form.id, &field.id), (from, day)).await?;
        let series: Vec<DayOf> = rows
            .into_iter()
            .filter(|(_, _, numbers)| *numbers > 0)
            .filter_map(|(day, sum, _)| day.parse().ok().map(|day| DayOf { day, sum }))
            .collect();
        sums.push(FieldSum { field: field.id.clone(), sum, peak: peak(&series), series });
    }
    Ok(FormDay { form: form.clone(), due, standings, told: returns.len(), sums, over_full, each })
}

/// Who was to tell a form about a day: whoever had a unit of it at noon, once each.
async fn asked_on(
    c: &mut Conn<'_>,
    scope: &Scope,
    form: &Form,
    day: Date,
) -> Result<BTreeMap<InstitutionId, Teller>, NetworkError> {
    let Some(noon) = noon(day) else { return Ok(BTreeMap::new()) };
    let tellers = store::returns::tellers(c, scope, &form.units, noon).await?;
    let open = |teller: &Teller| teller.valid_from <= noon && teller.valid_to.is_none_or(|end| noon < end);
    let mut seen = HashSet::new();
    Ok(tellers.into_iter().filter(open).filter(|one| seen.insert(one.id)).map(|one| (one.id, one)).collect())
}

fn noon(day: Date) -> Option<Ts> {
    Ts::from_local(day.to_datetime(Time::constant(12, 0, 0, 0)))
}

/// A return with its institution.
///
/// # Errors
/// `NotFound`; `Denied`; store errors.
pub async fn of_id(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, id: ReturnId) -> Result<Return, NetworkError> {
    ctx.scope(Action::Read, Resource::Return)?;
    let told = store::returns::one(c, district, id).await?.ok_or(NetworkError::NotFound)?;
    ctx.may(Action::Read, Resource::Return, district, &told.place).map_err(|_| NetworkError::NotFound)?;
    Ok(told)
}

/// The institutions whose returns the actor reads in the name of his own: itself, and the members of the grids that it leads.
async fn houses(ctx: &Ctx, c: &mut Conn<'_>) -> Result<BTreeSet<At>, NetworkError> {
    crate::standing::as_own(ctx, Action::Read, Resource::Return)?;
    let Some(own) = crate::standing::own_institution(ctx, c).await? else { return Ok(BTreeSet::new()) };
    let mut all = BTreeSet::from([own]);
    for (grid, _, lead) in store::plan::grid_leads(c, ctx.now()).await? {
        if lead == own {
            all.extend(store::referrals::members(c, (grid.district, grid.id), ctx.now()).await?);
        }
    }
    Ok(all)
}

/// The returns between two days, both counted, that the actor reads in the name of his own institution: its own, and those of the members of
/// the grids that it leads.
///
/// # Errors
/// `Denied`; store errors.
pub async fn in_name_of(ctx: &Ctx, c: &mut Conn<'_>, days: (Date, Date)) -> Result<Vec<Return>, NetworkError> {
    let mut all = Vec::new();
    for at in houses(ctx, c).await? {
        all.extend(store::returns::of(c, at, days).await?);
    }
    Ok(all)
}

/// One of them.
///
/// # Errors
/// `NotFound` for what is out of reach; `Denied`; store errors.
pub async fn one_in_name_of(ctx: &Ctx, c: &mut Conn<'_>, id: ReturnId) -> Result<Return, NetworkError> {
    let houses = houses(ctx, c).await?;
    let districts: BTreeSet<DistrictId> = houses.iter().map(|(district, _)| *district).collect();
    for district in districts {
        let found = store::returns::one(c, district, id).await?;
        if let Some(found) = found.filter(|found| houses.contains(&(district, found.institution))) {
            return Ok(found);
        }
    }
    Err(NetworkError::NotFound)
}

/// What does not hold together in a district: returns whose newest version is not the one that stands.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, NetworkError> {
    let astray = store::returns::astray(c, district).await?;
    Ok(astray.into_iter().map(|id| format!("return {id} does not stand at its newest version")).collect())
}

/// The sum of a field of the daily returns of a scope, day by day.
///
/// # Errors
/// Store errors.
pub async fn series(
    c: &mut Conn<'_>,
    (district, place): (DistrictId, &PlacePath),
    (form, field): (&str, &str),
    (from, to): (Date, Date),
) -> Result<Vec<DayOf>, NetworkError> {
    let scope = Scope { district, place: place.clone() };
    let rows = store::returns::sums(c, &scope, (form, field), (from, to)).await?;
    Ok(rows.into_iter().filter_map(|(day, sum, _)| day.parse().ok().map(|day| DayOf { day, sum })).collect())
}
