//! The house as it is wired, in this process: two small estates, a few people, a browser for each of them. On both databases.

mod calendar;
mod fhir;
mod hands;
mod hearing;
mod home;
mod intake;
mod moves;
mod open311;
mod people;
mod record;
mod rules;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use jiff::civil::date;
use linli_access::{Ctx, Role};
use linli_db::testing::TestDb;
use linli_db::{Db, journal};
use linli_identity::commands::{SetUp, choose_appointment, create_account, make_setup_link, open_session, set_up};
use linli_identity::model::{DoorRules, Token};
use linli_identity::passwords::Passwords;
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_people::model::{AppointmentInput, PersonInput};
use linli_territory::commands as territory;
use linli_territory::model::{EstateInput, GridInput, HomeInput, Place};
use linli_territory::reference;
use linli_webkit::Proxy;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::cli::Profile;
use crate::house::{self, Built, Chore, Plan, for_districts};

const COMMUNITY: &str = "320102002001";
const COMPANY: &str = "试验物业公司";
const COMMITTEE: &str = "试验社区居委会";
const KEY: [u8; 32] = [7; 32];

/// Runs a story on SQLite and on PostgreSQL, each with a store that can be opened again.
macro_rules! on_both {
    ($( $(#[$meta:meta])* async fn $name:ident($test:ident) $body:block )+) => { $(
        $(#[$meta])*
        mod $name {
            use super::*;
            async fn body($test: linli_db::testing::TestDb) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(linli_db::testing::TestDb::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                match linli_db::testing::TestDb::postgres().await {
                    Some(test) => body(test).await,
                    None => eprintln!("skipped: LINLI_TEST_PG names no PostgreSQL server"),
                }
            }
        }
    )+ };
}
use on_both;

/// A Beijing moment, the hour sharp.
fn at(year: i16, month: i8, day: i8, hour: i8) -> Ts {
    Ts::from_local(date(year, month, day).at(hour, 0, 0, 0)).unwrap()
}

/// The ground, without a running house: `E1` with 3栋 (1单元, 2单元; home 101 in each), `E2` with 1栋, both in one community.
struct Ground {
    db: Db,
    clock: Arc<FakeClock>,
    rng: Arc<SeededRng>,
    district: DistrictId,
}

impl Ground {
    async fn lay(test: &TestDb, now: Ts) -> Self {
        let (db, clock, rng) = (test.db.clone(), FakeClock::at(now), SeededRng::new(23));
        let ctx = Ctx::system("test", clock.clone(), rng.clone());
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        territory::ensure_reference_data(&ctx, &mut tx).await.unwrap();
        let mut register = territory::division_register(&ctx, &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
        territory::put_divisions(&ctx, &mut tx, &mut register, &reference::xuanwu_divisions().unwrap()).await.unwrap();
        let district = territory::open_district(&ctx, &mut tx, "320102").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.begin(district).await.unwrap();
        let estate = |code: &str, name: &str| EstateInput {
            code: code.into(),
            community: COMMUNITY.into(),
            name: name.into(),
            ..EstateInput::default()
        };
        territory::put_estates(&ctx, &mut tx, &[estate("E1", "梧桐试验里"), estate("E2", "银杏试验里")]).await.unwrap();
        let home = |estate: &str, building: &str, entrance: &str| HomeInput {
            estate: estate.into(),
            building: building.into(),
            entrance: entrance.into(),
            floor: Some(1),
            room: "101".into(),
            area: None,
        };
        let homes = [home("E1", "3栋", "1单元"), home("E1", "3栋", "2单元"), home("E2", "1栋", "1单元")];
        territory::put_homes(&ctx, &mut tx, &homes).await.unwrap();
        let grid = GridInput {
            code: "G1".into(),
            name: "一网格".into(),
            community: COMMUNITY.into(),
            covers: vec!["E1".into(), "E2".into()],
        };
        territory::put_grids(&ctx, &mut tx, &[grid]).await.unwrap();
        let person = |code: &str, name: &str, organisation: &str| PersonInput {
            code: code.into(),
            name: name.into(),
            organisation_kind: None,
            organisation_name: Some(organisation.into()),
            organisation_credit_code: None,
            work_phone: None,
        };
        let people = [
            person("S1", "陈一", COMPANY),
            person("S2", "陈二", COMPANY),
            person("M1", "李经理", COMPANY),
            person("M2", "王经理", COMPANY),
            person("D1", "赵台", COMPANY),
            person("R1", "周红", COMMITTEE),
            person("G1", "吴网", COMMITTEE),
            person("C1", "孙书记", COMMITTEE),
        ];
        for answer in linli_people::commands::put_people(&ctx, &mut tx, &people).await.unwrap() {
            answer.accepted().unwrap();
        }
        let post = |code: &str, role: Role, place: &str, grid: Option<&str>| AppointmentInput {
            person_code: code.into(),
            organisation_name: Some(if code.starts_with(['R', 'G', 'C']) { COMMITTEE } else { COMPANY }.into()),
            role: role.as_str().into(),
            title: String::new(),
            place: place.into(),
            grid_code: grid.map(str::to_owned),
            public_phone: Some(format!("025-0000-01{}", code.bytes().map(u32::from).sum::<u32>() % 90 + 10)),
            valid_from: at(2024, 1, 1, 0),
            valid_to: None,
        };
        let posts = [
            post("S1", Role::LifeSteward, "E1/3栋", None),
            post("S2", Role::LifeSteward, "E2", None),
            post("M1", Role::PropertyManager, "E1", None),
            post("M2", Role::PropertyManager, "E2", None),
            post("D1", Role::PropertyDesk, COMMUNITY, None),
            post("R1", Role::RedSteward, "", Some("G1")),
            post("G1", Role::GridWorker, "", Some("G1")),
            post("C1", Role::CommunitySecretary, COMMUNITY, None),
        ];
        for answer in linli_people::commands::put_appointments(&ctx, &mut tx, &posts).await.unwrap() {
            answer.accepted().unwrap();
        }
        tx.commit().await.unwrap();
        for_districts(&ctx, &db, Chore::Codes).await.unwrap();
        Self { db, clock, rng, district }
    }

    fn ctx(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    async fn place(&self, key: &str) -> Place {
        let mut read = self.db.read().await.unwrap();
        linli_territory::queries::resolve(&mut read.conn(), self.district, key)
            .await
            .unwrap()
            .unwrap_or_else(|| panic!("no place {key}"))
    }

    async fn code(&self, place: &PlacePath) -> String {
        let mut read = self.db.read().await.unwrap();
        linli_board::queries::code_of_place(&mut read.conn(), self.district, place).await.unwrap().unwrap().to_string()
    }

    async fn last_seq(&self) -> i64 {
        journal::last_seq(&mut self.db.read().await.unwrap().conn(), self.district).await.unwrap()
    }

    /// The facts of the lines of a kind in a district, oldest first.
    async fn facts_of(&self, district: DistrictId, kind: &str) -> Vec<Value> {
        let mut read = self.db.read().await.unwrap();
        let lines = journal::after(&mut read.conn(), district, 0, 10_000).await.unwrap();
        lines.iter().filter(|line| line.kind == kind).map(journal::StoredLine::facts).collect()
    }

    /// The house over this ground, as the program builds it.
    fn house(&self) -> Built {
        house::build(Plan {
            db: self.db.clone(),
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            key: KEY,
            profile: Profile::Both,
            base_url: "http://127.0.0.1".into(),
            proxy: Proxy::None,
            tls: false,
            demo: false,
            limited: false,
            passwords: Passwords::with_cost(8, 1, 1).unwrap(),
            door: DoorRules { idle_secs: 400 * 86_400, ..DoorRules::default() },
            folder: std::env::temp_dir(),
            ops_token: None,
            hooks_inside: vec!["127.0.0.1".to_owned()],
            witness: Arc::new(linli_record::Remembers::default()),
        })
        .unwrap()
    }

    /// The first administrator's session.
    async fn administrator(&self) -> Token {
        let (ctx, rules) = (self.ctx(), DoorRules { session_secs: 400 * 86_400, ..DoorRules::default() });
        let mut tx = self.db.begin(DistrictId::CITY).await.unwrap();
        let link = make_setup_link(&ctx, &mut tx, &rules).await.unwrap().unwrap();
        let input = SetUp { name: "管理员".into(), login: "admin".into(), password_hash: "unused".into() };
        let account = set_up(&ctx, &mut tx, &link, input).await.unwrap();
        let session = open_session(&ctx, &mut tx, account, &rules).await.unwrap();
        tx.commit().await.unwrap();
        session
    }

    /// A session of somebody under the first appointment they hold.
    async fn session(&self, code: &str) -> Token {
        let (ctx, rules) = (self.ctx(), DoorRules { session_secs: 400 * 86_400, ..DoorRules::default() });
        let (person, held) = {
            let mut read = self.db.read().await.unwrap();
            let c = &mut read.conn();
            let person = linli_people::queries::person_by_code(c, self.district, code).await.unwrap().unwrap();
            (person.id, linli_people::queries::appointments_of(c, self.district, person.id, ctx.now()).await.unwrap())
        };
        let mut tx = self.db.begin(DistrictId::CITY).await.unwrap();
        let account =
            create_account(&ctx, &mut tx, self.district, person, &format!("login-{}", code.to_lowercase())).await.unwrap();
        let session = open_session(&ctx, &mut tx, account, &rules).await.unwrap();
        choose_appointment(&ctx, &mut tx, &session, held[0].id).await.unwrap();
        tx.commit().await.unwrap();
        session
    }
}

/// What came back.
struct Answer {
    status: StatusCode,
    to: String,
    text: String,
}

impl Answer {
    /// That it led on to an address.
    fn led_to(self, address: &str) -> Self {
        assert_eq!((self.status, self.to.as_str()), (StatusCode::SEE_OTHER, address), "{}", self.text);
        self
    }

    /// That the page was refused and says these things.
    fn refused_with(self, said: &[&str]) {
        assert_eq!(self.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", self.text);
        for text in said {
            assert!(self.text.contains(text), "{text} in {}", self.text);
        }
    }
}

/// Somebody at a browser; without a session a resident.
#[derive(Clone)]
struct Browser {
    router: Router,
    session: Option<Token>,
}

impl Browser {
    fn of(built: &Built, session: Option<Token>) -> Self {
        Self { router: built.router.clone(), session }
    }

    async fn ask(&self, mut request: Request<Body>) -> Answer {
        if let Some(session) = &self.session {
            request.headers_mut().insert(header::COOKIE, format!("linli={}", session.0).parse().unwrap());
        }
        request.headers_mut().insert(header::ACCEPT_LANGUAGE, "zh-CN".parse().unwrap());
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let to = answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), 8 << 20).await.unwrap();
        Answer { status, to, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A page that must be there.
    async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = String::new();
        for (name, value) in fields {
            body.push_str(&format!("--B1xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        }
        body.push_str("--B1xyz--\r\n");
        let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=B1xyz");
        self.ask(request.body(Body::from(body)).unwrap()).await
    }

    /// Reports a dark stairwell at a board; gives the address of the reporter's page.
    async fn report(&self, code: &str, words: &str) -> String {
        let body = serde_json::json!({ "board": code, "description": words, "class": "stair_lamp" });
        let request = Request::post("/api/v1/cases").header(header::CONTENT_TYPE, "application/json");
        let answer = self.ask(request.body(Body::from(body.to_string())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let link = answer.text.split("/r/").nth(1).expect("a private link").split(['"', '?']).next().unwrap();
        format!("/r/{link}")
    }
}
