//! Renaming, closing, replacing and moving a place, with what hangs on it before one's eyes.

use std::borrow::Cow;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Action, Resource, Scope};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_webkit::view::Crumb;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};

use super::{asked_for, breadcrumb, href, level_word};
use crate::commands::{self, DivisionInput, DivisionSource};
use crate::hanging::HangsOn;
use crate::model::Place;
use crate::{TerritoryError, queries, rules};

/// Where divisions come from that an administrator changed by hand.
const BY_HAND: DivisionSource =
    DivisionSource { name: Cow::Borrowed("人工维护"), licence: Cow::Borrowed(""), data_date: Cow::Borrowed("") };

/// Which of the forms of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Rename,
    Close,
    Move,
}

#[derive(Template)]
#[template(path = "territory-change.html")]
pub(crate) struct ChangePage {
    shell: Shell,
    t: T,
    crumbs: Vec<Crumb>,
    here: String,
    back: String,
    level: String,
    code: String,
    since: String,
    /// What hangs on it, in words.
    hanging: Vec<String>,
    /// Whether it is an official division, whose successor may have a new code.
    division: bool,
    successor_hint: String,
    renames: FormOf,
    closes: FormOf,
    moves: FormOf,
    called: String,
    at: String,
    /// The level that it can be moved under, in words.
    parent: String,
}

/// One form with what was typed and what is wrong with it.
#[derive(Default)]
struct FormOf {
    typed: FormMap,
    problems: Problems,
}

/// A place with the caller's right to change it.
struct Found {
    district: DistrictId,
    place: Place,
}

impl Found {
    fn is_division(&self) -> bool {
        self.place.path.depth() <= PlaceLevel::Community.depth()
    }
}

async fn found(caller: &Caller, c: &mut Conn<'_>, path: &str) -> Result<Found, AppError> {
    let (district, path) = asked_for(&caller.ctx, c, path, Action::Change).await?;
    let place = queries::place_at(c, district, &path).await?.ok_or_else(AppError::not_found)?;
    Ok(Found { district, place })
}

/// `GET /admin/territory/{path}/change`.
pub(crate) async fn change(
    caller: Caller,
    State(hall): State<Hall>,
    Path(path): Path<String>,
) -> Result<Page<ChangePage>, AppError> {
    page(&caller, &hall, &path, None).await
}

async fn page(caller: &Caller, hall: &Hall, path: &str, sent: Option<(Which, FormOf)>) -> Result<Page<ChangePage>, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let found = found(caller, c, path).await?;
    let (t, now) = (caller.info.t().clone(), hall.now());
    let reach = caller.ctx.scope(Action::Change, Resource::Territory).map_err(linli_hall::denied)?;
    let mut crumbs = breadcrumb(&queries::crumbs(c, found.district, &found.place.path).await?, &reach.place, false);
    crumbs.push(Crumb::here(t.s("territory-change")));
    let since = queries::validity(c, found.district, found.place.id).await?.map(|(from, _)| t.date(from)).unwrap_or_default();
    let hanging = hanging(c, caller, hall, &found).await?;
    let (mut renames, mut closes, mut moves) = <(FormOf, FormOf, FormOf)>::default();
    match sent {
        Some((Which::Rename, form)) => renames = form,
        Some((Which::Close, form)) => closes = form,
        Some((Which::Move, form)) => moves = form,
        None => {}
    }
    let here = href(&found.place.path);
    let typed = |form: &FormOf, field: &str, first: String| form.typed.get(field).map_or(first, str::to_owned);
    Ok(Page(ChangePage {
        shell: caller.shell(t.v("territory-change-whom", "name", &found.place.name)),
        crumbs,
        back: here.clone(),
        level: level_word(&t, found.place.level),
        since,
        hanging,
        division: found.is_division(),
        successor_hint: t
            .s(if found.is_division() { "territory-successor-division-hint" } else { "territory-successor-hint" })
            .into_owned(),
        called: typed(&renames, "name", found.place.name.clone()),
        at: typed(&closes, "at", now.local().date().to_string()),
        parent: found.place.path.parent().and_then(|above| above.level()).map(|level| level_word(&t, level)).unwrap_or_default(),
        code: found.place.code,
        renames,
        closes,
        moves,
        here,
        t,
    }))
}

