//! The pages, through the real router: a vote held by the secretary in one sitting, a ballot on a phone, paper with a picture, what everybody sees.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use linli_ballot::model::{AreaSource, Call, Choice, Mode, Silent, Standing, State, UnitKind, Verdict, Way};
use linli_ballot::{BallotOffice, TEXTS as OWN};
use linli_board::Boards;
use linli_db::Db;
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_identity::door::Doorkeeper;
use linli_identity::model::DoorRules;
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;

use crate::house::{ALL, DOCTOR, GRID, House, NEIGHBOUR, OFFICER, SECRETARY, STEWARD, Staff, WORKER, at, owners};

/// The number of a member of staff is the session; everything longer is that of a claimed home.
struct Sessions {
    house: Arc<House>,
    door: Doorkeeper,
}

impl SessionPort for Sessions {
    type Signed = Signed;

    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        match ALL.iter().find(|who| who.number.to_string() == token) {
            Some(who) => {
                let actor = self.house.staff(*who).await.actor;
                Ok(Some(Signed { actor, name: format!("员工{}", who.number), place: String::new() }))
            }
            None => SessionPort::resolve(&self.door, token).await,
        }
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

const TEXTS: [(&str, &str); 7] = [
    linli_webkit::i18n::SHARED_TEXTS,
    linli_hall::TEXTS,
    linli_calendar::TEXTS,
    linli_record::TEXTS,
    linli_board::TEXTS,
    linli_identity::TEXTS,
    OWN,
];

impl Web {
    async fn open(db: Db) -> Self {
        let house = Arc::new(House::new(db).await);
        let services = Services::default()
            .with::<BallotOffice>(house.office.clone())
            .with(Arc::new(DoorRules::default()))
            .with(Arc::new(Boards::new(house.db.clone(), Vec::new())));
        let door = Doorkeeper::new(house.db.clone(), house.clock.clone(), DoorRules::default());
        let hall = Hall::furnish(Furnishing {
            db: house.db.clone(),
            clock: house.clock.clone(),
            rng: house.rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: Sessions { house: house.clone(), door },
            services,
            nav: linli_ballot::module().nav,
            base_url: "https://linli.example".into(),
        });
        let rooms = linli_webkit::House::of(vec![linli_ballot::module()]);
        let site = Site::plain(Arc::new(Texts::new(&TEXTS).unwrap()), house.clock.clone(), house.rng.clone());
        Self { router: linli_webkit::open(rooms.router, hall, site).unwrap(), house }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let location = response.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, text: String::from_utf8_lossy(&body).into_owned() }
    }

    async fn get(&self, uri: &str, session: &str) -> Answer {
        self.send(Request::get(uri).header(header::COOKIE, format!("linli={session}")).body(Body::empty()).unwrap()).await
    }

    async fn staff(&self, uri: &str, who: Staff) -> Answer {
        self.get(uri, &who.number.to_string()).await
    }

