//! The pages, through the real router: a referral on a phone, taken in with a bed in two taps.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use linli_db::Db;
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_treatment::BedDesk;
use linli_treatment::model::beds::{BedType, EntryKind};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;

use crate::house::{
    ALL, COORDINATOR, COUNTY_BEDS, DOCTOR, House, LEAD, LEAD_BEDS, LEAD_ICU, LEAD_WARD, NEXT_BEDS, OFFICER, SECRETARY, STRANGER,
    Staff, at, count,
};

/// The number of a member of staff is the session.
struct Sessions(Arc<House>);

impl SessionPort for Sessions {
    type Signed = Signed;
    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let who = ALL.iter().find(|s| s.number.to_string() == token);
        Ok(who.map(|who| Signed { actor: self.0.staff(*who).actor, name: format!("员工{}", who.number), place: String::new() }))
    }
}

pub struct Web {
    pub house: Arc<House>,
    router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub text: String,
}

impl Web {
    pub async fn open(db: Db) -> Self {
        let house = Arc::new(House::new(db).await);
        let texts = [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_treatment::TEXTS];
        let hall = Hall::furnish(Furnishing {
            db: house.db.clone(),
            clock: house.clock.clone(),
            rng: house.rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: Sessions(house.clone()),
            services: Services::default().with::<BedDesk>(house.desk.clone()),
            nav: linli_treatment::module().nav,
            base_url: "https://linli.example".into(),
        });
        let rooms = linli_webkit::House::of(vec![linli_treatment::module()]);
        let site = Site::plain(Arc::new(Texts::new(&texts).unwrap()), house.clock.clone(), house.rng.clone());
        Self { router: linli_webkit::open(rooms.router, hall, site).unwrap(), house }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let location = response.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, text: String::from_utf8_lossy(&body).into_owned() }
    }

    pub async fn get(&self, uri: &str, who: Staff) -> Answer {
        self.send(Request::get(uri).header(header::COOKIE, format!("linli={}", who.number)).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, uri: &str, who: Staff, form: &str) -> Answer {
        let request = Request::post(uri)
            .header(header::COOKIE, format!("linli={}", who.number))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }
}

/// 张奶奶, saturation 92, needs a ventilator.
pub const ZHANG: &str = "name=%E5%BC%A0%E5%A5%B6%E5%A5%B6&id_number=320102194405010020&born=1944-05-01&phone=13900000000\
    &condition=%E6%B0%94%E4%BF%83&spo2=92&direction=up&bed_type=icu&need=high_flow&need=ventilation";

