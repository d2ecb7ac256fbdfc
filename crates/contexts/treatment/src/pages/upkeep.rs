//! Keeping the register of institutions (机构变更): one form a matter, so that whoever does one thing sees the fields of that thing.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, Ts, words};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::institutions::read_institution;
use super::network::{addressed, day_in_words, network, run_in};
use super::{private, take_key};
use crate::commands::institutions::{self, NewInstitution};
use crate::commands::{grids, opening};
use crate::error_network::{NetworkError, Wrong};
use crate::model::{
    GridKind, GridRef, Institution, InstitutionId, InstitutionKind, Level, Profession, Staffing, Training, TreatmentGrid, UnitId,
};
use crate::network::Network;
use crate::queries;
use crate::queries::institutions::{InstitutionView, UnitNow};

words! {
    /// What is kept (事项).
    pub enum Matter {
        /// What is known of it.
        Data = "data",
        /// When a unit is open.
        Hours = "hours",
        /// A day on which a unit stays closed.
        ClosedDay = "closed_day",
        /// Staff by training.
        Staffing = "staffing",
        /// The treatment grid that it is in.
        Grid = "grid",
        /// A grid that it leads.
        Lead = "lead",
        /// A place that it looks after.
        Catchment = "catchment",
        /// A unit that ends.
        CloseUnit = "close_unit",
        /// The institution ends.
        Close = "close",
    }
}

impl Matter {
    /// Whether it makes sense for this institution.
    const fn suits(self, of: &Institution, has_units: bool) -> bool {
        match self {
            Self::Data | Self::Staffing | Self::Grid | Self::Close => true,
            Self::Hours | Self::ClosedDay | Self::CloseUnit => has_units,
            Self::Lead => matches!(of.level, Level::Tertiary) || matches!(of.kind, InstitutionKind::RegionalCentre),
            Self::Catchment => {
                matches!(of.kind, InstitutionKind::HealthCentre | InstitutionKind::HealthStation | InstitutionKind::VillageClinic)
            }
        }
    }
}

/// Which matter is looked at.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default, rename = "do")]
    matter: String,
}

/// A number of people, as a field.
struct Count {
    field: String,
    label: String,
    value: String,
}

#[derive(Template)]
#[template(path = "network-upkeep.html")]
struct UpkeepPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    href: String,
    /// What the institution is called.
    called: String,
    matter: Matter,
    matters: Vec<(Matter, String)>,
    version: i64,
    kinds: Vec<Choice>,
    levels: Vec<Choice>,
    capabilities: Vec<Choice>,
    held: Vec<String>,
    units: Vec<Choice>,
    /// Days on which units are said to stay closed: unit, name, day, the day in words.
    closed: Vec<(String, String, String, String)>,
    counts: Vec<Count>,
    professions: Vec<Choice>,
    trainings: Vec<Choice>,
    grids: Vec<Choice>,
    grid_kinds: Vec<Choice>,
}

impl UpkeepPage {
    fn typed(&self, field: &str) -> &str {
        self.form.typed(field)
    }

    fn ticked(&self, code: &str) -> bool {
        if self.form.pairs().is_empty() {
            self.held.iter().any(|one| one == code)
        } else {
            self.form.all("capability").any(|one| one == code)
        }
    }

    fn is(&self, word: &str) -> bool {
        self.matter.as_str() == word
    }
}

