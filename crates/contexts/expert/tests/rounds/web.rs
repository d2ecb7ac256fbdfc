//! The pages, through the real router: a round on a phone, a house that answers with one tap, the look again, the comparison.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use linli_db::Db;
use linli_expert::model::{FindingEvent, FindingState, Mode, RoundState, Speciality};
use linli_expert::{RoundOffice, TEXTS as OWN};
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;

use crate::house::{ALL, EXPERT, HOMELESS, House, LEAD, LEAD_BEDS, NEXT_BEDS, OFFICER, OTHER_EXPERT, SECRETARY, Staff};

/// The number of a member of staff is the session.
struct Sessions(Arc<House>);

impl SessionPort for Sessions {
    type Signed = Signed;
    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let who = ALL.iter().find(|s| s.number.to_string() == token);
        Ok(who.map(|who| Signed { actor: self.0.staff(*who).actor, name: format!("员工{}", who.number), place: String::new() }))
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

const TEXTS: [(&str, &str); 4] = [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_treatment::TEXTS, OWN];

impl Web {
    async fn open(db: Db) -> Self {
        let house = Arc::new(House::new(db).await);
        let services = Services::default().with::<RoundOffice>(house.office.clone());
        let hall = Hall::furnish(Furnishing {
            db: house.db.clone(),
            clock: house.clock.clone(),
            rng: house.rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: Sessions(house.clone()),
            services,
            nav: linli_expert::module().nav,
            base_url: "https://linli.example".into(),
        });
        let rooms = linli_webkit::House::of(vec![linli_expert::module()]);
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
}

/// What stands between the first of these and the next quotation mark.
fn after(page: &str, mark: &str) -> String {
    page.split(mark).nth(1).unwrap_or_else(|| panic!("{mark}: {page}")).split('"').next().unwrap().to_owned()
}

/// 俯卧位
const PRONE: &str = "%E4%BF%AF%E5%8D%A7%E4%BD%8D";

linli_db::both_databases! {
    async fn from_the_group_to_the_look_again_on_the_pages(db: Db) {
        let web = Web::open(db).await;
        web.house.patient(1).await;
        let empty = web.get("/rounds", OFFICER).await;
        assert!(empty.status == StatusCode::OK && empty.text.contains("先组建专家组") && empty.text.contains("秦淮中心医院"), "{}", empty.text);
        assert!(empty.text.contains("重症、危重 1 人，每 7 天至少一次，还没有巡诊过"), "{}", empty.text);
        let slip = web.post("/rounds/groups", OFFICER, "name=&from_day=2026-11-24").await;
        assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains("href=\"#f-name\""));
        // 一组
        let made = web.post("/rounds/groups", OFFICER, "name=%E4%B8%80%E7%BB%84&from_day=2026-11-24&to_day=").await;
        assert_eq!((made.status, made.location.as_str()), (StatusCode::SEE_OTHER, "/rounds/groups"), "{}", made.text);
        let group = after(&web.get("/rounds/groups", OFFICER).await.text, "action=\"/rounds/groups/");
        let join = format!("do=join&person={}&speciality=intensive", EXPERT.person());
        assert_eq!(web.post(&format!("/rounds/groups/{group}"), OFFICER, &join).await.status, StatusCode::SEE_OTHER);
        assert!(web.get("/rounds/groups", OFFICER).await.text.contains("S5 · 重症医学"));
        let plan = format!("institution={}&group={group}&mode=on_site&day=2026-11-24&idempotency_key=5f0c2a8e4b7d4e1f9a3c6b2d8e7f1a0b", LEAD.0);
        let planned = web.post("/rounds", OFFICER, &plan).await;
        assert_eq!(planned.status, StatusCode::SEE_OTHER, "{}", planned.text);
        assert_eq!(web.post("/rounds", OFFICER, &plan).await.location, planned.location, "sent twice on a bad line: one round");
        let round = planned.location;
        // On the phone of the expert: who lies there by family name alone, the matters as a list.
        let phone = web.get(&round, EXPERT).await;
        for words in ["张** · 重症 · 重症监护", "氧疗和呼吸支持升级不及时", "现场", "不写患者姓名", "计划中"] {
            assert!(phone.text.contains(words), "{words}: {}", phone.text);
        }
        assert!(!phone.text.contains("张奶奶"));
        let offered = phone.text.split("name=\"patient\"").nth(1).unwrap().split("</option>").nth(1).unwrap();
        let patient = after(offered, "<option value=\"");
        let given = web.post(&format!("{round}/opinions"), EXPERT, &format!("patient={patient}&said={PRONE}")).await;
        assert_eq!((given.status, given.location.as_str()), (StatusCode::SEE_OTHER, round.as_str()), "{}", given.text);
        let slip = web.post(&format!("{round}/findings"), EXPERT, "matter=&told=x").await;
        assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains("href=\"#f-matter\""), "{}", slip.text);
        assert_eq!(web.post(&format!("{round}/findings"), EXPERT, "matter=prone_position&told=").await.status, StatusCode::SEE_OTHER);
        let double = web.post(&format!("{round}/findings"), EXPERT, "matter=prone_position&told=").await;
        assert!(double.status == StatusCode::UNPROCESSABLE_ENTITY && double.text.contains("还没有办结，不再重复记录"), "{}", double.text);
        assert_eq!(web.post(&format!("{round}/hold"), EXPERT, "advice=x").await.status, StatusCode::SEE_OTHER);
        // What was said about a patient is on no page but the one that writes the look down.
        let house = web.get(&round, LEAD_BEDS).await.text;
        assert!(house.contains("对患者的意见 1 条") && !house.contains("俯卧位</blockquote>") && !house.contains("name=\"matter\""), "{house}");
        assert!(web.post(&format!("{round}/read"), LEAD_BEDS, "").await.text.contains("<blockquote>俯卧位</blockquote>"));
        assert!(!web.get(&round, OTHER_EXPERT).await.text.contains("/read\""));
        assert_eq!(web.post(&format!("{round}/read"), OTHER_EXPERT, "").await.status, StatusCode::NOT_FOUND);
        // The house answers with one tap.
        let open = web.get("/rounds/findings", LEAD_BEDS).await.text;
        assert!(open.contains("俯卧位治疗没有落实") && open.contains("已整改"), "{open}");
        let finding = format!("/rounds/findings/{}", after(&open, "action=\"/rounds/findings/").replace("/answer", ""));
        assert!(web.get("/rounds/findings", NEXT_BEDS).await.text.contains("没有未办结的问题"));
        assert!(web.get("/rounds/findings", HOMELESS).await.text.contains("没有代表任何医疗机构"));
        let tapped = web.post(&format!("{finding}/answer"), LEAD_BEDS, "").await;
        assert_eq!((tapped.status, tapped.location.as_str()), (StatusCode::SEE_OTHER, "/rounds/findings"), "{}", tapped.text);
        // Not enough needs a reason.
        let silent = web.post(&format!("{finding}/look"), EXPERT, "do=fail&said=").await;
        assert!(silent.status == StatusCode::UNPROCESSABLE_ENTITY && silent.text.contains("href=\"#f-said\""), "{}", silent.text);
        assert_eq!(web.post(&format!("{finding}/look"), EXPERT, "do=fail&said=x").await.status, StatusCode::SEE_OTHER);
        assert!(web.get(&finding, LEAD_BEDS).await.text.contains("退回 1 次"));
        web.post(&format!("{finding}/answer"), LEAD_BEDS, "said=x").await;
        assert_eq!(web.post(&format!("{finding}/look"), EXPERT, "do=pass&said=").await.status, StatusCode::SEE_OTHER);
        let done = web.get(&finding, OFFICER).await.text;
        assert!(done.contains("复核通过") && done.contains("复核不通过，重新整改") && done.contains("规则未核实"), "{done}");
        // Few rounds, no mean; few findings, no share.
        let compare = web.get("/rounds/compare", OFFICER).await.text;
        for words in ["三级", "1 个，1 次，次数少，不算平均", "1，共 1，数量少，不算比例", "不排名次"] {
            assert!(compare.contains(words), "{words}: {compare}");
        }
        assert!(web.get("/rounds?lang=en", OFFICER).await.text.contains("Expert rounds"));
        web.house.whole().await;
    }

