//! One place of the tree: its figures, its map, what lies below it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Action, Resource, Scope};
use linli_db::Conn;
use linli_geo::Frame;
use linli_hall::{Caller, Hall};
use linli_kernel::{Area, DistrictId, PlaceLevel, PlacePath};
use linli_webkit::view::{Crumb, Figure};
use linli_webkit::{AppError, Page, Shell, T};

use super::{asked_for, breadcrumb, href, level_word, levels_word};
use crate::model::{Coverage, Estate, EstateKind, Gone, Management, Place};
use crate::queries::{self, MapOf};
use crate::rules;

/// Closed places shown on the page of what they lay in.
const GONE_SHOWN: i64 = 50;

#[derive(Template)]
#[template(path = "territory-place.html")]
pub(crate) struct PlacePage {
    shell: Shell,
    t: T,
    crumbs: Vec<Crumb>,
    level: String,
    code: String,
    is_virtual: bool,
    figures: Vec<Figure>,
    map: Option<MapView>,
    facts: Vec<(String, String)>,
    below: String,
    on_record: String,
    heads: Vec<String>,
    rows: Vec<ChildRow>,
    homes_hidden: bool,
    components_href: String,
    components_text: String,
    /// Where it is renamed, moved or closed; empty for those who may not.
    change_href: String,
    /// What lay here and is no more: name, and when and by what it was replaced.
    gone: Vec<(String, String)>,
    notes: Vec<String>,
}

struct ChildRow {
    href: String,
    name: String,
    cells: Vec<String>,
}

impl PlacePage {
    /// The cells of a row with the heads of their columns: on a phone each stands beside its own.
    fn labelled<'a>(&'a self, row: &'a ChildRow) -> impl Iterator<Item = (&'a String, &'a String)> {
        self.heads.iter().skip(1).zip(&row.cells)
    }
}

struct MapView {
    width: u16,
    height: u16,
    label: String,
    outline: String,
    areas: Vec<AreaView>,
    pins: Vec<PinView>,
}

struct AreaView {
    href: String,
    path: String,
    name: String,
}

struct PinView {
    href: String,
    x: String,
    y: String,
    name: String,
}

/// Where the caller begins: the districts for the whole city, otherwise the place of the appointment.
pub(crate) async fn start(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let reach = caller.ctx.scope(Action::Read, Resource::Territory).map_err(linli_hall::denied)?;
    if reach.place.depth() > 0 {
        return Ok(Redirect::to(&href(&reach.place)).into_response());
    }
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let districts = queries::districts(c).await?;
    let mut rows = Vec::with_capacity(districts.len());
    for district in districts {
        let figures = queries::coverage(c, district.id, &district.path).await?;
        rows.push(ChildRow { href: href(&district.path), name: district.name, cells: figure_cells(district.division, &figures) });
    }
    let page = PlacePage {
        shell: caller.shell(t.s("territory-title")),
        crumbs: Vec::new(),
        level: if rows.is_empty() { t.s("territory-districts-hint").into_owned() } else { String::new() },
        code: String::new(),
        is_virtual: false,
        figures: Vec::new(),
        map: None,
        facts: Vec::new(),
        below: levels_word(&t, PlaceLevel::District),
        on_record: String::new(),
        heads: figure_heads(&t),
        rows,
        homes_hidden: false,
        components_href: String::new(),
        components_text: String::new(),
        change_href: String::new(),
        gone: Vec::new(),
        notes: Vec::new(),
        t,
    };
    Ok(Page(page).into_response())
}

