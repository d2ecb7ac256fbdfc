//! What the tables of GeoReport v2 say of each answer: its fields, which of them must be there, and what their values are.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// The form of a value.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// A name that is not empty. In JSON a string: a number would lose leading zeros.
    Id,
    /// Text, or nothing.
    Text,
    /// `true` or `false`.
    Flag,
    /// A number, or nothing.
    Number,
    /// The code of an error: a number, or a word of the server's own.
    Code,
    /// When a document changed last: what sorts as text in the order of time, so a whole date first.
    Changeset,
    /// An instant with its zone, or nothing.
    Instant,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of objects of this shape.
    List(&'static [Field]),
    /// A list of words.
    Words,
}

/// A field: its name, whether it must be there with a value, its form.
type Field = (&'static str, bool, Form);

/// `service`.
const SERVICE: &[Field] = &[
    ("service_code", true, Form::Id),
    ("service_name", true, Form::Text),
    ("description", false, Form::Text),
    ("metadata", true, Form::Flag),
    ("type", true, Form::Word(&["realtime", "batch", "blackbox"])),
    ("keywords", false, Form::Text),
    ("group", false, Form::Text),
];

const VALUE: &[Field] = &[("key", true, Form::Id), ("name", true, Form::Text)];

const ATTRIBUTE: &[Field] = &[
    ("variable", true, Form::Flag),
    ("code", true, Form::Id),
    ("datatype", true, Form::Word(&["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"])),
    ("required", true, Form::Flag),
    ("datatype_description", false, Form::Text),
    ("order", false, Form::Number),
    ("description", false, Form::Text),
    ("values", false, Form::List(VALUE)),
];

const DEFINITION: &[Field] = &[("service_code", true, Form::Id), ("attributes", true, Form::List(ATTRIBUTE))];

const REQUEST: &[Field] = &[
    ("service_request_id", true, Form::Id),
    ("status", true, Form::Word(&["open", "closed"])),
    ("status_notes", false, Form::Text),
    ("service_name", false, Form::Text),
    ("service_code", true, Form::Id),
    ("description", false, Form::Text),
    ("agency_responsible", false, Form::Text),
    ("service_notice", false, Form::Text),
    ("requested_datetime", true, Form::Instant),
    ("updated_datetime", false, Form::Instant),
    ("expected_datetime", false, Form::Instant),
    ("address", false, Form::Text),
    ("address_id", false, Form::Text),
    ("zipcode", false, Form::Text),
    ("lat", false, Form::Number),
    ("long", false, Form::Number),
    ("media_url", false, Form::Text),
];

const ERROR: &[Field] = &[("code", true, Form::Code), ("description", true, Form::Text)];

const CREATED: &[Field] = &[
    ("service_request_id", false, Form::Id),
    ("token", false, Form::Id),
    ("service_notice", false, Form::Text),
    ("account_id", false, Form::Text),
];

const ENDPOINT: &[Field] = &[
    ("specification", true, Form::Text),
    ("url", true, Form::Text),
    ("changeset", true, Form::Changeset),
    ("type", true, Form::Word(&["production", "test", "acceptance"])),
    ("formats", true, Form::Words),
];

const DISCOVERY: &[Field] = &[
    ("changeset", true, Form::Changeset),
    ("contact", true, Form::Text),
    ("key_service", true, Form::Text),
    ("endpoints", true, Form::List(ENDPOINT)),
];

/// A kind of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `discovery`.
    Discovery,
    /// `services`.
    Services,
    /// `service_definition`.
    Definition,
    /// `service_requests`, as they are listed.
    Requests,
    /// `service_requests`, as one was just made.
    Created,
    /// `errors`.
    Errors,
}