/// `GET /network/{district}/{id}/upkeep`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path((at, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let matter = asked.matter.parse().unwrap_or(Matter::Data);
    let page = page(&caller, &hall, addressed(&at, &id)?, (matter, FormMap::default(), Problems::default())).await?;
    Ok(private(Page(page)))
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    (at, id): (DistrictId, InstitutionId),
    (matter, form, problems): (Matter, FormMap, Problems),
) -> Result<UpkeepPage, AppError> {
    let (t, now) = (caller.info.t().clone(), hall.now());
    let mut read = hall.read().await?;
    let view = queries::institutions::show(&caller.ctx, &mut read.conn(), at, id).await?;
    let of = &view.institution;
    caller.ctx.may(Action::Change, Resource::Institution, at, &of.place).map_err(NetworkError::from)?;
    if of.valid_to.is_some() {
        return Err(NetworkError::field("at", Wrong::Closed).into());
    }
    let place = linli_territory::queries::names_at(&mut read.conn(), at, std::slice::from_ref(&of.place)).await;
    let place = place.map_err(NetworkError::from)?.remove(&of.place).map(|named| named.key).unwrap_or_default();
    let all = queries::grids::everywhere(&mut read.conn(), now).await?;
    let rules = network(hall)?.rules(&of.place, now).map_err(NetworkError::from)?;
    let known = rules.capabilities();
    let choice = |stem: &str, word: &str| Choice::new(word, t.s(&format!("{stem}-{word}")).into_owned());
    let open: Vec<&UnitNow> = view.units.iter().filter(|one| one.unit.valid_to.is_none_or(|end| now < end)).collect();
    let offered = Matter::ALL.iter().copied().filter(|one| one.suits(of, !open.is_empty()));
    let form = if form.pairs().is_empty() { stands(of, &place, matter, now) } else { form };
    Ok(UpkeepPage {
        shell: caller.shell(t.s(&format!("network-do-{matter}"))),
        href: format!("/network/{at}/{id}"),
        called: of.name.clone(),
        matter,
        matters: offered.map(|one| (one, t.s(&format!("network-do-{one}")).into_owned())).collect(),
        version: of.version,
        kinds: InstitutionKind::ALL.iter().map(|one| choice("network-kind", one.as_str())).collect(),
        levels: Level::ALL.iter().map(|one| choice("network-level", one.as_str())).collect(),
        capabilities: known.codes().map(|code| Choice::new(code, known.name(code, t.locale().tag()))).collect(),
        held: of.capabilities.clone(),
        units: open.iter().map(|one| Choice::new(one.unit.id.to_string(), one.unit.name.clone())).collect(),
        closed: open.iter().flat_map(|one| closed_days(&t, one)).collect(),
        counts: counts(&t, &view, &form),
        professions: Profession::ALL.iter().map(|one| choice("network-profession", one.as_str())).collect(),
        trainings: Training::ALL.iter().map(|one| choice("network-training", one.as_str())).collect(),
        grids: all.iter().map(|grid| grid_choice(&t, grid)).collect(),
        grid_kinds: GridKind::ALL.iter().map(|one| choice("network-grid", one.as_str())).collect(),
        form,
        problems,
        t,
    })
}

/// What stands, as if it had been typed.
fn stands(of: &Institution, place: &str, matter: Matter, now: Ts) -> FormMap {
    let today = now.local().date().to_string();
    match matter {
        Matter::Data => FormMap::from_pairs(
            &[
                ("name", of.name.as_str()),
                ("kind", of.kind.as_str()),
                ("level", of.level.as_str()),
                ("place", place),
                ("address", of.address.as_str()),
                ("phone", of.phone.as_deref().unwrap_or_default()),
            ]
            .into_iter()
            .chain(of.capabilities.iter().map(|code| ("capability", code.as_str())))
            .collect::<Vec<_>>(),
        ),
        Matter::Hours | Matter::Staffing => FormMap::from_pairs(&[("from", today.as_str())]),
        _ => FormMap::default(),
    }
}

fn closed_days<'a>(t: &'a T, one: &'a UnitNow) -> impl Iterator<Item = (String, String, String, String)> + 'a {
    one.closed.iter().map(|day| (one.unit.id.to_string(), one.unit.name.clone(), day.to_string(), day_in_words(t, *day)))
}

fn grid_choice(t: &T, grid: &TreatmentGrid) -> Choice {
    let kind = t.s(&format!("network-grid-{}", grid.kind));
    Choice::new(format!("{}/{}", grid.at.district, grid.at.id), format!("{}（{kind}）", grid.name))
}

