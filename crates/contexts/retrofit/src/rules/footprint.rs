//! An outline of a building that is brought in (导入轮廓): GeoJSON in longitude and latitude (WGS-84), laid on the drawing.

use serde_json::Value;

use super::light::{Drawing, rounded};
use crate::model::Box3;

/// Why an outline cannot be laid on the drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no polygon of three to two hundred corners, and at most a kilometre wide, can be read")]
pub struct NoOutline;

/// The outer ring of the first polygon in a GeoJSON text.
fn ring(value: &Value) -> Option<&Vec<Value>> {
    match value.get("type")?.as_str()? {
        "FeatureCollection" => value.get("features")?.as_array()?.iter().find_map(ring),
        "Feature" => ring(value.get("geometry")?),
        "Polygon" => value.get("coordinates")?.as_array()?.first()?.as_array(),
        "MultiPolygon" => value.get("coordinates")?.as_array()?.first()?.as_array()?.first()?.as_array(),
        _ => None,
    }
}

fn corner(value: &Value) -> Option<(f64, f64)> {
    let pair = value.as_array()?;
    let (lon, lat) = (pair.first()?.as_f64()?, pair.get(1)?.as_f64()?);
    ((-180.0..=180.0).contains(&lon) && (-85.0..=85.0).contains(&lat)).then_some((lon, lat))
}

/// Puts the outline into a drawing: its longest side that looks more or less to the south becomes the front, and the drawing is turned as that side is.
/// The first part of the building is then what the outline spans.
///
/// # Errors
/// [`NoOutline`] for a text without a polygon that can be a building.
pub fn bring(drawing: &Drawing, geojson: &str, height_cm: i32) -> Result<Drawing, NoOutline> {
    let value: Value = serde_json::from_str(geojson).map_err(|_| NoOutline)?;
    let corners: Option<Vec<(f64, f64)>> = ring(&value).and_then(|ring| ring.iter().map(corner).collect());
    let mut corners = corners.ok_or(NoOutline)?;
    if corners.first() == corners.last() {
        corners.pop();
    }
    if !(3..=200).contains(&corners.len()) {
        return Err(NoOutline);
    }
    let (lon, lat) = *corners.first().ok_or(NoOutline)?;
    // Metres of a degree on the ellipsoid at this latitude.
    let phi = lat.to_radians();
    let north = 111_132.92 - 559.82 * (2.0 * phi).cos() + 1.175 * (4.0 * phi).cos();
    let east = 111_412.84 * phi.cos() - 93.5 * (3.0 * phi).cos();
    let spots: Vec<(f64, f64)> = corners.iter().map(|(x, y)| ((x - lon) * east, (y - lat) * north)).collect();
    if spots.iter().any(|(x, y)| x.hypot(*y) > 1_000.0) {
        return Err(NoOutline);
    }
    let turn = front(&spots).ok_or(NoOutline)?;
    let (sin, cos) = f64::from(turn).to_radians().sin_cos();
    let local: Vec<(f64, f64)> = spots.iter().map(|(x, y)| (x * cos - y * sin, x * sin + y * cos)).collect();
    let least = |of: fn(&(f64, f64)) -> f64| local.iter().map(of).fold(f64::INFINITY, f64::min);
    let (left, fore) = (least(|spot| spot.0), least(|spot| spot.1));
    let footprint: Vec<(i32, i32)> =
        local.iter().map(|(x, y)| (rounded((x - left) * 100.0), rounded((y - fore) * 100.0))).collect();
    let most = |of: fn(&(i32, i32)) -> i32| footprint.iter().map(of).max().unwrap_or(0);
    let span = Box3 { x: 0, y: 0, w: most(|spot| spot.0), d: most(|spot| spot.1), z: 0, h: height_cm };
    let latitude_e4 = Some(rounded(lat * 10_000.0));
    Ok(Drawing { turn, latitude_e4, building: vec![span], footprint, footprint_h: height_cm, ..drawing.clone() })
}

/// By how many degrees the front is turned from south: of the sides that look within 60° of south the longest, of all where none does.
fn front(spots: &[(f64, f64)]) -> Option<i32> {
    let sides = || spots.iter().copied().zip(spots.iter().copied().cycle().skip(1));
    let area: f64 = sides().map(|((ax, ay), (bx, by))| ax * by - bx * ay).sum();
    let looks = |((ax, ay), (bx, by)): ((f64, f64), (f64, f64))| {
        // Outward is to the right of a side when the corners go round to the left.
        let (x, y) = if area > 0.0 { (by - ay, ax - bx) } else { (ay - by, bx - ax) };
        let azimuth = x.atan2(y).to_degrees().rem_euclid(360.0);
        (azimuth - 180.0, (bx - ax).hypot(by - ay))
    };
    let longest = |within: f64| {
        sides().map(looks).filter(move |(turn, _)| turn.abs() <= within).max_by(|one, other| one.1.total_cmp(&other.1))
    };
    longest(60.0).or_else(|| longest(180.0)).map(|(turn, _)| rounded(turn))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rectangle of 30 × 12 m in Nanjing, its front turned 20° to the west.
    #[test]
    fn a_turned_rectangle_comes_in_as_it_is() {
        let (east, north) = (94_486.0, 110_882.0);
        let (sin, cos) = 20.0_f64.to_radians().sin_cos();
        let at = |x: f64, y: f64| format!("[{},{}]", 118.8 + (x * cos + y * sin) / east, 32.05 + (y * cos - x * sin) / north);
        let ring = [at(0.0, 0.0), at(30.0, 0.0), at(30.0, 12.0), at(0.0, 12.0), at(0.0, 0.0)].join(",");
        let text = format!("{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[{ring}]]}}}}");
        let drawing = bring(&Drawing { storey: 300, ..Drawing::default() }, &text, 1_800).unwrap();
        assert_eq!((drawing.turn, drawing.latitude_e4), (20, Some(320_500)));
        let span = drawing.front();
        assert!((span.w - 3_000).abs() <= 6 && (span.d - 1_200).abs() <= 6, "{span:?}");
        for no in [
            "",
            "{}",
            "{\"type\":\"Point\",\"coordinates\":[1,2]}",
            "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1]]]}",
            text.replace("118.", "8.").as_str(),
        ] {
            // The last one moves some corners far away, or is the same shape elsewhere: never a panic.
            let _ = bring(&drawing, no, 1_800);
        }
        assert!(bring(&drawing, "{}", 1).is_err());
    }
}
