//! Xuanwu with outlines of two communities, four estates with coordinates, doors and boards.

use linli_access::Ctx;
use linli_board::commands::ensure_codes;
use linli_db::Db;
use linli_geo::{Crs, Point};
use linli_kernel::{Area, DistrictId, PlacePath};
use linli_territory::commands::{self as territory, BoundaryInput, EntranceInput};
use linli_territory::model::{EstateInput, EstateKind, Management};
use linli_territory::{queries, reference};

const MEIYUAN: &str = "320102002001";
const DAXINGGONG: &str = "320102002002";

pub async fn lay(ctx: &Ctx, db: &Db) -> DistrictId {
    let district = open_xuanwu(ctx, db).await;
    let mut tx = db.begin(district).await.unwrap();
    let estates = [
        estate("E1", MEIYUAN, "梅园一村", EstateKind::Closed, 1987, true, (118.7960, 32.0440)),
        estate("E2", MEIYUAN, "梅园二村", EstateKind::Scattered, 1992, true, (118.7985, 32.0455)),
        estate("E3", DAXINGGONG, "大行宫北里", EstateKind::Scattered, 1985, false, (118.7920, 32.0425)),
        estate("E4", DAXINGGONG, "大行宫南里", EstateKind::Closed, 2006, false, (118.7905, 32.0410)),
    ];
    for answer in territory::put_estates(ctx, &mut tx, &estates).await.unwrap() {
        answer.accepted().unwrap();
    }
    let door = |estate: &str, building: &str, entrance: &str| EntranceInput {
        estate: estate.into(),
        building: building.into(),
        entrance: Some(entrance.into()),
    };
    let doors = [
        door("E1", "3栋", "1单元"),
        door("E1", "3栋", "2单元"),
        door("E1", "10栋", "1单元"),
        door("E2", "1栋", "1单元"),
        door("E3", "1栋", "1单元"),
        door("E4", "1栋", "1单元"),
    ];
    for answer in territory::put_entrances(ctx, &mut tx, &doors).await.unwrap() {
        answer.accepted().unwrap();
    }
    tx.commit().await.unwrap();
    outline(ctx, db, district, MEIYUAN, (118.7945, 32.0432), (118.8000, 32.0465)).await;
    outline(ctx, db, district, DAXINGGONG, (118.7890, 32.0400), (118.7945, 32.0432)).await;
    outline(ctx, db, district, "320102002", (118.7885, 32.0395), (118.8005, 32.0470)).await;
    let mut boards = Vec::new();
    for key in ["E1", "E1/3栋/1单元", "E1/3栋/2单元", "E1/10栋/1单元", "E2"] {
        boards.push(at_key(db, district, key).await);
    }
    let mut tx = db.begin(district).await.unwrap();
    ensure_codes(ctx, &mut tx, &boards).await.unwrap();
    tx.commit().await.unwrap();
    district
}

fn estate(
    code: &str,
    community: &str,
    name: &str,
    kind: EstateKind,
    year: i64,
    in_care: bool,
    (lon, lat): (f64, f64),
) -> EstateInput {
    EstateInput {
        code: code.into(),
        community: community.into(),
        name: name.into(),
        kind: Some(kind),
        year_built: Some(year),
        households: Some(300),
        area: Some(Area(2_000_000)),
        management: Some(if in_care { Management::Entrusted } else { Management::SelfManaged }),
        manager_name: in_care.then(|| "玄武国资物业".to_owned()),
        point: Some(Point::from_degrees(lon, lat).unwrap()),
        ..EstateInput::default()
    }
}

async fn outline(ctx: &Ctx, db: &Db, district: DistrictId, key: &str, (w, s): (f64, f64), (e, n): (f64, f64)) {
    let path = at_key(db, district, key).await;
    let geometry = format!(r#"{{"type":"Polygon","coordinates":[[[{w},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{s}]]]}}"#);
    let mut tx = db.begin(district).await.unwrap();
    let input = BoundaryInput { path, geometry, crs: Crs::Wgs84, source: "invented for tests".into() };
    territory::put_boundary(ctx, &mut tx, &input).await.unwrap();
    tx.commit().await.unwrap();
}

async fn open_xuanwu(ctx: &Ctx, db: &Db) -> DistrictId {
    let mut tx = db.begin(DistrictId::CITY).await.unwrap();
    let mut register = territory::division_register(ctx, &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
    territory::put_divisions(ctx, &mut tx, &mut register, &reference::xuanwu_divisions().unwrap()).await.unwrap();
    let district = territory::open_district(ctx, &mut tx, "320102").await.unwrap();
    tx.commit().await.unwrap();
    district
}

pub async fn at_key(db: &Db, district: DistrictId, key: &str) -> PlacePath {
    queries::resolve(&mut db.read().await.unwrap().conn(), district, key)
        .await
        .unwrap()
        .unwrap_or_else(|| panic!("{key} is known"))
        .path
}

/// The places that sessions of these stories are made for.
pub async fn places(db: &Db, district: DistrictId) -> Vec<(&'static str, PlacePath)> {
    vec![
        ("city", PlacePath::root()),
        ("district", at_key(db, district, "320102").await),
        ("meiyuan", at_key(db, district, MEIYUAN).await),
        ("E1", at_key(db, district, "E1").await),
    ]
}
