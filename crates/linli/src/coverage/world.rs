//! A small city to be asked about: a community with everybody in it, one beside it, and one in another district.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use linli_access::{Actor, Ctx, Role, Scope};
use linli_db::{Db, exec, journal, sql};
use linli_identity::commands::{SetUp, create_account, make_setup_link, open_session, set_up};
use linli_identity::model::{AccountId, DoorRules, Token};
use linli_identity::passwords::Passwords;
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng, SharedClock, SharedRng, Ts};
use linli_sheet::{Headers, Lang, Report};
use linli_webkit::{House, Locale, Proxy};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::asks::{Ask, Body as Sent};
use crate::cli::{ImportKind, Profile};
use crate::house::{Built, Chore, Plan, build, for_districts};
use crate::intake::{Bringing, Taking};

pub mod ballot;
mod care;
mod council;
mod emergency;
mod network;
mod retrofit;
mod rounds;

const DIVISIONS: &str = "code,name\n3201,南京市\n320102,玄武区\n320102002,甲街道\n320102002001,甲社区居委会\n320102003,乙街道\n320102003001,界外乙社区居委会\n320104,界外丙区\n320104001,界外丙街道\n320104001001,界外丙社区居委会\n";
const ESTATES: &str = "estate_code,community_code,name,kind,year_built,area_m2,households,management,manager_name,manager_credit_code,managed_since,lon,lat,crs\n";
const HOMES: &str = "estate_code,building,entrance,floor,room,area_m2\n";
const PEOPLE: &str = "person_code,name,organisation_kind,organisation_name,organisation_credit_code,work_phone\n";
const APPOINTMENTS: &str = "person_code,organisation_name,role,title,place,grid_code,public_phone,from,to\n";

/// What stands in everything that belongs to a place elsewhere and must not be seen from here.
pub const ELSEWHERE: [&str; 2] = ["界外乙", "界外丙"];

/// A community with one estate, and what can be asked about there.
#[derive(Debug, Clone)]
pub struct Ground {
    pub district: DistrictId,
    pub division: &'static str,
    pub estate_code: &'static str,
    pub estate: PlacePath,
    pub board: String,
    pub mark: &'static str,
    pub person: String,
    pub organisation: String,
    pub account: AccountId,
}

/// Everybody who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// Without a session.
    Nobody,
    /// Under an appointment of this role in the first community (an official's in the district or subdistrict above it, the
    /// administrator's in the city).
    Staff(Role),
    /// An administrator of the other district only.
    OtherAdministrator,
    /// Signed in with a title that grants nothing.
    Unappointed,
    /// A resident of the first community.
    Resident,
}

pub struct World {
    pub db: Db,
    pub built: Built,
    pub router: Router,
    pub clock: Arc<FakeClock>,
    pub rng: SharedRng,
    pub here: Ground,
    /// Another community of the same district, under another subdistrict.
    pub beside: Ground,
    /// A community of another district.
    pub far: Ground,
    sessions: HashMap<Who, Token>,
}

/// What was answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

fn estate(code: &str, community: &str, name: &str) -> String {
    format!("{code},{community},{name},closed,1989,4000,24,entrusted,,,2020-07-01,,,\n")
}

/// Where an appointment of this role is made.
fn place_of(role: Role) -> &'static str {
    match role {
        Role::Administrator | Role::DistrictOfficer => "320102",
        Role::SubdistrictOfficer => "320102002",
        Role::CommunitySecretary | Role::CommunityWorker | Role::Member => "320102002001",
        _ => "T1",
    }
}

