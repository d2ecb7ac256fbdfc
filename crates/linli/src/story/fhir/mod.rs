//! HL7 FHIR through the real house: what the system of an institution sends, what becomes of it, and whom it does not reach.

mod bundles;
mod corrected;
mod followed;
mod protocol;
mod sent;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use linli_care::commands::{self as care, Beginning, HowAgreed, NewPerson, Which};
use linli_care::follow::commands::{self as follow, NewFollowed};
use linli_care::follow::model::{Alarm, Disease, Factors, Reading, Vaccination};
use linli_care::follow::queries;
use linli_care::{CarePersonId, ConsentChannel, GivenBy, Purpose, consent};
use linli_db::exec;
use linli_db::testing::TestDb;
use linli_identity::keys::{self, NewKey, Opens, Refused};
use linli_people::model::OrganisationId;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::{Ground, at, on_both};
use crate::house::Built;

const CENTRE: OrganisationId = OrganisationId(Uuid::from_u128(0x501));
const STATION: OrganisationId = OrganisationId(Uuid::from_u128(0x502));

/// The house, two institutions with a key each, and three people.
struct Clinic {
    ground: Ground,
    built: Built,
    /// The key of the centre.
    key: String,
    /// The key of the station.
    other_key: String,
    /// Followed by the centre.
    zhang: CarePersonId,
    /// Followed by the station.
    li: CarePersonId,
    /// Agreed to nothing.
    wang: CarePersonId,
}

/// What came back.
struct Got {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// That it was refused with a resource that names an element; gives the code of the issue.
    fn refused(&self, status: u16, expression: &str) -> String {
        let outcome = self.json();
        let kind = "application/fhir+json; charset=utf-8; fhirVersion=4.0";
        assert_eq!((self.status, self.header("content-type")), (status, kind), "{}", self.text);
        assert_eq!(outcome["resourceType"], "OperationOutcome", "{outcome}");
        let issue = &outcome["issue"][0];
        assert!(
            issue["details"]["text"].as_str().is_some_and(|text| !text.is_empty() && !text.starts_with("fhir-")),
            "{outcome}"
        );
        assert_eq!(issue["expression"][0].as_str().unwrap_or_default(), expression, "{outcome}");
        issue["code"].as_str().unwrap().to_owned()
    }

    /// The id of an observation that was taken.
    fn id(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()["id"].as_str().unwrap().to_owned()
    }
}

