//! The page of a place, for officials.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use linli_access::{Action, Resource, Scope};
use linli_board::BoardCode;
use linli_hall::{Caller, Hall, Told};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_territory::model::{District, Estate};
use linli_territory::queries as ground;
use linli_webkit::view::{Crumb, Figure};
use linli_webkit::{AppError, Page, Shell, T};

use super::map::{self, MapView};
use super::style;
use super::words::{self, Fact, HappeningRow, PublishedRow};
use crate::error::SituationError;
use crate::model::{Child, PlaceView};
use crate::queries::{self, TOLD};
use crate::rules;

#[derive(Template)]
#[template(path = "situation-place.html")]
struct PlacePage {
    has_map: bool,
    shell: Shell,
    t: T,
    crumbs: Vec<Crumb>,
    level_word: String,
    updated: String,
    figures: Vec<Figure>,
    /// How often somebody was told where else a matter is taken up.
    told: String,
    children_title: String,
    columns: Vec<String>,
    children: Vec<ChildRow>,
    map: Option<MapView>,
    facts: Vec<Fact>,
    about: Vec<(String, String)>,
    board: Option<BoardCode>,
    conflicts: Vec<String>,
    published: Vec<PublishedRow>,
    happenings: Vec<HappeningRow>,
    here: String,
    pledge_href: String,
    style: &'static str,
}

struct ChildRow {
    href: String,
    name: String,
    overdue: i64,
    open: i64,
    awaiting: i64,
    more: Vec<String>,
}

/// `GET /places/{path}`.
pub(crate) async fn place(caller: Caller, State(hall): State<Hall>, Path(path): Path<String>) -> Result<Response, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (district, path) = asked_for(c, &path).await?;
    if path.level() == Some(PlaceLevel::Home) {
        // A home has no page: who lives there is nobody's figure.
        return Ok(Redirect::to(&format!("/places/{}", path.at_level(PlaceLevel::Entrance))).into_response());
    }
    let view = queries::place(&caller.ctx, c, district, &path, caller.ctx.now()).await?;
    let map = ground::map_of(c, district, &path).await.map_err(SituationError::from)?;
    let estate = if view.place.level == PlaceLevel::Estate {
        ground::estate_at(c, district, &path).await.map_err(SituationError::from)?
    } else {
        None
    };
    let board = linli_board::queries::code_of_place(c, district, &path).await?;
    drop(read);
    let drawn = map::draw(&map, &view.children);
    Ok(Page(page(&caller, view, drawn, estate.as_ref(), board)).into_response())
}

/// The place that an address names and its district.
pub(super) async fn asked_for(c: &mut linli_db::Conn<'_>, path: &str) -> Result<(DistrictId, PlacePath), SituationError> {
    let path: PlacePath = path.parse().map_err(|_| SituationError::UnknownPlace)?;
    let district = ground::district_of_path(c, &path).await?.ok_or(SituationError::UnknownPlace)?;
    Ok((district, path))
}

fn page(caller: &Caller, view: PlaceView, map: Option<MapView>, estate: Option<&Estate>, board: Option<BoardCode>) -> PlacePage {
    let t = caller.info.t().clone();
    let (now, path) = (view.at, &view.place.path);
    let may_open = caller.ctx.may(Action::Read, Resource::Case, view.district, path).is_ok();
    let may_go = |to: &PlacePath| caller.ctx.may(Action::Read, Resource::Figures, view.district, to).is_ok();
    let crumbs = view.crumbs.iter().map(|step| {
        let opens = step.path != *path && step.level > PlaceLevel::City && may_go(&step.path);
        if opens { Crumb::new(&step.name, format!("/places/{}", step.path)) } else { Crumb::here(&step.name) }
    });
    let below = view.place.level.below().unwrap_or(PlaceLevel::Home);
    let more = columns(&t, below);
    PlacePage {
        // Above the estate a missing map is worth saying; from there down few have one.
        has_map: map.is_some() || view.place.level < PlaceLevel::Estate,
        crumbs: crumbs.collect(),
        level_word: t.s(&format!("situation-level-{}", view.place.level)).into_owned(),
        updated: t.v("situation-as-of", "at", t.moment(now)),
        figures: words::five(&t, &view.figures, path, now, may_open),
        told: words::told_elsewhere(&t, &view.figures),
        children_title: t.s(&format!("situation-children-{below}")).into_owned(),
        children: if below == PlaceLevel::Home {
            Vec::new()
        } else {
            view.children.iter().map(|child| child_row(&t, child, below)).collect()
        },
        columns: more,
        map,
        facts: words::coverage(&t, &view.coverage, view.place.level < PlaceLevel::Estate),
        about: estate.map(|e| about(&t, e)).unwrap_or_default(),
        board,
        conflicts: rules::conflicts(&view.published).iter().map(|conflict| words::conflict(&t, conflict)).collect(),
        published: words::published(&t, (&view.published, &view.proofs), &view.coverage),
        happenings: view.happenings.iter().map(|h| words::happening(&t, h, now, may_open)).collect(),
        here: format!("/places/{path}"),
        pledge_href: match caller.ctx.may(Action::Change, Resource::Pledge, view.district, path) {
            Ok(()) => format!("/pledges/{path}"),
            Err(_) => String::new(),
        },
        style: style::url(),
        shell: caller.shell(view.place.name.clone()).live(format!("/places/{path}/live")),
        t,
    }
}

