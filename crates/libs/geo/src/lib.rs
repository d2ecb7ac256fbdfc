//! Places on the ground: coordinate systems, points, outlines, and a map that needs neither script nor base map.
//!
//! What always holds here: a [`Point`] is WGS-84 in whole 1e-7 degrees; raw numbers become points only through a named
//! [`Crs`]; the rings of a [`Shape`] are closed and turn as RFC 7946 section 3.1.6 asks (outer counter-clockwise, holes
//! clockwise); an error names the feature and the field.
//!
//! CGCS2000, China's geodetic datum (2000国家大地坐标系), differs from WGS-84 by centimetres and is taken as equal.
//! Outlines that cross the 180th meridian are not supported; China has none.

mod crs;
mod error;
mod flag;
mod geojson;
mod point;
mod shape;
mod simplify;
mod svg;

pub use crs::Crs;
pub use error::GeoError;
pub use flag::{PointFlag, RepeatCounter};
pub use geojson::{Collection, Feature, Geometry, Limits, check_declared_crs, parse_geometry, read};
pub use point::{Bbox, Point};
pub use shape::{Polygon, Ring, Shape};
pub use svg::Frame;

/// The Fluent sources of this crate: Chinese, then English.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));
