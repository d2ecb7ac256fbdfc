//! Resources of R4 as typed values: what is read knows which element it is, of which type, and how often it may stand there. Everything that a
//! resource holds is kept, so that what is written again is what was read. `elements.txt` is made by `scripts/r4-elements` from the definitions
//! of HL7 FHIR R4 (4.0.1, CC0).

mod primitive;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::outcome::{Issue, Kind, Refusal};
use primitive::Primitive;

/// Most issues that are named.
const MOST: usize = 50;
/// Elements in elements.
const DEEPEST: usize = 40;

/// An element of a type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Element {
    name: &'static str,
    of: &'static str,
    /// The codes of a required binding; none where anything may stand.
    codes: Vec<&'static str>,
    many: bool,
    needed: bool,
}

/// A type: its elements, none for a primitive one.
type Types = HashMap<&'static str, Vec<Element>>;

static TYPES: LazyLock<Types> = LazyLock::new(|| include_str!("elements.txt").lines().map(defined).collect());

/// `Type name:type(code|code)*! …`: `*` may stand often, `!` has to stand.
fn defined(line: &'static str) -> (&'static str, Vec<Element>) {
    let mut words = line.split(' ');
    let of = words.next().unwrap_or_default();
    let element = |word: &'static str| {
        let (name, rest) = word.split_once(':')?;
        let (plain, needed) = rest.strip_suffix('!').map_or((rest, false), |plain| (plain, true));
        let (plain, many) = plain.strip_suffix('*').map_or((plain, false), |plain| (plain, true));
        let (of, codes) = plain
            .strip_suffix(')')
            .and_then(|plain| plain.split_once('('))
            .map_or_else(|| (plain, Vec::new()), |(of, codes)| (of, codes.split('|').collect()));
        Some(Element { name, of, codes, many, needed })
    };
    (of, words.filter_map(element).collect())
}

/// Whether a kind of resource is known here.
pub(crate) fn knows(kind: &str) -> bool {
    TYPES.get(kind).is_some_and(|elements| elements.iter().any(|element| element.name == "implicitRules"))
}

/// A resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Resource {
    /// Of a kind that is known.
    Known(&'static str, Complex),
    /// Of another kind, as it was written: it may stand within one that is known.
    Other(Value),
}

/// A value of a type with elements, in the order in which they were written.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Complex(Vec<(&'static str, Content)>);

/// What stands in an element.
#[derive(Debug, Clone, PartialEq)]
enum Content {
    One(One),
    Many(Vec<One>),
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
enum One {
    /// A primitive value, its extensions, or both.
    Primitive(Option<Primitive>, Option<Complex>),
    Complex(Complex),
    Resource(Box<Resource>),
}

/// What is noted while reading.
#[derive(Default)]
struct Noted(Vec<Issue>);

impl Noted {
    fn note(&mut self, kind: Kind, key: &'static str, path: &str) {
        self.put(Issue::new(kind, key).at(path));
    }

    fn put(&mut self, issue: Issue) {
        if self.0.len() < MOST {
            self.0.push(issue);
        }
    }
}

impl Resource {
    /// Reads a resource.
    ///
    /// # Errors
    /// Everything in it that R4 does not have.
    pub(crate) fn read(value: &Value) -> Result<Self, Vec<Issue>> {
        let mut noted = Noted::default();
        let kind = value.get("resourceType").and_then(Value::as_str).unwrap_or("Resource");
        let read = resource(value, kind, 0, &mut noted);
        match read {
            Some(read) if noted.0.is_empty() => Ok(read),
            _ => Err(noted.0),
        }
    }

