//! What a desk does with organisations: it gives them cases, calls them, answers what they ask for, and makes their links.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::CACHE_CONTROL;
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_people::model::OrganisationId;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::actions::{begin, ended, run};
use super::units::instant;
use super::work::district;
use super::{neighbours, office, store};
use crate::commands::{self, NewCall};
use crate::error::{CasesError, FieldProblem};
use crate::model::{CallKind, UnitLink};
use crate::queries;

/// `POST /cases/{id}/entrust`: the case is an organisation's from now on.
pub(crate) async fn entrust(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = match form.typed("unit").parse() {
        Ok(unit) => run!(caller, hall, tx => commands::entrust(&caller.ctx, tx, &office, id, unit)).map(|_| ()),
        Err(_) => Err(CasesError::Field { field: "unit", problem: FieldProblem::NotAUnit }.into()),
    };
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/call`: organisations are called, to come or to help.
pub(crate) async fn call(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = async {
        let wrong = |field, problem| CasesError::Field { field, problem };
        let kind: CallKind = form.typed("kind").parse().map_err(|_| wrong("kind", FieldProblem::Required))?;
        let units: Result<Vec<OrganisationId>, _> = form.all("unit").map(str::parse).collect();
        let units = units.map_err(|_| wrong("unit", FieldProblem::NotAUnit))?;
        let typed = form.typed("answer_by");
        let answer_by = if typed.is_empty() { None } else { Some(instant("answer_by", typed)?) };
        let input = NewCall { kind, units: &units, answer_by, words: form.typed("matter") };
        run!(caller, hall, tx => commands::call(&caller.ctx, tx, &office, id, input)).map(|_| ())
    }
    .await;
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/refuse-time`.
pub(crate) async fn refuse_time(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = run!(caller, hall, tx => commands::refuse_time(&caller.ctx, tx, &office, id, form.typed("reason"))).map(|_| ());
    ended(&caller, &hall, id, &form, done).await
}

/// A link as a row.
struct LinkRow {
    href: String,
    id: String,
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
    /// The address of the link that was just made; shown once.
    made: String,
    units: Vec<Choice>,
    links: Vec<LinkRow>,
    days: String,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "cases-unit-link.html")]
struct LinkPage {
    shell: Shell,
    t: T,
    place: String,
    until: String,
    openings: Vec<(String, String)>,
}

fn link_word(t: &T, link: &UnitLink, now: Ts) -> (&'static str, String) {
    if link.revoked_at.is_some() {
        ("", t.s("cases-units-revoked").into_owned())
    } else if link.opens(now) {
        ("well", t.s("cases-units-opens").into_owned())
    } else {
        ("", t.s("cases-units-over").into_owned())
    }
}

/// `GET /units`.
pub(crate) async fn links(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    links_page(&caller, &hall, String::new(), Problems::default()).await
}

async fn links_page(caller: &Caller, hall: &Hall, made: String, problems: Problems) -> Result<Response, AppError> {
    let (office, neighbours) = (office(hall)?, neighbours(hall)?);
    let (t, now) = (caller.info.t().clone(), caller.info.now());
    let scope = queries::link_scope(&caller.ctx)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let all = queries::organisations(c, &office, (scope.district, &scope.place), now).await?;
    let mut rows = Vec::new();
    for used in queries::unit_links(&caller.ctx, c).await? {
        let (tone, word) = link_word(&t, &used.link, now);
        rows.push(LinkRow {
            href: format!("/units/{}", used.link.id),
            id: used.link.id.to_string(),
            unit: queries::unit_name(c, scope.district, used.link.unit).await?.unwrap_or_default(),
            place: neighbours.place_name(c, scope.district, &used.link.place).await.map_err(store)?,
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
    let page = LinksPage {
        shell: caller.shell(t.s("cases-units-title")),
        units: all.into_iter().map(|unit| Choice::new(unit.id.to_string(), unit.name)).collect(),
        days: t.with("cases-units-days", &[("n", rules.units().link().days.into())]),
        links: rows,
        made,
        problems,
        t,
    };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

/// `POST /units`: makes a link for an organisation, for the place that the actor has; shows it on this answer only.
pub(crate) async fn make_link(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
    let office = office(&hall)?;
    let scope = queries::link_scope(&caller.ctx)?;
    let done = async {
        let unit = form.typed("unit").parse();
        let unit = unit.map_err(|_| CasesError::Field { field: "unit", problem: FieldProblem::NotAUnit })?;
        let mut tx = hall.begin(scope.district).await?;
        let made = commands::make_unit_link(&caller.ctx, &mut tx, &office, (unit, scope.place)).await?;
        hall.commit(tx).await?;
        Ok::<_, AppError>(format!("{}/u/{}", hall.base_url(), made.token.secret_text()))
    }
    .await;
    match done {
        Ok(address) => links_page(&caller, &hall, address, Problems::default()).await,
        Err(error) => {
            let status = error.status();
            Ok((status, links_page(&caller, &hall, String::new(), error.into_problems()?).await?).into_response())
        }
    }
}

/// `GET /units/{id}`: when a link was opened.
pub(crate) async fn openings(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| CasesError::NotFound)?;
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (link, openings) = queries::unit_openings(&caller.ctx, c, id).await?;
    let mut lines = Vec::with_capacity(openings.len());
    for (at, case) in openings {
        let what = match case {
            Some(case) => queries::number_of(c, link.district, case).await?.unwrap_or_default(),
            None => t.s("cases-units-list").into_owned(),
        };
        lines.push((t.moment(at), what));
    }
    let unit = queries::unit_name(c, link.district, link.unit).await?.unwrap_or_default();
    let page = LinkPage {
        shell: caller.shell(unit),
        place: neighbours(&hall)?.place_name(c, link.district, &link.place).await.map_err(store)?,
        until: t.v("cases-unit-until", "at", t.moment(link.expires_at)),
        openings: lines,
        t,
    };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

/// `POST /units/{id}/revoke`.
pub(crate) async fn revoke_link(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Redirect, AppError> {
    let id = id.parse().map_err(|_| CasesError::NotFound)?;
    let mut tx = hall.begin(queries::link_scope(&caller.ctx)?.district).await?;
    commands::revoke_unit_link(&caller.ctx, &mut tx, id).await?;
    hall.commit(tx).await?;
    Ok(Redirect::to("/units"))
}