/// What lies below the place and what other rooms keep there, in words.
async fn hanging(c: &mut Conn<'_>, caller: &Caller, hall: &Hall, found: &Found) -> Result<Vec<String>, AppError> {
    let (Found { district, place }, t) = (found, caller.info.t());
    let below = queries::coverage(c, *district, &place.path).await?;
    let components = queries::component_count(c, &Scope { district: *district, place: place.path.clone() }).await?;
    let grids = queries::grids_over(c, *district, &place.path).await?.len();
    let own = [
        ("territory-hangs-estates", if place.level < PlaceLevel::Estate { below.estates } else { 0 }),
        ("territory-hangs-buildings", if place.level < PlaceLevel::Building { below.buildings } else { 0 }),
        ("territory-hangs-entrances", if place.level < PlaceLevel::Entrance { below.entrances } else { 0 }),
        ("territory-hangs-homes", if place.level < PlaceLevel::Home { below.homes } else { 0 }),
        ("territory-hangs-components", components),
        ("territory-hangs-grids", i64::try_from(grids).unwrap_or(i64::MAX)),
    ];
    let mut words: Vec<String> = own.into_iter().filter(|(_, count)| *count > 0).map(|(key, count)| t.n(key, count)).collect();
    // A house without other rooms has nobody to ask.
    if let Ok(others) = hall.service::<dyn HangsOn>() {
        let kept = others.under(&caller.ctx, c, *district, &place.path).await.map_err(linli_hall::store_error)?;
        words.extend(kept.into_iter().map(|kind| t.n(kind.text_key, kind.count)));
    }
    Ok(words)
}

