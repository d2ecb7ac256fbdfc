//! Where those who answer for it set the service pledge and the 24-hour property phone of a place.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_webkit::view::Crumb;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use crate::commands::{self, SetPledge};
use crate::model::Pledge;
use crate::{BoardError, neighbours, queries, rules};

struct Link {
    href: String,
    name: String,
}

/// What is in force, and where it was set when that is further up.
struct InForce {
    value: String,
    from: String,
}

struct Row {
    period: String,
    text: String,
    phone: String,
    tone: &'static str,
    word: String,
}

#[derive(Template)]
#[template(path = "board-pledge.html")]
pub(crate) struct PledgePage {
    shell: Shell,
    t: T,
    problems: Problems,
    crumbs: Vec<Crumb>,
    here: String,
    text: InForce,
    phone: InForce,
    typed_text: String,
    typed_phone: String,
    typed_from: String,
    typed_to: String,
    rows: Vec<Row>,
    below: Vec<Link>,
}

#[derive(Template)]
#[template(path = "board-pledges.html")]
struct StartPage {
    shell: Shell,
    t: T,
    places: Vec<Link>,
}

fn href(path: &PlacePath) -> String {
    format!("/pledges/{path}")
}

/// `GET /pledges`: the place of the appointment acted under, or the districts for who reaches all of them.
pub(crate) async fn start(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Change, Resource::Pledge).map_err(BoardError::from)?;
    if scope.place.depth() >= PlaceLevel::District.depth() {
        return Ok(Redirect::to(&href(&scope.place)).into_response());
    }
    let mut read = hall.read().await?;
    let districts = neighbours::districts(&mut read.conn()).await?;
    if let [(path, _)] = districts.as_slice() {
        return Ok(Redirect::to(&href(path)).into_response());
    }
    let t = caller.info.t().clone();
    let places = districts.into_iter().map(|(path, name)| Link { href: href(&path), name }).collect();
    Ok(Page(StartPage { shell: caller.shell(t.s("board-pledges")), t, places }).into_response())
}

/// `GET /pledges/{path}`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path(path): Path<String>,
) -> Result<Page<PledgePage>, AppError> {
    let path = path.parse().map_err(|_| BoardError::UnknownPlace)?;
    Ok(Page(page(&caller, &hall, &path, None, Problems::default()).await?))
}

