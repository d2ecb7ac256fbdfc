//! GeoJSON (RFC 7946) in and out. Read member by member rather than through a schema, so that every error can name the
//! feature and the field.

use crate::{Crs, GeoError, Point, Polygon, Ring, Shape};
use serde_json::{Map, Value, json};

/// How large an input may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole text.
    pub bytes: usize,
    /// Features in the file.
    pub features: usize,
    /// Positions in one geometry.
    pub positions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, features: 200_000, positions: 1_000_000 }
    }
}

/// What a feature is on the ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Geometry {
    /// A single point.
    Point(Point),
    /// One or more polygons.
    Shape(Shape),
}

/// One feature of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its position in the file, counted from 1.
    pub number: usize,
    /// Its `id`, as text.
    pub id: Option<String>,
    /// Its properties as they stand in the file.
    pub properties: Map<String, Value>,
    /// Where it is, in WGS-84; `None` for `"geometry": null`.
    pub geometry: Option<Geometry>,
}

/// All features of a file, each read or refused by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// In the order of the file.
    pub features: Vec<Result<Feature, GeoError>>,
}

/// Reads a FeatureCollection, a Feature or a bare geometry whose numbers are in `crs`.
///
/// # Errors
/// For the file as a whole: not JSON, too large, no GeoJSON, or a `crs` member that names a system other than WGS-84 or
/// CGCS2000 while `crs` says so. What is wrong with one feature stands in its place in the result.
pub fn read(text: &[u8], crs: Crs, limits: &Limits) -> Result<Collection, GeoError> {
    within("bytes", text.len(), limits.bytes)?;
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let root: Value = serde_json::from_slice(text).map_err(|e| GeoError::NotJson(e.to_string()))?;
    let Value::Object(root) = root else {
        return Err(GeoError::field("type", "the file is not a GeoJSON object"));
    };
    root.get("crs").map_or(Ok(()), |declared| check_declared_crs(declared, crs))?;
    let features = match root.get("type").and_then(Value::as_str) {
        Some("FeatureCollection") => {
            let Some(Value::Array(list)) = root.get("features") else {
                return Err(GeoError::field("features", "must be an array"));
            };
            within("features", list.len(), limits.features)?;
            list.iter().zip(1..).map(|(f, number)| feature(f, number, crs, limits)).collect()
        }
        Some("Feature") => vec![feature(&Value::Object(root), 1, crs, limits)],
        Some(_) => {
            let geometry = geometry(&Value::Object(root), "", crs, limits).map_err(|e| e.in_feature(1));
            vec![geometry.map(|g| Feature { number: 1, id: None, properties: Map::new(), geometry: Some(g) })]
        }
        None => return Err(GeoError::field("type", "is missing: this is not GeoJSON")),
    };
    Ok(Collection { features })
}

/// Reads the text of one geometry, as a sheet or a column holds it.
///
/// # Errors
/// [`GeoError`] naming the member.
pub fn parse_geometry(text: &str, crs: Crs, limits: &Limits) -> Result<Geometry, GeoError> {
    within("bytes", text.len(), limits.bytes)?;
    let value: Value = serde_json::from_str(text).map_err(|e| GeoError::NotJson(e.to_string()))?;
    geometry(&value, "geometry", crs, limits)
}

fn within(what: &'static str, actual: usize, limit: usize) -> Result<(), GeoError> {
    if actual > limit { Err(GeoError::TooLarge { feature: None, what, actual, limit }) } else { Ok(()) }
}

/// Whether the member `crs` of a file agrees with the system it is to be read in. RFC 7946 dropped the member, older files still
/// carry it; a contradiction must not pass in silence.
///
/// # Errors
/// [`GeoError::Field`] when it names another system, or one that is not supported.
pub fn check_declared_crs(declared: &Value, crs: Crs) -> Result<(), GeoError> {
    let Some(name) = declared.get("properties").and_then(|p| p.get("name")?.as_str()) else {
        return Ok(());
    };
    let declared =
        Crs::parse(name).map_err(|_| GeoError::field("crs", format!("the file says `{name}`, which is not supported")))?;
    let geodetic = |c: Crs| matches!(c, Crs::Wgs84 | Crs::Cgcs2000);
    // Shifted coordinates are commonly labelled WGS 84 by the tool that wrote them, so only the other way is a contradiction.
    if declared == crs || geodetic(declared) {
        Ok(())
    } else {
        Err(GeoError::field("crs", format!("the file says `{name}`, the import says `{}`", crs.name())))
    }
}

