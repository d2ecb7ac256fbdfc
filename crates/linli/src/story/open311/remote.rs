//! Other servers: what is pulled, what is handed over, and what happens when they are as servers in the field are.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request as Asked;
use axum::response::{IntoResponse, Response};
use linli_access::Role;
use linli_cases::rules::Rules;
use linli_cases::{Case, CaseState, Ending};
use linli_kernel::Clock as _;
use linli_open311::client::{self, Mapping, NewRemote, Pulled, Ran, RemoteError, Spec, USUAL};
use linli_people::model::{AppointmentInput, PersonInput};
use serde_json::json;

use super::super::{Browser, Chore, for_districts, on_both};
use super::*;

type Say = Box<dyn Fn(&Question) -> Response + Send + Sync>;

/// What a server was asked.
#[derive(Debug, Clone)]
struct Question {
    method: String,
    path: String,
    query: String,
    body: String,
    key: String,
}

impl Question {
    /// The parameter of a query or a form.
    fn arg(&self, name: &str) -> Option<String> {
        let text = format!("{}&{}", self.query, self.body);
        form(&text).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// Pairs of a form.
fn form(text: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let mut bytes = Vec::new();
        let raw = text.as_bytes();
        let mut n = 0;
        while n < raw.len() {
            match raw[n] {
                b'+' => bytes.push(b' '),
                b'%' => {
                    bytes.push(u8::from_str_radix(&text[n + 1..n + 3], 16).unwrap());
                    n += 2;
                }
                other => bytes.push(other),
            }
            n += 1;
        }
        String::from_utf8(bytes).unwrap()
    };
    text.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (plain(name), plain(value))).collect()
}

/// A server of somebody else, over a real socket; what it says can be changed while it runs.
struct City {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Question>>>,
    say: Arc<Mutex<Say>>,
}

impl City {
    async fn open(say: impl Fn(&Question) -> Response + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Question>>> = Arc::default();
        let say: Arc<Mutex<Say>> = Arc::new(Mutex::new(Box::new(say)));
        let (log, voice) = (Arc::clone(&asked), Arc::clone(&say));
        let answer = move |request: Asked| {
            let (log, voice) = (Arc::clone(&log), Arc::clone(&voice));
            async move {
                let (head, body) = request.into_parts();
                let question = Question {
                    method: head.method.to_string(),
                    path: head.uri.path().to_owned(),
                    query: head.uri.query().unwrap_or_default().to_owned(),
                    body: String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap(),
                    key: head.headers.get("idempotency-key").map(|key| key.to_str().unwrap().to_owned()).unwrap_or_default(),
                };
                log.lock().unwrap().push(question.clone());
                let answer = voice.lock().unwrap()(&question);
                if answer.status() == StatusCode::IM_A_TEAPOT {
                    // A server that never answers.
                    std::future::pending::<()>().await;
                }
                answer
            }
        };
        Self { address: serve(Router::new().fallback(answer)).await, asked, say }
    }

    fn says(&self, say: impl Fn(&Question) -> Response + Send + Sync + 'static) {
        *self.say.lock().unwrap() = Box::new(say);
    }

    fn posts(&self) -> Vec<Question> {
        self.asked.lock().unwrap().iter().filter(|question| question.method == "POST").cloned().collect()
    }

    fn url(&self) -> String {
        format!("http://{}/v2", self.address)
    }
}

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// A server that knows these requests: services, and a list that keeps to dates and ids.
fn knowing(rows: Vec<Value>) -> impl Fn(&Question) -> Response + Send + Sync + 'static {
    move |question| {
        if question.path.ends_with("/services.json") {
            return axum::Json(json!([{ "service_code": "SL-1", "service_name": "Street light" }])).into_response();
        }
        let ids = question.arg("service_request_id").map(|ids| ids.split(',').map(str::to_owned).collect::<Vec<_>>());
        let (from, to) = (question.arg("start_date").unwrap_or_default(), question.arg("end_date").unwrap_or_default());
        let fits = |row: &&Value| match &ids {
            Some(ids) => ids.contains(&row["service_request_id"].as_str().unwrap_or_default().to_owned()),
            None => row["requested_datetime"]
                .as_str()
                .is_none_or(|at| !at.ends_with('Z') || (from.as_str() <= at && at <= to.as_str())),
        };
        axum::Json(rows.iter().filter(fits).cloned().collect::<Vec<_>>()).into_response()
    }
}

