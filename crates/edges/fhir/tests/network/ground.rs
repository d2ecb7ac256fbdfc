//! A small ground: two districts, a health centre and a hospital in the first, the leading hospital in the second, a key for each, and one
//! for an institution that is in no network.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_db::{Db, exec};
use linli_fhir::{Hooks, Room};
use linli_geo::Point;
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_identity::keys::{self, NewKey, Opens};
use linli_identity::vault::Vault;
use linli_kernel::{DistrictId, FakeClock, SeededRng, Ts};
use linli_people::model::OrganisationId;
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_treatment::commands::beds::{self, NewEntry};
use linli_treatment::commands::institutions::{self, NewInstitution, NewUnit};
use linli_treatment::commands::{grids, opening};
use linli_treatment::model::beds::{BedType, Change, EntryKind};
use linli_treatment::model::{GridKind, GridRef, InstitutionId, InstitutionKind, Level, UnitId, UnitKind};
use linli_treatment::rules::{BED_PACKS, NETWORK_PACKS};
use linli_treatment::{BedDesk, Network};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::{RateLimits, Rule};
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use serde_json::Value;
use tower::ServiceExt as _;
use uuid::Uuid;

pub const NEAR: DistrictId = DistrictId(1);
pub const FAR: DistrictId = DistrictId(2);

/// Runs a command in a transaction of its own.
macro_rules! act {
    ($ground:expr, $district:expr, $tx:ident => $command:expr) => {{
        let mut tx = $ground.db.begin($district).await.unwrap();
        let $tx = &mut tx;
        match $command.await {
            Ok(out) => {
                tx.commit().await.unwrap();
                Ok(out)
            }
            Err(error) => Err(error),
        }
    }};
}
pub(crate) use act;

/// A day of November 2026; the 24th is a Tuesday.
pub fn at(day: i8, hour: i8, minute: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, minute, 0, 0)).unwrap()
}

/// Nobody signs in here.
struct Nobody;

impl SessionPort for Nobody {
    type Signed = Signed;
    async fn resolve(&self, _token: &str) -> Result<Option<Signed>, AppError> {
        Ok(None)
    }
}

/// An institution with a unit, who keeps its beds, and the key of its system.
#[derive(Debug, Clone)]
pub struct Member {
    pub district: DistrictId,
    pub id: InstitutionId,
    pub unit: UnitId,
    pub key: String,
    number: u128,
}

pub struct Ground {
    pub db: Db,
    pub network: Arc<Network>,
    pub desk: Arc<BedDesk>,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
    vault: Vault,
    router: Router,
    /// The same where one may write once a minute.
    strict: Router,
    pub centre: Member,
    pub county: Member,
    pub lead: Member,
    pub grid: GridRef,
    /// A key of an institution that is in no network.
    pub stranger: String,
}

