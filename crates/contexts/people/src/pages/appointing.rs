//! Appointing somebody, and ending an appointment.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use jiff::civil::Date;
use linli_access::{Action, Resource, Role};
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, Ts};
use linli_webkit::view::{Choice, Crumb};
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::{person_page, reached, way_back};
use crate::commands;
use crate::error::PeopleError;
use crate::model::{AppointmentId, AppointmentInput, PersonId, StaffLine};
use crate::queries;

/// Longest key of a place or code of a grid, in characters.
const KEY_CHARS: usize = 120;

#[derive(Template)]
#[template(path = "people-appoint.html")]
pub(crate) struct AppointPage {
    shell: Shell,
    t: T,
    problems: Problems,
    crumbs: Vec<Crumb>,
    form: FormMap,
    here: String,
    back: String,
    roles: Vec<Choice>,
    organisations: Vec<Choice>,
    organisation: String,
    place: String,
    from: String,
}

/// Where the appointment is to be, when one comes from the page of that place.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct At {
    #[serde(default)]
    place: String,
}

/// `GET /admin/people/{district}/person/{id}/appoint`.
pub(crate) async fn form(
    caller: Caller,
    State(hall): State<Hall>,
    Path(whom): Path<(i64, PersonId)>,
    Query(at): Query<At>,
) -> Result<Page<AppointPage>, AppError> {
    Ok(Page(page(&caller, &hall, whom, (FormMap::default(), at.place), Problems::default()).await?))
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    (district, id): (i64, PersonId),
    (form, place): (FormMap, String),
    problems: Problems,
) -> Result<AppointPage, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let district = reached(caller, c, DistrictId(district)).await?;
    let who = queries::staff_line(c, district, id).await?.ok_or_else(AppError::not_found)?;
    let t = caller.info.t().clone();
    let typed = |field: &str, first: String| form.get(field).map_or(first, str::to_owned);
    let organisations = queries::organisations(c, district, "", 500).await?;
    let mut crumbs = way_back(&t, district, &who.name);
    let back = format!("/admin/people/{}/person/{id}", district.0);
    if let Some(last) = crumbs.last_mut() {
        last.href.clone_from(&back);
    }
    crumbs.push(Crumb::here(t.s("people-appoint")));
    Ok(AppointPage {
        shell: caller.shell(t.v("people-appoint-whom", "name", &who.name)),
        crumbs,
        here: format!("{back}/appoint"),
        back,
        roles: Role::ALL.map(|role| Choice::new(role.as_str(), t.s(&format!("role-{role}")))).into(),
        organisations: organisations.iter().map(|o| Choice::new(&o.name, &o.name)).collect(),
        organisation: typed("organisation_name", who.organisation.unwrap_or_default()),
        place: typed("place", place),
        from: typed("from", hall.now().local().date().to_string()),
        problems,
        form,
        t,
    })
}

/// `POST /admin/people/{district}/person/{id}/appoint`.
pub(crate) async fn send(
    caller: Caller,
    State(hall): State<Hall>,
    Path(whom): Path<(i64, PersonId)>,
    form: FormMap,
) -> Result<Response, AppError> {
    match try_appoint(&caller, &hall, whom, &form).await {
        Ok(()) => Ok(Redirect::to(&format!("/admin/people/{}/person/{}", whom.0, whom.1)).into_response()),
        Err(error) => {
            let problems = error.into_problems()?;
            let page = page(&caller, &hall, whom, (form, String::new()), problems).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
    }
}

async fn try_appoint(caller: &Caller, hall: &Hall, (district, id): (i64, PersonId), form: &FormMap) -> Result<(), AppError> {
    let who: StaffLine = {
        let mut read = hall.read().await?;
        let c = &mut read.conn();
        let district = reached(caller, c, DistrictId(district)).await?;
        queries::staff_line(c, district, id).await?.ok_or_else(AppError::not_found)?
    };
    let t = caller.info.t();
    let mut read = form.reader();
    let role = read.choice::<Role>("role", &t.s("people-role"));
    let title = read.text("title", &t.s("people-post-title"), 0..=60);
    let organisation_name = read.optional("organisation_name", KEY_CHARS);
    let place = read.text("place", &t.s("people-place"), 0..=KEY_CHARS);
    let grid_code = read.optional("grid_code", KEY_CHARS);
    let public_phone = read.optional("public_phone", 24);
    read.text("from", &t.s("people-from"), 1..=10);
    let (from, to) = (read.date("from"), read.date("to"));
    read.finish()?;
    let (Some(role), Some(valid_from)) = (role, from.and_then(midnight)) else { return Err(AppError::invalid(Vec::new())) };
    let input = AppointmentInput {
        person_code: who.code,
        organisation_name,
        role: role.as_str().to_owned(),
        title,
        place,
        grid_code,
        public_phone,
        valid_from,
        valid_to: to.map(after).transpose()?,
    };
    let mut tx = hall.begin(DistrictId(district)).await?;
    commands::appoint(&caller.ctx, &mut tx, &input).await?;
    hall.commit_at_the_door(tx).await
}

/// 00:00 of a day.
fn midnight(day: Date) -> Option<Ts> {
    Ts::from_local(day.at(0, 0, 0, 0))
}

/// The end of a day: who holds a post until a day holds it all that day.
fn after(day: Date) -> Result<Ts, AppError> {
    let end = day.tomorrow().ok().and_then(midnight);
    end.ok_or_else(|| AppError::invalid(vec![FieldProblem::new("to", "field-not-a-date")]))
}

/// `POST /admin/people/{district}/person/{id}/end/{appointment}`: until a day, or now.
pub(crate) async fn end(
    caller: Caller,
    State(hall): State<Hall>,
    Path((district, id, appointment)): Path<(i64, PersonId, AppointmentId)>,
    form: FormMap,
) -> Result<Response, AppError> {
    match try_end(&caller, &hall, (district, appointment), &form).await {
        Ok(()) => Ok(Redirect::to(&format!("/admin/people/{district}/person/{id}")).into_response()),
        Err(error) => {
            let mut problems = error.into_problems()?;
            for problem in &mut problems.0 {
                // The page has one such field for each appointment.
                problem.field = format!("to-{appointment}");
            }
            let page = person_page(&caller, &hall, (district, id), problems).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
    }
}

async fn try_end(
    caller: &Caller,
    hall: &Hall,
    (district, appointment): (i64, AppointmentId),
    form: &FormMap,
) -> Result<(), AppError> {
    let mut read = form.reader();
    let until = read.date("to");
    read.finish()?;
    let at = match until {
        Some(day) => after(day)?,
        None => hall.now(),
    };
    caller.ctx.scope(Action::Change, Resource::People).map_err(PeopleError::from)?;
    let mut tx = hall.begin(DistrictId(district)).await?;
    commands::end_appointment(&caller.ctx, &mut tx, appointment, at).await?;
    hall.commit_at_the_door(tx).await
}
