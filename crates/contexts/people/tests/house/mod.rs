//! Xuanwu with one estate of two entrances, and one grid.

pub mod door;

use std::sync::Arc;

use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_people::commands;
use linli_people::model::{AppointmentInput, PersonInput};
use linli_territory::commands::{self as territory, EntranceInput};
use linli_territory::error::{Answer, Outcome};
use linli_territory::model::{EstateInput, GridInput};
use linli_territory::{queries, reference};

pub const COMMUNITY: &str = "320102002001";
pub const OTHER_COMMUNITY: &str = "320102002002";

/// A moment of November 2026, the hour sharp.
pub fn at(day: i8, hour: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, 0, 0, 0)).unwrap()
}

pub struct House {
    pub db: Db,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
    pub district: DistrictId,
}

impl House {
    /// Estate `E1` (3栋 with 1单元 and 2单元) and `E2`, grid `G1` over `E1`.
    pub async fn open(db: Db) -> Self {
        let (clock, rng) = (FakeClock::at(at(24, 9)), SeededRng::new(11));
        let ctx = Ctx::system("test", clock.clone(), rng.clone());
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        let mut register = territory::division_register(&ctx, &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
        territory::put_divisions(&ctx, &mut tx, &mut register, &reference::xuanwu_divisions().unwrap()).await.unwrap();
        let district = territory::open_district(&ctx, &mut tx, "320102").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.begin(district).await.unwrap();
        let estate = |code: &str, community: &str| EstateInput {
            code: code.into(),
            community: community.into(),
            name: format!("{code}小区"),
            ..EstateInput::default()
        };
        territory::put_estates(&ctx, &mut tx, &[estate("E1", COMMUNITY), estate("E2", COMMUNITY)]).await.unwrap();
        let door =
            |entrance: &str| EntranceInput { estate: "E1".into(), building: "3栋".into(), entrance: Some(entrance.into()) };
        territory::put_entrances(&ctx, &mut tx, &[door("1单元"), door("2单元")]).await.unwrap();
        let grid =
            GridInput { code: "G1".into(), name: "一网格".into(), community: COMMUNITY.into(), covers: vec!["E1".into()] };
        for answer in territory::put_grids(&ctx, &mut tx, &[grid]).await.unwrap() {
            answer.accepted().unwrap();
        }
        tx.commit().await.unwrap();
        Self { db, clock, rng, district }
    }

    pub fn ctx(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    pub async fn path(&self, key: &str) -> PlacePath {
        let mut read = self.db.read().await.unwrap();
        queries::resolve(&mut read.conn(), self.district, key).await.unwrap().unwrap().path
    }

    pub async fn put_people(&self, rows: &[PersonInput]) -> Vec<Answer> {
        let mut tx = self.db.begin(self.district).await.unwrap();
        let answers = commands::put_people(&self.ctx(), &mut tx, rows).await.unwrap();
        tx.commit().await.unwrap();
        answers
    }

    pub async fn put_appointments(&self, rows: &[AppointmentInput]) -> Vec<Answer> {
        let mut tx = self.db.begin(self.district).await.unwrap();
        let answers = commands::put_appointments(&self.ctx(), &mut tx, rows).await.unwrap();
        tx.commit().await.unwrap();
        answers
    }

    /// A steward of the entrance, a red steward, a grid worker of `G1`, a manager, a secretary.
    pub async fn furnish(&self) {
        let people = [
            person("P1", "陈桂兰", COMPANY),
            person("P2", "周建国", COMMITTEE),
            person("P3", "吴秀珍", COMMITTEE),
            person("P4", "李敏", COMMITTEE),
            person("P5", "张伟", COMPANY),
            person("P6", "孙丽", COMPANY),
        ];
        made(&self.put_people(&people).await);
        let rows = [
            post("P1", "life_steward", "E1/3栋/2单元", COMPANY),
            post("P6", "life_steward", "E1", COMPANY),
            post("P2", "red_steward", "E1", COMMITTEE),
            post("P3", "red_steward", "E1", COMMITTEE),
            AppointmentInput { grid_code: Some("G1".into()), ..post("P4", "grid_worker", "", COMMITTEE) },
            post("P5", "property_manager", "E1", COMPANY),
            post("P3", "community_secretary", COMMUNITY, COMMITTEE),
        ];
        made(&self.put_appointments(&rows).await);
    }
}

pub const COMPANY: &str = "玄武惠民物业";
pub const COMMITTEE: &str = "梅园社区居委会";

pub fn person(code: &str, name: &str, organisation: &str) -> PersonInput {
    PersonInput {
        code: code.into(),
        name: name.into(),
        organisation_kind: Some(if organisation == COMMITTEE { "residents_committee" } else { "property_company" }.into()),
        organisation_name: Some(organisation.into()),
        organisation_credit_code: None,
        work_phone: None,
    }
}

pub fn post(person: &str, role: &str, place: &str, organisation: &str) -> AppointmentInput {
    AppointmentInput {
        person_code: person.into(),
        organisation_name: Some(organisation.into()),
        role: role.into(),
        title: String::new(),
        place: place.into(),
        grid_code: None,
        public_phone: Some(format!("025-0000-{}", person.replace('P', "010"))),
        valid_from: at(1, 0),
        valid_to: None,
    }
}

pub fn made(answers: &[Answer]) {
    for answer in answers {
        assert_eq!(answer.outcome, Outcome::Created);
    }
}

/// Field and word of a rejected row.
pub fn rejected(answer: &Answer) -> (&'static str, &'static str) {
    match &answer.outcome {
        Outcome::Rejected(problem) => (problem.field, problem.what),
        other => panic!("not rejected: {other:?}"),
    }
}
