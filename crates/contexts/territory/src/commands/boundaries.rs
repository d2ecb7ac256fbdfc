//! Outlines of places.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_geo::{Crs, Geometry, Limits, Shape};
use linli_kernel::PlacePath;
use serde_json::json;

use super::authorised;
use crate::error::{Outcome, Problem, TerritoryError};
use crate::model::Boundary;
use crate::{queries, rules, store};

/// An outline to be recorded.
#[derive(Debug, Clone)]
pub struct BoundaryInput {
    /// The place.
    pub path: PlacePath,
    /// A GeoJSON geometry (Polygon or MultiPolygon) as it was received; it is kept.
    pub geometry: String,
    /// The coordinate system of its numbers.
    pub crs: Crs,
    /// Who published it and under what terms.
    pub source: String,
}

/// Records the outline of a place: converted to WGS-84 for use, the original kept beside it.
///
/// # Errors
/// `Unknown` when there is no such place in the district, `Invalid` when the geometry is none, `Denied`, store errors.
pub async fn put_boundary(ctx: &Ctx, tx: &mut Tx, input: &BoundaryInput) -> Result<Outcome, TerritoryError> {
    let district = authorised(ctx, tx, Action::Import, Resource::Territory).await?;
    let wrong = |e: String| TerritoryError::Invalid(Problem::new("geometry", "geometry", e));
    let shape = match linli_geo::parse_geometry(&input.geometry, input.crs, &Limits::default()) {
        Ok(Geometry::Shape(shape)) => shape,
        Ok(Geometry::Point(_)) => return Err(wrong("a point is no outline".to_owned())),
        Err(e) => return Err(wrong(e.to_string())),
    };
    let source = rules::clean("source", &input.source).map_err(TerritoryError::Invalid)?;
    let c = &mut tx.conn()?;
    let place = queries::place_at(c, district.id, &input.path).await?.filter(|_| district.path.contains(&input.path));
    let place = place.ok_or_else(|| TerritoryError::Unknown(input.path.to_string()))?;
    let had = !store::boundaries::at_paths(c, district.id, std::slice::from_ref(&input.path)).await?.is_empty();
    let boundary = Boundary {
        path: input.path.clone(),
        geojson: shape.to_geojson().to_string(),
        original_crs: input.crs.name().to_owned(),
        source,
    };
    let written = store::boundaries::put(c, district.id, &boundary, &input.geometry, ctx.now()).await?;
    if written == 0 {
        return Ok(Outcome::Unchanged);
    }
    store::boundaries::put_box(c, district.id, &input.path, shape.bbox()).await?;
    let facts = json!({ "crs": input.crs.name(), "positions": shape.position_count(), "area_m2": shape.area_m2().round() });
    tx.journal(ctx.line("territory.boundary_recorded", &input.path, Some(place.id.0), facts));
    Ok(if had { Outcome::Changed(vec!["geometry"]) } else { Outcome::Created })
}

/// Computes the boxes of outlines that were recorded before there were boxes, at most `limit`; gives how many. What is no outline any
/// more keeps none and is looked through with every point.
///
/// # Errors
/// Store errors.
pub async fn box_outlines(tx: &mut Tx, limit: i64) -> Result<i64, TerritoryError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    let mut boxed = 0;
    for outline in store::boundaries::without_box(c, district, limit).await? {
        if let Ok(shape) = Shape::from_geojson(&outline.geojson) {
            store::boundaries::put_box(c, district, &outline.path, shape.bbox()).await?;
            boxed += 1;
        }
    }
    Ok(boxed)
}
