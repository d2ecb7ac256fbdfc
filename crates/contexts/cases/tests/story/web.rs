//! The thread as a browser walks it, through the real router.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use linli_access::Scope;
use linli_cases::{Neighbours, Office, PortFuture, ReportWindow, StaffCard, queries};
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

use crate::house::{
    ADMINISTRATOR, CITY_ADMINISTRATOR, COMMUNITY, DESK, DISTRICT, ENTRANCE, ESTATE, House, MANAGER, OFFICER, OTHER_STEWARD,
    SECOND_STEWARD, SECRETARY, STEWARD, STEWARD_AS_OFFICER, STEWARD_AS_WORKER, Staff, act, path,
};

const ALL: [Staff; 11] = [
    STEWARD,
    STEWARD_AS_WORKER,
    STEWARD_AS_OFFICER,
    OTHER_STEWARD,
    SECOND_STEWARD,
    MANAGER,
    DESK,
    SECRETARY,
    OFFICER,
    ADMINISTRATOR,
    CITY_ADMINISTRATOR,
];

/// Number and role of a member of staff are the session.
fn session(who: Staff) -> String {
    format!("{}.{}", who.number, who.role)
}

struct Sessions(Arc<House>);

impl SessionPort for Sessions {
    type Signed = Signed;
    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let who = ALL.iter().find(|s| session(**s) == token);
        Ok(who.map(|who| Signed { actor: self.0.staff(*who).actor, name: format!("员工{}", who.number), place: String::new() }))
    }
}

/// One board hangs at the entrance.
struct Street;

impl Neighbours for Street {
    fn place_of_code<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        code: &'a str,
    ) -> PortFuture<'a, Result<Option<(DistrictId, PlacePath)>, DbError>> {
        Box::pin(async move { Ok((code == "ABCD").then(|| (DISTRICT, path(ENTRANCE)))) })
    }
    fn place_of_key<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        key: &'a str,
    ) -> PortFuture<'a, Result<Option<PlacePath>, DbError>> {
        Box::pin(async move { Ok(key.parse().ok().filter(|p: &PlacePath| p.depth() > 4)) })
    }
    fn places_meant<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: &'a Scope,
        words: &'a str,
        _: usize,
    ) -> PortFuture<'a, Result<Vec<(PlacePath, String)>, DbError>> {
        let estate = || (path(ESTATE), "锁金三村".to_owned());
        let found = match words {
            "锁金三村" => vec![estate()],
            "锁金" => vec![estate(), (path("00000001000100010002"), "锁金五村".to_owned())],
            _ => Vec::new(),
        };
        Box::pin(async move { Ok(found) })
    }
    fn place_name<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        _: &'a PlacePath,
    ) -> PortFuture<'a, Result<String, DbError>> {
        Box::pin(async move { Ok("锁金三村 3栋 2单元".to_owned()) })
    }
    fn staff<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        id: Uuid,
    ) -> PortFuture<'a, Result<Option<StaffCard>, DbError>> {
        let who = ALL.iter().find(|s| s.owner().appointment == id);
        let card =
            who.map(|s| StaffCard { role: s.role, name: format!("员工{}", s.number), phone: Some("025-0000-0101".to_owned()) });
        Box::pin(async move { Ok(card) })
    }
}

pub struct Web {
    pub house: Arc<House>,
    router: Router,
    hall: Hall,
}

pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub text: String,
}

const BOUNDARY: &str = "linli-test-boundary";