impl World {
    pub async fn new(db: Db, profile: Profile) -> Self {
        let clock = FakeClock::at(Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).unwrap());
        let rng: SharedRng = SeededRng::new(11);
        let shared: SharedClock = clock.clone();
        let built = build(Plan {
            db: db.clone(),
            clock: shared.clone(),
            rng: Arc::clone(&rng),
            key: [7; 32],
            profile,
            base_url: "http://127.0.0.1".to_owned(),
            proxy: Proxy::None,
            tls: false,
            demo: false,
            limited: false,
            passwords: Passwords::new(1).unwrap(),
            door: DoorRules::default(),
            folder: std::env::temp_dir(),
            ops_token: Some("a-token-for-the-test".to_owned()),
            hooks_inside: Vec::new(),
            witness: Arc::new(linli_record::Remembers::default()),
        })
        .unwrap();
        let ctx = Ctx::system("test", shared, Arc::clone(&rng));
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        linli_territory::commands::ensure_reference_data(&ctx, &mut tx).await.unwrap();
        tx.commit().await.unwrap();
        take(&ctx, (&db, &built), DistrictId::CITY, ImportKind::Divisions, DIVISIONS.to_owned()).await;
        let mut districts = Vec::new();
        for code in ["320102", "320104"] {
            let mut tx = db.begin(DistrictId::CITY).await.unwrap();
            districts.push(linli_territory::commands::open_district(&ctx, &mut tx, code).await.unwrap());
            tx.commit().await.unwrap();
        }
        let home = |code: &str| format!("{code},1栋,1单元,1,101,52.5\n{code},1栋,1单元,1,102,52.5\n");
        let person = |code: &str, name: &str, org: &str| format!("{code},{name},property_company,{org},,025-0000-0001\n");
        let appointed =
            |code: &str, org: &str, role: &str, place: &str| format!("{code},{org},{role},,{place},,025-0000-0001,2020-01-01,\n");
        let mut people = format!("{PEOPLE}{}", person("B1", "界外乙某", "界外乙物业"));
        people.push_str(&person("A9", "甲某", "甲物业"));
        // An organisation without an account, which can be given cases.
        people.push_str("D1,乙某,department,区水务局,,\nH1,丁某,health_centre,区卫生服务中心,,\n");
        let mut posts = format!("{APPOINTMENTS}{}", appointed("B1", "界外乙物业", "life_steward", "T2"));
        posts.push_str(&appointed("B1", "界外乙物业", "expert", "T2"));
        for role in Role::ALL {
            people.push_str(&person(role.as_str(), "甲某", "甲物业"));
            posts.push_str(&appointed(role.as_str(), "甲物业", role.as_str(), place_of(role)));
        }
        let first = [
            (
                ImportKind::Estates,
                format!("{ESTATES}{}{}", estate("T1", "320102002001", "甲里"), estate("T2", "320102003001", "界外乙里")),
            ),
            (ImportKind::Homes, format!("{HOMES}{}{}", home("T1"), home("T2"))),
            (ImportKind::People, people),
            (ImportKind::Appointments, posts),
        ];
        let second = [
            (ImportKind::Estates, format!("{ESTATES}{}", estate("T9", "320104001001", "界外丙里"))),
            (ImportKind::Homes, format!("{HOMES}{}", home("T9"))),
            (
                ImportKind::People,
                format!(
                    "{PEOPLE}D2,乙某,department,区水务局,,\nH2,丁某,health_centre,区卫生服务中心,,\n{}{}",
                    person("C1", "界外丙某", "界外丙物业"),
                    person("C2", "丙管", "界外丙物业")
                ),
            ),
            (
                ImportKind::Appointments,
                format!(
                    "{APPOINTMENTS}{}{}{}",
                    appointed("C1", "界外丙物业", "life_steward", "T9"),
                    appointed("C1", "界外丙物业", "expert", "T9"),
                    appointed("C2", "界外丙物业", "administrator", "320104")
                ),
            ),
        ];
        for (district, files) in [(districts[0], first), (districts[1], second)] {
            for (kind, text) in files {
                take(&ctx, (&db, &built), district, kind, text).await;
            }
        }
        for_districts(&ctx, &db, Chore::Codes).await.unwrap();
        let mut sessions = HashMap::new();
        let rules = DoorRules::default();
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        let link = make_setup_link(&ctx, &mut tx, &rules).await.unwrap().unwrap();
        let input = SetUp { name: "管理员".into(), login: "root".into(), password_hash: "none".into() };
        let root = set_up(&ctx, &mut tx, &link, input).await.unwrap();
        sessions.insert(Who::Staff(Role::Administrator), open_session(&ctx, &mut tx, root, &rules).await.unwrap());
        tx.commit().await.unwrap();
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Administrator) {
            let (_, token) = account(&ctx, &db, districts[0], role.as_str(), &rules).await;
            sessions.insert(if role.acts() { Who::Staff(role) } else { Who::Unappointed }, token);
        }
        sessions.insert(Who::OtherAdministrator, account(&ctx, &db, districts[1], "C2", &rules).await.1);
        let here = ground(&ctx, &db, districts[0], ("320102", "T1", "甲"), "A9").await;
        let beside = ground(&ctx, &db, districts[0], ("320102", "T2", ELSEWHERE[0]), "B1").await;
        let far = ground(&ctx, &db, districts[1], ("320104", "T9", ELSEWHERE[1]), "C1").await;
        let mut tx = db.begin(here.district).await.unwrap();
        let home =
            linli_territory::queries::resolve(&mut tx.conn().unwrap(), here.district, "T1/1栋/1单元/101").await.unwrap().unwrap();
        let code = linli_identity::commands::make_claim_code(&ctx, &mut tx, &home.path, &rules).await.unwrap();
        sessions.insert(Who::Resident, linli_identity::commands::claim_home(&ctx, &mut tx, &code, &rules).await.unwrap());
        tx.commit().await.unwrap();
        built.worker.run_due().await.unwrap();
        let router = built.router.clone();
        Self { db, built, router, clock, rng, here, beside, far, sessions }
    }

    pub fn ctx(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), Arc::clone(&self.rng))
    }

    /// Everything that was done so far, by district: equal before and after means that nothing was.
    pub async fn journal(&self) -> Vec<(DistrictId, i64)> {
        let mut read = self.db.read().await.unwrap();
        journal::all_last_seqs(&mut read.conn()).await.unwrap()
    }

    /// Asks the router. Streams are not read.
    pub async fn ask(&self, who: Who, ask: &Ask) -> Answer {
        self.ask_from(who, ask, "203.0.113.7:4711").await
    }

    pub async fn ask_from(&self, who: Who, ask: &Ask, from: &str) -> Answer {
        let mut request = Request::builder().method(ask.method.clone()).uri(&ask.path).header("accept-language", "zh-CN");
        if let Some(token) = self.sessions.get(&who) {
            request = request.header("cookie", format!("linli={}", token.0));
        }
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        let body = match &ask.body {
            Sent::Nothing => Body::empty(),
            Sent::Form(fields) => {
                request = request.header("content-type", "application/x-www-form-urlencoded");
                Body::from(encode(fields))
            }
            Sent::Json(value) => {
                request = request.header("content-type", "application/json");
                Body::from(value.to_string())
            }
            Sent::Files(fields, file) => {
                request = request.header("content-type", "multipart/form-data; boundary=parted-here");
                let mut text = String::new();
                for (name, value) in fields {
                    text.push_str(&format!(
                        "--parted-here\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                    ));
                }
                text.push_str(&format!("--parted-here\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n--parted-here--\r\n"));
                Body::from(text)
            }
        };
        let from: SocketAddr = from.parse().unwrap();
        let answer = self.router.clone().oneshot(request.extension(ConnectInfo(from)).body(body).unwrap()).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let stream = headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let text = if stream {
            String::new()
        } else {
            String::from_utf8_lossy(&to_bytes(answer.into_body(), 8 << 20).await.unwrap()).into_owned()
        };
        Answer { status, headers, text }
    }

    /// A new case at a place, reported as anybody reports: its id and its private link.
    pub async fn case(&self, at: &Ground) -> (String, String) {
        let body =
            serde_json::json!({ "board": at.board, "description": format!("{}的楼道灯不亮", at.mark), "phone": "13900000000" });
        let answer = self.ask(Who::Nobody, &Ask::json("/api/v1/cases", body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let value: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        let link = value["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        (value["id"].as_str().unwrap().to_owned(), link)
    }

    /// The private link of an organisation for a place: its id.
    pub async fn unit_link(&self, at: &Ground) -> String {
        let (ctx, office) = (self.ctx(), &self.built.office);
        let place = (at.district, &at.estate);
        let units =
            linli_cases::queries::organisations(&mut self.db.read().await.unwrap().conn(), office, place, ctx.now()).await;
        let unit = units.unwrap().first().unwrap().id;
        let mut tx = self.db.begin(at.district).await.unwrap();
        let made = linli_cases::commands::make_unit_link(&ctx, &mut tx, office, (unit, at.estate.clone())).await.unwrap();
        tx.commit().await.unwrap();
        made.link.id.to_string()
    }

    /// A file that the administrator of the city tries out for a place: the address of its import.
    pub async fn import(&self, at: &Ground) -> String {
        let fields = vec![("kind", "homes".to_owned()), ("district", at.division.to_owned()), ("dry_run", "1".to_owned())];
        let file = format!("estate_code,building,entrance,floor,room,area_m2\n{},1栋,1单元,2,201,60\n", at.estate_code);
        let asked = Ask {
            method: axum::http::Method::POST,
            path: "/admin/import".to_owned(),
            body: Sent::Files(fields, file),
            headers: Vec::new(),
        };
        loop {
            let answer = self.ask(Who::Staff(Role::Administrator), &asked).await;
            // Only so many run at a time.
            if answer.status == StatusCode::SEE_OTHER {
                return answer.headers["location"].to_str().unwrap().to_owned();
            }
            tokio::task::yield_now().await;
        }
    }

    /// A year and a day off that the administrator of the city put in place of what ships: both in 2027.
    pub async fn calendar(&self) {
        let plan = r#"{"year":2027,"papers":["测试数据"],"days":[{"name":"元旦","date":"2027-01-01","isOffDay":true}]}"#;
        for (path, fields) in [
            ("/admin/calendar/plans", vec![("plan_text", plan)]),
            ("/admin/calendar/days", vec![("date", "2027-01-04"), ("kind", "off"), ("name", "停工")]),
        ] {
            let answer = self.ask(Who::Staff(Role::Administrator), &Ask::form(path, &fields)).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
        }
    }

    /// A pack of rules that was brought in, with a number of its own each time: its id.
    pub async fn pack(&self) -> String {
        let digest = self.pack_digest();
        let text = self.ask(Who::Staff(Role::Administrator), &Ask::get(format!("/admin/rules/packs/{digest}"))).await.text;
        let version = self.journal().await.iter().map(|(_, seq)| seq).sum::<i64>();
        let text: Vec<String> = text
            .lines()
            .map(|line| if line.starts_with("version = ") { format!("version = \"test.{version}\"") } else { line.to_owned() })
            .collect();
        let asked = Ask::form("/admin/rules", &[("pack_text", &text.join("\n"))]);
        let answer = self.ask(Who::Staff(Role::Administrator), &asked).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let mut read = self.db.read().await.unwrap();
        let (id,): (uuid::Uuid,) = sql!(&mut read.conn(), x => sqlx::query_as(
            "SELECT id FROM rule_pack WHERE withdrawn_at IS NULL ORDER BY taken_at DESC, id DESC LIMIT 1"
        ).fetch_one(x).await)
        .unwrap();
        id.to_string()
    }

    /// The digest of the first pack in the book.
    pub fn pack_digest(&self) -> String {
        self.built.standing.book().stamps().next().unwrap().digest.clone()
    }

    /// A new post of the person of a place: its id.
    pub async fn appointment(&self, at: &Ground) -> String {
        let path = format!("/admin/people/{}/person/{}/appoint", at.district, at.person);
        let fields = [("role", "guard"), ("title", ""), ("place", at.estate_code), ("from", "2026-11-01"), ("to", "")];
        let answer = self.ask(Who::Staff(Role::Administrator), &Ask::form(path, &fields)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let mut read = self.db.read().await.unwrap();
        let person: uuid::Uuid = at.person.parse().unwrap();
        let (id,): (uuid::Uuid,) = sql!(&mut read.conn(), x => sqlx::query_as(
            "SELECT id FROM appointment WHERE district_id = $1 AND person_id = $2 ORDER BY id DESC LIMIT 1"
        ).bind(at.district).bind(person).fetch_one(x).await)
        .unwrap();
        id.to_string()
    }

    /// A new notice at a place, posted by the program itself.
    pub async fn notice(&self, at: &Ground) -> String {
        let mut tx = self.db.begin(at.district).await.unwrap();
        let input = linli_board::commands::PostNotice {
            place: at.estate.clone(),
            kind: linli_board::model::NoticeKind::ALL[0],
            title: format!("{}告示", at.mark),
            body: "停水".to_owned(),
            signed: "物业".to_owned(),
            starts_at: None,
            ends_at: None,
        };
        let id = linli_board::commands::post(&self.ctx(), &mut tx, input).await.unwrap();
        tx.commit().await.unwrap();
        id.to_string()
    }

    /// What somebody hands over at the desk of an estate.
    pub async fn handover(&self, at: &Ground) -> String {
        let office = self.built.hall.service::<linli_cases::Office>().unwrap();
        let ctx = Ctx { actor: desk_officer(at), ..self.ctx() };
        let input = linli_cases::commands::NewHandover { hours: 8, note: format!("{}的交班", at.mark), ..Default::default() };
        let mut tx = self.db.begin(at.district).await.unwrap();
        let id = linli_cases::commands::hand_over(&ctx, &mut tx, &office, input).await.unwrap();
        tx.commit().await.unwrap();
        id.to_string()
    }
}

/// Somebody who sits at the desk of an estate and is in no list of people.
fn desk_officer(at: &Ground) -> Actor {
    let scope = Scope { district: at.district, place: at.estate.clone() };
    Actor::Staff { person: Uuid::from_u128(1), appointment: Uuid::from_u128(2), role: Role::PropertyDesk, scope }
}

/// A form as a browser sends it.
fn encode(fields: &[(&'static str, String)]) -> String {
    let escape = |text: &str| {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}

async fn take(ctx: &Ctx, (db, built): (&Db, &Built), district: DistrictId, kind: ImportKind, text: String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.csv");
    std::fs::write(&file, &text).unwrap();
    let office = built.hall.service::<linli_cases::Office>().unwrap();
    let t = crate::house::texts(&House::of(crate::house::rooms(Profile::Both))).unwrap().in_locale(Locale::En);
    let network = built.hall.service::<linli_treatment::Network>().unwrap();
    let bringing = Bringing { ctx, db, district, office: &office, network: &network, t: &t, lang: Lang::En };
    let begin = |_: &Headers| Ok(Report::<std::io::Sink>::counting(Lang::En).keeping(20));
    let outcome = bringing.bring_in(kind, &file, &Taking::default(), begin, &mut |_| {}).await.unwrap();
    assert_eq!(outcome.totals.rejected, 0, "{kind:?}: {:?}", outcome.notable);
}

async fn account(ctx: &Ctx, db: &Db, district: DistrictId, code: &str, rules: &DoorRules) -> (AccountId, Token) {
    let mut tx = db.begin(DistrictId::CITY).await.unwrap();
    let person = linli_people::queries::person_by_code(&mut tx.conn().unwrap(), district, code).await.unwrap().unwrap();
    let login = format!("u-{code}-{}", district.0).to_lowercase();
    let account = create_account(ctx, &mut tx, district, person.id, &login).await.unwrap();
    let token = open_session(ctx, &mut tx, account, rules).await.unwrap();
    tx.commit().await.unwrap();
    (account, token)
}

async fn ground(
    ctx: &Ctx,
    db: &Db,
    district: DistrictId,
    (division, code, mark): (&'static str, &'static str, &'static str),
    person: &str,
) -> Ground {
    let (estate, board, found, organisation) = {
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let estate = linli_territory::queries::resolve(c, district, code).await.unwrap().unwrap().path;
        let entrance = linli_territory::queries::resolve(c, district, &format!("{code}/1栋/1单元")).await.unwrap().unwrap().path;
        let board = linli_board::queries::code_of_place(c, district, &entrance).await.unwrap().unwrap();
        let found = linli_people::queries::person_by_code(c, district, person).await.unwrap().unwrap();
        let organisation: (uuid::Uuid,) =
            sql!(c, x => sqlx::query_as("SELECT id FROM organisation WHERE district_id = $1 AND name LIKE $2")
            .bind(district).bind(format!("{mark}%")).fetch_one(x).await)
            .unwrap();
        (estate, board.as_str().to_owned(), found.id, organisation.0)
    };
    let known = linli_identity::queries::account_by_login(
        ctx,
        &mut db.read().await.unwrap().conn(),
        &format!("u-{person}-{}", district.0),
    )
    .await
    .unwrap();
    let account = match known {
        Some(id) => id,
        None => account(ctx, db, district, person, &DoorRules::default()).await.0,
    };
    Ground {
        district,
        division,
        estate_code: code,
        estate,
        board,
        mark,
        person: found.to_string(),
        organisation: organisation.to_string(),
        account,
    }
}

/// Opens every account and lets no session of theirs end: what a walk closed is open again for the next.
pub async fn reopen(world: &World) {
    let mut tx = world.db.begin(DistrictId::CITY).await.unwrap();
    exec!(&mut tx.conn().unwrap(), sqlx::query("UPDATE account SET disabled_at = NULL")).unwrap();
    tx.commit().await.unwrap();
}
