//! A published outline in GCJ-02, beside the suite: `LINLI_TEST_DATA` names the folder that holds it.

use linli_geo::{Crs, Geometry, Limits, Point, Shape};

fn outline(text: &[u8], crs: Crs) -> Shape {
    let collection = linli_geo::read(text, crs, &Limits::default()).unwrap();
    match collection.features.into_iter().next().unwrap().unwrap().geometry {
        Some(Geometry::Shape(shape)) => shape,
        other => panic!("no outline: {other:?}"),
    }
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
    let (from, to) = (raw.centroid(), true_place.centroid());
    let west = Point { lat_e7: from.lat_e7, ..to }.distance_m(from);
    let north = Point { lon_e7: from.lon_e7, ..to }.distance_m(from);
    println!("{west:.1} m west, {north:.1} m north, {:.2} km²", true_place.area_m2() / 1e6);
    assert!(to.lon_e7 < from.lon_e7 && to.lat_e7 > from.lat_e7);
    assert!((west - 489.0).abs() < 3.0, "{west} m west");
    assert!((north - 230.0).abs() < 3.0, "{north} m north");
    assert!((true_place.area_m2() / 1e6 - 75.0).abs() < 2.0, "the district has about 75 km²");
    assert!(true_place.contains(true_place.label_point()));
    assert!(true_place.simplified(50.0).position_count() < 200);
}
