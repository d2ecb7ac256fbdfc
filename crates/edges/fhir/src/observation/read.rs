//! An observation that was sent: first whether it is one, then what it says. Nothing here looks anything up.

use linli_care::CarePersonId;
use linli_care::follow::model::{Mind, Part};
use linli_care::follow::rules::Told;
use linli_kernel::Ts;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::codes::{self, Convert, LOINC, OWN, SNOMED, UCUM};
use crate::node::{Node, Reader};
use crate::outcome::{Issue, Kind};
use crate::r4::Resource;

/// The elements of an observation in R4.
const ELEMENTS: [&str; 37] = [
    "resourceType",
    "meta",
    "language",
    "text",
    "contained",
    "identifier",
    "basedOn",
    "partOf",
    "status",
    "category",
    "code",
    "subject",
    "focus",
    "encounter",
    "effectiveDateTime",
    "effectivePeriod",
    "effectiveTiming",
    "effectiveInstant",
    "issued",
    "performer",
    "valueQuantity",
    "valueCodeableConcept",
    "valueString",
    "valueBoolean",
    "valueInteger",
    "valueRange",
    "valueRatio",
    "valueSampledData",
    "valueTime",
    "valueDateTime",
    "valuePeriod",
    "dataAbsentReason",
    "interpretation",
    "note",
    "bodySite",
    "method",
    "specimen",
];
/// And the rest of them.
const MORE: [&str; 5] = ["device", "referenceRange", "hasMember", "derivedFrom", "component"];

/// How it stands with an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Complete.
    Final,
    /// Changed after it was complete.
    Corrected,
    /// Nothing of it was true.
    EnteredInError,
}

/// What was measured, as text in our units; empty where nothing was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Values {
    pub(crate) spo2: String,
    pub(crate) spo2_walk: String,
    pub(crate) pulse: String,
    pub(crate) breaths: String,
    pub(crate) temperature: String,
    pub(crate) systolic: String,
    pub(crate) diastolic: String,
    pub(crate) mind: Option<Mind>,
    pub(crate) on_oxygen: bool,
}

impl Values {
    /// As the command is told.
    pub(crate) fn told(&self) -> Told<'_> {
        Told {
            spo2: &self.spo2,
            spo2_walk: &self.spo2_walk,
            pulse: &self.pulse,
            breaths: &self.breaths,
            temperature: &self.temperature,
            systolic: &self.systolic,
            diastolic: &self.diastolic,
            on_oxygen: self.on_oxygen,
            mind: self.mind,
            breathless: false,
        }
    }

    /// These and others that were measured at the same time.
    pub(crate) fn and(mut self, other: Self) -> Self {
        for (own, others) in [
            (&mut self.spo2, other.spo2),
            (&mut self.spo2_walk, other.spo2_walk),
            (&mut self.pulse, other.pulse),
            (&mut self.breaths, other.breaths),
            (&mut self.temperature, other.temperature),
            (&mut self.systolic, other.systolic),
            (&mut self.diastolic, other.diastolic),
        ] {
            if own.is_empty() {
                *own = others;
            }
        }
        self.mind = self.mind.or(other.mind);
        self.on_oxygen |= other.on_oxygen;
        self
    }
}

/// An observation as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) id: Option<String>,
    pub(crate) status: Status,
    pub(crate) part: Part,
    /// What was measured; nothing for one that was entered in error.
    pub(crate) values: Values,
    /// Whose; `None` for an identifier that is none of ours: nobody is found under it.
    pub(crate) person: Option<CarePersonId>,
    /// When it was taken. One that was entered in error may not say.
    pub(crate) at: Option<Ts>,
    /// What is kept of its identifier.
    pub(crate) key: Option<String>,
}

/// What is kept of an identifier of another system: enough to know it again, and nothing that says anything.
pub(crate) fn key_of(system: &str, value: &str) -> String {
    let hash = Sha256::new().chain_update(system.as_bytes()).chain_update([0]).chain_update(value.as_bytes()).finalize();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("fhir:{hex}")
}