/// Back to a place, or the page again with what is wrong in one of its forms.
async fn ended(
    caller: &Caller,
    hall: &Hall,
    path: &str,
    (which, form): (Which, FormMap),
    done: Result<PlacePath, AppError>,
) -> Result<Response, AppError> {
    match done {
        Ok(to) if to.depth() == 0 => Ok(Redirect::to("/admin/territory").into_response()),
        Ok(to) => Ok(Redirect::to(&href(&to)).into_response()),
        Err(error) => {
            let problems = error.into_problems()?;
            let page = page(caller, hall, path, Some((which, FormOf { typed: form, problems }))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// A refusal about a place that was named in a field stands beside that field.
fn beside(field: &'static str) -> impl Fn(TerritoryError) -> AppError {
    move |error| {
        let key = match &error {
            TerritoryError::Unknown(_) => "territory-problem-unknown",
            TerritoryError::Cycle(_) => "error-territory-cycle",
            TerritoryError::OtherDistrict => "error-territory-other-district",
            TerritoryError::WrongLevel(_) => "territory-problem-wrong_level",
            TerritoryError::Taken(_) => "territory-problem-taken_there",
            TerritoryError::Invalid(problem) if problem.field == "code" => {
                return AppError::invalid(vec![FieldProblem::new(field, &format!("territory-problem-{}", problem.what))]);
            }
            _ => return error.into(),
        };
        AppError::invalid(vec![FieldProblem::new(field, key)])
    }
}

/// `POST /admin/territory/{path}/rename`.
pub(crate) async fn rename(
    caller: Caller,
    State(hall): State<Hall>,
    Path(path): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = try_rename(&caller, &hall, &path, &form).await;
    ended(&caller, &hall, &path, (Which::Rename, form), done).await
}

async fn try_rename(caller: &Caller, hall: &Hall, path: &str, form: &FormMap) -> Result<PlacePath, AppError> {
    let found = found(caller, &mut hall.read().await?.conn(), path).await?;
    let mut read = form.reader();
    let name = read.text("name", &caller.info.t().s("territory-name"), 1..=rules::NAME_MAX);
    read.finish()?;
    if found.is_division() {
        let mut tx = hall.begin(DistrictId::CITY).await?;
        let register = commands::division_register(&caller.ctx, &mut tx, &BY_HAND, false).await?;
        commands::rename_division(&caller.ctx, &mut tx, &register, &found.place.code, &name).await?;
        hall.commit(tx).await?;
    } else {
        let mut tx = hall.begin(found.district).await?;
        commands::rename_place(&caller.ctx, &mut tx, found.place.id, &name).await?;
        hall.commit(tx).await?;
    }
    Ok(found.place.path)
}

/// `POST /admin/territory/{path}/close`: with or without a successor.
pub(crate) async fn close(
    caller: Caller,
    State(hall): State<Hall>,
    Path(path): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = try_close(&caller, &hall, &path, &form).await;
    ended(&caller, &hall, &path, (Which::Close, form), done).await
}

async fn try_close(caller: &Caller, hall: &Hall, path: &str, form: &FormMap) -> Result<PlacePath, AppError> {
    let found = found(caller, &mut hall.read().await?.conn(), path).await?;
    let (t, now) = (caller.info.t(), hall.now());
    let mut read = form.reader();
    read.text("at", &t.s("territory-close-at"), 1..=10);
    let at = read.date("at").and_then(|day| closing(day, now));
    let successor = read.optional("successor", rules::NAME_MAX * 4);
    let successor_name = read.optional("successor_name", rules::NAME_MAX);
    if !read.ticked("seen") {
        read.wrong(FieldProblem::new("seen", "territory-close-unseen"));
    }
    read.finish()?;
    let at = at.ok_or_else(|| AppError::invalid(vec![FieldProblem::new("at", "field-not-a-date")]))?;
    let above = found.place.path.parent().unwrap_or_default();
    if !found.is_division() {
        let mut tx = hall.begin(found.district).await?;
        let by = match &successor {
            Some(key) => {
                let named = queries::resolve(&mut tx.conn().map_err(linli_hall::store_error)?, found.district, key).await?;
                let named = named.filter(|place| place.level == found.place.level);
                Some(named.ok_or_else(|| beside("successor")(TerritoryError::Unknown(key.clone())))?.id)
            }
            None => None,
        };
        commands::close_place(&caller.ctx, &mut tx, found.place.id, at, by).await.map_err(beside("successor"))?;
        hall.commit(tx).await?;
        return Ok(above);
    }
    let mut tx = hall.begin(DistrictId::CITY).await?;
    match successor {
        None => commands::close_division(&caller.ctx, &mut tx, &found.place.code, at).await.map_err(beside("successor"))?,
        Some(code) => {
            let register = commands::division_register(&caller.ctx, &mut tx, &BY_HAND, false).await?;
            let successor = DivisionInput { code, name: successor_name };
            let code = &found.place.code;
            let replaced = commands::replace_division(&caller.ctx, &mut tx, &register, code, &successor, at).await;
            replaced.map_err(beside("successor"))?;
        }
    }
    hall.commit(tx).await?;
    Ok(above)
}

/// The beginning of the day from which it exists no more; today it is this moment.
fn closing(day: jiff::civil::Date, now: Ts) -> Option<Ts> {
    if day == now.local().date() { Some(now) } else { Ts::from_local(day.at(0, 0, 0, 0)) }
}

/// `POST /admin/territory/{path}/move`.
pub(crate) async fn relocate(
    caller: Caller,
    State(hall): State<Hall>,
    Path(path): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = try_move(&caller, &hall, &path, &form).await;
    ended(&caller, &hall, &path, (Which::Move, form), done).await
}

async fn try_move(caller: &Caller, hall: &Hall, path: &str, form: &FormMap) -> Result<PlacePath, AppError> {
    let found = found(caller, &mut hall.read().await?.conn(), path).await?;
    if found.is_division() {
        return Err(AppError::not_found());
    }
    let mut read = form.reader();
    let key = read.text("parent", &caller.info.t().s("territory-move-to"), 1..=rules::NAME_MAX * 4);
    read.finish()?;
    let mut tx = hall.begin(found.district).await?;
    let parent = queries::place_meant(&mut tx.conn().map_err(linli_hall::store_error)?, found.district, &key).await?;
    let parent = parent.ok_or_else(|| beside("parent")(TerritoryError::Unknown(key)))?;
    let moved = commands::move_place(&caller.ctx, &mut tx, found.place.id, &parent.path).await.map_err(beside("parent"))?;
    hall.commit(tx).await?;
    Ok(moved.map_or(found.place.path, |moved| moved.to))
}
