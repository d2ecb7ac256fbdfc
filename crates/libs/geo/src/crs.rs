//! Coordinate reference systems (坐标系) and the way from each to WGS-84.

use crate::{GeoError, Point};
use serde::{Deserialize, Serialize};

/// The coordinate reference system in which raw numbers are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Crs {
    /// WGS-84, what satellite receivers give (EPSG:4326).
    Wgs84,
    /// CGCS2000 (2000国家大地坐标系, EPSG:4490), equal to WGS-84 within centimetres.
    Cgcs2000,
    /// GCJ-02 (国测局坐标), the shifted system of public maps in mainland China; 50 to 700 m off.
    Gcj02,
    /// BD-09 (百度坐标), GCJ-02 shifted once more.
    Bd09,
}

// Krassovsky 1940, the ellipsoid in which the shift of GCJ-02 is reckoned.
const KRASSOVSKY_A: f64 = 6_378_245.0;
const KRASSOVSKY_EE: f64 = 0.006_693_421_622_965_943;
const BD_PI: f64 = std::f64::consts::PI * 3_000.0 / 180.0;
/// The inverse stops when a step is smaller than this, in degrees: a tenth of a millimetre.
const CLOSE_ENOUGH: f64 = 1e-9;
/// The inverse converges in three to six steps; more means that it never will.
const MOST_STEPS: usize = 30;

impl Crs {
    /// Reads a name such as `gcj02`, `GCJ-02`, `EPSG:4490`, `CRS84`.
    ///
    /// # Errors
    /// [`GeoError::UnknownCrs`] for every other name; nothing is ever guessed.
    pub fn parse(name: &str) -> Result<Self, GeoError> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        match plain.as_str() {
            "wgs84" | "epsg4326" | "crs84" | "urnogcdefcrsogc13crs84" | "urnogcdefcrsepsg4326" => Ok(Self::Wgs84),
            "cgcs2000" | "epsg4490" | "urnogcdefcrsepsg4490" => Ok(Self::Cgcs2000),
            "gcj02" => Ok(Self::Gcj02),
            "bd09" | "bd09ll" => Ok(Self::Bd09),
            _ => Err(GeoError::UnknownCrs(name.to_owned())),
        }
    }

    /// Its short name, as a mapping file writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wgs84 => "wgs84",
            Self::Cgcs2000 => "cgcs2000",
            Self::Gcj02 => "gcj02",
            Self::Bd09 => "bd09",
        }
    }

    /// Degrees of this system as degrees of WGS-84, longitude first. Outside mainland China GCJ-02 has no shift.
    #[must_use]
    pub fn to_wgs84(self, lon: f64, lat: f64) -> (f64, f64) {
        match self {
            Self::Wgs84 | Self::Cgcs2000 => (lon, lat),
            Self::Gcj02 => invert(wgs84_to_gcj02, lon, lat),
            Self::Bd09 => {
                let (lon, lat) = invert(gcj02_to_bd09, lon, lat);
                invert(wgs84_to_gcj02, lon, lat)
            }
        }
    }

    /// Degrees of WGS-84 as degrees of this system, longitude first.
    #[must_use]
    pub fn from_wgs84(self, lon: f64, lat: f64) -> (f64, f64) {
        match self {
            Self::Wgs84 | Self::Cgcs2000 => (lon, lat),
            Self::Gcj02 => wgs84_to_gcj02(lon, lat),
            Self::Bd09 => {
                let (lon, lat) = wgs84_to_gcj02(lon, lat);
                gcj02_to_bd09(lon, lat)
            }
        }
    }

    /// A point from degrees of this system.
    ///
    /// # Errors
    /// [`GeoError::OutOfRange`] when the numbers are no longitude and latitude (−180 to 180, −90 to 90, finite).
    pub fn point(self, lon: f64, lat: f64) -> Result<Point, GeoError> {
        // Checked before the shift: the shift of nonsense is nonsense.
        Point::from_degrees(lon, lat)?;
        let (lon, lat) = self.to_wgs84(lon, lat);
        Point::from_degrees(lon, lat)
    }
}

/// Fixed-point iteration for the inverse of a small smooth shift.
fn invert(forward: fn(f64, f64) -> (f64, f64), lon: f64, lat: f64) -> (f64, f64) {
    let (mut guess_lon, mut guess_lat) = (lon, lat);
    for _ in 0..MOST_STEPS {
        let (there_lon, there_lat) = forward(guess_lon, guess_lat);
        let (step_lon, step_lat) = (lon - there_lon, lat - there_lat);
        guess_lon += step_lon;
        guess_lat += step_lat;
        if step_lon.abs() < CLOSE_ENOUGH && step_lat.abs() < CLOSE_ENOUGH {
            break;
        }
    }
    (guess_lon, guess_lat)
}

fn is_shifted(lon: f64, lat: f64) -> bool {
    (72.004..=137.8347).contains(&lon) && (0.8293..=55.8271).contains(&lat)
}