impl Kind {
    /// The root element in XML.
    #[must_use]
    pub const fn root(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Services => "services",
            Self::Definition => "service_definition",
            Self::Requests | Self::Created => "service_requests",
            Self::Errors => "errors",
        }
    }

    const fn fields(self) -> &'static [Field] {
        match self {
            Self::Discovery => DISCOVERY,
            Self::Services => SERVICE,
            Self::Definition => DEFINITION,
            Self::Requests => REQUEST,
            Self::Created => CREATED,
            Self::Errors => ERROR,
        }
    }

    const fn is_list(self) -> bool {
        !matches!(self, Self::Discovery | Self::Definition)
    }

    /// What is wrong with an answer of this kind, a sentence for each; nothing when it is as the specification says.
    #[must_use]
    pub fn faults(self, value: &Value, json: bool) -> Vec<String> {
        let mut faults = Vec::new();
        match (value, self.is_list()) {
            (Value::Array(items), true) => {
                for (item, n) in items.iter().zip(1..) {
                    object(item, self.fields(), json, &format!("{} {n}", self.root()), &mut faults);
                }
                if self == Self::Requests || self == Self::Services {
                    twice(items, if self == Self::Services { "service_code" } else { "service_request_id" }, &mut faults);
                }
            }
            (Value::Object(_), false) => object(value, self.fields(), json, self.root(), &mut faults),
            (Value::Object(map), true) if map.contains_key(self.root()) => {
                faults.push(format!("the root {} stands in the JSON; by the Spark convention it falls away", self.root()));
            }
            (_, true) => faults.push("it is no list".to_owned()),
            (_, false) => faults.push("it is no object".to_owned()),
        }
        faults
    }
}

fn object(value: &Value, fields: &[Field], json: bool, at: &str, faults: &mut Vec<String>) {
    let Value::Object(map) = value else {
        faults.push(format!("{at} has no fields"));
        return;
    };
    for (name, needed, form) in fields {
        match map.get(*name) {
            None | Some(Value::Null) if *needed => faults.push(format!("{at}: {name} is missing")),
            None | Some(Value::Null) => {}
            Some(found) => faults.extend(misfit(found, *form, json, &format!("{at}: {name}"))),
        }
    }
    limit(map, at, faults);
}

/// GeoReport v2 limits one text.
fn limit(map: &Map<String, Value>, at: &str, faults: &mut Vec<String>) {
    let long = map.get("description").and_then(Value::as_str).map_or(0, |text| text.chars().count());
    if long > 4_000 {
        faults.push(format!("{at}: description has {long} characters, 4000 is the most"));
    }
}

fn misfit(found: &Value, form: Form, json: bool, at: &str) -> Vec<String> {
    let words = found.as_str();
    let wrong = |wanted: &str| vec![format!("{at} is {found}, not {wanted}")];
    let fits = |yes: bool, wanted: &str| if yes { Vec::new() } else { wrong(wanted) };
    match form {
        Form::Id => fits(words.is_some_and(|id| !id.is_empty()), "a string"),
        Form::Text => fits(words.is_some(), "a string"),
        Form::Flag if json => fits(found.is_boolean(), "true or false"),
        Form::Flag => fits(words.is_some_and(|word| matches!(word, "true" | "false")), "true or false"),
        Form::Code => fits(found.is_number() || words.is_some_and(|code| !code.is_empty()), "a code"),
        Form::Number if json => fits(found.is_number(), "a number"),
        Form::Number => fits(words.is_some_and(|n| n.parse::<f64>().is_ok_and(f64::is_finite)), "a number"),
        Form::Changeset => fits(words.is_some_and(sorts_by_time), "sortable by time (a date as 2026-11-28 first)"),
        Form::Instant => fits(words.is_some_and(is_instant), "an instant with its zone"),
        Form::Word(known) => fits(words.is_some_and(|word| known.contains(&word)), &format!("one of {}", known.join(", "))),
        Form::Words => fits(found.as_array().is_some_and(|all| all.iter().all(Value::is_string)), "a list of words"),
        Form::List(fields) => {
            let Some(items) = found.as_array() else { return wrong("a list") };
            let mut faults = Vec::new();
            for (item, n) in items.iter().zip(1..) {
                object(item, fields, json, &format!("{at} {n}"), &mut faults);
            }
            faults
        }
    }
}

