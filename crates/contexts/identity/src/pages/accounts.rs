//! One's own account, and the administrator's list of accounts.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};

use super::links::weak;
use super::{passwords, rules, session};
use crate::model::{Account, AccountId};
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
            hall.limits().check("sign-in", linli_webkit::rate::address(caller.info.client_ip()))?;
            let token = session(&headers, &caller).ok_or_else(AppError::not_found)?;
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

#[derive(Template)]
#[template(path = "identity-accounts.html")]
pub(super) struct AccountsPage {
    shell: Shell,
    t: T,
    problems: Problems,
    accounts: Vec<Account>,
    link: Option<String>,
    login: String,
    person: String,
    district: String,
}

async fn accounts_page(
    caller: &Caller,
    hall: &Hall,
    problems: Problems,
    link: Option<String>,
    typed: &FormMap,
) -> Result<Page<AccountsPage>, AppError> {
    let t = caller.info.t().clone();
    let accounts = queries::accounts(&caller.ctx, &mut hall.read().await?.conn(), "", 500).await?;
    let keep = |name| if link.is_none() { typed.typed(name).to_owned() } else { String::new() };
    let (login, person, district) = (keep("login"), keep("person"), keep("district"));
    Ok(Page(AccountsPage {
        shell: caller.shell(t.s("identity-accounts-title")),
        t,
        problems,
        accounts,
        link,
        login,
        person,
        district,
    }))
}

pub(super) async fn list(caller: Caller, State(hall): State<Hall>) -> Result<Page<AccountsPage>, AppError> {
    accounts_page(&caller, &hall, Problems::default(), None, &FormMap::default()).await
}

pub(super) async fn create(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let t = caller.info.t();
    let mut read = form.reader();
    let login = read.text("login", &t.s("identity-login"), 3..=60);
    let code = read.text("person", &t.s("identity-person-code"), 1..=60);
    let division = read.text("district", &t.s("identity-district-code"), 1..=12);
    let found = {
        let mut store = hall.read().await?;
        let c = &mut store.conn();
        match linli_territory::queries::district_by_division(c, &division).await.map_err(IdentityError::from)? {
            None => Err("district"),
            Some((district, _)) => {
                let person = linli_people::queries::person_by_code(c, district, &code).await.map_err(IdentityError::from)?;
                person.map(|p| (district, p.id)).ok_or("person")
            }
        }
    };
    if let Err(field) = found {
        read.wrong(FieldProblem::new(
            field,
            if field == "person" { "identity-person-unknown" } else { "identity-district-unknown" },
        ));
    }
    let problems = match (read.finish(), found) {
        (Ok(_), Ok((district, person))) => {
            let mut tx = hall.begin(DistrictId::CITY).await?;
            match commands::create_account(&caller.ctx, &mut tx, district, person, &login).await {
                Ok(account) => {
                    let token = commands::make_password_link(&caller.ctx, &mut tx, account, rules(&hall)?.as_ref()).await?;
                    hall.commit_at_the_door(tx).await?;
                    let link = format!("{}/activate/{}", hall.base_url(), token.0);
                    return Ok(accounts_page(&caller, &hall, Problems::default(), Some(link), &form).await?.into_response());
                }
                Err(IdentityError::BadLogin) => Problems(vec![FieldProblem::new("login", "error-identity-bad-login")]),
                Err(error) => return Err(error.into()),
            }
        }
        (Err(error), _) => error.into_problems()?,
        (Ok(_), Err(_)) => return Err(AppError::not_found()),
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, accounts_page(&caller, &hall, problems, None, &form).await?).into_response())
}

pub(super) async fn disable(caller: Caller, State(hall): State<Hall>, Path(id): Path<AccountId>) -> Result<Redirect, AppError> {
    let mut tx = hall.begin(DistrictId::CITY).await?;
    commands::disable_account(&caller.ctx, &mut tx, id).await?;
    hall.commit_at_the_door(tx).await?;
    Ok(Redirect::to("/admin/accounts"))
}

pub(super) async fn link(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<AccountId>,
) -> Result<Page<AccountsPage>, AppError> {
    let mut tx = hall.begin(DistrictId::CITY).await?;
    let token = commands::make_password_link(&caller.ctx, &mut tx, id, rules(&hall)?.as_ref()).await?;
    hall.commit_at_the_door(tx).await?;
    let link = format!("{}/activate/{}", hall.base_url(), token.0);
    accounts_page(&caller, &hall, Problems::default(), Some(link), &FormMap::default()).await
}
