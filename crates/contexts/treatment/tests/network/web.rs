//! The pages of institutions and returns, through the real router.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use linli_access::Role;
use linli_db::Db;
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_treatment::Network;
use linli_treatment::model::{InstitutionKind, Level, UnitKind};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;

use crate::house::{DOCTOR, House, MANAGER, OFFICER, OTHER_MANAGER, STEWARD, Staff};

/// The number of a member of staff is the session.
struct Sessions(Arc<House>);

impl SessionPort for Sessions {
    type Signed = Signed;
    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let all = [OFFICER, MANAGER, OTHER_MANAGER, STEWARD, DOCTOR];
        let who = all.into_iter().find(|staff| staff.number.to_string() == token);
        Ok(who.map(|who| Signed { actor: self.0.staff(who).actor, name: format!("员工{}", who.number), place: String::new() }))
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
        let hall = Hall::furnish(Furnishing {
            db: house.db.clone(),
            clock: house.clock.clone(),
            rng: house.rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: Sessions(house.clone()),
            services: Services::default().with::<Network>(house.network.clone()),
            nav: linli_treatment::module().nav,
            base_url: "https://linli.example".into(),
        });
        let rooms = linli_webkit::House::of(vec![linli_treatment::module()]);
        let texts = [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_treatment::TEXTS];
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

