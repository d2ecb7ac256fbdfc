//! Institutions as staff see them.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, Ts};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::network::{addressed, crowd, day_in_words, hours_line, network, open_badge, run_in};
use super::{district, private, take_key};
use crate::commands::institutions::{self, NewInstitution, NewUnit};
use crate::commands::opening;
use crate::error_network::{NetworkError, Wrong};
use crate::model::{Added, Crowding, InstitutionId, InstitutionKind, Lane, Level, Serves, UnitId, UnitKind};
use crate::queries;
use crate::queries::institutions::{InstitutionView, PAGE};

/// What a list asks for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

struct ListRow {
    href: String,
    name: String,
    code: String,
    what: String,
    address: String,
}

#[derive(Template)]
#[template(path = "network-institutions.html")]
struct ListPage {
    shell: Shell,
    t: T,
    asked: Asked,
    rows: Vec<ListRow>,
    next: String,
    may_register: bool,
}

/// `GET /network`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>, Query(asked): Query<Asked>) -> Result<Response, AppError> {
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let mut all = queries::institutions::list(&caller.ctx, &mut read.conn(), &asked.q, &asked.after).await?;
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = all.len() > page;
    all.truncate(page);
    let next = match all.last().filter(|_| more) {
        Some(last) => format!("/network?q={}&after={}", encoded(&asked.q), encoded(&last.code)),
        None => String::new(),
    };
    let rows = all.into_iter().map(|one| ListRow {
        href: format!("/network/{}/{}", one.district, one.id),
        what: what(&t, one.kind, one.level),
        name: one.name,
        code: one.code,
        address: one.address,
    });
    let may_register = caller.ctx.scope(linli_access::Action::Create, linli_access::Resource::Institution).is_ok();
    let page = ListPage { shell: caller.shell(t.s("network-title")), rows: rows.collect(), next, asked, may_register, t };
    Ok(private(Page(page)))
}

