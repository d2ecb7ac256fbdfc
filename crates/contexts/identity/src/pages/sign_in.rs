//! Signing in and out, and choosing the appointment to act under.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_people::model::AppointmentId;
use linli_webkit::session::end_session;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T, and_then};
use serde::Deserialize;

use super::{enter, onward, passwords, rules, session, with_cookie};
use crate::model::Choice;
use crate::{IdentityError, commands, queries};

#[derive(Template)]
#[template(path = "identity-login.html")]
pub(super) struct LoginPage {
    shell: Shell,
    t: T,
    problems: Problems,
    login: String,
    next: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

pub(super) async fn form(caller: Caller, Query(to): Query<Next>) -> Page<LoginPage> {
    login_page(&caller, Problems::default(), String::new(), to.next)
}

fn login_page(caller: &Caller, problems: Problems, login: String, next: String) -> Page<LoginPage> {
    let t = caller.info.t().clone();
    Page(LoginPage { shell: caller.shell(t.s("identity-login-title")), t, problems, login, next: onward(&next).to_owned() })
}

pub(super) async fn sign_in(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let t = caller.info.t();
    let mut read = form.reader();
    let login = read.text("login", &t.s("identity-login"), 1..=60);
    let password = read.text("password", &t.s("identity-password"), 1..=200);
    let next = form.typed("next").to_owned();
    if let Err(error) = read.finish() {
        let page = login_page(&caller, error.into_problems()?, login, next);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let from = linli_webkit::rate::address(caller.info.client_ip());
    // The address first: what it is refused counts against no login.
    hall.limits().check("sign-in-address", from)?;
    hall.limits().check("sign-in", (from, login.trim().to_lowercase()))?;
    let rules = rules(&hall)?;
    match commands::sign_in(&caller.ctx, hall.db(), passwords(&hall)?.as_ref(), &rules, from, (&login, &password)).await {
        Ok(token) => {
            // Whoever has several posts chooses one first; the page they came for follows.
            let posts = queries::choices(&mut hall.read().await?.conn(), &token, hall.now()).await?.len();
            let to = onward(&next);
            let to = if posts == 1 || to == "/" { to.to_owned() } else { and_then("/choose-role", to) };
            enter(&caller, &token, rules.session_secs, &to)
        }
        Err(error @ (IdentityError::WrongPassword | IdentityError::Locked(_))) => {
            let code = error.code();
            let mut problem = FieldProblem::new("login", &code.text_key());
            if let IdentityError::Locked(secs) = error {
                problem = problem.arg("minutes", (secs + 59) / 60);
            }
            let status = StatusCode::from_u16(code.status.http()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            Ok((status, login_page(&caller, Problems(vec![problem]), login, next)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "identity-logout.html")]
pub(super) struct LogoutPage {
    shell: Shell,
    t: T,
}

pub(super) async fn ask_sign_out(caller: Caller) -> Page<LogoutPage> {
    let t = caller.info.t().clone();
    Page(LogoutPage { shell: caller.shell(t.s("identity-logout-title")), t })
}

pub(super) async fn sign_out(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    if let Some(token) = session(&headers, &caller) {
        let mut tx = hall.begin(DistrictId::CITY).await?;
        // An invented cookie ends nothing, and must not make the door forget everybody.
        if commands::sign_out(&caller.ctx, &mut tx, &token).await? {
            hall.commit_at_the_door(tx).await?;
        }
    }
    Ok(with_cookie(Redirect::to("/").into_response(), end_session(&caller.info)?))
}

#[derive(Template)]
#[template(path = "identity-roles.html")]
pub(super) struct RolesPage {
    shell: Shell,
    t: T,
    choices: Vec<Choice>,
    next: String,
}

pub(super) async fn roles(
    caller: Caller,
    State(hall): State<Hall>,
    Query(to): Query<Next>,
    headers: HeaderMap,
) -> Result<Page<RolesPage>, AppError> {
    let t = caller.info.t().clone();
    let choices = match session(&headers, &caller) {
        Some(token) => queries::choices(&mut hall.read().await?.conn(), &token, hall.now()).await?,
        None => Vec::new(),
    };
    Ok(Page(RolesPage { shell: caller.shell(t.s("identity-roles-title")), t, choices, next: onward(&to.next).to_owned() }))
}

pub(super) async fn choose(
    caller: Caller,
    State(hall): State<Hall>,
    headers: HeaderMap,
    form: FormMap,
) -> Result<Redirect, AppError> {
    let token = session(&headers, &caller).ok_or_else(|| AppError::from(IdentityError::NotYourAppointment))?;
    let id: AppointmentId = form.typed("appointment").parse().map_err(|_| AppError::from(IdentityError::NotYourAppointment))?;
    let mut tx = hall.begin(DistrictId::CITY).await?;
    commands::choose_appointment(&caller.ctx, &mut tx, &token, id).await?;
    hall.commit_at_the_door(tx).await?;
    Ok(Redirect::to(onward(form.typed("next"))))
}
