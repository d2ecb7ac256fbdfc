//! Resources over HTTP: which format is meant, versions as entity tags, what a client wants back.

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, LAST_MODIFIED, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use linli_kernel::Ts;
use linli_webkit::{AppError, RequestInfo, T};
use serde_json::Value;

use crate::bindings;
use crate::outcome::{Issue, Kind, Refusal};
use crate::r4;

/// The media type of every answer.
pub(crate) const JSON: &str = "application/fhir+json; charset=utf-8; fhirVersion=4.0";
/// The same without its parameters.
pub(crate) const FHIR_JSON: &str = "application/fhir+json";
/// What `_format` and `Accept` may call it.
const NAMES: [&str; 4] = [FHIR_JSON, "application/json", "json", "text/json"];

/// A resource with its status.
pub(crate) fn resource(status: StatusCode, body: &Value) -> Response {
    debug_assert!(bindings::wrong(body).is_empty(), "no codes of R4: {:?}", bindings::wrong(body));
    debug_assert_eq!(r4::Resource::read(body).as_ref().map(r4::Resource::write), Ok(body.clone()), "not as R4 has it");
    let mut answer = (status, [(CONTENT_TYPE, JSON), (CACHE_CONTROL, "private, no-store")], body.to_string()).into_response();
    answer.headers_mut().insert(http::header::VARY, HeaderValue::from_static("Accept"));
    answer
}

/// A refusal, in the language of the request.
pub(crate) fn refused(refusal: &Refusal, t: &T) -> Response {
    let mut answer = resource(refusal.status, &refusal.json(t));
    if refusal.status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(secs) = refusal.retry_after {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(secs));
    }
    answer
}

/// A refusal of the house in its own words; what is our fault is logged and said to be ours.
pub(crate) fn of_house(error: &AppError, t: &T) -> Refusal {
    let status = error.status();
    if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
        let kind = if status == StatusCode::TOO_MANY_REQUESTS { Kind::Throttled } else { Kind::Transient };
        let issue = Issue::in_words(kind, error.title_for_programs(t));
        return Refusal { retry_after: Some(error.retry_after_secs().unwrap_or(10)), ..Refusal::of(status, issue) };
    }
    if status.is_server_error() {
        tracing::error!(%error, cause = error.chain(), "a FHIR request failed");
        return Refusal::of(status, Issue::new(Kind::Exception, "fhir-error-ours"));
    }
    Refusal::of(status, Issue::in_words(Kind::BusinessRule, error.title(t)))
}

/// What the layers around the endpoint refuse, in the form in which everything is refused here: too many requests, a body that is too large, an
/// address or a method that there is not.
#[must_use]
pub fn told(error: &AppError, status: StatusCode, info: &RequestInfo) -> Response {
    let kind = match status.as_u16() {
        401 => Kind::Login,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        405 | 406 | 415 => Kind::NotSupported,
        409 => Kind::Conflict,
        413 => Kind::TooLong,
        422 => Kind::BusinessRule,
        429 => Kind::Throttled,
        400..=499 => Kind::Structure,
        503 => Kind::Transient,
        _ => Kind::Exception,
    };
    let t = info.t();
    let words = [error.title_for_programs(t), error.next_step_for_programs(t)].join(" ");
    let retry_after = error.retry_after_secs();
    refused(&Refusal { retry_after, ..Refusal::of(status, Issue::in_words(kind, words.trim().to_owned())) }, t)
}

/// Whether the answer may be what we write: `_format` counts before `Accept`.
pub(crate) fn check_accept(headers: &HeaderMap, format: Option<&str>) -> Result<(), Refusal> {
    let known = |name: &str| {
        let plain = name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        NAMES.contains(&plain.as_str()) || matches!(plain.as_str(), "*/*" | "application/*")
    };
    let fits = match format {
        // `+` of an address is a space once it was read.
        Some(format) => known(&format.replace(' ', "+")),
        None => match headers.get(ACCEPT) {
            None => true,
            Some(accept) => accept.to_str().is_ok_and(|accept| accept.split(',').any(|part| known(part) && !is_refused(part))),
        },
    };
    let refusal = || Refusal::of(StatusCode::NOT_ACCEPTABLE, Issue::new(Kind::NotSupported, "fhir-error-accept"));
    if fits { Ok(()) } else { Err(refusal()) }
}

/// `q=0`: everything but this.
fn is_refused(part: &str) -> bool {
    part.split(';').skip(1).filter_map(|parameter| parameter.trim().strip_prefix("q=")).any(|q| q.parse() == Ok(0.0))
}

/// Whether the body is said to be what we read.
pub(crate) fn check_content(headers: &HeaderMap) -> Result<(), Refusal> {
    let sent = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let mut parts = sent.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| part.strip_prefix("charset=")).map(|charset| charset.trim_matches('"'));
    if matches!(kind, "application/fhir+json" | "application/json") && matches!(charset, None | Some("utf-8" | "utf8")) {
        Ok(())
    } else {
        Err(Refusal::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, Issue::new(Kind::NotSupported, "fhir-error-content")))
    }
}

