//! Oximeters: how many each institution has, who has which, and what is done with them.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_people::model::OrganisationId;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{agreed, desk, district, run};
use crate::follow::commands;
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::OximeterId;
use crate::follow::queries;
use crate::model::CarePersonId;
use crate::pages::{ended, keyed, private};

/// An institution as a row.
struct StockRow {
    name: String,
    href: String,
    issued: i64,
    on_hand: i64,
    lent: i64,
    lost: i64,
    written_off: i64,
}

#[derive(Template)]
#[template(path = "follow-oximeters.html")]
struct StockPage {
    shell: Shell,
    t: T,
    problems: Problems,
    rows: Vec<StockRow>,
    /// Those to which the actor may issue; empty for who may not.
    institutions: Vec<Choice>,
    institution: String,
    count: String,
}

/// An oximeter as a row.
struct OximeterRow {
    id: String,
    number: String,
    name: String,
    since: String,
    /// Whether the actor follows who has it.
    mine: bool,
}

#[derive(Template)]
#[template(path = "follow-institution.html")]
struct InstitutionPage {
    shell: Shell,
    t: T,
    problems: Problems,
    wrong: String,
    lent: Vec<OximeterRow>,
    on_hand: Vec<OximeterRow>,
    /// Whether the actor may write off what is on hand.
    own: bool,
}

/// `GET /care/oximeters`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(stock_page(&caller, &hall, &FormMap::default(), Problems::default()).await?)))
}

/// `POST /care/oximeters`: issues some to an institution.
pub(crate) async fn issue(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let done = async {
        let scope = caller.ctx.scope(Action::Create, Resource::Oximeter).map_err(FollowError::from)?;
        let wrong = |field, problem| FollowError::Field { field, problem };
        let to: OrganisationId = form.typed("institution").parse().map_err(|_| wrong("institution", Wrong::NotAnInstitution))?;
        let range = Wrong::OutOfRange { least: 1, most: commands::ISSUE_MAX };
        let count: i64 = form.typed("count").trim().parse().map_err(|_| wrong("count", range))?;
        run!(caller, hall, tx => commands::issue(&caller.ctx, tx, &scope.place, to, count))
    }
    .await;
    let done = done.map(|_| "/care/oximeters".to_owned());
    ended(&caller, done, async |problems| Ok(Page(stock_page(&caller, &hall, &form, problems).await?))).await
}

async fn stock_page(caller: &Caller, hall: &Hall, form: &FormMap, problems: Problems) -> Result<StockPage, AppError> {
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let opens = caller.ctx.scope(Action::Change, Resource::Oximeter).is_ok();
    let rows = queries::stock(&caller.ctx, c).await?.into_iter().map(|(stock, name)| StockRow {
        href: if opens { format!("/care/oximeters/{}", stock.institution_id) } else { String::new() },
        name,
        issued: stock.issued,
        on_hand: stock.on_hand,
        lent: stock.lent,
        lost: stock.lost,
        written_off: stock.written_off,
    });
    let rows = rows.collect();
    let institutions = match caller.ctx.scope(Action::Create, Resource::Oximeter) {
        Ok(scope) => queries::institutions(c, scope.district).await?,
        Err(_) => Vec::new(),
    };
    Ok(StockPage {
        shell: caller.shell(t.s("follow-oximeters-title")),
        rows,
        institutions: institutions.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)).collect(),
        institution: form.typed("institution").to_owned(),
        count: form.typed("count").to_owned(),
        problems,
        t,
    })
}

/// `GET /care/oximeters/{id}`: the oximeters of an institution.
pub(crate) async fn institution(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| FollowError::NotFound)?;
    Ok(private(Page(institution_page(&caller, &hall, id, "", Problems::default()).await?)))
}

async fn institution_page(
    caller: &Caller,
    hall: &Hall,
    id: OrganisationId,
    wrong: &str,
    problems: Problems,
) -> Result<InstitutionPage, AppError> {
    let (t, desk) = (caller.info.t().clone(), desk(hall)?);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let name = queries::institution_name(c, district(&caller.ctx)?, id).await?;
    let all = queries::oximeters_of(&caller.ctx, c, &desk, id).await?;
    let now = hall.now();
    let row = |one: &crate::follow::model::Oximeter, name: String, mine: bool| OximeterRow {
        mine,
        id: one.id.to_string(),
        number: t.n("follow-oximeter-number", one.number),
        name,
        since: t.when(one.since, now),
    };
    let to = |name: &Option<String>| name.clone().unwrap_or_else(|| t.s("follow-oximeter-elsewhere").into_owned());
    Ok(InstitutionPage {
        shell: caller.shell(name),
        lent: all.lent.iter().map(|one| row(&one.oximeter, to(&one.name), one.name.is_some())).collect(),
        on_hand: all.on_hand.iter().map(|one| row(one, String::new(), false)).collect(),
        own: all.own,
        wrong: wrong.to_owned(),
        problems,
        t,
    })
}

/// `POST /care/follow/{id}/oximeter`: lends one to somebody.
pub(crate) async fn lend(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: CarePersonId = id.parse().map_err(|_| FollowError::NotFound)?;
    run!(caller, hall, tx => async {
        let consent = agreed(&caller, tx, id).await?;
        commands::lend(&caller.ctx, tx, &consent).await
    })?;
    Ok(Redirect::to(&format!("/care/follow/{id}")).into_response())
}

/// `POST /care/oximeters/{id}/put`: one came back, was lost, or is broken.
pub(crate) async fn put(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: OximeterId = id.parse().map_err(|_| FollowError::NotFound)?;
    let institution = queries::institution_of(&caller.ctx, &mut hall.read().await?.conn(), id).await?;
    let because = form.typed("because");
    let done = run!(caller, hall, tx => async {
        match form.typed("to") {
            "on_hand" => commands::give_back(&caller.ctx, tx, id).await,
            "lost" => commands::lose(&caller.ctx, tx, id, because).await,
            "written_off" => commands::write_off(&caller.ctx, tx, id, because).await,
            _ => Err(FollowError::Field { field: "to", problem: Wrong::NotAChoice }),
        }
    });
    let (done, of) = (done.map(|()| format!("/care/oximeters/{institution}")), form.typed("because-of"));
    ended(&caller, done, async |problems| Ok(Page(institution_page(&caller, &hall, institution, of, problems).await?))).await
}