/// One field for each profession and training of its own, and one for each that was sent and stands.
fn counts(t: &T, view: &InstitutionView, form: &FormMap) -> Vec<Count> {
    let mut all = Vec::new();
    let line = |profession: Profession, training: Training| {
        let words = [
            ("profession", t.s(&format!("network-profession-{profession}")).into_owned().into()),
            ("training", t.s(&format!("network-training-{training}")).into_owned().into()),
        ];
        t.with("network-staff-line", &words)
    };
    let value = |field: &str, stands: Option<i64>| match form.get(field) {
        Some(typed) => typed.to_owned(),
        None => stands.map(|count| count.to_string()).unwrap_or_default(),
    };
    for profession in Profession::ALL {
        for training in Training::ALL {
            let own =
                |one: &&Staffing| one.seconded_from.is_empty() && one.profession == *profession && one.training == *training;
            let field = format!("own-{profession}-{training}");
            let stands = view.staffing.iter().find(own).map(|one| one.headcount);
            all.push(Count { value: value(&field, stands), label: line(*profession, *training), field });
        }
    }
    for (at, one) in view.staffing.iter().filter(|one| !one.seconded_from.is_empty()).enumerate() {
        let field = format!("sent-{at}");
        let from = t.v("network-staff-from", "name", one.seconded_from.as_str());
        let label = format!("{} · {from}", line(one.profession, one.training));
        all.push(Count { value: value(&field, Some(one.headcount)), label, field });
    }
    all
}