/// What came back.
pub struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    /// That it went well; gives the resource.
    pub fn fine(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// That it was refused with a resource that names an element; gives the code of the issue.
    pub fn refused(&self, status: u16, expression: &str) -> String {
        let outcome = self.json();
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(outcome["resourceType"], "OperationOutcome", "{outcome}");
        let issue = &outcome["issue"][0];
        let words = issue["details"]["text"].as_str().unwrap_or_default();
        assert!(!words.is_empty() && !words.starts_with("fhir-"), "{outcome}");
        assert_eq!(issue["expression"][0].as_str().unwrap_or_default(), expression, "{outcome}");
        issue["code"].as_str().unwrap().to_owned()
    }

    /// The ids of what was found, in their order, of one mode.
    pub fn ids(&self, mode: &str) -> Vec<String> {
        let bundle = self.fine(200);
        let of = |entry: &&Value| entry["search"]["mode"] == mode;
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        entries.iter().filter(of).map(|entry| entry["resource"]["id"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Ground {
    /// Tuesday 2026-11-24, 09:00 in Beijing.
    pub async fn lay(db: Db) -> Self {
        let (clock, rng) = (FakeClock::at(at(24, 9, 0)), SeededRng::new(7));
        let ctx = Ctx::system("test", clock.clone(), rng.clone());
        let packs: Vec<_> = linli_care::follow::rules::PACKS.into_iter().chain(BED_PACKS).chain(NETWORK_PACKS).collect();
        let book = SharedRulebook::new(Rulebook::builtin(&packs).unwrap());
        let vault = Vault::new(&[7; 32], rng.clone());
        let (network, desk) =
            (Arc::new(Network::new(book.clone()).unwrap()), Arc::new(BedDesk::new(book, vault.clone()).unwrap()));
        let hooks = hooks(&vault, (&desk, &network));
        let mut laid = Laid { db: db.clone(), ctx, network: network.clone(), number: 0 };
        laid.districts().await;
        let health = (InstitutionKind::HealthCentre, Level::Primary, UnitKind::FeverClinic);
        let centre = laid.member(NEAR, ("0001", "锁金村社区卫生服务中心"), health, (118.81, 32.08)).await;
        let hospital = (InstitutionKind::Hospital, Level::Second, UnitKind::Icu);
        let county = laid.member(NEAR, ("0002", "玄武区医院"), hospital, (118.80, 32.05)).await;
        let hospital = (InstitutionKind::Hospital, Level::Tertiary, UnitKind::Icu);
        let lead = laid.member(FAR, ("0003", "秦淮中心医院"), hospital, (118.79, 32.02)).await;
        let ctx = &laid.ctx;
        let begun = at(1, 0, 0);
        let grid = act!(laid, FAR, tx => grids::found(ctx, tx, ("G01", "第一网格", GridKind::General), lead.id, begun)).unwrap();
        for member in [&centre, &county] {
            act!(laid, NEAR, tx => grids::join(ctx, tx, member.id, grid, begun)).unwrap();
        }
        let day = jiff::civil::date(2026, 11, 1);
        act!(laid, NEAR, tx => opening::set_hours(ctx, tx, centre.unit, day, "周一至周五 8:00-17:00")).unwrap();
        let stranger = laid.stranger().await;
        let hall = Hall::furnish(Furnishing {
            db: db.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: Nobody,
            services: Services::default().with::<Network>(network.clone()).with::<BedDesk>(desk.clone()).with(hooks),
            nav: Vec::new(),
            base_url: "https://linli.example".into(),
        });
        let rooms = linli_webkit::House::of(vec![linli_fhir::module(&[Room::Treatment, Room::Notices])]);
        let texts = [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_treatment::TEXTS, linli_fhir::TEXTS];
        let site = Site {
            told: vec![(linli_fhir::ENDPOINT, linli_fhir::told)],
            ..Site::plain(Arc::new(Texts::new(&texts).unwrap()), clock.clone(), rng.clone())
        };
        let limits = Some(Arc::new(RateLimits::new(&[Rule::new("write", 1, 1)])));
        let strict = linli_webkit::open(rooms.router.clone(), hall.clone(), Site { limits, ..site.clone() }).unwrap();
        let router = linli_webkit::open(rooms.router, hall, site).unwrap();
        Self { db, network, desk, clock, rng, vault, router, strict, centre, county, lead, grid, stranger }
    }

    pub fn system(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    /// Those who tell the subscribers, as a process has them that was just started.
    pub fn hooks(&self) -> Arc<Hooks> {
        hooks(&self.vault, (&self.desk, &self.network))
    }

    /// Who keeps the beds of an institution.
    pub fn keeper(&self, of: &Member) -> Ctx {
        let place = if of.district == NEAR { "00000001" } else { "00000002" };
        let scope = Scope { district: of.district, place: place.parse().unwrap() };
        let (person, appointment) = (Uuid::from_u128(of.number), Uuid::from_u128(of.number + 1_000));
        let actor = Actor::Staff { person, appointment, role: Role::BedManager, scope };
        Ctx { actor, channel: Channel::Web, ..self.system() }
    }

    /// Tells the ledger how many there are.
    pub async fn beds(&self, of: &Member, counts: &[(EntryKind, i64)]) {
        let ctx = self.keeper(of);
        for (kind, amount) in counts {
            let (bed_type, change) = (BedType::Icu, Change::Level);
            let new = NewEntry {
                unit: of.unit,
                bed_type,
                kind: *kind,
                change,
                amount: *amount,
                within_hours: (*kind == EntryKind::Convertible).then_some(24),
                at: None,
                reason: None,
            };
            act!(self, of.district, tx => beds::enter(&ctx, tx, &self.desk, new)).unwrap();
        }
    }

    /// So many ICU beds with the people for them.
    pub async fn icu(&self, of: &Member, beds: i64) {
        let counts =
            [(EntryKind::InPlace, beds), (EntryKind::Open, beds), (EntryKind::Doctors, beds), (EntryKind::Nurses, 3 * beds)];
        self.beds(of, &counts).await;
    }

    /// A request with a key, and further headers.
    pub async fn with(&self, key: &str, method: &str, path: &str, body: Option<&Value>, more: &[(&str, &str)]) -> Got {
        let body = body.map(|body| ("application/fhir+json", body.to_string()));
        self.ask(key, (method, &format!("/fhir{path}")), body, more).await
    }

    /// A request to any address, with a body of any kind.
    pub async fn ask(&self, key: &str, (method, path): (&str, &str), body: Option<(&str, String)>, more: &[(&str, &str)]) -> Got {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}")).header("accept-language", "en");
        if let Some((kind, _)) = &body {
            request = request.header(header::CONTENT_TYPE, *kind);
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |(_, body)| Body::from(body));
        Self::answered(&self.router, request.body(body).unwrap()).await
    }

    /// What comes back of so many empty bundles where one may write once a minute: the last.
    pub async fn too_often(&self, key: &str, times: usize) -> Got {
        let mut last = None;
        for _ in 0..times {
            let request = Request::builder().method("POST").uri("/fhir").header(header::AUTHORIZATION, format!("Bearer {key}"));
            last = Some(Self::answered(&self.strict, request.body(Body::empty()).unwrap()).await);
        }
        last.unwrap()
    }

    async fn answered(router: &Router, request: Request<Body>) -> Got {
        let response = router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Got { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// What the system of the county hospital reads.
    pub async fn get(&self, path: &str) -> Got {
        self.with(&self.county.key, "GET", path, None, &[]).await
    }
}

/// The machine itself may be told, and nobody else inside.
fn hooks(vault: &Vault, (desk, network): (&Arc<BedDesk>, &Arc<Network>)) -> Arc<Hooks> {
    let inside = vec!["127.0.0.1".to_owned()];
    Arc::new(Hooks::new(vault.clone(), (desk.clone(), network.clone()), "https://linli.example", inside))
}

/// What is being laid.
struct Laid {
    db: Db,
    ctx: Ctx,
    network: Arc<Network>,
    number: u128,
}

impl Laid {
    async fn districts(&self) {
        let mut tx = self.db.begin(DistrictId::CITY).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let source = "INSERT INTO division_source (id, name, licence, data_date) VALUES (1, 'test', 'none', '2026-01-01')";
        exec!(c, sqlx::query(source)).unwrap();
        for (id, code, name, path) in [(1_i64, "320102", "玄武区", "00000001"), (2, "320104", "秦淮区", "00000002")] {
            let text = "INSERT INTO district (id, division, name, place_path, created_at) VALUES ($1, $2, $3, $4, 0)";
            exec!(c, sqlx::query(text).bind(id).bind(code).bind(name).bind(path)).unwrap();
            exec!(c, sqlx::query("INSERT INTO journal_counter (district_id, last_seq) VALUES ($1, 0)").bind(id)).unwrap();
            let text = "INSERT INTO division (code, place_path, name, named, source_id) VALUES ($1, $2, $3, TRUE, 1)";
            exec!(c, sqlx::query(text).bind(code).bind(path).bind(name)).unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn member(
        &mut self,
        district: DistrictId,
        (code, name): (&str, &str),
        (kind, level, unit): (InstitutionKind, Level, UnitKind),
        (lon, lat): (f64, f64),
    ) -> Member {
        self.number += 1;
        let (ctx, number) = (&self.ctx, self.number);
        let input = NewInstitution {
            code: code.to_owned(),
            name: name.to_owned(),
            kind,
            level,
            place: String::new(),
            address: format!("{name}路 1 号"),
            point: Some(Point::from_degrees(lon, lat).unwrap()),
            phone: "025-12345".to_owned(),
            capabilities: vec!["oxygen".to_owned(), "ventilation".to_owned()],
            valid_from: Some(at(1, 0, 0)),
        };
        let id = act!(self, district, tx => institutions::register(ctx, tx, &self.network, &input)).unwrap();
        let new = NewUnit {
            valid_from: Some(at(1, 0, 0)),
            ..NewUnit::of(unit, if unit == UnitKind::Icu { "重症医学科" } else { "发热门诊" })
        };
        let unit = act!(self, district, tx => institutions::add_unit(ctx, tx, &self.network, id, &new)).unwrap();
        let mut tx = self.db.begin(district).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let (person, appointment) = (Uuid::from_u128(number), Uuid::from_u128(number + 1_000));
        let text = "INSERT INTO person (district_id, id, code, name, organisation_id) VALUES ($1, $2, $3, '员工', $4)";
        exec!(c, sqlx::query(text).bind(district).bind(person).bind(format!("S{number}")).bind(id)).unwrap();
        let text = "INSERT INTO appointment (district_id, id, person_id, organisation_id, role, title, place_path, valid_from) \
                    VALUES ($1, $2, $3, $4, 'bed_manager', '', $5, 0)";
        let place = if district == NEAR { "00000001" } else { "00000002" };
        exec!(c, sqlx::query(text).bind(district).bind(appointment).bind(person).bind(id).bind(place)).unwrap();
        let new = NewKey { name, opens: Opens::Fhir, organisation: Some(OrganisationId(id.0)) };
        let key = keys::add(ctx, &mut tx, new).await.unwrap();
        tx.commit().await.unwrap();
        Member { district, id, unit, key: key.secret_text().to_owned(), number }
    }

    async fn stranger(&self) -> String {
        let mut tx = self.db.begin(NEAR).await.unwrap();
        let id = Uuid::from_u128(77);
        let text = "INSERT INTO organisation (district_id, id, kind, name) VALUES ($1, $2, 'health_station', '别处卫生站')";
        exec!(&mut tx.conn().unwrap(), sqlx::query(text).bind(NEAR).bind(id)).unwrap();
        let new = NewKey { name: "别处", opens: Opens::Fhir, organisation: Some(OrganisationId(id)) };
        let key = keys::add(&self.ctx, &mut tx, new).await.unwrap();
        tx.commit().await.unwrap();
        key.secret_text().to_owned()
    }
}