/// Reads an observation.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read(value: &Value) -> Result<Sent, Vec<Issue>> {
    let (mut reader, root) = (Reader::default(), Node::root(value, "Observation"));
    let known: Vec<&str> = ELEMENTS.into_iter().chain(MORE).collect();
    if !reader.object(&root, &known) {
        return Err(reader.issues);
    }
    if root.text("resourceType") != Some("Observation") {
        return Err(vec![
            Issue::new(Kind::Structure, "fhir-error-type").arg("wanted", "Observation").at("Observation.resourceType"),
        ]);
    }
    reader.shape(&root);
    reader.texts(&root, &["id", "status", "effectiveDateTime", "effectiveInstant", "issued", "language", "valueString"]);
    reader
        .lists(&root, &["identifier", "category", "interpretation", "note", "performer", "component", "hasMember", "contained"]);
    let status = status(&mut reader, &root);
    let part = part(&mut reader, &root);
    let person = subject(&mut reader, &root);
    let in_error = status == Some(Status::EnteredInError);
    let at = effective(&mut reader, &root, in_error);
    let key = identifier(&mut reader, &root);
    let values = match part {
        Some(part) if !in_error => measured(&mut reader, &root, part),
        _ => Values::default(),
    };
    match (status, part, reader.issues.is_empty()) {
        (Some(status), Some(part), true) => {
            // What this reader does not look at has to be R4 as well.
            Resource::read(value)?;
            Ok(Sent { id: root.text("id").map(str::to_owned), status, part, values, person, at, key })
        }
        _ => Err(reader.issues),
    }
}

fn required(reader: &mut Reader, path: &str) {
    reader.note(Issue::new(Kind::Required, "fhir-error-required").at(path));
}

fn status(reader: &mut Reader, root: &Node<'_>) -> Option<Status> {
    let Some(word) = root.text("status") else {
        required(reader, "Observation.status");
        return None;
    };
    let known = match word {
        "final" => Some(Status::Final),
        "amended" | "corrected" => Some(Status::Corrected),
        "entered-in-error" => Some(Status::EnteredInError),
        _ => None,
    };
    if known.is_none() {
        let expected = ["registered", "preliminary", "cancelled", "unknown"].contains(&word);
        let (kind, key) =
            if expected { (Kind::BusinessRule, "fhir-error-status-not-taken") } else { (Kind::CodeInvalid, "fhir-error-status") };
        reader.note(Issue::new(kind, key).arg("status", word).at("Observation.status"));
    }
    known
}

fn part(reader: &mut Reader, root: &Node<'_>) -> Option<Part> {
    let Some(code) = root.get("code") else {
        required(reader, "Observation.code");
        return None;
    };
    let codings = reader.concept(&code);
    let mut parts: Vec<Part> = codings.iter().filter_map(|(system, code, _)| codes::part_of(system, code)).collect();
    parts.dedup();
    match parts.as_slice() {
        [part] => Some(*part),
        [] => {
            let panel = codings.iter().any(|(system, code, _)| (*system, *code) == codes::PANEL);
            let key = if panel { "fhir-error-panel" } else { "fhir-error-code" };
            let named = codings.iter().map(|(system, code, _)| format!("{system}|{code}")).collect::<Vec<_>>().join(", ");
            reader.note(Issue::new(Kind::NotSupported, key).arg("code", named).at("Observation.code"));
            None
        }
        _ => {
            reader.note(Issue::new(Kind::CodeInvalid, "fhir-error-codes").at("Observation.code"));
            None
        }
    }
}

/// The number of a person out of a reference: as an identifier (`urn:uuid:…`, with or without `urn:ietf:rfc:3986`), or `Patient/…`.
pub(crate) fn person_of(text: &str) -> Option<CarePersonId> {
    let plain = text.strip_prefix("urn:uuid:").or_else(|| text.rsplit_once("Patient/").map(|(_, id)| id)).unwrap_or(text);
    plain.parse().ok()
}

