//! A served Xuanwu with two estates.

use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_db::Db;
use linli_kernel::{Area, DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_territory::commands::{self, DivisionInput};
use linli_territory::error::{Answer, Outcome};
use linli_territory::model::{EstateInput, EstateKind, HomeInput, Management, Place};
use linli_territory::{queries, reference};

pub const MEIYUAN: &str = "320102002001";
pub const DAXINGGONG: &str = "320102002002";

pub fn now() -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).unwrap()
}

pub fn system() -> Ctx {
    // Each context has ids of its own, as if each came from the machine's generator.
    static SEED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(7);
    let seed = SEED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    Ctx::system("test", FakeClock::at(now()), SeededRng::new(seed))
}

pub fn staff(role: Role, district: DistrictId, place: PlacePath) -> Ctx {
    let actor = Actor::Staff {
        person: uuid::Uuid::from_u128(1),
        appointment: uuid::Uuid::from_u128(2),
        role,
        scope: Scope { district, place },
    };
    Ctx { actor, channel: Channel::Web, ..system() }
}

pub async fn load_xuanwu(ctx: &Ctx, db: &Db) -> Vec<Answer> {
    let mut tx = db.begin(DistrictId::CITY).await.unwrap();
    commands::ensure_reference_data(ctx, &mut tx).await.unwrap();
    let mut register = commands::division_register(ctx, &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
    let rows = reference::xuanwu_divisions().unwrap();
    let answers = commands::put_divisions(ctx, &mut tx, &mut register, &rows).await.unwrap();
    tx.commit().await.unwrap();
    answers
}

pub async fn put_divisions(ctx: &Ctx, db: &Db, make_parents: bool, rows: &[(&str, &str)]) -> Vec<Answer> {
    let rows: Vec<DivisionInput> =
        rows.iter().map(|(c, n)| DivisionInput { code: (*c).into(), name: Some((*n).into()) }).collect();
    let mut tx = db.begin(DistrictId::CITY).await.unwrap();
    let mut register = commands::division_register(ctx, &mut tx, &reference::XUANWU_SOURCE, make_parents).await.unwrap();
    let answers = commands::put_divisions(ctx, &mut tx, &mut register, &rows).await.unwrap();
    tx.commit().await.unwrap();
    answers
}

pub async fn open_xuanwu(ctx: &Ctx, db: &Db) -> DistrictId {
    load_xuanwu(ctx, db).await;
    let mut tx = db.begin(DistrictId::CITY).await.unwrap();
    let id = commands::open_district(ctx, &mut tx, "320102").await.unwrap();
    tx.commit().await.unwrap();
    id
}

pub fn estate(code: &str, community: &str, name: &str) -> EstateInput {
    EstateInput { code: code.into(), community: community.into(), name: name.into(), ..EstateInput::default() }
}

pub fn home(estate: &str, building: &str, entrance: &str, floor: i64, room: &str) -> HomeInput {
    HomeInput {
        estate: estate.into(),
        building: building.into(),
        entrance: entrance.into(),
        floor: Some(floor),
        room: room.into(),
        area: Some(Area(6_250)),
    }
}

pub async fn put_estates(ctx: &Ctx, db: &Db, district: DistrictId, rows: &[EstateInput]) -> Vec<Answer> {
    let mut tx = db.begin(district).await.unwrap();
    let answers = commands::put_estates(ctx, &mut tx, rows).await.unwrap();
    tx.commit().await.unwrap();
    answers
}

pub async fn put_homes(ctx: &Ctx, db: &Db, district: DistrictId, rows: &[HomeInput]) -> Vec<Answer> {
    let mut tx = db.begin(district).await.unwrap();
    let answers = commands::put_homes(ctx, &mut tx, rows).await.unwrap();
    tx.commit().await.unwrap();
    answers
}

/// Two estates: an old closed one in care with two buildings, and a scattered new one with nothing in it.
pub async fn two_estates(ctx: &Ctx, db: &Db) -> DistrictId {
    let district = open_xuanwu(ctx, db).await;
    let old = EstateInput {
        kind: Some(EstateKind::Closed),
        year_built: Some(1987),
        households: Some(480),
        area: Some(Area(3_600_000)),
        management: Some(Management::Entrusted),
        manager_credit_code: Some("91350100M000100Y43".into()),
        managed_since: Some(jiff::civil::date(2020, 7, 1)),
        ..estate("E1", MEIYUAN, "梅园一村")
    };
    let new =
        EstateInput { kind: Some(EstateKind::Scattered), year_built: Some(2004), ..estate("E2", DAXINGGONG, "大行宫北里") };
    let answers = put_estates(ctx, db, district, &[old, new]).await;
    assert!(answers.iter().all(|a| a.outcome == Outcome::Created), "{answers:?}");
    let homes: Vec<HomeInput> = ["3栋", "10栋"]
        .iter()
        .flat_map(|b| ["1单元", "2单元"].iter().flat_map(move |e| (1..=3).map(move |f| home("E1", b, e, f, &format!("{f}01")))))
        .collect();
    assert!(put_homes(ctx, db, district, &homes).await.iter().all(|a| a.outcome == Outcome::Created));
    district
}

pub async fn at_key(db: &Db, district: DistrictId, key: &str) -> Place {
    queries::resolve(&mut db.read().await.unwrap().conn(), district, key)
        .await
        .unwrap()
        .unwrap_or_else(|| panic!("{key} is known"))
}

pub fn rejected(answer: &Answer) -> (&'static str, &'static str) {
    match &answer.outcome {
        Outcome::Rejected(problem) => (problem.field, problem.what),
        other => panic!("not rejected: {other:?}"),
    }
}
