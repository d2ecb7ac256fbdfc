//! A small Xuanwu to look at: two communities, four estates, a handful of cases, an officer, a secretary, a steward.

mod ground;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use linli_access::{Actor, Ctx, Role, Scope};
use linli_calendar::Calendar;
use linli_cases::commands::{self, Finish, NewReport, Which};
use linli_cases::{CaseId, ContactVault, Office, Owner, PortFuture, StoredPhoto, WhoAnswers};
use linli_db::{BlobHash, Conn, Db, DbError};
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng, Ts};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_territory::queries;
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;
use uuid::Uuid;

/// A moment of November 2026, the hour sharp.
pub fn at(day: i8, hour: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, day).at(hour, 0, 0, 0)).unwrap()
}

/// The cookie says who it is: `linli=district_officer` and so on, at the place of the second part.
struct Doors {
    district: DistrictId,
    places: Vec<(&'static str, PlacePath)>,
}

impl SessionPort for Doors {
    type Signed = Signed;
    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let Some((role, at)) = token.split_once('@') else { return Ok(None) };
        let (Ok(role), Some((_, place))) = (role.parse::<Role>(), self.places.iter().find(|(key, _)| *key == at)) else {
            return Ok(None);
        };
        let district = if place.depth() == 0 { DistrictId::CITY } else { self.district };
        let scope = Scope { district, place: place.clone() };
        let actor = Actor::Staff { person: STEWARD, appointment: STEWARD, role, scope };
        Ok(Some(Signed { actor, name: "周敏".into(), place: "玄武区".into() }))
    }
}

const STEWARD: Uuid = Uuid::from_u128(7);

/// One steward has everything.
struct Roster;

impl WhoAnswers for Roster {
    fn answering<'a>(
        &'a self,
        _: &'a mut Conn<'_>,
        _: DistrictId,
        _: &'a PlacePath,
        _: Ts,
    ) -> PortFuture<'a, Result<Vec<(Owner, String)>, DbError>> {
        let owner = Owner { person: STEWARD, appointment: STEWARD, role: Role::LifeSteward };
        Box::pin(async { Ok(vec![(owner, "周敏".to_owned())]) })
    }
}

/// No contact is kept in these stories.
struct NoVault;

impl ContactVault for NoVault {
    fn seal(&self, plain: &str) -> Vec<u8> {
        plain.as_bytes().iter().rev().copied().collect()
    }
    fn open(&self, sealed: &[u8]) -> Option<String> {
        String::from_utf8(sealed.iter().rev().copied().collect()).ok()
    }
    fn seal_for(&self, record: &[u8], plain: &str) -> Vec<u8> {
        [record, &self.seal(plain)].concat()
    }
    fn open_for(&self, record: &[u8], sealed: &[u8]) -> Option<String> {
        sealed.strip_prefix(record).and_then(|sealed| self.open(sealed))
    }
    fn lookup_hash(&self, plain: &str) -> Vec<u8> {
        BlobHash::of(plain.as_bytes()).0.to_vec()
    }
}

pub struct House {
    pub db: Db,
    pub clock: Arc<FakeClock>,
    pub district: DistrictId,
    pub office: Arc<Office>,
    router: Router,
    rng: Arc<SeededRng>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get("location").and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

impl House {
    pub async fn new(db: Db) -> Self {
        let (clock, rng) = (FakeClock::at(at(1, 8)), SeededRng::new(1));
        let ctx = Ctx::system("test", clock.clone(), rng.clone());
        let district = ground::lay(&ctx, &db).await;
        let book = SharedRulebook::new(Rulebook::builtin(&linli_cases::rules::PACKS).unwrap());
        let office = Arc::new(Office::new(book, Calendar::builtin().unwrap(), Arc::new(Roster), Arc::new(NoVault)).unwrap());
        let places = ground::places(&db, district).await;
        let rooms = linli_webkit::House::of(vec![linli_situation::module(), linli_board::module()]);
        let texts = Texts::new(&[
            linli_webkit::i18n::SHARED_TEXTS,
            linli_hall::TEXTS,
            linli_record::TEXTS,
            linli_board::TEXTS,
            linli_situation::TEXTS,
        ])
        .unwrap();
        let live = Live::new(4);
        let hall = Hall::furnish(Furnishing {
            db: db.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            live,
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: Doors { district, places },
            services: Services::default()
                .with(Arc::new(linli_board::Boards::new(db.clone(), vec![])))
                .with::<Office>(office.clone()),
            nav: rooms.nav,
            base_url: "https://linli.example".into(),
        });
        tokio::spawn(hall.clone().announce());
        let router = linli_webkit::open(rooms.router, hall, Site::plain(Arc::new(texts), clock.clone(), rng.clone())).unwrap();
        Self { db, clock, district, office, router, rng }
    }

