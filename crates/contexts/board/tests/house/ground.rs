//! Xuanwu with one estate: a building with two entrances, and another one where nobody is appointed.

use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::{DistrictId, PlacePath};
use linli_people::model::{AppointmentInput, PersonInput};
use linli_territory::commands::{self as territory, EntranceInput};
use linli_territory::model::EstateInput;
use linli_territory::{queries, reference};

pub struct Ground {
    pub district: DistrictId,
    pub estate: PlacePath,
    pub entrance: PlacePath,
    pub deserted: PlacePath,
}

pub async fn lay(ctx: &Ctx, db: &Db) -> Ground {
    let district = open_xuanwu(ctx, db).await;
    let mut tx = db.begin(district).await.unwrap();
    let estate = |code: &str, community: &str, name: &str| EstateInput {
        code: code.into(),
        community: community.into(),
        name: name.into(),
        ..EstateInput::default()
    };
    let estates = [estate("E1", "320102002001", "锁金三村"), estate("E2", "320102002002", "无名里")];
    territory::put_estates(ctx, &mut tx, &estates).await.unwrap();
    let door = |estate: &str, building: &str, entrance: &str| EntranceInput {
        estate: estate.into(),
        building: building.into(),
        entrance: Some(entrance.into()),
    };
    territory::put_entrances(ctx, &mut tx, &[door("E1", "3栋", "2单元"), door("E1", "3栋", "1单元"), door("E2", "1栋", "1单元")])
        .await
        .unwrap();
    appoint(ctx, &mut tx).await;
    tx.commit().await.unwrap();
    let mut read = db.read().await.unwrap();
    let c = &mut read.conn();
    let mut at = async |key: &str| queries::resolve(c, district, key).await.unwrap().unwrap().path;
    Ground { district, estate: at("E1").await, entrance: at("E1/3栋/2单元").await, deserted: at("E2/1栋/1单元").await }
}

async fn open_xuanwu(ctx: &Ctx, db: &Db) -> DistrictId {
    let mut tx = db.begin(DistrictId::CITY).await.unwrap();
    let mut register = territory::division_register(ctx, &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
    let rows = reference::xuanwu_divisions().unwrap();
    territory::put_divisions(ctx, &mut tx, &mut register, &rows).await.unwrap();
    let district = territory::open_district(ctx, &mut tx, "320102").await.unwrap();
    tx.commit().await.unwrap();
    district
}

async fn appoint(ctx: &Ctx, tx: &mut linli_db::Tx) {
    let staff = [
        ("P1", "陈桂兰", "life_steward", "E1/3栋/2单元", Some("025-0000-0101")),
        ("P2", "周建国", "red_steward", "E1", Some("025-0000-0102")),
        ("P3", "吴秀珍", "red_steward", "E1", None),
        ("P4", "李敏", "grid_worker", "E1", Some("025-0000-0103")),
        ("P5", "张伟", "property_manager", "E1", Some("025-0000-0104")),
    ];
    let people = staff.map(|(code, name, ..)| PersonInput {
        code: code.into(),
        name: name.into(),
        organisation_kind: Some("property_company".into()),
        organisation_name: Some("玄武物业锁金村项目部".into()),
        organisation_credit_code: None,
        work_phone: None,
    });
    let known = linli_people::commands::put_people(ctx, tx, &people).await.unwrap();
    let appointments = staff.map(|(code, _, role, place, phone)| AppointmentInput {
        person_code: code.into(),
        organisation_name: Some("玄武物业锁金村项目部".into()),
        role: role.into(),
        title: String::new(),
        place: place.into(),
        grid_code: None,
        public_phone: phone.map(str::to_owned),
        valid_from: super::at(1, 0),
        valid_to: None,
    });
    let appointed = linli_people::commands::put_appointments(ctx, tx, &appointments).await.unwrap();
    for answer in known.into_iter().chain(appointed) {
        answer.accepted().unwrap();
    }
}