/// The system of identifiers that are URIs themselves.
pub(crate) const URI: &str = "urn:ietf:rfc:3986";

fn subject(reader: &mut Reader, root: &Node<'_>) -> Option<CarePersonId> {
    let Some(subject) = root.get("subject") else {
        required(reader, "Observation.subject");
        return None;
    };
    if !reader.object(&subject, &["reference", "type", "identifier", "display"]) {
        return None;
    }
    reader.texts(&subject, &["reference", "type", "display"]);
    if let Some(identifier) = subject.get("identifier") {
        let (system, value) = identifier_of(reader, &identifier)?;
        return if system == URI { person_of(&value) } else { None };
    }
    let Some(reference) = subject.text("reference") else {
        required(reader, "Observation.subject.identifier");
        return None;
    };
    person_of(reference)
}

fn identifier_of(reader: &mut Reader, node: &Node<'_>) -> Option<(String, String)> {
    if !reader.object(node, &["use", "type", "system", "value", "period", "assigner"]) {
        return None;
    }
    reader.texts(node, &["use", "system", "value"]);
    let Some(value) = node.text("value") else {
        required(reader, &format!("{}.value", node.path));
        return None;
    };
    Some((node.text("system").unwrap_or_default().to_owned(), value.to_owned()))
}

/// The first of its identifiers: the one under which it is known again.
fn identifier(reader: &mut Reader, root: &Node<'_>) -> Option<String> {
    let first = root.list("identifier").into_iter().next()?;
    let (system, value) = identifier_of(reader, &first)?;
    Some(key_of(&system, &value))
}

fn effective(reader: &mut Reader, root: &Node<'_>, in_error: bool) -> Option<Ts> {
    for other in ["effectivePeriod", "effectiveTiming"] {
        if root.get(other).is_some() {
            let path = format!("Observation.{other}");
            reader.note(Issue::new(Kind::NotSupported, "fhir-error-effective-kind").at(path));
            return None;
        }
    }
    let found = ["effectiveDateTime", "effectiveInstant"].into_iter().find_map(|name| Some((name, root.text(name)?)));
    let Some((name, text)) = found else {
        if !in_error {
            required(reader, "Observation.effectiveDateTime");
        }
        return None;
    };
    let at = instant(text);
    if at.is_none() {
        let key = if is_partial(text) { "fhir-error-effective-partial" } else { "fhir-error-effective" };
        reader.note(Issue::new(Kind::Value, key).arg("value", text).at(format!("Observation.{name}")));
    }
    at
}

/// An instant as FHIR writes it: seconds and a zone are there.
pub(crate) fn instant(text: &str) -> Option<Ts> {
    // RFC 3339 knows more than FHIR does: a space, small letters.
    if !text.contains('T') || text.contains('t') || text.contains('z') {
        return None;
    }
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Ts(at.as_microsecond()))
}

