//! Open311 GeoReport v2 through the real house: what programs are told, and what they are not.

mod checked;
mod clients;
mod refused;
mod remote;
mod shown;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use linli_db::testing::TestDb;
use linli_identity::keys::{NewKey, Opens};
use linli_kernel::DistrictId;
use serde_json::Value;
use tower::ServiceExt as _;

use super::{Ground, at};
use crate::house::Built;

const V2: &str = "/open311/v2";

/// The house with a key of a program.
struct Endpoint {
    ground: Ground,
    built: Built,
    key: String,
}

/// What a program gets.
struct Got {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn kind(&self) -> &str {
        self.headers[header::CONTENT_TYPE].to_str().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }
}

impl Endpoint {
    async fn open(test: &TestDb) -> Self {
        let ground = Ground::lay(test, at(2026, 11, 24, 9)).await;
        let key = add_key(&ground, ground.district, "外部平台").await;
        let built = ground.house();
        Self { ground, built, key }
    }

    async fn ask(&self, request: Request<Body>) -> Got {
        let answer = self.built.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = to_bytes(answer.into_body(), 8 << 20).await.unwrap();
        Got { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// `GET` under the endpoint, as an English program.
    async fn get(&self, path: &str) -> Got {
        self.ask(Request::get(format!("{V2}/{path}")).header("accept-language", "en").body(Body::empty()).unwrap()).await
    }

    /// A report in the form of the specification, without its key.
    async fn post_bare(&self, file: &str, fields: &[(&str, &str)]) -> Got {
        let escape = |text: &str| {
            text.bytes()
                .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
                .collect::<String>()
        };
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
        let request = Request::post(format!("{V2}/{file}"))
            .header("accept-language", "en")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8");
        self.ask(request.body(Body::from(body.join("&"))).unwrap()).await
    }

    /// A report with the key.
    async fn post(&self, fields: &[(&str, &str)]) -> Got {
        self.post_bare("requests.json", &[fields, &[("api_key", self.key.as_str())]].concat()).await
    }

    /// A report that must be taken: its id.
    async fn made(&self, fields: &[(&str, &str)]) -> String {
        let got = self.post(fields).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.text);
        got.json()[0]["service_request_id"].as_str().unwrap().to_owned()
    }

    /// A dark stairwell at the first entrance: its id.
    async fn lamp(&self) -> String {
        self.made(&[("service_code", "stair_lamp"), ("address_id", "E1/3栋/1单元"), ("description", "三楼灯不亮，张三家门口")])
            .await
    }

    /// The case of an id, as it is kept.
    async fn kept(&self, id: &str) -> linli_cases::Case {
        let mut read = self.ground.db.read().await.unwrap();
        linli_cases::queries::by_number(&self.ground.ctx(), &mut read.conn(), self.ground.district, id).await.unwrap()
    }
}

/// A key to the endpoint, under a name.
fn key_named(name: &str) -> NewKey<'_> {
    NewKey { name, opens: Opens::Open311, organisation: None }
}

async fn add_key(ground: &Ground, district: DistrictId, name: &str) -> String {
    let mut tx = ground.db.begin(district).await.unwrap();
    let key = linli_identity::keys::add(&ground.ctx(), &mut tx, key_named(name)).await.unwrap();
    tx.commit().await.unwrap();
    key.secret_text().to_owned()
}
