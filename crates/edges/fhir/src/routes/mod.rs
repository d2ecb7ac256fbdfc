//! The interactions.

pub(crate) mod bundle;
pub(crate) mod dispatch;
mod entries;
pub(crate) mod followed;
pub(crate) mod given;
pub(crate) mod have;
pub(crate) mod notices;
pub(crate) mod observation;
pub(crate) mod records;
pub(crate) mod reports;
pub(crate) mod requests;
pub(crate) mod saner;
pub(crate) mod shelf;
pub(crate) mod stays;
pub(crate) mod tasks;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use linli_care::follow::Desk;
use linli_hall::Hall;
use linli_webkit::{AppError, RequestInfo};
use serde_json::Value;

use crate::ENDPOINT;
use crate::answer::{check_accept, check_content, of_house, refused, resource};
use crate::capability::statement;
use crate::outcome::{Issue, Kind, Refusal};
use crate::table::Room;

/// Largest resource, in bytes.
pub(crate) const RESOURCE_MAX: usize = 256 * 1024;

/// Writes an answer or a refusal.
pub(crate) fn answer(info: &RequestInfo, outcome: Result<Response, Refusal>) -> Response {
    outcome.unwrap_or_else(|refusal| refused(&refusal, info.t()))
}

/// The parameters of an address.
pub(crate) fn parameters(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Whether the client can read what we write.
pub(crate) fn agree(info: &RequestInfo, headers: &HeaderMap) -> Result<(), Refusal> {
    let pairs = parameters(info.query());
    let format = pairs.iter().find(|(name, _)| name == "_format").map(|(_, value)| value.as_str());
    check_accept(headers, format)
}

/// Where the endpoint stands for those outside.
pub(crate) fn base(hall: &Hall) -> String {
    format!("{}{ENDPOINT}", hall.base_url().trim_end_matches('/'))
}

pub(crate) fn desk(hall: &Hall, info: &RequestInfo) -> Result<Arc<Desk>, Refusal> {
    hall.service::<Desk>().map_err(|error| of_house(&error, info.t()))
}

/// A refusal of the house.
pub(crate) fn house(info: &RequestInfo) -> impl Fn(AppError) -> Refusal + '_ {
    |error| of_house(&error, info.t())
}

/// More than is taken, in bytes.
pub(crate) fn too_large(most: usize) -> Refusal {
    let issue = Issue::new(Kind::TooLong, "fhir-error-too-large").arg("most", (most / 1024).to_string());
    Refusal::of(StatusCode::PAYLOAD_TOO_LARGE, issue)
}

/// The body as JSON.
pub(crate) async fn json(headers: &HeaderMap, body: Body, most: usize) -> Result<Value, Refusal> {
    check_content(headers)?;
    let bytes = to_bytes(body, most).await.map_err(|_| too_large(most))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("{}:{}", error.line(), error.column());
        Refusal::of(StatusCode::BAD_REQUEST, Issue::new(Kind::Structure, "fhir-error-json").arg("place", place))
    })
}

/// `GET metadata`.
pub(crate) async fn metadata(
    rooms: &'static [Room],
    info: RequestInfo,
    State(hall): State<Hall>,
    headers: HeaderMap,
) -> Response {
    let said = || resource(StatusCode::OK, &statement(info.t(), &base(&hall), hall.now(), rooms));
    let outcome = agree(&info, &headers).map(|()| said());
    answer(&info, outcome)
}

/// What FHIR knows and is not offered here, where something else is.
pub(crate) async fn not_offered(info: RequestInfo) -> Response {
    answer(&info, Err(refusal_not_offered()))
}

pub(crate) fn refusal_not_offered() -> Refusal {
    Refusal::of(StatusCode::METHOD_NOT_ALLOWED, Issue::new(Kind::NotSupported, "fhir-error-not-offered"))
}

/// Whatever else is asked for under the endpoint is not there, and says so as a resource.
pub(crate) async fn nowhere(info: RequestInfo) -> Response {
    let issue = Issue::new(Kind::NotSupported, "fhir-error-nowhere").arg("path", info.path());
    answer(&info, Err(Refusal::of(StatusCode::NOT_FOUND, issue)))
}