/// A year, month or day without a time.
fn is_partial(text: &str) -> bool {
    matches!(text.len(), 4 | 7 | 10) && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

fn measured(reader: &mut Reader, root: &Node<'_>, part: Part) -> Values {
    let mut values = Values::default();
    match part {
        Part::Pressure => pressure(reader, root, &mut values),
        Part::Mind => values.mind = mind(reader, root),
        Part::SpO2 => values.spo2 = quantity(reader, root, part),
        Part::SpO2Walk => values.spo2_walk = quantity(reader, root, part),
        Part::Pulse => values.pulse = quantity(reader, root, part),
        Part::Breaths => values.breaths = quantity(reader, root, part),
        Part::Temperature => values.temperature = quantity(reader, root, part),
    }
    if part != Part::Pressure {
        oxygen(reader, root, part, &mut values);
    }
    values
}

/// Says that there is no other value than the one that is meant.
fn only(reader: &mut Reader, node: &Node<'_>, wanted: &str) {
    let Some(fields) = node.value.as_object() else { return };
    for name in fields.keys().filter(|name| name.starts_with("value") && *name != wanted) {
        let path = format!("{}.{name}", node.path);
        reader.note(Issue::new(Kind::Value, "fhir-error-value-kind").arg("wanted", wanted).at(path));
    }
}

fn absent(reader: &mut Reader, node: &Node<'_>, wanted: &str) {
    if node.get("dataAbsentReason").is_some() {
        reader.note(Issue::new(Kind::BusinessRule, "fhir-error-absent").at(format!("{}.dataAbsentReason", node.path)));
    } else {
        required(reader, &format!("{}.{wanted}", node.path));
    }
}

/// A quantity in our unit, as text; empty when something is wrong with it, which is noted.
fn quantity(reader: &mut Reader, node: &Node<'_>, part: Part) -> String {
    only(reader, node, "valueQuantity");
    let Some(quantity) = node.get("valueQuantity") else {
        absent(reader, node, "valueQuantity");
        return String::new();
    };
    number_of(reader, &quantity, |code| codes::convert(part, code), codes::unit(part).1).unwrap_or_default()
}

fn number_of(
    reader: &mut Reader,
    quantity: &Node<'_>,
    convert: impl Fn(&str) -> Option<Convert>,
    wanted: &str,
) -> Option<String> {
    if !reader.object(quantity, &["value", "comparator", "unit", "system", "code"]) {
        return None;
    }
    reader.texts(quantity, &["comparator", "unit", "system", "code"]);
    let at = |name: &str| format!("{}.{name}", quantity.path);
    if quantity.get("comparator").is_some() {
        reader.note(Issue::new(Kind::NotSupported, "fhir-error-comparator").at(at("comparator")));
        return None;
    }
    let Some(value) = quantity.get("value") else {
        required(reader, &at("value"));
        return None;
    };
    let Some(number) = value.value.as_number() else {
        reader.note(Issue::new(Kind::Structure, "fhir-error-number").at(at("value")));
        return None;
    };
    let unit = match (quantity.text("system"), quantity.text("code")) {
        (Some(UCUM), Some(code)) => convert(code),
        _ => None,
    };
    let Some(unit) = unit else {
        let (system, code) = (quantity.text("system").unwrap_or_default(), quantity.text("code").unwrap_or_default());
        let issue =
            Issue::new(Kind::CodeInvalid, "fhir-error-unit").arg("unit", format!("{system}|{code}")).arg("wanted", wanted);
        reader.note(issue.at(at("code")));
        return None;
    };
    let text = number.to_string();
    let converted = match unit {
        Convert::As => Some(text.clone()),
        Convert::Fahrenheit => codes::celsius(&text),
    };
    if converted.is_none() {
        reader.note(Issue::new(Kind::Value, "fhir-error-value").arg("value", text).at(at("value")));
    }
    converted
}

fn pressure(reader: &mut Reader, root: &Node<'_>, values: &mut Values) {
    only(reader, root, "component");
    for component in components(reader, root) {
        let codings = component_codes(reader, &component);
        let has = |code: &str| codings.iter().any(|(system, known)| system == LOINC && known == code);
        let own = match (has(codes::SYSTOLIC.0), has(codes::DIASTOLIC.0)) {
            (true, false) => &mut values.systolic,
            (false, true) => &mut values.diastolic,
            _ => {
                reader.note(Issue::new(Kind::NotSupported, "fhir-error-component").at(format!("{}.code", component.path)));
                continue;
            }
        };
        if !own.is_empty() {
            reader.note(Issue::new(Kind::Value, "fhir-error-twice").at(&component.path));
        }
        // One of the two may be missing, and says why.
        if component.get("valueQuantity").is_some() || component.get("dataAbsentReason").is_none() {
            *own = quantity(reader, &component, Part::Pressure);
        }
    }
    if values.systolic.is_empty() && values.diastolic.is_empty() && reader.issues.is_empty() {
        absent(reader, root, "component");
    }
}

fn components<'a>(reader: &mut Reader, root: &Node<'a>) -> Vec<Node<'a>> {
    let members = [
        "code",
        "valueQuantity",
        "valueCodeableConcept",
        "valueString",
        "valueBoolean",
        "valueInteger",
        "valueRange",
        "valueRatio",
        "valueSampledData",
        "valueTime",
        "valueDateTime",
        "valuePeriod",
        "dataAbsentReason",
        "interpretation",
        "referenceRange",
    ];
    root.list("component").into_iter().filter(|component| reader.object(component, &members)).collect()
}