/// The columns of the table of children beside what is open.
fn columns(t: &T, below: PlaceLevel) -> Vec<String> {
    let keys: &[&str] = match below {
        PlaceLevel::Subdistrict | PlaceLevel::Community => {
            &["situation-column-estates", "situation-column-in-care", "situation-column-households"]
        }
        PlaceLevel::Estate => &["situation-column-households", "situation-column-management"],
        PlaceLevel::Building => &["situation-column-entrances", "situation-column-homes"],
        PlaceLevel::Entrance => &["situation-column-homes"],
        _ => &[],
    };
    keys.iter().map(|key| t.s(key).into_owned()).collect()
}

fn child_row(t: &T, child: &Child, below: PlaceLevel) -> ChildRow {
    let c = &child.coverage;
    let more = match below {
        PlaceLevel::Subdistrict | PlaceLevel::Community => {
            vec![words::grouped(c.estates), words::grouped(c.in_care), words::grouped(c.households)]
        }
        PlaceLevel::Estate => {
            let key = if c.in_care > 0 { "situation-in-care" } else { "situation-not-in-care" };
            vec![words::grouped(c.households), t.s(key).into_owned()]
        }
        PlaceLevel::Building => vec![words::grouped(c.entrances), words::grouped(c.homes)],
        PlaceLevel::Entrance => vec![words::grouped(c.homes)],
        _ => Vec::new(),
    };
    ChildRow {
        href: format!("/places/{}", child.place.path),
        name: child.place.name.clone(),
        overdue: child.counts.overdue,
        open: child.counts.open,
        awaiting: child.counts.awaiting_confirmation,
        more,
    }
}

/// What is known of an estate: label and value.
fn about(t: &T, estate: &Estate) -> Vec<(String, String)> {
    let label = |key: &str| t.s(key).into_owned();
    let mut facts = Vec::new();
    let mut add = |key: &str, value: Option<String>| facts.extend(value.map(|value| (label(key), value)));
    add("situation-about-kind", estate.kind.map(|kind| label(&format!("situation-kind-{}", kind.as_str()))));
    add("situation-about-year", estate.year_built.map(|year| year.to_string()));
    add("situation-about-area", estate.area.map(|area| words::area(t, area.0)));
    add("situation-about-households", estate.households.map(words::grouped));
    add("situation-about-management", estate.management.map(|m| label(&format!("situation-management-{}", m.as_str()))));
    add("situation-about-manager", estate.manager_name.clone());
    add("situation-about-since", estate.managed_since.map(|date| date.to_string()));
    facts
}

#[derive(Template)]
#[template(path = "situation-districts.html")]
struct DistrictsPage {
    shell: Shell,
    t: T,
    districts: Vec<District>,
}

/// `GET /district`: the widest place the actor may look at.
pub(crate) async fn district(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::Figures).map_err(SituationError::from)?;
    if scope.place.depth() >= PlaceLevel::District.depth() {
        return Ok(Redirect::to(&format!("/places/{}", scope.place)).into_response());
    }
    let mut read = hall.read().await?;
    let mut districts = ground::districts(&mut read.conn()).await.map_err(SituationError::from)?;
    drop(read);
    districts.retain(|district| district.id != DistrictId::CITY);
    if let [only] = districts.as_slice() {
        return Ok(Redirect::to(&format!("/places/{}", only.path)).into_response());
    }
    let t = caller.info.t().clone();
    Ok(Page(DistrictsPage { shell: caller.shell(t.s("situation-districts")), t, districts }).into_response())
}

/// `GET /places/{path}/live`: what happens under the place, but for what is kept from the actor.
pub(crate) async fn live(
    caller: Caller,
    State(hall): State<Hall>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let (district, path) = asked_for(&mut hall.read().await?.conn(), &path).await?;
    caller.ctx.may(Action::Read, Resource::Figures, district, &path).map_err(SituationError::from)?;
    let told = Told { kinds: &TOLD, except: &[] };
    let discretion = hall.service::<linli_cases::Office>()?;
    hall.stream(&caller.ctx, &headers, (Scope { district, place: path }, told), Some(discretion)).await
}
