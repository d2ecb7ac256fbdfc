//! Outlines from GeoJSON.

use linli_access::Ctx;
use linli_db::Db;
use linli_geo::{Crs, Geometry, Limits};
use linli_kernel::{DistrictId, PlacePath};
use serde_json::Value;

use super::Totals;
use crate::commands::{BoundaryInput, put_boundary};
use crate::error::{Answer, Problem, TerritoryError};
use crate::queries;

/// How a file of outlines is to be taken.
#[derive(Debug, Clone)]
pub struct BoundaryOptions {
    /// Answer every feature, write nothing.
    pub dry_run: bool,
    /// The coordinate system of the numbers. Published outlines of China are often GCJ-02 without saying so; nothing is guessed.
    pub crs: Crs,
    /// The property that names the place (an official code or a natural key); `adcode` and `code` are tried when `None`.
    pub key_property: Option<String>,
    /// The place of a file with a single outline that names none.
    pub place: Option<PlacePath>,
    /// Who published it and under what terms.
    pub source: String,
}

/// Records the outlines of a GeoJSON file, each converted to WGS-84 and with its original beside it. `answered` is told the
/// position of each feature (from 1) and its answer.
///
/// # Errors
/// `Invalid` with field `file` when it is no GeoJSON, `Denied`, store errors. What is wrong with a feature is its answer.
pub async fn import_boundaries(
    ctx: &Ctx,
    db: &Db,
    district: DistrictId,
    text: &[u8],
    options: &BoundaryOptions,
    answered: &mut (dyn FnMut(usize, &Answer) + Send),
) -> Result<Totals, TerritoryError> {
    let wrong = |e: String| TerritoryError::Invalid(Problem::new("file", "geojson", e));
    let read = linli_geo::read(text, options.crs, &Limits::default()).map_err(|e| wrong(e.to_string()))?;
    let originals = originals(text).map_err(|e| wrong(e.to_string()))?;
    let mut totals = Totals::default();
    let single = read.features.len() == 1;
    let mut tx = db.begin(district).await?;
    for (number, (feature, original)) in (1..).zip(read.features.into_iter().zip(originals)) {
        let answer = match feature {
            Err(e) => Problem::new("geometry", "geometry", e.to_string()).into(),
            Ok(feature) if !matches!(feature.geometry, Some(Geometry::Shape(_))) => {
                Problem::new("geometry", "no_outline", "").into()
            }
            Ok(feature) => match path_of(&mut tx, district, &feature.properties, options, single).await? {
                Err(problem) => problem.into(),
                Ok(path) => {
                    let input = BoundaryInput { path, geometry: original, crs: options.crs, source: options.source.clone() };
                    match put_boundary(ctx, &mut tx, &input).await {
                        Ok(outcome) => Answer::of(outcome),
                        Err(TerritoryError::Invalid(problem)) => problem.into(),
                        Err(TerritoryError::Unknown(place)) => Problem::new("place", "unknown", place).into(),
                        Err(other) => return Err(other),
                    }
                }
            },
        };
        totals.count(&answer);
        answered(number, &answer);
    }
    if !options.dry_run {
        tx.commit().await?;
    }
    Ok(totals)
}

async fn path_of(
    tx: &mut linli_db::Tx,
    district: DistrictId,
    properties: &serde_json::Map<String, Value>,
    options: &BoundaryOptions,
    single: bool,
) -> Result<Result<PlacePath, Problem>, TerritoryError> {
    if let (true, Some(path)) = (single, &options.place) {
        return Ok(Ok(path.clone()));
    }
    let names: Vec<&str> = options.key_property.as_deref().map_or_else(|| vec!["adcode", "code"], |name| vec![name]);
    let key = names.iter().find_map(|name| match properties.get(*name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    });
    let Some(key) = key else { return Ok(Err(Problem::new("place", "missing", names.join(", ")))) };
    let place = queries::resolve(&mut tx.conn()?, district, &key).await?;
    Ok(place.map(|p| p.path).ok_or_else(|| Problem::new("place", "unknown", key)))
}

/// The geometries as they stand in the file, in its order.
fn originals(text: &[u8]) -> Result<Vec<String>, serde_json::Error> {
    let root: Value = serde_json::from_slice(text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text))?;
    let geometry = |v: &Value| v.get("geometry").unwrap_or(&Value::Null).to_string();
    Ok(match root.get("type").and_then(Value::as_str) {
        Some("FeatureCollection") => {
            root.get("features").and_then(Value::as_array).map(|f| f.iter().map(geometry).collect()).unwrap_or_default()
        }
        Some("Feature") => vec![geometry(&root)],
        _ => vec![root.to_string()],
    })
}
