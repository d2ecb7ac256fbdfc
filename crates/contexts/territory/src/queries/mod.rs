//! What only looks.

mod coverage;
mod map;
mod near;
mod places;

pub use coverage::{CountMismatch, check, check_counts, coverage, coverage_of_children};
pub use map::{MapChild, MapOf, boundary, boundary_original, map_of};
pub use near::{FAR_M, NEAR_M, Named, may_be_near, names_at, place_at_point};
pub use places::{
    as_people_sort, children, closed_children, crumbs, district, district_by_division, district_of_path, districts, division,
    division_source, estates_named, find_places, home_meant, place_at, place_by_id, place_meant, places_of_level, resolve,
    validity, ways,
};

use linli_access::Scope;
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath};

use crate::TerritoryError;
use crate::model::{Component, ComponentClass, Estate, Grid, GridId, Home};
use crate::store;

type Result<T> = std::result::Result<T, TerritoryError>;

/// The longest page of a list.
pub const PAGE_MAX: i64 = 1000;

/// The grids that cover a place: those that name it or a place above it, in the order of their codes.
///
/// # Errors
/// Store errors.
pub async fn grids_over(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Vec<Grid>> {
    Ok(store::grids::over(c, district, path).await?)
}

/// The grids of the communities in a scope, by code, after one of them.
///
/// # Errors
/// Store errors.
pub async fn grids(c: &mut Conn<'_>, scope: &Scope, after: Option<&str>, limit: i64) -> Result<Vec<Grid>> {
    Ok(store::grids::under(c, scope.district, &scope.place, after.unwrap_or(""), limit.clamp(1, PAGE_MAX)).await?)
}

/// A grid by its id.
///
/// # Errors
/// Store errors.
pub async fn grid(c: &mut Conn<'_>, district: DistrictId, id: GridId) -> Result<Option<Grid>> {
    Ok(store::grids::by_id(c, district, id).await?)
}

/// A grid by its natural key.
///
/// # Errors
/// Store errors.
pub async fn grid_by_code(c: &mut Conn<'_>, district: DistrictId, code: &str) -> Result<Option<Grid>> {
    Ok(store::grids::by_codes(c, district, &[code]).await?.pop())
}

/// What is known of the estate at a path.
///
/// # Errors
/// Store errors.
pub async fn estate_at(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Option<Estate>> {
    Ok(store::estates::at(c, district, path).await?)
}

/// The estates in a scope, in the order of their paths, after one of them.
///
/// # Errors
/// Store errors.
pub async fn estates(c: &mut Conn<'_>, scope: &Scope, after: Option<&PlacePath>, limit: i64) -> Result<Vec<Estate>> {
    Ok(store::estates::under(c, scope.district, &scope.place, after, limit.clamp(1, PAGE_MAX)).await?)
}

/// The homes in a scope, in the order of their paths, after one of them. Rooms, nothing about who lives there.
///
/// # Errors
/// Store errors.
pub async fn homes(c: &mut Conn<'_>, scope: &Scope, after: Option<&PlacePath>, limit: i64) -> Result<Vec<Home>> {
    Ok(store::estates::homes_under(c, scope.district, &scope.place, after, limit.clamp(1, PAGE_MAX)).await?)
}

/// The component with this 17-digit identifier.
///
/// # Errors
/// Store errors.
pub async fn component_by_id(c: &mut Conn<'_>, district: DistrictId, component_id: &str) -> Result<Option<Component>> {
    Ok(store::components::by_numbers(c, district, &[component_id]).await?.pop())
}

/// The components in a scope, in the order of their identifiers, after one of them.
///
/// # Errors
/// Store errors.
pub async fn components(c: &mut Conn<'_>, scope: &Scope, after: Option<&str>, limit: i64) -> Result<Vec<Component>> {
    Ok(store::components::under(c, scope.district, &scope.place, after.unwrap_or(""), limit.clamp(1, PAGE_MAX)).await?)
}

/// How many components there are in a scope.
///
/// # Errors
/// Store errors.
pub async fn component_count(c: &mut Conn<'_>, scope: &Scope) -> Result<i64> {
    Ok(store::components::count(c, scope.district, &scope.place).await?)
}

/// All classes of components.
///
/// # Errors
/// Store errors.
pub async fn component_classes(c: &mut Conn<'_>) -> Result<Vec<ComponentClass>> {
    Ok(store::components::classes(c).await?)
}