/// A place and what lies directly under it.
pub(crate) async fn under(
    caller: Caller,
    State(hall): State<Hall>,
    Path(path): Path<String>,
) -> Result<Page<PlacePage>, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (district, path) = asked_for(&caller.ctx, c, &path, Action::Read).await?;
    let reach = caller.ctx.scope(Action::Read, Resource::Territory).map_err(linli_hall::denied)?;
    let sees_homes = caller.ctx.may(Action::Read, Resource::Home, district, &path).is_ok();
    let place = queries::place_at(c, district, &path).await?.ok_or_else(AppError::not_found)?;
    if place.level == PlaceLevel::Home && !sees_homes {
        return Err(AppError::not_found());
    }
    let t = caller.info.t().clone();
    let coverage = queries::coverage(c, district, &path).await?;
    let crumbs = queries::crumbs(c, district, &path).await?;
    let homes_hidden = place.level == PlaceLevel::Entrance && !sees_homes && coverage.homes > 0;
    let children = if homes_hidden { Vec::new() } else { queries::children(c, district, &path).await? };
    let (heads, rows) = child_rows(c, &t, district, &place, children).await?;
    let facts = match place.level {
        PlaceLevel::Estate => match queries::estate_at(c, district, &path).await? {
            Some(estate) => estate_facts(c, &t, district, &estate).await?,
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    let map = match place.level {
        PlaceLevel::City | PlaceLevel::Entrance | PlaceLevel::Home => None,
        _ => map_view(&t, &place, queries::map_of(c, district, &path).await?),
    };
    let scope = Scope { district, place: path.clone() };
    let components = queries::component_count(c, &scope).await?;
    let may_change = caller.ctx.may(Action::Change, Resource::Territory, district, &path).is_ok();
    let change_href =
        if may_change && place.level != PlaceLevel::City { format!("{}/change", href(&path)) } else { String::new() };
    let gone = if homes_hidden { Vec::new() } else { gone_lines(c, &t, district, &path).await? };
    let mut notes = Vec::new();
    if place.path.depth() <= PlaceLevel::Community.depth()
        && let Some((source, licence, date)) = queries::division_source(c, &place.code).await?
    {
        let key = if date.is_empty() || licence.is_empty() { "territory-source-alone" } else { "territory-source" };
        notes.push(t.with(key, &[("source", source.into()), ("date", date.into()), ("licence", licence.into())]));
    }
    if let Some(outline) = queries::boundary(c, district, &path).await? {
        notes.push(t.with("territory-outline-of", &[("source", outline.source.into()), ("crs", outline.original_crs.into())]));
    }
    let page = PlacePage {
        shell: caller.shell(place.name.clone()),
        crumbs: breadcrumb(&crumbs, &reach.place, true),
        level: level_word(&t, place.level),
        is_virtual: rules::is_virtual_community(&place.code),
        figures: if place.path.depth() <= PlaceLevel::Community.depth() { figures(&t, &coverage) } else { Vec::new() },
        map,
        facts,
        below: place.level.below().map(|level| levels_word(&t, level)).unwrap_or_default(),
        on_record: t.with(
            "territory-on-record",
            &[
                ("buildings", coverage.buildings.into()),
                ("entrances", coverage.entrances.into()),
                ("homes", coverage.homes.into()),
            ],
        ),
        heads,
        rows,
        homes_hidden,
        components_href: if components > 0 { format!("{}/components", href(&path)) } else { String::new() },
        components_text: t.n("territory-components-open", components),
        change_href,
        gone,
        notes,
        code: place.code,
        t,
    };
    Ok(Page(page))
}

/// What lay here and is no more.
async fn gone_lines(c: &mut Conn<'_>, t: &T, district: DistrictId, path: &PlacePath) -> Result<Vec<(String, String)>, AppError> {
    let gone = queries::closed_children(c, district, path, GONE_SHOWN).await?;
    let line = |place: Gone| {
        let by = place.successor.map(|code| t.v("territory-gone-by", "code", code));
        let parts = [Some(place.code), Some(t.v("territory-gone-line", "day", t.date(place.valid_to))), by];
        (place.name, parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    };
    Ok(gone.into_iter().map(line).collect())
}

fn figures(t: &T, k: &Coverage) -> Vec<Figure> {
    let two = |key: &str, a: (&str, i64), b: (&str, i64)| t.with(key, &[(a.0, a.1.into()), (b.0, b.1.into())]);
    let figure = |value: String, label: &str, sentence: String| Figure {
        value,
        label: t.s(label).into_owned(),
        sentence,
        state: "",
        href: String::new(),
    };
    vec![
        figure(
            k.estates.to_string(),
            "territory-figure-estates",
            two("territory-figure-estates-why", ("closed", k.closed), ("scattered", k.scattered)),
        ),
        figure(k.old.to_string(), "territory-figure-old", t.v("territory-figure-old-why", "unknown", k.age_unknown)),
        figure(
            k.in_care.to_string(),
            "territory-figure-care",
            two("territory-figure-care-why", ("closed", k.in_care_closed), ("scattered", k.in_care_scattered)),
        ),
        figure(
            ten_thousands(k.area_in_care),
            "territory-figure-area",
            t.v("territory-figure-area-why", "all", ten_thousands(k.area)),
        ),
        figure(
            k.households_in_care.to_string(),
            "territory-figure-households",
            t.v("territory-figure-households-why", "all", k.households),
        ),
    ]
}

/// 0.01 m² as units of 10,000 m² with one decimal, rounded down.
fn ten_thousands(area: i64) -> String {
    let tenths = area / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn figure_heads(t: &T) -> Vec<String> {
    ["name", "code", "column-estates", "column-old", "column-care", "column-buildings", "column-entrances", "column-homes"]
        .iter()
        .map(|key| t.s(&format!("territory-{key}")).into_owned())
        .collect()
}

fn figure_cells(code: String, k: &Coverage) -> Vec<String> {
    let numbers = [k.estates, k.old, k.in_care, k.buildings, k.entrances, k.homes];
    std::iter::once(code).chain(numbers.iter().map(ToString::to_string)).collect()
}

async fn child_rows(
    c: &mut Conn<'_>,
    t: &T,
    district: DistrictId,
    place: &Place,
    children: Vec<Place>,
) -> Result<(Vec<String>, Vec<ChildRow>), AppError> {
    let words = |keys: &[&str]| keys.iter().map(|key| t.s(&format!("territory-{key}")).into_owned()).collect::<Vec<_>>();
    let mut rows = Vec::with_capacity(children.len());
    let heads = match place.level {
        PlaceLevel::City | PlaceLevel::District | PlaceLevel::Subdistrict => {
            for child in children {
                let figures = queries::coverage(c, district, &child.path).await?;
                rows.push(ChildRow { href: href(&child.path), name: child.name, cells: figure_cells(child.code, &figures) });
            }
            figure_heads(t)
        }
        PlaceLevel::Community => {
            for child in children {
                if let Some(estate) = queries::estate_at(c, district, &child.path).await? {
                    rows.push(ChildRow { href: href(&child.path), name: child.name.clone(), cells: estate_cells(t, &estate) });
                }
            }
            words(&[
                "name",
                "code",
                "column-kind",
                "column-year",
                "column-households",
                "column-management",
                "column-buildings",
                "column-homes",
            ])
        }
        PlaceLevel::Estate | PlaceLevel::Building => {
            for child in children {
                let k = queries::coverage(c, district, &child.path).await?;
                let cells = vec![child.code.clone(), k.entrances.to_string(), k.homes.to_string()];
                rows.push(ChildRow { href: href(&child.path), name: child.name, cells });
            }
            words(&["name", "code", "column-entrances", "column-homes"])
        }
        PlaceLevel::Entrance | PlaceLevel::Home => {
            rows.extend(children.into_iter().map(|home| ChildRow {
                href: String::new(),
                name: home.name,
                cells: vec![home.code],
            }));
            words(&["name", "code"])
        }
    };
    Ok((heads, rows))
}

fn estate_cells(t: &T, e: &Estate) -> Vec<String> {
    let unknown = || t.s("territory-unknown").into_owned();
    vec![
        e.place.code.clone(),
        kind_word(t, e.kind),
        e.year_built.map_or_else(unknown, |y| y.to_string()),
        e.households.map_or_else(unknown, |n| n.to_string()),
        management_word(t, e.management),
        e.buildings.to_string(),
        e.homes.to_string(),
    ]
}

fn kind_word(t: &T, kind: Option<EstateKind>) -> String {
    let word = |k: EstateKind| t.s(&format!("territory-kind-{}", k.as_str())).into_owned();
    kind.map_or_else(|| t.s("territory-unknown").into_owned(), word)
}

fn management_word(t: &T, management: Option<Management>) -> String {
    let word = |m: Management| t.s(&format!("territory-management-{}", m.as_str())).into_owned();
    management.map_or_else(|| t.s("territory-unknown").into_owned(), word)
}

async fn estate_facts(c: &mut Conn<'_>, t: &T, district: DistrictId, e: &Estate) -> Result<Vec<(String, String)>, AppError> {
    let unknown = || t.s("territory-unknown").into_owned();
    let declared = |key: &str, n: Option<i64>, known: i64| {
        let n = n.map_or_else(unknown, |n| n.to_string());
        t.with(key, &[("declared", n.into()), ("onrecord", known.into())])
    };
    let year = e.year_built.map_or_else(unknown, |year| {
        let key = if rules::is_old(Some(year)) == Some(true) { "territory-year-old" } else { "territory-year-value" };
        t.v(key, "year", year)
    });
    let grids = queries::grids_over(c, district, &e.place.path).await?;
    let grids: Vec<String> = grids.into_iter().map(|g| g.name).collect();
    let facts = [
        ("territory-column-kind", kind_word(t, e.kind)),
        ("territory-column-year", year),
        ("territory-area", e.area.map_or_else(unknown, |a: Area| t.v("territory-area-value", "area", a))),
        ("territory-column-households", declared("territory-households-value", e.households, e.homes)),
        ("territory-column-buildings", declared("territory-buildings-value", e.buildings_declared, e.buildings)),
        ("territory-column-management", management_word(t, e.management)),
        ("territory-manager", e.manager_name.clone().unwrap_or_else(unknown)),
        ("territory-credit-code", e.manager_credit_code.clone().unwrap_or_else(unknown)),
        ("territory-managed-since", e.managed_since.map_or_else(unknown, |d| d.to_string())),
        ("territory-position", e.point.map_or_else(unknown, |p| format!("{:.6}, {:.6}", p.lon(), p.lat()))),
        ("territory-grids", if grids.is_empty() { unknown() } else { grids.join(", ") }),
    ];
    Ok(facts.into_iter().map(|(key, value)| (t.s(key).into_owned(), value)).collect())
}

fn map_view(t: &T, place: &Place, map: MapOf) -> Option<MapView> {
    const WIDTH: u16 = 720;
    const HEIGHT: u16 = 420;
    let frame = Frame::fit(map.bbox?, WIDTH, HEIGHT, 12);
    let mut areas = Vec::new();
    let mut pins = Vec::new();
    for child in map.children {
        let (href, name) = (href(&child.place.path), child.place.name);
        if let Some(outline) = &child.outline {
            areas.push(AreaView { href, path: frame.path(outline), name });
        } else if let Some(point) = child.point {
            let (x, y) = frame.xy(point);
            pins.push(PinView { href, x: format!("{x:.1}"), y: format!("{y:.1}"), name });
        }
    }
    let outline = map.outline.map(|shape| frame.path(&shape)).unwrap_or_default();
    Some(MapView { width: WIDTH, height: HEIGHT, label: t.v("territory-map", "name", &place.name), outline, areas, pins })
}
