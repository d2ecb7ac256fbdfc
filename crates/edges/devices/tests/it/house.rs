//! A small house: one district with two estates, somebody who watches and writes down what came.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use ::http::{Request, StatusCode, header};
use axum::Router;
use axum::body::Body;
use http_body_util::BodyExt as _;
use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_calendar::Calendar;
use linli_cases::{ContactVault, Neighbours, Office, Owner, PortFuture as CasesFuture, StaffCard, WhoAnswers};
use linli_db::{BlobHash, Conn, Db, DbError, exec};
use linli_devices::model::{DeviceId, DeviceKind, NewDevice};
use linli_devices::{Agreed, Devices, Ears, Person, PortFuture, Shut, Sign, SignsDoor, Verdict, commands};
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_identity::vault::Vault;
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_watch::ShortId;
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;
use uuid::Uuid;

pub const DISTRICT: DistrictId = DistrictId(1);
pub const DISTRICT_PATH: &str = "00000001";
pub const ENTRANCE: &str = "0000000100010001000100010001";
pub const HOME: &str = "00000001000100010001000100010001";
pub const OTHER_ENTRANCE: &str = "0000000100010001000200010001";

pub fn path(text: &str) -> PlacePath {
    text.parse().unwrap()
}

pub fn person(n: u128) -> Person {
    Person { district: DISTRICT, id: Uuid::from_u128(n) }
}

pub fn short(n: u128) -> ShortId {
    ShortId::of(n)
}

/// Monday 2026-11-23, 07:59 in Beijing, Unix seconds.
pub const NOW: i64 = 1_795_391_940;

/// Watches whoever it was told to, as the watch would: the newest sign counts, older ones are no news.
#[derive(Default)]
pub struct Watching {
    pub agreed: Mutex<HashMap<ShortId, Option<i64>>>,
    pub taken: Mutex<Vec<Sign>>,
    pub calls: Mutex<usize>,
    pub shut: Mutex<Option<Shut>>,
    /// Who was said to be heard by nothing (any more), or by something again, in order.
    pub unheard: Mutex<Vec<(Person, bool)>>,
    /// What was said last of whom.
    pub ears: Mutex<HashMap<Person, Ears>>,
    /// Numbers that nobody has.
    pub strangers: Mutex<HashSet<Person>>,
    /// Who did not agree that faces are used.
    pub faceless: Mutex<HashSet<Person>>,
    pub now: Mutex<i64>,
}

impl Watching {
    pub fn agree(&self, people: &[u128]) {
        self.agreed.lock().unwrap().extend(people.iter().map(|n| (short(*n), None)));
    }

    pub fn signs(&self) -> Vec<Sign> {
        self.taken.lock().unwrap().clone()
    }

    fn judge(&self, sign: &Sign) -> Verdict {
        let mut agreed = self.agreed.lock().unwrap();
        let Some(last) = agreed.get_mut(&sign.person) else { return Verdict::NoConsent };
        if sign.at > *self.now.lock().unwrap() + 300 {
            return Verdict::Future;
        }
        if last.is_some_and(|last| last >= sign.at) {
            return Verdict::Repeated;
        }
        *last = Some(sign.at);
        self.taken.lock().unwrap().push(*sign);
        Verdict::Counted
    }
}

impl SignsDoor for Watching {
    fn take(&self, signs: Vec<Sign>) -> PortFuture<'_, Result<Vec<Verdict>, Shut>> {
        Box::pin(async move {
            if let Some(shut) = *self.shut.lock().unwrap() {
                return Err(shut);
            }
            *self.calls.lock().unwrap() += 1;
            Ok(signs.iter().map(|sign| self.judge(sign)).collect())
        })
    }

    fn heard_by<'a>(&'a self, people: &'a [Ears]) -> PortFuture<'a, Result<(), Shut>> {
        Box::pin(async move {
            let mut known = self.ears.lock().unwrap();
            for ears in people {
                let before = known.insert(ears.person, *ears).map(|before| before.living.is_empty());
                if before.unwrap_or(false) != ears.living.is_empty() {
                    self.unheard.lock().unwrap().push((ears.person, ears.living.is_empty()));
                }
            }
            Ok(())
        })
    }

    fn who<'a, 'c: 'a>(&'a self, _: &'a mut Conn<'c>, person: Person) -> PortFuture<'a, Result<Option<Agreed>, DbError>> {
        Box::pin(async move {
            let known = !self.strangers.lock().unwrap().contains(&person);
            Ok(known.then(|| Agreed { faces: !self.faceless.lock().unwrap().contains(&person) }))
        })
    }

    fn faces<'a, 'c: 'a>(&'a self, _: &'a mut Conn<'c>, _: DistrictId) -> PortFuture<'a, Result<HashSet<Uuid>, DbError>> {
        Box::pin(async move {
            let faceless = self.faceless.lock().unwrap();
            Ok((1..100).map(person).filter(|one| !faceless.contains(one)).map(|one| one.id).collect())
        })
    }
}

