//! A request that does not come by itself but as an entry of a bundle: which it is, and by which handler it is carried out.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};
use linli_hall::Hall;
use linli_webkit::RequestInfo;
use serde_json::Value;

use super::{answer, metadata, notices, observation, records, refusal_not_offered, reports, requests, shelf, stays, tasks};
use crate::outcome::{Issue, Kind, Refusal};
use crate::table::{Room, served};
use crate::{ENDPOINT, SHELF};

/// What an entry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The kind of resource, or `metadata`.
    pub(crate) kind: &'static str,
    pub(crate) id: Option<String>,
    query: String,
}

/// Reads the method and the address of an entry; `None` for what no server of ours could have.
pub(crate) fn parse(method: &str, url: &str) -> Option<Request> {
    let method = match method {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "DELETE" => Method::DELETE,
        _ => return None,
    };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    // An address may be relative, or that of this endpoint.
    let inner = path.rsplit_once(&format!("{ENDPOINT}/")).map_or(path, |(_, inner)| inner).trim_matches('/');
    let mut parts = inner.split('/');
    let (kind, id, more) = (parts.next()?, parts.next(), parts.next());
    let kind = if kind == "metadata" { "metadata" } else { served(kind)?.kind };
    let fits = match method.as_str() {
        "GET" => true,
        "POST" => id.is_none(),
        _ => id.is_some(),
    };
    (fits && more.is_none()).then(|| Request { method, kind, id: id.map(str::to_owned), query: query.to_owned() })
}

impl Request {
    /// Whether it is only looked at.
    pub(crate) fn is_look(&self) -> bool {
        self.method == Method::GET
    }

    pub(crate) fn has_body(&self) -> bool {
        matches!(self.method, Method::POST | Method::PUT)
    }

    /// The resource that is changed or taken away.
    pub(crate) fn changes(&self) -> Option<String> {
        let id = self.id.as_ref().filter(|_| !self.is_look())?;
        Some(format!("{}/{id}", self.kind))
    }

    /// That this house offers it.
    ///
    /// # Errors
    /// 404 for a kind that it does not have, 405 for an interaction.
    pub(crate) fn check(&self, rooms: &[Room]) -> Result<(), Refusal> {
        if self.kind == "metadata" {
            return if self.is_look() { Ok(()) } else { Err(refusal_not_offered()) };
        }
        let Some(of) = served(self.kind).filter(|of| rooms.contains(&of.room)) else {
            let issue = Issue::new(Kind::NotSupported, "fhir-error-nowhere").arg("path", self.kind);
            return Err(Refusal::of(StatusCode::NOT_FOUND, issue));
        };
        let wanted = match (self.method.as_str(), &self.id) {
            ("GET", Some(_)) => "read",
            ("GET", None) => "search-type",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            _ => "delete",
        };
        if of.interactions.contains(&wanted) { Ok(()) } else { Err(refusal_not_offered()) }
    }
}

/// Carries a request out by the handler that it would have by itself.
pub(crate) async fn carry_out(
    rooms: &'static [Room],
    (hall, info): (&Hall, &RequestInfo),
    headers: HeaderMap,
    request: &Request,
    body: Option<&Value>,
) -> Response {
    if let Err(refusal) = request.check(rooms) {
        return answer(info, Err(refusal));
    }
    let (kind, state) = (request.kind, State(hall.clone()));
    let path = match &request.id {
        Some(id) => format!("{ENDPOINT}/{kind}/{id}"),
        None => format!("{ENDPOINT}/{kind}"),
    };
    let info = info.asking(&path, &request.query);
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let on_shelf = SHELF.iter().any(|paths| paths.kind == kind);
    let id = request.id.clone().map(Path);
    match (request.method.as_str(), kind, id) {
        ("GET", "metadata", _) => metadata(rooms, info, state, headers).await,
        ("GET", "Observation", None) => observation::search(info, state, headers).await,
        ("GET", "Observation", Some(id)) => observation::read(info, state, id, headers).await,
        ("GET", _, None) if on_shelf => shelf::search(kind, info, state, headers).await,
        ("GET", _, Some(id)) if on_shelf => shelf::read(kind, info, state, id, headers).await,
        ("GET", _, None) => records::search(kind, info, state, headers).await,
        ("GET", _, Some(id)) => records::read(kind, info, state, id, headers).await,
        ("POST", "Observation", _) => observation::create(info, state, headers, body).await,
        ("PUT", "Observation", Some(id)) => observation::update(info, state, id, headers, body).await,
        ("POST", "MeasureReport", _) => reports::create(info, state, headers, body).await,
        ("PUT", "MeasureReport", Some(id)) => reports::update(info, state, id, headers, body).await,
        ("POST", "ServiceRequest", _) => requests::create(info, state, headers, body).await,
        ("POST", "Task", _) => requests::create_task(info, state, headers, body).await,
        ("PUT", "Task", Some(id)) => tasks::update(info, state, id, headers, body).await,
        ("PUT", "Encounter", Some(id)) => stays::update(info, state, id, headers, body).await,
        ("POST", "Subscription", _) => notices::create(rooms, info, state, headers, body).await,
        ("DELETE", "Subscription", Some(id)) => notices::remove(info, state, id, headers).await,
        _ => answer(&info, Err(refusal_not_offered())),
    }
}