    async fn post(&self, uri: &str, session: &str, fields: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::post(uri)
            .header(header::COOKIE, format!("linli={session}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.join("&"))).unwrap()).await
    }

    async fn by(&self, who: Staff, uri: &str, fields: &[(&str, &str)]) -> Answer {
        self.post(uri, &who.number.to_string(), fields).await
    }

    /// A form with a file.
    async fn with_file(
        &self,
        who: Staff,
        uri: &str,
        fields: &[(&str, &str)],
        (field, name, bytes): (&str, &str, &[u8]),
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        body.extend(format!("--B\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n").into_bytes());
        body.extend_from_slice(bytes);
        body.extend(b"\r\n--B--\r\n");
        let request = Request::post(uri)
            .header(header::COOKIE, format!("linli={}", who.number))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=B");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A vote that is open, by the pages alone.
    async fn running(&self) -> String {
        let done = self.with_file(SECRETARY, "/owners/import", &[], ("file", "owners.csv", owners().as_bytes())).await;
        assert!(done.status == StatusCode::OK && done.text.contains("新增 12"), "{}", done.text);
        let fields = [
            ("place", "E1"),
            ("part", ""),
            ("mode", "binding"),
            ("call", "regular"),
            ("title", "动用维修资金修屋面"),
            ("body", "3 栋屋面漏水。"),
            ("topic_1", "动用维修资金 12 万元修屋面"),
            ("matter_1", "5"),
            ("silent", "not_participating"),
        ];
        let made = self.by(SECRETARY, "/votes/new", &fields).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
        let vote = made.location;
        let posted = self.by(SECRETARY, &format!("{vote}/post"), &[("signed", "锁金三村业主委员会")]).await;
        assert_eq!(posted.status, StatusCode::SEE_OTHER, "{}", posted.text);
        self.house.clock.set(at(11, 20, 9));
        let opened = self.by(SECRETARY, &format!("{vote}/open"), &[("closes_on", "2026-11-30"), ("declared", "1200.00")]).await;
        assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text);
        vote
    }
}

/// What stands between the first of these and the next quotation mark.
fn after(page: &str, mark: &str) -> String {
    page.split(mark).nth(1).unwrap_or_else(|| panic!("{mark}: {page}")).split('"').next().unwrap().to_owned()
}

fn jpeg(shade: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(40, 30, image::Rgb([shade, shade, 200])).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

linli_db::both_databases! {
    async fn a_vote_on_the_pages_from_the_register_to_the_result(db: Db) {
        let web = Web::open(db).await;
        assert!(web.staff("/votes", SECRETARY).await.text.contains("还没有表决"));
        let slip = web.by(SECRETARY, "/votes/new", &[("place", ""), ("mode", "binding")]).await;
        assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains("href=\"#f-place\""), "{}", slip.text);
        let bad = owners().replace("OWNER-0007", "1");
        let slip = web.with_file(SECRETARY, "/owners/import", &[], ("file", "owners.csv", bad.as_bytes())).await;
        assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains("第 8 行，证件号码：证件号码不对"), "{}", slip.text);
        let vote = web.running().await;
        let page = web.staff(&vote, SECRETARY).await.text;
        for words in ["投票中", "12 户，1200 平方米，10 人", "至少要 800 平方米", "至少要 7 人", "不公开意见", "规则未核实", "第二百七十八条"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        // On the phone of somebody at home.
        let (_, resident) = web.house.claim("E1/1栋/1单元/004").await;
        let mine = web.get("/my-home/votes", &resident).await.text;
        assert!(mine.contains("还没投") && mine.contains("动用维修资金修屋面"), "{mine}");
        let home = format!("/my-home/votes/{}", vote.trim_start_matches("/votes/"));
        let form = web.get(&home, &resident).await.text;
        let seat = after(&form, "name=\"seat\" value=\"");
        let slip = web.post(&home, &resident, &[("seat", &seat)]).await;
        assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains("请选择意见"), "{}", slip.text);
        let cast = web.post(&home, &resident, &[("seat", &seat), ("topic_1", "y")]).await;
        assert_eq!(cast.status, StatusCode::SEE_OTHER, "{}", cast.text);
        let done = web.get(&cast.location, &resident).await.text;
        assert!(done.contains("已收到您的票") && done.contains("您的回执码") && done.contains("改票"), "{done}");
        let code = done.split("您的回执码").nth(1).unwrap().split("<strong>").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let public = after(&page, "href=\"/vote/");
        let public = format!("/vote/{public}");
        // And somebody who would rather have paper.
        let (_, other) = web.house.claim("E1/1栋/1单元/006").await;
        let seat_of_other = after(&web.get(&home, &other).await.text, "name=\"seat\" value=\"");
        let asked = web.post(&format!("{home}/paper"), &other, &[("seat", &seat_of_other)]).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
        assert!(web.staff(&format!("{vote}/ballots"), GRID).await.text.contains("要纸质票的户"));
        assert_eq!(web.post(&format!("{home}/paper"), &other, &[("seat", &seat)]).await.status, StatusCode::NOT_FOUND);
        // Somebody at the door of another home, on paper with a picture, read again by somebody else.
        let fields = [("home", "1栋 1单元 005"), ("way", "doorstep"), ("topic_1", "y")];
        let door = web.with_file(GRID, &format!("{vote}/ballots"), &fields, ("picture", "x", b"")).await;
        assert!(door.status == StatusCode::OK && door.text.contains("1栋 1单元 005 的票已计入"), "{}", door.text);
        let fields = [("home", "1栋 1单元 006"), ("way", "paper"), ("topic_1", "n")];
        let bare = web.with_file(WORKER, &format!("{vote}/ballots"), &fields, ("picture", "x", b"")).await;
        assert!(bare.status == StatusCode::UNPROCESSABLE_ENTITY && bare.text.contains("href=\"#f-picture\""), "{}", bare.text);
        let paper = web.with_file(WORKER, &format!("{vote}/ballots"), &fields, ("picture", "a.jpg", &jpeg(10))).await;
        assert_eq!(paper.status, StatusCode::SEE_OTHER, "{}", paper.text);
        let twice = web.with_file(GRID, &format!("{vote}/ballots"), &fields, ("picture", "b.jpg", &jpeg(20))).await;
        assert!(twice.status == StatusCode::UNPROCESSABLE_ENTITY && twice.text.contains("已经登记过纸质票"), "{}", twice.text);
        let waiting = web.staff(&format!("{vote}/ballots"), GRID).await.text;
        let scan = format!("{vote}/scans/{}", after(&waiting, &format!("href=\"{vote}/scans/")));
        let reading = web.staff(&scan, GRID).await.text;
        assert!(!reading.contains(" checked"), "what the first reader read is not shown");
        assert_eq!(web.staff(&format!("{scan}/photo"), GRID).await.status, StatusCode::OK);
        let same = web.by(WORKER, &scan, &[("topic_1", "n")]).await;
        assert!(same.status == StatusCode::UNPROCESSABLE_ENTITY && same.text.contains("另一个人"), "{}", same.text);
        let read = web.by(GRID, &scan, &[("topic_1", "n")]).await;
        assert!(read.status == StatusCode::OK && read.text.contains("1栋 1单元 006 的票已计入"), "{}", read.text);
        // Everybody sees the turnout, and nothing of what was said.
        let everybody = web.get(&public, "").await.text;
        assert!(everybody.contains("已收到 3 户的票") && !everybody.contains("<td class=\"num\">"), "{everybody}");
        assert_eq!(web.get(&format!("{public}/commitments.txt"), "").await.status, StatusCode::NOT_FOUND);
        let found = web.get(&format!("{public}/receipt?code={code}"), "").await.text;
        assert!(found.contains("会计入结果") && found.contains("加盐承诺"), "{found}");
        assert!(web.get(&format!("{public}/receipt?code=ABCD"), "").await.text.contains("没有这个回执码的票"));
        assert!(web.staff(&format!("{vote}/papers"), SECRETARY).await.text.contains("1栋 1单元 012"));
        // The end.
        web.house.close().await;
        let late = web.post(&home, &resident, &[("seat", &seat), ("topic_1", "n")]).await;
        assert!(late.status == StatusCode::UNPROCESSABLE_ENTITY && late.text.contains("截止"), "{}", late.text);
        let result = web.get(&public, "").await.text;
        for words in ["参与不足，未形成决定", "清单封印", "全部加盐承诺", "同意"] {
            assert!(result.contains(words), "{words}: {result}");
        }
        assert!(!result.contains("1栋 1单元 004"), "areas and homes are not for everybody");
        let list = web.get(&format!("{home}/list"), &resident).await.text;
        assert!(list.contains("1栋 1单元 006") && list.contains("没有收到票"), "{list}");
        let file = web.get(&format!("{home}/recount.jsonl"), &resident).await.text;
        assert!(linli_ballot::recount::recount(file.as_bytes(), &|_, _| None).is_ok());
        assert_eq!(web.get(&format!("{public}/commitments.txt"), "").await.text.lines().count(), 3);
        let announced = web.by(SECRETARY, &format!("{vote}/announce"), &[("signed", "锁金三村业主委员会")]).await;
        assert_eq!(announced.status, StatusCode::SEE_OTHER, "{}", announced.text);
        let pack = web.staff(&format!("{vote}/pack"), SECRETARY).await.text;
        assert!(pack.contains("备案材料") && pack.contains("物业管理条例（2018）第十四条"), "{pack}");
        assert!(web.staff(&format!("{vote}?lang=en"), SECRETARY).await.text.contains("Too few took part"));
        web.house.whole().await;
    }

    async fn whose_pages_they_are(db: Db) {
        let web = Web::open(db).await;
        let vote = web.running().await;
        for uri in ["/votes", vote.as_str(), &format!("{vote}/ballots"), "/owners"] {
            assert_eq!(web.staff(uri, DOCTOR).await.status, StatusCode::FORBIDDEN, "{uri}");
        }
        for uri in [format!("{vote}/ballots"), format!("{vote}/papers"), "/owners".to_owned(), format!("{vote}/list")] {
            assert_eq!(web.staff(&uri, STEWARD).await.status, StatusCode::FORBIDDEN, "{uri}");
            assert_eq!(web.staff(&uri, OFFICER).await.status, StatusCode::FORBIDDEN, "ballots never follow from a place above: {uri}");
        }
        assert_eq!(web.staff(&vote, OFFICER).await.status, StatusCode::OK);
        assert_eq!(web.staff(&vote, NEIGHBOUR).await.status, StatusCode::NOT_FOUND);
        assert_eq!(web.staff(&format!("{vote}/list"), SECRETARY).await.status, StatusCode::NOT_FOUND, "before the count");
        let (_, elsewhere) = web.house.claim("E2/1栋/1单元/001").await;
        let home = format!("/my-home/votes/{}", vote.trim_start_matches("/votes/"));
        for uri in [home.clone(), format!("{home}/list"), format!("{home}/recount.jsonl")] {
            assert_eq!(web.get(&uri, &elsewhere).await.status, StatusCode::NOT_FOUND, "{uri}");
        }
        assert!(web.get("/my-home/votes", &elsewhere).await.text.contains("现在没有表决"));
        let page = web.staff("/owners", SECRETARY).await.text;
        assert!(page.contains("12 个专有部分，共 1200 平方米") && page.contains("业**") && !page.contains("OWNER-"), "{page}");
        let unit = after(&page, "action=\"/owners/").replace("/strike", "");
        let struck = web.by(SECRETARY, &format!("/owners/{unit}/strike"), &[("reason", "重复登记")]).await;
        assert_eq!(struck.status, StatusCode::SEE_OTHER, "{}", struck.text);
        assert!(web.staff("/owners", SECRETARY).await.text.contains("11 个专有部分"));
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
    keys.extend(Mode::ALL.iter().map(|one| format!("ballot-mode-{one}")));
    keys.extend(Call::ALL.iter().map(|one| format!("ballot-call-{one}")));
    keys.extend(Silent::ALL.iter().map(|one| format!("ballot-silent-{one}")));
    keys.extend(State::ALL.iter().map(|one| format!("ballot-state-{one}")));
    keys.extend(Verdict::ALL.iter().map(|one| format!("ballot-verdict-{one}")));
    keys.extend(Choice::ALL.iter().map(|one| format!("ballot-choice-{one}")));
    keys.extend(Way::ALL.iter().map(|one| format!("ballot-way-{one}")));
    keys.extend(UnitKind::ALL.iter().map(|one| format!("ballot-kind-{one}")));
    keys.extend(AreaSource::ALL.iter().map(|one| format!("ballot-from-{one}")));
    keys.extend(Standing::ALL.iter().map(|one| format!("ballot-standing-{one}")));
    keys.extend(linli_ballot::rules::PARTS.iter().map(|one| format!("ballot-part-{one}")));
    let columns = [
        "code", "place", "kind", "area", "source", "standing", "owner", "document", "speaks", "all", "part", "yes", "no",
        "abstain", "result",
    ];
    keys.extend(columns.map(|one| format!("ballot-column-{one}")));
    let codes = [
        "not-found",
        "no-step",
        "posted-too-short",
        "notice-gone",
        "register-incomplete",
        "area-sum",
        "nobody-votes",
        "over",
        "official-system",
        "already-cast",
        "two-scans",
        "scan-used",
        "same-person",
        "readings-differ",
        "owner-changed",
        "proxy-full",
        "matter-unknown",
        "field-invalid",
        "line-invalid",
        "count",
    ];
    keys.extend(codes.map(|one| format!("error-ballot-{one}")));
    for key in keys {
        assert!(texts.has(&key), "{key}");
    }
}