fn row(id: &str, status: &str) -> Value {
    json!({
        "service_request_id": id, "status": status, "service_code": "SL-1", "service_name": "Street light", "description": "dark corner",
        "requested_datetime": "2026-11-20T01:00:00Z", "updated_datetime": "2026-11-20T02:00:00Z", "lat": 32.06, "long": 118.79,
    })
}

impl Endpoint {
    fn rules(&self, place: &linli_kernel::PlacePath) -> Rules {
        self.built.office.rules(place, self.ground.clock.now()).unwrap()
    }

    async fn spec(&self, url: &str) -> Spec {
        let place = self.ground.place("E1").await.path;
        let mapping = Mapping::read(USUAL, self.rules(&place).classes()).unwrap();
        Spec { url: url.to_owned(), jurisdiction: None, place, mapping, inside: true, ca: None, patience: Duration::from_secs(1) }
    }

    async fn pull(&self, spec: &Spec, dry: bool) -> Result<Pulled, RemoteError> {
        let since = self.ground.clock.now().plus_secs(-30 * 86_400);
        client::pull(&self.ground.ctx(), &self.ground.db, &self.built.office, (self.ground.district, spec), since, dry).await
    }

    /// The cases of a system that are open here.
    async fn open_of(&self, spec: &Spec) -> Vec<String> {
        let mut read = self.ground.db.read().await.unwrap();
        linli_cases::queries::open_of_system(&mut read.conn(), self.ground.district, &spec.system(), "", 10_000).await.unwrap()
    }

