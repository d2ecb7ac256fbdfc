//! Asking another server: its format is found out, every answer is read whole, and what is wrong is said with its name.

use std::path::PathBuf;
use std::time::Duration;

use linli_kernel::PlacePath;
use serde_json::Value;

use super::RemoteError;
use super::mapping::Mapping;
use super::row::cut;
use crate::check::{json, xml};
use linli_wire::{Client, Failure, Got, Reach, believed_here};

/// What wraps lists in the JSON of servers that do not follow the Spark convention.
const WRAPS: [&str; 5] = ["service_requests", "requests", "request", "services", "service"];
/// What a lone object is known by.
const KEYS: [&str; 3] = ["service_request_id", "service_code", "token"];
/// Longest words of a server that are repeated.
const SAID_MAX: usize = 200;

/// How a server is asked, and where what it says hangs here.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The address of its endpoint.
    pub url: String,
    /// The `jurisdiction_id`, for servers of several.
    pub jurisdiction: Option<String>,
    /// The place that its requests hang at.
    pub place: PlacePath,
    /// Which of its services is which of our classes.
    pub mapping: Mapping,
    /// Whether an address inside the own network may be asked.
    pub inside: bool,
    /// The certificates to believe, PEM; those of the machine otherwise.
    pub ca: Option<PathBuf>,
    /// How long an answer may take.
    pub patience: Duration,
}

impl Spec {
    /// The name under which what it says is kept: its address and jurisdiction, so that another name for the same server changes nothing.
    #[must_use]
    pub fn system(&self) -> String {
        system(&self.url, self.jurisdiction.as_deref())
    }

    pub(crate) fn client(&self) -> Result<Client, RemoteError> {
        let ca = self.ca.clone().or_else(believed_here);
        let reach = if self.inside { Reach::Anywhere } else { Reach::Public };
        Ok(Client::new(&self.url, ca.as_deref(), self.patience)?.within(reach, "linli-open311"))
    }
}

/// See [`Spec::system`].
pub(crate) fn system(url: &str, jurisdiction: Option<&str>) -> String {
    let bare = url.trim_end_matches('/');
    let bare = bare.split_once("://").map_or(bare, |(_, rest)| rest);
    jurisdiction.map_or_else(|| format!("open311:{bare}"), |id| format!("open311:{bare}#{id}"))
}

/// A server that answered once.
pub(crate) struct Server {
    pub(crate) client: Client,
    pub(crate) system: String,
    jurisdiction: Option<String>,
    xml: bool,
    /// The codes of its services.
    pub(crate) services: Vec<String>,
}

impl Server {
    /// Asks for the services, in JSON, or in XML where that is not there; from then on everything in the same format.
    pub(crate) async fn meet(spec: &Spec) -> Result<Self, RemoteError> {
        let (client, jurisdiction) = (spec.client()?, spec.jurisdiction.clone());
        let mut server = Self { client, system: spec.system(), jurisdiction, xml: false, services: Vec::new() };
        let services = match server.ask("services", &[]).await {
            // JSON is optional, XML is not.
            Err(bare @ (RemoteError::Refused { .. } | RemoteError::Unreadable { .. })) => {
                server.xml = true;
                server.ask("services", &[]).await.map_err(|then| neither(bare, then))?
            }
            other => other?,
        };
        let code = |service: &Value| service.get("service_code").and_then(text_of);
        server.services = services.iter().filter_map(code).collect();
        Ok(server)
    }

    /// `GET` of a list.
    pub(crate) async fn ask(&self, what: &str, args: &[(&str, &str)]) -> Result<Vec<Value>, RemoteError> {
        let path = self.path(what, args);
        let got = self.client.get_on(&path).await.map_err(|failure| self.silent(&path, failure))?;
        self.list(&path, &got)
    }

    /// `POST` of a form, once. What the answer means is for the caller to say.
    pub(crate) async fn send(&self, fields: &[(&str, &str)], key: Option<&str>) -> Result<Got, Failure> {
        let jurisdiction = self.jurisdiction.as_deref().map(|id| ("jurisdiction_id", id));
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain(jurisdiction).collect();
        self.client.post_once(&format!("requests.{}", self.ending()), &fields, key).await
    }