    pub fn ctx(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    pub async fn path(&self, key: &str) -> PlacePath {
        ground::at_key(&self.db, self.district, key).await
    }

    pub async fn report(&self, key: &str, words: &str) -> CaseId {
        let report = NewReport {
            place: self.path(key).await,
            class: None,
            description: words.into(),
            photos: vec![],
            phone: None,
            point_e7: None,
        };
        let mut tx = self.db.begin(self.district).await.unwrap();
        let reported =
            commands::report(&Ctx { actor: Actor::Visitor, ..self.ctx() }, &mut tx, &self.office, report).await.unwrap();
        tx.commit().await.unwrap();
        reported.id
    }

    /// The steward takes a case and says that it is done.
    pub async fn mend(&self, id: CaseId, key: &str) {
        let scope = Scope { district: self.district, place: self.path(key).await };
        let steward =
            Ctx { actor: Actor::Staff { person: STEWARD, appointment: STEWARD, role: Role::LifeSteward, scope }, ..self.ctx() };
        let mut tx = self.db.begin(self.district).await.unwrap();
        commands::take(&steward, &mut tx, &self.office, id).await.unwrap();
        let photo = StoredPhoto { hash: BlobHash([1; 32]), bytes: 10, thumb: BlobHash([2; 32]), thumb_bytes: 5 };
        let done = Finish { photos: vec![photo], no_photo_because: None, done: Some("换了灯泡".into()) };
        commands::finish(&steward, &mut tx, &self.office, id, done).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn confirm(&self, id: CaseId, key: &str) {
        let scope = Scope { district: self.district, place: self.path(key).await };
        let desk = Ctx {
            actor: Actor::Staff { person: Uuid::from_u128(9), appointment: Uuid::from_u128(9), role: Role::PropertyDesk, scope },
            channel: linli_access::Channel::Phone,
            ..self.ctx()
        };
        let mut tx = self.db.begin(self.district).await.unwrap();
        commands::confirm(&desk, &mut tx, &self.office, Which::Id(id), None).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Three reported long ago, one of them mended, one mended and confirmed; one reported today elsewhere.
    pub async fn busy(&self) {
        self.clock.set(at(9, 9));
        self.report("E1/3栋/1单元", "楼道灯不亮").await;
        let mended = self.report("E1/3栋/2单元", "楼道灯不亮").await;
        let confirmed = self.report("E2/1栋/1单元", "楼道灯不亮").await;
        self.mend(mended, "E1").await;
        self.mend(confirmed, "E2").await;
        self.confirm(confirmed, "E2").await;
        self.clock.set(at(24, 9));
        self.report("E3/1栋/1单元", "楼道灯不亮").await;
        let mut tx = self.db.begin(self.district).await.unwrap();
        commands::fold_figures(&mut tx, 10_000).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn get(&self, uri: &str, who: &str) -> Answer {
        let mut request = Request::get(uri).header("accept", "text/html");
        if !who.is_empty() {
            request = request.header("cookie", format!("linli={who}"));
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, text: String::from_utf8_lossy(&body).into_owned() }
    }

    /// The event stream of a page, still open.
    pub async fn stream(&self, uri: &str, who: &str) -> Body {
        let request = Request::get(uri).header("cookie", format!("linli={who}")).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap().into_body()
    }

    pub async fn spoken(&self, key: &str) -> String {
        let mut read = self.db.read().await.unwrap();
        let place = queries::resolve(&mut read.conn(), self.district, key).await.unwrap().unwrap();
        linli_situation::queries::spoken(&mut read.conn(), self.district, &place.path).await.unwrap()
    }
}