fn feature(value: &Value, number: usize, crs: Crs, limits: &Limits) -> Result<Feature, GeoError> {
    let read = || {
        let object = value.as_object().ok_or_else(|| GeoError::field("feature", "must be an object"))?;
        if object.get("type").and_then(Value::as_str) != Some("Feature") {
            return Err(GeoError::field("type", "must be `Feature`"));
        }
        let properties = match object.get("properties") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(map)) => map.clone(),
            Some(_) => return Err(GeoError::field("properties", "must be an object or null")),
        };
        let geometry = match object.get("geometry") {
            None => return Err(GeoError::field("geometry", "is missing")),
            Some(Value::Null) => None,
            Some(g) => Some(geometry(g, "geometry", crs, limits)?),
        };
        let id = match object.get("id") {
            None | Some(Value::Null) => None,
            Some(Value::String(s)) => Some(s.clone()),
            Some(Value::Number(n)) => Some(n.to_string()),
            Some(_) => return Err(GeoError::field("id", "must be a string or a number")),
        };
        Ok(Feature { number, id, properties, geometry })
    };
    read().map_err(|e| e.in_feature(number))
}

fn geometry(value: &Value, at: &str, crs: Crs, limits: &Limits) -> Result<Geometry, GeoError> {
    let here = |member: &str| if at.is_empty() { member.to_owned() } else { format!("{at}.{member}") };
    let kind = value.get("type").and_then(Value::as_str).ok_or_else(|| GeoError::field(here("type"), "is missing"))?;
    let coordinates = value.get("coordinates");
    let coordinates = coordinates.ok_or_else(|| GeoError::field(here("coordinates"), "is missing"));
    let mut reader = Reader { crs, positions: 0, limit: limits.positions };
    let path = here("coordinates");
    match kind {
        "Point" => reader.position(coordinates?, &path).map(Geometry::Point),
        "Polygon" => Shape::new(vec![reader.polygon(coordinates?, &path)?]).map(Geometry::Shape),
        "MultiPolygon" => {
            let list = array(coordinates?, &path)?;
            let polygons: Result<Vec<Polygon>, GeoError> =
                list.iter().enumerate().map(|(i, p)| reader.polygon(p, &format!("{path}[{i}]"))).collect();
            Shape::new(polygons?).map(Geometry::Shape)
        }
        other => Err(GeoError::field(here("type"), format!("`{other}` is not supported: use Point, Polygon or MultiPolygon"))),
    }
}

struct Reader {
    crs: Crs,
    positions: usize,
    limit: usize,
}

impl Reader {
    fn polygon(&mut self, value: &Value, path: &str) -> Result<Polygon, GeoError> {
        let rings: Result<Vec<Ring>, GeoError> =
            array(value, path)?.iter().enumerate().map(|(i, r)| self.ring(r, &format!("{path}[{i}]"))).collect();
        let mut rings = rings?.into_iter();
        let outer = rings.next().ok_or_else(|| GeoError::field(path, "a polygon needs an outer ring"))?;
        Ok(Polygon::new(outer, rings.collect()))
    }

    fn ring(&mut self, value: &Value, path: &str) -> Result<Ring, GeoError> {
        let list = array(value, path)?;
        self.positions = self.positions.saturating_add(list.len());
        within("positions", self.positions, self.limit)?;
        let points: Result<Vec<Point>, GeoError> =
            list.iter().enumerate().map(|(i, p)| self.position(p, &format!("{path}[{i}]"))).collect();
        Ring::new(points?).map_err(|problem| GeoError::field(path, problem))
    }

    fn position(&self, value: &Value, path: &str) -> Result<Point, GeoError> {
        // A height or a measure may follow; RFC 7946 section 3.1.1 lets it be ignored.
        let numbers: Vec<f64> = array(value, path)?.iter().map_while(Value::as_f64).take(2).collect();
        let [lon, lat] = numbers.as_slice() else {
            return Err(GeoError::field(path, "must be [longitude, latitude] in degrees"));
        };
        self.crs.point(*lon, *lat).map_err(|e| GeoError::field(path, e.to_string()))
    }
}

fn array<'a>(value: &'a Value, path: &str) -> Result<&'a Vec<Value>, GeoError> {
    value.as_array().ok_or_else(|| GeoError::field(path, "must be an array"))
}

impl Geometry {
    /// As a GeoJSON geometry in WGS-84.
    #[must_use]
    pub fn to_geojson(&self) -> Value {
        match self {
            Self::Point(p) => json!({ "type": "Point", "coordinates": [p.lon(), p.lat()] }),
            Self::Shape(shape) => shape.to_geojson(),
        }
    }
}

impl Shape {
    /// As a GeoJSON MultiPolygon in WGS-84, for storage and for maps.
    #[must_use]
    pub fn to_geojson(&self) -> Value {
        let ring = |r: &Ring| r.points().iter().map(|p| json!([p.lon(), p.lat()])).collect::<Vec<_>>();
        let polygons: Vec<Vec<Vec<Value>>> = self.polygons().iter().map(|p| p.rings().map(ring).collect()).collect();
        json!({ "type": "MultiPolygon", "coordinates": polygons })
    }

