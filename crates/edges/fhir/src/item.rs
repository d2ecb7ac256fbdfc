//! What is searched through: a resource that says what it holds for a parameter, and whether that is what is wanted.

use linli_kernel::Ts;
use serde_json::Value;

use crate::observation::read::URI;
use crate::search::{Between, whole};
use crate::table::{Parameter, Type};

/// Something that a resource holds for a parameter.
#[derive(Debug, Clone)]
pub(crate) enum Field<'a> {
    /// A code, with the system it is of where it has one of its own.
    Token(Option<&'a str>, &'a str),
    /// A reference: the kind and the id of a resource.
    Reference(&'a str, String),
    /// The identifier of what is referred to.
    Identifier(Option<&'a str>, &'a str),
    /// A canonical address.
    Address(&'a str),
    /// Words.
    Words(&'a str),
    /// A time, from when until before when.
    Time(Between),
}

/// One of the values that a parameter may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Want {
    /// `code`, `system|code`, `|code`, `system|`: a system that is `None` may be any, an empty one is none.
    Token(Option<String>, Option<String>),
    /// `Kind/id` or `id`.
    Reference(Option<String>, String),
    /// `system|value` of what is referred to.
    Identifier(Option<String>, Option<String>),
    /// An address, `|` and a version after it or not.
    Address(String),
    /// How words begin, what they hold, or what they are.
    Begins(String),
    /// Words that hold this.
    Holds(String),
    /// Exactly these words.
    Exactly(String),
    /// A time, with the prefix that says how it is compared.
    Time(&'static str, Between),
}

fn is_token(system: Option<&str>, code: &str, wanted: (&Option<String>, &Option<String>)) -> bool {
    let (of, wanted) = wanted;
    // A code of a required binding names no system: its element says of which it is.
    let of_it = of.as_deref().is_none_or(|of| system.is_none_or(|system| system == of));
    of_it && wanted.as_deref().is_none_or(|wanted| wanted == code)
}

fn plain(address: &str) -> &str {
    address.split('|').next().unwrap_or(address)
}

impl Want {
    /// Whether a field is what is wanted.
    pub(crate) fn is(&self, field: &Field<'_>) -> bool {
        match (self, field) {
            (Self::Token(of, code), Field::Token(system, held)) => is_token(*system, held, (of, code)),
            (Self::Identifier(of, value), Field::Identifier(system, held)) => is_token(*system, held, (of, value)),
            (Self::Reference(kind, id), Field::Reference(of, held)) => {
                held == id && kind.as_deref().is_none_or(|kind| kind == *of)
            }
            (Self::Address(wanted), Field::Address(held)) => {
                if wanted.contains('|') {
                    wanted == held || !held.contains('|') && plain(wanted) == *held
                } else {
                    plain(held) == wanted
                }
            }
            (Self::Begins(words), Field::Words(held)) => held.to_lowercase().starts_with(words),
            (Self::Holds(words), Field::Words(held)) => held.to_lowercase().contains(words),
            (Self::Exactly(words), Field::Words(held)) => held == words,
            (Self::Time(prefix, wanted), Field::Time(held)) => match *prefix {
                "eq" => wanted.from <= held.from && held.until <= wanted.until,
                "sa" => wanted.from <= held.from,
                "eb" => held.until <= wanted.until,
                _ => wanted.from < held.until && held.from < wanted.until,
            },
            _ => false,
        }
    }
}

/// A resource that can be searched for.
pub(crate) trait Item {
    /// Its id.
    fn id(&self) -> String;
    /// When it was last changed.
    fn changed(&self) -> Ts;
    /// Whether one of its fields for a parameter is what is wanted.
    fn any(&self, parameter: &Parameter, is: &mut dyn FnMut(Field<'_>) -> bool) -> bool;
    /// The resource.
    fn json(&self) -> Value;
}

/// A resource as it is written, and when it was last changed.
#[derive(Debug, Clone)]
pub(crate) struct Whole {
    pub(crate) value: Value,
    pub(crate) changed: Ts,
}

impl Item for Whole {
    fn id(&self) -> String {
        self.value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn changed(&self) -> Ts {
        self.changed
    }

    fn any(&self, parameter: &Parameter, is: &mut dyn FnMut(Field<'_>) -> bool) -> bool {
        any_of(&self.value, parameter, is)
    }

    fn json(&self) -> Value {
        self.value.clone()
    }
}

/// Whether a resource as it is written holds for a parameter what is wanted.
pub(crate) fn any_of(resource: &Value, parameter: &Parameter, is: &mut dyn FnMut(Field<'_>) -> bool) -> bool {
    parameter.path.split(" | ").any(|path| at_path(resource, path, &mut |found| fields(found, parameter.kind, is)))
}

/// The values at a path of names, through all lists on the way.
fn at_path(value: &Value, path: &str, found: &mut dyn FnMut(&Value) -> bool) -> bool {
    if let Value::Array(members) = value {
        return members.iter().any(|member| at_path(member, path, found));
    }
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    match (value.get(name), rest) {
        (None, _) => false,
        (Some(inner), Some(rest)) => at_path(inner, rest, found),
        (Some(Value::Array(members)), None) => members.iter().any(&mut *found),
        (Some(inner), None) => found(inner),
    }
}

fn fields(value: &Value, kind: Type, is: &mut dyn FnMut(Field<'_>) -> bool) -> bool {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match kind {
        Type::Token => match value {
            Value::String(code) => is(Field::Token(None, code)),
            Value::Bool(held) => is(Field::Token(None, if *held { "true" } else { "false" })),
            _ => match value.get("coding").and_then(Value::as_array) {
                Some(codings) => codings.iter().any(|coding| fields(coding, kind, is)),
                None => text("code")
                    .or_else(|| text("value"))
                    .is_some_and(|held| is(Field::Token(Some(text("system").unwrap_or_default()), held))),
            },
        },
        Type::Reference => {
            let referred =
                text("reference").and_then(reference).is_some_and(|(kind, id)| is(Field::Reference(kind, id.to_owned())));
            let part = |name: &str| value.get("identifier").and_then(|identifier| identifier.get(name)).and_then(Value::as_str);
            // A number of ours beside the type says the same as a reference, to somebody of whom nothing more is told.
            let number = part("value").filter(|_| part("system") == Some(URI)).and_then(|held| held.strip_prefix("urn:uuid:"));
            let numbered = text("type").zip(number).filter(|_| text("reference").is_none());
            referred
                || numbered.is_some_and(|(kind, id)| is(Field::Reference(kind, id.to_owned())))
                || part("value").is_some_and(|held| is(Field::Identifier(part("system"), held)))
        }
        Type::Address | Type::Uri => value.as_str().is_some_and(|address| is(Field::Address(address))),
        Type::Words | Type::Text => words(value, is),
        Type::Date => {
            let period = || {
                let open = Between::EVER;
                let from = text("start").map_or(Some(open.from), |start| Some(whole(start)?.from))?;
                let until = text("end").map_or(Some(open.until), |end| Some(whole(end)?.until))?;
                Some(Between { from, until })
            };
            let held = match value {
                Value::String(date) => whole(date),
                _ => period(),
            };
            held.is_some_and(|held| is(Field::Time(held)))
        }
        Type::Quantity | Type::Special => false,
    }
}

fn words(value: &Value, is: &mut dyn FnMut(Field<'_>) -> bool) -> bool {
    match value {
        Value::String(held) => is(Field::Words(held)),
        Value::Array(members) => members.iter().any(|member| words(member, is)),
        Value::Object(members) => members.values().any(|member| words(member, is)),
        _ => false,
    }
}

/// Kind and id of a reference, relative or absolute, of a version or not.
pub(crate) fn reference(text: &str) -> Option<(&str, &str)> {
    let plain = text.split("/_history/").next().unwrap_or(text);
    let (before, id) = plain.rsplit_once('/')?;
    let kind = before.rsplit('/').next().unwrap_or(before);
    (!id.is_empty() && kind.starts_with(|c: char| c.is_ascii_uppercase())).then_some((kind, id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::search::span;

    fn parameter(kind: Type, path: &'static str) -> Parameter {
        Parameter { name: "x", kind, definition: None, path }
    }

    #[test]
    fn fields_are_found_where_the_table_says() {
        let resource = json!({
            "status": "active",
            "type": [{ "coding": [{ "system": "a", "code": "ICU" }, { "system": "b", "code": "icu" }] }],
            "identifier": [{ "system": "s", "value": "7" }],
            "subject": { "reference": "Location/5", "identifier": { "system": "s", "value": "7" } },
            "measure": "https://example.org/Measure/m|2",
            "period": { "start": "2026-11-01", "end": "2026-11-30" },
            "name": "Beijing Hospital",
        });
        let holds = |kind, path, want: Want| any_of(&resource, &parameter(kind, path), &mut |field| want.is(&field));
        let token = |system: Option<&str>, code: &str| Want::Token(system.map(str::to_owned), Some(code.to_owned()));
        assert!(holds(Type::Token, "status", token(None, "active")) && holds(Type::Token, "status", token(Some("x"), "active")));
        assert!(holds(Type::Token, "type", token(Some("a"), "ICU")) && !holds(Type::Token, "type", token(Some("b"), "ICU")));
        assert!(!holds(Type::Token, "type", token(Some(""), "ICU")), "|code means a code of no system");
        assert!(holds(Type::Token, "type", Want::Token(Some("b".to_owned()), None)));
        assert!(holds(Type::Token, "nothing | identifier", token(None, "7")));
        let of = |kind: Option<&str>, id: &str| Want::Reference(kind.map(str::to_owned), id.to_owned());
        assert!(holds(Type::Reference, "subject", of(None, "5")) && !holds(Type::Reference, "subject", of(Some("Patient"), "5")));
        assert!(holds(Type::Reference, "subject", Want::Identifier(Some("s".to_owned()), Some("7".to_owned()))));
        let address = |text: &str| Want::Address(text.to_owned());
        assert!(holds(Type::Address, "measure", address("https://example.org/Measure/m")));
        assert!(holds(Type::Address, "measure", address("https://example.org/Measure/m|2")));
        assert!(!holds(Type::Address, "measure", address("https://example.org/Measure/m|3")));
        assert!(
            holds(Type::Words, "name", Want::Begins("beijing".to_owned()))
                && !holds(Type::Words, "name", Want::Begins("hosp".to_owned()))
        );
        let time = |prefix, text: &str| holds(Type::Date, "period", Want::Time(prefix, span(text).unwrap()));
        assert!(time("eq", "2026-11") && !time("eq", "2026-11-05") && time("ge", "ge2026-11-30") && !time("gt", "gt2026-11-30"));
        assert!(
            time("sa", "sa2026-10-31")
                && !time("sa", "sa2026-11-01")
                && time("eb", "eb2026-12-01")
                && !time("eb", "eb2026-11-30")
        );
    }

    #[test]
    fn a_reference_is_relative_absolute_or_none() {
        assert_eq!(reference("Location/5"), Some(("Location", "5")));
        assert_eq!(reference("https://a.example/fhir/Location/5/_history/2"), Some(("Location", "5")));
        assert_eq!((reference("5"), reference("#5"), reference("urn:uuid:5"), reference("Location/")), (None, None, None, None));
    }
}
