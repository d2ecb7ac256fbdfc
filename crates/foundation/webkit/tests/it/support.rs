//! A small room and the ways to talk to it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use linli_kernel::{Code, FakeClock, SeededRng, Status, Ts};
use linli_webkit::i18n::SHARED_TEXTS;
use linli_webkit::{Access, AppError, FormMap, House, Module, RequestInfo, RoomRoutes, Site, Texts, open};
use tower::ServiceExt as _;

/// Tuesday 2026-11-24 14:32 in Beijing.
pub fn now() -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, 24).at(14, 32, 0, 0)).unwrap()
}

pub const TEXTS: (&str, &str) = (
    "lamp-title = 路灯\nlamp-what = 内容\nerror-lamp-out = 路灯不亮,{ $n } 天没人来\n    .next = 已派王师傅",
    "lamp-title = Street lamp\nlamp-what = what\nerror-lamp-out = The lamp is out, nobody came for { $n } days\n    .next = Mr Wang is on his way",
);

const LAMP_OUT: Code = Code::new("lamp.out", Status::Conflict);

async fn lamp(info: RequestInfo) -> Response {
    axum::response::Html(format!("<h1>{}</h1>{}", info.t().s("lamp-title"), "<p>亮着</p>".repeat(200))).into_response()
}

async fn report(info: RequestInfo, form: FormMap) -> Result<Response, AppError> {
    let mut read = form.reader();
    read.text("what", &info.t().s("lamp-what"), 1..=10);
    read.finish()?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/lamp")]).into_response())
}

async fn broken() -> AppError {
    AppError::new(LAMP_OUT).arg("n", 3).caused_by(std::io::Error::other("secret detail"))
}

async fn panics() -> &'static str {
    panic!("secret detail")
}

async fn sleeps() -> &'static str {
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    "never"
}

pub fn room() -> Module<()> {
    let routes = RoomRoutes::new("lamp")
        .get("/lamp", Access::Public, lamp)
        .post("/lamp", Access::Public, report)
        .post_files("/lamp/photo", Access::Public, report)
        .get("/lamp/out", Access::staff("read", "lamp"), broken)
        .get("/api/lamp/out", Access::Machine, broken)
        .get("/lamp/panic", Access::Public, panics)
        .get("/lamp/sleep", Access::Public, sleeps);
    Module { name: "lamp", routes, texts: TEXTS, nav: Vec::new() }
}

pub fn site() -> Site {
    let texts = Arc::new(Texts::new(&[SHARED_TEXTS, TEXTS]).unwrap());
    Site::plain(texts, FakeClock::at(now()), SeededRng::new(7))
}

pub fn app() -> Router {
    app_with(site())
}

pub fn app_with(site: Site) -> Router {
    open(House::of(vec![room()]).router, (), site).unwrap()
}

/// What came back, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub async fn ask(app: &Router, request: Request<Body>) -> Answer {
    let (parts, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes().to_vec() }
}

pub fn get(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = headers.iter().fold(Request::get(path), |r, (k, v)| r.header(*k, *v));
    request.body(Body::empty()).unwrap()
}

pub fn post(path: &str, form: impl Into<Body>, headers: &[(&str, &str)]) -> Request<Body> {
    let request = headers
        .iter()
        .fold(Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded"), |r, (k, v)| r.header(*k, *v));
    request.body(form.into()).unwrap()
}
