//! The thread as a browser walks it, through the real router, in both languages.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use linli_access::Actor;
use linli_care::{Care, Purpose, SignKind, Verdict, VisitEvent};
use linli_cases::{Neighbours, PortFuture, StaffCard};
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

use crate::house::{ALL, DESK, GUARD, House, OFFICER, RED, STEWARD, Staff, WORKER, home};

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
        key: &'a str,
    ) -> PortFuture<'a, Result<Option<PlacePath>, DbError>> {
        Box::pin(async move { Ok(key.strip_prefix("E1/").and_then(|number| number.parse().ok()).map(home)) })
    }
    fn place_name<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        _: &'a PlacePath,
    ) -> PortFuture<'a, Result<String, DbError>> {
        Box::pin(async { Ok("锁金三村 3栋 2单元 501".to_owned()) })
    }
    fn staff<'a, 'c: 'a>(
        &'a self,
        _: &'a mut Conn<'c>,
        _: DistrictId,
        id: Uuid,
    ) -> PortFuture<'a, Result<Option<StaffCard>, DbError>> {
        let who = ALL.iter().find(|s| s.owner().appointment == id);
        let card = who.map(|s| StaffCard { role: s.role, name: format!("员工{}", s.number), phone: None });
        Box::pin(async move { Ok(card) })
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

const BOUNDARY: &str = "linli-test-boundary";

impl Web {
    pub async fn open(db: Db) -> Self {
        let house = Arc::new(House::watching(db).await);
        let texts = [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_care::TEXTS];
        let texts = Arc::new(Texts::new(&texts).unwrap());
        let neighbours: Arc<dyn Neighbours> = Arc::new(Street);
        let rooms = linli_webkit::House::of(vec![linli_care::module()]);
        let hall = Hall::furnish(Furnishing {
            db: house.db.clone(),
            clock: house.clock.clone(),
            rng: house.rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::new(&[])),
            sessions: Sessions(house.clone()),
            services: Services::default().with::<Care>(house.care.clone()).with(neighbours),
            nav: rooms.nav.clone(),
            base_url: "https://linli.example".into(),
        });
        let router = linli_webkit::open(rooms.router, hall, Site::plain(texts, house.clock.clone(), house.rng.clone())).unwrap();
        Self { house, router }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let location = response.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, text: String::from_utf8_lossy(&body).into_owned() }
    }

    /// A page in both languages, with every text of it there; the Chinese one comes back.
    pub async fn page(&self, uri: &str, who: Option<Staff>) -> Answer {
        let and = if uri.contains('?') { '&' } else { '?' };
        let english = self.send(signed(Request::get(format!("{uri}{and}lang=en")), who).body(Body::empty()).unwrap()).await;
        let answer = self.send(signed(Request::get(uri), who).body(Body::empty()).unwrap()).await;
        assert_eq!(english.status, answer.status, "{uri}");
        for text in [&english.text, &answer.text] {
            let missing = text.split(['>', '"', ' ']).find(|word| word.starts_with("care-") && word.ends_with('<'));
            assert_eq!(missing, None, "a text of {uri} is missing");
        }
        answer
    }

    pub async fn post(&self, uri: &str, who: Option<Staff>, form: &str) -> Answer {
        let request = signed(Request::post(uri), who).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub async fn post_files(&self, uri: &str, who: Staff, fields: &[(&str, &str)], paper: Option<&[u8]>) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        if let Some(paper) = paper {
            body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"scan\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n").bytes());
            body.extend(paper);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{BOUNDARY}--\r\n").bytes());
        let request = signed(Request::post(uri), Some(who))
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
        self.send(request.body(Body::from(body)).unwrap()).await
    }
}

fn signed(request: http::request::Builder, who: Option<Staff>) -> http::request::Builder {
    match who {
        Some(who) => request.header(header::COOKIE, format!("linli={}", who.number)),
        None => request,
    }
}

/// A picture as a telephone takes one.
fn picture() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(40, 30, image::Rgb([200, 120, 30])).write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

/// The text between two others.
pub fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1.split_once(after).unwrap().0
}