/// A text as an address holds it.
fn encoded(text: &str) -> String {
    let keep = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

pub(crate) fn what(t: &T, kind: InstitutionKind, level: Level) -> String {
    let kind = t.s(&format!("network-kind-{kind}")).into_owned();
    if level == Level::Unknown { kind } else { format!("{kind} · {}", t.s(&format!("network-level-{level}"))) }
}

struct UnitRow {
    id: String,
    name: String,
    tags: Vec<String>,
    open: (&'static str, String),
    hours: String,
    crowd: (&'static str, String),
    online: String,
    closed: String,
}

struct GridRow {
    name: String,
    kind: String,
    span: String,
    now: bool,
}

#[derive(Template)]
#[template(path = "network-institution.html")]
struct ShowPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    href: String,
    what: String,
    code: String,
    address: String,
    phone: String,
    capabilities: Vec<String>,
    ended: String,
    units: Vec<UnitRow>,
    past: Vec<UnitRow>,
    grids: Vec<GridRow>,
    catchments: Vec<(String, String)>,
    staffing: Vec<(String, String, i64)>,
    /// Whether the actor may say how crowded it is.
    crowding: Vec<Choice>,
    may_change: bool,
    kinds: Vec<Choice>,
    added: Vec<Choice>,
    serves: Vec<Choice>,
    lanes: Vec<Choice>,
    returns: String,
    /// The newest return of each form: address, form, day.
    told: Vec<(String, String, String)>,
}

impl ShowPage {
    fn typed(&self, field: &str) -> &str {
        self.form.typed(field)
    }

    /// What was typed, or what stands there before anything was.
    fn or<'a>(&'a self, field: &str, before: &'a str) -> &'a str {
        let typed = self.form.typed(field);
        if typed.is_empty() { before } else { typed }
    }
}

/// `GET /network/{district}/{id}`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path((at, id)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let page = page(&caller, &hall, addressed(&at, &id)?, (FormMap::default(), Problems::default())).await?;
    Ok(private(Page(page)))
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    (at, id): (DistrictId, InstitutionId),
    (form, problems): (FormMap, Problems),
) -> Result<ShowPage, AppError> {
    let (t, now) = (caller.info.t().clone(), hall.now());
    let mut read = hall.read().await?;
    let view = queries::institutions::show(&caller.ctx, &mut read.conn(), at, id).await?;
    let network = network(hall)?;
    let rules = network.rules(&view.institution.place, now).map_err(NetworkError::from)?;
    let told = queries::returns::newest(&caller.ctx, &mut read.conn(), &network, &view.institution).await?;
    let told = told.into_iter().map(|(form, day)| {
        let href = format!("/network/returns/{at}/{id}/{}/{day}", form.id);
        (href, form.name(t.locale().tag()).to_owned(), day_in_words(&t, day))
    });
    let told = told.collect();
    let name = |code: &String| rules.capabilities().name(code, t.locale().tag()).to_owned();
    let (units, past): (Vec<UnitRow>, Vec<UnitRow>) = unit_rows(&t, &view, now);
    let InstitutionView { institution, grids, catchments, staffing, own, may_change, .. } = view;
    let tells = caller.ctx.scope(linli_access::Action::Create, linli_access::Resource::Return).is_ok();
    let choice = |stem: &str, word: &str| Choice::new(word, t.s(&format!("{stem}-{word}")).into_owned());
    Ok(ShowPage {
        shell: caller.shell(institution.name.clone()),
        href: format!("/network/{at}/{id}"),
        what: what(&t, institution.kind, institution.level),
        capabilities: institution.capabilities.iter().map(name).collect(),
        ended: institution.valid_to.map(|end| t.v("network-ended", "when", t.date(end))).unwrap_or_default(),
        code: institution.code,
        address: institution.address,
        phone: institution.phone.unwrap_or_default(),
        units,
        past,
        told,
        grids: grids
            .into_iter()
            .map(|(one, grid)| GridRow {
                name: grid.map(|grid| grid.name).unwrap_or_default(),
                kind: t.s(&format!("network-grid-{}", one.kind)).into_owned(),
                span: span(&t, one.valid_from, one.valid_to),
                now: one.holds(now),
            })
            .collect(),
        catchments: catchments.into_iter().map(|(one, name)| (name, span(&t, one.valid_from, one.valid_to))).collect(),
        staffing: staffing
            .into_iter()
            .map(|one| {
                let what = t.with(
                    "network-staff-line",
                    &[
                        ("profession", t.s(&format!("network-profession-{}", one.profession)).into_owned().into()),
                        ("training", t.s(&format!("network-training-{}", one.training)).into_owned().into()),
                    ],
                );
                let from = if one.seconded_from.is_empty() {
                    t.s("network-staff-own").into_owned()
                } else {
                    t.v("network-staff-from", "name", one.seconded_from)
                };
                (what, from, one.headcount)
            })
            .collect(),
        crowding: if own && tells {
            Crowding::ALL.iter().map(|level| choice("network-crowding", level.as_str())).collect()
        } else {
            Vec::new()
        },
        may_change: may_change && institution.valid_to.is_none(),
        kinds: UnitKind::ALL.iter().map(|one| choice("network-unit", one.as_str())).collect(),
        added: Added::ALL.iter().map(|one| choice("network-added", one.as_str())).collect(),
        serves: Serves::ALL.iter().map(|one| choice("network-serves", one.as_str())).collect(),
        lanes: Lane::ALL.iter().map(|one| choice("network-lane", one.as_str())).collect(),
        returns: if own && tells { "/network/returns".to_owned() } else { String::new() },
        form,
        problems,
        t,
    })
}

fn unit_rows(t: &T, view: &InstitutionView, now: Ts) -> (Vec<UnitRow>, Vec<UnitRow>) {
    let row = |one: &queries::institutions::UnitNow| {
        let unit = &one.unit;
        let mut tags = vec![t.s(&format!("network-unit-{}", unit.kind)).into_owned()];
        let mut tag = |said: bool, key: String| {
            if said {
                tags.push(t.s(&key).into_owned());
            }
        };
        tag(unit.added != Added::Unknown, format!("network-added-{}", unit.added));
        tag(unit.serves != Serves::Unknown, format!("network-serves-{}", unit.serves));
        tag(unit.lane == Lane::MedicineOnly, format!("network-lane-{}", unit.lane));
        if let Some(partner) = &unit.partner {
            tags.push(t.v("network-partner-with", "name", partner));
        }
        let closed: Vec<String> = one.closed.iter().map(|day| day_in_words(t, *day)).collect();
        UnitRow {
            id: unit.id.to_string(),
            name: unit.name.clone(),
            tags,
            open: open_badge(t, &one.open, now),
            hours: hours_line(t, one),
            crowd: crowd(t, one.crowding, now),
            online: unit.online.clone().unwrap_or_default(),
            closed: if closed.is_empty() {
                String::new()
            } else {
                t.v("network-closed-days", "days", closed.join(&t.s("network-comma")))
            },
        }
    };
    let here = |one: &&queries::institutions::UnitNow| one.unit.valid_to.is_none_or(|end| now < end);
    let (open, past): (Vec<_>, Vec<_>) = view.units.iter().partition(here);
    (open.into_iter().map(row).collect(), past.into_iter().map(row).collect())
}

fn span(t: &T, from: Ts, to: Option<Ts>) -> String {
    match to {
        None => t.v("network-since", "from", t.date(from)),
        Some(to) => t.with("network-from-to", &[("from", t.date(from).into()), ("to", t.date(to).into())]),
    }
}

/// `POST /network/{district}/{id}/units`: opens a unit with its hours.
pub(crate) async fn add_unit(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path((at, id)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (at, id): (DistrictId, InstitutionId) = addressed(&at, &id)?;
    let network = network(&hall)?;
    let done = async {
        let input = read_unit(&form)?;
        let (today, hours) = (caller.ctx.now().local().date(), form.typed("hours").trim().to_owned());
        run_in!(at, hall, tx => async {
            let unit = institutions::add_unit(&caller.ctx, tx, &network, id, &input).await?;
            if !hours.is_empty() {
                opening::set_hours(&caller.ctx, tx, unit, today, &hours).await?;
            }
            Ok::<_, NetworkError>(())
        })
    }
    .await;
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/network/{at}/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, (at, id), (form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

fn read_unit(form: &FormMap) -> Result<NewUnit, NetworkError> {
    let wrong = |field: &str| NetworkError::field(field, Wrong::NotAChoice);
    let kind = form.typed("kind").parse().map_err(|_| wrong("kind"))?;
    Ok(NewUnit {
        added: form.typed("added").parse().map_err(|_| wrong("added"))?,
        serves: form.typed("serves").parse().map_err(|_| wrong("serves"))?,
        lane: form.typed("lane").parse().map_err(|_| wrong("lane"))?,
        partner: form.typed("partner").to_owned(),
        online: form.typed("online").to_owned(),
        ..NewUnit::of(kind, form.typed("name"))
    })
}

/// `POST /network/{district}/{id}/crowding/{unit}`: one tap.
pub(crate) async fn say_crowding(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path((at, id, unit)): Path<(String, String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (at, unit): (DistrictId, UnitId) = addressed(&at, &unit)?;
    let level = form.typed("level").parse().map_err(|_| NetworkError::field("level", Wrong::NotAChoice))?;
    run_in!(at, hall, tx => opening::say_crowding(&caller.ctx, tx, unit, level))?;
    let id: InstitutionId = id.parse().map_err(|_| NetworkError::NotFound)?;
    Ok(Redirect::to(&format!("/network/{at}/{id}")).into_response())
}

#[derive(Template)]
#[template(path = "network-register.html")]
struct RegisterPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    kinds: Vec<Choice>,
    levels: Vec<Choice>,
    capabilities: Vec<Choice>,
}

impl RegisterPage {
    fn typed(&self, field: &str) -> &str {
        self.form.typed(field)
    }

    fn ticked(&self, code: &str) -> bool {
        self.form.all("capability").any(|one| one == code)
    }
}

/// `GET /network/new`.
pub(crate) async fn register_form(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(register_page(&caller, &hall, FormMap::default(), Problems::default())?)))
}

fn register_page(caller: &Caller, hall: &Hall, form: FormMap, problems: Problems) -> Result<RegisterPage, AppError> {
    let t = caller.info.t().clone();
    let scope =
        caller.ctx.scope(linli_access::Action::Create, linli_access::Resource::Institution).map_err(NetworkError::from)?;
    let rules = network(hall)?.rules(&scope.place, hall.now()).map_err(NetworkError::from)?;
    let known = rules.capabilities();
    let choice = |stem: &str, word: &str| Choice::new(word, t.s(&format!("{stem}-{word}")).into_owned());
    Ok(RegisterPage {
        shell: caller.shell(t.s("network-register")),
        kinds: InstitutionKind::ALL.iter().map(|one| choice("network-kind", one.as_str())).collect(),
        levels: Level::ALL.iter().map(|one| choice("network-level", one.as_str())).collect(),
        capabilities: known.codes().map(|code| Choice::new(code, known.name(code, t.locale().tag()))).collect(),
        form,
        problems,
        t,
    })
}

/// `POST /network/new`.
pub(crate) async fn register(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (at, network) = (district(&caller.ctx)?, network(&hall)?);
    let done = async {
        let input = read_institution(&form)?;
        run_in!(at, hall, tx => institutions::register(&caller.ctx, tx, &network, &input))
    }
    .await;
    match done {
        Ok(id) => Ok(Redirect::to(&format!("/network/{at}/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let problems = error.into_problems()?;
            Ok((status, private(Page(register_page(&caller, &hall, form, problems)?))).into_response())
        }
    }
}

pub(crate) fn read_institution(form: &FormMap) -> Result<NewInstitution, NetworkError> {
    let wrong = |field: &str| NetworkError::field(field, Wrong::NotAChoice);
    let from: Option<Date> = match form.typed("from").trim() {
        "" => None,
        typed => Some(typed.parse().map_err(|_| NetworkError::field("from", Wrong::NotADate))?),
    };
    Ok(NewInstitution {
        code: form.typed("code").to_owned(),
        name: form.typed("name").to_owned(),
        kind: form.typed("kind").parse().map_err(|_| wrong("kind"))?,
        level: form.typed("level").parse().map_err(|_| wrong("level"))?,
        place: form.typed("place").to_owned(),
        address: form.typed("address").to_owned(),
        point: None,
        phone: form.typed("phone").to_owned(),
        capabilities: form.all("capability").map(str::to_owned).collect(),
        valid_from: from.and_then(|day| Ts::from_local(day.at(0, 0, 0, 0))),
    })
}