/// The district of a place, when the caller may set pledges there.
async fn reached(caller: &Caller, hall: &Hall, path: &PlacePath) -> Result<DistrictId, AppError> {
    let district = neighbours::district_of(&mut hall.read().await?.conn(), path).await?.ok_or(BoardError::UnknownPlace)?;
    caller.ctx.may(Action::Change, Resource::Pledge, district, path).map_err(BoardError::from)?;
    Ok(district)
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    path: &PlacePath,
    typed: Option<&FormMap>,
    problems: Problems,
) -> Result<PledgePage, AppError> {
    let district = reached(caller, hall, path).await?;
    let (t, now) = (caller.info.t().clone(), caller.ctx.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let way = neighbours::way_to(c, district, path).await?;
    let name = way.last().filter(|step| step.path == *path).map(|step| step.name.clone()).ok_or(BoardError::UnknownPlace)?;
    let (text, phone) = queries::pledge_in_force(c, district, path, now).await?;
    let said_by = |place: &PlacePath| {
        let above = way.iter().find(|step| step.path == *place && place != path);
        above.map(|step| t.v("board-pledge-from", "place", &step.name)).unwrap_or_default()
    };
    let shown = |found: Option<(String, PlacePath)>| match found {
        Some((value, place)) => InForce { from: said_by(&place), value },
        None => InForce { value: String::new(), from: String::new() },
    };
    let all = queries::pledges_of(c, district, path).await?;
    let own = all.iter().find(|row| row.valid_from <= now);
    let (own_text, own_phone) = own.map_or((None, None), |row| (row.text.clone(), row.duty_phone.clone()));
    let typed = |field: &str, first: Option<String>| match typed.and_then(|form| form.get(field)) {
        Some(value) => value.to_owned(),
        None => first.unwrap_or_default(),
    };
    let may_go = |to: &PlacePath| caller.ctx.may(Action::Change, Resource::Pledge, district, to).is_ok();
    let crumbs = way.iter().map(|step| match step.path != *path && may_go(&step.path) && step.level > PlaceLevel::City {
        true => Crumb::new(&step.name, href(&step.path)),
        false => Crumb::here(&step.name),
    });
    let below = if path.depth() < PlaceLevel::Estate.depth() { neighbours::below(c, district, path).await? } else { Vec::new() };
    Ok(PledgePage {
        shell: caller.shell(t.v("board-pledge-of", "place", &name)),
        crumbs: crumbs.collect(),
        here: href(path),
        text: shown(text),
        phone: shown(phone),
        typed_text: typed("text", own_text),
        typed_phone: typed("duty_phone", own_phone),
        typed_from: typed("from", None),
        typed_to: typed("to", None),
        rows: rows(&t, &all, now),
        below: below.into_iter().map(|(path, name)| Link { href: href(&path), name }).collect(),
        problems,
        t,
    })
}

/// Everything that was set at the place, the latest first; each is in force until the next one begins.
fn rows(t: &T, all: &[Pledge], now: Ts) -> Vec<Row> {
    let mut until: Option<Ts> = None;
    let mut rows = Vec::new();
    for pledge in all {
        let (tone, key) = match (pledge.valid_from > now, until.is_none_or(|end| end > now)) {
            (true, _) => ("info", "board-pledge-to-come"),
            (false, true) => ("well", "board-pledge-now"),
            (false, false) => ("", "board-pledge-over"),
        };
        let end = until.map(|end| t.moment(end)).unwrap_or_default();
        let none = || t.s("board-pledge-above").into_owned();
        rows.push(Row {
            period: format!("{} – {end}", t.moment(pledge.valid_from)),
            text: pledge.text.clone().unwrap_or_else(none),
            phone: pledge.duty_phone.clone().unwrap_or_else(none),
            tone,
            word: t.s(key).into_owned(),
        });
        until = Some(pledge.valid_from);
    }
    rows
}

/// `POST /pledges/{path}`.
pub(crate) async fn set(
    caller: Caller,
    State(hall): State<Hall>,
    Path(path): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let path: PlacePath = path.parse().map_err(|_| BoardError::UnknownPlace)?;
    match try_set(&caller, &hall, &path, &form).await {
        Ok(()) => Ok(Redirect::to(&href(&path)).into_response()),
        Err(error) => {
            let problems = error.into_problems()?;
            let page = page(&caller, &hall, &path, Some(&form), problems).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
    }
}

async fn try_set(caller: &Caller, hall: &Hall, path: &PlacePath, form: &FormMap) -> Result<(), AppError> {
    let district = reached(caller, hall, path).await?;
    let mut read = form.reader();
    let text = read.optional("text", rules::PLEDGE_CHARS);
    let duty_phone = read.optional("duty_phone", 40);
    let from = read.date("from").and_then(|day| Ts::from_local(day.at(0, 0, 0, 0)));
    // The last day counts whole.
    let valid_to = read.date("to").and_then(|day| Ts::from_local(day.tomorrow().ok()?.at(0, 0, 0, 0)));
    read.finish()?;
    // A day that has begun: from now on, so that what hung there this morning stays in the records.
    let valid_from = from.filter(|from| *from > caller.ctx.now());
    let mut tx = hall.begin(district).await?;
    let pledge = SetPledge { place: path.clone(), text, duty_phone, valid_from, valid_to };
    commands::set_pledge(&caller.ctx, &mut tx, pledge).await?;
    hall.commit(tx).await
}