fn component_codes(reader: &mut Reader, component: &Node<'_>) -> Vec<(String, String)> {
    let Some(code) = component.get("code") else {
        required(reader, &format!("{}.code", component.path));
        return Vec::new();
    };
    reader.concept(&code).into_iter().map(|(system, code, _)| (system.to_owned(), code.to_owned())).collect()
}

/// Whether oxygen was being given, which is said beside a saturation. Another component would say something about the value that we do not
/// know, so it is refused.
fn oxygen(reader: &mut Reader, root: &Node<'_>, part: Part, values: &mut Values) {
    for component in components(reader, root) {
        let codings = component_codes(reader, &component);
        let has = |code: &str| codings.iter().any(|(system, known)| system == LOINC && known == code);
        if part == Part::SpO2 && codings.iter().any(|(system, code)| system == OWN && code == codes::OXYGEN_GIVEN) {
            only(reader, &component, "valueBoolean");
            match component.get("valueBoolean").and_then(|value| value.value.as_bool()) {
                Some(given) => values.on_oxygen |= given,
                None => required(reader, &format!("{}.valueBoolean", component.path)),
            }
            continue;
        }
        let (unit, breathed) = match part {
            Part::SpO2 if has(codes::OXYGEN_FLOW) => ("L/min", 0),
            Part::SpO2 if has(codes::OXYGEN_SHARE) => ("%", 21),
            _ => {
                reader.note(Issue::new(Kind::NotSupported, "fhir-error-component").at(format!("{}.code", component.path)));
                continue;
            }
        };
        if component.get("valueQuantity").is_none() && component.get("dataAbsentReason").is_some() {
            continue;
        }
        only(reader, &component, "valueQuantity");
        let Some(quantity) = component.get("valueQuantity") else {
            required(reader, &format!("{}.valueQuantity", component.path));
            continue;
        };
        let Some(text) = number_of(reader, &quantity, |code| (code == unit).then_some(Convert::As), unit) else { continue };
        match text.parse::<f64>() {
            Ok(value) if value >= 0.0 => values.on_oxygen |= value > f64::from(breathed),
            _ => {
                reader.note(Issue::new(Kind::Value, "fhir-error-value").arg("value", text).at(format!("{}.value", quantity.path)))
            }
        }
    }
}

fn mind(reader: &mut Reader, root: &Node<'_>) -> Option<Mind> {
    only(reader, root, "valueCodeableConcept");
    let Some(value) = root.get("valueCodeableConcept") else {
        absent(reader, root, "valueCodeableConcept");
        return None;
    };
    let codings = reader.concept(&value);
    let mut found: Vec<Mind> = codes::MINDS
        .iter()
        .filter(|(_, code, _)| codings.iter().any(|(system, known, _)| *system == SNOMED && known == code))
        .map(|(mind, ..)| *mind)
        .collect();
    if found.len() != 1 {
        reader.note(Issue::new(Kind::CodeInvalid, "fhir-error-mind").at("Observation.valueCodeableConcept"));
        return None;
    }
    found.pop()
}
