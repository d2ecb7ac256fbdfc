//! Outlines and points for a map.

use linli_db::Conn;
use linli_geo::{Bbox, Point, Shape};
use linli_kernel::{DistrictId, PlacePath};

use super::Result;
use crate::model::{Boundary, Place};
use crate::store;

/// How far a drawn line may lie from the true one, in metres: less than a pixel on a district map.
const DRAWN_WITHIN_M: f64 = 15.0;

/// A child of the place on the map.
#[derive(Debug, Clone)]
pub struct MapChild {
    /// The place.
    pub place: Place,
    /// Its outline, simplified for drawing.
    pub outline: Option<Shape>,
    /// Where its name or pin goes.
    pub point: Option<Point>,
}

/// What a map of a place shows.
#[derive(Debug, Clone)]
pub struct MapOf {
    /// The outline of the place, simplified for drawing.
    pub outline: Option<Shape>,
    /// Its children.
    pub children: Vec<MapChild>,
    /// What to show; `None` when nothing on the map has a position.
    pub bbox: Option<Bbox>,
}

/// The outline of a place, of its children, and the points of estates, in WGS-84. Draw it with [`linli_geo::Frame`].
///
/// # Errors
/// Store errors.
pub async fn map_of(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<MapOf> {
    let places = super::children(c, district, path).await?;
    let mut paths: Vec<PlacePath> = places.iter().map(|p| p.path.clone()).collect();
    paths.push(path.clone());
    let mut outlines: std::collections::HashMap<PlacePath, Shape> = store::boundaries::at_paths(c, district, &paths)
        .await?
        .into_iter()
        .filter_map(|b| Shape::from_geojson(&b.geojson).ok().map(|shape| (b.path, shape.simplified(DRAWN_WITHIN_M))))
        .collect();
    let estates = store::estates::under(c, district, path, None, super::PAGE_MAX).await?;
    let points: std::collections::HashMap<PlacePath, Point> =
        estates.into_iter().filter_map(|e| e.point.map(|point| (e.place.path, point))).collect();
    let children: Vec<MapChild> = places
        .into_iter()
        .map(|place| {
            let outline = outlines.remove(&place.path);
            let point = points.get(&place.path).copied().or_else(|| outline.as_ref().map(Shape::label_point));
            MapChild { place, outline, point }
        })
        .collect();
    let outline = outlines.remove(path);
    let boxes = outline.iter().chain(children.iter().filter_map(|k| k.outline.as_ref())).map(Shape::bbox);
    let pins = Bbox::around(children.iter().filter_map(|k| k.point).chain(points.get(path).copied()));
    let bbox = boxes.chain(pins).reduce(Bbox::union);
    Ok(MapOf { outline, children, bbox })
}

/// The outline of a place as it is kept.
///
/// # Errors
/// Store errors.
pub async fn boundary(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Option<Boundary>> {
    Ok(store::boundaries::at_paths(c, district, std::slice::from_ref(path)).await?.pop())
}

/// The outline as it was received, with its coordinate system.
///
/// # Errors
/// Store errors.
pub async fn boundary_original(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Option<(String, String)>> {
    Ok(store::boundaries::original(c, district, path).await?)
}