linli_db::both_databases! {
    async fn from_the_paper_to_the_door_and_out_again(db: Db) {
        let web = Web::open(db).await;
        // On paper.
        let form = web.page("/care/enrol", Some(WORKER)).await;
        assert_eq!(form.status, StatusCode::OK);
        assert!(form.text.contains("24 小时未出门") && form.text.contains("不保存您几点出门"), "{}", form.text);
        let mark = between(&form.text, "name=\"mark\" value=\"", "\"").to_owned();
        let fields = [
            ("home", "E1/5"), ("name", "王秀英"), ("phone", "025-0000 1234"), ("purpose", "watch"), ("purpose", "routine"),
            ("profile", "not_left_home"), ("contact_name", "李小兰"), ("contact_relation", "女儿"), ("contact_phone", "13900000077"),
            ("channel", "paper"), ("given_by", "own"), ("assessment", "独居"), ("mark", mark.as_str()), ("idempotency_key", "enrol-key-1"),
        ];
        let bare = web.post_files("/care/enrol", WORKER, &fields, None).await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(bare.text.contains("请附上同意书的照片") && bare.text.contains("value=\"王秀英\""), "what was typed stays");
        let done = web.post_files("/care/enrol", WORKER, &fields, Some(&picture())).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        let link = format!("/c/{}", between(&done.text, "https://linli.example/c/", "\""));
        let again = web.post_files("/care/enrol", WORKER, &fields, Some(&picture())).await;
        let link_again = format!("/c/{}", between(&again.text, "https://linli.example/c/", "\""));
        assert_eq!(web.page(&link, None).await.status, StatusCode::NOT_FOUND, "sent twice: the link of the answer that came holds");
        let people = web.page("/care/people", Some(WORKER)).await;
        assert_eq!(people.text.matches("王秀英").count(), 1, "registered once");
        let id = between(&people.text, "/care/people/", "\"").to_owned();
        assert_eq!(web.post("/care/enrol", Some(GUARD), "").await.status, StatusCode::FORBIDDEN);

        // Her own page: everything, and in plain words.
        let own = web.page(&link_again, None).await;
        for word in ["王秀英", "看护中", "24 小时未出门", "最近一次迹象从这时算起", "女儿", "停止看护并删除"] {
            assert!(own.text.contains(word), "{word} is not in {}", own.text);
        }

        // A silent day.
        web.house.hours(25).await;
        let mine = web.page("/care/mine", Some(STEWARD)).await;
        assert!(mine.text.contains("王秀英") && mine.text.contains("data-queue") && mine.text.contains("data-offline"), "{}", mine.text);
        let visit = format!("/care/visits/{}", between(&mine.text, "/care/visits/", "\""));
        let board = web.page("/care", Some(WORKER)).await;
        assert!(board.text.contains("王秀英") && board.text.contains("等人接手（1）") && board.text.contains("一直没有出门"), "{}", board.text);
        let taken = web.post(&format!("{visit}/take"), Some(STEWARD), "idempotency_key=take-key-1&back=mine").await;
        assert_eq!((taken.status, taken.location.as_str()), (StatusCode::SEE_OTHER, "/care/mine"));
        let page = web.page(&visit, Some(STEWARD)).await;
        assert!(page.text.contains("tel:02500001234") && page.text.contains("phone_silent") && page.text.contains("tel:120"), "{}", page.text);
        assert!(page.text.contains("name=\"contact_told\""), "her daughter is told together with how she is");
        let knocking = "action=\"".to_owned() + &visit + "/knock\"";
        let (shown, later) = page.text.split_once("<template data-queue-after").unwrap();
        assert!(!shown.contains(&knocking) && later.contains(&knocking), "the door is offered after the telephone, also without a signal");
        // Sent again by the queue of the telephone: the same answer, and once.
        assert_eq!(web.post(&format!("{visit}/take"), Some(STEWARD), "idempotency_key=take-key-1").await.status, StatusCode::SEE_OTHER);
        for event in ["phone_silent", "knock"] {
            assert_eq!(web.post(&format!("{visit}/{event}"), Some(STEWARD), "").await.status, StatusCode::SEE_OTHER, "{event}");
        }
        let missing = web.post(&format!("{visit}/emergency"), Some(STEWARD), "").await;
        assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(missing.text.contains("请先打 120，再勾选"), "{}", missing.text);
        assert_eq!(web.post(&format!("{visit}/well"), Some(STEWARD), "idempotency_key=well-key-1").await.status, StatusCode::SEE_OTHER);
        let page = web.page(&visit, Some(STEWARD)).await;
        assert!(page.text.contains("结果：平安") && !page.text.contains("tel:02500001234"), "over: her number is nobody's business");
        let figures = web.page("/care/figures", Some(OFFICER)).await;
        assert!(figures.text.contains("误敲门") && !figures.text.contains("王秀英"), "{}", figures.text);

        // She sees who looked, and ends it.
        let own = web.page(&link_again, None).await;
        assert!(own.text.contains("生活管家 员工1") && own.text.contains("社区工作者 员工3"), "{}", own.text);
        let ended = web.post(&format!("{link_again}/withdraw"), None, "").await;
        assert_eq!((ended.status, ended.location), (StatusCode::SEE_OTHER, format!("{link_again}?said=withdrawn")));
        let own = web.page(&format!("{link_again}?said=withdrawn"), None).await;
        for word in ["已停止", "依法保留的", "纸质同意书的照片", "发生过的走访记录 1 次", "没有看护"] {
            assert!(own.text.contains(word), "{word} is not in {}", own.text);
        }
        let person = linli_care::CarePersonId(id.parse().unwrap());
        assert_eq!(web.house.sign(person, SignKind::In).await, Verdict::NoConsent);
        assert_eq!(web.page(&format!("/care/people/{id}"), Some(WORKER)).await.status, StatusCode::OK);
    }

    async fn she_agrees_and_goes_away_by_her_own_telephone(db: Db) {
        let web = Web::open(db).await;
        let made = web.house.enrol(&web.house.somebody(5, &[])).await.unwrap();
        let link = format!("/c/{}", made.link.secret_text());
        let own = web.page(&link, None).await;
        let mark = between(&own.text, "name=\"mark\" value=\"", "\"").to_owned();
        assert_eq!(web.post(&format!("{link}/agree"), None, "mark=x").await.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing ticked");
        let old = web.post(&format!("{link}/agree"), None, "purpose=watch&mark=old").await;
        assert!(old.text.contains("告知文本已更新"), "{}", old.text);
        let form = format!("purpose=watch&profile=no_sign_24&mark={}", mark.replace('#', "%23").replace('@', "%40"));
        assert_eq!(web.post(&format!("{link}/agree"), None, &form).await.status, StatusCode::SEE_OTHER);
        assert_eq!(web.house.person(made.id).await.watched.unwrap().profile, "no_sign_24");
        assert_eq!(web.post(&format!("{link}/away"), None, "until=2020-01-01").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(web.post(&format!("{link}/away"), None, "until=2026-12-01").await.status, StatusCode::SEE_OTHER);
        assert!(web.house.care.known(made.id).await.unwrap().away);
        assert!(web.page(&link, None).await.text.contains("外出"));
        assert_eq!(web.post(&format!("{link}/away"), None, "back=1").await.status, StatusCode::SEE_OTHER);
        assert!(!web.house.care.known(made.id).await.unwrap().away);
        let lines = web.house.kinds(made.id.0).await;
        assert!(lines.contains(&"care.watch_changed".to_owned()), "that something changed, and not what: {lines:?}");
    }

    async fn wrong_knocks_are_shown_by_steward_and_week_beside_the_aim(db: Db) {
        let web = Web::open(db).await;
        for number in 5..=9 {
            web.house.enrol(&web.house.somebody(number, &[Purpose::Watch])).await.unwrap();
        }
        let figures = async || web.page("/care/figures", Some(OFFICER)).await.text;
        let none = figures().await;
        for word in ["没有误敲门", "每名管家每周不超过 3 次", "还没有预警", "算不出误报率", "算不出漏报率", "目标 30 分钟"] {
            assert!(none.contains(word), "{word} is not in {none}");
        }
        web.house.hours(25).await;
        let knocks = async || between(&figures().await, "误敲门", "</section>").to_owned();
        let visits = web.house.open_visits().await;
        assert_eq!(visits.len(), 5);
        let done = async |visit: usize, steps: &[VisitEvent]| {
            for step in steps {
                web.house.step(STEWARD, visits[visit].id, *step).await.unwrap();
            }
        };
        let well_behind_the_door = [VisitEvent::Take, VisitEvent::PhoneSilent, VisitEvent::Knock, VisitEvent::Well];
        // By telephone nobody knocked; who was unwell was not knocked up for nothing.
        done(0, &[VisitEvent::Take, VisitEvent::Well]).await;
        done(1, &[VisitEvent::Take, VisitEvent::PhoneSilent, VisitEvent::Knock, VisitEvent::Unwell]).await;
        assert!(knocks().await.contains("没有误敲门"));
        for (visit, n) in [(2, 1), (3, 2), (4, 3)] {
            done(visit, &well_behind_the_door).await;
            let shown = knocks().await;
            assert!(shown.contains(&format!(">{n} 次<")) && !shown.contains("badge-act"), "{n}: {shown}");
        }
        // A day later one more: beyond the aim, in word, shape and colour.
        web.house.hours(25).await;
        let again = web.house.open_visits().await;
        for step in well_behind_the_door {
            web.house.step(STEWARD, again[0].id, step).await.unwrap();
        }
        let shown = knocks().await;
        assert!(shown.contains(">4 次<") && shown.contains("badge-act"), "{shown}");
        let all = figures().await;
        assert!(all.contains("误报率 83.3%（6 次查明的预警）") && all.contains("漏报率 0.0%"), "{all}");
        web.house.clock.advance_secs(8 * 86_400);
        assert!(knocks().await.contains("没有误敲门"), "of the last seven days");
    }

    async fn who_depends_on_a_silent_device_is_shown_as_not_watched_and_telephoned(db: Db) {
        let web = Web::open(db).await;
        let made = web.house.enrol(&web.house.somebody(5, &[Purpose::Watch])).await.unwrap();
        web.house.hours(3).await;
        let door = &[SignKind::Out, SignKind::In, SignKind::Door];
        assert!(web.house.hears(made.id, door, false).await);
        let mine = web.page("/care/mine", Some(STEWARD)).await.text;
        assert!(mine.contains("王秀英") && mine.contains("未在看护（没有设备信号），电话问候"), "{mine}");
        let (board, own) = (web.page("/care", Some(WORKER)).await.text, format!("/c/{}", made.link.secret_text()));
        assert!(between(&board, "暂不预警", "</section>").contains("本人的设备都没有信号"), "{board}");
        // Which home is left without eyes is for those who keep the consents; others are told how many.
        let others = web.page("/care", Some(STEWARD)).await.text;
        let resting = between(&others, "暂不预警", "</section>");
        assert!(resting.contains("1") && !resting.contains("王秀英") && !resting.contains("/care/people/"), "{resting}");
        assert!(web.page(&own, None).await.text.contains("本人的设备都没有信号"));
        let figures = web.page("/care/figures", Some(OFFICER)).await.text;
        assert!(between(&figures, "未在看护的人</p>", "figure-sentence").contains("1</p>"), "{figures}");
        // Telephoned by the next as well, the same day, until somebody said how she is.
        let opened = web.house.open_visits().await.pop().unwrap();
        assert_eq!(opened.wake_at.unwrap().secs_since(opened.opened_at), 2 * 3_600);
        for step in [VisitEvent::Take, VisitEvent::Well] {
            web.house.step(STEWARD, opened.id, step).await.unwrap();
        }
        assert!(web.page(&own, None).await.text.contains("本人的设备都没有信号"), "well now, and still not watched");
        assert!(web.house.hears(made.id, door, true).await);
        // That she was rung up stays among the visits of the past.
        assert!(!web.page(&own, None).await.text.contains("本人的设备都没有信号"));
        assert!(!web.page("/care", Some(WORKER)).await.text.contains("暂不预警"));
    }

    async fn who_was_told_next_stands_there_by_name(db: Db) {
        let web = Web::open(db).await;
        web.house.watched(5).await;
        web.house.hours(25).await;
        let visit = web.house.open_visits().await.pop().unwrap().id;
        let page = async || web.page(&format!("/care/visits/{visit}"), Some(WORKER)).await.text;
        assert!(!page().await.contains("时间到，通知下一位"), "nobody but the first is told yet");
        web.house.clock.advance_secs(15 * 60);
        web.house.sweep().await;
        let shown = page().await;
        assert!(between(&shown, "<ol", "</ol>").contains("红色管家 员工2"), "the next, by post and name: {shown}");
    }

    async fn what_the_page_of_a_person_offers_does_what_it_says(db: Db) {
        let web = Web::open(db).await;
        let made = web.house.enrol(&web.house.somebody(5, &[Purpose::Watch, Purpose::Routine, Purpose::Hospital])).await.unwrap();
        let (page, own) = (format!("/care/people/{}", made.id), format!("/c/{}", made.link.secret_text()));
        let shown = web.page(&page, Some(WORKER)).await.text;
        let number = between(&shown, "看护编号</dt>", "</dd>");
        assert!(number.contains(&made.id.to_string()) && number.contains("对应到"), "what an administrator maps devices by: {number}");
        let watched = async || web.house.person(made.id).await.watched.unwrap();
        let press = async |form: &str| {
            let what = between(form, "what=", "&").to_owned();
            let shown = web.page(&page, Some(WORKER)).await.text;
            assert!(shown.contains(&format!("name=\"what\" value=\"{what}\"")), "{what} is offered: {shown}");
            let answer = web.post(&format!("{page}/watch"), Some(WORKER), form).await;
            assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, page.as_str()), "{form}: {}", answer.text);
        };
        press("what=profile&profile=no_sign_24").await;
        press("what=quiet&quiet=late").await;
        assert_eq!((watched().await.profile.as_str(), watched().await.quiet.as_deref()), ("no_sign_24", Some("late")));
        press("what=away&until=2026-12-01").await;
        assert!(watched().await.away_until.is_some() && web.house.care.known(made.id).await.unwrap().away);
        press("what=back&").await;
        assert!(watched().await.away_until.is_none() && !web.house.care.known(made.id).await.unwrap().away);
        press("what=admitted&").await;
        assert!(watched().await.in_hospital && web.house.care.known(made.id).await.unwrap().in_hospital);
        press("what=discharged&").await;
        assert!(!watched().await.in_hospital);
        // One part of what she agreed to is taken back: she is told that it was that one, and the rest goes on.
        let ended = web.post(&format!("{own}/withdraw"), None, "purpose=routine").await;
        assert_eq!((ended.status, ended.location), (StatusCode::SEE_OTHER, format!("{own}?said=withdrawn-part")));
        let told = web.page(&format!("{own}?said=withdrawn-part"), None).await.text;
        assert!(between(&told, "role=\"status\">", "</p>").contains("这一项已撤回"), "{told}");
        assert!(!told.contains("已停止") && watched().await.profile == "no_sign_24", "the watch goes on");
        assert!(!web.house.care.known(made.id).await.unwrap().learns);
    }

    async fn how_a_consent_was_given_is_shown_to_her_and_to_those_who_may(db: Db) {
        let web = Web::open(db).await;
        let mut input = web.house.somebody(5, &[Purpose::Watch]);
        input.how = linli_care::commands::HowAgreed {
            channel: linli_care::ConsentChannel::Doorstep,
            given_by: linli_care::GivenBy::Relative,
            giver: Some("李小兰".to_owned()),
            relation: Some("外甥女".to_owned()),
            witness: Some("楼长周红".to_owned()),
            scan: None,
            ..web.house.on_paper()
        };
        let made = web.house.enrol(&input).await.unwrap();
        let (page, own) = (format!("/care/people/{}/consents", made.id), format!("/c/{}", made.link.secret_text()));
        let known = [
            "care.consent@2026.3#", "中文", "当面，有见证人", "楼长周红", "社区工作者 员工3", "李小兰", "外甥女", "独居，子女在外地；只用门磁",
            "2027年11月24日", "不保存您几点出门", "当时出示的文本",
        ];
        for (shown, who) in [(web.page(&page, Some(WORKER)).await.text, "those who may"), (web.page(&own, None).await.text, "her")] {
            for word in known {
                assert!(shown.contains(word), "{who}: {word} is not in {shown}");
            }
        }
        // The text is the one that was shown, whatever the pack says later.
        let mut tx = web.house.db.begin(crate::house::DISTRICT).await.unwrap();
        linli_db::exec!(&mut tx.conn().unwrap(), sqlx::query("UPDATE care_consent_text SET body = '当年的文本'")).unwrap();
        tx.commit().await.unwrap();
        assert!(web.page(&page, Some(WORKER)).await.text.contains("当年的文本"));
        for who in [STEWARD, GUARD, OFFICER] {
            assert_ne!(web.page(&page, Some(who)).await.status, StatusCode::OK, "{}", who.role);
        }
        // A look like any other: she sees it. Each page is asked for in both languages.
        let looks = web.house.kinds(made.id.0).await.iter().filter(|kind| *kind == "care.looked").count();
        assert_eq!(looks, 4);
        assert!(web.page(&format!("/care/people/{}", made.id), Some(WORKER)).await.text.contains(&page), "led to from her page");
    }

    async fn who_is_heard_by_nothing_is_shown_as_not_watched_everywhere(db: Db) {
        let web = Web::open(db).await;
        crate::house::everybody_is_heard(&web.house.db, false).await;
        let made = web.house.enrol(&web.house.somebody(5, &[Purpose::Watch])).await.unwrap();
        let own = format!("/c/{}", made.link.secret_text());
        let (board, figures) = ("/care".to_owned(), "/care/figures".to_owned());
        let pages = [(board, WORKER), (format!("/care/people/{}", made.id), WORKER), ("/care/people".to_owned(), WORKER)];
        for (page, who) in pages {
            let shown = web.page(&page, Some(who)).await.text;
            assert!(shown.contains("未在看护") && shown.contains("还没有设备对应到本人"), "{page}: {shown}");
        }
        let shown = web.page(&own, None).await.text;
        assert!(shown.contains("未在看护") && !shown.contains("看护中"), "{shown}");
        assert!(web.page("/care", Some(WORKER)).await.text.contains("正在看护 0 人"));
        let shown = web.page(&figures, Some(OFFICER)).await.text;
        assert!(shown.contains("其中正在看护 0 人"), "{shown}");
        let mine = web.page("/care/mine", Some(STEWARD)).await.text;
        assert!(mine.contains("王秀英") && mine.contains("电话问候"), "{mine}");
    }

    async fn a_telephone_that_sends_its_queue_is_answered_with_codes(db: Db) {
        let web = Web::open(db).await;
        web.house.enrol(&web.house.somebody(5, &[Purpose::Watch])).await.unwrap();
        web.house.hours(25).await;
        let id = web.house.open_visits().await[0].id;
        let request = signed(Request::post(format!("/care/visits/{id}/knock")), Some(STEWARD))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = web.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.text.contains("\"care.step_invalid\""), "{}", answer.text);
    }
}