    const fn ending(&self) -> &'static str {
        if self.xml { "xml" } else { "json" }
    }

    fn path(&self, what: &str, args: &[(&str, &str)]) -> String {
        let jurisdiction = self.jurisdiction.as_deref().map(|id| ("jurisdiction_id", id));
        let args = args.iter().copied().chain(jurisdiction);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(args).finish();
        let file = format!("{what}.{}", self.ending());
        if query.is_empty() { file } else { format!("{file}?{query}") }
    }

    fn silent(&self, path: &str, failure: Failure) -> RemoteError {
        let (remote, what) = (self.system.clone(), format!("GET {path}"));
        match failure {
            Failure::Private(ip) => RemoteError::Private { remote, what, ip },
            failure => RemoteError::NoAnswer { remote, what, failure },
        }
    }

    fn list(&self, path: &str, got: &Got) -> Result<Vec<Value>, RemoteError> {
        let what = format!("GET {path}");
        if got.status != 200 {
            return Err(RemoteError::Refused { remote: self.system.clone(), what, status: got.status, said: self.said(got) });
        }
        self.rows(got).map_err(|why| RemoteError::Unreadable { remote: self.system.clone(), what, why })
    }

    /// The objects of an answer.
    pub(crate) fn rows(&self, got: &Got) -> Result<Vec<Value>, String> {
        let read = if self.xml { xml(&got.body) } else { json(&got.body) };
        unwrapped(read.map_err(|why| why.to_string())?.value)
    }

    /// What a refusal says, after a colon; nothing when it cannot be read.
    pub(crate) fn said(&self, got: &Got) -> String {
        let read = if self.xml { xml(&got.body) } else { json(&got.body) };
        let Ok(document) = read else { return read.err().map(|why| format!(" ({why})")).unwrap_or_default() };
        let errors = match document.value {
            Value::Array(errors) => errors,
            Value::Object(mut one) => match one.remove("errors") {
                Some(Value::Array(errors)) => errors,
                _ => vec![Value::Object(one)],
            },
            other => vec![other],
        };
        let words = errors.iter().filter_map(|error| error.get("description").and_then(text_of).or_else(|| text_of(error)));
        let words = cut(&words.collect::<Vec<_>>().join("; ").replace(char::is_control, " "), SAID_MAX);
        if words.is_empty() { words } else { format!(": {words}") }
    }
}

/// What is said of a server that has its services neither in JSON nor in XML: what it sent as JSON and cannot be read is what is wrong with it,
/// and what XML came to is said after it.
fn neither(json: RemoteError, xml: RemoteError) -> RemoteError {
    match (json, xml) {
        (RemoteError::Unreadable { remote, what, why }, RemoteError::Unreadable { what: then, why: reason, .. }) => {
            RemoteError::Unreadable { remote, what, why: format!("{why}; {then}: {reason}") }
        }
        (RemoteError::Unreadable { remote, what, why }, RemoteError::Refused { what: then, status, said, .. }) => {
            RemoteError::Unreadable { remote, what, why: format!("{why}; {then}: the status is {status}{said}") }
        }
        (_, xml) => xml,
    }
}

/// A text or a number as text.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// The objects of a list: bare, or wrapped in an object with the name of the list, once or twice; a lone object is a list of one.
fn unwrapped(mut value: Value) -> Result<Vec<Value>, String> {
    for _ in 0..=WRAPS.len() {
        value = match value {
            Value::Null => return Ok(Vec::new()),
            Value::Array(items) => return Ok(items),
            Value::Object(mut object) => match WRAPS.iter().find_map(|name| object.remove(*name)) {
                Some(inside) => inside,
                None if KEYS.iter().any(|key| object.contains_key(*key)) => return Ok(vec![Value::Object(object)]),
                None => return Err("the answer is neither a list nor something that holds one".to_owned()),
            },
            _ => return Err("the answer is no list".to_owned()),
        };
    }
    Err("the answer wraps its list too often".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_found_in_what_wraps_them() {
        let one = || json!({ "service_request_id": "1" });
        for wrapped in [
            json!([one()]),
            one(),
            json!({ "service_requests": [one()] }),
            json!({ "service_requests": { "request": [one()] } }),
            json!({ "requests": { "request": one() } }),
        ] {
            assert_eq!(unwrapped(wrapped.clone()).unwrap(), [one()], "{wrapped}");
        }
        assert_eq!(unwrapped(json!({ "services": null })).unwrap(), Vec::<Value>::new());
        for wrong in [json!("x"), json!(1), json!({}), json!({ "message": "hello" })] {
            assert!(unwrapped(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_system_is_its_address_and_jurisdiction() {
        assert_eq!(system("https://city.example/v2/", None), "open311:city.example/v2");
        assert_eq!(system("http://city.example/v2", Some("320102")), "open311:city.example/v2#320102");
    }
}