/// Whether texts of this kind sort in the order of time: a whole date of ten characters, then nothing or a time after it.
fn sorts_by_time(text: &str) -> bool {
    let (Some(date), rest) = (text.get(..10), text.get(10..).unwrap_or_default()) else { return false };
    let day = date.parse::<jiff::civil::Date>().is_ok();
    day && (rest.is_empty() || rest.starts_with(['T', ' ']))
}

/// W3C's subset of ISO 8601 with a zone.
#[must_use]
pub fn is_instant(text: &str) -> bool {
    text.contains('T') && text.parse::<Timestamp>().is_ok()
}

fn twice(items: &[Value], id: &str, faults: &mut Vec<String>) {
    let mut seen = std::collections::BTreeSet::new();
    for item in items {
        let Some(found) = item.get(id).and_then(Value::as_str) else { continue };
        if !seen.insert(found) {
            faults.push(format!("{id} {found} is there twice"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request() -> Value {
        json!({ "service_request_id": "1", "status": "open", "service_code": "006", "requested_datetime": "2026-11-24T09:00:00+08:00", "lat": 32.06 })
    }

    fn faults(kind: Kind, value: &Value) -> String {
        kind.faults(value, true).join("; ")
    }

    #[test]
    fn a_right_answer_has_no_faults() {
        assert_eq!(faults(Kind::Requests, &json!([request()])), "");
        assert_eq!(faults(Kind::Errors, &json!([{ "code": 404, "description": "no" }])), "");
        assert_eq!(Kind::Errors.faults(&json!([{ "code": "404", "description": "no" }]), false), Vec::<String>::new());
    }

    #[test]
    fn a_changeset_sorts_by_time() {
        for right in ["2026-11-26T00:00:00+08:00", "2012-03-08T16:00:00-05:00", "2011-09-01 17:35", "2026-11-28"] {
            assert!(sorts_by_time(right), "{right}");
        }
        let found = |changeset: &str| {
            let endpoint =
                json!({ "specification": "s", "url": "u", "changeset": changeset, "type": "test", "formats": ["text/xml"] });
            faults(
                Kind::Discovery,
                &json!({ "changeset": "2026-11-28", "contact": "c", "key_service": "k", "endpoints": [endpoint] }),
            )
        };
        assert_eq!(found("2026-11-28T10:00:00Z"), "");
        for wrong in ["2011-09-1 17:35", "28.11.2026", "2026-13-01", "latest", "2026-11-281"] {
            assert!(
                found(wrong).contains("changeset is") && found(wrong).contains("not sortable by time"),
                "{wrong}: {}",
                found(wrong)
            );
        }
    }

    #[test]
    fn each_fault_is_named() {
        let with = |name: &str, value: Value| {
            let mut changed = request();
            changed[name] = value;
            faults(Kind::Requests, &json!([changed]))
        };
        assert_eq!(with("service_request_id", json!(6)), "service_requests 1: service_request_id is 6, not a string");
        assert_eq!(with("status", json!("new")), "service_requests 1: status is \"new\", not one of open, closed");
        assert_eq!(with("requested_datetime", Value::Null), "service_requests 1: requested_datetime is missing");
        assert!(with("requested_datetime", json!("2026-11-24 09:00")).contains("an instant with its zone"));
        assert!(with("lat", json!("32.06")).contains("a number"));
        assert!(with("description", json!("字".repeat(4_001))).contains("4001 characters"));
        assert_eq!(faults(Kind::Requests, &json!([request(), request()])), "service_request_id 1 is there twice");
        assert!(faults(Kind::Requests, &json!({ "service_requests": [] })).contains("Spark"));
        assert_eq!(faults(Kind::Services, &json!("x")), "it is no list");
        let service = json!([{ "service_code": "1", "service_name": "x", "metadata": "false", "type": "realtime" }]);
        assert_eq!(faults(Kind::Services, &service), "services 1: metadata is \"false\", not true or false");
        assert_eq!(Kind::Services.faults(&service, false), Vec::<String>::new());
    }
}
