//! Xuanwu with one home, three people, and the real router in front of it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_db::Db;
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_identity::door::Doorkeeper;
use linli_identity::model::{AccountId, DoorRules, Token};
use linli_identity::passwords::Passwords;
use linli_identity::{IdentityError, commands};
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_people::model::{AppointmentInput, PersonId, PersonInput};
use linli_territory::commands as territory;
use linli_territory::model::{EstateInput, HomeInput};
use linli_territory::{queries, reference};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort as _;
use linli_webkit::{Site, Texts};
use tower::ServiceExt as _;

pub const PASSWORD: &str = "Meiyuan-2026!";
/// Where the people of the house sign in.
pub const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A moment of November 2026, the hour sharp.
pub fn at(day: i8, hour: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, 0, 0, 0)).unwrap()
}

pub struct House {
    pub db: Db,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
    pub rules: DoorRules,
    pub passwords: Passwords,
    pub district: DistrictId,
    pub doorkeeper: Doorkeeper,
    router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// What a browser would send back.
    pub fn cookie(&self) -> String {
        let set = self.headers.get(SET_COOKIE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        set.split(';').next().unwrap_or_default().to_owned()
    }
}

impl House {
    pub async fn open(db: Db) -> Self {
        Self::with_rules(db, DoorRules::default()).await
    }

    /// With the limits that every site has, behind a trusted proxy.
    pub async fn limited(db: Db) -> Self {
        Self::built(db, DoorRules::default(), RateLimits::usual()).await
    }

    pub async fn with_rules(db: Db, rules: DoorRules) -> Self {
        Self::built(db, rules, RateLimits::new(&[])).await
    }

    async fn built(db: Db, rules: DoorRules, limits: RateLimits) -> Self {
        let (clock, rng) = (FakeClock::at(at(24, 9)), SeededRng::new(5));
        let district = lay_ground(&Ctx::system("test", clock.clone(), rng.clone()), &db).await;
        let passwords = Passwords::with_cost(8, 1, 4).unwrap();
        let texts = [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_people::TEXTS, linli_identity::TEXTS];
        let texts = Arc::new(Texts::new(&texts).unwrap());
        let doorkeeper = Doorkeeper::new(db.clone(), clock.clone(), rules);
        let rooms = linli_webkit::House::of(vec![linli_identity::pages::module()]);
        let hall = Hall::furnish(Furnishing {
            db: db.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(limits),
            sessions: doorkeeper.clone(),
            services: Services::default().with(Arc::new(rules)).with(Arc::new(passwords.clone())),
            nav: rooms.nav.clone(),
            base_url: "https://linli.example".into(),
        });
        let mut site = Site::plain(texts, clock.clone(), rng.clone());
        site.proxy = linli_webkit::Proxy::Trusted;
        let router = linli_webkit::open(rooms.router, hall, site).unwrap();
        Self { db, clock, rng, rules, passwords, district, doorkeeper, router }
    }

