//! Where the sun is.

use linli_sun::{
    GREAT_COLD_DECLINATION_DEG, Sight, SunError, WINTER_SOLSTICE_DECLINATION_DEG, refraction_deg, sun_at, true_solar_s,
};
use proptest::prelude::*;

/// 2003-10-17T19:30:30Z at 39.742476° N 105.1786° W, 820 hPa, 11 °C: the worked example of NREL/TP-560-34302.
#[test]
fn the_worked_example_of_nrel() {
    let sun = sun_at(1_066_419_030.0, 67.0, 39.742_476, -105.178_6);
    assert!((sun.sight.azimuth_deg - 194.340_24).abs() < 0.001, "{sun:?}");
    let apparent = sun.sight.altitude_deg + refraction_deg(sun.sight.altitude_deg, 820.0, 11.0);
    assert!((90.0 - apparent - 50.111_62).abs() < 0.001, "{sun:?}");
    assert!((sun.declination_deg + 9.314_34).abs() < 0.001);
    assert!((sun.equation_of_time_min - 14.641_503).abs() < 0.01, "{sun:?}");
}

/// The same from the file, with whatever it holds, to the 0.01° that is asked for.
#[test]
fn the_reference_point() {
    let Some(folder) = std::env::var_os("LINLI_TEST_DATA") else {
        println!("skipped: LINLI_TEST_DATA is not set");
        return;
    };
    let file = std::fs::read(std::path::Path::new(&folder).join("sun/nrel-spa-reference-point.json")).unwrap();
    let point: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let input = |name: &str| point["input"][name].as_f64().unwrap();
    let expected = |name: &str| point["expected"][name].as_f64().unwrap();
    assert_eq!(point["input"]["utc"], "2003-10-17T19:30:30Z");
    let sun = sun_at(1_066_419_030.0, input("delta_t_s"), input("latitude_deg"), input("longitude_deg"));
    let refraction = refraction_deg(sun.sight.altitude_deg, input("pressure_hpa"), input("temperature_c"));
    for (ours, theirs) in [
        (sun.sight.altitude_deg, expected("elevation_without_refraction_deg")),
        (refraction, expected("refraction_correction_deg")),
        (sun.sight.altitude_deg + refraction, expected("apparent_elevation_deg")),
        (sun.sight.azimuth_deg, expected("azimuth_deg_from_north_clockwise")),
    ] {
        println!("{ours:.6} {theirs:.6}");
        assert!((ours - theirs).abs() < 0.002, "{ours} {theirs}");
    }
}

/// Altitudes at noon and at the opening hour, azimuths from south, noon shadows per height: worked out beforehand for three cities.
#[test]
fn the_days_of_the_standard() {
    let (cold, solstice) = (GREAT_COLD_DECLINATION_DEG, WINTER_SOLSTICE_DECLINATION_DEG);
    for (latitude, declination, opens_at, noon, opening, azimuth, shadow) in [
        (32.04, cold, 8, 37.68, 12.34, -56.26, 1.295),
        (32.04, solstice, 9, 34.51, 19.80, -43.59, 1.454),
        (39.90, cold, 8, 29.82, 7.90, -55.10, 1.745),
        (39.90, solstice, 9, 26.65, 14.03, -41.96, 1.993),
        (23.13, cold, 8, 46.59, 17.16, -58.23, 0.946),
    ] {
        let at = |hour: i32| Sight::on_day(latitude, declination, f64::from(hour) * 3600.0).unwrap();
        let (middle, morning) = (at(12), at(opens_at));
        assert!((middle.altitude_deg - noon).abs() < 0.006 && (middle.azimuth_deg - 180.0).abs() < 1e-9, "{middle:?}");
        assert!((morning.altitude_deg - opening).abs() < 0.006, "{morning:?}");
        assert!((morning.azimuth_deg - 180.0 - azimuth).abs() < 0.006, "{morning:?}");
        assert!((1.0 / middle.altitude_deg.to_radians().tan() - shadow).abs() < 0.0006);
        let evening = at(24 - opens_at);
        assert!((evening.azimuth_deg + morning.azimuth_deg - 360.0).abs() < 1e-9, "the afternoon mirrors the morning");
    }
}

#[test]
fn places_that_are_not_on_earth_are_refused() {
    for (latitude, declination, second) in [(90.1, 0.0, 0.0), (0.0, 23.6, 0.0), (f64::NAN, 0.0, 0.0), (0.0, 0.0, f64::INFINITY)] {
        assert_eq!(Sight::on_day(latitude, declination, second), Err(SunError::Place));
    }
}

/// Beijing time is right at 120° E when the equation of time is nothing; Nanjing lies 4.9 minutes behind, Ürümqi two hours and more.
#[test]
fn true_solar_time() {
    assert_eq!(true_solar_s(43_200.0, 120.0, 0.0), 43_200.0);
    assert!((true_solar_s(43_200.0, 118.78, -11.0) - (43_200.0 - 292.8 - 660.0)).abs() < 1e-6);
    assert!((true_solar_s(43_200.0, 87.6, 0.0) - (43_200.0 - 7_776.0)).abs() < 1e-6);
}

proptest! {
    /// Both ways agree: at any instant the standard's formulas, given declination and true solar time, point where astronomy does.
    #[test]
    fn astronomy_and_the_formulas_agree(day in 0..54_000_i32, minute in 0..1440_i32, latitude in -60.0..60.0_f64, longitude in -180.0..180.0_f64) {
        let unix = f64::from(day - 7_300) * 86_400.0 + f64::from(minute) * 60.0;
        let sun = sun_at(unix, 69.0, latitude, longitude);
        let utc_s = unix.rem_euclid(86_400.0);
        let solar = utc_s + 240.0 * longitude + 60.0 * sun.equation_of_time_min;
        let by_formula = Sight::on_day(latitude, sun.declination_deg, solar).unwrap();
        prop_assert!(sun.declination_deg.abs() < 23.46);
        prop_assert!(sun.equation_of_time_min.abs() < 16.6);
        // Parallax lowers the sun by at most 0.0025°.
        prop_assert!((sun.sight.altitude_deg - by_formula.altitude_deg).abs() < 0.005, "{:?} {:?}", sun, by_formula);
        let aside = (sun.sight.azimuth_deg - by_formula.azimuth_deg + 180.0).rem_euclid(360.0) - 180.0;
        prop_assert!((aside * sun.sight.altitude_deg.to_radians().cos()).abs() < 0.005, "{:?} {:?}", sun, by_formula);
    }
}
