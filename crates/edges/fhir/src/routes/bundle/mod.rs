//! `Bundle` at the root: a batch is as many requests as it has entries, a transaction is one. What can be asked for by itself can be asked for
//! in an entry: a batch goes through the same handlers, a transaction through the same commands.

mod fold;
mod steps;
mod transaction;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use linli_hall::Hall;
use linli_kernel::Ts;
use linli_webkit::RequestInfo;
use serde_json::{Value, json};

use super::dispatch::{Request, carry_out, parse};
use super::entries::{BundleKind, Entry, moved, placed, read_bundle};
use super::{RESOURCE_MAX, agree, answer, base, json as json_body, too_large};
use crate::answer::{FHIR_JSON, resource};
use crate::observation::write::instant;
use crate::outcome::{Issue, Kind, Refusal};
use crate::program::enter;
use crate::table::Room;
use fold::folded;
use transaction::transaction;

/// Largest bundle, in bytes.
const BUNDLE_MAX: usize = 4 * 1024 * 1024;

/// `POST /`: batch or transaction.
pub(crate) async fn send(
    rooms: &'static [Room],
    info: RequestInfo,
    State(hall): State<Hall>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let (bundle, fold) = folded(json_body(&headers, body, BUNDLE_MAX).await?);
        let (kind, entries) = read_bundle(&bundle)?;
        let whole = Whole { rooms, hall: &hall, info: &info, headers: &headers };
        let answers = match kind {
            BundleKind::Batch => batch(&whole, &entries).await,
            BundleKind::Transaction => {
                let done = transaction(&program, &whole, &entries, &fold).await.map_err(|refusal| fold.placed(refusal))?;
                match done {
                    Ok(answers) => answers,
                    Err(refused) => return Ok(refused),
                }
            }
        };
        let mut answered = json!({ "resourceType": "Bundle", "type": kind.answered() });
        if let (Some(fields), false) = (answered.as_object_mut(), answers.is_empty()) {
            fields.insert("entry".to_owned(), json!(answers));
        }
        Ok(resource(StatusCode::OK, &answered))
    };
    answer(&info, outcome.await)
}

/// The request that a bundle came in.
struct Whole<'a> {
    rooms: &'static [Room],
    hall: &'a Hall,
    info: &'a RequestInfo,
    headers: &'a HeaderMap,
}

/// What an entry asks for, with its resource where it has one.
fn asked<'a>(entry: &Entry<'a>) -> Result<(Request, Option<&'a Value>), Refusal> {
    let path = &entry.path;
    let wrong = |kind, key, at: &str| Refusal::unreadable(vec![Issue::new(kind, key).at(format!("{path}{at}"))]);
    let Some(request) = entry.node.get("request") else {
        return Err(wrong(Kind::Required, "fhir-error-required", ".request"));
    };
    let (Some(method), Some(url)) = (request.text("method"), request.text("url")) else {
        return Err(wrong(Kind::Required, "fhir-error-required", ".request.method"));
    };
    let request = parse(method, url).ok_or_else(|| wrong(Kind::NotSupported, "fhir-error-entry", ".request.url"))?;
    let body = entry.node.value.get("resource").filter(|resource| resource.is_object());
    if request.has_body() && body.is_none() {
        return Err(wrong(Kind::Required, "fhir-error-required", ".resource"));
    }
    // One resource is no larger here than by itself.
    if body.is_some_and(|body| body.to_string().len() > RESOURCE_MAX) {
        return Err(moved(too_large(RESOURCE_MAX), path, true));
    }
    Ok((request, body))
}

