//! What an operation is given: parameters of the address, a form, or a `Parameters`; and tables instead of resources.

use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use linli_webkit::RequestInfo;
use serde_json::{Value, json};

use super::{parameters, too_large};
use crate::answer::{check_accept, resource};
use crate::outcome::{Issue, Kind, Refusal};

/// Largest input of an operation, in bytes.
const INPUT_MAX: usize = 4 * 1024 * 1024;
/// The media type of tables.
pub(crate) const CSV: &str = "text/csv";

/// What was given.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) pairs: Vec<(String, String)>,
    /// Resources by the name of their parameter.
    pub(crate) resources: Vec<(String, Value)>,
    /// A table.
    pub(crate) table: Option<String>,
}

impl Given {
    /// What stands in the address alone.
    pub(crate) fn of_address(info: &RequestInfo) -> Self {
        Self { pairs: parameters(info.query()), ..Self::default() }
    }

    /// Takes a parameter out.
    pub(crate) fn take(&mut self, name: &str) -> Vec<String> {
        let (taken, kept) = std::mem::take(&mut self.pairs).into_iter().partition::<Vec<_>, _>(|(known, _)| known == name);
        self.pairs = kept;
        taken.into_iter().map(|(_, value)| value).filter(|value| !value.trim().is_empty()).collect()
    }

    /// The only value of a parameter that has to be there.
    ///
    /// # Errors
    /// When there is none, or several.
    pub(crate) fn one(&mut self, name: &str) -> Result<String, Refusal> {
        self.one_or_none(name)?.ok_or_else(|| {
            Refusal::of(StatusCode::BAD_REQUEST, Issue::new(Kind::Required, "fhir-error-required").at(format!("http.{name}")))
        })
    }

    /// The only value of a parameter, where there is one.
    ///
    /// # Errors
    /// When there are several.
    pub(crate) fn one_or_none(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let mut all = self.take(name);
        match all.len() {
            0 | 1 => Ok(all.pop()),
            _ => Err(Refusal::of(StatusCode::BAD_REQUEST, Issue::new(Kind::Value, "fhir-error-one").at(format!("http.{name}")))),
        }
    }
}

/// Reads what is given beside the address.
pub(crate) async fn given(info: &RequestInfo, headers: &HeaderMap, body: Body) -> Result<Given, Refusal> {
    let mut given = Given::of_address(info);
    let bytes = to_bytes(body, INPUT_MAX).await.map_err(|_| too_large(INPUT_MAX))?;
    if bytes.is_empty() {
        return Ok(given);
    }
    let sent = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    match sent.split(';').next().unwrap_or_default().trim() {
        CSV => given.table = Some(text(&bytes, "csv")?),
        "application/x-www-form-urlencoded" => given.pairs.extend(parameters(&text(&bytes, "http")?)),
        "application/fhir+json" | "application/json" => {
            let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
                let place = format!("{}:{}", error.line(), error.column());
                Refusal::of(StatusCode::BAD_REQUEST, Issue::new(Kind::Structure, "fhir-error-json").arg("place", place))
            })?;
            of_parameters(&value, &mut given)?;
        }
        _ => {
            let issue = Issue::new(Kind::NotSupported, "fhir-error-content-operation");
            return Err(Refusal::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, issue));
        }
    }
    Ok(given)
}

fn text(bytes: &[u8], at: &str) -> Result<String, Refusal> {
    let wrong = |_| Refusal::of(StatusCode::BAD_REQUEST, Issue::new(Kind::Structure, "fhir-error-csv").at(at));
    std::str::from_utf8(bytes).map(str::to_owned).map_err(wrong)
}

/// `Parameters`: values as text, resources as they are; a `Binary` with a table is the table.
fn of_parameters(value: &Value, given: &mut Given) -> Result<(), Refusal> {
    let wrong = |kind, key, at: String| Refusal::of(StatusCode::BAD_REQUEST, Issue::new(kind, key).at(at));
    if value.get("resourceType") == Some(&json!("Binary")) {
        given.table = Some(binary(value, "Binary")?);
        return Ok(());
    }
    if value.get("resourceType") != Some(&json!("Parameters")) {
        let issue = Issue::new(Kind::Structure, "fhir-error-type").arg("wanted", "Parameters").at("Parameters");
        return Err(Refusal::of(StatusCode::BAD_REQUEST, issue));
    }
    let all = value.get("parameter").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (i, one) in all.iter().enumerate() {
        let path = format!("Parameters.parameter[{i}]");
        let Some(name) = one.get("name").and_then(Value::as_str) else {
            return Err(wrong(Kind::Required, "fhir-error-required", format!("{path}.name")));
        };
        let value = one.as_object().and_then(|fields| fields.iter().find(|(name, _)| name.starts_with("value")));
        match (one.get("resource"), value) {
            (Some(resource), None) if resource.get("resourceType") == Some(&json!("Binary")) => {
                given.table = Some(binary(resource, &format!("{path}.resource"))?);
            }
            (Some(resource), None) => given.resources.push((name.to_owned(), resource.clone())),
            (None, Some((_, value))) => {
                let said = said(value).ok_or_else(|| wrong(Kind::Structure, "fhir-error-text", path))?;
                given.pairs.push((name.to_owned(), said));
            }
            _ => return Err(wrong(Kind::Structure, "fhir-error-one", path)),
        }
    }
    Ok(())
}

