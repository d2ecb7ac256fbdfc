//! From a point on the ground to a place, and from many places to their names.

use std::collections::HashMap;

use linli_db::Conn;
use linli_geo::{Point, Shape};
use linli_kernel::{DistrictId, PlacePath};

use super::places::DIVISION_DEPTH;
use super::{PAGE_MAX, Result};
use crate::store;

/// How far the point of an estate may lie from a point that is taken to be in it, in metres: estates are seldom wider than 600 m.
pub const NEAR_M: f64 = 300.0;
/// A point from which every estate of a district lies farther than this lies in another one, in metres.
pub const FAR_M: f64 = 50_000.0;
/// Paths looked up at a time.
const TOGETHER: usize = 500;

/// What a place is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its natural key; of an official division the code.
    pub key: String,
}

/// The smallest place of a district with an outline around the point; in it, the nearest estate whose own point is not farther than
/// [`NEAR_M`]. `None` when nothing is known there.
///
/// # Errors
/// Store errors.
pub async fn place_at_point(c: &mut Conn<'_>, district: DistrictId, point: Point) -> Result<Option<PlacePath>> {
    let Some(served) = store::divisions::district(c, district).await? else { return Ok(None) };
    let around = smallest_around(c, district, &served.path, point).await?;
    let under = around.as_ref().unwrap_or(&served.path);
    let nearest = if under.depth() > DIVISION_DEPTH { None } else { nearest_estate(c, district, under, point).await? };
    Ok(nearest.or(around))
}

/// Whether a point without a place of its own may still lie in the district: an estate of it is not farther than [`FAR_M`], or of none is it
/// known where it lies.
///
/// # Errors
/// Store errors.
pub async fn may_be_near(c: &mut Conn<'_>, district: DistrictId, point: Point) -> Result<bool> {
    let Some(served) = store::divisions::district(c, district).await? else { return Ok(false) };
    if !store::estates::within(c, district, &served.path, point.surroundings(FAR_M), 1).await?.is_empty() {
        return Ok(true);
    }
    let earth = point.surroundings(EARTH_M);
    Ok(store::estates::within(c, district, &served.path, earth, 1).await?.is_empty())
}

/// Around the earth and once more, in metres: what lies within this of a point is everything.
const EARTH_M: f64 = 80_000_000.0;

async fn smallest_around(c: &mut Conn<'_>, district: DistrictId, top: &PlacePath, point: Point) -> Result<Option<PlacePath>> {
    let outlines = store::boundaries::may_hold(c, district, top, point).await?;
    Ok(outlines.into_iter().find(|outline| holds(&outline.geojson, point)).map(|outline| outline.path))
}

fn holds(geojson: &str, point: Point) -> bool {
    Shape::from_geojson(geojson).is_ok_and(|shape| shape.contains(point))
}

async fn nearest_estate(c: &mut Conn<'_>, district: DistrictId, under: &PlacePath, point: Point) -> Result<Option<PlacePath>> {
    let mut nearest: Option<(f64, PlacePath)> = None;
    let around = store::estates::within(c, district, under, point.surroundings(NEAR_M), PAGE_MAX).await?;
    for (estate, at) in around.into_iter().filter_map(|estate| estate.point.map(|at| (estate, at))) {
        let far = at.distance_m(point);
        if far <= NEAR_M && nearest.as_ref().is_none_or(|(best, _)| far < *best) {
            nearest = Some((far, estate.place.path));
        }
    }
    Ok(nearest.map(|(_, path)| path))
}

/// What the places at these paths are called, those that exist no more too.
///
/// # Errors
/// Store errors.
pub async fn names_at(c: &mut Conn<'_>, district: DistrictId, paths: &[PlacePath]) -> Result<HashMap<PlacePath, Named>> {
    let (divisions, below): (Vec<PlacePath>, Vec<PlacePath>) =
        paths.iter().cloned().partition(|path| path.depth() <= DIVISION_DEPTH);
    let mut names = HashMap::with_capacity(paths.len());
    for chunk in divisions.chunks(TOGETHER) {
        let found = store::divisions::at_paths(c, chunk).await?;
        names.extend(found.into_iter().map(|d| (d.place_path, Named { name: d.name, key: d.code })));
    }
    let found = store::places::names_at(c, district, &below).await?;
    names.extend(found.into_iter().map(|(path, name, key)| (path, Named { name, key })));
    Ok(names)
}
