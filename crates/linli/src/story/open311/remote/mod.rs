//! Other servers: what is pulled, what is handed over, and what happens when they are as servers in the field are.

mod pull;
mod push;

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
