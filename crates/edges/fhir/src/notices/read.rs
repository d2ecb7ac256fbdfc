//! A subscription that is asked for: about what, where to, what goes along, until when.

use http::{HeaderMap, HeaderName, HeaderValue};
use linli_kernel::Ts;
use serde_json::Value;

use super::{Hooks, Refused};
use crate::answer::FHIR_JSON;
use crate::node::{Node, Reader};
use crate::observation::read::instant;
use crate::outcome::{Issue, Kind};
use crate::params::{Asked, read as read_asked};
use crate::table::{Room, served};

/// The elements of a subscription in R4.
const ELEMENTS: [&str; 12] = [
    "resourceType",
    "meta",
    "language",
    "text",
    "contained",
    "status",
    "contact",
    "end",
    "reason",
    "criteria",
    "error",
    "channel",
];
/// About what one may be told.
pub(crate) const ABOUT: [&str; 4] = ["Task", "Encounter", "MeasureReport", "Flag"];
/// Most headers.
const HEADERS_MOST: usize = 10;
/// Longest text: an address, criteria, a header, in bytes.
const TEXT_MOST: usize = 1_000;
/// Headers that are the sender's own business.
const NOT_THEIRS: [&str; 10] = [
    "host",
    "content-length",
    "content-type",
    "content-location",
    "connection",
    "transfer-encoding",
    "upgrade",
    "te",
    "user-agent",
    "idempotency-key",
];

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct New {
    pub(crate) criteria: String,
    pub(crate) reason: String,
    pub(crate) endpoint: String,
    pub(crate) full: bool,
    pub(crate) headers: Vec<String>,
    pub(crate) ends_at: Option<Ts>,
}

/// About what, and what of it: a search as it would stand behind the endpoint.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn criteria(text: &str, rooms: &[Room]) -> Result<(&'static str, Asked), Issue> {
    let at = |issue: Issue| issue.at("Subscription.criteria");
    let (kind, query) = text.split_once('?').unwrap_or((text, ""));
    let known = ABOUT.into_iter().find(|about| *about == kind).and_then(served).filter(|served| rooms.contains(&served.room));
    let served = known.ok_or_else(|| at(Issue::new(Kind::NotSupported, "fhir-error-criteria").arg("kinds", ABOUT.join(", "))))?;
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    // What says how a page is to look says nothing of what one is told.
    if let Some((name, _)) = pairs.iter().find(|(name, _)| name.starts_with('_') && name != "_id") {
        return Err(at(Issue::new(Kind::NotSupported, "fhir-error-parameter-unknown").arg("name", name.as_str())));
    }
    let asked = read_asked(served, &pairs, true).map_err(|refusal| {
        let unknown = || Issue::new(Kind::NotSupported, "fhir-error-criteria").arg("kinds", ABOUT.join(", "));
        at(refusal.issues.into_iter().next().unwrap_or_else(unknown))
    })?;
    // A notice is judged by what the resource itself says.
    if asked.has_chain() {
        return Err(at(Issue::new(Kind::NotSupported, "fhir-error-modifier-unknown").arg("name", query)));
    }
    Ok((served.kind, asked))
}

/// A header as it is written, `Name: value`.
pub(crate) fn header(line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':')?;
    let name: HeaderName = name.trim().parse().ok()?;
    let value = HeaderValue::from_str(value.trim()).ok()?;
    (!NOT_THEIRS.contains(&name.as_str())).then_some((name, value))
}

/// Headers as they are sent; a password among them is not written into logs.
pub(crate) fn headers(lines: &[String]) -> HeaderMap {
    let mut all = HeaderMap::new();
    for (name, mut value) in lines.iter().filter_map(|line| header(line)) {
        value.set_sensitive(true);
        all.append(name, value);
    }
    all
}

/// Reads what is asked for.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read(value: &Value, hooks: &Hooks, (rooms, now): (&[Room], Ts)) -> Result<New, Vec<Issue>> {
    let (mut reader, root) = (Reader::default(), Node::root(value, "Subscription"));
    if root.text("resourceType") != Some("Subscription") {
        return Err(vec![Issue::new(Kind::Structure, "fhir-error-type").arg("wanted", "Subscription").at("Subscription")]);
    }
    reader.shape(&root);
    reader.object(&root, &ELEMENTS);
    reader.texts(&root, &["id", "status", "end", "reason", "criteria", "error"]);
    status(&mut reader, &root);
    let asked_for = required(&mut reader, &root, "criteria");
    if let Some(Err(issue)) = asked_for.map(|text| criteria(text, rooms)) {
        reader.note(issue);
    }
    let reason = required(&mut reader, &root, "reason");
    let ends_at = end(&mut reader, &root, now);
    let channel = channel(&mut reader, &root, hooks);
    match (asked_for, reason, channel) {
        (Some(asked_for), Some(reason), Some((endpoint, full, headers))) if reader.issues.is_empty() => Ok(New {
            criteria: asked_for.to_owned(),
            reason: reason.to_owned(),
            endpoint: endpoint.to_owned(),
            full,
            headers,
            ends_at,
        }),
        _ => Err(reader.issues),
    }
}

