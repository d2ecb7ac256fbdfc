//! Where the sun is on a day of fixed declination (GB/T 50947-2014).

use crate::SunError;

/// Declination (赤纬) used for Great Cold (大寒日), degrees. Source: a published plug-in that follows the standard; unverified against
/// its text.
pub const GREAT_COLD_DECLINATION_DEG: f64 = -20.283;
/// Declination used for the winter solstice (冬至日), degrees. Source as above; the value of the calendar is −23.44.
pub const WINTER_SOLSTICE_DECLINATION_DEG: f64 = -23.45;

/// Noon, seconds after midnight.
const NOON_S: f64 = 43_200.0;
/// The sun goes through 360° in a day of 86,400 s.
const DEGREES_PER_S: f64 = 360.0 / 86_400.0;

/// A direction to the sun.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// Height over the horizon (太阳高度角), degrees; below zero when it is down.
    pub altitude_deg: f64,
    /// Direction (方位角), degrees from north by east.
    pub azimuth_deg: f64,
}

impl Sight {
    /// The sun over a latitude, for a declination, at a second of the day in true solar time.
    ///
    /// sin h = sin φ sin δ + cos φ cos δ cos t, and A (from south, to the west) = atan2(sin t, cos t sin φ − tan δ cos φ).
    ///
    /// # Errors
    /// [`SunError::Place`] for a latitude beyond ±90° or a declination beyond ±23.5°.
    pub fn on_day(latitude_deg: f64, declination_deg: f64, true_solar_s: f64) -> Result<Self, SunError> {
        if !(-90.0..=90.0).contains(&latitude_deg) || !(-23.5..=23.5).contains(&declination_deg) || !true_solar_s.is_finite() {
            return Err(SunError::Place);
        }
        let hour_angle = ((true_solar_s - NOON_S) * DEGREES_PER_S).to_radians();
        Ok(Self::of(latitude_deg.to_radians(), declination_deg.to_radians(), hour_angle))
    }

    /// All in radians; the hour angle grows to the west.
    pub(crate) fn of(latitude: f64, declination: f64, hour_angle: f64) -> Self {
        let (sin_lat, cos_lat) = latitude.sin_cos();
        let (sin_dec, cos_dec) = declination.sin_cos();
        let (sin_hour, cos_hour) = hour_angle.sin_cos();
        let sin_altitude = sin_lat * sin_dec + cos_lat * cos_dec * cos_hour;
        // Multiplied by cos δ, so that it holds at the poles of the sky, too.
        let from_south = (sin_hour * cos_dec).atan2(cos_hour * cos_dec * sin_lat - sin_dec * cos_lat);
        Self {
            altitude_deg: sin_altitude.clamp(-1.0, 1.0).asin().to_degrees(),
            azimuth_deg: (from_south.to_degrees() + 180.0).rem_euclid(360.0),
        }
    }
}

/// A second of the day in true solar time (真太阳时) for one in Beijing time (北京时间):
/// T_solar = T_Beijing + 4 min × (λ − 120°) + equation of time. May lie before or after the day.
#[must_use]
pub fn true_solar_s(beijing_s: f64, longitude_deg: f64, equation_of_time_min: f64) -> f64 {
    beijing_s + 240.0 * (longitude_deg - 120.0) + 60.0 * equation_of_time_min
}