    async fn remote(&self, name: &str, url: &str, change: impl FnOnce(&mut NewRemote)) {
        let mut new = NewRemote {
            name: name.to_owned(),
            url: url.to_owned(),
            jurisdiction: None,
            place_key: "E1".to_owned(),
            mapping: format!("{USUAL}\n[services]\nstair_lamp = \"SL-1\"\n"),
            key: Some("their-secret-key".to_owned()),
            inside: true,
            idempotent: false,
            pulls: false,
        };
        change(&mut new);
        let mut tx = self.ground.db.begin(self.ground.district).await.unwrap();
        client::add(&self.ground.ctx(), &mut tx, &self.built.office, new).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn hand_over(&self, number: &str, remote: &str) -> Result<(), RemoteError> {
        let mut tx = self.ground.db.begin(self.ground.district).await.unwrap();
        client::hand_over(&self.ground.ctx(), &mut tx, &self.built.office, (number, remote), None).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    async fn run(&self, remote: &str) -> Ran {
        client::run(&self.ground.ctx(), &self.ground.db, &self.built.office, self.ground.district, remote).await.unwrap()
    }

    /// Where the only handed over case stands, and what went wrong.
    async fn stage(&self) -> (String, String) {
        let mut read = self.ground.db.read().await.unwrap();
        let all = client::handed(&self.ground.ctx(), &mut read.conn(), self.ground.district).await.unwrap();
        assert_eq!(all.len(), 1);
        (all[0].stage.clone(), all[0].problem.clone().unwrap_or_default())
    }

    fn wait(&self, secs: i64) {
        self.ground.clock.set(self.ground.clock.now().plus_secs(secs));
    }

    /// Nothing that must hold is broken.
    async fn is_clean(&self) {
        for_districts(&self.ground.ctx(), &self.ground.db, Chore::Fold).await.unwrap();
        assert_eq!(crate::commands::check::findings(&self.ground.db).await.unwrap(), Vec::<String>::new());
    }

    /// The case that a request of a system became.
    async fn brought(&self, spec: &Spec, id: &str) -> Case {
        let facts = self.ground.facts_of(self.ground.district, "cases.imported").await;
        assert!(!facts.is_empty());
        for n in 1..40 {
            let mut read = self.ground.db.read().await.unwrap();
            let number = format!("2026-{n:06}");
            let found =
                linli_cases::queries::by_number(&self.ground.ctx(), &mut read.conn(), self.ground.district, &number).await;
            if let Ok(case) = found
                && case.external_id.as_deref() == Some(id)
                && case.external_system == Some(spec.system())
            {
                return case;
            }
        }
        panic!("no case came of {id}");
    }
}

/// Somebody who works in the whole district, and an officer of it.
async fn officers(ground: &Ground) {
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    let organisation = Some("试验区办".to_owned());
    for (code, role) in [("O1", Role::PropertyManager), ("O2", Role::DistrictOfficer)] {
        let person = PersonInput {
            code: code.into(),
            name: format!("钱{code}"),
            organisation_kind: None,
            organisation_name: organisation.clone(),
            organisation_credit_code: None,
            work_phone: None,
        };
        linli_people::commands::put_people(&ground.ctx(), &mut tx, &[person]).await.unwrap().pop().unwrap().accepted().unwrap();
        let post = AppointmentInput {
            person_code: code.into(),
            organisation_name: organisation.clone(),
            role: role.as_str().into(),
            title: String::new(),
            place: "320102".into(),
            grid_code: None,
            public_phone: None,
            valid_from: at(2024, 1, 1, 0),
            valid_to: None,
        };
        let mut taken = linli_people::commands::put_appointments(&ground.ctx(), &mut tx, &[post]).await.unwrap();
        taken.pop().unwrap().accepted().unwrap();
    }
    tx.commit().await.unwrap();
}

on_both! {
    async fn requests_become_cases_and_what_changes_there_changes_here(test) {
        let here = Endpoint::open(&test).await;
        let city = City::open(knowing(vec![row("A", "open"), row("B", "open"), row("C", "closed")])).await;
        let spec = here.spec(&city.url()).await;
        let before = here.ground.last_seq().await;
        let dry = here.pull(&spec, true).await.unwrap();
        assert_eq!((dry.new, here.ground.last_seq().await), (3, before), "a dry run writes nothing");
        let pulled = here.pull(&spec, false).await.unwrap();
        assert_eq!((pulled.new, pulled.changed, pulled.refused), (3, 0, 0), "{pulled:?}");
        assert_eq!(here.open_of(&spec).await, ["A", "B"]);
        let case = here.brought(&spec, "A").await;
        assert_eq!((case.class.as_str(), case.title.as_str(), case.state), ("other", "Street light", CaseState::Reported));
        assert_eq!((case.lat_e7, case.lon_e7), (Some(320_600_000), Some(1_187_900_000)));
        let before = here.ground.last_seq().await;
        let again = here.pull(&spec, false).await.unwrap();
        assert_eq!((again.unchanged, again.new, here.ground.last_seq().await), (3, 0, before), "the same again changes nothing");

        let mut closed = row("A", "closed");
        closed["status_notes"] = json!("lamp changed");
        city.says(knowing(vec![closed, row("B", "open"), row("C", "closed")]));
        assert_eq!(here.pull(&spec, false).await.unwrap().changed, 1);
        let case = here.brought(&spec, "A").await;
        assert_eq!((case.state, case.ended_how), (CaseState::Closed, Some(Ending::Elsewhere)));
        let lines = here.ground.facts_of(here.ground.district, "cases.ended_elsewhere").await;
        assert_eq!((lines.len(), &lines[0]["status"], &lines[0]["to"]), (1, &json!("closed"), &json!("closed")));
        assert!(!lines[0].to_string().contains("lamp changed"), "words are not in the facts");

        city.says(knowing(vec![row("A", "open"), row("B", "open"), row("C", "open")]));
        assert_eq!(here.pull(&spec, false).await.unwrap().changed, 2);
        assert_eq!(here.open_of(&spec).await, ["A", "B", "C"]);
        assert_eq!(here.brought(&spec, "A").await.state, CaseState::Reopened);
        // What came from elsewhere is not told on.
        assert_eq!(here.get("requests.json").await.json(), json!([]));
        here.is_clean().await;
    }

    async fn answers_as_servers_in_the_field_write_them(test) {
        let here = Endpoint::open(&test).await;
        let wrapped = |name: &'static str, value: Value| move |question: &Question| match question.path.ends_with("services.json") {
            true => axum::Json(json!({ "services": [] })).into_response(),
            false => axum::Json(json!({ name: value })).into_response(),
        };
        let mut number = row("x", "Open");
        number["service_request_id"] = json!(638_344);
        let city = City::open(wrapped("requests", json!([number.clone()]))).await;
        let spec = here.spec(&city.url()).await;
        assert_eq!(here.pull(&spec, false).await.unwrap().new, 1);
        city.says(wrapped("service_requests", json!({ "request": number })));
        assert_eq!(here.pull(&spec, false).await.unwrap().unchanged, 1);
        // XML only; missing fields and empty elements.
        city.says(|question| {
            let xml = |inside: &str| {
                ([("content-type", "text/xml")], format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{inside}")).into_response()
            };
            match question.path.as_str() {
                "/v2/services.xml" => xml("<services/>"),
                "/v2/requests.xml" => xml("<service_requests><request><service_request_id>7</service_request_id><status>open</status>\
                    <description/><service_name>Lift</service_name><lat></lat><long/></request></service_requests>"),
                _ => (StatusCode::NOT_FOUND, axum::response::Html("<html>no</html>")).into_response(),
            }
        });
        assert_eq!(here.pull(&spec, false).await.unwrap().new, 1);
        assert_eq!(here.open_of(&spec).await, ["638344", "7"]);
        assert_eq!(here.pull(&spec, false).await.unwrap().unchanged, 1);
        here.is_clean().await;
    }

    async fn an_answer_that_makes_no_sense_leaves_nothing_behind(test) {
        let here = Endpoint::open(&test).await;
        let services = || axum::Json(json!([{ "service_code": "SL-1", "service_name": "Street light" }])).into_response();
        let city = City::open(knowing(vec![])).await;
        let spec = here.spec(&city.url()).await;
        let before = here.ground.last_seq().await;
        let html = || axum::response::Html("<!DOCTYPE html><html>busy</html>").into_response();
        type Make = fn() -> Response;
        let cut: Make = || {
            // Fewer bytes than were promised.
            let body = Body::from_stream(futures_util::stream::iter([Ok("[{\"service_request_id\":\"1\","), Err(std::io::Error::other("cut"))]));
            Response::new(body)
        };
        let answers: [(&str, Make); 8] = [
            ("it is an HTML page", html),
            ("it is not JSON", || "[{\"service_request_id\":\"1\"".into_response()),
            ("the status is 500", || (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response()),
            ("the status is 400: too many", || (StatusCode::BAD_REQUEST, "[{\"code\":400,\"description\":\"too many\"}]").into_response()),
            ("the answer is neither a list", || "{\"message\":\"hello\"}".into_response()),
            ("the answer broke off", cut),
            ("it leads on to https://elsewhere.example/v2, which is another host", || {
                axum::response::Redirect::temporary("https://elsewhere.example/v2").into_response()
            }),
            ("no answer within 1 s", || StatusCode::IM_A_TEAPOT.into_response()),
        ];
        for (reason, make) in answers {
            city.says(move |question| if question.path.contains("services") { services() } else { make() });
            let error = here.pull(&spec, false).await.unwrap_err().to_string();
            assert!(error.contains(reason) && error.starts_with(&spec.system()), "{reason} in {error}");
        }
        city.says(move |question| if question.path.contains("services") { services() } else { " ".repeat(20_000_001).into_response() });
        let error = here.pull(&spec, false).await.unwrap_err().to_string();
        assert!(error.contains("larger than 20 MB"), "{error}");
        let nobody = here.spec("http://127.0.0.1:9/v2").await;
        assert!(here.pull(&nobody, false).await.unwrap_err().to_string().contains("no connection"));
        let private = Spec { inside: false, ..spec.clone() };
        assert!(here.pull(&private, false).await.unwrap_err().to_string().contains("127.0.0.1 is a private address"));
        assert_eq!(here.ground.last_seq().await, before);
        assert_eq!(here.open_of(&spec).await, Vec::<String>::new());
        // What was wrong is over, and nothing is left of it.
        city.says(knowing(vec![row("1", "open")]));
        assert_eq!(here.pull(&spec, false).await.unwrap().new, 1);
    }

    async fn a_wrong_request_is_refused_alone(test) {
        let here = Endpoint::open(&test).await;
        let mut differs = row("TWICE", "open");
        differs["description"] = json!("something else");
        let with = |id: &str, name: &str, value: Value| {
            let mut row = row(id, "open");
            row[name] = value;
            row
        };
        let rows = vec![
            row("OK", "open"), row("SAME", "open"), row("SAME", "open"), row("TWICE", "open"), differs,
            with("ZONE", "requested_datetime", json!("2026-11-20T01:00:00")), with("TYPE", "description", json!([1])),
            with("LAT", "lat", json!("north")), json!("no object"), json!({ "status": "open" }),
        ];
        let city = City::open(knowing(rows)).await;
        let spec = here.spec(&city.url()).await;
        let pulled = here.pull(&spec, false).await.unwrap();
        assert_eq!((pulled.new, pulled.refused), (2, 6), "{pulled:#?}");
        assert_eq!(here.open_of(&spec).await, ["OK", "SAME"]);
        let all = pulled.reasons.join("\n");
        for said in [
            "request TWICE: it is there twice in one answer, and differs", "request SAME: it is there twice in one answer",
            "request ZONE: requested_datetime is \"2026-11-20T01:00:00\", which says no zone", "request TYPE: description is no text",
            "request LAT: lat is \"north\", no number", "a request is no object", "a request has no service_request_id",
        ] {
            assert!(all.contains(said), "{said} in {all}");
        }
        here.is_clean().await;
    }

    async fn an_answer_that_may_be_cut_is_asked_for_in_parts(test) {
        let here = Endpoint::open(&test).await;
        // 2,400 requests over ten days, a thousand in an answer; then 1,001 in one second.
        let at = |n: usize| linli_kernel::Ts(1_763_000_000_000_000 + 365 * 86_400_000_000).plus_secs(i64::try_from(n * 360).unwrap());
        let rows: Vec<Value> = (0..2_400).map(|n| {
            let mut row = row(&format!("R{n}"), "open");
            row["requested_datetime"] = json!(at(n).timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            row["updated_datetime"] = Value::Null;
            row
        }).collect();
        let all = knowing(rows);
        let city = City::open(move |question| {
            let answer = all(question);
            if question.path.contains("services") {
                return answer;
            }
            let (head, body) = answer.into_parts();
            let bytes = futures_util::FutureExt::now_or_never(to_bytes(body, 64 << 20)).unwrap().unwrap();
            let mut list: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
            list.truncate(1_000);
            let _ = head;
            axum::Json(list).into_response()
        }).await;
        let spec = here.spec(&city.url()).await;
        let pulled = here.pull(&spec, false).await.unwrap();
        assert_eq!((pulled.new, pulled.reasons.len()), (2_400, 0), "{:?}", pulled.reasons);
        let many: Vec<Value> = (0..1_001).map(|n| row(&format!("S{n}"), "open")).collect();
        let other = City::open(knowing(many)).await;
        let spec = here.spec(&other.url()).await;
        let pulled = here.pull(&spec, false).await.unwrap();
        assert_eq!(pulled.new, 1_001);
        assert!(pulled.reasons.iter().any(|reason| reason.contains("1001 requests in one answer, and they lie within a minute")), "{:?}", pulled.reasons);
        here.is_clean().await;
    }

    async fn a_case_is_handed_over_once_and_followed(test) {
        let here = Endpoint::open(&test).await;
        let city = City::open(knowing(vec![])).await;
        here.remote("市政", &city.url(), |_| ()).await;
        let number = here.lamp().await;
        here.hand_over(&number, "市政").await.unwrap();
        assert!(here.hand_over(&number, "市政").await.unwrap_err().to_string().contains("was handed over to 市政 before"));
        let accept = |rows: Vec<Value>| {
            let others = knowing(rows);
            move |question: &Question| match question.method.as_str() {
                "POST" => axum::Json(json!([{ "service_request_id": 77 }])).into_response(),
                _ => others(question),
            }
        };
        city.says(accept(vec![row("77", "open")]));
        assert_eq!(here.run("市政").await.sent, 1);
        let posted = city.posts();
        assert_eq!(posted.len(), 1);
        assert_eq!((posted[0].arg("api_key").unwrap().as_str(), posted[0].arg("service_code").unwrap().as_str()), ("their-secret-key", "SL-1"));
        assert!(posted[0].arg("description").unwrap().contains("三楼灯不亮") && posted[0].arg("address_string").unwrap().contains("3栋"));
        assert!(!posted[0].key.is_empty());
        assert_eq!(here.run("市政").await, Ran::default(), "nothing is sent twice, and that it is open is no news");
        assert_eq!((city.posts().len(), here.stage().await.0.as_str()), (1, "sent"));
        let mut done = row("77", "closed");
        done["status_notes"] = json!("repaired");
        city.says(accept(vec![done]));
        here.run("市政").await;
        let case = here.kept(&number).await;
        assert_eq!((case.state, case.ended_how), (CaseState::Closed, Some(Ending::Elsewhere)));
        let kinds: Vec<usize> = vec![
            here.ground.facts_of(here.ground.district, "cases.handed_elsewhere").await.len(),
            here.ground.facts_of(here.ground.district, "cases.sent_elsewhere").await.len(),
            here.ground.facts_of(here.ground.district, "cases.ended_elsewhere").await.len(),
        ];
        assert_eq!(kinds, [1, 1, 1]);
        assert!(here.hand_over(&number, "市政").await.is_err(), "a closed case is not handed over");
        here.is_clean().await;
    }

    async fn a_token_is_redeemed_and_a_refusal_is_kept(test) {
        let here = Endpoint::open(&test).await;
        let city = City::open(|question| match (question.method.as_str(), question.path.as_str()) {
            ("POST", _) => axum::Json(json!([{ "token": "t/1" }])).into_response(),
            (_, "/v2/services.json") => axum::Json(json!([])).into_response(),
            _ => (StatusCode::NOT_FOUND, "[{\"code\":404,\"description\":\"not yet\"}]").into_response(),
        }).await;
        here.remote("市政", &city.url(), |_| ()).await;
        let number = here.lamp().await;
        here.hand_over(&number, "市政").await.unwrap();
        assert_eq!(here.run("市政").await.sent, 0);
        assert_eq!(here.stage().await.0, "token");
        here.run("市政").await;
        let (stage, problem) = here.stage().await;
        assert!(stage == "token" && problem.contains("not yet"), "{problem}");
        city.says(|question| match question.path.as_str() {
            "/v2/tokens/t%2F1.json" => axum::Json(json!([{ "service_request_id": "9", "token": "t/1" }])).into_response(),
            _ => axum::Json(json!([])).into_response(),
        });
        assert_eq!(here.run("市政").await.sent, 1);
        assert_eq!((here.stage().await.0.as_str(), city.posts().len()), ("sent", 1));

        let other = City::open(|question| match question.method.as_str() {
            "POST" => (StatusCode::FORBIDDEN, "[{\"code\":403,\"description\":\"bad key\"}]").into_response(),
            _ => axum::Json(json!([])).into_response(),
        }).await;
        here.remote("水务", &other.url(), |_| ()).await;
        here.hand_over(&number, "水务").await.unwrap();
        here.run("水务").await;
        here.run("水务").await;
        assert_eq!(other.posts().len(), 1, "what was refused is not sent again by itself");
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        client::try_again(&here.ground.ctx(), &mut tx, &number, "水务").await.unwrap();
        tx.commit().await.unwrap();
        here.run("水务").await;
        assert_eq!(other.posts().len(), 2);
        here.is_clean().await;
    }

    async fn an_attempt_that_was_cut_off_is_looked_up_before_it_is_sent_again(test) {
        let here = Endpoint::open(&test).await;
        // It takes the form and never answers.
        let silent = |question: &Question| match question.method.as_str() {
            "POST" => StatusCode::BAD_GATEWAY.into_response(),
            _ => axum::Json(json!([])).into_response(),
        };
        let city = City::open(silent).await;
        here.remote("市政", &city.url(), |_| ()).await;
        let number = here.lamp().await;
        here.hand_over(&number, "市政").await.unwrap();
        here.run("市政").await;
        here.run("市政").await;
        assert_eq!((here.stage().await.0.as_str(), city.posts().len()), ("sending", 1), "it is left alone for a while");
        here.wait(700);
        // It is there: the mark in the words says so.
        let words = city.posts()[0].arg("description").unwrap();
        let mut there = row("55", "open");
        there["description"] = json!(words);
        there["requested_datetime"] = json!("2026-11-24T01:00:00Z");
        city.says(knowing(vec![row("54", "open"), there]));
        assert_eq!(here.run("市政").await.sent, 1);
        assert_eq!((here.stage().await.0.as_str(), city.posts().len()), ("sent", 1));

        // It is not there: it is sent once more.
        let other = City::open(silent).await;
        here.remote("水务", &other.url(), |_| ()).await;
        here.hand_over(&number, "水务").await.unwrap();
        here.run("水务").await;
        here.wait(700);
        let taken = knowing(vec![]);
        other.says(move |question| match question.method.as_str() {
            "POST" => axum::Json(json!([{ "service_request_id": "1" }])).into_response(),
            _ => taken(question),
        });
        assert_eq!(here.run("水务").await.sent, 1);
        assert_eq!(other.posts().len(), 2);

        // It may be there, and words are not shown: a person decides, and nothing new is pulled meanwhile.
        let dumb = City::open(silent).await;
        here.remote("电力", &dumb.url(), |new| new.pulls = true).await;
        here.hand_over(&number, "电力").await.unwrap();
        here.run("电力").await;
        here.wait(700);
        let mut alike = row("31", "open");
        alike["description"] = Value::Null;
        alike["requested_datetime"] = Value::Null;
        dumb.says(knowing(vec![alike]));
        let ran = here.run("电力").await;
        assert!((ran.sent, ran.pulled.new) == (0, 0) && ran.pulled.reasons[0].contains("settled"), "{ran:?}");
        assert_eq!(dumb.posts().len(), 1);
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        client::settle(&here.ground.ctx(), &mut tx, (&number, "电力"), "31").await.unwrap();
        tx.commit().await.unwrap();
        let ran = here.run("电力").await;
        assert_eq!((ran.problem, ran.pulled.new), (None, 0), "what we sent is no other case");
        assert_eq!(dumb.posts().len(), 1);
        here.is_clean().await;
    }

    async fn a_key_is_sealed_and_sent_where_it_cannot_be_read(test) {
        let here = Endpoint::open(&test).await;
        here.remote("市政", "https://city.example/v2", |new| new.inside = false).await;
        let new = |url: &str| NewRemote {
            name: "x".to_owned(), url: url.to_owned(), jurisdiction: None, place_key: "E1".to_owned(), mapping: USUAL.to_owned(),
            key: Some("k".to_owned()), inside: false, idempotent: false, pulls: true,
        };
        let said = async |new: NewRemote| {
            let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
            client::add(&here.ground.ctx(), &mut tx, &here.built.office, new).await.unwrap_err().to_string()
        };
        assert!(said(new("http://city.example/v2")).await.contains("over https only"));
        assert!(said(new("city.example")).await.contains("is no address"));
        assert!(said(NewRemote { place_key: "E9".to_owned(), ..new("https://city.example") }).await.contains("no place E9"));
        assert!(said(NewRemote { mapping: "default = \"x\"".to_owned(), ..new("https://city.example") }).await.contains("no class x"));
        assert!(said(NewRemote { name: "市政".to_owned(), ..new("https://city.example") }).await.contains("called 市政 already"));
        let mut read = here.ground.db.read().await.unwrap();
        let kept = client::list(&here.ground.ctx(), &mut read.conn(), here.ground.district).await.unwrap();
        let sealed = kept[0].key_sealed.clone().unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("their-secret-key"));
        assert_eq!(here.built.office.vault().open(&sealed).as_deref(), Some("their-secret-key"));
        drop(read);
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        client::remove(&here.ground.ctx(), &mut tx, "市政").await.unwrap();
        tx.commit().await.unwrap();
        assert!(here.ground.facts_of(here.ground.district, "open311.remote_added").await[0].to_string().contains("\"key\":true"));
    }

    async fn two_of_us(test) {
        let a = Endpoint::open(&test).await;
        let other = match test.config.url {
            Some(_) => TestDb::postgres().await.unwrap(),
            None => TestDb::sqlite().await,
        };
        let b = Endpoint::open(&other).await;
        let url = format!("http://{}{V2}", serve(b.built.router.clone()).await);
        a.remote("乙区", &url, |new| {
            (new.key, new.idempotent, new.pulls) = (Some(b.key.clone()), true, true);
            new.mapping = USUAL.to_owned();
        }).await;
        let number = a.lamp().await;
        a.hand_over(&number, "乙区").await.unwrap();
        assert_eq!(a.run("乙区").await.sent, 1);
        let there = b.kept("2026-000001").await;
        assert!(there.class == "stair_lamp" && there.description.contains("三楼灯不亮") && there.description.contains("[linli:"), "{there:?}");
        // The attempt is not known to have arrived: the same form again is the same case.
        for _ in 0..2 {
            let ran = a.run("乙区").await;
            assert_eq!((ran.problem, ran.sent, ran.pulled.new), (None, 0, 0));
        }
        // What others report there is pulled; what came from us is not.
        b.lamp().await;
        assert_eq!(a.run("乙区").await.pulled.new, 1);
        // Words alone lead to the district; somebody solves it there, an officer asks and confirms.
        officers(&b.ground).await;
        let (one, two) = (b.ground.session("O1").await, b.ground.session("O2").await);
        let (one, two) = (Browser::of(&b.built, Some(one)), Browser::of(&b.built, Some(two)));
        let step = async |who: &Browser, what: &str, fields: &[(&str, &str)]| {
            b.wait(60);
            let done = who.post(&format!("/cases/{}/{what}", there.id), fields).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{what}: {}", done.text);
        };
        step(&one, "take", &[]).await;
        step(&one, "finish", &[("no_photo_because", "没有电"), ("done", "换了灯泡")]).await;
        a.run("乙区").await;
        assert_eq!(a.kept(&number).await.state, CaseState::Reported, "what is not closed there is not closed here");
        step(&two, "confirm", &[("told_by", "phone"), ("words", "好了")]).await;
        a.run("乙区").await;
        let ours = a.kept(&number).await;
        assert_eq!((ours.state, ours.ended_how), (CaseState::Closed, Some(Ending::Elsewhere)));
        a.is_clean().await;
        b.is_clean().await;
    }
}
