//! The pages of a family-doctor team, through the real router.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use linli_care::follow::Desk;
use linli_cases::{Neighbours, Office, PlacesAround, PortFuture, StaffCard};
use linli_db::{Conn, Db, DbError};
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::follow::house::{
    ALL, COMMUNITY, DOCTOR, HIGH_DOCTOR, House, OFFICER, OTHER_DOCTOR, SECRETARY, STEWARD, Staff, ZHANG, path,
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

struct Street;

impl Neighbours for Street {
    fn place_of_code<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: &'a str,
    ) -> PortFuture<'a, Result<Option<(DistrictId, PlacePath)>, DbError>> {
        Box::pin(async { Ok(None) })
    }
    fn place_of_key<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        _: &'a str,
    ) -> PortFuture<'a, Result<Option<PlacePath>, DbError>> {
        Box::pin(async { Ok(None) })
    }
    fn place_name<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        _: &'a PlacePath,
    ) -> PortFuture<'a, Result<String, DbError>> {
        Box::pin(async { Ok("锁金三村 1栋 1单元 101".to_owned()) })
    }
    fn places_around<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        _: &'a PlacePath,
    ) -> PortFuture<'a, Result<PlacesAround, DbError>> {
        Box::pin(async { Ok(PlacesAround { above: Vec::new(), under: vec![(path(COMMUNITY), "锁金村社区".to_owned())] }) })
    }
    fn staff<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        _: Uuid,
    ) -> PortFuture<'a, Result<Option<StaffCard>, DbError>> {
        Box::pin(async { Ok(None) })
    }
}

struct Web {
    house: Arc<House>,
    router: Router,
}

struct Answer {
    status: StatusCode,
    location: String,
    text: String,
}