/// A text that has to be there.
fn required<'a>(reader: &mut Reader, node: &Node<'a>, name: &str) -> Option<&'a str> {
    let path = format!("{}.{name}", node.path);
    let found = node.text(name);
    match found {
        None if node.get(name).is_none() => reader.note(Issue::new(Kind::Required, "fhir-error-required").at(path)),
        Some(text) if text.len() > TEXT_MOST => {
            reader.note(Issue::new(Kind::TooLong, "fhir-error-long").arg("most", TEXT_MOST.to_string()).at(path));
        }
        _ => {}
    }
    found
}

/// Whoever asks for one asks: that it is active, or off, is the house's to say.
fn status(reader: &mut Reader, root: &Node<'_>) {
    let path = "Subscription.status";
    match required(reader, root, "status") {
        None | Some("requested") => {}
        Some(code @ ("active" | "error" | "off")) => {
            reader.note(Issue::new(Kind::BusinessRule, "fhir-error-subscription-status").arg("status", code).at(path));
        }
        Some(code) => reader.note(Issue::new(Kind::CodeInvalid, "fhir-error-status").arg("status", code).at(path)),
    }
}

fn end(reader: &mut Reader, root: &Node<'_>, now: Ts) -> Option<Ts> {
    let said = root.text("end")?;
    let end = instant(said).filter(|end| *end > now);
    if end.is_none() {
        reader.note(Issue::new(Kind::Value, "fhir-error-end").arg("value", said).at("Subscription.end"));
    }
    end
}

/// Where to, whether the resource goes along, and the headers.
fn channel<'a>(reader: &mut Reader, root: &Node<'a>, hooks: &Hooks) -> Option<(&'a str, bool, Vec<String>)> {
    let Some(channel) = root.get("channel") else {
        reader.note(Issue::new(Kind::Required, "fhir-error-required").at("Subscription.channel"));
        return None;
    };
    reader.object(&channel, &["type", "endpoint", "payload", "header"]);
    reader.texts(&channel, &["type", "endpoint", "payload"]);
    reader.lists(&channel, &["header"]);
    match required(reader, &channel, "type") {
        None | Some("rest-hook") => {}
        Some(code @ ("websocket" | "email" | "sms" | "message")) => {
            let issue = Issue::new(Kind::NotSupported, "fhir-error-channel").arg("code", code);
            reader.note(issue.at("Subscription.channel.type"));
        }
        Some(code) => {
            reader.note(Issue::new(Kind::CodeInvalid, "fhir-error-channel").arg("code", code).at("Subscription.channel.type"));
        }
    }
    let full = match channel.text("payload").map(|kind| kind.split(';').next().unwrap_or_default().trim()) {
        None => false,
        Some(FHIR_JSON | "application/json") => true,
        Some(kind) => {
            reader
                .note(Issue::new(Kind::NotSupported, "fhir-error-payload").arg("kind", kind).at("Subscription.channel.payload"));
            false
        }
    };
    let mut headers = Vec::new();
    for (i, said) in channel.list("header").iter().enumerate() {
        match said.value.as_str().filter(|line| line.len() <= TEXT_MOST && header(line).is_some() && i < HEADERS_MOST) {
            Some(line) => headers.push(line.to_owned()),
            None => reader.note(Issue::new(Kind::Value, "fhir-error-header").at(&said.path)),
        }
    }
    let endpoint = required(reader, &channel, "endpoint")?;
    if let Err(why) = hooks.client(endpoint) {
        reader.note(refused(why));
    }
    Some((endpoint, full, headers))
}

/// Why an endpoint is told nothing.
pub(crate) fn refused(why: Refused) -> Issue {
    let (kind, key) = match why {
        Refused::Address => (Kind::Value, "fhir-error-endpoint"),
        Refused::Plain => (Kind::BusinessRule, "fhir-error-endpoint-plain"),
        Refused::Inside => (Kind::BusinessRule, "fhir-error-endpoint-inside"),
        Refused::Certificates => (Kind::Exception, "fhir-error-endpoint-certificates"),
    };
    Issue::new(kind, key).at("Subscription.channel.endpoint")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_are_a_search_of_a_stated_kind() {
        let all = [Room::Care, Room::Treatment, Room::Notices];
        let read = |text: &str| criteria(text, &all).map(|(kind, _)| kind);
        assert_eq!(read("Task?owner=Organization/7&status=requested,received"), Ok("Task"));
        assert_eq!(read("Encounter?class=IMP"), Ok("Encounter"));
        assert_eq!(read("MeasureReport"), Ok("MeasureReport"));
        for wrong in
            ["Patient?name=x", "Observation?code=8867-4", "", "Task?colour=red", "Task?_sort=_id", "Task?authored-on=soon"]
        {
            let issue = read(wrong).unwrap_err();
            assert_eq!(issue.expression.as_deref(), Some("Subscription.criteria"), "{wrong}");
        }
        assert_eq!(criteria("Flag?", &[Room::Treatment]).unwrap_err().kind, Kind::NotSupported, "the house has no flags");
    }

    #[test]
    fn headers_of_the_transport_are_not_the_subscribers() {
        assert!(header("Authorization: Bearer x").is_some() && header("X-Hospital:7").is_some());
        for wrong in ["Host: 127.0.0.1", "content-length: 3", "Idempotency-Key: 1", "no colon", "bad name: x", "X: a\r\nHost: b"]
        {
            assert!(header(wrong).is_none(), "{wrong}");
        }
    }
}
