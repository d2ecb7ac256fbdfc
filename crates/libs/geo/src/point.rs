//! Points and boxes in whole 1e-7 degrees, so that equal places are equal on every database.

use crate::GeoError;
use serde::{Deserialize, Serialize};

const E7: f64 = 1e7;
/// Mean radius of the Earth in metres (IUGG), for distances on the sphere.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// A place in WGS-84, in units of 1e-7 degrees (about a centimetre).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Point {
    /// Longitude, east positive, 1e-7 degrees.
    pub lon_e7: i32,
    /// Latitude, north positive, 1e-7 degrees.
    pub lat_e7: i32,
}

impl Point {
    /// From degrees of WGS-84; other systems go through [`crate::Crs::point`].
    ///
    /// # Errors
    /// [`GeoError::OutOfRange`] when a number is not finite or beyond ±180 and ±90.
    pub fn from_degrees(lon: f64, lat: f64) -> Result<Self, GeoError> {
        match (to_e7(lon, 180.0), to_e7(lat, 90.0)) {
            (Some(lon_e7), Some(lat_e7)) => Ok(Self { lon_e7, lat_e7 }),
            _ => Err(GeoError::OutOfRange { lon, lat, swapped: lon.abs() <= 90.0 && lat.abs() <= 180.0 }),
        }
    }

    /// Longitude in degrees.
    #[must_use]
    pub fn lon(self) -> f64 {
        f64::from(self.lon_e7) / E7
    }

    /// Latitude in degrees.
    #[must_use]
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e7) / E7
    }

    /// Great-circle distance in metres (haversine; within 0.5 % of the ellipsoid).
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        let (lat_a, lat_b) = (self.lat().to_radians(), other.lat().to_radians());
        let d_lat = (lat_b - lat_a) / 2.0;
        let d_lon = (other.lon() - self.lon()).to_radians() / 2.0;
        let h = d_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * d_lon.sin().powi(2);
        2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
    }
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "±180e7 fits an i32 and the range is checked")]
pub(crate) fn to_e7(degrees: f64, most: f64) -> Option<i32> {
    (degrees.is_finite() && degrees.abs() <= most).then(|| (degrees * E7).round() as i32)
}

impl Point {
    /// The box that holds everything within so many metres, and a little more.
    #[must_use]
    pub fn surroundings(self, metres: f64) -> Bbox {
        // A degree of latitude has 111,195 m here; counted shorter, the box is rather too large.
        let lat = metres / 111_000.0;
        let lon = lat / self.lat().to_radians().cos().max(0.01);
        let corner = |lon: f64, lat: f64| Self::from_degrees(lon.clamp(-180.0, 180.0), lat.clamp(-90.0, 90.0)).unwrap_or(self);
        Bbox { min: corner(self.lon() - lon, self.lat() - lat), max: corner(self.lon() + lon, self.lat() + lat) }
    }
}

/// A box along the meridians and parallels. Edges belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bbox {
    /// Its south-west corner.
    pub min: Point,
    /// Its north-east corner.
    pub max: Point,
}

impl Bbox {
    /// The smallest box around points; `None` for no points.
    #[must_use]
    pub fn around(points: impl IntoIterator<Item = Point>) -> Option<Self> {
        points.into_iter().fold(None, |so_far: Option<Self>, p| {
            let b = so_far.unwrap_or(Self { min: p, max: p });
            Some(Self {
                min: Point { lon_e7: b.min.lon_e7.min(p.lon_e7), lat_e7: b.min.lat_e7.min(p.lat_e7) },
                max: Point { lon_e7: b.max.lon_e7.max(p.lon_e7), lat_e7: b.max.lat_e7.max(p.lat_e7) },
            })
        })
    }

    /// The smallest box around both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self::around([self.min, self.max, other.min, other.max]).unwrap_or(self)
    }

    /// Whether the point lies in it or on its edge.
    #[must_use]
    pub fn contains(self, p: Point) -> bool {
        (self.min.lon_e7..=self.max.lon_e7).contains(&p.lon_e7) && (self.min.lat_e7..=self.max.lat_e7).contains(&p.lat_e7)
    }

    /// Its middle.
    #[must_use]
    pub const fn middle(self) -> Point {
        Point { lon_e7: self.min.lon_e7.midpoint(self.max.lon_e7), lat_e7: self.min.lat_e7.midpoint(self.max.lat_e7) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surroundings_hold_what_is_near() {
        for lat in [0.0, 32.0, -32.0, 60.0] {
            let here = Point::from_degrees(118.79, lat).unwrap();
            let around = here.surroundings(300.0);
            for (east, north) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                let step = 299.0 / 111_195.0;
                let there = Point::from_degrees(118.79 + east * step / lat.to_radians().cos(), lat + north * step).unwrap();
                assert!((here.distance_m(there) - 299.0).abs() < 1.0 && around.contains(there), "{lat} {east} {north}");
            }
            assert!(!around.contains(Point::from_degrees(118.79, lat + 0.004).unwrap()));
        }
    }

    #[test]
    fn a_degree_of_latitude_is_111_km() {
        let a = Point::from_degrees(118.79, 32.0).unwrap();
        let b = Point::from_degrees(118.79, 33.0).unwrap();
        assert!((a.distance_m(b) - 111_195.0).abs() < 1.0);
        assert!(a.distance_m(a) < 1e-9);
    }

    #[test]
    fn degrees_are_kept_to_a_centimetre() {
        let p = Point::from_degrees(118.792_199_04, -32.050_678_06).unwrap();
        assert_eq!((p.lon_e7, p.lat_e7), (1_187_921_990, -320_506_781));
        assert!(Point::from_degrees(180.0, 90.0).is_ok());
        assert!(Point::from_degrees(180.000_000_1, 0.0).is_err());
    }
}