impl Clinic {
    /// Tuesday 2026-11-24, 09:00 in Beijing.
    async fn open(test: &TestDb) -> Self {
        let ground = Ground::lay(test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        for (id, kind, name) in
            [(CENTRE, "health_centre", "试验社区卫生服务中心"), (STATION, "health_station", "试验社区卫生服务站")]
        {
            let text = "INSERT INTO organisation (district_id, id, kind, name) VALUES ($1, $2, $3, $4)";
            let c = &mut tx.conn().unwrap();
            exec!(c, sqlx::query(text).bind(ground.district).bind(id).bind(kind).bind(name)).unwrap();
        }
        tx.commit().await.unwrap();
        let (key, other_key) = (add_key(&ground, "中心", CENTRE).await, add_key(&ground, "站", STATION).await);
        let zhang = registered(&ground, &built, "E1/3栋/1单元/101", "张奶奶").await;
        let li = registered(&ground, &built, "E1/3栋/2单元/101", "李爷爷").await;
        let wang = registered(&ground, &built, "E2/1栋/1单元/101", "王爷爷").await;
        let here = Self { ground, built, key, other_key, zhang, li, wang };
        here.follow(zhang, CENTRE).await;
        here.follow(li, STATION).await;
        here
    }

    /// Somebody agrees to readings and is followed.
    async fn follow(&self, person: CarePersonId, institution: OrganisationId) {
        let (ctx, desk) = (self.ground.ctx(), &self.built.desk);
        let mut tx = self.ground.db.begin(self.ground.district).await.unwrap();
        let home = self.ground.place("E1/3栋/1单元/101").await.path;
        let how = how_agreed(desk.care().rules(&home, ctx.now()).unwrap().texts_mark());
        let begin = Beginning::default();
        care::agree(&ctx, &mut tx, desk.care(), Which::Id(person), &[Purpose::Readings], &how, begin).await.unwrap();
        let agreed = consent::in_force(&mut tx.conn().unwrap(), self.ground.district, person, ctx.now()).await.unwrap();
        let factors = Factors {
            born: jiff::civil::date(1944, 5, 1),
            disease: Disease::Stable,
            immunocompromised: false,
            vaccination: Vaccination::Partial,
            pregnant: false,
            scale2: false,
        };
        let input = NewFollowed { institution, factors };
        follow::enrol(&ctx, &mut tx, desk, &agreed.readings.unwrap(), input).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn withdraw(&self, person: CarePersonId) {
        let mut tx = self.ground.db.begin(self.ground.district).await.unwrap();
        let which = Which::Id(person);
        let channel = ConsentChannel::Phone;
        care::withdraw(&self.ground.ctx(), &mut tx, self.built.care.office(), which, Some(Purpose::Readings), channel)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn ask(&self, request: Request<Body>) -> Got {
        let answer = self.built.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = to_bytes(answer.into_body(), 8 << 20).await.unwrap();
        Got { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// A request with a key, and further headers.
    async fn with(&self, key: &str, method: &str, path: &str, body: Option<&Value>, more: &[(&str, &str)]) -> Got {
        let mut request = Request::builder().method(method).uri(format!("/fhir{path}"));
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}")).header("accept-language", "en");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/fhir+json");
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.ask(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str) -> Got {
        self.with(&self.key, "GET", path, None, &[]).await
    }

    async fn post(&self, path: &str, body: &Value) -> Got {
        self.with(&self.key, "POST", path, Some(body), &[]).await
    }

    async fn put(&self, id: &str, body: &Value, more: &[(&str, &str)]) -> Got {
        self.with(&self.key, "PUT", &format!("/Observation/{id}"), Some(body), more).await
    }

    /// The alarms of a person, the oldest first.
    async fn alarms(&self, person: CarePersonId) -> Vec<Alarm> {
        let (district, who) = (self.ground.district, doctor(&self.ground).await);
        let mut read = self.ground.db.read().await.unwrap();
        let _ = district;
        let mut alarms = queries::person(&who, &mut read.conn(), &self.built.desk, person).await.unwrap().alarms;
        alarms.sort_by_key(|alarm| (alarm.raised_at, alarm.id));
        alarms
    }

    /// The readings of a person that count, the newest first.
    async fn readings(&self, person: CarePersonId) -> Vec<Reading> {
        let who = doctor(&self.ground).await;
        let mut read = self.ground.db.read().await.unwrap();
        queries::person(&who, &mut read.conn(), &self.built.desk, person).await.unwrap().readings
    }

    /// What was refused of the key of the centre.
    async fn counted(&self) -> Vec<Refused> {
        let (ctx, district) = (self.ground.ctx(), self.ground.district);
        let mut read = self.ground.db.read().await.unwrap();
        let c = &mut read.conn();
        let known = keys::list(&ctx, c, district, Opens::Fhir).await.unwrap();
        let own = known.into_iter().find(|key| key.organisation_id == Some(CENTRE)).unwrap();
        keys::refused(&ctx, c, district, own.id).await.unwrap()
    }
}

/// A family doctor of the community.
async fn doctor(ground: &Ground) -> linli_access::Ctx {
    let place = ground.place(super::COMMUNITY).await.path;
    let scope = linli_access::Scope { district: ground.district, place };
    let (person, appointment) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let actor = linli_access::Actor::Staff { person, appointment, role: linli_access::Role::FamilyDoctor, scope };
    linli_access::Ctx { actor, ..ground.ctx() }
}

fn how_agreed(text_mark: String) -> HowAgreed {
    HowAgreed {
        text_mark,
        language: "zh-CN".to_owned(),
        channel: ConsentChannel::Doorstep,
        given_by: GivenBy::Own,
        giver: None,
        relation: None,
        witness: Some("周红".to_owned()),
        scan: None,
        assessment: "已评估".to_owned(),
    }
}

async fn registered(ground: &Ground, built: &Built, home: &str, name: &str) -> CarePersonId {
    let input = NewPerson {
        home: ground.place(home).await.path,
        name: name.to_owned(),
        phone: None,
        contact: None,
        profile: None,
        quiet: None,
        purposes: Vec::new(),
        seen_at: None,
        how: how_agreed(String::new()),
    };
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    let made = care::enrol(&ground.ctx(), &mut tx, built.care.office(), &input).await.unwrap();
    tx.commit().await.unwrap();
    made.id
}

async fn add_key(ground: &Ground, name: &str, organisation: OrganisationId) -> String {
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    let new = NewKey { name, opens: Opens::Fhir, organisation: Some(organisation) };
    let key = keys::add(&ground.ctx(), &mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    key.secret_text().to_owned()
}

/// An observation of somebody at an instant of the morning, `08:30`.
fn observation(person: CarePersonId, code: &str, value: Value, unit: &str, time: &str) -> Value {
    json!({
        "resourceType": "Observation",
        "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "identifier": { "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{person}") } },
        "effectiveDateTime": format!("2026-11-24T{time}:00+08:00"),
        "valueQuantity": { "value": value, "system": "http://unitsofmeasure.org", "code": unit },
    })
}

/// A saturation.
fn spo2(person: CarePersonId, value: i64, time: &str) -> Value {
    observation(person, "59408-5", value.into(), "%", time)
}

/// The same with an identifier of the source.
fn named(mut resource: Value, name: &str) -> Value {
    resource["identifier"] = json!([{ "system": "https://his.example/observation", "value": name }]);
    resource
}
