//! The administrator's list of accounts: found by login, name, role and place; opened, closed, given a new link.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Role, Scope};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_webkit::view::{Choice, Pager};
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T, address};
use serde::Deserialize;

use super::rules;
use crate::model::{AccountFilter, AccountId, AccountLine};
use crate::{IdentityError, commands, queries};

/// Accounts of a page.
const ROWS: i64 = 25;
/// Longest text to look for, in characters.
const ASKED_CHARS: usize = 60;

/// An account as the list shows it.
struct Row {
    id: AccountId,
    login: String,
    /// The name of the person, or the login where there is none.
    name: String,
    /// Login, staff number and since when.
    sub: String,
    /// What the person is appointed as now, and where.
    posts: String,
    open: bool,
}

#[derive(Template)]
#[template(path = "identity-accounts.html")]
pub(super) struct AccountsPage {
    shell: Shell,
    t: T,
    problems: Problems,
    /// What is wrong with what was looked for.
    asked_problems: Problems,
    asked: Asked,
    roles: Vec<Choice>,
    rows: Vec<Row>,
    pager: Pager,
    /// A one-time link, and whose.
    link: Option<(String, String)>,
    login: String,
    person: String,
    district: String,
}

/// What is asked for, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    place: String,
    /// The login after which the page begins.
    #[serde(default)]
    after: String,
}

impl Asked {
    /// Asks for one account by its login.
    fn login(login: &str) -> Self {
        Self { q: login.to_owned(), ..Self::default() }
    }

    fn tidy(mut self) -> Self {
        for text in [&mut self.q, &mut self.place] {
            *text = text.trim().chars().filter(|c| !c.is_control()).take(ASKED_CHARS).collect();
        }
        self
    }

    fn narrowed(&self) -> bool {
        !self.q.is_empty() || !self.role.is_empty() || !self.place.is_empty()
    }

    /// The address of the same question, after a login.
    fn href(&self, after: &str) -> String {
        let asked = [("q", self.q.as_str()), ("role", &self.role), ("place", &self.place), ("after", after)];
        address("/admin/accounts", &asked)
    }
}

/// What the page shows above its list.
#[derive(Default)]
struct Above<'a> {
    problems: Problems,
    link: Option<(String, String)>,
    typed: Option<&'a FormMap>,
}

async fn page(caller: &Caller, hall: &Hall, asked: Asked, above: Above<'_>) -> Result<Page<AccountsPage>, AppError> {
    let (t, asked) = (caller.info.t().clone(), asked.tidy());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let under = place_meant(c, &asked.place).await?;
    let unclear = under.is_none() && !asked.place.is_empty();
    let filter = AccountFilter { text: asked.q.clone(), role: asked.role.parse::<Role>().ok(), under };
    let found = match unclear {
        true => Vec::new(),
        false => queries::accounts(&caller.ctx, c, &filter, &asked.after, ROWS).await?,
    };
    let full = i64::try_from(found.len()).is_ok_and(|n| n == ROWS);
    let older = found.last().filter(|_| full).map(|last| asked.href(&last.account.login)).unwrap_or_default();
    let first = if asked.after.is_empty() { String::new() } else { asked.href("") };
    let mut rows = Vec::with_capacity(found.len());
    for line in found {
        rows.push(row(c, &t, line, hall.now()).await?);
    }
    let keep = |name| above.typed.map(|form| form.typed(name).to_owned()).unwrap_or_default();
    let unclear = unclear.then(|| FieldProblem::new("place", "identity-place-unclear"));
    Ok(Page(AccountsPage {
        shell: caller.shell(t.s("identity-accounts-title")),
        problems: above.problems,
        asked_problems: Problems(unclear.into_iter().collect()),
        asked,
        roles: Role::ALL.map(|role| Choice::new(role.as_str(), t.s(&format!("role-{role}")))).into(),
        rows,
        pager: Pager { first, older },
        link: above.link,
        login: keep("login"),
        person: keep("person"),
        district: keep("district"),
        t,
    }))
}

/// The place that was typed, in whichever of the districts knows it first.
async fn place_meant(c: &mut Conn<'_>, typed: &str) -> Result<Option<Scope>, AppError> {
    for district in linli_territory::queries::districts(c).await? {
        if let Some(place) = linli_territory::queries::place_meant(c, district.id, typed).await? {
            return Ok(Some(Scope { district: district.id, place: place.path }));
        }
    }
    Ok(None)
}

