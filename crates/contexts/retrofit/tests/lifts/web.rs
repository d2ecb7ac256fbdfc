//! The pages, through the real router: from the first visit to the pack, as they are typed and tapped.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use linli_db::Db;
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_retrofit::model::{
    AreaSource, By, Class, Entry, Fire, ItemState, Matter, Moment, ObjectionEvent, ObjectionState, Operating, Opinion, Pipe,
    Signing, Stage, Stance, Way,
};
use linli_retrofit::{LiftOffice, SUN_TEXTS, TEXTS as OWN};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;

use crate::house::{ALL, ELSEWHERE, GUARD, House, MANAGER, OFFICER, RED, SECRETARY, STEWARD, Staff, usual};

/// The number of a member of staff is the session.
struct Sessions(Arc<House>);

impl SessionPort for Sessions {
    type Signed = Signed;
    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let who = ALL.iter().find(|staff| staff.number.to_string() == token);
        Ok(who.map(|who| Signed { actor: self.0.actor(*who), name: format!("员工{}", who.number), place: String::new() }))
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

const TEXTS: [(&str, &str); 6] =
    [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_board::TEXTS, linli_record::TEXTS, SUN_TEXTS, OWN];

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
            services: Services::default().with::<LiftOffice>(house.office.clone()),
            nav: linli_retrofit::module().nav,
            base_url: "https://linli.example".into(),
        });
        let rooms = linli_webkit::House::of(vec![linli_retrofit::module()]);
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

    async fn get(&self, uri: &str, who: Staff) -> Answer {
        self.send(Request::get(uri).header(header::COOKIE, format!("linli={}", who.number)).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, uri: &str, who: Staff, form: &str) -> Answer {
        let request = Request::post(uri)
            .header(header::COOKIE, format!("linli={}", who.number))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    async fn sees(&self, uri: &str, who: Staff, words: &[&str]) -> String {
        let page = self.get(uri, who).await;
        assert_eq!(page.status, StatusCode::OK, "{uri}: {}", page.text);
        for word in words {
            assert!(page.text.contains(word), "{word} is not on {uri}: {}", page.text);
        }
        page.text
    }
}

/// A form of a usual scheme, with the shaft in front of the stairs.
const SCHEME: &str = "name=%E7%94%B2&entry=half_landing&operating=owned&fire=kept&pipe=gas&pipe=water&note=&total=500000&subsidy=100000&outside=\
    &by=coefficient&k1=0&k2=0.5&k3=1&k4=1.3&k5=1.6&k6=1.9&c1=5000&running=8000&overhaul=2000&ride=&s1x=6.3&s1y=-2.4&s1w=2.4&s1d=2.3&s1z=0&s1h=20";
/// A plan of one building with two windows on each floor.
const PLAN: &str = "turn=0&storey=3&b1x=0&b1y=0&b1w=15&b1d=11&b1z=0&b1h=18&w1door=1&w1wall=S&w1at=3&w1width=1.5&w1from=1&w1to=6\
    &w2door=2&w2wall=S&w2at=12&w2width=1.5&w2from=1&w2to=6";

linli_db::both_databases! {
    async fn from_the_first_visit_to_the_pack_on_the_pages(db: Db) {
        let web = Web::open(db).await;
        web.sees("/lifts", RED, &["还没有单元发起加装", "发起"]).await;
        let slip = web.post("/lifts", RED, "place=").await;
        assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains("href=\"#f-place\""), "{}", slip.text);
        let begun = web.post("/lifts", RED, "place=E1%2F3%E6%A0%8B%2F1%E5%8D%95%E5%85%83").await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let lift = begun.location;
        web.sees(&lift, STEWARD, &["101", "602", "还没问", "该走访的", "规则未核实", "还差"]).await;
        let id = lift.trim_start_matches("/lifts/").parse().unwrap();
        let home = web.house.home(id, "301").await;
        let door = format!("{lift}/homes/{home}");
        web.sees(&door, STEWARD, &["3 层 301", "上门", "见证人", "采光日照"]).await;
        let silent = web.post(&door, STEWARD, "stance=agree&way=door").await;
        assert!(silent.status == StatusCode::UNPROCESSABLE_ENTITY && silent.text.contains("href=\"#f-witness\""), "{}", silent.text);
        let said = web.post(&door, STEWARD, "stance=agree&way=door&witness=x&said=y").await;
        assert_eq!((said.status, said.location.as_str()), (StatusCode::SEE_OTHER, lift.as_str()), "{}", said.text);
        for (floor, room) in (1..=6).flat_map(|floor| [1, 2].map(|door| (floor, format!("{floor}0{door}")))) {
            if floor != 3 && room != "101" {
                let home = web.house.home(id, &room).await;
                web.post(&format!("{lift}/homes/{home}"), STEWARD, "stance=agree&way=phone&said=%E5%8F%AF%E4%BB%A5").await;
            }
        }
        let house = web.sees(&lift, SECRETARY, &["已达标", "第一户同意", "3 层 301"]).await;
        assert!(!house.contains("open-homes"), "who does not convene is shown no way to look");
        let looked = web.post(&format!("{lift}/open-homes"), RED, "").await;
        assert!(looked.status == StatusCode::OK && looked.text.contains("已经达标"), "{}", looked.text);
        assert_eq!(web.post(&format!("{lift}/open-homes"), SECRETARY, "").await.status, StatusCode::CONFLICT);
        // The plan, then a scheme with its shaft; what is wrong is said at its field, and what was typed stays.
        let blind = web.post(&format!("{lift}/plan"), RED, "turn=0&storey=3&b1x=0&b1y=0&b1w=15&b1d=11&b1h=18").await;
        assert!(blind.status == StatusCode::UNPROCESSABLE_ENTITY && blind.text.contains("没有窗户") && blind.text.contains("#f-windows"), "{}", blind.text);
        let drawn = web.post(&format!("{lift}/plan"), RED, PLAN).await;
        assert_eq!(drawn.status, StatusCode::SEE_OTHER, "{}", drawn.text);
        web.sees(&format!("{lift}/schemes/new"), RED, &["name=\"k6\" value=\"1.9\"", "name=\"s1x\"", "协商用估算"]).await;
        for (from, to, mark) in [
            ("k1=0&k2=0.5&k3=1&k4=1.3&k5=1.6&k6=1.9", "k1=0&k2=0&k3=0&k4=0&k5=0&k6=0", "#f-coefficients"),
            ("subsidy=100000", "subsidy=-1", "#f-subsidy"),
            ("subsidy=100000", "subsidy=600000", "#f-subsidy"),
            ("s1y=-2.4", "s1y=1", "#f-shaft"),
        ] {
            let wrong = web.post(&format!("{lift}/schemes"), RED, &SCHEME.replace(from, to)).await;
            assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains(mark), "{mark}: {}", wrong.text);
            assert!(wrong.text.contains("value=\"500000\""), "what was typed stays");
        }
        let put = web.post(&format!("{lift}/schemes"), RED, SCHEME).await;
        assert_eq!(put.status, StatusCode::SEE_OTHER, "{}", put.text);
        let schemes = web.sees(&format!("{lift}/schemes"), MANAGER, &["方案对比", "错层入户", "燃气、给水", "为什么一楼有补偿", "日照最多少", "得 5000.00 元"]).await;
        let scheme = schemes.split(&format!("action=\"{lift}/schemes/")).nth(1).unwrap().split('/').next().unwrap().to_owned();
        let view = web.post(&format!("{lift}/schemes/{scheme}/views"), RED, "floor=2&opinion=if&said=%E4%BA%8C%E6%A5%BC").await;
        assert_eq!(view.status, StatusCode::SEE_OTHER, "{}", view.text);
        assert_eq!(web.post(&format!("{lift}/schemes/{scheme}/choose"), RED, "").await.status, StatusCode::SEE_OTHER);
        web.sees(&format!("{lift}/light"), RED, &["→", "大寒日", "冬至日", "8:00", "<svg", "协商用估算", "采光（天空分量）"]).await;
        web.sees(&format!("{lift}?view=sun"), RED, &["协商用估算", "分钟"]).await;
        web.sees(&format!("{lift}?view=money"), MANAGER, &["付 ", "元"]).await;
        let signed = web.post(&format!("{door}/sign"), STEWARD, "how=electronic").await;
        assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
        web.sees(&door, STEWARD, &["已签", "房屋转让"]).await;
        web.sees(&format!("{door}/letter"), STEWARD, &["征求您意见", "协商用估算", "linli.example/lifts/estate", "您家："]).await;
        web.sees(&format!("{lift}/pack"), SECRETARY, &["加装电梯协议", "410000.00", "10000.00", "400000.00", "买受人承继", "协商用估算", "三十分钟"]).await;
        web.sees(&format!("{lift}/steps"), SECRETARY, &["公示 10 天", "使用登记", "还没到"]).await;
        web.sees(&format!("{lift}/talks"), MANAGER, &["物业前置介入", "没有异议"]).await;
        let met = web.post(&format!("{lift}/meetings"), RED, "subject=a&attended=9&outcome=b&meeting_on=").await;
        assert_eq!(met.status, StatusCode::SEE_OTHER, "{}", met.text);
        let estate = format!("/lifts/estate/{}/{}", web.house.district, web.house.estate);
        let public = web.send(Request::get(&estate).body(Body::empty()).unwrap()).await;
        assert!(public.status == StatusCode::OK && public.text.contains("1 个单元中 0 个已签约") && !public.text.contains("301"), "{}", public.text);
        web.sees("/lifts?lang=en", RED, &["Lifts", "0 of 1 stairwells signed"]).await;
        web.house.clean().await;
    }

    async fn whose_pages_they_are(db: Db) {
        let web = Web::open(db).await;
        let id = web.house.begin(SECRETARY).await.unwrap();
        let lift = format!("/lifts/{id}");
        let home = web.house.home(id, "101").await;
        for uri in ["/lifts", &lift, &format!("{lift}/schemes"), "/renovation"] {
            assert_eq!(web.get(uri, GUARD).await.status, StatusCode::FORBIDDEN, "{uri}");
            assert_eq!(web.get(uri, OFFICER).await.status, StatusCode::OK, "{uri}");
        }
        for uri in [&format!("{lift}/homes/{home}"), &format!("{lift}/homes/{home}/letter"), &format!("{lift}/pack")] {
            assert_eq!(web.get(uri, MANAGER).await.status, StatusCode::FORBIDDEN, "{uri}");
            assert_eq!(web.get(uri, ELSEWHERE).await.status, StatusCode::NOT_FOUND, "{uri}");
        }
        assert_eq!(web.get("/lifts/not-an-id", SECRETARY).await.status, StatusCode::NOT_FOUND);
        assert_eq!(web.post("/lifts", STEWARD, "place=x").await.status, StatusCode::FORBIDDEN);
        // What is typed by residents is shown as words.
        web.house.scheme(id, usual("<b>甲</b>")).await.unwrap();
        assert!(!web.sees(&format!("{lift}/schemes"), SECRETARY, &["甲"]).await.contains("<b>甲"));
        let css = web.get("/lifts", SECRETARY).await.text;
        assert!(!css.contains("style=\""), "no style in the page itself");
        let entered = web.post("/renovation", SECRETARY, "estate=E1&code=lighting&title=&central=1000&city=&district=&owners=&capital=").await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
        web.sees(&entered.location, MANAGER, &["照明", "完善类", "1000 元", "征求意见"]).await;
        web.sees("/renovation", SECRETARY, &["梅园一村", "照明"]).await;
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
    keys.extend(Stage::ALL.iter().map(|one| format!("lift-stage-{one}")));
    keys.extend(Stance::ALL.iter().map(|one| format!("lift-stance-{one}")));
    keys.extend(Way::ALL.iter().map(|one| format!("lift-way-{one}")));
    keys.extend(Matter::ALL.iter().map(|one| format!("lift-matter-{one}")));
    keys.extend(ObjectionState::ALL.iter().map(|one| format!("lift-objection-{one}")));
    keys.extend(ObjectionEvent::ALL.iter().map(|one| format!("lift-event-{one}")));
    keys.extend(Entry::ALL.iter().map(|one| format!("lift-entry-{one}")));
    keys.extend(Pipe::ALL.iter().map(|one| format!("lift-pipe-{one}")));
    keys.extend(Fire::ALL.iter().map(|one| format!("lift-fire-{one}")));
    keys.extend(Operating::ALL.iter().map(|one| format!("lift-operating-{one}")));
    keys.extend(By::ALL.iter().map(|one| format!("lift-by-{one}")));
    keys.extend(Opinion::ALL.iter().map(|one| format!("lift-opinion-{one}")));
    keys.extend(AreaSource::ALL.iter().map(|one| format!("lift-area-{one}")));
    keys.extend(Signing::ALL.iter().map(|one| format!("lift-signing-{one}")));
    keys.extend(Class::ALL.iter().map(|one| format!("renovation-class-{one}")));
    keys.extend(ItemState::ALL.iter().map(|one| format!("renovation-state-{one}")));
    keys.extend(Moment::ALL.iter().map(|one| format!("renovation-moment-{one}")));
    keys.extend(["house", "talks", "schemes", "light", "steps"].map(|one| format!("lift-tab-{one}")));
    keys.extend(["stand", "money", "sun"].map(|one| format!("lift-view-{one}")));
    keys.extend(["S", "N", "E", "W"].map(|one| format!("lift-wall-{one}")));
    keys.extend(["x", "y", "w", "d", "z", "h"].map(|one| format!("lift-box-{one}")));
    keys.extend(["drawn", "brought"].map(|one| format!("lift-plan-{one}")));
    keys.extend(["central", "city", "district", "owners", "capital"].map(|one| format!("renovation-{one}")));
    let errors = [
        "not-found",
        "no-step",
        "begun-already",
        "notice-runs",
        "objections-open",
        "not-passed",
        "not-convener",
        "field-invalid",
    ];
    keys.extend(errors.map(|one| format!("error-retrofit-{one}")));
    keys.extend(["passed", "signed", "noticed", "stage"].map(|one| format!("record-kind-lift-{one}")));
    keys.extend(["lift-board-all", "lift-board-going", "lift-at-home"].map(str::to_owned));
    for key in keys {
        assert!(texts.has(&key), "{key}");
    }
}