impl Web {
    async fn open(db: Db) -> Self {
        let house = Arc::new(House::new(db).await);
        let calendar = (
            include_str!("../../../../foundation/calendar/locales/zh-CN.ftl"),
            include_str!("../../../../foundation/calendar/locales/en.ftl"),
        );
        let texts = [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, calendar, linli_cases::TEXTS, linli_care::TEXTS];
        let neighbours: Arc<dyn Neighbours> = Arc::new(Street);
        let hall = Hall::furnish(Furnishing {
            db: house.db.clone(),
            clock: house.clock.clone(),
            rng: house.rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: Sessions(house.clone()),
            services: Services::default().with::<Office>(house.office.clone()).with::<Desk>(house.desk.clone()).with(neighbours),
            nav: linli_care::module().nav,
            base_url: "https://linli.example".into(),
        });
        let rooms = linli_webkit::House::of(vec![linli_care::module()]);
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

    async fn get(&self, uri: &str, who: Staff) -> Answer {
        self.send(Request::get(uri).header(header::COOKIE, format!("linli={}", who.number)).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, uri: &str, who: Staff, form: &str) -> Answer {
        let request = Request::post(uri)
            .header(header::COOKIE, format!("linli={}", who.number))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }
}

linli_db::both_databases! {
    async fn a_team_calls_takes_a_reading_and_asks_for_a_referral(db: Db) {
        let web = Web::open(db).await;
        let person = format!("/care/follow/{ZHANG}");
        let unknown = web.get(&person, DOCTOR).await;
        assert!(unknown.text.contains("还没有填写健康情况"), "{}", unknown.text);
        let factors = format!("{person}/factors");
        assert!(web.get(&factors, DOCTOR).await.text.contains("锁金村社区卫生服务中心"));
        let wrong = web.post(&factors, DOCTOR, "born=1946-13-01&vaccination=partial").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("请填一个真实的日期") && wrong.text.contains("1946-13-01"), "{}", wrong.text);
        // Everything at once, and each by the name of its field.
        for said in ["还有 3 处需要修改", "出生日期：请填一个真实的日期", "基础疾病", "负责的机构："] {
            assert!(wrong.text.contains(said), "{said} is not in {}", wrong.text);
        }
        let form = format!("born=1944-05-01&disease=stable&vaccination=partial&institution={}", crate::follow::house::CENTRE);
        let done = web.post(&factors, DOCTOR, &form).await;
        assert_eq!((done.status, done.location.as_str()), (StatusCode::SEE_OTHER, person.as_str()), "{}", done.text);

        let calls = web.get("/care/calls", DOCTOR).await;
        for word in ["今天要问 1 人", "张奶奶", "锁金三村 1栋 1单元 101", "红色"] {
            assert!(calls.text.contains(word), "{word} is not in {}", calls.text);
        }
        let page = web.get(&person, DOCTOR).await;
        for word in ["tel:13900000000", "name=\"spo2\"", "82", "规则未核实", "有，病情稳定"] {
            assert!(page.text.contains(word), "{word} is not in {}", page.text);
        }
        let readings = format!("{person}/readings");
        let wrong = web.post(&readings, DOCTOR, "spo2=0.92&pulse=88").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("0.92 应写成 92") && wrong.text.contains("value=\"88\""), "{}", wrong.text);
        let told = web.post(&readings, DOCTOR, "spo2=97&idempotency_key=reading-key-000001").await;
        assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.text);
        web.house.clock.advance_secs(3_600);
        let told = web.post(&readings, DOCTOR, "spo2=92&temperature=38.2&pulse=104&breaths=24&systolic=118&diastolic=70&mind=alert&via=phone").await;
        assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.text);
        let page = web.get(&person, DOCTOR).await;
        for word in ["血氧偏低", "建议转诊", "polyline", "从 97% 到 92%", "NEWS2", "6 分，中风险", "高危", "因年龄或病情提高一级"] {
            assert!(page.text.contains(word), "{word} is not in {}", page.text);
        }
        let alarm = page.text.split("/care/alarms/").nth(1).map(|rest| rest[..36].to_owned()).unwrap();
        let bare = web.post(&format!("/care/alarms/{alarm}/referral"), DOCTOR, "urgency=2&because=").await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        let asked = web.post(&format!("/care/alarms/{alarm}/referral"), DOCTOR, "urgency=2&because=%E6%B0%94%E4%BF%83").await;
        assert_eq!((asked.status, asked.location.as_str()), (StatusCode::SEE_OTHER, person.as_str()), "{}", asked.text);
        let page = web.get(&person, DOCTOR).await;
        assert!(page.text.contains("Z2026-000001") && !page.text.contains("/care/alarms/"), "{}", page.text);
        assert!(web.house.kinds(ZHANG.0).await.iter().filter(|kind| *kind == "care.looked").count() >= 4);
        web.house.clean().await;
    }

    /// A physician who asks that somebody be visited learns what was found; in words on the page whose looks are written down, and nowhere else.
    async fn who_asks_for_a_visit_learns_what_was_found(db: Db) {
        use linli_care::commands::{With, step};
        use linli_care::{VisitEvent, VisitId};
        let web = Web::open(db).await;
        web.house.enrol(DOCTOR, ZHANG, crate::follow::house::old_and_stable()).await.unwrap();
        let alarm = web.house.tell(&web.house.staff(DOCTOR), ZHANG, crate::follow::house::spo2("92")).await.unwrap().alarm.unwrap();
        let page = format!("/care/follow/{ZHANG}");
        assert_eq!(web.post(&format!("/care/alarms/{alarm}/visit"), DOCTOR, "").await.status, StatusCode::SEE_OTHER);
        for shown in [web.get("/care/calls", DOCTOR).await.text, web.get(&page, DOCTOR).await.text] {
            assert!(shown.contains("走访 2026-000001 · 血氧偏低") && shown.contains("等人接手"), "{shown}");
        }
        let visit: VisitId = web.house.alarms(ZHANG).await[0].visit.unwrap();
        let found = With { words: "坐着不动，嘴唇发紫".to_owned(), ..With::default() };
        for (event, with) in [(VisitEvent::Take, &With::default()), (VisitEvent::Unwell, &found)] {
            let mut tx = web.house.db.begin(crate::follow::house::DISTRICT).await.unwrap();
            step(&web.house.staff(STEWARD), &mut tx, web.house.desk.care(), visit, event, with).await.unwrap();
            tx.commit().await.unwrap();
        }
        let shown = web.get(&page, DOCTOR).await.text;
        assert!(shown.contains("身体不适") && shown.contains("嘴唇发紫") && shown.contains("badge-act"), "{shown}");
        let calls = web.get("/care/calls", DOCTOR).await.text;
        assert!(calls.contains("身体不适") && calls.contains("张奶奶") && !calls.contains("嘴唇发紫"), "{calls}");
        assert!(!web.get("/care/calls", OTHER_DOCTOR).await.text.contains("张奶奶"), "another community");
        web.house.withdraw(ZHANG).await;
        assert_eq!(web.get(&page, DOCTOR).await.status, StatusCode::NOT_FOUND);
        assert!(!web.get("/care/calls", DOCTOR).await.text.contains("2026-000001"), "gone with the consent");
    }

    /// Somebody agreed to readings, nobody has entered anything yet, and a visit finds her unwell: she is called before all others.
    async fn who_is_found_unwell_before_anybody_follows_her_is_called_first(db: Db) {
        use linli_care::VisitEvent;
        use linli_care::commands::{With, open_by_hand, step};
        let web = Web::open(db).await;
        let (house, district) = (&web.house, crate::follow::house::DISTRICT);
        house.clock.advance_secs(3_600);
        let mut tx = house.db.begin(district).await.unwrap();
        let made = open_by_hand(&house.staff(SECRETARY), &mut tx, house.desk.care(), ZHANG, "两天没见到人").await.unwrap();
        tx.commit().await.unwrap();
        for event in [VisitEvent::Take, VisitEvent::Unwell] {
            let mut tx = house.db.begin(district).await.unwrap();
            step(&house.staff(STEWARD), &mut tx, house.desk.care(), made.id, event, &With::default()).await.unwrap();
            tx.commit().await.unwrap();
        }
        house.clock.advance_secs(3_600);
        let calls = web.get("/care/calls", DOCTOR).await.text;
        for word in ["走访发现 1 人不适，请先打电话", "张奶奶", made.number.as_str()] {
            assert!(calls.contains(word), "{word} is not in {calls}");
        }
        let page = format!("/care/follow/{ZHANG}");
        let shown = web.get(&page, DOCTOR).await.text;
        assert!(shown.contains("发现身体不适") && shown.contains("tel:13900000000"), "{shown}");
        assert!(!web.get("/care/calls", OTHER_DOCTOR).await.text.contains("走访发现"), "another community");
        house.enrol(DOCTOR, ZHANG, crate::follow::house::old_and_stable()).await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let list = linli_care::follow::queries::call_list(&house.staff(DOCTOR), &mut read.conn(), &house.desk).await.unwrap();
        assert_eq!(list.due.iter().map(|one| (one.followed.person, one.followed.next_due)).collect::<Vec<_>>(), [(ZHANG, Some(house.clock_now()))]);
        drop(read);
        house.clock.advance_secs(60);
        house.tell(&house.staff(DOCTOR), ZHANG, crate::follow::house::spo2("97")).await.unwrap();
        assert!(!web.get(&page, DOCTOR).await.text.contains("发现身体不适"), "asked, and told");
    }

    /// The doctor asks for the visit: that it finds her unwell is nothing that the watch missed.
    async fn a_visit_that_the_team_asked_for_is_not_counted_as_missed(db: Db) {
        use linli_care::commands::{With, step};
        use linli_care::{VisitEvent, VisitId};
        let web = Web::open(db).await;
        web.house.enrol(DOCTOR, ZHANG, crate::follow::house::old_and_stable()).await.unwrap();
        let alarm = web.house.tell(&web.house.staff(DOCTOR), ZHANG, crate::follow::house::spo2("92")).await.unwrap().alarm.unwrap();
        let bare = web.get(&format!("/care/follow/{ZHANG}"), DOCTOR).await.text;
        assert!(bare.contains("没有可借的血氧仪") && !bare.contains(&format!("/care/follow/{ZHANG}/oximeter\"")), "none on hand: not offered");
        assert_eq!(web.post(&format!("/care/alarms/{alarm}/visit"), DOCTOR, "").await.status, StatusCode::SEE_OTHER);
        let visit: VisitId = web.house.alarms(ZHANG).await[0].visit.unwrap();
        for event in [VisitEvent::Take, VisitEvent::Unwell] {
            let mut tx = web.house.db.begin(crate::follow::house::DISTRICT).await.unwrap();
            step(&web.house.staff(STEWARD), &mut tx, web.house.desk.care(), visit, event, &With::default()).await.unwrap();
            tx.commit().await.unwrap();
        }
        let marked: bool = linli_db::sql!(&mut web.house.db.read().await.unwrap().conn(), x => sqlx::query_scalar("SELECT forewarned FROM care_visit WHERE id = $1")
            .bind(visit).fetch_one(x).await).unwrap();
        assert!(marked);
    }

    async fn others_see_numbers_and_nobody_by_name(db: Db) {
        let web = Web::open(db).await;
        let person = format!("/care/follow/{ZHANG}");
        let form = format!("born=1944-05-01&disease=unstable&vaccination=full&institution={}", crate::follow::house::CENTRE);
        web.post(&format!("{person}/factors"), DOCTOR, &form).await;
        for who in [SECRETARY, STEWARD, OFFICER, HIGH_DOCTOR] {
            for uri in ["/care/calls", "/care/red", person.as_str()] {
                let refused = web.get(uri, who).await;
                assert_eq!(refused.status, StatusCode::FORBIDDEN, "{uri} {:?}", who.role);
                assert!(!refused.text.contains("张奶奶"));
            }
        }
        assert_eq!(web.get(&person, OTHER_DOCTOR).await.status, StatusCode::NOT_FOUND);
        let red = web.get("/care/red", DOCTOR).await;
        assert!(red.text.contains("1 人的分级待医师判断") && red.text.contains("张奶奶"), "{}", red.text);
        let figures = web.get("/care/key-groups", OFFICER).await;
        assert!(figures.text.contains("待医师判断") && figures.text.contains("锁金村社区") && !figures.text.contains("张奶奶"), "{}", figures.text);
        // Oximeters: the district issues, the team lends.
        let issued = web.post("/care/oximeters", OFFICER, &format!("institution={}&count=2", crate::follow::house::CENTRE)).await;
        assert_eq!(issued.status, StatusCode::SEE_OTHER, "{}", issued.text);
        let wrong = web.post("/care/oximeters", OFFICER, &format!("institution={}&count=many", crate::follow::house::CENTRE)).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("请填 1 到 5000 之间的数") && wrong.text.contains("value=\"many\""), "{}", wrong.text);
        assert_eq!(web.post(&format!("{person}/oximeter"), DOCTOR, "").await.status, StatusCode::SEE_OTHER);
        let list = web.get(&format!("/care/oximeters/{}", crate::follow::house::CENTRE), DOCTOR).await;
        assert!(list.text.contains("借出 1 台") && list.text.contains("张奶奶"), "{}", list.text);
        let list = web.get(&format!("/care/oximeters/{}", crate::follow::house::CENTRE), OTHER_DOCTOR).await;
        assert!(list.text.contains("由其他团队随访的人") && !list.text.contains("张奶奶"), "{}", list.text);
        assert!(!list.text.contains("action=\"/care/oximeters/"), "nothing that would be refused");
        let id = web.get(&format!("/care/oximeters/{}", crate::follow::house::CENTRE), DOCTOR).await.text.split("action=\"/care/oximeters/").nth(1).map(|rest| rest[..36].to_owned()).unwrap();
        assert_eq!(web.post(&format!("/care/oximeters/{id}/put"), DOCTOR, "to=on_hand").await.status, StatusCode::SEE_OTHER);
    }

    async fn a_team_offers_books_and_hands_out_on_its_pages(db: Db) {
        let web = Web::open(db).await;
        let (person, centre) = (format!("/care/follow/{ZHANG}"), crate::follow::house::CENTRE);
        let form = format!("born=1944-05-01&disease=stable&vaccination=partial&institution={centre}");
        web.post(&format!("{person}/factors"), DOCTOR, &form).await;
        // Nothing is offered yet: the institution is led to its own page.
        let empty = web.get("/care/oxygen", DOCTOR).await;
        assert!(empty.text.contains("还没有机构开放吸氧位") && empty.text.contains(&format!("/care/oxygen/{centre}")), "{}", empty.text);
        let offer = format!("/care/oxygen/{centre}/offer");
        let wrong = web.post(&offer, DOCTOR, "from_day=2026-11-24&weekday=0&weekday=1&opens=09:05&closes=12:00&slot_minutes=60&places=2").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("请填整刻钟") && wrong.text.contains("value=\"09:05\""), "{}", wrong.text);
        // Each field by its name in the list above the form.
        for (form, field, name) in [
            ("from_day=2020-01-01&weekday=0&opens=09:00&closes=12:00&slot_minutes=60&places=2", "from_day", "从哪一天起"),
            ("from_day=2026-11-24&opens=09:00&closes=12:00&slot_minutes=60&places=2", "weekday", "每周哪几天"),
            ("from_day=2026-11-24&weekday=0&opens=09:00&closes=12:00&slot_minutes=999&places=2", "slot_minutes", "每次多少分钟"),
            ("from_day=2026-11-24&weekday=0&opens=09:00&closes=12:00&slot_minutes=60&places=999999", "places", "几个位"),
        ] {
            let wrong = web.post(&offer, DOCTOR, form).await;
            let line = wrong.text.split(&format!("href=\"#f-{field}\"")).nth(1).and_then(|rest| rest.split("</a>").next());
            assert!(line.is_some_and(|line| line.contains(name)), "{field}: {}", wrong.text);
        }
        assert_eq!(web.post(&offer, OFFICER, "").await.status, StatusCode::FORBIDDEN);
        let done = web.post(&offer, DOCTOR, "from_day=2026-11-24&weekday=0&weekday=1&opens=09:00&closes=12:00&slot_minutes=60&places=2").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        // An alarm, and a place with one tap.
        web.post(&format!("{person}/readings"), DOCTOR, "spo2=92").await;
        let page = web.get(&person, DOCTOR).await;
        assert!(page.text.contains("预约吸氧：今天 09:00–10:00"), "{}", page.text);
        let alarm = page.text.split("/care/alarms/").nth(1).map(|rest| rest[..36].to_owned()).unwrap();
        let booked = web.post(&format!("/care/alarms/{alarm}/oxygen"), DOCTOR, "").await;
        assert_eq!((booked.status, booked.location), (StatusCode::SEE_OTHER, format!("{person}#oxygen")), "{}", booked.text);
        let again = web.post(&format!("{person}/oxygen"), DOCTOR, "starts_at=2026-11-24T10:00").await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        let day = web.get(&format!("/care/oxygen/{centre}"), DOCTOR).await;
        for word in ["张奶奶", "1 号位", "空 1 位", "09:00–10:00", "每次 60 分钟，2 个位", "到了，开始"] {
            assert!(day.text.contains(word), "{word} is not in {}", day.text);
        }
        let booking = day.text.split("/care/oxygen/bookings/").nth(1).map(|rest| rest[..36].to_owned()).unwrap();
        let begun = web.post(&format!("/care/oxygen/bookings/{booking}/put"), DOCTOR, "to=begun").await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let officer = web.get("/care/oxygen", OFFICER).await;
        assert!(officer.text.contains("锁金村社区卫生服务中心") && !officer.text.contains("张奶奶") && !officer.text.contains("/care/oxygen/"), "{}", officer.text);

        // Antivirals: taken in, asked, decided, handed out.
        let lots = format!("/care/antivirals/{centre}");
        let wrong = web.post(&format!("{lots}/entries"), DOCTOR, "kind=received&medicine=nirmatrelvir&lot=A1&expires=2026-01-01&quantity=3").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("请填今天或以后的日期") && wrong.text.contains("value=\"A1\""), "{}", wrong.text);
        let taken = web.post(&format!("{lots}/entries"), DOCTOR, "kind=received&medicine=nirmatrelvir&lot=A1&expires=2027-03-31&quantity=3").await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
        let ask = format!("{person}/antivirals");
        let checked = web.post(&ask, DOCTOR, "onset=2026-11-15&q-allergy=no&takes=rifampicin").await;
        for word in ["发病已 9 天，应在 5 天以内开始", "冲突，不应使用：利福平", "可发 3 盒", "凭通行资料录入，未核对原文（未核实）", "formaction"] {
            assert!(checked.text.contains(word), "{word} is not in {}", checked.text);
        }
        let refused = web.post(&format!("{ask}/decide"), DOCTOR, "onset=2026-11-15&medicine=nirmatrelvir&quantity=1&because=x").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("请勾选“已看过不利因素”") && refused.text.contains("value=\"2026-11-15\""), "{}", refused.text);
        let decided = web.post(&format!("{ask}/decide"), DOCTOR, "onset=2026-11-22&medicine=nirmatrelvir&quantity=1&because=x&seen=1").await;
        assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.text);
        let page = web.get(&person, DOCTOR).await;
        assert!(page.text.contains("K2026-000001 奈玛特韦片/利托那韦片，1 盒") && page.text.contains("待发药"), "{}", page.text);
        let page = web.get(&lots, DOCTOR).await;
        assert!(page.text.contains("待发药 1 张处方") && page.text.contains("张奶奶"), "{}", page.text);
        let other = web.get(&lots, OTHER_DOCTOR).await;
        assert!(!other.text.contains("张奶奶") && !other.text.contains("<form method=\"post\" action=\"/care"), "{}", other.text);
        let decision = page.text.split("/care/antivirals/decisions/").nth(1).map(|rest| rest[..36].to_owned()).unwrap();
        let handed = web.post(&format!("/care/antivirals/decisions/{decision}/put"), DOCTOR, "to=dispensed").await;
        assert_eq!(handed.status, StatusCode::SEE_OTHER, "{}", handed.text);
        let page = web.get(&lots, DOCTOR).await;
        for word in ["2 盒", "发药 -1", "入库 +3", "没有等着发药的处方"] {
            assert!(page.text.contains(word), "{word} is not in {}", page.text);
        }
        let lot = page.text.split("name=\"lot\" value=\"").nth(1).map(|rest| rest[..36].to_owned()).unwrap();
        let wrong = web.post(&format!("{lots}/entries"), DOCTOR, &format!("kind=wasted&lot={lot}&quantity=9&because=x")).await;
        assert!(wrong.text.contains("只剩 2 盒"), "{}", wrong.text);
        let figures = web.get("/care/antivirals", OFFICER).await;
        assert!(figures.text.contains("奈玛特韦片") && !figures.text.contains("张奶奶"), "{}", figures.text);
        web.house.clean().await;
    }
}