    /// The resource as it is written.
    pub(crate) fn write(&self) -> Value {
        match self {
            Self::Other(value) => value.clone(),
            Self::Known(kind, complex) => {
                let mut fields = Map::new();
                fields.insert("resourceType".to_owned(), Value::from(*kind));
                complex.write_into(&mut fields);
                Value::Object(fields)
            }
        }
    }
}

/// That a resource is one of R4, beyond what its own reader looks at.
///
/// # Errors
/// 400 for what R4 does not have, 422 for a code or an element that has to be there.
pub(crate) fn conforms(value: &Value) -> Result<(), Refusal> {
    Resource::read(value).map(|_| ()).map_err(Refusal::unreadable)
}

fn resource(value: &Value, path: &str, depth: usize, noted: &mut Noted) -> Option<Resource> {
    let Some(fields) = value.as_object() else {
        noted.note(Kind::Structure, "fhir-error-object", path);
        return None;
    };
    let Some(kind) = fields.get("resourceType").and_then(Value::as_str) else {
        noted.note(Kind::Required, "fhir-error-required", &format!("{path}.resourceType"));
        return None;
    };
    match TYPES.get_key_value(kind).filter(|_| knows(kind)) {
        None => Some(Resource::Other(value.clone())),
        Some((kind, elements)) => Some(Resource::Known(kind, complex(fields, elements, path, depth, noted))),
    }
}

fn complex(fields: &Map<String, Value>, elements: &'static [Element], path: &str, depth: usize, noted: &mut Noted) -> Complex {
    let mut read: Vec<(&'static str, Content)> = Vec::new();
    if depth > DEEPEST {
        noted.note(Kind::TooCostly, "fhir-error-deep", path);
        return Complex::default();
    }
    for name in fields.keys() {
        let plain = name.strip_prefix('_').unwrap_or(name);
        // A value and its extensions are one element.
        if read.iter().any(|(known, _)| *known == plain) || plain == "resourceType" {
            continue;
        }
        let at = format!("{path}.{name}");
        let known = elements.iter().find(|known| known.name == plain).filter(|known| plain == name || is_primitive(known.of));
        let Some(known) = known else {
            noted.put(Issue::new(Kind::Structure, "fhir-error-unknown").arg("name", name.as_str()).at(at));
            continue;
        };
        let at = format!("{path}.{plain}");
        if let Some(content) = content((fields.get(plain), fields.get(&format!("_{plain}"))), known, &at, depth, noted) {
            read.push((known.name, content));
        }
    }
    for needed in elements.iter().filter(|known| known.needed && !read.iter().any(|(name, _)| *name == known.name)) {
        let at = format!("{path}.{}", needed.name);
        // What was there and could not be read was noted already.
        if !fields.contains_key(needed.name) {
            noted.note(Kind::Required, "fhir-error-required", &at);
        }
    }
    Complex(read)
}

fn is_primitive(of: &str) -> bool {
    of.starts_with(|c: char| c.is_ascii_lowercase())
}

fn content(
    (value, beside): (Option<&Value>, Option<&Value>),
    known: &'static Element,
    path: &str,
    depth: usize,
    noted: &mut Noted,
) -> Option<Content> {
    if !known.many {
        if value.or(beside).is_some_and(Value::is_array) {
            noted.note(Kind::Structure, "fhir-error-one", path);
            return None;
        }
        return one((value, beside), known, path, depth, noted).map(Content::One);
    }
    let list = |value: Option<&Value>, noted: &mut Noted| match value {
        None => Some(Vec::new()),
        Some(Value::Array(members)) if !members.is_empty() => Some(members.clone()),
        Some(Value::Array(_)) => {
            noted.note(Kind::Structure, "fhir-error-empty", path);
            None
        }
        Some(_) => {
            noted.note(Kind::Structure, "fhir-error-list", path);
            None
        }
    };
    let (values, beside) = (list(value, noted)?, list(beside, noted)?);
    let mut read = Vec::new();
    for i in 0..values.len().max(beside.len()) {
        let at = format!("{path}[{i}]");
        let (value, beside) = (values.get(i).filter(|value| !value.is_null()), beside.get(i).filter(|value| !value.is_null()));
        if value.is_none() && beside.is_none() {
            noted.note(Kind::Structure, "fhir-error-null", &at);
            continue;
        }
        read.extend(one((value, beside), known, &at, depth, noted));
    }
    Some(Content::Many(read))
}

fn one(
    (value, beside): (Option<&Value>, Option<&Value>),
    known: &'static Element,
    path: &str,
    depth: usize,
    noted: &mut Noted,
) -> Option<One> {
    if is_primitive(known.of) {
        let extended = match beside {
            None => None,
            Some(beside) => Some(of_type("Element", beside, path, depth, noted)?),
        };
        let Some(value) = value else { return Some(One::Primitive(None, extended)) };
        let read = match Primitive::read(known.of, value) {
            Ok(read) => read,
            Err(key) => {
                let said = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                noted.put(Issue::new(Kind::Structure, key).arg("value", said).at(path));
                return None;
            }
        };
        if let Some(code) = value.as_str().filter(|code| !known.codes.is_empty() && !known.codes.contains(code)) {
            noted.put(Issue::new(Kind::CodeInvalid, "fhir-error-bound").arg("code", code).at(path));
        }
        return Some(One::Primitive(Some(read), extended));
    }
    let value = value?;
    if known.of == "Resource" || knows(known.of) {
        return resource(value, path, depth + 1, noted).map(|read| One::Resource(Box::new(read)));
    }
    of_type(known.of, value, path, depth, noted).map(One::Complex)
}

fn of_type(of: &str, value: &Value, path: &str, depth: usize, noted: &mut Noted) -> Option<Complex> {
    let Some(fields) = value.as_object() else {
        noted.note(Kind::Structure, "fhir-error-object", path);
        return None;
    };
    if fields.is_empty() {
        noted.note(Kind::Structure, "fhir-error-empty", path);
        return None;
    }
    let elements = TYPES.get(of).or_else(|| TYPES.get("Element"))?;
    Some(complex(fields, elements, path, depth + 1, noted))
}

impl Complex {
    fn write_into(&self, fields: &mut Map<String, Value>) {
        for (name, content) in &self.0 {
            let (value, beside) = match content {
                Content::One(one) => one.write(),
                Content::Many(many) => {
                    let (values, beside): (Vec<_>, Vec<_>) = many.iter().map(One::write).unzip();
                    (listed(values), listed(beside))
                }
            };
            if let Some(value) = value {
                fields.insert((*name).to_owned(), value);
            }
            if let Some(beside) = beside {
                fields.insert(format!("_{name}"), beside);
            }
        }
    }

    fn write(&self) -> Value {
        let mut fields = Map::new();
        self.write_into(&mut fields);
        Value::Object(fields)
    }
}

/// A list in which nothing may stand for one that is only beside it.
fn listed(members: Vec<Option<Value>>) -> Option<Value> {
    members.iter().any(Option::is_some).then(|| members.into_iter().map(Option::unwrap_or_default).collect())
}

impl One {
    fn write(&self) -> (Option<Value>, Option<Value>) {
        match self {
            Self::Primitive(value, beside) => (value.as_ref().map(Primitive::write), beside.as_ref().map(Complex::write)),
            Self::Complex(complex) => (Some(complex.write()), None),
            Self::Resource(resource) => (Some(resource.write()), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(value: &Value) -> Vec<(Kind, String)> {
        let issues = Resource::read(value).unwrap_err();
        issues.into_iter().map(|issue| (issue.kind, issue.expression.unwrap())).collect()
    }

    #[test]
    fn every_type_that_is_named_is_defined() {
        for (of, elements) in TYPES.iter() {
            for element in elements {
                assert!(element.of == "Resource" || TYPES.contains_key(element.of), "{of}.{}: {}", element.name, element.of);
            }
        }
        assert!(knows("Location") && knows("Bundle") && !knows("Period") && !knows("Practitioner"));
    }

    #[test]
    fn what_is_read_is_written_again() {
        let place = json!({
            "resourceType": "Location",
            "meta": { "lastUpdated": "2026-11-24T09:00:00.120+08:00" },
            "contained": [{ "resourceType": "Practitioner", "id": "p", "gender": "x" }, { "resourceType": "Organization", "name": "某院" }],
            "status": "active",
            "alias": ["a", null, "b"],
            "_alias": [null, { "extension": [{ "url": "urn:why", "valueCode": "unknown" }] }, null],
            "_name": { "extension": [{ "url": "urn:why", "valueDecimal": 1.50 }] },
            "position": { "longitude": 116.4074, "latitude": -0.5 },
            "hoursOfOperation": [{ "daysOfWeek": ["mon"], "openingTime": "08:30:00" }],
        });
        assert_eq!(Resource::read(&place).unwrap().write(), place);
    }

    #[test]
    fn what_r4_does_not_have_is_named_with_its_path() {
        let code = |kind, path: &str| (kind, path.to_owned());
        let place = |more: Value| {
            let mut place = json!({ "resourceType": "Location", "status": "active" });
            place.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            place
        };
        for (more, kind, path) in [
            (json!({ "status": "open" }), Kind::CodeInvalid, "Location.status"),
            (json!({ "status": ["active"] }), Kind::Structure, "Location.status"),
            (json!({ "colour": 1 }), Kind::Structure, "Location.colour"),
            (json!({ "alias": "a" }), Kind::Structure, "Location.alias"),
            (json!({ "alias": [] }), Kind::Structure, "Location.alias"),
            (json!({ "alias": [null] }), Kind::Structure, "Location.alias[0]"),
            (json!({ "name": 7 }), Kind::Structure, "Location.name"),
            (json!({ "name": "" }), Kind::Structure, "Location.name"),
            (json!({ "position": { "longitude": 1 } }), Kind::Required, "Location.position.latitude"),
            (json!({ "position": {} }), Kind::Structure, "Location.position"),
            (json!({ "position": { "longitude": "1", "latitude": 1 } }), Kind::Structure, "Location.position.longitude"),
            (json!({ "meta": { "lastUpdated": "2026-11-24" } }), Kind::Structure, "Location.meta.lastUpdated"),
            (
                json!({ "hoursOfOperation": [{ "openingTime": "24:00:00" }] }),
                Kind::Structure,
                "Location.hoursOfOperation[0].openingTime",
            ),
            (json!({ "_position": { "id": "a" } }), Kind::Structure, "Location._position"),
            (json!({ "contained": [{ "resourceType": "Flag" }] }), Kind::Required, "Location.contained[0].status"),
        ] {
            assert!(wrong(&place(more.clone())).contains(&code(kind, path)), "{more}: {:?}", wrong(&place(more.clone())));
        }
        assert_eq!(wrong(&json!({ "id": "1" })), [code(Kind::Required, "Resource.resourceType")]);
        let mut deep = json!({ "url": "urn:a" });
        for _ in 0..60 {
            deep = json!({ "url": "urn:a", "extension": [deep] });
        }
        assert!(wrong(&place(json!({ "extension": [deep] }))).iter().any(|(kind, _)| *kind == Kind::TooCostly));
    }
}
