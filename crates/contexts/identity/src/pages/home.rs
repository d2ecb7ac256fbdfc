//! The claimed home: the code on paper, the claim, and what a resident sees.

use std::pin::Pin;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Actor, Scope};
use linli_db::{Conn, DbError, Tx};
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::session::end_session;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};

use super::{enter, rules, with_cookie};
use crate::claimed::claim_of_session;
use crate::{IdentityError, commands, queries};

#[derive(Template)]
#[template(path = "identity-code.html")]
pub(super) struct CodePage {
    shell: Shell,
    t: T,
    problems: Problems,
    home: String,
    done: Done,
    address: String,
}

/// What was done for a home.
#[derive(Default)]
enum Done {
    #[default]
    Nothing,
    /// A code was made.
    Code(String),
    /// So many claims were ended.
    Ended(u64),
}

fn code_page(caller: &Caller, hall: &Hall, problems: Problems, home: String, done: Done) -> Page<CodePage> {
    let t = caller.info.t().clone();
    let address = format!("{}/claim", hall.base_url());
    Page(CodePage { shell: caller.shell(t.s("identity-code-title")), t, problems, home, done, address })
}

pub(super) async fn code_form(caller: Caller, State(hall): State<Hall>) -> Page<CodePage> {
    code_page(&caller, &hall, Problems::default(), String::new(), Done::Nothing)
}

pub(super) async fn make_code(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let (home, path) = match named_home(&caller, &hall, &form).await? {
        Ok(named) => named,
        Err(refused) => return Ok(refused),
    };
    let mut tx = begin(&caller, &hall).await?;
    let code = commands::make_claim_code(&caller.ctx, &mut tx, &path, rules(&hall)?.as_ref()).await?;
    hall.commit_at_the_door(tx).await?;
    Ok(code_page(&caller, &hall, Problems::default(), home, Done::Code(code)).into_response())
}

/// `POST /homes/code/end`: whoever speaks for the home does not any more.
pub(super) async fn end_claims(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let (home, path) = match named_home(&caller, &hall, &form).await? {
        Ok(named) => named,
        Err(refused) => return Ok(refused),
    };
    let mut tx = begin(&caller, &hall).await?;
    let ended = commands::end_claims(&caller.ctx, &mut tx, &path).await?;
    hall.commit_at_the_door(tx).await?;
    Ok(code_page(&caller, &hall, Problems::default(), home, Done::Ended(ended)).into_response())
}

async fn begin(caller: &Caller, hall: &Hall) -> Result<Tx, AppError> {
    let Actor::Staff { scope, .. } = &caller.ctx.actor else { return Err(AppError::not_found()) };
    hall.begin(scope.district).await
}

/// The home that somebody means within what they look after: its name and its path.
async fn home_meant(hall: &Hall, scope: &Scope, typed: &str) -> Result<Option<(String, PlacePath)>, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let place =
        linli_territory::queries::home_meant(c, scope.district, &scope.place, typed).await.map_err(IdentityError::from)?;
    let Some(place) = place else { return Ok(None) };
    Ok(Some((queries::home_name(c, scope.district, &place.path).await?, place.path)))
}

/// The home that the form names, by its name and as a path; the page that says what is wrong when it is none of the caller's.
async fn named_home(caller: &Caller, hall: &Hall, form: &FormMap) -> Result<Result<(String, PlacePath), Response>, AppError> {
    let mut read = form.reader();
    let home = read.text("home", &caller.info.t().s("identity-home-key"), 1..=200);
    let Actor::Staff { scope, .. } = &caller.ctx.actor else { return Err(AppError::not_found()) };
    let place = home_meant(hall, scope, &home).await?;
    if place.is_none() {
        read.wrong(FieldProblem::new("home", "identity-home-unknown"));
    }
    match (read.finish(), place) {
        (Ok(_), Some(named)) => Ok(Ok(named)),
        (Err(error), _) => {
            let page = code_page(caller, hall, error.into_problems()?, home, Done::Nothing);
            Ok(Err((StatusCode::UNPROCESSABLE_ENTITY, page).into_response()))
        }
        (Ok(_), None) => Err(AppError::not_found()),
    }
}