/// The headers of an entry: those of the whole, and the conditions of its own request.
fn headers_of(entry: &Entry<'_>, whole: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in [AUTHORIZATION, ACCEPT, HeaderName::from_static("prefer")] {
        for value in whole.get_all(&name) {
            headers.append(&name, value.clone());
        }
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(FHIR_JSON));
    let request = entry.node.get("request");
    for (member, name) in
        [("ifMatch", IF_MATCH), ("ifNoneMatch", IF_NONE_MATCH), ("ifNoneExist", HeaderName::from_static("if-none-exist"))]
    {
        let said = request.as_ref().and_then(|request| request.text(member)).and_then(|text| HeaderValue::from_str(text).ok());
        if let Some(value) = said {
            headers.insert(name, value);
        }
    }
    headers
}

/// An answer as an entry.
async fn told(whole: &Whole<'_>, answer: Response, entry: &Entry<'_>, request: &Request) -> Value {
    let (parts, body) = answer.into_parts();
    let header = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let mut response = json!({ "status": parts.status.to_string() });
    let mut written = json!({});
    let mut put = |name: &str, value: Option<Value>| {
        if let (Some(fields), Some(value)) = (response.as_object_mut(), value) {
            fields.insert(name.to_owned(), value);
        }
    };
    put("location", header(LOCATION).map(|url| json!(url)));
    put("etag", header(ETAG).map(|tag| json!(tag)));
    let changed = header(LAST_MODIFIED).and_then(|text| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok());
    put("lastModified", changed.map(|at| json!(instant(Ts(at.as_microsecond())))));
    let body: Option<Value> = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => serde_json::from_slice(&bytes).ok(),
        Err(_) => None,
    };
    let is_outcome = body.as_ref().is_some_and(|body| body.get("resourceType") == Some(&json!("OperationOutcome")));
    match body {
        Some(mut outcome) if is_outcome => {
            if !parts.status.is_success() {
                in_entry(&mut outcome, entry, request);
            }
            put("outcome", Some(outcome));
        }
        Some(resource) => {
            let of = |name: &str| resource.get(name).and_then(Value::as_str);
            let own = of("resourceType").zip(of("id")).filter(|(kind, _)| *kind == request.kind);
            let url = own.map(|(kind, id)| format!("{}/{kind}/{id}", base(whole.hall)));
            if let (Some(fields), Some(url)) = (written.as_object_mut(), url) {
                fields.insert("fullUrl".to_owned(), json!(url));
            }
            if let Some(fields) = written.as_object_mut() {
                fields.insert("resource".to_owned(), resource);
            }
        }
        None => {}
    }
    if let Some(fields) = written.as_object_mut() {
        fields.insert("response".to_owned(), response);
    }
    written
}

/// Moves the paths of an outcome into the entry that it is about.
fn in_entry(outcome: &mut Value, entry: &Entry<'_>, request: &Request) {
    let has_body = request.has_body();
    for issue in outcome.get_mut("issue").and_then(Value::as_array_mut).into_iter().flatten() {
        let said = issue.pointer("/expression/0").and_then(Value::as_str);
        let place = placed(said, &entry.path, has_body);
        if let Some(fields) = issue.as_object_mut() {
            fields.insert("expression".to_owned(), json!([place]));
        }
    }
}

/// Each entry by itself: what is wrong with one does not hold up the others.
async fn batch(whole: &Whole<'_>, entries: &[Entry<'_>]) -> Vec<Value> {
    let mut answers = Vec::with_capacity(entries.len());
    for entry in entries {
        answers.push(match asked(entry) {
            Ok((request, body)) => {
                let answer = by_itself(whole, entry, &request, body).await;
                told(whole, answer, entry, &request).await
            }
            Err(refusal) => {
                let outcome = refusal.json(whole.info.t());
                json!({ "response": { "status": refusal.status.to_string(), "outcome": outcome } })
            }
        });
    }
    answers
}

/// Carries an entry out as a request of its own.
async fn by_itself(whole: &Whole<'_>, entry: &Entry<'_>, request: &Request, body: Option<&Value>) -> Response {
    let headers = headers_of(entry, whole.headers);
    Box::pin(carry_out(whole.rooms, (whole.hall, whole.info), headers, request, body)).await
}