    async fn whose_pages_they_are(db: Db) {
        let web = Web::open(db).await;
        let group = web.house.group().await;
        let round = format!("/rounds/{}", web.house.plan(OFFICER, group, LEAD).await.unwrap());
        for uri in ["/rounds", "/rounds/groups", "/rounds/findings", "/rounds/compare", &round] {
            assert_eq!(web.get(uri, SECRETARY).await.status, StatusCode::FORBIDDEN, "{uri}");
        }
        assert_eq!(web.get(&round, NEXT_BEDS).await.status, StatusCode::NOT_FOUND);
        assert_eq!(web.get("/rounds/not-an-id", OFFICER).await.status, StatusCode::NOT_FOUND);
        assert_eq!(web.post(&format!("{round}/findings"), OTHER_EXPERT, "matter=records").await.status, StatusCode::FORBIDDEN);
        assert_eq!(web.post("/rounds", EXPERT, "").await.status, StatusCode::FORBIDDEN);
        assert!(!web.get("/rounds", EXPERT).await.text.contains("action=\"/rounds\""), "who does not plan is shown no form");
        assert_eq!(web.post(&format!("{round}/cancel"), OFFICER, "").await.status, StatusCode::SEE_OTHER);
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
    keys.extend(Mode::ALL.iter().map(|one| format!("expert-mode-{one}")));
    keys.extend(RoundState::ALL.iter().map(|one| format!("expert-round-{one}")));
    keys.extend(FindingState::ALL.iter().map(|one| format!("expert-finding-{one}")));
    keys.extend(FindingEvent::ALL.iter().map(|one| format!("expert-event-{one}")));
    keys.extend(Speciality::ALL.iter().map(|one| format!("expert-speciality-{one}")));
    keys.extend(linli_treatment::model::Level::ALL.iter().map(|one| format!("expert-level-{one}")));
    keys.extend(linli_treatment::model::referrals::Severity::ALL.iter().map(|one| format!("expert-severity-{one}")));
    keys.extend(["not-found", "no-step", "open-already", "field-invalid"].map(|one| format!("error-expert-{one}")));
    for key in keys {
        assert!(texts.has(&key), "{key}");
    }
}