linli_db::both_databases! {
    /// Numbers of one estate say who it is.
    async fn an_estate_has_no_figures_and_a_city_those_of_its_districts(db: Db) {
        let web = Web::open(db).await;
        web.house.enrol(&web.house.somebody(5, &[Purpose::Watch])).await.unwrap();
        web.house.hours(25).await;
        let id = web.house.open_visits().await[0].id;
        for event in [VisitEvent::Take, VisitEvent::PhoneSilent, VisitEvent::Knock, VisitEvent::Well] {
            web.house.step(STEWARD, id, event).await.unwrap();
        }
        for who in [GUARD, DESK, RED, STEWARD] {
            let figures = web.page("/care/figures", Some(who)).await.text;
            assert!(figures.contains("从社区起才有数据") && !figures.contains("登记看护的人"), "{figures}");
            assert_eq!(figures.contains("1 次"), who.number == STEWARD.number, "the own knocks alone: {figures}");
            assert!(!figures.contains("/care/key-groups"), "{figures}");
            let groups = web.page("/care/key-groups", Some(who)).await.text;
            assert!(groups.contains("从社区起才有数据") && !groups.contains("figure-sentence"), "{groups}");
        }
        assert!(!web.page("/care", Some(DESK)).await.text.contains("/care/figures"), "not offered");
        assert!(web.page("/care/figures", Some(WORKER)).await.text.contains("登记看护的人"));
        let whole = linli_access::Scope { district: linli_kernel::DistrictId::CITY, place: linli_kernel::PlacePath::root() };
        let mut ctx = web.house.staff(OFFICER);
        if let Actor::Staff { scope, .. } = &mut ctx.actor {
            *scope = whole;
        }
        let mut read = web.house.db.read().await.unwrap();
        let districts = linli_territory::queries::districts(&mut read.conn()).await.unwrap();
        let scopes: Vec<_> = districts.into_iter().map(|one| linli_access::Scope { district: one.id, place: one.path }).collect();
        let figures = linli_care::queries::figures_over(&ctx, &mut read.conn(), &scopes).await.unwrap();
        assert_eq!((figures.enrolled, figures.alarms, figures.false_alarms), (1, 1, 1));
    }

    /// A referral and a lent oximeter outlast the consent to readings, and her page says so.
    async fn what_stays_is_listed_whole(db: Db) {
        use linli_care::follow::commands as follow;
        use linli_care::follow::model::Via;
        use linli_care::follow::rules::Told;
        use crate::house::{DISTRICT, DISTRICT_PATH, DOCTOR, STATION, path};
        let web = Web::open(db).await;
        let made = web.house.enrol(&web.house.somebody(5, &[Purpose::Watch, Purpose::Readings])).await.unwrap();
        crate::left::follow_her(&web.house, made.id).await;
        web.house.clock.advance_secs(3_600);
        let (doctor, now) = (web.house.staff(DOCTOR), linli_kernel::Clock::now(web.house.clock.as_ref()));
        let mut tx = web.house.db.begin(DISTRICT).await.unwrap();
        let agreed = linli_care::consent::in_force(&mut tx.conn().unwrap(), DISTRICT, made.id, now).await.unwrap().readings.unwrap();
        let reading = follow::NewReading { told: Told { spo2: "90", ..Told::default() }, taken_at: now, via: Via::Phone, source_keys: &[] };
        let alarm = follow::tell(&doctor, &mut tx, &web.house.desk, &agreed, reading).await.unwrap().alarm.unwrap();
        follow::ask_referral(&doctor, &mut tx, &web.house.desk, alarm, (2, "血氧 90")).await.unwrap();
        follow::issue(&web.house.staff(OFFICER), &mut tx, &path(DISTRICT_PATH), STATION, 1).await.unwrap();
        follow::lend(&doctor, &mut tx, &agreed).await.unwrap();
        tx.commit().await.unwrap();
        let link = format!("/c/{}", made.link.secret_text());
        assert_eq!(web.post(&format!("{link}/withdraw"), None, "").await.status, StatusCode::SEE_OTHER);
        let own = web.page(&link, None).await.text;
        for word in ["依法保留的", "转诊请求 1 条", "借给您的 1 号血氧仪"] {
            assert!(own.contains(word), "{word} is not in {own}");
        }
    }

    async fn a_telephone_says_how_long_ago_it_was(db: Db) {
        let web = Web::open(db).await;
        web.house.enrol(&web.house.somebody(5, &[Purpose::Watch])).await.unwrap();
        web.house.hours(25).await;
        let id = web.house.open_visits().await[0].id;
        web.house.clock.advance_secs(1_800);
        let send = async |event: &str, ago: &str, key: &str| {
            let request = signed(Request::post(format!("/care/visits/{id}/{event}")), Some(STEWARD))
                .header("linli-done-ago", ago)
                .header("idempotency-key", key)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            web.send(request.body(Body::empty()).unwrap()).await.status
        };
        assert_eq!(send("take", "900000", "queue-key-1").await, StatusCode::SEE_OTHER);
        web.house.clock.advance_secs(5);
        assert_eq!(send("take", "905000", "queue-key-1").await, StatusCode::SEE_OTHER, "tried again it says another span, and is the same");
        assert_eq!(send("well", "600000", "queue-key-2").await, StatusCode::SEE_OTHER);
        assert_eq!(web.house.visit(id).await.contacted_at, Some(linli_kernel::Clock::now(web.house.clock.as_ref()).plus_secs(-600)));
        let page = web.page(&format!("/care/visits/{id}"), Some(WORKER)).await.text;
        assert!(page.contains("手机没有信号时做的"), "{page}");
    }

    async fn all_that_is_wrong_with_an_enrolment_is_said_at_once(db: Db) {
        let web = Web::open(db).await;
        let fields = [("home", "nowhere"), ("name", ""), ("phone", "12"), ("purpose", "watch"), ("channel", "paper"), ("given_by", "own"), ("seen_at", "x")];
        let wrong = web.post_files("/care/enrol", WORKER, &fields, None).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        for id in ["f-home", "f-name", "f-phone", "f-scan", "f-assessment", "f-seen_at"] {
            assert!(wrong.text.contains(&format!("href=\"#{id}\"")), "{id} is not named: {}", wrong.text);
        }
        let fields = [("home", "E1/5"), ("name", "王秀英"), ("purpose", "watch"), ("channel", "paper"), ("given_by", "own"), ("assessment", "独居")];
        let broken = web.post_files("/care/enrol", WORKER, &fields, Some(b"no picture")).await;
        assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!broken.text.contains("请附上同意书的照片"), "there is one, and it cannot be read: {}", broken.text);
        let english = web.send(signed(Request::get("/care/enrol?lang=en"), Some(WORKER)).body(Body::empty()).unwrap()).await.text;
        assert!(english.contains("chosen by the family") && !english.contains("本平台默认值"), "{english}");
    }
}