/// The public transcription of the GCJ-02 shift; accurate to a few decimetres of the official one.
fn wgs84_to_gcj02(lon: f64, lat: f64) -> (f64, f64) {
    if !is_shifted(lon, lat) {
        return (lon, lat);
    }
    let (x, y) = (lon - 105.0, lat - 35.0);
    let rad_lat = lat.to_radians();
    let magic = 1.0 - KRASSOVSKY_EE * rad_lat.sin().powi(2);
    let root = magic.sqrt();
    let north = shift_north(x, y) * 180.0 / ((KRASSOVSKY_A * (1.0 - KRASSOVSKY_EE)) / (magic * root) * std::f64::consts::PI);
    let east = shift_east(x, y) * 180.0 / (KRASSOVSKY_A / root * rad_lat.cos() * std::f64::consts::PI);
    (lon + east, lat + north)
}

fn wave(at: f64, terms: &[(f64, f64)]) -> f64 {
    terms.iter().map(|(height, per)| height * (at * std::f64::consts::PI / per).sin()).sum::<f64>() * 2.0 / 3.0
}

fn shift_north(x: f64, y: f64) -> f64 {
    -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + wave(x, &[(20.0, 1.0 / 6.0), (20.0, 0.5)])
        + wave(y, &[(20.0, 1.0), (40.0, 3.0)])
        + wave(y, &[(160.0, 12.0), (320.0, 30.0)])
}

fn shift_east(x: f64, y: f64) -> f64 {
    300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + wave(x, &[(20.0, 1.0 / 6.0), (20.0, 0.5)])
        + wave(x, &[(20.0, 1.0), (40.0, 3.0)])
        + wave(x, &[(150.0, 12.0), (300.0, 30.0)])
}

fn gcj02_to_bd09(lon: f64, lat: f64) -> (f64, f64) {
    let radius = lon.hypot(lat) + 0.000_02 * (lat * BD_PI).sin();
    let angle = lat.atan2(lon) + 0.000_003 * (lon * BD_PI).cos();
    (radius * angle.cos() + 0.0065, radius * angle.sin() + 0.006)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn in_nanjing_the_truth_lies_west_and_north_of_the_raw_numbers() {
        for (lon, lat) in [(118.7997, 32.0951), (118.7922, 32.0507), (118.8427, 32.0651)] {
            let (to_lon, to_lat) = Crs::Gcj02.to_wgs84(lon, lat);
            let raw = Point::from_degrees(lon, lat).unwrap();
            let north = Point::from_degrees(lon, to_lat).unwrap().distance_m(raw);
            let west = Point::from_degrees(to_lon, lat).unwrap().distance_m(raw);
            assert!(to_lon < lon && to_lat > lat, "{to_lon},{to_lat}");
            assert!((west - 489.0).abs() < 15.0, "{west} m west");
            assert!((north - 230.0).abs() < 15.0, "{north} m north");
        }
    }

    #[test]
    fn published_pairs_agree() {
        // Tiananmen, the pair that most transcriptions of the shift carry as their example.
        let (lon, lat) = Crs::Gcj02.from_wgs84(116.404, 39.915);
        assert!((lon - 116.410_244_499).abs() < 1e-6 && (lat - 39.916_404_281).abs() < 1e-6, "{lon},{lat}");
        let (lon, lat) = gcj02_to_bd09(116.404, 39.915);
        assert!((lon - 116.410_369_494).abs() < 1e-8 && (lat - 39.921_336_994).abs() < 1e-8, "{lon},{lat}");
    }

    #[test]
    fn abroad_nothing_is_shifted() {
        assert_eq!(Crs::Gcj02.to_wgs84(-73.935, 40.847), (-73.935, 40.847));
    }

    #[test]
    fn names_are_read_and_others_refused() {
        assert_eq!(Crs::parse("GCJ-02"), Ok(Crs::Gcj02));
        assert_eq!(Crs::parse("urn:ogc:def:crs:OGC:1.3:CRS84"), Ok(Crs::Wgs84));
        assert_eq!(Crs::parse("EPSG:4490"), Ok(Crs::Cgcs2000));
        assert_eq!(Crs::parse("Beijing54"), Err(GeoError::UnknownCrs("Beijing54".into())));
    }

    #[test]
    fn nonsense_is_refused_and_a_swap_suspected() {
        assert!(matches!(Crs::Gcj02.point(32.05, 118.79), Err(GeoError::OutOfRange { swapped: true, .. })));
        assert!(matches!(Crs::Wgs84.point(f64::NAN, 1.0), Err(GeoError::OutOfRange { swapped: false, .. })));
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(lon in 74.0f64..135.0, lat in 4.0f64..53.0) {
            for crs in [Crs::Gcj02, Crs::Bd09] {
                let (there_lon, there_lat) = crs.from_wgs84(lon, lat);
                let (back_lon, back_lat) = crs.to_wgs84(there_lon, there_lat);
                prop_assert!((back_lon - lon).abs() < 1e-8 && (back_lat - lat).abs() < 1e-8);
            }
        }
    }
}