    /// Reads back what [`Shape::to_geojson`] wrote, or any Polygon or MultiPolygon in WGS-84.
    ///
    /// # Errors
    /// [`GeoError`] naming the member; a point is refused.
    pub fn from_geojson(text: &str) -> Result<Self, GeoError> {
        match parse_geometry(text, Crs::Wgs84, &Limits::default())? {
            Geometry::Shape(shape) => Ok(shape),
            Geometry::Point(_) => Err(GeoError::field("geometry.type", "a point is no outline")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: &str = "[[[118.0,32.0],[118.0,32.1],[118.1,32.1],[118.1,32.0],[118.0,32.0]]]";

    fn collection(features: &str) -> String {
        format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#)
    }

    fn one(geometry: &str) -> String {
        collection(&format!(r#"{{"type":"Feature","id":7,"properties":{{"name":"甲"}},"geometry":{geometry}}}"#))
    }

    fn problem(text: &str) -> String {
        let read = read(text.as_bytes(), Crs::Wgs84, &Limits::default());
        match read {
            Err(e) => e.to_string(),
            Ok(c) => c.features.into_iter().find_map(Result::err).unwrap().to_string(),
        }
    }

    #[test]
    fn features_are_read_turned_and_written_back() {
        let text = one(&format!(r#"{{"type":"Polygon","coordinates":{BOX}}}"#));
        let read = read(text.as_bytes(), Crs::Wgs84, &Limits::default()).unwrap();
        let feature = read.features[0].as_ref().unwrap();
        assert_eq!(feature.id.as_deref(), Some("7"));
        assert_eq!(feature.properties["name"], "甲");
        let Some(Geometry::Shape(shape)) = &feature.geometry else { panic!("a shape") };
        assert_eq!(shape.position_count(), 5);
        let again = Shape::from_geojson(&shape.to_geojson().to_string()).unwrap();
        assert_eq!(&again, shape);
        assert_eq!(shape.to_geojson()["coordinates"][0][0][1], json!([118.1, 32.0]), "turned counter-clockwise");
    }

    #[test]
    fn a_shifted_outline_lands_west_and_north() {
        let text = format!(r#"{{"type":"Polygon","coordinates":{BOX}}}"#);
        let shifted = read(text.as_bytes(), Crs::Gcj02, &Limits::default()).unwrap();
        let Some(Geometry::Shape(shape)) = shifted.features[0].as_ref().unwrap().geometry.clone() else { panic!() };
        assert!(shape.bbox().min.lon() < 118.0 - 0.004 && shape.bbox().min.lat() > 32.0 + 0.001);
    }

    #[test]
    fn errors_name_the_feature_and_the_field() {
        assert_eq!(
            problem(&one(r#"{"type":"Polygon","coordinates":[[[118,32],[118.1,32],[118.1,32.1]]]}"#)),
            "feature 1: `geometry.coordinates[0]`: the ring is not closed: its last position must equal its first"
        );
        assert_eq!(
            problem(&one(r#"{"type":"MultiPolygon","coordinates":[[[[118,32],[118.1,"x"],[118.1,32.1],[118,32]]]]}"#)),
            "feature 1: `geometry.coordinates[0][0][1]`: must be [longitude, latitude] in degrees"
        );
        assert!(problem(&one(r#"{"type":"Point","coordinates":[32.05,118.79]}"#)).contains("are the two swapped?"));
        assert!(problem(&one(r#"{"type":"LineString","coordinates":[]}"#)).contains("`LineString` is not supported"));
        assert!(problem(r#"{"type":"FeatureCollection"}"#).contains("`features`"));
        assert!(problem("[1]").contains("not a GeoJSON object"));
        assert!(problem("{").starts_with("not JSON"));
        let old = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:3857"}},"features":[]}"#;
        assert!(problem(old).contains("EPSG:3857"));
    }

    #[test]
    fn one_bad_feature_does_not_spoil_the_others() {
        let good = r#"{"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[118.79,32.05,12.0]}}"#;
        let none = r#"{"type":"Feature","properties":{},"geometry":null}"#;
        let text = collection(&format!("{good},17,{none}"));
        let features = read(text.as_bytes(), Crs::Wgs84, &Limits::default()).unwrap().features;
        assert!(features[0].is_ok() && features[2].as_ref().unwrap().geometry.is_none());
        assert!(features[1].as_ref().unwrap_err().to_string().starts_with("feature 2"));
    }

    #[test]
    fn limits_hold() {
        let text = one(&format!(r#"{{"type":"Polygon","coordinates":{BOX}}}"#));
        let few = Limits { positions: 4, ..Limits::default() };
        let features = read(text.as_bytes(), Crs::Wgs84, &few).unwrap().features;
        assert!(matches!(features[0], Err(GeoError::TooLarge { feature: Some(1), what: "positions", .. })));
        let none = Limits { features: 0, ..Limits::default() };
        assert!(matches!(read(text.as_bytes(), Crs::Wgs84, &none), Err(GeoError::TooLarge { what: "features", .. })));
        let short = Limits { bytes: 10, ..Limits::default() };
        assert!(matches!(read(text.as_bytes(), Crs::Wgs84, &short), Err(GeoError::TooLarge { what: "bytes", .. })));
    }
}