struct Roster;

impl WhoAnswers for Roster {
    fn answering<'a>(
        &'a self,
        _: &'a mut Conn<'_>,
        _: DistrictId,
        _: &'a PlacePath,
        _: Ts,
    ) -> CasesFuture<'a, Result<Vec<(Owner, String)>, DbError>> {
        let id = Uuid::from_u128;
        Box::pin(async move {
            Ok(vec![
                (Owner { person: id(11), appointment: id(12), role: Role::LifeSteward }, "隋管家".to_owned()),
                (Owner { person: id(5), appointment: id(6), role: Role::PropertyDesk }, "单值班".to_owned()),
            ])
        })
    }
}

struct Box1;

impl ContactVault for Box1 {
    fn seal(&self, plain: &str) -> Vec<u8> {
        plain.bytes().map(|b| b.wrapping_add(1)).collect()
    }
    fn open(&self, sealed: &[u8]) -> Option<String> {
        String::from_utf8(sealed.iter().map(|b| b.wrapping_sub(1)).collect()).ok()
    }
    fn seal_for(&self, record: &[u8], plain: &str) -> Vec<u8> {
        [record, &self.seal(plain)].concat()
    }
    fn open_for(&self, record: &[u8], sealed: &[u8]) -> Option<String> {
        self.open(sealed.strip_prefix(record)?)
    }
    fn lookup_hash(&self, plain: &str) -> Vec<u8> {
        BlobHash::of(plain.as_bytes()).0.to_vec()
    }
}

pub struct Street;

impl Neighbours for Street {
    fn place_of_code<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: &'a str,
    ) -> CasesFuture<'a, Result<Option<(DistrictId, PlacePath)>, DbError>> {
        Box::pin(async { Ok(None) })
    }
    fn place_of_key<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        key: &'a str,
    ) -> CasesFuture<'a, Result<Option<PlacePath>, DbError>> {
        Box::pin(async move { Ok(key.parse().ok()) })
    }
    fn place_name<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        _: &'a PlacePath,
    ) -> CasesFuture<'a, Result<String, DbError>> {
        Box::pin(async { Ok("锁金三村 3栋 2单元".to_owned()) })
    }
    fn staff<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        _: Uuid,
    ) -> CasesFuture<'a, Result<Option<StaffCard>, DbError>> {
        Box::pin(async { Ok(None) })
    }
}

/// `admin` is the administrator, `steward` a life steward.
struct Sessions;

impl SessionPort for Sessions {
    type Signed = Signed;
    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let role = match token {
            "admin" => Role::Administrator,
            "steward" => Role::LifeSteward,
            _ => return Ok(None),
        };
        Ok(Some(Signed { actor: staff(role), name: "员工".to_owned(), place: String::new() }))
    }
}

fn staff(role: Role) -> Actor {
    let scope = Scope { district: DISTRICT, place: path(DISTRICT_PATH) };
    Actor::Staff { person: Uuid::from_u128(8), appointment: Uuid::from_u128(9), role, scope }
}