    pub async fn visit(&self, uri: &str) -> Answer {
        self.send(Request::get(uri).body(Body::empty()).unwrap()).await
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

pub fn has(page: &Answer, words: &[&str]) {
    for word in words {
        assert!(page.text.contains(word), "{word} is not in {}", page.text);
    }
}

linli_db::both_databases! {
    /// Where there are several districts it is asked which, before it is said that there is nothing.
    async fn which_district_is_asked_first(db: Db) {
        let web = Web::open(db).await;
        web.house.haidian().await;
        for uri in ["/clinics", "/clinics?asked=1&open=1"] {
            let page = web.visit(uri).await;
            has(&page, &["请选哪个区，或写明您在哪里", "海淀区"]);
            assert!(!page.text.contains("没有找到") && !page.text.contains("最好先打电话"), "{}", page.text);
        }
        has(&web.visit("/clinics?asked=1&district=110108").await, &["没有找到"]);
        has(&web.visit("/clinics?asked=1&at=%E9%94%81%E9%87%91").await, &["锁金社区附近"]);
    }

    /// Who tells for one house reads its own returns, and comes to them from its page; another house's are not there for him.
    async fn whose_returns_are_read(db: Db) {
        let web = Web::open(db).await;
        let (one, other) = (
            web.house.institution("H1", "东院", (InstitutionKind::Hospital, Level::Tertiary)).await,
            web.house.institution("H2", "西院", (InstitutionKind::Hospital, Level::Tertiary)).await,
        );
        web.house.unit(one, UnitKind::FeverClinic, "发热门诊").await;
        web.house.appoint(MANAGER, one).await;
        web.house.appoint(OTHER_MANAGER, other).await;
        let told = format!("/network/returns/1/{one}/fever_clinic/2026-12-14");
        assert_eq!(web.post(&told, MANAGER, "visits=5&rooms_open=1&transfers=0&seen=0").await.status, StatusCode::SEE_OTHER);
        for who in [MANAGER, OFFICER] {
            assert_eq!(web.get(&told, who).await.status, StatusCode::OK);
            has(&web.get(&format!("/network/1/{one}"), who).await, &["最近的报表", &told]);
        }
        assert_eq!(web.get(&told, OTHER_MANAGER).await.status, StatusCode::NOT_FOUND);
        assert!(!web.get(&format!("/network/1/{one}"), OTHER_MANAGER).await.text.contains("最近的报表"));
    }

    async fn a_clinic_is_registered_and_a_resident_finds_it(db: Db) {
        let web = Web::open(db).await;
        has(&web.visit("/clinics").await, &["现在去哪看", "没有找到", "tel:120"]);
        assert_eq!(web.get("/network/new", MANAGER).await.status, StatusCode::FORBIDDEN);
        let wrong = web.post("/network/new", OFFICER, "name=&code=H1&kind=hospital&level=tertiary").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        has(&wrong, &["请填写", "value=\"H1\""]);
        let form = "name=%E4%B8%9C%E9%99%A2&code=H1&kind=hospital&level=tertiary&phone=025-12345&capability=ecmo&capability=oxygen";
        let made = web.post("/network/new", OFFICER, form).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
        let page = web.get(&made.location, OFFICER).await;
        has(&page, &["东院", "三级", "ECMO", "还没有登记科室"]);
        let units = format!("{}/units", made.location);
        let unit = "kind=fever_clinic&name=%E5%8F%91%E7%83%AD%E9%97%A8%E8%AF%8A&added=converted_cabin&serves=everybody&lane=full";
        let wrong = web.post(&units, OFFICER, &format!("{unit}&hours=whenever")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        has(&wrong, &["看不懂这个时间", "value=\"whenever\""]);
        assert!(!web.visit("/clinics").await.text.contains("东院"), "a unit whose hours were refused is not there either");
        let done = web.post(&units, OFFICER, &format!("{unit}&hours=8:00-17:00")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let found = web.visit("/clinics").await;
        has(&found, &["东院", "开着，到", "每天 08:00–17:00", "tel:025-12345", "成人儿童都看"]);
        web.house.clock.set(crate::house::at(15, 20, 0));
        assert!(!web.visit("/clinics").await.text.contains("东院"), "only what is open, unless one asks for all");
        has(&web.visit("/clinics?asked=1&for=child").await, &["东院", "现在不开，下次开诊 明天 08:00"]);
        has(&web.visit("/clinics?asked=1&at=%E6%B2%A1%E6%9C%89").await, &["没有找到这个地方"]);
        has(&web.visit("/clinics?asked=1&at=%E9%94%81%E9%87%91%E7%A4%BE%E5%8C%BA&lang=en").await, &["near 锁金社区", "Closed"]);
        // Staff by training is on no public page, and the community side reads no institution.
        assert!(!found.text.contains("医护人员") && page.text.contains("按培训统计的医护人员"));
        assert_eq!(web.get(&made.location, STEWARD).await.status, StatusCode::FORBIDDEN);
    }

    async fn a_return_is_told_on_a_phone_and_seen_by_whoever_waits(db: Db) {
        let web = Web::open(db).await;
        let hospital = (InstitutionKind::Hospital, Level::Tertiary);
        let (east, west) = (web.house.institution("H1", "东院", hospital).await, web.house.institution("H2", "西院", hospital).await);
        let clinic = web.house.unit(east, UnitKind::FeverClinic, "发热门诊").await;
        web.house.unit(west, UnitKind::FeverClinic, "发热门诊").await;
        has(&web.get("/network/returns", MANAGER).await, &["您现在不代表任何医疗机构"]);
        web.house.appoint(MANAGER, east).await;
        let asked = web.get("/network/returns", MANAGER).await;
        let form = format!("/network/returns/1/{east}/fever_clinic/2026-12-14");
        has(&asked, &["东院", "发热门诊日报", "待报", form.as_str()]);
        assert!(!asked.text.contains("西院"));
        has(&web.get(&form, MANAGER).await, &["发热门诊接诊人次", "inputmode=\"numeric\"", "不掌握", "规则未核实"]);
        let wrong = web.post(&form, MANAGER, "visits=abc&rooms_open=&transfers_unknown=1&seen=0").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        has(&wrong, &["请填整数", "不掌握就勾选", "value=\"abc\""]);
        let full = web.post(&form, MANAGER, "visits=100&rooms_open=5&transfers=60&seen=0").await;
        assert_eq!(full.status, StatusCode::UNPROCESSABLE_ENTITY);
        has(&full, &["占 60%，请核对；确实如此就写明原因", "name=\"because\"", "value=\"60\""]);
        let told = web.post(&form, MANAGER, "visits=100&rooms_open=5&transfers=60&seen=0&because=%E5%BA%8A%E4%BD%8D%E6%BB%A1").await;
        assert_eq!((told.status, told.location.as_str()), (StatusCode::SEE_OTHER, "/network/returns"), "{}", told.text);
        web.house.clock.set(crate::house::at(15, 10, 30));
        let day = web.get("/network/returns", OFFICER).await;
        has(&day, &["应报 2 家，已报 1 家", "未报（1）", "西院", "1 家合计"]);
        // Another house's return is nobody else's.
        web.house.appoint(OTHER_MANAGER, west).await;
        assert_eq!(web.post(&form, OTHER_MANAGER, "visits=1&rooms_open=5&transfers=0&seen=1&because=x").await.status, StatusCode::NOT_FOUND);
        let silent = web.post(&form, MANAGER, "visits=110&rooms_open=5&transfers=50&seen=1&because=").await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        let corrected = web.post(&form, OFFICER, "visits=110&rooms_open=5&transfers=50&seen=1&because=%E6%BC%8F%E6%8A%A5").await;
        assert_eq!(corrected.status, StatusCode::SEE_OTHER, "{}", corrected.text);
        let old = web.post(&form, OFFICER, "visits=120&rooms_open=5&transfers=50&seen=1&because=x").await;
        assert_eq!(old.status, StatusCode::CONFLICT);
        has(&web.get(&form, MANAGER).await, &["填报记录", "更正为：", "漏报", "床位满", "床位管理员 员工"]);
        // How crowded it is, with one tap; residents see it with its age.
        let page = web.get(&format!("/network/1/{east}"), MANAGER).await;
        let tap = format!("/network/1/{east}/crowding/{clinic}");
        has(&page, &[tap.as_str(), "非常拥挤", "本单位日报"]);
        assert_eq!(web.post(&tap, MANAGER, "level=crowded").await.status, StatusCode::SEE_OTHER);
        assert_eq!(web.post(&tap, OTHER_MANAGER, "level=quiet").await.status, StatusCode::NOT_FOUND);
        web.house.clock.advance_secs(1_800);
        has(&web.visit("/clinics?asked=1").await, &["非常拥挤（30 分钟前）"]);
        assert_eq!(OFFICER.role, Role::HealthOfficer);
    }
}

#[test]
fn every_text_is_there_in_both_languages() {
    let texts = [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_treatment::TEXTS];
    let texts = Texts::new(&texts).unwrap();
    let sources = [
        include_str!("../../src/pages/clinics.rs"),
        include_str!("../../src/pages/institutions.rs"),
        include_str!("../../src/pages/network.rs"),
        include_str!("../../src/pages/returns.rs"),
        include_str!("../../templates/network-clinics.html"),
        include_str!("../../templates/network-institution.html"),
        include_str!("../../templates/network-institutions.html"),
        include_str!("../../src/pages/grids.rs"),
        include_str!("../../src/pages/upkeep.rs"),
        include_str!("../../templates/network-grids.html"),
        include_str!("../../templates/network-register.html"),
        include_str!("../../templates/network-upkeep.html"),
        include_str!("../../templates/network-return.html"),
        include_str!("../../templates/network-returns.html"),
    ];
    assert_eq!(texts.check_templates(&sources), Vec::<String>::new());
    use linli_treatment::model::{Added, Crowding, GridKind, Lane, Profession, Serves, Training};
    let words = InstitutionKind::ALL.iter().map(|one| format!("kind-{one}"));
    let words = words.chain(Level::ALL.iter().map(|one| format!("level-{one}")));
    let words = words.chain(UnitKind::ALL.iter().map(|one| format!("unit-{one}")));
    let words = words.chain(Added::ALL.iter().map(|one| format!("added-{one}")));
    let words = words.chain(Serves::ALL.iter().map(|one| format!("serves-{one}")));
    let words = words.chain(Lane::ALL.iter().map(|one| format!("lane-{one}")));
    let words = words.chain(Crowding::ALL.iter().map(|one| format!("crowding-{one}")));
    let words = words.chain(GridKind::ALL.iter().map(|one| format!("grid-{one}")));
    let words = words.chain(Profession::ALL.iter().map(|one| format!("profession-{one}")));
    let words = words.chain(Training::ALL.iter().map(|one| format!("training-{one}")));
    let matters = ["data", "hours", "closed_day", "staffing", "grid", "lead", "catchment", "close_unit", "close"];
    let words = words.chain(matters.iter().map(|one| format!("do-{one}")));
    for word in words.chain((0..7).map(|day| format!("weekday-{day}"))) {
        assert!(texts.has(&format!("network-{word}")), "{word}");
    }
}
