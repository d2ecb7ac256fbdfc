//! The ground as rows of the own format, page by page, for whatever writes tables. What goes out comes in again unchanged.

use linli_access::{Action, Ctx, Resource, Scope};
use linli_db::Conn;
use linli_geo::Point;
use linli_kernel::{DistrictId, PlacePath};

use crate::TerritoryError;
use crate::model::{Component, Estate, EstateKind, Home, Management};
use crate::queries::{self, PAGE_MAX};
use crate::store;

/// A page of rows and where the next one begins; `None` after the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<K> {
    /// Rows in the order of the own columns.
    pub rows: Vec<Vec<String>>,
    /// Pass it as `after` for the next page.
    pub next: Option<K>,
}

/// The columns of exported estates: the own format, with the declared number of buildings.
pub const ESTATES: &[&str] = &[
    "estate_code",
    "community_code",
    "name",
    "kind",
    "year_built",
    "area_m2",
    "households",
    "management",
    "manager_name",
    "manager_credit_code",
    "managed_since",
    "lon",
    "lat",
    "crs",
    "buildings",
];

/// Estates of a scope.
///
/// # Errors
/// `Denied`, store errors.
pub async fn estates(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    scope: &Scope,
    after: Option<&PlacePath>,
) -> Result<Page<PlacePath>, TerritoryError> {
    ctx.may(Action::Export, Resource::Territory, scope.district, &scope.place)?;
    let found = queries::estates(c, scope, after, PAGE_MAX).await?;
    let next = full_page(found.len()).then(|| found.last().map(|e| e.place.path.clone())).flatten();
    let mut rows = Vec::with_capacity(found.len());
    for estate in found {
        let community = estate.place.path.parent().unwrap_or_default();
        let code = queries::place_at(c, scope.district, &community).await?.map(|p| p.code).unwrap_or_default();
        rows.push(estate_row(&estate, code));
    }
    Ok(Page { rows, next })
}

/// Homes of a scope as rooms: nothing about who lives there is kept here.
///
/// # Errors
/// `Denied` (nobody's role exports homes; the administrator's command on the machine does), store errors.
pub async fn homes(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    scope: &Scope,
    after: Option<&PlacePath>,
) -> Result<Page<PlacePath>, TerritoryError> {
    ctx.may(Action::Export, Resource::Home, scope.district, &scope.place)?;
    let found = queries::homes(c, scope, after, PAGE_MAX).await?;
    let next = full_page(found.len()).then(|| found.last().map(|h| h.place.path.clone())).flatten();
    Ok(Page { rows: found.iter().map(home_row).collect(), next })
}

/// Components of a scope.
///
/// # Errors
/// `Denied`, store errors.
pub async fn components(ctx: &Ctx, c: &mut Conn<'_>, scope: &Scope, after: Option<&str>) -> Result<Page<String>, TerritoryError> {
    ctx.may(Action::Export, Resource::Territory, scope.district, &scope.place)?;
    let found = queries::components(c, scope, after, PAGE_MAX).await?;
    let next = full_page(found.len()).then(|| found.last().map(|k| k.component_id.clone())).flatten();
    let mut codes = std::collections::HashMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for component in found {
        if !codes.contains_key(&component.path) {
            let code = queries::place_at(c, scope.district, &component.path).await?.map(|p| p.code).unwrap_or_default();
            codes.insert(component.path.clone(), code);
        }
        let place = codes.get(&component.path).cloned().unwrap_or_default();
        rows.push(component_row(&component, place));
    }
    Ok(Page { rows, next })
}

/// Governance grids of a scope, by code.
///
/// # Errors
/// `Denied`, store errors.
pub async fn grids(ctx: &Ctx, c: &mut Conn<'_>, scope: &Scope, after: Option<&str>) -> Result<Page<String>, TerritoryError> {
    ctx.may(Action::Export, Resource::Territory, scope.district, &scope.place)?;
    let found = queries::grids(c, scope, after, PAGE_MAX).await?;
    let next = full_page(found.len()).then(|| found.last().map(|g| g.code.clone())).flatten();
    let mut rows = Vec::with_capacity(found.len());
    for grid in found {
        let mut covers = Vec::with_capacity(grid.covers.len());
        for path in &grid.covers {
            covers.push(key_of(c, scope, path).await?);
        }
        let community = key_of(c, scope, &grid.community).await?;
        rows.push(vec![grid.code, grid.name, community, covers.join(";")]);
    }
    Ok(Page { rows, next })
}

/// The columns of exported divisions.
pub const DIVISIONS: &[&str] = &["code", "name"];

/// Official divisions in force in the whole city, by code: what lies above comes first.
///
/// # Errors
/// `Denied`, store errors.
pub async fn divisions(ctx: &Ctx, c: &mut Conn<'_>, after: Option<&str>) -> Result<Page<String>, TerritoryError> {
    ctx.may(Action::Export, Resource::Territory, DistrictId::CITY, &PlacePath::root())?;
    let found = store::divisions::in_force(c, after.unwrap_or(""), PAGE_MAX).await?;
    let next = full_page(found.len()).then(|| found.last().map(|d| d.code.clone())).flatten();
    let rows = found.into_iter().map(|d| vec![d.code, if d.named { d.name } else { String::new() }]);
    Ok(Page { rows: rows.collect(), next })
}

/// The natural key of a place in force; its path when there is none.
async fn key_of(c: &mut Conn<'_>, scope: &Scope, path: &PlacePath) -> Result<String, TerritoryError> {
    Ok(queries::place_at(c, scope.district, path).await?.map_or_else(|| path.to_string(), |place| place.code))
}

fn full_page(rows: usize) -> bool {
    i64::try_from(rows).is_ok_and(|n| n >= PAGE_MAX)
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

fn position(point: Option<Point>) -> [String; 3] {
    match point {
        Some(p) => [format!("{:.7}", p.lon()), format!("{:.7}", p.lat()), "wgs84".to_owned()],
        None => Default::default(),
    }
}

fn estate_row(e: &Estate, community: String) -> Vec<String> {
    let [lon, lat, crs] = position(e.point);
    vec![
        e.place.code.clone(),
        community,
        e.place.name.clone(),
        shown(e.kind.map(EstateKind::as_str)),
        shown(e.year_built),
        shown(e.area),
        shown(e.households),
        shown(e.management.map(Management::as_str)),
        shown(e.manager_name.clone()),
        shown(e.manager_credit_code.clone()),
        shown(e.managed_since),
        lon,
        lat,
        crs,
        shown(e.buildings_declared),
    ]
}

fn home_row(h: &Home) -> Vec<String> {
    // The key holds the names as they were imported: estate, building, entrance, room.
    let mut parts = h.place.code.splitn(4, '/').map(ToOwned::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let (estate, building, entrance) = (part(), part(), part());
    vec![estate, building, entrance, shown(h.floor), h.room.clone(), shown(h.area)]
}

fn component_row(k: &Component, place: String) -> Vec<String> {
    let [lon, lat, crs] = position(k.point);
    vec![
        k.component_id.clone(),
        k.name.clone(),
        k.class_code.clone(),
        place,
        lon,
        lat,
        crs,
        k.state.as_str().to_owned(),
        shown(k.department_code.clone()),
        shown(k.department_name.clone()),
        shown(k.since),
    ]
}