pub struct House {
    pub db: Db,
    pub devices: Arc<Devices>,
    pub watching: Arc<Watching>,
    pub office: Arc<Office>,
    pub clock: Arc<FakeClock>,
    pub rng: Arc<SeededRng>,
    router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub retry_after: Option<String>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl House {
    pub async fn new(db: Db) -> Self {
        let watching = Arc::new(Watching::default());
        *watching.now.lock().unwrap() = NOW;
        Self { watching: watching.clone(), ..Self::with(db, watching, NOW).await }
    }

    /// A house before a door of the test's own, at an instant in Unix seconds.
    pub async fn with(db: Db, door: Arc<dyn SignsDoor>, now: i64) -> Self {
        let mut tx = db.begin(DistrictId::CITY).await.unwrap();
        let c = &mut tx.conn().unwrap();
        exec!(
            c,
            sqlx::query(
                "INSERT INTO district (id, division, name, place_path, created_at) VALUES (1, '320102', '玄武区', $1, 0)"
            )
            .bind(DISTRICT_PATH)
        )
        .unwrap();
        exec!(c, sqlx::query("INSERT INTO journal_counter (district_id, last_seq) VALUES (1, 0)")).unwrap();
        tx.commit().await.unwrap();
        let (clock, rng) = (FakeClock::at(Ts(now * 1_000_000)), SeededRng::new(7));
        let vault = Vault::new(&[7; 32], rng.clone());
        let book = SharedRulebook::new(Rulebook::builtin(&linli_devices::rules::PACKS).unwrap());
        let devices = Arc::new(Devices::new(db.clone(), clock.clone(), vault, book, door));
        let cases = SharedRulebook::new(Rulebook::builtin(&linli_cases::rules::PACKS).unwrap());
        let office = Arc::new(Office::new(cases, Calendar::builtin().unwrap(), Arc::new(Roster), Arc::new(Box1)).unwrap());
        let router = router(&db, &clock, &rng, &devices);
        listen(&db, &devices);
        Self { db, devices, watching: Arc::default(), office, clock, rng, router }
    }

    pub fn ctx(&self, actor: Actor) -> Ctx {
        Ctx {
            actor,
            channel: Channel::Web,
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            request_id: "test".to_owned(),
            idempotency_key: None,
        }
    }

    pub fn admin(&self) -> Ctx {
        self.ctx(staff(Role::Administrator))
    }

    pub fn steward(&self) -> Ctx {
        self.ctx(staff(Role::LifeSteward))
    }

    pub fn system(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    /// Time passes, for the devices and for the watch.
    pub fn pass(&self, secs: i64) {
        self.clock.advance_secs(secs);
        *self.watching.now.lock().unwrap() += secs;
    }

    /// Keeps a device; gives its id and token. `people`: labels and who they are.
    pub async fn device(&self, new: NewDevice, people: &[(&str, u128)]) -> (DeviceId, String) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        let (id, token) = commands::add(&self.admin(), &mut tx, &self.devices, new).await.unwrap();
        for (label, n) in people {
            commands::map(&self.admin(), &mut tx, &self.devices, id, (label, person(*n).id)).await.unwrap();
        }
        tx.commit().await.unwrap();
        self.devices.missed();
        (id, token.secret_text().to_owned())
    }

    pub async fn gateway(&self, people: &[(&str, u128)]) -> String {
        self.device(device(DeviceKind::Gateway, "网关"), people).await.1
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let retry_after = response.headers().get(header::RETRY_AFTER).map(|v| v.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, retry_after, text: String::from_utf8_lossy(&body).into_owned() }
    }

    pub async fn signs(&self, token: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post("/api/v1/devices/signs").header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn push(&self, token: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(format!("/api/v1/devices/hikvision/{token}")).header(header::CONTENT_TYPE, kind);
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn get(&self, uri: &str, who: &str) -> Answer {
        let request = Request::get(uri).header(header::COOKIE, format!("linli={who}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, uri: &str, who: &str, form: &str) -> Answer {
        let request = Request::post(uri)
            .header(header::COOKIE, format!("linli={who}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub async fn sweep(&self) -> u64 {
        commands::sweep_silent(&self.system(), &self.db, &self.devices, (&self.office, &Street), DISTRICT).await.unwrap()
    }

    pub async fn beat(&self) {
        commands::beat(&self.system(), &self.db, &self.devices).await.unwrap();
    }

    pub async fn flush(&self) {
        commands::flush(&self.system(), &self.db, &self.devices).await.unwrap();
    }

    /// What was dropped of a device, by reason.
    pub async fn dropped(&self, id: DeviceId) -> HashMap<String, i64> {
        self.flush().await;
        let mut read = self.db.read().await.unwrap();
        let listed = linli_devices::queries::device(&self.admin(), &mut read.conn(), DISTRICT, id).await.unwrap();
        listed.dropped.into_iter().map(|row| (row.why, row.n)).collect()
    }
}

pub fn device(kind: DeviceKind, name: &str) -> NewDevice {
    NewDevice {
        place: path(ENTRANCE),
        kind,
        name: name.to_owned(),
        means: None,
        topic: kind.by_broker().then(|| format!("test/{name}")),
        source: None,
        owner: "物业公司".to_owned(),
        permitted_at: None,
        sign_posted: true,
        filing_no: None,
    }
}

fn router(db: &Db, clock: &Arc<FakeClock>, rng: &Arc<SeededRng>, devices: &Arc<Devices>) -> Router {
    let calendar = (
        include_str!("../../../../foundation/calendar/locales/zh-CN.ftl"),
        include_str!("../../../../foundation/calendar/locales/en.ftl"),
    );
    let texts = [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, calendar, linli_cases::TEXTS, linli_devices::TEXTS];
    let texts = Texts::new(&texts).unwrap();
    let neighbours: Arc<dyn Neighbours> = Arc::new(Street);
    let hall = Hall::furnish(Furnishing {
        db: db.clone(),
        clock: clock.clone(),
        rng: rng.clone(),
        live: Live::new(4),
        darkroom: Darkroom::new(1),
        limits: Arc::new(RateLimits::usual()),
        sessions: Sessions,
        services: Services::default().with(devices.clone()).with(neighbours),
        nav: linli_devices::module().nav,
        base_url: "https://linli.example".into(),
    });
    let rooms = linli_webkit::House::of(vec![linli_devices::module()]);
    let site = Site {
        limits: Some(Arc::new(RateLimits::usual())),
        busy: linli_devices::BUSY.to_vec(),
        ..Site::plain(Arc::new(texts), clock.clone(), rng.clone())
    };
    linli_webkit::open(rooms.router, hall, site).unwrap()
}

fn listen(db: &Db, devices: &Arc<Devices>) {
    let (mut heard, devices) = (db.subscribe(), devices.clone());
    tokio::spawn(async move {
        while let Ok(line) = heard.recv().await {
            devices.heard(&line).await;
        }
    });
}
