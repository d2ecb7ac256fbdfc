//! One's own account.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};

use super::links::weak;
use super::{passwords, rules, session};
use crate::{IdentityError, commands, queries};

#[derive(Template)]
#[template(path = "identity-account.html")]
pub(super) struct OwnPage {
    shell: Shell,
    t: T,
    problems: Problems,
    login: String,
    changed: bool,
    least: i64,
}

pub(super) async fn own(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Page<OwnPage>, AppError> {
    own_page(&caller, &hall, &headers, Problems::default(), false).await
}

async fn own_page(
    caller: &Caller,
    hall: &Hall,
    headers: &HeaderMap,
    problems: Problems,
    changed: bool,
) -> Result<Page<OwnPage>, AppError> {
    let t = caller.info.t().clone();
    let account = match session(headers, caller) {
        Some(token) => queries::account_of_session(&mut hall.read().await?.conn(), &token).await?,
        None => None,
    };
    let login = account.ok_or_else(AppError::not_found)?.login;
    let least = i64::try_from(rules(hall)?.password_least).unwrap_or(12);
    Ok(Page(OwnPage { shell: caller.shell(t.s("identity-account-title")), t, problems, login, changed, least }))
}

pub(super) async fn change_password(
    caller: Caller,
    State(hall): State<Hall>,
    headers: HeaderMap,
    form: FormMap,
) -> Result<Response, AppError> {
    let t = caller.info.t();
    let mut read = form.reader();
    let old = read.text("old", &t.s("identity-old-password"), 1..=200);
    let new = read.text("password", &t.s("identity-new-password"), 1..=200);
    let rules = rules(&hall)?;
    if let Some(problem) = weak(commands::check_password(&rules, "", &new)) {
        read.wrong(problem);
    }
    let problems = match read.finish() {
        Err(error) => error.into_problems()?,
        Ok(_) => {
            let token = session(&headers, &caller).ok_or_else(AppError::not_found)?;
            hall.limits().check("sign-in", token.hash())?;
            match commands::change_password(&caller.ctx, hall.db(), passwords(&hall)?.as_ref(), &rules, &token, &old, &new).await
            {
                Ok(()) => return Ok(own_page(&caller, &hall, &headers, Problems::default(), true).await?.into_response()),
                Err(IdentityError::WrongPassword) => Problems(vec![FieldProblem::new("old", "identity-old-wrong")]),
                Err(error) => return Err(error.into()),
            }
        }
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, own_page(&caller, &hall, &headers, problems, false).await?).into_response())
}