    pub fn ctx(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    pub fn visitor(&self) -> Ctx {
        Ctx { actor: Actor::Visitor, channel: Channel::Web, ..self.ctx() }
    }

    pub fn staff(&self, role: Role, district: DistrictId, place: PlacePath) -> Ctx {
        let actor = Actor::Staff {
            person: uuid::Uuid::from_u128(1),
            appointment: uuid::Uuid::from_u128(2),
            role,
            scope: Scope { district, place },
        };
        Ctx { actor, ..self.visitor() }
    }

    pub async fn path(&self, key: &str) -> PlacePath {
        let mut read = self.db.read().await.unwrap();
        queries::resolve(&mut read.conn(), self.district, key).await.unwrap().unwrap().path
    }

    pub async fn person(&self, code: &str) -> PersonId {
        let mut read = self.db.read().await.unwrap();
        linli_people::queries::person_by_code(&mut read.conn(), self.district, code).await.unwrap().unwrap().id
    }

    /// An account with [`PASSWORD`] for the person with this staff number; the login is the number in small letters.
    pub async fn account(&self, code: &str) -> AccountId {
        let person = self.person(code).await;
        let hash = self.passwords.hash(self.rng.as_ref(), PASSWORD).await.unwrap();
        let mut tx = self.db.begin(DistrictId::CITY).await.unwrap();
        let id = commands::create_account(&self.ctx(), &mut tx, self.district, person, &format!("Login-{code}")).await.unwrap();
        let link = commands::make_password_link(&self.ctx(), &mut tx, id, &self.rules).await.unwrap();
        commands::set_password_by_link(&self.visitor(), &mut tx, &link, &hash, HERE).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub async fn sign_in(&self, login: &str, password: &str) -> Result<Token, IdentityError> {
        self.sign_in_from(HERE, login, password).await
    }

    pub async fn sign_in_from(&self, from: IpAddr, login: &str, password: &str) -> Result<Token, IdentityError> {
        commands::sign_in(&self.visitor(), &self.db, &self.passwords, &self.rules, from, (login, password)).await
    }

    pub async fn actor(&self, token: &Token) -> Option<Actor> {
        self.signed(token).await.map(|s| s.actor)
    }

    pub async fn signed(&self, token: &Token) -> Option<Signed> {
        self.doorkeeper.resolve(&token.0).await.unwrap()
    }

    /// The role acted under; `None` when nobody is signed in or nothing is chosen.
    pub async fn role(&self, token: &Token) -> Option<Role> {
        match self.actor(token).await {
            Some(Actor::Staff { role, .. }) => Some(role),
            _ => None,
        }
    }

    pub async fn appoint(&self, rows: &[AppointmentInput]) {
        let mut tx = self.db.begin(self.district).await.unwrap();
        for answer in linli_people::commands::put_appointments(&self.ctx(), &mut tx, rows).await.unwrap() {
            answer.accepted().unwrap();
        }
        tx.commit().await.unwrap();
    }

    pub async fn kinds(&self) -> Vec<String> {
        let mut read = self.db.read().await.unwrap();
        let lines = linli_db::journal::after(&mut read.conn(), DistrictId::CITY, 0, 1_000).await.unwrap();
        lines.into_iter().map(|l| l.kind).collect()
    }

    pub async fn get(&self, uri: &str, cookie: &str) -> Answer {
        self.send(Request::get(uri).header(COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    /// As a browser goes to an address.
    pub async fn navigate(&self, uri: &str) -> Answer {
        self.send(Request::get(uri).header("Sec-Fetch-Mode", "navigate").body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, uri: &str, cookie: &str, form: &[(&str, &str)]) -> Answer {
        self.post_with(uri, cookie, &[], form).await
    }

    /// A form with headers of its own.
    pub async fn post_with(&self, uri: &str, cookie: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Answer {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
        let encode = |s: &str| {
            s.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect::<String>()
        };
        let body = form.iter().map(|(k, v)| format!("{k}={}", encode(v))).collect::<Vec<_>>().join("&");
        let request = Request::post(uri).header(COOKIE, cookie).header("Sec-Fetch-Site", "same-origin");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(body)).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: head.status, headers: head.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
}

pub fn post(person: &str, role: &str, place: &str) -> AppointmentInput {
    AppointmentInput {
        person_code: person.into(),
        organisation_name: None,
        role: role.into(),
        title: String::new(),
        place: place.into(),
        grid_code: None,
        public_phone: None,
        valid_from: at(1, 0),
        valid_to: None,
    }
}

/// P1 is a life steward, P2 a red steward and a guard, P3 holds nothing.
async fn lay_ground(ctx: &Ctx, db: &Db) -> DistrictId {
    let mut tx = db.begin(DistrictId::CITY).await.unwrap();
    let mut register = territory::division_register(ctx, &mut tx, &reference::XUANWU_SOURCE, false).await.unwrap();
    territory::put_divisions(ctx, &mut tx, &mut register, &reference::xuanwu_divisions().unwrap()).await.unwrap();
    let district = territory::open_district(ctx, &mut tx, "320102").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin(district).await.unwrap();
    let estate =
        EstateInput {
            code: "E1".into(), community: "320102002001".into(), name: "梅园一村".into(), ..EstateInput::default()
        };
    territory::put_estates(ctx, &mut tx, &[estate]).await.unwrap();
    let home = |room: &str| HomeInput {
        estate: "E1".into(),
        building: "3栋".into(),
        entrance: "1单元".into(),
        floor: None,
        room: room.into(),
        area: None,
    };
    territory::put_homes(ctx, &mut tx, &[home("101"), home("201")]).await.unwrap();
    let person = |code: &str, name: &str| PersonInput {
        code: code.into(),
        name: name.into(),
        organisation_kind: None,
        organisation_name: None,
        organisation_credit_code: None,
        work_phone: None,
    };
    let people = [person("P1", "陈桂兰"), person("P2", "周建国"), person("P3", "吴秀珍")];
    linli_people::commands::put_people(ctx, &mut tx, &people).await.unwrap();
    let posts = [post("P1", "life_steward", "E1/3栋/1单元"), post("P2", "red_steward", "E1"), post("P2", "guard", "E1")];
    for answer in linli_people::commands::put_appointments(ctx, &mut tx, &posts).await.unwrap() {
        answer.accepted().unwrap();
    }
    tx.commit().await.unwrap();
    district
}