/// A value as it would stand in an address.
fn said(value: &Value) -> Option<String> {
    let part = |name: &str| value.get(name).and_then(Value::as_str);
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Object(_) => {
            let identifier = |of: &Value| {
                let part = |name: &str| of.get(name).and_then(Value::as_str);
                Some(format!("{}|{}", part("system").unwrap_or_default(), part("value")?))
            };
            let own = part("reference").map(str::to_owned);
            own.or_else(|| value.get("identifier").and_then(identifier)).or_else(|| identifier(value))
        }
        Value::Null | Value::Array(_) => None,
    }
}

fn binary(resource: &Value, path: &str) -> Result<String, Refusal> {
    let part = |name: &str| resource.get(name).and_then(Value::as_str);
    if !part("contentType").is_some_and(|kind| kind.to_ascii_lowercase().starts_with(CSV)) {
        let issue = Issue::new(Kind::NotSupported, "fhir-error-content-operation").at(format!("{path}.contentType"));
        return Err(Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, issue));
    }
    let wrong =
        || Refusal::of(StatusCode::BAD_REQUEST, Issue::new(Kind::Structure, "fhir-error-base64").at(format!("{path}.data")));
    let bytes = STANDARD.decode(part("data").unwrap_or_default()).map_err(|_| wrong())?;
    text(&bytes, &format!("{path}.data"))
}

/// Whether a table is wanted as it is, or within a `Binary`.
pub(crate) fn wants_binary(headers: &HeaderMap, format: Option<&str>) -> Result<bool, Refusal> {
    let plain = |name: &str| matches!(name.split(';').next().unwrap_or_default().trim(), CSV | "text/*" | "*/*" | "csv");
    let as_it_is = match format {
        Some(format) => plain(format),
        None => match headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()) {
            None => true,
            Some(accept) => accept.split(',').any(plain),
        },
    };
    if as_it_is { Ok(false) } else { check_accept(headers, format).map(|()| true) }
}

/// A table as an answer.
pub(crate) fn table(text: &str, binary: bool) -> Response {
    if binary {
        let value = json!({ "resourceType": "Binary", "contentType": CSV, "data": STANDARD.encode(text) });
        return resource(StatusCode::OK, &value);
    }
    let heads = [(CONTENT_TYPE, "text/csv; charset=utf-8; header=present"), (CACHE_CONTROL, "private, no-store")];
    (StatusCode::OK, heads, text.to_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_as_they_would_stand_in_an_address() {
        let mut given = Given::default();
        let value = json!({ "resourceType": "Parameters", "parameter": [
            { "name": "measure", "valueUri": "https://x/Measure/icu" },
            { "name": "subject", "valueReference": { "reference": "Location/5" } },
            { "name": "subject", "valueReference": { "identifier": { "system": "s", "value": "7" } } },
            { "name": "result-subject", "valueIdentifier": { "system": "s", "value": "8" } },
            { "name": "report", "valueBoolean": true },
            { "name": "measure-report", "resource": { "resourceType": "MeasureReport" } },
            { "name": "input", "resource": { "resourceType": "Binary", "contentType": "text/csv", "data": STANDARD.encode("a,b\n") } },
        ] });
        of_parameters(&value, &mut given).unwrap();
        assert_eq!(given.take("subject"), ["Location/5", "s|7"]);
        assert_eq!((given.one("report").unwrap().as_str(), given.one("result-subject").unwrap().as_str()), ("true", "s|8"));
        assert_eq!((given.table.as_deref(), given.resources.len()), (Some("a,b\n"), 1));
        assert_eq!(given.one("period").unwrap_err().issues[0].expression.as_deref(), Some("http.period"));
        for (wrong, at) in [
            (json!({ "resourceType": "Bundle" }), "Parameters"),
            (json!({ "resourceType": "Parameters", "parameter": [{ "valueString": "x" }] }), "Parameters.parameter[0].name"),
            (json!({ "resourceType": "Parameters", "parameter": [{ "name": "x" }] }), "Parameters.parameter[0]"),
            (json!({ "resourceType": "Binary", "contentType": "text/csv", "data": "?" }), "Binary.data"),
        ] {
            let refused = of_parameters(&wrong, &mut Given::default()).unwrap_err();
            assert_eq!(refused.issues[0].expression.as_deref(), Some(at), "{wrong}");
        }
    }

    #[test]
    fn a_table_is_given_as_it_is_or_within_a_binary() {
        let wants = |accept: &str| wants_binary(&HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]), None).ok();
        assert_eq!(
            [wants("text/csv"), wants("*/*"), wants("application/fhir+json"), wants("image/png")],
            [Some(false), Some(false), Some(true), None]
        );
        assert_eq!(
            (wants_binary(&HeaderMap::new(), None).ok(), wants_binary(&HeaderMap::new(), Some("json")).ok()),
            (Some(false), Some(true))
        );
    }
}
