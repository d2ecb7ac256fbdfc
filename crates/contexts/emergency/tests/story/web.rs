//! The pages, through the real router: a call taken down in one form, sent a vehicle, handed over.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use linli_db::Db;
use linli_emergency::model::{CallClass, CallState, Fleet};
use linli_emergency::{CountedCalls, DispatchOffice};
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_treatment::{BedDesk, CountedElsewhere, Network};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;

use crate::house::{ALL, CENTRE, COUNTY_BEDS, FAR_SEAT, House, LEAD, LEAD_BEDS, OFFICER, SEAT, SECRETARY, Staff, call};

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

const TEXTS: [(&str, &str); 4] =
    [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_treatment::TEXTS, linli_emergency::TEXTS];

impl Web {
    async fn open(db: Db) -> Self {
        let house = Arc::new(House::new(db).await);
        let services = Services::default().with::<DispatchOffice>(house.office.clone()).with::<BedDesk>(house.beds.clone());
        let counted: Arc<dyn CountedElsewhere> = Arc::new(CountedCalls(house.office.clone()));
        let services = services.with::<Network>(house.network.clone()).with::<dyn CountedElsewhere>(counted);
        let hall = Hall::furnish(Furnishing {
            db: house.db.clone(),
            clock: house.clock.clone(),
            rng: house.rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::usual()),
            sessions: Sessions(house.clone()),
            services,
            nav: linli_emergency::module().nav,
            base_url: "https://linli.example".into(),
        });
        let rooms = linli_webkit::House::of(vec![linli_treatment::module(), linli_emergency::module()]);
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

/// The mission that a page of a call offers steps for.
fn mission_on(page: &str) -> String {
    page.split("name=\"mission\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// 锁金村1号, from a mobile telephone.
const CALL: &str = "number=13900000001&place_text=%E9%94%81%E9%87%91%E6%9D%911%E5%8F%B7&told=%E6%B0%94%E4%BF%83";

linli_db::both_databases! {
    async fn a_call_in_one_form_and_a_vehicle_in_one_tap(db: Db) {
        let web = Web::open(db).await;
        web.house.vehicle("玄急01", Fleet::Urgent).await;
        let page = web.get("/emergency", SEAT).await;
        assert_eq!(page.status, StatusCode::OK);
        for words in ["接新电话", "现在没有未结束的呼叫", "胸痛、胸闷、大汗", "规则未核实", "紧急要车"] {
            assert!(page.text.contains(words), "{words}");
        }
        // What the answers suggest, before anything is stored.
        let look = web.post("/emergency/same", SEAT, &format!("{CALL}&sign=spo2_low&class=advice")).await;
        assert!(look.status == StatusCode::OK && look.text.contains("建议：紧急要车") && look.text.contains("锁金村1号"), "what was typed stays");
        let slip = web.post("/emergency", SEAT, &format!("{CALL}&sign=spo2_low&class=advice")).await;
        assert_eq!(slip.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(slip.text.contains("href=\"#f-against\"") && slip.text.contains("value=\"13900000001\""), "{}", slip.text);
        let undecided = web.post("/emergency", SEAT, CALL).await;
        assert!(undecided.status == StatusCode::UNPROCESSABLE_ENTITY && undecided.text.contains("href=\"#f-class\""));
        let taken = web.post("/emergency", SEAT, &format!("{CALL}&sign=spo2_low&class=vehicle_urgent")).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
        let file = web.get(&taken.location, SEAT).await;
        for words in ["待派车", "静息血氧 93% 及以下", "玄急01 · 急救车", "tel:13900000001", "1 个紧急呼叫在等车"] {
            assert!(file.text.contains(words), "{words}");
        }
        // The second call about it is told while the number is typed, and raises nothing that is urgent already.
        let same = web.post("/emergency/same", SEAT, "number=139+0000+0001").await;
        assert!(same.text.contains("先前来过 1 个电话") && same.text.contains("又来电：紧急要车，锁金村1号"), "{}", same.text);
        let again = web.post("/emergency", SEAT, "number=13900000001&class=repeat").await;
        assert_eq!((again.status, &again.location), (StatusCode::SEE_OTHER, &taken.location), "leads to the first");
        assert!(web.get(&taken.location, SEAT).await.text.contains("又来了 1 个电话"));
        let vehicle = file.text.split("<option value=\"").nth(1).unwrap().split('"').next().unwrap();
        let sent = web.post(&format!("{}/assign", taken.location), SEAT, &format!("vehicle={vehicle}")).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        let twice = web.post(&format!("{}/assign", taken.location), SEAT, &format!("vehicle={vehicle}")).await;
        assert!(twice.status == StatusCode::CONFLICT, "{}", twice.text);
        let file = web.get(&taken.location, SEAT).await;
        assert!(file.text.contains("赶往现场") && file.text.contains("秦淮中心医院") && file.text.contains("留观床位未报"), "{}", file.text);
        let mission = mission_on(&file.text);
        let told = format!("mission={mission}&to=2/{LEAD}&minutes=12");
        assert_eq!(web.post(&format!("{}/announce", taken.location), SEAT, &told).await.status, StatusCode::SEE_OTHER);
        for event in ["arrive", "leave"] {
            let gone = web.post(&format!("{}/mission", taken.location), SEAT, &format!("mission={mission}&event={event}")).await;
            assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text);
        }
        let coming = web.get("/handovers", LEAD_BEDS).await;
        assert!(coming.text.contains("玄急01") && coming.text.contains("气促") && coming.text.contains("静息血氧"), "{}", coming.text);
        assert!(!coming.text.contains("13900000001"), "the number of the caller stays with the seat");
        assert!(web.get("/handovers", COUNTY_BEDS).await.text.contains("现在没有来车"));
        let receive = format!("/handovers/1/{mission}");
        assert_eq!(web.post(&receive, COUNTY_BEDS, "do=arrived").await.status, StatusCode::NOT_FOUND);
        assert_eq!(web.post(&receive, LEAD_BEDS, "do=arrived").await.status, StatusCode::SEE_OTHER);
        assert!(web.get("/handovers", LEAD_BEDS).await.text.contains("交接最迟"));
        assert_eq!(web.post(&receive, LEAD_BEDS, "do=taken").await.status, StatusCode::SEE_OTHER);
        assert!(web.get(&taken.location, SEAT).await.text.contains("已交接医院"));
        assert!(web.get("/emergency/fleet", SEAT).await.text.contains("待命的急救车 1 辆"));
        web.house.whole().await;
    }

    async fn diverted_called_back_and_its_figure_beside(db: Db) {
        let web = Web::open(db).await;
        let id = web.house.record(SEAT, call("13900000001", CallClass::VehicleNonUrgent, &["wants_vehicle"])).await.unwrap().id;
        let file = format!("/emergency/{id}");
        assert!(web.get(&file, SEAT).await.text.contains("分流未启用"));
        assert_eq!(web.post(&format!("{file}/divert"), SEAT, "to=advice_seat").await.status, StatusCode::CONFLICT);
        let unsigned = web.post("/emergency/diversion", OFFICER, "do=activate&physician=%E7%8E%8B&licence=110320100000001").await;
        assert!(unsigned.status == StatusCode::UNPROCESSABLE_ENTITY && unsigned.text.contains("需确认医师已同意"), "{}", unsigned.text);
        let signed = "do=activate&physician=%E7%8E%8B&licence=110320100000001&confirmed=1";
        assert_eq!(web.post("/emergency/diversion", SEAT, signed).await.status, StatusCode::FORBIDDEN);
        assert_eq!(web.post("/emergency/diversion", OFFICER, signed).await.status, StatusCode::SEE_OTHER);
        assert!(web.get("/emergency/diversion", SEAT).await.text.contains("王医师启用"));
        assert_eq!(web.post(&format!("{file}/divert"), SEAT, "to=advice_seat").await.status, StatusCode::SEE_OTHER);
        web.house.later(1_900);
        assert!(web.get("/emergency", SEAT).await.text.contains("1 个分流呼叫到时该回拨"));
        let due = web.get("/emergency/call-backs", SEAT).await;
        assert!(due.text.contains("note-act") && due.text.contains("tel:13900000001"), "{}", due.text);
        let worse = web.post(&format!("{file}/call-back"), SEAT, "found=worse").await;
        assert_eq!((worse.status, &worse.location), (StatusCode::SEE_OTHER, &file));
        assert_eq!(web.house.state(id).await, CallState::Waiting);
        let day = web.get("/emergency/day?day=2026-11-24", OFFICER).await;
        for words in ["占非紧急要车 100.00%（1 ÷ 1）", "占分流 100.00%（1 ÷ 1），分流后 24 小时内", "电话系统的呼入数未填"] {
            assert!(day.text.contains(words), "{words}: {}", day.text);
        }
        assert!(!day.text.contains("name=\"inbound\""), "the health office looks, the seat tells");
        let few = web.post("/emergency/day", SEAT, "day=2026-11-24&inbound=0").await;
        assert!(few.status == StatusCode::UNPROCESSABLE_ENTITY && few.text.contains("href=\"#f-inbound\""));
        assert_eq!(web.post("/emergency/day", SEAT, "day=2026-11-24&inbound=4").await.status, StatusCode::SEE_OTHER);
        assert!(web.get("/emergency/day?day=2026-11-24", SEAT).await.text.contains("占呼入 25.00%（1 ÷ 4）"));
        assert_eq!(web.post("/emergency/diversion", OFFICER, "do=withdraw").await.status, StatusCode::SEE_OTHER);
    }

    async fn the_return_of_120_is_filled_in_with_what_was_counted(db: Db) {
        let web = Web::open(db).await;
        for n in 0..3 {
            web.house.record(SEAT, call(&format!("1390000000{n}"), CallClass::VehicleUrgent, &[])).await.unwrap();
        }
        let form = format!("/network/returns/1/{CENTRE}/dispatch/2026-11-24");
        let page = web.get(&form, SEAT).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains("系统已计 3，请核对") && page.text.contains("name=\"urgent\" type=\"text\" value=\"3\""), "{}", page.text);
        let told = web.post(&form, SEAT, "calls=3&vehicle_requests=3&urgent=3&non_urgent=0&diverted=0&seen=0").await;
        assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.text);
        // What was told stands; what is counted since is not put in its place.
        web.house.record(SEAT, call("13900000009", CallClass::VehicleUrgent, &[])).await.unwrap();
        assert!(!web.get(&form, SEAT).await.text.contains("系统已计"));
    }

    async fn whose_pages_they_are(db: Db) {
        let web = Web::open(db).await;
        let id = web.house.record(SEAT, call("13900000001", CallClass::Advice, &[])).await.unwrap().id;
        for uri in ["/emergency", "/emergency/fleet", "/emergency/call-backs", "/emergency/day", "/emergency/diversion", "/handovers"] {
            assert_eq!(web.get(uri, SECRETARY).await.status, StatusCode::FORBIDDEN, "{uri}");
        }
        for uri in ["/emergency", "/emergency/fleet", "/handovers"] {
            assert_eq!(web.get(uri, OFFICER).await.status, StatusCode::FORBIDDEN, "{uri}: numbers, no calls");
        }
        assert_eq!(web.get(&format!("/emergency/{id}"), FAR_SEAT).await.status, StatusCode::NOT_FOUND);
        assert_eq!(web.get("/emergency/not-an-id", SEAT).await.status, StatusCode::NOT_FOUND);
        let slip = web.post("/emergency/fleet", SEAT, "callsign=&fleet=urgent").await;
        assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains("href=\"#f-callsign\""));
        let one = web.post("/emergency/fleet", SEAT, "callsign=A1&fleet=urgent").await;
        assert_eq!(one.status, StatusCode::SEE_OTHER);
        assert!(web.post("/emergency/fleet", SEAT, "callsign=A1&fleet=urgent").await.text.contains("已有同名车组"));
        let fleet = web.get("/emergency/fleet", SEAT).await;
        let vehicle = fleet.text.split("action=\"/emergency/fleet/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(web.post(&format!("/emergency/fleet/{vehicle}"), SEAT, "service=0").await.status, StatusCode::SEE_OTHER);
        assert!(web.get("/emergency/fleet", SEAT).await.text.contains("恢复待命"));
    }
}

/// Every text that the templates and sources of this room name is there, and those that are put together from words of the model.
#[test]
fn every_text_is_there() {
    use linli_emergency::model::{Against, CallState, DivertedTo, Ending, Fleet, Found, VehicleEvent, VehicleState};
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
    keys.extend(CallClass::ALL.iter().map(|one| format!("emergency-class-{one}")));
    keys.extend(CallState::ALL.iter().map(|one| format!("emergency-state-{one}")));
    keys.extend(Ending::ALL.iter().map(|one| format!("emergency-ending-{one}")));
    keys.extend(DivertedTo::ALL.iter().map(|one| format!("emergency-diverted-to-{one}")));
    keys.extend(Against::ALL.iter().map(|one| format!("emergency-against-{one}")));
    keys.extend(Fleet::ALL.iter().map(|one| format!("emergency-fleet-{one}")));
    keys.extend(VehicleState::ALL.iter().map(|one| format!("emergency-vehicle-{one}")));
    keys.extend(VehicleEvent::ALL.iter().map(|one| format!("emergency-event-{one}")));
    keys.extend(Found::ALL.iter().map(|one| format!("emergency-found-{one}")));
    keys.extend(["quiet", "busy", "crowded"].map(|one| format!("emergency-crowding-{one}")));
    keys.extend(
        ["not-found", "no-step", "taken", "urgent-first", "not-fit", "diversion-off", "danger", "diversion-on", "field-invalid"]
            .map(|one| format!("error-emergency-{one}")),
    );
    for key in keys {
        assert!(texts.has(&key), "{key}");
    }
}