#[derive(Template)]
#[template(path = "identity-claim.html")]
pub(super) struct ClaimPage {
    shell: Shell,
    t: T,
    problems: Problems,
    code: String,
}

fn claim_page(caller: &Caller, problems: Problems, code: String) -> Page<ClaimPage> {
    let t = caller.info.t().clone();
    Page(ClaimPage { shell: caller.shell(t.s("identity-claim-title")), t, problems, code })
}

pub(super) async fn claim_form(caller: Caller) -> Page<ClaimPage> {
    claim_page(&caller, Problems::default(), String::new())
}

pub(super) async fn claim(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    // A code has about 44 bits; the limit makes guessing hopeless.
    hall.limits().check("claim", linli_webkit::rate::address(caller.info.client_ip()))?;
    let typed = form.typed("code").to_owned();
    let rules = rules(&hall)?;
    let claimed = async {
        let district = commands::district_of_code(&caller.ctx, hall.db(), &typed).await?;
        let mut tx = hall.db().begin(district).await?;
        let token = commands::claim_home(&caller.ctx, &mut tx, &typed, &rules).await?;
        Ok::<_, IdentityError>((tx, token))
    };
    match claimed.await {
        Ok((tx, token)) => {
            // Who spoke for the home before is out at once.
            hall.commit_at_the_door(tx).await?;
            enter(&caller, &token, rules.home_secs, "/my-home")
        }
        Err(IdentityError::LinkGone) => {
            let problems = Problems(vec![FieldProblem::new("code", "identity-code-wrong")]);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, claim_page(&caller, problems, typed)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Keys of texts and addresses, as [`AtHome`] gives them.
pub type Leading<'a> = Pin<Box<dyn Future<Output = Result<Vec<Lead>, DbError>> + Send + 'a>>;

/// The key of a text, and the address it leads to.
pub type Lead = (&'static str, &'static str);

/// What a later room has for those who live at a home, found on the page of the claimed home: a port that the house puts in place.
pub trait AtHome: Send + Sync + 'static {
    /// Keys of texts and addresses, the most pressing first; none when there is nothing at the home.
    fn leads<'a>(&'a self, c: &'a mut Conn<'_>, district: DistrictId, home: &'a PlacePath) -> Leading<'a>;
}

#[derive(Template)]
#[template(path = "identity-home.html")]
pub(super) struct HomePage {
    shell: Shell,
    t: T,
    home: String,
    since: String,
    /// What other rooms have for this home: texts and addresses.
    leads: Vec<(String, &'static str)>,
}

pub(super) async fn my_home(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Page<HomePage>, AppError> {
    let t = caller.info.t().clone();
    let (district, claim) = claim_of_session(&caller, &hall, &headers).await?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let found = queries::claimed_home(c, district, claim).await?;
    let (path, home, since) = found.ok_or_else(AppError::not_found)?;
    let leads = match hall.service::<dyn AtHome>() {
        Ok(rooms) => rooms.leads(c, district, &path).await.map_err(linli_hall::store_error)?,
        Err(_) => Vec::new(),
    };
    let leads = leads.into_iter().map(|(key, href)| (t.s(key).into_owned(), href)).collect();
    let since = t.date(since).to_string();
    Ok(Page(HomePage { shell: caller.shell(t.s("identity-home-title")), t, home, since, leads }))
}

pub(super) async fn release(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let (district, claim) = claim_of_session(&caller, &hall, &headers).await?;
    let mut tx = hall.begin(district).await?;
    commands::release_home(&caller.ctx, &mut tx, claim).await?;
    hall.commit_at_the_door(tx).await?;
    Ok(with_cookie(Redirect::to("/").into_response(), end_session(&caller.info)?))
}