async fn row(c: &mut Conn<'_>, t: &T, line: AccountLine, now: Ts) -> Result<Row, AppError> {
    let AccountLine { account, person_name, person_code } = line;
    let held = linli_people::queries::appointments_of(c, account.person_district, account.person_id, now).await;
    let held = held.map_err(IdentityError::from)?;
    let places: Vec<PlacePath> = held.iter().map(|post| post.place.clone()).collect();
    let ways = linli_territory::queries::ways(c, account.person_district, &places).await?;
    let posts = held.iter().zip(ways).map(|(post, way)| {
        let place: Vec<String> = way.into_iter().skip(3).map(|crumb| crumb.name).collect();
        format!("{} {}", t.s(&format!("role-{}", post.role)), place.join(" ")).trim_end().to_owned()
    });
    let posts = posts.collect::<Vec<_>>().join(t.s("identity-and").as_ref());
    let since = t.v("identity-since-day", "day", t.date(account.created_at));
    let named = person_name.is_some();
    let sub = [named.then(|| account.login.clone()), person_code, Some(since)];
    Ok(Row {
        id: account.id,
        name: person_name.unwrap_or_else(|| account.login.clone()),
        sub: sub.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        posts,
        open: account.disabled_at.is_none(),
        login: account.login,
    })
}

/// `GET /admin/accounts`.
pub(super) async fn list(
    caller: Caller,
    State(hall): State<Hall>,
    Query(asked): Query<Asked>,
) -> Result<Page<AccountsPage>, AppError> {
    page(&caller, &hall, asked, Above::default()).await
}

/// `POST /admin/accounts`: a new account, and the link with which its holder sets a password.
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
            None => Err(FieldProblem::new("district", "identity-district-unknown")),
            Some((district, _)) => {
                let person = linli_people::queries::person_by_code(c, district, &code).await.map_err(IdentityError::from)?;
                person.map(|p| (district, p.id)).ok_or_else(|| FieldProblem::new("person", "identity-person-unknown"))
            }
        }
    };
    let found = found.map_err(|problem| read.wrong(problem)).ok();
    let problems = match (read.finish(), found) {
        (Ok(_), Some((district, person))) => {
            let mut tx = hall.begin(DistrictId::CITY).await?;
            match commands::create_account(&caller.ctx, &mut tx, district, person, &login).await {
                Ok(account) => {
                    let token = commands::make_password_link(&caller.ctx, &mut tx, account, rules(&hall)?.as_ref()).await?;
                    hall.commit_at_the_door(tx).await?;
                    return Ok(handed_out(&caller, &hall, account, &token.0).await?.into_response());
                }
                Err(IdentityError::BadLogin) => Problems(vec![FieldProblem::new("login", "error-identity-bad-login")]),
                Err(error) => return Err(error.into()),
            }
        }
        (Err(error), _) => error.into_problems()?,
        (Ok(_), None) => return Err(AppError::not_found()),
    };
    let above = Above { problems, typed: Some(&form), ..Above::default() };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&caller, &hall, Asked::default(), above).await?).into_response())
}

/// The page with a link that was just made, and the account it is for.
async fn handed_out(caller: &Caller, hall: &Hall, id: AccountId, token: &str) -> Result<Page<AccountsPage>, AppError> {
    let account = queries::account(&caller.ctx, &mut hall.read().await?.conn(), id).await?.ok_or_else(AppError::not_found)?;
    let link = format!("{}/activate/{token}", hall.base_url());
    let above = Above { link: Some((link, account.login.clone())), ..Above::default() };
    page(caller, hall, Asked::login(&account.login), above).await
}

/// `POST /admin/accounts/{id}/disable`.
pub(super) async fn disable(caller: Caller, State(hall): State<Hall>, Path(id): Path<AccountId>) -> Result<Redirect, AppError> {
    let mut tx = hall.begin(DistrictId::CITY).await?;
    commands::disable_account(&caller.ctx, &mut tx, id).await?;
    hall.commit_at_the_door(tx).await?;
    back_to(&caller, &hall, id).await
}

/// `POST /admin/accounts/{id}/enable`: takes back a closing.
pub(super) async fn enable(caller: Caller, State(hall): State<Hall>, Path(id): Path<AccountId>) -> Result<Redirect, AppError> {
    let mut tx = hall.begin(DistrictId::CITY).await?;
    commands::enable_account(&caller.ctx, &mut tx, id).await?;
    hall.commit_at_the_door(tx).await?;
    back_to(&caller, &hall, id).await
}

/// The list with this account alone, so that what was done can be seen and taken back.
async fn back_to(caller: &Caller, hall: &Hall, id: AccountId) -> Result<Redirect, AppError> {
    let account = queries::account(&caller.ctx, &mut hall.read().await?.conn(), id).await?.ok_or_else(AppError::not_found)?;
    Ok(Redirect::to(&Asked::login(&account.login).href("")))
}

/// `POST /admin/accounts/{id}/link`: a link with which a lost password is set anew.
pub(super) async fn link(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<AccountId>,
) -> Result<Page<AccountsPage>, AppError> {
    let mut tx = hall.begin(DistrictId::CITY).await?;
    let token = commands::make_password_link(&caller.ctx, &mut tx, id, rules(&hall)?.as_ref()).await?;
    hall.commit_at_the_door(tx).await?;
    handed_out(&caller, &hall, id, &token.0).await
}