/// `POST /network/{district}/{id}/upkeep`.
pub(crate) async fn keep(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path((at, id)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (at, id): (DistrictId, InstitutionId) = addressed(&at, &id)?;
    let matter: Matter = form.typed("do").parse().map_err(|_| NetworkError::field("do", Wrong::NotAChoice))?;
    let (network, standing) = (network(&hall)?, sent_here(&caller, &hall, (at, id), matter).await?);
    let done = run_in!(at, hall, tx => act(&caller.ctx, tx, &network, (id, matter), (&form, &standing)));
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/network/{at}/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, (at, id), (matter, form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// The rows of those whom others sent, in the order of the form.
async fn sent_here(
    caller: &Caller,
    hall: &Hall,
    (at, id): (DistrictId, InstitutionId),
    matter: Matter,
) -> Result<Vec<Staffing>, AppError> {
    if matter != Matter::Staffing {
        return Ok(Vec::new());
    }
    let mut read = hall.read().await?;
    let view = queries::institutions::show(&caller.ctx, &mut read.conn(), at, id).await?;
    Ok(view.staffing.into_iter().filter(|one| !one.seconded_from.is_empty()).collect())
}

async fn act(
    ctx: &Ctx,
    tx: &mut Tx,
    network: &Network,
    (id, matter): (InstitutionId, Matter),
    (form, sent): (&FormMap, &[Staffing]),
) -> Result<(), NetworkError> {
    let instant = || instant(form, ctx.now());
    match matter {
        Matter::Data => {
            let version = form.typed("version").parse().map_err(|_| NetworkError::Changed)?;
            let district = tx.district();
            let known = queries::institutions::of(ctx, &mut tx.conn()?, district, id).await?;
            let name = if form.get("name").is_some() { form.typed("name").to_owned() } else { known.name };
            let input = NewInstitution { code: known.code, name, point: known.point, ..read_institution(form)? };
            institutions::change(ctx, tx, network, (id, version), &input).await
        }
        Matter::Hours => {
            let unit = unit_of(ctx, tx, id, form).await?;
            opening::set_hours(ctx, tx, unit, day(form, "from")?, form.typed("hours").trim()).await
        }
        Matter::ClosedDay => {
            let unit = unit_of(ctx, tx, id, form).await?;
            opening::close_on(ctx, tx, unit, day(form, "day")?, form.typed("open").is_empty()).await
        }
        Matter::Staffing => opening::set_staffing(ctx, tx, id, day(form, "from")?, &read_staffing(form, sent)?).await,
        Matter::Grid => {
            let wrong = || NetworkError::field("grid", Wrong::NotAChoice);
            let (district, grid) = form.typed("grid").split_once('/').ok_or_else(wrong)?;
            let district = district.parse().map(DistrictId).map_err(|_| wrong())?;
            let grid = GridRef { district, id: grid.parse().map_err(|_| wrong())? };
            grids::join(ctx, tx, id, grid, instant()?).await
        }
        Matter::Lead => {
            let kind = form.typed("kind").parse().map_err(|_| NetworkError::field("kind", Wrong::NotAChoice))?;
            let named = (form.typed("code").trim(), form.typed("name").trim(), kind);
            grids::found(ctx, tx, named, id, instant()?).await.map(|_| ())
        }
        Matter::Catchment => grids::assign_catchment(ctx, tx, form.typed("place"), id, instant()?).await,
        Matter::CloseUnit => {
            let unit = unit_of(ctx, tx, id, form).await?;
            institutions::close_unit(ctx, tx, unit, instant()?).await
        }
        Matter::Close => {
            if form.typed("sure").is_empty() {
                return Err(NetworkError::field("sure", Wrong::Required));
            }
            institutions::close(ctx, tx, id, instant()?).await
        }
    }
}

/// A unit of this institution: what another has is not meant.
async fn unit_of(ctx: &Ctx, tx: &mut Tx, of: InstitutionId, form: &FormMap) -> Result<UnitId, NetworkError> {
    let wrong = || NetworkError::field("unit", Wrong::NotAChoice);
    let unit: UnitId = form.typed("unit").parse().map_err(|_| wrong())?;
    let district = tx.district();
    let view = queries::institutions::show(ctx, &mut tx.conn()?, district, of).await?;
    view.units.iter().find(|one| one.unit.id == unit).map(|one| one.unit.id).ok_or_else(wrong)
}

fn day(form: &FormMap, field: &str) -> Result<Date, NetworkError> {
    form.typed(field).trim().parse().map_err(|_| NetworkError::field(field, Wrong::NotADate))
}

/// The beginning of the day that is named; now when none is, or when it is today.
fn instant(form: &FormMap, now: Ts) -> Result<Ts, NetworkError> {
    if form.typed("from").trim().is_empty() {
        return Ok(now);
    }
    let named = day(form, "from")?;
    if named == now.local().date() {
        return Ok(now);
    }
    Ts::from_local(named.at(0, 0, 0, 0)).ok_or_else(|| NetworkError::field("from", Wrong::NotADate))
}

/// Who is there: empty fields are nobody that is counted, a zero is a zero.
fn read_staffing(form: &FormMap, sent: &[Staffing]) -> Result<Vec<Staffing>, NetworkError> {
    let count = |field: &str| match form.typed(field).trim() {
        "" => Ok(None),
        typed => typed.parse::<i64>().map(Some).map_err(|_| NetworkError::field(field, Wrong::NotANumber)),
    };
    let mut all = Vec::new();
    for profession in Profession::ALL.iter().copied() {
        for training in Training::ALL.iter().copied() {
            let own = count(&format!("own-{profession}-{training}"))?;
            all.extend(own.map(|headcount| Staffing { profession, training, seconded_from: String::new(), headcount }));
        }
    }
    for (at, one) in sent.iter().enumerate() {
        all.extend(count(&format!("sent-{at}"))?.map(|headcount| Staffing { headcount, ..one.clone() }));
    }
    let (from, headcount) = (form.typed("seconded_from").trim(), count("headcount")?);
    match (from.is_empty(), headcount) {
        (true, None) => {}
        (true, Some(_)) => return Err(NetworkError::field("seconded_from", Wrong::Required)),
        (false, None) => return Err(NetworkError::field("headcount", Wrong::Required)),
        (false, Some(headcount)) => {
            let wrong = |field: &str| NetworkError::field(field, Wrong::NotAChoice);
            let profession = form.typed("profession").parse().map_err(|_| wrong("profession"))?;
            let training = form.typed("training").parse().map_err(|_| wrong("training"))?;
            all.push(Staffing { profession, training, seconded_from: from.to_owned(), headcount });
        }
    }
    Ok(all)
}
