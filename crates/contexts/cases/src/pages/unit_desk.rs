//! What a desk does with organisations: it gives them cases, calls them, answers what they ask for, and makes their links.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::CACHE_CONTROL;
use linli_access::{Action, Channel, Ctx, Resource, Scope};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::OrganisationId;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::actions::case_forms;
use super::units::{call_answer_of, instant};
use super::{neighbours, office, store};
use crate::commands::{self, NewCall};
use crate::error::{CasesError, FieldProblem};
use crate::model::{CallKind, CaseId, UnitLink};
use crate::queries;

case_forms! {
    /// `POST /cases/{id}/entrust`: the case is an organisation's from now on.
    entrust(ctx, tx, office, id, form) => commands::entrust(ctx, tx, office, id, unit(form.typed("unit"))?).await?;

    /// `POST /cases/{id}/call`: organisations are called, to come or to help.
    call(ctx, tx, office, id, form) => {
        let wrong = |_| CasesError::Field { field: "kind", problem: FieldProblem::Required };
        let kind: CallKind = form.typed("kind").parse().map_err(wrong)?;
        let units = form.all("unit").map(unit).collect::<Result<Vec<OrganisationId>, _>>()?;
        let typed = form.typed("answer_by");
        let answer_by = if typed.is_empty() { None } else { Some(instant("answer_by", typed)?) };
        let input = NewCall { kind, units: &units, answer_by, words: form.typed("matter") };
        commands::call(ctx, tx, office, id, input).await?
    };

    /// `POST /cases/{id}/call-answer`: what an organisation that was called said on the telephone.
    call_answer(ctx, tx, office, id, form) => {
        let wrong = |_| CasesError::Field { field: "call", problem: FieldProblem::Required };
        let call = form.typed("call").parse().map_err(wrong)?;
        let ctx = Ctx { channel: Channel::Phone, ..ctx.clone() };
        commands::answer_call_told(&ctx, tx, office, (id, call), call_answer_of(form)?).await?
    };

    /// `POST /cases/{id}/refuse-time`.
    refuse_time(ctx, tx, office, id, form) => commands::refuse_time(ctx, tx, office, id, form.typed("reason")).await?;
}

fn unit(typed: &str) -> Result<OrganisationId, CasesError> {
    typed.parse().map_err(|_| CasesError::Field { field: "unit", problem: FieldProblem::NotAUnit })
}

/// A link as a row.
struct LinkRow {
    href: String,
    revoke: String,
    unit: String,
    place: String,
    until: String,
    used: String,
    tone: &'static str,
    word: String,
    opens: bool,
}

#[derive(Template)]
#[template(path = "cases-unit-links.html")]
struct LinksPage {
    shell: Shell,
    t: T,
    action: String,
    /// Where the links open cases.
    place: String,
    /// The address of the link that was just made; shown once.
    made: String,
    units: Vec<Choice>,
    /// Those that are for a few kinds of cases alone.
    units_last: Vec<Choice>,
    links: Vec<LinkRow>,
    days: String,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "cases-unit-link.html")]
struct LinkPage {
    shell: Shell,
    t: T,
    back: String,
    place: String,
    until: String,
    openings: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "cases-unit-districts.html")]
struct DistrictsPage {
    shell: Shell,
    t: T,
    districts: Vec<(String, String)>,
}

fn link_word(t: &T, (link, left): (&UnitLink, bool), now: Ts) -> (&'static str, String) {
    if left && link.opens(now) {
        ("soon", t.s("cases-units-left").into_owned())
    } else if link.revoked_at.is_some() {
        ("", t.s("cases-units-revoked").into_owned())
    } else if link.opens(now) {
        ("well", t.s("cases-units-opens").into_owned())
    } else {
        ("", t.s("cases-units-over").into_owned())
    }
}

/// Which district, asked by somebody who reaches all of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct In {
    district: String,
}

impl In {
    fn named(&self) -> Option<DistrictId> {
        self.district.parse().ok().map(DistrictId)
    }
}

/// The end of an address for somebody who has to name his district.
fn within(ctx: &Ctx, scope: &Scope) -> String {
    match ctx.scope(Action::Read, Resource::UnitLink) {
        Ok(own) if own.district == DistrictId::CITY => format!("?district={}", scope.district.0),
        _ => String::new(),
    }
}

/// `GET /units`.
pub(crate) async fn links(caller: Caller, State(hall): State<Hall>, Query(place): Query<In>) -> Result<Response, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    match queries::link_scope(&caller.ctx, c, place.named()).await? {
        Some(scope) => Ok(links_page(&caller, &hall, c, &scope, (String::new(), Problems::default())).await?.into_response()),
        None => {
            let t = caller.info.t().clone();
            let all = queries::link_districts(c).await?;
            let districts = all.into_iter().map(|(id, name)| (format!("/units?district={}", id.0), name)).collect();
            Ok(Page(DistrictsPage { shell: caller.shell(t.s("cases-units-title")), t, districts }).into_response())
        }
    }
}

