//! A published outline in GCJ-02, beside the suite: `LINLI_TEST_DATA` names the folder that holds it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use linli_geo::{Crs, Geometry, Limits, Point, Shape};

fn outline(text: &[u8], crs: Crs) -> Shape {
    let collection = linli_geo::read(text, crs, &Limits::default()).unwrap();
    match collection.features.into_iter().next().unwrap().unwrap().geometry {
        Some(Geometry::Shape(shape)) => shape,
        other => panic!("no outline: {other:?}"),
    }
}

fn west_and_north(from: Point, to: Point) -> (f64, f64) {
    assert!(to.lon_e7 < from.lon_e7 && to.lat_e7 > from.lat_e7);
    (Point { lat_e7: from.lat_e7, ..to }.distance_m(from), Point { lon_e7: from.lon_e7, ..to }.distance_m(from))
}

#[test]
fn the_outline_of_xuanwu_lands_where_it_belongs() {
    let Some(folder) = std::env::var_os("LINLI_TEST_DATA") else {
        println!("skipped: LINLI_TEST_DATA is not set");
        return;
    };
    let text = std::fs::read(std::path::Path::new(&folder).join("territory/xuanwu-320102-gcj02.json")).unwrap();
    let (raw, true_place) = (outline(&text, Crs::Wgs84), outline(&text, Crs::Gcj02));
    assert_eq!(raw.position_count(), 633);
    let whole: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let center = &whole["features"][0]["properties"]["center"];
    let (lon, lat) = (center[0].as_f64().unwrap(), center[1].as_f64().unwrap());
    let (from, to) = (Point::from_degrees(lon, lat).unwrap(), Crs::Gcj02.point(lon, lat).unwrap());
    let (west, north) = west_and_north(from, to);
    println!("centre {west:.1} m west, {north:.1} m north, {:.2} km²", true_place.area_m2() / 1e6);
    assert!((west - 489.0).abs() < 3.0, "{west} m west");
    assert!((north - 230.0).abs() < 3.0, "{north} m north");
    // The shift differs by some metres from one end of the district to the other.
    let (west, north) = west_and_north(raw.centroid(), true_place.centroid());
    assert!((west - 489.0).abs() < 20.0 && (north - 230.0).abs() < 20.0, "{west} m west, {north} m north");
    assert!((true_place.area_m2() / 1e6 - 75.0).abs() < 2.0, "the district has about 75 km²");
    assert!(true_place.contains(true_place.label_point()));
    assert!(true_place.simplified(50.0).position_count() < 200);
}
