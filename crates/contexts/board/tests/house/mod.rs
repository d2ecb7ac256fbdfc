//! A small house to tell the story in: one district, one estate, one entrance, the real router.

mod ground;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_board::commands::{self, PostNotice, SetPledge};
use linli_board::model::NoticeKind;
use linli_board::{BoardCase, BoardCode, BoardSection, Boards, SectionAnswer, queries};
use linli_db::{Conn, Db, Tx};
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_kernel::{DistrictId, FakeClock, PlacePath, SeededRng, Ts};
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

/// The cookie `linli=role` is somebody of that role in the community of the estate.
struct Doors {
    district: DistrictId,
    place: PlacePath,
}

impl SessionPort for Doors {
    type Signed = Signed;
    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let scope = Scope { district: self.district, place: self.place.clone() };
        let signed = |role| Signed {
            actor: Actor::Staff { person: Uuid::from_u128(1), appointment: Uuid::from_u128(2), role, scope },
            name: "周敏".into(),
            place: "社区".into(),
        };
        Ok(token.parse::<Role>().ok().map(signed))
    }
}

/// One broken lamp, until it is mended.
#[derive(Default)]
pub struct Lamp(AtomicBool);

impl Lamp {
    pub fn finish(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl BoardSection for Lamp {
    fn section<'a, 'c: 'a>(&'a self, _: &'a mut Conn<'c>, _: DistrictId, _: &'a PlacePath, now: Ts) -> SectionAnswer<'a> {
        let done = self.0.load(Ordering::SeqCst);
        Box::pin(async move {
            let case = BoardCase {
                number: "2026-00042".into(),
                title: "楼道灯不亮".into(),
                title_en: "Stair lamp out".into(),
                state_word_key: if done { "state-well" } else { "state-info" }.into(),
                state_kind: if done { "well" } else { "info" },
                promised: Some(at(25, 18)),
                solved: done.then_some(now),
            };
            Ok(vec![case])
        })
    }
}

pub struct House {
    pub db: Db,
    pub clock: Arc<FakeClock>,
    pub district: DistrictId,
    pub estate: PlacePath,
    pub entrance: PlacePath,
    pub deserted: PlacePath,
    pub section: Arc<Lamp>,
    router: Router,
    rng: Arc<SeededRng>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub bytes: usize,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

impl House {
    pub async fn open(db: Db, sections: Vec<Arc<dyn BoardSection>>) -> Self {
        let (clock, rng) = (FakeClock::at(at(24, 8)), SeededRng::new(1));
        let ground = ground::lay(&Ctx::system("test", clock.clone(), rng.clone()), &db).await;
        let texts = Arc::new(
            Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_record::TEXTS, linli_board::TEXTS]).unwrap(),
        );
        let boards = Arc::new(Boards::new(db.clone(), sections));
        let rooms = linli_webkit::House::of(vec![linli_board::module(), linli_record::module()]);
        let hall = Hall::furnish(Furnishing {
            db: db.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: Doors { district: ground.district, place: ground.estate.parent().unwrap() },
            services: Services::default().with(boards),
            nav: rooms.nav,
            base_url: "https://linli.example".into(),
        });
        let router = linli_webkit::open(rooms.router, hall, Site::plain(texts, clock.clone(), rng.clone())).unwrap();
        let ground::Ground { district, estate, entrance, deserted } = ground;
        Self { db, clock, district, estate, entrance, deserted, section: Arc::default(), router, rng }
    }

    /// With boards, a pledge, a duty phone, a notice and a broken lamp.
    pub async fn furnished(db: Db) -> Self {
        let lamp: Arc<Lamp> = Arc::default();
        let mut house = Self::open(db, vec![lamp.clone()]).await;
        house.section = lamp;
        let ctx = house.ctx();
        let mut tx = house.begin().await;
        commands::ensure_codes(&ctx, &mut tx, &[house.estate.clone(), house.entrance.clone(), house.deserted.clone()])
            .await
            .unwrap();
        let pledge = SetPledge {
            place: house.estate.clone(),
            text: Some("接到报修 30 分钟内到场,小修当日完成。".into()),
            duty_phone: Some("025-0000-0100".into()),
            valid_from: None,
            valid_to: None,
        };
        commands::set_pledge(&ctx, &mut tx, pledge).await.unwrap();
        let notice = PostNotice {
            place: house.estate.clone(),
            kind: NoticeKind::PlannedWork,
            title: "11 月 26 日水箱清洗,上午停水".into(),
            body: "11 月 26 日 8:30 至 11:30 清洗二次供水水箱,期间停水。\n\n请提前储水,给您带来不便请谅解。".into(),
            signed: "锁金三村社区居委会".into(),
            starts_at: None,
            ends_at: Some(at(27, 0)),
        };
        commands::post(&ctx, &mut tx, notice).await.unwrap();
        tx.commit().await.unwrap();
        house
    }

    pub async fn begin(&self) -> Tx {
        self.db.begin(self.district).await.unwrap()
    }

    pub fn ctx(&self) -> Ctx {
        Ctx::system("test", self.clock.clone(), self.rng.clone())
    }

    pub fn ctx_with_seed(&self, seed: u64) -> Ctx {
        Ctx::system("test", self.clock.clone(), SeededRng::new(seed))
    }

    pub fn staff(&self, role: Role, place: &PlacePath) -> Ctx {
        let scope = Scope { district: self.district, place: place.clone() };
        Ctx {
            actor: Actor::Staff { person: Uuid::from_u128(1), appointment: Uuid::from_u128(2), role, scope },
            channel: Channel::Web,
            ..self.ctx()
        }
    }

    pub async fn titles(&self, place: &PlacePath) -> Vec<String> {
        let mut read = self.db.read().await.unwrap();
        let now = linli_kernel::Clock::now(self.clock.as_ref());
        queries::notices_now(&mut read.conn(), self.district, place, now, 20)
            .await
            .unwrap()
            .into_iter()
            .map(|n| n.title)
            .collect()
    }

    pub async fn pledge(&self, place: &PlacePath) -> (Option<String>, Option<String>) {
        let mut read = self.db.read().await.unwrap();
        let now = linli_kernel::Clock::now(self.clock.as_ref());
        let pledge = queries::pledge_at(&mut read.conn(), self.district, place, now).await.unwrap();
        let duty = queries::duty_phone_at(&mut read.conn(), self.district, place, now).await.unwrap();
        (pledge, duty.map(|d| d.phone))
    }

    pub async fn code(&self, place: &PlacePath) -> BoardCode {
        let mut read = self.db.read().await.unwrap();
        queries::code_of_place(&mut read.conn(), self.district, place).await.unwrap().unwrap()
    }

    /// The lines of this room.
    pub async fn journal(&self) -> Vec<linli_db::StoredLine> {
        let mut read = self.db.read().await.unwrap();
        let lines = linli_db::journal::after(&mut read.conn(), self.district, 0, 100).await.unwrap();
        lines.into_iter().filter(|line| line.kind.starts_with("board.")).collect()
    }

    pub async fn journal_kinds(&self) -> Vec<String> {
        self.journal().await.into_iter().map(|line| line.kind).collect()
    }

    pub async fn get(&self, uri: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn submit(&self, uri: &str, who: &str, form: &str) -> Answer {
        let request = Request::post(uri)
            .header("cookie", format!("linli={who}"))
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, bytes: body.len(), text: String::from_utf8_lossy(&body).into_owned() }
    }

    /// Waits until it is so; the test's own time limit ends a wait in vain.
    pub async fn until(&self, is_so: impl AsyncFn() -> bool) {
        for _ in 0..2_000 {
            if is_so().await {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("it never came to be so");
    }
}