async fn links_page(
    caller: &Caller,
    hall: &Hall,
    c: &mut Conn<'_>,
    scope: &Scope,
    (made, problems): (String, Problems),
) -> Result<impl IntoResponse, AppError> {
    let (office, neighbours) = (office(hall)?, neighbours(hall)?);
    let (t, now) = (caller.info.t().clone(), caller.info.now());
    let within = within(&caller.ctx, scope);
    let (for_all, for_few) = queries::organisations_by_purpose(c, &office, (scope.district, &scope.place), now).await?;
    let found = queries::unit_links(&caller.ctx, c, scope).await?;
    let links: Vec<UnitLink> = found.iter().map(|used| used.link.clone()).collect();
    let left = queries::left(c, scope.district, &links, now).await?;
    let places: Vec<PlacePath> = links.iter().map(|link| link.place.clone()).collect();
    let names = neighbours.place_names(c, scope.district, &places).await.map_err(store)?;
    let units = queries::unit_names(c, scope.district, links.iter().map(|link| link.unit)).await?;
    let mut rows = Vec::with_capacity(found.len());
    for (used, place) in found.into_iter().zip(names) {
        let left = left.contains(&used.link.id);
        let (tone, word) = link_word(&t, (&used.link, left), now);
        rows.push(LinkRow {
            href: format!("/units/{}{within}", used.link.id),
            revoke: format!("/units/{}/revoke{within}", used.link.id),
            unit: units.get(&used.link.unit).cloned().unwrap_or_default(),
            place,
            until: t.v("cases-unit-until", "at", t.moment(used.link.expires_at)),
            used: used.last_opened.map_or_else(
                || t.s("cases-units-unused").into_owned(),
                |at| t.with("cases-units-used", &[("n", used.openings.into()), ("at", t.moment(at).into())]),
            ),
            opens: used.link.opens(now),
            tone,
            word,
        });
    }
    let rules = office.rules(&scope.place, now).map_err(CasesError::from)?;
    let choice = |unit: linli_people::model::Organisation| Choice::new(unit.id.to_string(), unit.name);
    let page = LinksPage {
        shell: caller.shell(t.s("cases-units-title")),
        action: format!("/units{within}"),
        place: neighbours.place_name(c, scope.district, &scope.place).await.map_err(store)?,
        units: for_all.into_iter().map(choice).collect(),
        units_last: for_few.into_iter().map(choice).collect(),
        days: t.with("cases-units-days", &[("n", rules.units().link().days.into())]),
        links: rows,
        made,
        problems,
        t,
    };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)))
}

/// `POST /units`: makes a link for an organisation, for the place that the actor has; shows it on this answer only.
pub(crate) async fn make_link(
    mut caller: Caller,
    State(hall): State<Hall>,
    Query(place): Query<In>,
    form: FormMap,
) -> Result<Response, AppError> {
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
    let office = office(&hall)?;
    let scope = scope(&caller, &hall, &place).await?;
    let done = async {
        let mut tx = hall.begin(scope.district).await?;
        let wanted = (unit(form.typed("unit"))?, scope.place.clone());
        let made = commands::make_unit_link(&caller.ctx, &mut tx, &office, wanted).await?;
        hall.commit(tx).await?;
        Ok::<_, AppError>(format!("{}/u/{}", hall.base_url(), made.token.secret_text()))
    }
    .await;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    match done {
        Ok(address) => Ok(links_page(&caller, &hall, c, &scope, (address, Problems::default())).await?.into_response()),
        Err(error) => {
            let status = error.status();
            let page = links_page(&caller, &hall, c, &scope, (String::new(), error.into_problems()?)).await?;
            Ok((status, page).into_response())
        }
    }
}

/// Where the actor makes links; nowhere, while somebody who reaches every district names none.
async fn scope(caller: &Caller, hall: &Hall, place: &In) -> Result<Scope, AppError> {
    let found = queries::link_scope(&caller.ctx, &mut hall.read().await?.conn(), place.named()).await?;
    Ok(found.ok_or(CasesError::NotFound)?)
}

/// `GET /units/{id}`: when a link was opened.
pub(crate) async fn openings(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    Query(place): Query<In>,
) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| CasesError::NotFound)?;
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (link, openings) = queries::unit_openings(&caller.ctx, c, (id, place.named())).await?;
    let looked_at: Vec<CaseId> = openings.iter().filter_map(|(_, case)| *case).collect();
    let numbers = queries::numbers_of(c, link.district, &looked_at).await?;
    let what = |case: Option<CaseId>| match case {
        Some(case) => numbers.get(&case).cloned().unwrap_or_default(),
        None => t.s("cases-units-list").into_owned(),
    };
    let lines = openings.into_iter().map(|(at, case)| (t.moment(at), what(case))).collect();
    let unit = queries::unit_name(c, link.district, link.unit).await?.unwrap_or_default();
    let page = LinkPage {
        back: format!("/units{}", within(&caller.ctx, &Scope { district: link.district, place: link.place.clone() })),
        shell: caller.shell(unit),
        place: neighbours(&hall)?.place_name(c, link.district, &link.place).await.map_err(store)?,
        until: t.v("cases-unit-until", "at", t.moment(link.expires_at)),
        openings: lines,
        t,
    };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

/// `POST /units/{id}/revoke`.
pub(crate) async fn revoke_link(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    Query(place): Query<In>,
) -> Result<Redirect, AppError> {
    let id = id.parse().map_err(|_| CasesError::NotFound)?;
    let scope = scope(&caller, &hall, &place).await?;
    let mut tx = hall.begin(scope.district).await?;
    commands::revoke_unit_link(&caller.ctx, &mut tx, id).await?;
    hall.commit(tx).await?;
    Ok(Redirect::to(&format!("/units{}", within(&caller.ctx, &scope))))
}
