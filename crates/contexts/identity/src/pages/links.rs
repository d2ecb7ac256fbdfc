//! One-time links: the first administrator, and passwords of new accounts.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};

use super::{enter, passwords, rules};
use crate::commands::SetUp;
use crate::model::{LinkKind, Token};
use crate::{IdentityError, commands, queries};

#[derive(Template)]
#[template(path = "identity-link.html")]
pub(super) struct LinkPage {
    shell: Shell,
    t: T,
    problems: Problems,
    setup: bool,
    least: i64,
    name: String,
    login: String,
}

fn page(caller: &Caller, least: usize, setup: bool, problems: Problems, name: String, login: String) -> Page<LinkPage> {
    let t = caller.info.t().clone();
    let title = t.s(if setup { "identity-setup-title" } else { "identity-activate-title" });
    Page(LinkPage { shell: caller.shell(title), t, problems, setup, least: i64::try_from(least).unwrap_or(12), name, login })
}

async fn standing(hall: &Hall, token: &Token, kind: LinkKind) -> Result<(), AppError> {
    let stands = queries::link_stands(&mut hall.read().await?.conn(), token, kind, hall.now()).await?;
    if stands { Ok(()) } else { Err(IdentityError::LinkGone.into()) }
}

pub(super) async fn setup_form(
    caller: Caller,
    State(hall): State<Hall>,
    Path(token): Path<String>,
) -> Result<Page<LinkPage>, AppError> {
    standing(&hall, &Token(token), LinkKind::Setup).await?;
    Ok(page(&caller, rules(&hall)?.password_least, true, Problems::default(), String::new(), String::new()))
}

pub(super) async fn set_up(
    caller: Caller,
    State(hall): State<Hall>,
    Path(token): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (token, rules, t) = (Token(token), rules(&hall)?, caller.info.t());
    standing(&hall, &token, LinkKind::Setup).await?;
    let mut read = form.reader();
    let name = read.text("name", &t.s("identity-name"), 1..=40);
    let login = read.text("login", &t.s("identity-login"), 3..=60);
    let password = read.text("password", &t.s("identity-new-password"), 1..=200);
    if let Some(problem) = weak(commands::check_password(&rules, &login, &password)) {
        read.wrong(problem);
    }
    if let Err(error) = read.finish() {
        let again = page(&caller, rules.password_least, true, error.into_problems()?, name, login);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    }
    let password_hash = passwords(&hall)?.hash(caller.ctx.rng.as_ref(), &password).await?;
    let mut tx = hall.begin(DistrictId::CITY).await?;
    let account = commands::set_up(&caller.ctx, &mut tx, &token, SetUp { name, login, password_hash }).await?;
    let session = commands::open_session(&caller.ctx, &mut tx, account, &rules).await?;
    hall.commit_at_the_door(tx).await?;
    enter(&caller, &session, rules.session_secs, "/")
}

pub(super) async fn password_form(
    caller: Caller,
    State(hall): State<Hall>,
    Path(token): Path<String>,
) -> Result<Page<LinkPage>, AppError> {
    standing(&hall, &Token(token), LinkKind::Password).await?;
    Ok(page(&caller, rules(&hall)?.password_least, false, Problems::default(), String::new(), String::new()))
}

pub(super) async fn set_password(
    caller: Caller,
    State(hall): State<Hall>,
    Path(token): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (token, rules, t) = (Token(token), rules(&hall)?, caller.info.t());
    standing(&hall, &token, LinkKind::Password).await?;
    let login = queries::login_behind(&mut hall.read().await?.conn(), &token, hall.now()).await?;
    let mut read = form.reader();
    let password = read.text("password", &t.s("identity-new-password"), 1..=200);
    if let Some(problem) = weak(commands::check_password(&rules, &login, &password)) {
        read.wrong(problem);
    }
    if let Err(error) = read.finish() {
        let again = page(&caller, rules.password_least, false, error.into_problems()?, String::new(), String::new());
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    }
    let hash = passwords(&hall)?.hash(caller.ctx.rng.as_ref(), &password).await?;
    let from = linli_webkit::rate::address(caller.info.client_ip());
    let mut tx = hall.begin(DistrictId::CITY).await?;
    let account = commands::set_password_by_link(&caller.ctx, &mut tx, &token, &hash, from).await?;
    let session = commands::open_session(&caller.ctx, &mut tx, account, &rules).await?;
    hall.commit_at_the_door(tx).await?;
    enter(&caller, &session, rules.session_secs, "/")
}

/// A weak password as a problem of its field.
pub(super) fn weak(judged: Result<(), IdentityError>) -> Option<FieldProblem> {
    match judged {
        Err(IdentityError::WeakPassword(least)) => {
            Some(FieldProblem::new("password", "error-identity-weak-password").arg("least", i64::try_from(least).unwrap_or(12)))
        }
        _ => None,
    }
}