linli_db::both_databases! {
    async fn a_referral_on_a_phone_and_a_bed_in_two_taps(db: Db) {
        let web = Web::open(db).await;
        web.house.icu(LEAD_BEDS, LEAD_ICU, 2).await;
        assert_eq!(web.get("/referrals/new", DOCTOR).await.status, StatusCode::OK);
        let look = web.post("/referrals/new", DOCTOR, &format!("{ZHANG}&step=look")).await;
        assert_eq!(look.status, StatusCode::OK);
        for words in ["建议：危重", "静息血氧低于界值", "需要机械通气或 ECMO", "NEWS2", "规则未核实"] {
            assert!(look.text.contains(words), "{words}");
        }
        let form = web.get("/referrals/new", DOCTOR).await.text;
        for code in ["ventilation", "non_invasive", "ct", "infusion", "rehabilitation"] {
            assert!(form.contains(&format!("name=\"need\" value=\"{code}\"")), "{code}");
        }
        let miracles = web.post("/referrals/new", DOCTOR, &format!("{ZHANG}&need=miracles&severity=severe&consent=family")).await;
        assert!(miracles.status == StatusCode::UNPROCESSABLE_ENTITY && miracles.text.contains("href=\"#f-need\""), "{}", miracles.text);
        let child = ZHANG.replace("born=1944-05-01", "born=2026-10-05").replace("spo2=92", "spo2=98&breaths=45").replace("&need=ventilation", "");
        let look = web.post("/referrals/new", DOCTOR, &format!("{child}&step=look")).await.text;
        assert!(look.contains("建议：一般") && look.contains("按儿童的年龄界值判断"), "{look}");
        let fast = web.post("/referrals/new", DOCTOR, &format!("{}&step=look", child.replace("breaths=45", "breaths=61"))).await.text;
        assert!(fast.contains("建议：重症") && fast.contains("呼吸 ≥60 次/分"), "{fast}");
        let undecided = web.post("/referrals/new", DOCTOR, &format!("{ZHANG}&consent=family")).await;
        assert_eq!(undecided.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(undecided.text.contains("href=\"#f-severity\"") && undecided.text.contains("张奶奶"), "what was typed stays");
        let odd = web.post("/referrals/new", DOCTOR, &format!("{}&severity=severe&consent=family", ZHANG.replace("spo2=92", "spo2=920"))).await;
        assert!(odd.text.contains("href=\"#f-spo2\""), "{}", odd.text);
        let sent = web.post("/referrals/new", DOCTOR, &format!("{ZHANG}&severity=severe&consent=family")).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        let track = web.get(&sent.location, DOCTOR).await;
        for words in ["对方已收到", "秦淮中心医院", "绿色通道", "张奶奶", "评分建议"] {
            assert!(track.text.contains(words), "{words}: {}", track.text);
        }
        let twice = web.post("/referrals/new", DOCTOR, &format!("{ZHANG}&severity=severe&consent=family")).await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        assert!(twice.text.contains(&format!("href=\"{}\"", sent.location)), "leads to the one that is open");
        let elsewhere = web.post("/referrals/new", NEXT_BEDS, &format!("{ZHANG}&severity=severe&consent=family")).await;
        assert!(elsewhere.status == StatusCode::CONFLICT && !elsewhere.text.contains(&sent.location), "another district is told no address");
        // The bed manager: the inbox, one tap on the form that has the bed chosen.
        let inbox = web.get("/inbound", LEAD_BEDS).await;
        assert!(inbox.text.contains("张奶奶") && inbox.text.contains("来自锁金村社区卫生服务中心") && inbox.text.contains("空 2 张"));
        let id = sent.location.rsplit('/').next().unwrap();
        let bed = format!("do=accept&bed={}/icu&guest_of={}", LEAD_ICU, LEAD_WARD);
        web.house.enter(LEAD_BEDS, count(LEAD_WARD, BedType::Ward, EntryKind::Open, 9)).await.unwrap();
        let inbox_again = web.get("/inbound", LEAD_BEDS).await.text;
        assert!(!inbox_again.contains(&format!("value=\"{LEAD_WARD}/ward\"")), "a bed that does not meet the need is not offered");
        let accepted = web.post(&format!("/inbound/{id}/1"), LEAD_BEDS, &bed).await;
        assert_eq!((accepted.status, accepted.location.as_str()), (StatusCode::SEE_OTHER, "/inbound"), "{}", accepted.text);
        assert!(web.get(&sent.location, DOCTOR).await.text.contains("已接收，床位已留"));
        let board = web.get("/beds", LEAD_BEDS).await;
        assert!(board.text.contains("空 1 张") && board.text.contains("留到"), "{}", board.text);
        assert!(board.text.contains("借床，") && inbox.text.contains("由哪个科室负责"), "the department that answers is named: {}", board.text);
        let gone = web.post(&format!("{}/go-on", sent.location), DOCTOR, "next=depart").await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text);
        let arrived = web.post(&format!("/inbound/{id}/1"), COORDINATOR, "do=arrive").await;
        assert_eq!(arrived.status, StatusCode::SEE_OTHER, "{}", arrived.text);
        let track = web.get(&sent.location, DOCTOR).await.text;
        assert!(track.contains("已到达") && !track.contains("referral-line-"), "{track}");
        let again = web.post("/referrals/new", DOCTOR, &format!("{ZHANG}&severity=severe&consent=family")).await;
        assert!(again.status == StatusCode::CONFLICT && again.text.contains("患者已在那张单的床位上"), "{}", again.text);
        let ended = web.post(&format!("/inbound/{id}/1"), LEAD_BEDS, "do=complete&outcome=home").await;
        assert_eq!(ended.status, StatusCode::SEE_OTHER);
        assert!(web.get("/inbound", LEAD_BEDS).await.text.contains("没有等待接收的患者"));
        web.house.whole().await;
    }

    async fn a_critical_patient_is_not_refused_and_a_slip_is_shown(db: Db) {
        let web = Web::open(db).await;
        let sent = web.post("/referrals/new", DOCTOR, &format!("{ZHANG}&severity=critical&consent=law")).await;
        let id = sent.location.rsplit('/').next().unwrap();
        let refused = web.post(&format!("/inbound/{id}/1"), LEAD_BEDS, "do=decline&reason=no_bed").await;
        assert!(refused.status == StatusCode::CONFLICT && refused.text.contains("请先接收、稳定生命体征"), "{}", refused.text);
        let taken = web.post(&format!("/inbound/{id}/1"), LEAD_BEDS, "do=accept").await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
        let entries = format!("/beds/{LEAD}/entries");
        let form = format!("unit={LEAD_ICU}&bed_type=icu&kind=open&change=level&amount=");
        assert_eq!(web.post(&entries, LEAD_BEDS, &format!("{form}8")).await.status, StatusCode::SEE_OTHER);
        let slip = web.post(&entries, LEAD_BEDS, &format!("{form}80000")).await;
        assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains("href=\"#f-amount\""));
        assert!(slip.text.contains("value=\"80000\""), "what was typed stays");
        let board = web.get("/beds", LEAD_BEDS).await;
        assert!(board.text.contains("在岗医师未报"), "unknown is said to be unknown");
        let none = |page: &str, kind: &str, told: &str| page.contains(&format!("<dt>{kind}</dt><dd class=\"num\">{told}</dd>"));
        assert!(none(&board.text, "占用", "未报") && none(&board.text, "停用", "未报"), "what nobody told is no zero: {}", board.text);
        web.house.enter(LEAD_BEDS, count(LEAD_ICU, BedType::Icu, EntryKind::Occupied, 0)).await.unwrap();
        let board = web.get("/beds", LEAD_BEDS).await.text;
        assert!(none(&board, "占用", "0") && none(&board, "停用", "未报"), "{board}");
    }

    /// Every entry is kept: the board as it stood at any instant, with the ledger up to then.
    async fn a_past_instant_is_looked_up(db: Db) {
        let web = Web::open(db).await;
        web.house.icu(LEAD_BEDS, LEAD_ICU, 8).await;
        web.house.clock.set(at(24, 12, 0));
        web.house.enter(LEAD_BEDS, count(LEAD_ICU, BedType::Icu, EntryKind::Open, 5)).await.unwrap();
        let page = format!("/beds/{LEAD}");
        let board = web.get(&page, LEAD_BEDS).await.text;
        assert!(board.contains(&format!("href=\"{page}?at=\"")) && board.contains("空 5 张"), "{board}");
        let then = web.get(&format!("{page}?at=2026-11-24T10:00"), LEAD_BEDS).await;
        assert_eq!(then.status, StatusCode::OK);
        for words in ["空 8 张", "重症医学科 · 重症监护 · 开放：盘点为 8", "type=\"datetime-local\" value=\"2026-11-24T10:00\""] {
            assert!(then.text.contains(words), "{words}: {}", then.text);
        }
        assert!(!then.text.contains("盘点为 5"), "{}", then.text);
        let zoned = web.get(&format!("{page}?at=2026-11-24T02:00:00Z"), LEAD_BEDS).await.text;
        assert!(zoned.contains("空 8 张") && zoned.contains("value=\"2026-11-24T10:00\"") && zoned.contains("2026年11月24日 10:00"), "{zoned}");
        let now = web.get(&format!("{page}?at="), LEAD_BEDS).await.text;
        assert!(now.contains("空 5 张") && now.contains("盘点为 5") && now.contains("盘点为 8"), "{now}");
        let before = web.get(&format!("{page}?at=2026-11-24T08:00"), LEAD_BEDS).await.text;
        assert!(before.contains("那时还没有登记床位"), "{before}");
        for (wrong, words) in [("2026-11-24T13:00", "时间还没有到"), ("yesterday", "请写日期和时间")] {
            let slip = web.get(&format!("{page}?at={wrong}"), LEAD_BEDS).await;
            assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains(words), "{wrong}: {}", slip.text);
        }
        assert_eq!(web.get(&format!("{page}?at=2026-11-24T10:00"), COUNTY_BEDS).await.status, StatusCode::NOT_FOUND, "another district");
        // Who reads the ledger and keeps none is given no form that is refused.
        let coordinator = web.get("/beds", COORDINATOR).await.text;
        assert!(coordinator.contains("空 5 张") && !coordinator.contains(&format!("{page}/entries")), "{coordinator}");
    }

    async fn whose_pages_they_are(db: Db) {
        let web = Web::open(db).await;
        web.house.enter(LEAD_BEDS, count(LEAD_ICU, BedType::Icu, EntryKind::Open, 5)).await.unwrap();
        let board = format!("/beds/{LEAD}");
        assert_eq!(web.get(&board, OFFICER).await.status, StatusCode::OK);
        assert!(web.get(&board, OFFICER).await.text.contains("下达转换指令"));
        let all = web.get("/beds", OFFICER).await;
        assert!(all.text.contains(&format!("href=\"{board}\"")) && !all.text.contains("没有代表医疗机构"), "{}", all.text);
        assert_eq!(web.get(&board, COUNTY_BEDS).await.status, StatusCode::NOT_FOUND, "another district");
        for uri in ["/beds", "/referrals", "/referrals/new", "/inbound"] {
            assert_eq!(web.get(uri, SECRETARY).await.status, StatusCode::FORBIDDEN, "{uri}");
        }
        assert_eq!(web.get("/referrals", OFFICER).await.status, StatusCode::FORBIDDEN, "numbers, no patients");
        let nothing = web.get("/referrals", STRANGER).await;
        assert!(nothing.status == StatusCode::OK && nothing.text.contains("没有代表医疗机构"));
    }
}
