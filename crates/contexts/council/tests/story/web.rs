//! The pages, through the real router: from the call to the notice in one sitting, the board's page, the feeds.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use linli_council::model::{
    Answered, Electorate, Kind, Outcome, Paper, Party, Presence, ProposalState, Represented, Ruling, Shown, Source, Stance, State,
};
use linli_council::{CouncilOffice, TEXTS as OWN};
use linli_db::Db;
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;

use crate::house::{ADMINISTRATOR, House, MANAGER, OFFICER, OTHER, SECRETARY, STEWARD, at};

/// The staff number is the session.
struct Sessions(Arc<House>);

impl SessionPort for Sessions {
    type Signed = Signed;
    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let actor = self.0.actors.get(token).cloned();
        Ok(actor.map(|actor| Signed { actor, name: format!("员工{token}"), place: String::new() }))
    }
}

struct Web {
    house: Arc<House>,
    router: Router,
    board: String,
}

struct Answer {
    status: StatusCode,
    location: String,
    kind: String,
    tag: String,
    text: String,
}

const TEXTS: [(&str, &str); 6] =
    [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_record::TEXTS, linli_board::TEXTS, linli_cases::TEXTS, OWN];

impl Web {
    async fn open(db: Db) -> Self {
        let house = Arc::new(House::new(db).await);
        let hall = Hall::furnish(Furnishing {
            db: house.db.clone(),
            clock: house.clock.clone(),
            rng: house.rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: Sessions(house.clone()),
            services: Services::default().with::<CouncilOffice>(house.office.clone()),
            nav: linli_council::module().nav,
            base_url: "https://linli.example".into(),
        });
        let rooms = linli_webkit::House::of(vec![linli_council::module(), linli_record::module()]);
        let site = Site::plain(Arc::new(Texts::new(&TEXTS).unwrap()), house.clock.clone(), house.rng.clone());
        let mut read = house.db.read().await.unwrap();
        let code = linli_board::queries::code_of_place(&mut read.conn(), house.district, &house.entrance).await;
        let board = code.unwrap().unwrap().to_string();
        drop(read);
        Self { router: linli_webkit::open(rooms.router, hall, site).unwrap(), house, board }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let header = |name| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let (location, kind, tag) = (header(header::LOCATION), header(header::CONTENT_TYPE), header(header::ETAG));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, kind, tag, text: String::from_utf8_lossy(&body).into_owned() }
    }

    async fn get(&self, uri: &str, who: &str) -> Answer {
        self.send(Request::get(uri).header(header::COOKIE, format!("linli={who}")).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, uri: &str, who: &str, fields: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let request = Request::post(uri)
            .header(header::COOKIE, format!("linli={who}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.join("&"))).unwrap()).await
    }
}

const NOBODY: &str = "nobody";

/// What stands between the first of these and the next quotation mark.
fn after(page: &str, mark: &str) -> String {
    page.split(mark).nth(1).unwrap_or_else(|| panic!("{mark}: {page}")).split('"').next().unwrap().to_owned()
}

linli_db::both_databases! {
    async fn from_the_call_to_the_notice_in_one_sitting(db: Db) {
        let web = Web::open(db).await;
        assert!(web.get("/meetings", SECRETARY).await.text.contains("召集会议"));
        assert!(!web.get("/meetings", STEWARD).await.text.contains("href=\"/meetings/new\""));
        // The form is filled in: this community, the first day that a notice of today allows, who signs.
        let form = web.get("/meetings/new", SECRETARY).await.text;
        for words in ["value=\"2026-11-28\"", "value=\"锁金村社区居委会\"", "11 月联席会议", "锁金三村"] {
            assert!(form.contains(words), "{words}: {form}");
        }
        let place = web.house.community.to_string();
        let mut fields = vec![
            ("kind", "joint"), ("title", "十一月联席会议"), ("place", place.as_str()), ("day", "2026-11-28"), ("from", "19:00"), ("until", "20:30"),
            ("venue", ""), ("convener", "锁金村社区居委会"),
        ];
        let slip = web.post("/meetings", SECRETARY, &fields).await;
        assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains("href=\"#f-venue\"") && slip.text.contains("十一月联席会议"), "{}", slip.text);
        fields[6].1 = "社区会议室";
        let made = web.post("/meetings", SECRETARY, &fields).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
        let page = made.location;
        let empty = web.post(&format!("{page}/call"), SECRETARY, &[]).await;
        assert!(empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.text.contains("还没有议题"), "{}", empty.text);
        let title = [("title", "楼道堆物怎么清"), ("electorate", "council"), ("place", place.as_str())];
        assert_eq!(web.post(&format!("{page}/agenda"), SECRETARY, &title).await.location, format!("{page}#agenda"));
        let ready = web.get(&page, SECRETARY).await.text;
        // The notice is written already; one tap sends it.
        for words in ["楼道堆物怎么清", "联席会议通知：十一月联席会议", "时间：2026年11月28日 周六 19:00—20:30", "规则未核实", "物业 · 玄武物业 靳经理"] {
            assert!(ready.contains(words), "{words}: {ready}");
        }
        let called = web.post(&format!("{page}/call"), SECRETARY, &[]).await;
        assert_eq!((called.status, called.location.as_str()), (StatusCode::SEE_OTHER, page.as_str()), "{}", called.text);
        assert_eq!(web.house.notices(&web.house.entrance).await, ["联席会议通知：十一月联席会议"]);
        // Everybody reads it, nobody changes it who may not.
        let id = page.rsplit('/').next().unwrap();
        let public = format!("/council/{}/{id}", web.house.district);
        let shown = web.get(&public, NOBODY).await;
        assert!(shown.status == StatusCode::OK && shown.text.contains("楼道堆物怎么清") && shown.text.contains("<svg"), "{}", shown.text);
        assert!(web.get(&page, MANAGER).await.text.contains("楼道堆物怎么清"));
        assert_eq!(web.post(&format!("{page}/cancel"), MANAGER, &[("because", "x")]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(web.get(&page, OTHER).await.status, StatusCode::NOT_FOUND);
        assert_eq!(web.get("/meetings", ADMINISTRATOR).await.status, StatusCode::FORBIDDEN);
        assert_eq!(web.get(&page, NOBODY).await.status, StatusCode::UNAUTHORIZED);
        web.house.whole().await;
    }

    async fn from_the_table_to_the_public_result(db: Db) {
        let web = Web::open(db).await;
        let plan = crate::house::Plan { kind: Kind::Joint, day: 28, hour: 19 };
        let id = web.house.draft(&plan).await;
        web.house.item(id, "充电棚", Electorate::Council).await;
        web.house.call(id).await.unwrap();
        web.house.until(at(28, 19));
        let page = format!("/meetings/{id}");
        let before = web.get(&page, SECRETARY).await.text;
        let seats: Vec<String> = before.split("name=\"came-").skip(1).map(|part| part.split('"').next().unwrap().to_owned()).collect();
        assert_eq!(seats.len(), 2, "{before}");
        let came: Vec<(String, &str)> = seats.iter().map(|seat| (format!("came-{seat}"), "present")).collect();
        let came: Vec<(&str, &str)> = came.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(web.post(&format!("{page}/hold"), SECRETARY, &came).await.status, StatusCode::SEE_OTHER);
        let item = after(&web.get(&page, SECRETARY).await.text, "name=\"item\" value=\"");
        let silent = web.post(&format!("{page}/say"), SECRETARY, &[("item", &item), ("party", "property"), ("stance", "against"), ("reason", "")]).await;
        assert!(silent.status == StatusCode::UNPROCESSABLE_ENTITY && silent.text.contains("href=\"#f-reason\"") && silent.text.contains("id=\"f-reason\""), "{}", silent.text);
        let said = [("item", item.as_str()), ("party", "property"), ("stance", "against"), ("reason", "那块地要停车")];
        assert_eq!(web.post(&format!("{page}/say"), SECRETARY, &said).await.status, StatusCode::SEE_OTHER);
        let opinion = after(&web.get(&page, SECRETARY).await.text, "name=\"opinion\" value=\"");
        let answer = [("item", item.as_str()), ("opinion", &opinion), ("answered", "explained"), ("answer", "另划三个车位")];
        assert_eq!(web.post(&format!("{page}/answer"), SECRETARY, &answer).await.status, StatusCode::SEE_OTHER);
        let decide = [("item", item.as_str()), ("outcome", "agreed"), ("decision", "装在东侧")];
        assert_eq!(web.post(&format!("{page}/decide"), SECRETARY, &decide).await.status, StatusCode::SEE_OTHER);
        let owner = web.house.appointment(MANAGER).to_string();
        let task = [("item", item.as_str()), ("what", "装充电棚"), ("owner", &owner), ("due", "2026-12-12")];
        assert_eq!(web.post(&format!("{page}/undertake"), SECRETARY, &task).await.status, StatusCode::SEE_OTHER);
        let early = web.post(&format!("{page}/approve"), SECRETARY, &[]).await;
        assert!(early.status == StatusCode::UNPROCESSABLE_ENTITY && early.text.contains("请先把记录存为新的一版"), "{}", early.text);
        // The minutes are written from the record.
        let drafted = web.get(&page, SECRETARY).await.text;
        assert!(drafted.contains("物业反对：那块地要停车") && drafted.contains("答复（解释说明）：另划三个车位"), "{drafted}");
        assert_eq!(web.post(&format!("{page}/minutes"), SECRETARY, &[("body", "记录")]).await.status, StatusCode::SEE_OTHER);
        let open = web.post(&format!("{page}/approve"), SECRETARY, &[]).await;
        assert!(open.text.contains("物业还没有确认这一版记录"), "{}", open.text);
        assert!(web.get(&page, MANAGER).await.text.contains("确认这一版记录"));
        assert_eq!(web.post(&format!("{page}/confirm"), MANAGER, &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(web.post(&format!("{page}/approve"), SECRETARY, &[]).await.status, StatusCode::SEE_OTHER);
        let public = format!("/council/{}/{id}", web.house.district);
        assert!(!web.get(&public, NOBODY).await.text.contains("那块地要停车"), "nothing of it before it is published");
        assert_eq!(web.post(&format!("{page}/publish"), SECRETARY, &[]).await.status, StatusCode::SEE_OTHER);
        let result = web.get(&public, NOBODY).await.text;
        for words in ["锁金村社区居委会", "物业：那块地要停车", "另划三个车位", "装在东侧", "装充电棚", "玄武物业 靳经理", "2026年12月12日", "应到未到", "业委会（管委会）"] {
            assert!(result.contains(words), "{words}: {result}");
        }
        assert_eq!(web.house.notices(&web.house.entrance).await[0], "联席会议结果公示：十一月联席会议");
        let months = web.get("/meetings/months", OFFICER).await;
        assert!(months.text.contains("已召开") && months.text.contains("从未召开"), "{}", months.text);
        web.house.whole().await;
    }

    async fn at_the_board(db: Db) {
        let web = Web::open(db).await;
        let board = format!("/council/at/{}", web.board);
        let empty = web.get(&board, NOBODY).await;
        assert!(empty.status == StatusCode::OK && empty.text.contains("还没有提议"), "{}", empty.text);
        assert_eq!(web.get("/council/at/22222222", NOBODY).await.status, StatusCode::NOT_FOUND);
        let slip = web.post(&board, NOBODY, &[("title", ""), ("body", "x")]).await;
        assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains("href=\"#f-title\""), "{}", slip.text);
        let made = web.post(&board, NOBODY, &[("title", "装个休息椅"), ("body", "老人没地方坐"), ("phone", "")]).await;
        assert_eq!((made.status, made.location.as_str()), (StatusCode::SEE_OTHER, format!("{board}?done=T2026-0001").as_str()), "{}", made.text);
        assert!(web.get(&made.location, NOBODY).await.text.contains("T2026-0001"));
        assert!(!web.get(&board, NOBODY).await.text.contains("装个休息椅"), "somebody looks first");
        let waiting = web.get("/meetings/proposals", SECRETARY).await.text;
        let one = format!("/meetings/proposals/{}", after(&waiting, "href=\"/meetings/proposals/"));
        let look = [("do", "show"), ("title", "装个休息椅"), ("body", "老人没地方坐")];
        assert_eq!(web.post(&format!("{one}/look"), SECRETARY, &look).await.status, StatusCode::SEE_OTHER);
        let id = one.rsplit('/').next().unwrap();
        let public = format!("{board}/{id}");
        assert!(web.get(&public, NOBODY).await.text.contains("告诉楼栋管家"));
        let no_home = web.post(&format!("{public}/second"), NOBODY, &[]).await;
        assert!(no_home.status == StatusCode::UNPROCESSABLE_ENTITY && no_home.text.contains("先认领自己家"), "{}", no_home.text);
        assert_eq!(web.post(&format!("{public}/comment"), NOBODY, &[("stance", "for"), ("comment", "支持")]).await.location, format!("{public}?said=1"));
        let at_the_door = [("home", "锁金三村 3栋 2单元 301"), ("told_by", "doorstep")];
        let seconded = web.post(&format!("{one}/second"), SECRETARY, &at_the_door).await;
        assert_eq!(seconded.status, StatusCode::SEE_OTHER, "{}", seconded.text);
        let elsewhere = web.post(&format!("{one}/second"), SECRETARY, &[("home", "锁金三村 9栋 9单元 901"), ("told_by", "doorstep")]).await;
        assert!(elsewhere.status == StatusCode::UNPROCESSABLE_ENTITY && elsewhere.text.contains("这里没有这一户"), "{}", elsewhere.text);
        assert!(web.get(&board, NOBODY).await.text.contains("1 户附议"));
        // On the page of a new meeting it is offered, with one tick.
        let meeting = web.house.draft(&crate::house::Plan { kind: Kind::Joint, day: 28, hour: 19 }).await;
        let page = format!("/meetings/{meeting}");
        assert!(web.get(&page, SECRETARY).await.text.contains("装个休息椅"));
        let title = format!("title-{id}");
        let ticked = [("proposal", id), (title.as_str(), "装个休息椅")];
        assert_eq!(web.post(&format!("{page}/agenda"), SECRETARY, &ticked).await.status, StatusCode::SEE_OTHER);
        assert!(web.get(&public, NOBODY).await.text.contains("已列入议程"));
        for uri in [board.as_str(), &public] {
            assert!(web.get(&format!("{uri}?lang=en"), NOBODY).await.text.contains("seconds it"), "{uri}");
        }
        web.house.whole().await;
    }

    async fn calendars_are_subscribed_to(db: Db) {
        let web = Web::open(db).await;
        let feed = format!("/calendar/{}/{}.ics", web.house.district, web.house.community);
        let empty = web.get(&feed, NOBODY).await;
        assert_eq!((empty.status, empty.kind.as_str()), (StatusCode::OK, "text/calendar; charset=utf-8"));
        assert!(empty.text.contains("BEGIN:VTIMEZONE") && !empty.text.contains("VEVENT"), "{}", empty.text);
        let id = web.house.draft(&crate::house::Plan { kind: Kind::Joint, day: 28, hour: 19 }).await;
        web.house.item(id, "充电棚", Electorate::Council).await;
        assert!(!web.get(&feed, NOBODY).await.text.contains("VEVENT"), "nobody is told of a draft");
        web.house.call(id).await.unwrap();
        let called = web.get(&feed, NOBODY).await;
        for line in [format!("UID:{id}\r\n"), "SEQUENCE:0\r\n".to_owned(), "DTSTART;TZID=Asia/Shanghai:20261128T190000\r\n".to_owned(), "STATUS:CONFIRMED\r\n".to_owned()] {
            assert!(called.text.contains(&line), "{line}: {}", called.text);
        }
        assert!(called.text.split("\r\n").all(|line| line.len() <= 75));
        assert_eq!(web.get(&feed, NOBODY).await.tag, called.tag, "the same bytes while nothing changes");
        // Somebody's own: by an address that is shown once, and ends when another is made.
        let mine = web.post("/meetings/calendar", MANAGER, &[]).await;
        let address = mine.text.split("https://linli.example").nth(1).unwrap().split('<').next().unwrap().to_owned();
        assert!(web.get(&address, NOBODY).await.text.contains(&format!("UID:{id}")));
        let stewards = web.post("/meetings/calendar", STEWARD, &[]).await;
        let other = stewards.text.split("https://linli.example").nth(1).unwrap().split('<').next().unwrap().to_owned();
        assert!(!web.get(&other, NOBODY).await.text.contains("VEVENT"), "who has no seat has no event");
        web.post("/meetings/calendar", MANAGER, &[]).await;
        assert_eq!(web.get(&address, NOBODY).await.status, StatusCode::NOT_FOUND);
        assert_eq!(web.get(&feed.replace(".ics", ""), NOBODY).await.status, StatusCode::NOT_FOUND);
        assert_eq!(web.get(&format!("/calendar/99/{}.ics", web.house.community), NOBODY).await.status, StatusCode::NOT_FOUND);
        // Cancelled: still there, one higher, and a file that takes it out.
        assert_eq!(web.post(&format!("/meetings/{id}/cancel"), SECRETARY, &[("because", "停电")]).await.status, StatusCode::SEE_OTHER);
        let gone = web.get(&feed, NOBODY).await.text;
        assert!(gone.contains("STATUS:CANCELLED\r\n") && gone.contains("SEQUENCE:1\r\n") && gone.contains(&format!("UID:{id}")), "{gone}");
        let event = web.get(&format!("/council/{}/{id}/event.ics", web.house.district), NOBODY).await;
        assert!(event.kind.contains("method=CANCEL") && event.text.contains("METHOD:CANCEL\r\n"), "{}", event.text);
        web.house.whole().await;
    }
}

/// Every text that the templates and sources of this room name is there, and those that are put together from words of the model.
#[test]
fn every_text_is_there() {
    let texts = Texts::new(&TEXTS).unwrap();
    let mut sources = Vec::new();
    for folder in ["templates", "src/pages"] {
        for file in std::fs::read_dir(format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"))).unwrap() {
            sources.push(std::fs::read_to_string(file.unwrap().path()).unwrap());
        }
    }
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    assert_eq!(texts.check_templates(&sources), Vec::<String>::new());
    let mut keys: Vec<String> = Vec::new();
    for kind in Kind::ALL {
        keys.extend([format!("council-kind-{kind}"), format!("council-kind-hint-{kind}")]);
    }
    for party in Party::ALL {
        keys.push(format!("council-party-{party}"));
        keys.extend(["missing", "unconfirmed"].map(|what| format!("council-field-{what}-{party}")));
    }
    keys.extend(State::ALL.iter().map(|one| format!("council-state-{one}")));
    keys.extend(Presence::ALL.iter().map(|one| format!("council-presence-{one}")));
    keys.extend(Source::ALL.iter().map(|one| format!("council-from-{one}")));
    keys.extend(Electorate::ALL.iter().map(|one| format!("council-electorate-{one}")));
    keys.extend(Outcome::ALL.iter().map(|one| format!("council-outcome-{one}")));
    keys.extend(Stance::ALL.iter().map(|one| format!("council-stance-{one}")));
    keys.extend(Answered::ALL.iter().map(|one| format!("council-answered-{one}")));
    keys.extend(Paper::ALL.iter().map(|one| format!("council-paper-{one}")));
    keys.extend(Represented::ALL.iter().map(|one| format!("council-represented-{one}")));
    keys.extend(Ruling::ALL.iter().map(|one| format!("council-ruling-{one}")));
    keys.extend(ProposalState::ALL.iter().map(|one| format!("council-proposal-{one}")));
    keys.extend(Shown::ALL.iter().map(|one| format!("council-shown-{one}")));
    keys.extend((1..=7).map(|day| format!("council-weekday-{day}")));
    keys.extend(["doorstep", "phone", "paper"].map(|way| format!("council-way-{way}")));
    keys.extend(["not-found", "no-step", "changed", "carried"].map(|one| format!("error-council-{one}")));
    keys.push("record-kind-council-result".to_owned());
    for key in keys {
        assert!(texts.has(&key), "{key}");
    }
}