/// The version in an entity tag, `W/"3"` or `"3"`.
fn version_of(tag: &str) -> Option<i64> {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

/// The version that a change is about (`If-Match`); `None` when nothing is said.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Refusal> {
    let Some(sent) = headers.get(http::header::IF_MATCH) else { return Ok(None) };
    let version = sent.to_str().ok().and_then(version_of);
    let wrong = || Refusal::of(StatusCode::PRECONDITION_FAILED, Issue::new(Kind::Conflict, "fhir-error-if-match"));
    version.map(Some).ok_or_else(wrong)
}

/// Whether the client has this version already (`If-None-Match`).
pub(crate) fn has_it(headers: &HeaderMap, version: i64) -> bool {
    let sent = headers.get(http::header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    sent.split(',').any(|tag| tag.trim() == "*" || version_of(tag) == Some(version))
}

/// The same where the version is a text. Some clients send it bare.
pub(crate) fn has_tag(headers: &HeaderMap, version: &str) -> bool {
    let sent = headers.get(http::header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    sent.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == version)
}

/// What a client wants back after a change (`Prefer`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Nothing but headers.
    Minimal,
    /// The resource.
    Representation,
    /// What there is to say about it.
    Outcome,
}

/// What a client prefers: what comes back, and whether a parameter that is not known is a refusal.
pub(crate) fn prefer(headers: &HeaderMap) -> (Wanted, bool) {
    let (mut wanted, mut strict) = (Wanted::Representation, false);
    let sent = headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
    for part in sent.flat_map(|value| value.split([',', ';'])).map(str::trim) {
        match part {
            "return=minimal" => wanted = Wanted::Minimal,
            "return=representation" => wanted = Wanted::Representation,
            "return=OperationOutcome" => wanted = Wanted::Outcome,
            "handling=strict" => strict = true,
            "handling=lenient" => strict = false,
            _ => {}
        }
    }
    (wanted, strict)
}

/// Adds version and time of change to an answer.
pub(crate) fn versioned(answer: Response, version: i64, at: Ts, location: Option<&str>) -> Response {
    tagged(answer, &version.to_string(), at, location)
}

/// The same where the version is a text.
pub(crate) fn tagged(mut answer: Response, version: &str, at: Ts, location: Option<&str>) -> Response {
    let headers = answer.headers_mut();
    let mut put = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    put(ETAG, &format!("W/\"{version}\""));
    put(LAST_MODIFIED, &http_date(at));
    if let Some(location) = location {
        put(LOCATION, location);
    }
    answer
}

/// An instant as HTTP writes it: `Tue, 24 Nov 2026 01:00:00 GMT`.
fn http_date(at: Ts) -> String {
    let utc = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&utc).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn the_format_is_agreed_on() {
        let accepts = |value: &str| check_accept(&headers("accept", value), None).is_ok();
        assert!(accepts("application/fhir+json") && accepts("text/html, application/json;q=0.5") && accepts("*/*"));
        assert!(accepts("application/fhir+json; fhirVersion=4.0"));
        assert!(!accepts("application/fhir+xml") && !accepts("text/html") && !accepts("application/json;q=0"));
        let format = |value: &str| check_accept(&headers("accept", "text/html"), Some(value)).is_ok();
        assert!(format("json") && format("application/fhir json") && !format("xml") && !format("application/fhir+xml"));
        let content = |value: &str| check_content(&headers("content-type", value)).is_ok();
        assert!(content("application/fhir+json") && content("application/json; charset=UTF-8"));
        assert!(!content("application/fhir+xml") && !content("application/json; charset=gbk") && !content("text/plain"));
        assert_eq!(check_content(&HeaderMap::new()).unwrap_err().status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    #[test]
    fn versions_are_entity_tags() {
        assert_eq!((version_of("W/\"3\""), version_of("\"3\""), version_of("3")), (Some(3), Some(3), None));
        assert_eq!(if_match(&HeaderMap::new()), Ok(None));
        assert_eq!(if_match(&headers("if-match", "W/\"2\"")), Ok(Some(2)));
        assert_eq!(if_match(&headers("if-match", "two")).unwrap_err().status, StatusCode::PRECONDITION_FAILED);
        assert!(has_it(&headers("if-none-match", "W/\"1\", W/\"2\""), 2) && !has_it(&headers("if-none-match", "W/\"1\""), 2));
        assert_eq!(http_date(Ts(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn what_is_preferred() {
        assert_eq!(prefer(&HeaderMap::new()), (Wanted::Representation, false));
        assert_eq!(prefer(&headers("prefer", "return=minimal, handling=strict")), (Wanted::Minimal, true));
        assert_eq!(prefer(&headers("prefer", "return=OperationOutcome; handling=lenient")), (Wanted::Outcome, false));
    }
}
