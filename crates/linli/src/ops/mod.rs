//! What whoever runs the program asks it: is it up, can it work, how busy is it. Nothing personal is ever in these answers.
//!
//! `/health` and `/ready` say yes or no to anybody (load balancers ask them). The reasons of `/ready` and everything in `/metrics`
//! are for the machine itself (a connection from loopback that no proxy passed on) and for holders of the token given with
//! `--ops-token`.

mod metrics;
mod ready;

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use linli_hall::Hall;
use linli_jobs::Pulse;
use linli_webkit::{Access, AppError, Module, RequestInfo, RoomRoutes, codes};
use sha2::{Digest, Sha256};

pub use metrics::Requests;
use ready::Ready;

/// What the answers are made from. A service of the hall.
pub struct Ops {
    folder: PathBuf,
    pulse: Pulse,
    token: Option<[u8; 32]>,
    behind_proxy: bool,
    requests: Arc<Requests>,
    ready: Ready,
}

impl std::fmt::Debug for Ops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ops").field("folder", &self.folder).field("token", &self.token.is_some()).finish_non_exhaustive()
    }
}

impl Ops {
    /// `folder` is where free space is counted, `pulse` that of the worker. Behind a proxy loopback proves nothing, so there only
    /// the token opens.
    pub fn new(folder: PathBuf, pulse: Pulse, token: Option<&str>, behind_proxy: bool) -> Self {
        let token = token.map(|token| Sha256::digest(token.as_bytes()).into());
        Self { folder, pulse, token, behind_proxy, requests: Arc::default(), ready: Ready::default() }
    }

    /// Who counts the answers.
    pub fn requests(&self) -> Arc<Requests> {
        Arc::clone(&self.requests)
    }

    /// Whether this request may see more than yes or no.
    fn may_look(&self, info: &RequestInfo, headers: &HeaderMap) -> bool {
        let shown = linli_webkit::bearer(headers);
        // Hashes are compared, so the time it takes tells nothing about the token.
        let by_token = self.token.is_some_and(|known| shown.is_some_and(|token| known[..] == Sha256::digest(token)[..]));
        let passed_on = ["x-forwarded-for", "x-real-ip", "forwarded", "via"].iter().any(|sign| headers.contains_key(*sign));
        by_token || (!self.behind_proxy && !passed_on && info.client_ip().is_loopback())
    }
}

/// The three questions as the house sees them.
#[must_use]
pub fn module() -> Module<Hall> {
    Module {
        name: "ops",
        routes: RoomRoutes::new("ops").get("/health", Access::Public, health).get("/ready", Access::Public, ready).get(
            "/metrics",
            Access::Machine,
            metrics,
        ),
        texts: ("", ""),
        nav: Vec::new(),
    }
}

/// `GET /health`: the process answers. It looks at nothing, so it never fails for a reason a restart would not mend.
async fn health() -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], "ok\n")
}

/// `GET /ready`: 200 when it can do its work, else 503; with reasons for those who may look.
async fn ready(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let ops = hall.service::<Ops>()?;
    let report = ops.ready.report(&hall, &ops.folder, &ops.pulse).await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body =
        if ops.may_look(&info, &headers) { serde_json::json!(report) } else { serde_json::json!({ "ready": report.ready }) };
    Ok((status, [(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response())
}

/// `GET /metrics`: Prometheus text.
async fn metrics(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let ops = hall.service::<Ops>()?;
    if !ops.may_look(&info, &headers) {
        let mut refused = AppError::new(codes::UNAUTHENTICATED).into_response();
        refused.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return Ok(refused);
    }
    let text = metrics::printed(&hall, &ops.requests, &ops.folder).await?;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, HeaderValue::from_static("no-store"))], text).into_response())
}

/// Bytes free on the file system of the folder for somebody without special rights; `None` where the system does not say.
fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let seen = rustix::fs::statvfs(folder).ok()?;
        Some(seen.f_bavail.saturating_mul(seen.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}