/// Every text that the templates and sources of this room name is there.
#[test]
fn every_text_is_there() {
    let texts = Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_care::TEXTS]).unwrap();
    let mut sources = Vec::new();
    for folder in ["templates", "src/pages"] {
        for file in std::fs::read_dir(format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"))).unwrap() {
            sources.push(std::fs::read_to_string(file.unwrap().path()).unwrap());
        }
    }
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    assert_eq!(texts.check_templates(&sources), Vec::<String>::new());
    // And those that are put together from words of the model.
    let dashed = |word: &str| word.replace('_', "-");
    let mut keys: Vec<String> = Vec::new();
    keys.extend(
        linli_care::VisitState::ALL.iter().filter(|s| s.as_str() != "none").map(|s| format!("care-state-{}", dashed(s.as_str()))),
    );
    keys.extend(linli_care::Outcome::ALL.iter().map(|o| format!("care-outcome-{}", dashed(o.as_str()))));
    keys.extend(linli_care::VisitKind::ALL.iter().map(|k| format!("care-kind-{}", dashed(k.as_str()))));
    keys.extend(linli_care::Silence::ALL.iter().map(|s| format!("care-silence-{}", dashed(s.as_str()))));
    keys.extend(Purpose::ALL.iter().map(|p| format!("care-purpose-{}", dashed(p.as_str()))));
    keys.extend(linli_care::ConsentChannel::ALL.iter().map(|c| format!("care-channel-{}", dashed(c.as_str()))));
    keys.extend(linli_care::Deaf::ALL.iter().map(|d| format!("care-deaf-{}", dashed(d.as_str()))));
    keys.extend(linli_care::GivenBy::ALL.iter().map(|g| format!("care-given-by-{}", dashed(g.as_str()))));
    let missing: Vec<&String> = keys.iter().filter(|key| !texts.has(key)).collect();
    assert_eq!(missing, Vec::<&String>::new());
}