impl Web {
    pub async fn open(db: Db) -> Self {
        let house = Arc::new(House::new(db).await);
        let calendar = (
            include_str!("../../../../foundation/calendar/locales/zh-CN.ftl"),
            include_str!("../../../../foundation/calendar/locales/en.ftl"),
        );
        let texts = Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, calendar, linli_cases::TEXTS]).unwrap();
        let neighbours: Arc<dyn Neighbours> = Arc::new(Street);
        let hall = Hall::furnish(Furnishing {
            db: house.db.clone(),
            clock: house.clock.clone(),
            rng: house.rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: Sessions(house.clone()),
            services: Services::default()
                .with::<Office>(house.office.clone())
                .with(ReportWindow::new(house.db.clone(), house.office.clone()))
                .with(neighbours),
            nav: linli_cases::module().nav,
            base_url: "https://linli.example".into(),
        });
        let live = hall.clone();
        let rooms = linli_webkit::House::of(vec![linli_cases::module()]);
        let router =
            linli_webkit::open(rooms.router, hall, Site::plain(Arc::new(texts), house.clock.clone(), house.rng.clone())).unwrap();
        Self { house, router, hall: live }
    }

    /// What happens from now on is told to those who listen.
    pub fn announce(&self) {
        tokio::spawn(self.hall.clone().announce());
    }

    /// An event stream, still open; `seen` is the number of the last line that was heard before.
    pub async fn stream(&self, uri: &str, who: Staff, seen: Option<i64>) -> Body {
        let mut request = signed(Request::get(uri), Some(who));
        if let Some(seen) = seen {
            request = request.header("last-event-id", seen.to_string());
        }
        let answer = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.into_body()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let location = response.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, text: String::from_utf8_lossy(&body).into_owned() }
    }

    pub async fn get(&self, uri: &str, who: Option<Staff>) -> Answer {
        self.send(signed(Request::get(uri), who).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, uri: &str, who: Option<Staff>, form: &str) -> Answer {
        let request = signed(Request::post(uri), who).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub async fn post_files(&self, uri: &str, who: Option<Staff>, fields: &[(&str, &str)], photo: Option<&[u8]>) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        if let Some(photo) = photo {
            body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n").bytes());
            body.extend(photo);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{BOUNDARY}--\r\n").bytes());
        let request =
            signed(Request::post(uri), who).header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
        self.send(request.body(Body::from(body)).unwrap()).await
    }
}

fn signed(request: http::request::Builder, who: Option<Staff>) -> http::request::Builder {
    match who {
        Some(who) => request.header(header::COOKIE, format!("linli={}", session(who))),
        None => request,
    }
}

pub fn picture() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(40, 30, image::Rgb([200, 120, 30])).write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

linli_db::both_databases! {
    async fn from_the_door_to_the_confirmation(db: Db) {
        let web = Web::open(db).await;
        let form = web.get("/report?at=ABCD", None).await;
        assert_eq!(form.status, StatusCode::OK);
        assert!(form.text.contains("锁金三村 3栋 2单元") && form.text.contains("name=\"photo\"") && form.text.contains("name=\"idempotency_key\""));
        assert!(form.text.len() < 60_000);

        let fields = [("at", "ABCD"), ("what", "三楼楼道灯不亮"), ("phone", "13800000000"), ("class", ""), ("idempotency_key", "form-key-1")];
        let sent = web.post_files("/report", None, &fields, Some(&picture())).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        let again = web.post_files("/report", None, &fields, Some(&picture())).await;
        assert_eq!(again.location, sent.location);
        let base = sent.location.strip_suffix("?new=1").unwrap().to_owned();

        let thanks = web.get(&sent.location, None).await;
        for word in ["2026-000001", "收到了", "生活管家 员工1", "承诺处理好的时间：后天 09:00", "2 个工作日（08:00–12:00、14:00–18:00）", "规则未核实", &format!("https://linli.example{base}")] {
            assert!(thanks.text.contains(word), "{word} is not in {}", thanks.text);
        }
        assert!(!thanks.text.contains("13800000000"));
        let thumb = web.get(&format!("{base}/thumb/1"), None).await;
        assert_eq!(thumb.status, StatusCode::OK);
        assert_eq!(web.get(&format!("{base}/thumb/2"), None).await.status, StatusCode::NOT_FOUND);
        // It is not sent twice, but the browser asks each time whether it still may show it.
        let of = |known: &str| Request::get(format!("{base}/photo/1")).header(header::IF_NONE_MATCH, known).body(Body::empty()).unwrap();
        let photo = web.router.clone().oneshot(of("x")).await.unwrap();
        assert_eq!((photo.status(), &photo.headers()[header::CACHE_CONTROL]), (StatusCode::OK, &"private, no-cache".parse().unwrap()));
        let tag = photo.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(web.router.clone().oneshot(of(&tag)).await.unwrap().status(), StatusCode::NOT_MODIFIED);

        let day = web.get("/my-day", Some(STEWARD)).await;
        assert!(day.text.contains("我手上的（1）") && day.text.contains("data-queue"), "{}", day.text);
        let id = day.text.split("/cases/").nth(1).and_then(|t| t.split(['?', '/', '"']).next()).filter(|t| t.len() == 36)
            .or_else(|| day.text.split("action=\"/cases/").nth(1).map(|t| &t[..36])).unwrap().to_owned();
        let taken = web.post(&format!("/cases/{id}/take"), Some(STEWARD), "back=day&idempotency_key=take-key-1").await;
        assert_eq!((taken.status, taken.location.as_str()), (StatusCode::SEE_OTHER, "/my-day"));
        let case = web.get(&format!("/cases/{id}"), Some(STEWARD)).await;
        assert!(case.text.contains("id=\"finish\"") && case.text.contains("已接单，开始处理"), "{}", case.text);

        let bare = web.post_files(&format!("/cases/{id}/finish"), Some(STEWARD), &[("done", "换了灯泡")], None).await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(bare.text.contains("请拍一张处理后的照片"), "{}", bare.text);
        let done = web.post_files(&format!("/cases/{id}/finish"), Some(STEWARD), &[("done", "换了灯泡")], Some(&picture())).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);

        let asked = web.get(&base, None).await;
        assert!(asked.text.contains("真的修好了吗？") && asked.text.contains("换了灯泡"), "{}", asked.text);
        let no = web.post(&format!("{base}/not-fixed"), None, "words=%E8%BF%98%E6%98%AF%E4%B8%8D%E4%BA%AE").await;
        assert_eq!(no.status, StatusCode::SEE_OTHER);
        let manager = web.get("/my-day", Some(MANAGER)).await;
        assert!(manager.text.contains("报事人说没修好的（1）"), "{}", manager.text);
        web.post(&format!("/cases/{id}/take"), Some(STEWARD), "").await;
        web.post_files(&format!("/cases/{id}/finish"), Some(STEWARD), &[("no_photo_because", "已经亮了,照片同前")], None).await;
        let yes = web.post(&format!("{base}/confirm"), None, "").await;
        assert_eq!(yes.status, StatusCode::SEE_OTHER, "{}", yes.text);
        assert!(web.get(&base, None).await.text.contains("已办结"));
        let twice = web.post(&format!("{base}/confirm"), None, "").await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        web.house.clean().await;
    }

    async fn a_wrong_form_keeps_what_was_typed(db: Db) {
        let web = Web::open(db).await;
        let wrong = web.post_files("/report", None, &[("at", "ABCD"), ("what", "楼道灯"), ("phone", "12")], None).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("楼道灯</textarea>") && wrong.text.contains("href=\"#f-phone\""), "{}", wrong.text);
        let not_a_photo = web.post_files("/report", None, &[("at", "ABCD"), ("what", "楼道灯")], Some(b"MZ not a photo")).await;
        assert_eq!(not_a_photo.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(not_a_photo.text.contains("href=\"#f-photo\""));
        assert_eq!(web.get("/report?at=WXYZ", None).await.status, StatusCode::NOT_FOUND);
        assert_eq!(web.get("/report", None).await.status, StatusCode::OK);
        assert_eq!(web.get("/r/abc", None).await.status, StatusCode::NOT_FOUND);
    }

    async fn danger_is_said_first(db: Db) {
        let web = Web::open(db).await;
        let sent = web.post_files("/report", None, &[("at", "ABCD"), ("what", "电梯困人,里面有人晕倒")], None).await;
        let page = web.get(&sent.location, None).await.text;
        let call = page.find("tel:119").unwrap();
        assert!(call < page.find("收到了").unwrap() && page.contains("tel:120"));
        assert!(web.get("/desk", Some(DESK)).await.text.contains("可能危及生命"));
    }

    async fn the_desk_shows_list_and_case(db: Db) {
        let web = Web::open(db).await;
        let reported = web.house.lamp().await;
        let desk = web.get(&format!("/desk?case={}", reported.id), Some(DESK)).await;
        for word in ["2026-000001", "id=\"file\"", "/cases/live", "name=\"owner\"", "生活管家 员工1", "aria-current=\"true\""] {
            assert!(desk.text.contains(word), "{word} is not in {}", desk.text);
        }
        let english = web.get(&format!("/desk?case={}&lang=en", reported.id), Some(DESK)).await;
        assert!(english.text.contains("Stair lamp out") && english.text.contains("Received"));
        assert!(!english.text.contains("cases-"), "a text key is shown");
        assert_eq!(web.get("/desk?view=overdue", Some(DESK)).await.text.matches("2026-000001").count(), 0);
        assert_eq!(web.get("/desk", None).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(web.get(&format!("/cases/{}", reported.id), Some(OTHER_STEWARD)).await.status, StatusCode::NOT_FOUND);
        let assigned = web.post(&format!("/cases/{}/assign", reported.id), Some(DESK), &format!("owner={}&back=desk", SECOND_STEWARD.owner().appointment)).await;
        assert_eq!(assigned.location, format!("/desk?case={}", reported.id));
        assert!(web.get(&format!("/cases/{}", reported.id), Some(DESK)).await.text.contains("派给 生活管家 员工3"));
    }

    async fn the_reporters_number_is_shown_with_a_reason_only(db: Db) {
        let web = Web::open(db).await;
        let mut input = crate::house::lamp();
        input.phone = Some("02512345678".to_owned());
        let reported = web.house.report(&web.house.visitor(), input).await.unwrap();
        let uri = format!("/cases/{}/contact", reported.id);
        let bare = web.post(&uri, Some(STEWARD), "").await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!bare.text.contains("02512345678"));
        let shown = web.post(&uri, Some(STEWARD), "contact_reason=x").await;
        assert!(shown.text.contains("tel:02512345678"));
        assert_eq!(web.post(&uri, Some(OFFICER), "contact_reason=x").await.status, StatusCode::FORBIDDEN);
        assert_eq!(web.post(&uri, None, "contact_reason=x").await.status, StatusCode::UNAUTHORIZED);
        assert!(!web.get(&format!("/cases/{}", reported.id), Some(STEWARD)).await.text.contains("02512345678"));
    }

    /// Who sees his own report among those known here says so with one tick, and follows the other by a link of his own.
    async fn what_is_known_is_joined_and_not_reported_again(db: Db) {
        let web = Web::open(db).await;
        let first = web.house.lamp().await;
        let page = web.get("/report?at=ABCD", None).await;
        assert!(page.text.contains(&format!("name=\"join\" value=\"{}\"", first.number)), "{}", page.text);
        let joined = web.post_files("/report", None, &[("at", "ABCD"), ("what", ""), ("join", &first.number)], None).await;
        assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.text);
        assert!(!joined.location.contains("new=1"), "{}", joined.location);
        let own = web.get(&joined.location, None).await;
        assert!(own.text.contains(&format!("这件事已并入 {}", first.number)), "{}", own.text);
        // What has ended or is none cannot be joined: the form says which number that was, and nothing is filed. What no board shows is none.
        let ended = web.house.lamp().await;
        act!(web.house, tx => linli_cases::commands::void(&web.house.staff(DESK), tx, &web.house.office, ended.id, "重复")).unwrap();
        assert_eq!(ended.number, "2026-000003");
        for (number, says) in [("2026-000003", "编号为 2026-000003 的事已经办结"), ("2026-000002", "没有找到编号为 2026-000002 的事"), ("2026-999999", "没有找到编号为 2026-999999 的事")] {
            for what in ["灯又灭了", ""] {
                let fields = [("at", "ABCD"), ("what", what), ("join", number), ("idempotency_key", "join-key-01")];
                let refused = web.post_files("/report", None, &fields, None).await;
                assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
                assert!(refused.text.contains(says) && refused.text.contains("href=\"#f-join\""), "{}", refused.text);
                assert!(what.is_empty() || refused.text.contains("灯又灭了</textarea>"), "{}", refused.text);
            }
        }
        let next = web.house.lamp().await;
        assert_eq!(next.number, "2026-000004", "nothing was filed in between");
        // What is open in another estate is not the same, though a board there shows it; and a theft is none for being joined.
        let far = linli_cases::commands::NewReport { place: path(crate::house::OTHER_ENTRANCE), ..crate::house::lamp() };
        let far = web.house.report(&web.house.visitor(), far).await.unwrap();
        assert!(web.house.case(far.id).await.public);
        for (number, what, says) in [(&far.number, "灯又灭了", "没有找到编号为"), (&next.number, "电动车被偷了", "tel:110")] {
            let fields = [("at", "ABCD"), ("what", what), ("join", number.as_str())];
            let refused = web.post_files("/report", None, &fields, None).await;
            assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains(says), "{what}: {}", refused.text);
        }
        assert_eq!(web.post_files("/report", None, &[("at", "ABCD"), ("what", "")], None).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        web.house.clean().await;
    }

    /// What the police or a court take up is told where it belongs and counted, and nothing of it is kept; who means something else says so.
    async fn what_belongs_elsewhere_is_told_where(db: Db) {
        let web = Web::open(db).await;
        let words = "车棚的电动车被偷了，锁也被剪断";
        let told = web.post_files("/report", None, &[("at", "ABCD"), ("what", words)], None).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.text.contains("tel:110") && told.text.contains("name=\"insist\""), "{}", told.text);
        let mut read = web.house.db.read().await.unwrap();
        let lines = linli_db::journal::after(&mut read.conn(), DISTRICT, 0, 100).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.kind.as_str()).collect::<Vec<_>>(), ["cases.told_elsewhere"]);
        assert_eq!(lines[0].facts()["code"], "theft");
        assert!(!lines[0].facts.contains("电动车") && lines[0].payload_hash.is_none());
        drop(read);
        // A class that one would choose makes no repair of it, neither by hand nor by a program.
        for (class, words) in [("bikes", "我的自行车被偷了"), ("bikes", "My bicycle was stolen"), ("bikes", "电动车昨晚不见了"), ("service", "我要去法院起诉物业"), ("fee", "物业费不合理，我要上访")] {
            let told = web.post_files("/report", None, &[("at", "ABCD"), ("class", class), ("what", words)], None).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
            assert!(told.text.contains("name=\"insist\""), "{}", told.text);
            let request = Request::post("/api/v1/cases").header(header::CONTENT_TYPE, "application/json");
            let body = serde_json::json!({ "board": "ABCD", "class": class, "description": words }).to_string();
            assert_eq!(web.send(request.body(Body::from(body)).unwrap()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        }
        let taken = web.post_files("/report", None, &[("at", "ABCD"), ("what", words), ("insist", "1")], None).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
        // Counted with what came of it, before it is folded and after.
        for folded in [false, true] {
            if folded {
                web.house.fold().await;
            }
            let mut read = web.house.db.read().await.unwrap();
            let now = web.house.clock_now();
            for at in [crate::house::DISTRICT_PATH, ENTRANCE] {
                let f = queries::figures(&web.house.staff(OFFICER), &mut read.conn(), DISTRICT, &path(at), now).await.unwrap();
                assert_eq!((f.told_elsewhere_30d, f.reported_30d), (11, 1), "{at} {folded}");
            }
            drop(read);
            let wall = web.get("/desk/wall", Some(DESK)).await.text;
            assert!(wall.contains("<dt>告知其他途径（今日来诉 12 次）</dt><dd class=\"num\">11</dd>"), "{wall}");
        }
        web.house.clean().await;
    }

    /// A complaint about those who work at the door hangs at the community: they neither have it nor find it.
    async fn a_complaint_never_reaches_whom_it_is_about(db: Db) {
        let web = Web::open(db).await;
        let sent = web.post_files("/report", None, &[("at", "ABCD"), ("what", "楼下管家态度恶劣，打电话不接")], None).await;
        let own = web.get(&sent.location, None).await;
        assert!(own.text.contains("对管家、物业人员的意见"), "{}", own.text);
        let list = web.get("/api/v1/cases", Some(SECRETARY)).await.text;
        let json: serde_json::Value = serde_json::from_str(&list).unwrap();
        let id = json["cases"][0]["id"].as_str().unwrap();
        let case = web.house.case(id.parse().unwrap()).await;
        assert_eq!(case.owner, Some(SECRETARY.owner()));
        assert!(case.description.contains("（锁金三村 3栋 2单元）"), "{}", case.description);
        for who in [STEWARD, SECOND_STEWARD, MANAGER, DESK] {
            assert_eq!(web.get(&format!("/cases/{id}"), Some(who)).await.status, StatusCode::NOT_FOUND);
            let list = web.get("/desk", Some(who)).await.text;
            assert!(!list.contains(&case.number), "{list}");
        }
        assert!(!web.get("/report?at=ABCD", None).await.text.contains(&case.number));
        web.house.clean().await;
    }

    async fn a_caller_is_known_by_his_number_to_those_who_may(db: Db) {
        let web = Web::open(db).await;
        let mut input = crate::house::lamp();
        input.phone = Some("025-1234 5678".to_owned());
        let known = web.house.report(&web.house.visitor(), input).await.unwrap();
        web.house.lamp().await;
        let shown = web.post("/calls", Some(DESK), "phone=02512345678").await;
        assert!(shown.text.contains("这个号码报过 1 件事") && shown.text.contains(&known.number), "{}", shown.text);
        assert!(!shown.text.contains("02512345678"));
        assert!(web.post("/calls", Some(DESK), "phone=0251234").await.text.contains("这个号码报过 0 件事"));
        assert_eq!(web.post("/calls", Some(DESK), "phone=").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(web.post("/calls", Some(OFFICER), "phone=02512345678").await.status, StatusCode::FORBIDDEN);
        assert_eq!(web.post("/calls", None, "phone=02512345678").await.status, StatusCode::UNAUTHORIZED);
        // Every look is on record, and the number only where it can be erased.
        let mut read = web.house.db.read().await.unwrap();
        let lines = linli_db::journal::after(&mut read.conn(), DISTRICT, 0, 100).await.unwrap();
        let looks: Vec<_> = lines.iter().filter(|line| line.kind == "cases.caller_looked_up").collect();
        assert_eq!(looks.len(), 2);
        assert!(lines.iter().all(|line| !line.facts.contains("12345678")));
        drop(read);
        // Who is done and left a number is called back.
        web.house.take(STEWARD, known.id).await.unwrap();
        web.house.finish(STEWARD, known.id).await.unwrap();
        let desk = web.get("/calls", Some(DESK)).await.text;
        assert!(desk.contains("等待回访 1 件") && desk.contains(&known.number), "{desk}");
        web.post(&format!("/cases/{}/confirm", known.id), Some(DESK), "told_by=phone&rating=fair").await;
        let desk = web.get("/calls", Some(MANAGER)).await.text;
        assert!(desk.contains("等待回访 0 件") && desk.contains("100.0%（1 / 1）"), "{desk}");
    }

    /// A complaint hangs higher up than where it was made; a program's too says where that was.
    async fn a_complaint_of_a_program_says_where(db: Db) {
        let web = Web::open(db).await;
        let request = Request::post("/api/v1/cases").header(header::CONTENT_TYPE, "application/json");
        let made = web.send(request.body(Body::from(r#"{"board":"ABCD","description":"楼下管家态度恶劣"}"#)).unwrap()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let json: serde_json::Value = serde_json::from_str(&made.text).unwrap();
        let case = web.house.case(json["id"].as_str().unwrap().parse().unwrap()).await;
        assert!(case.place == path(COMMUNITY) && case.description.ends_with("（锁金三村 3栋 2单元）"), "{}", case.description);
    }

    async fn the_api_reports_lists_and_reads(db: Db) {
        let web = Web::open(db).await;
        let post = async |body: &str| {
            let request = Request::post("/api/v1/cases").header(header::CONTENT_TYPE, "application/json").header("idempotency-key", "api-key-0001-of-nobody-else");
            web.send(request.body(Body::from(body.to_owned())).unwrap()).await
        };
        let made = post(r#"{"board":"ABCD","description":"楼道灯不亮","lon":118.7969,"lat":32.0603}"#).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let json: serde_json::Value = serde_json::from_str(&made.text).unwrap();
        assert_eq!((json["number"].as_str(), json["class"].as_str(), json["due_at"].as_str()), (Some("2026-000001"), Some("stair_lamp"), Some("2026-11-26T09:00:00+08:00")));
        let bad = post(r#"{"board":"ABCD","description":"电梯坏了"}"#).await;
        assert_eq!(bad.status, StatusCode::CONFLICT, "the key was used for another request: {}", bad.text);
        let request = Request::post("/api/v1/cases").header(header::CONTENT_TYPE, "application/json");
        let bad = web.send(request.body(Body::from(r#"{"board":"ABCD","description":""}"#)).unwrap()).await;
        let problem: serde_json::Value = serde_json::from_str(&bad.text).unwrap();
        assert_eq!((bad.status, problem["errors"][0]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("description")));
        // A home that exists answers a stranger as one that does not; the entrance before it is known to everybody.
        for (place, wrong) in [(format!("{ENTRANCE}0001"), "place"), (ENTRANCE.to_owned(), "description")] {
            let body = format!(r#"{{"district":{DISTRICT},"place":"{place}","description":""}}"#);
            let request = Request::post("/api/v1/cases").header(header::CONTENT_TYPE, "application/json");
            let told = web.send(request.body(Body::from(body)).unwrap()).await;
            let problem: serde_json::Value = serde_json::from_str(&told.text).unwrap();
            assert_eq!(problem["errors"][0]["field"].as_str(), Some(wrong), "{place}: {}", told.text);
        }
        let list: serde_json::Value = serde_json::from_str(&web.get("/api/v1/cases", Some(DESK)).await.text).unwrap();
        assert_eq!((list["cases"][0]["id"].clone(), list["cases"][0]["lon_e7"].as_i64()), (json["id"].clone(), Some(1_187_969_000)));
        let one: serde_json::Value = serde_json::from_str(&web.get(&format!("/api/v1/cases/{}", json["id"].as_str().unwrap()), Some(DESK)).await.text).unwrap();
        assert_eq!((one["timeline"][0]["kind"].as_str(), one["state"].as_str()), (Some("cases.reported"), Some("reported")));
        assert_eq!(web.get("/api/v1/cases", None).await.status, StatusCode::UNAUTHORIZED);
    }
}

/// Every text that templates and pages name is there, in both languages, and every state, step and code has its word.
#[test]
fn every_text_is_there() {
    let texts = Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_cases::TEXTS]).unwrap();
    let sources = [
        include_str!("../../templates/cases-report.html"),
        include_str!("../../templates/cases-report-form.html"),
        include_str!("../../templates/cases-intake-case.html"),
        include_str!("../../templates/cases-danger-script.html"),
        include_str!("../../templates/cases-contacted.html"),
        include_str!("../../templates/cases-report-where.html"),
        include_str!("../../templates/cases-link.html"),
        include_str!("../../templates/cases-my-day.html"),
        include_str!("../../templates/cases-desk.html"),
        include_str!("../../templates/cases-case.html"),
        include_str!("../../templates/cases-file.html"),
        include_str!("../../src/pages/work.rs"),
        include_str!("../../src/pages/work/desk.rs"),
        include_str!("../../src/pages/words.rs"),
        include_str!("../../src/pages/link.rs"),
        include_str!("../../src/pages/report.rs"),
        include_str!("../../src/pages/calls.rs"),
        include_str!("../../templates/cases-calls.html"),
        include_str!("../../templates/cases-rating.html"),
        include_str!("../../templates/cases-finish.html"),
    ];
    assert_eq!(texts.check_templates(&sources), Vec::<String>::new());
    for state in linli_cases::CaseState::ALL {
        assert!(texts.has(&format!("cases-state-{state}")), "{state}");
    }
    for event in linli_cases::Event::ALL.iter().filter(|event| linli_cases::commands::Onward::of(**event).is_some()) {
        assert!(texts.has(&format!("cases-way-{}", event.as_str().replace('_', "-"))), "{event}");
    }
    for kind in [
        "check-asked",
        "filed",
        "dispatched",
        "answered",
        "result-check-asked",
        "reporter-asked",
        "reworked",
        "closed",
        "returned",
        "reopened",
        "extended",
        "suspended",
        "resumed",
        "merged",
        "joined",
        "absorbed",
        "lapsed",
        "escalated",
        "handed-elsewhere",
        "sent-elsewhere",
        "refused-elsewhere",
        "heard-elsewhere",
        "ended-elsewhere",
        "gone-on-elsewhere",
    ] {
        assert!(texts.has(&format!("cases-step-{kind}")), "{kind}");
    }
    for spec in linli_cases::module().nav {
        assert!(texts.has(spec.text_key));
    }
}
