//! A referral that is asked for from outside: a `ServiceRequest` with the patient, and what was measured, contained in it; or a `Task` in which
//! such a request is contained. Nothing here looks anything up.

use linli_kernel::Ts;
use linli_treatment::model::beds::BedType;
use linli_treatment::model::referrals::{Consent, Direction, Patient, ReferralId, Severity};
use serde_json::{Value, json};

use super::resident::{Beside, RESIDENT, Slip, resident};
use super::{OWN_CONSENT, OWN_DIRECTION, OWN_SEVERITY, TASK, severity_of};
use crate::item::reference;
use crate::network::codes::{OWN_CAPABILITY, bed};
use crate::node::{Node, Reader};
use crate::observation::read::{Sent, Values, instant, read as read_observation};
use crate::outcome::{Issue, Kind};
use crate::r4::Resource;
use crate::referred::{Referred, referred, referred_at};

/// How far the clock of a sender may be ahead of ours, in seconds.
const AHEAD: i64 = 600;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asking {
    pub(crate) direction: Direction,
    pub(crate) bed_type: BedType,
    /// What is needed, with where it is said.
    pub(crate) needs: Vec<(String, String)>,
    pub(crate) severity: Severity,
    pub(crate) consent: Consent,
    pub(crate) requester: Referred,
    pub(crate) performer: Option<Referred>,
    pub(crate) patient: Patient,
    /// Where the patient stands.
    pub(crate) patient_path: String,
    /// What was measured, the newest of each; where it stands.
    pub(crate) measured: Values,
    pub(crate) measured_path: String,
}

/// What a task that was sent asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OfTask {
    /// The request that is contained in it, as one of its own.
    Within(Within),
    /// A request that is there: whoever is asked already has a task of it.
    Of(ReferralId, Option<Referred>),
}

/// A request within a task.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Within {
    pub(crate) request: Value,
    /// Which of what is contained it is.
    at: usize,
    /// Whether whom to ask is said by the task.
    by_owner: bool,
}

impl Within {
    /// Where in the task something of the request is said.
    pub(crate) fn placed(&self, mut issue: Issue) -> Issue {
        let Some(path) = issue.expression.take() else { return issue.at("Task.focus") };
        let rest = path.strip_prefix("ServiceRequest").unwrap_or(&path);
        let placed = if rest.starts_with(".contained[") {
            format!("Task{rest}")
        } else if self.by_owner && rest.starts_with(".performer") {
            "Task.owner".to_owned()
        } else {
            format!("Task.contained[{}]{rest}", self.at)
        };
        issue.at(placed)
    }
}

fn of_kind(value: &Value, kind: &'static str) -> Result<(), Vec<Issue>> {
    if value.get("resourceType").and_then(Value::as_str) != Some(kind) {
        return Err(vec![Issue::new(Kind::Structure, "fhir-error-type").arg("wanted", kind).at(kind)]);
    }
    Resource::read(value).map(|_| ())
}

/// Reads a request.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read(value: &Value, now: Ts) -> Result<Asking, Vec<Issue>> {
    of_kind(value, "ServiceRequest")?;
    let (mut reader, root) = (Reader::default(), Node::root(value, "ServiceRequest"));
    reader.shape(&root);
    for (name, wanted) in [("status", "active"), ("intent", "order")] {
        only(&mut reader, &root, name, wanted);
    }
    if root.value.get("doNotPerform") == Some(&json!(true)) {
        reader.note(Issue::new(Kind::NotSupported, "fhir-error-modifier").at("ServiceRequest.doNotPerform"));
    }
    authored(&mut reader, &root, now);
    let direction = coded(&mut reader, &root, "category", OWN_DIRECTION).and_then(|code| code.parse::<Direction>().ok());
    if direction.is_none() {
        note_code(&mut reader, &root, "category", OWN_DIRECTION);
    }
    let bed_type = bed_type(&mut reader, &root);
    let needs = needs(&mut reader, &root);
    let severity = severity(&mut reader, &root);
    let consent = consent(&mut reader, &root);
    let requester = referred(&mut reader, &root, "requester", "Organization");
    if requester.is_none() {
        reader.note(required("ServiceRequest.requester"));
    }
    let performers = root.list("performer");
    if performers.len() > 1 {
        reader.note(Issue::new(Kind::BusinessRule, "fhir-error-one").at("ServiceRequest.performer"));
    }
    let performer = performers.first().and_then(|one| referred_at(&mut reader, one, "Organization"));
    let found = patient(&mut reader, &root, now);
    let (measured, measured_path) = measured(&mut reader, &root);
    match (direction, bed_type, severity, consent, requester, found) {
        (Some(direction), Some(bed_type), Some(severity), Some(consent), Some(requester), Some((mut patient, patient_path)))
            if reader.issues.is_empty() =>
        {
            patient.condition = texts(&root, "reasonCode");
            patient.continuing = texts(&root, "note");
            patient.number = number(&root);
            Ok(Asking {
                direction,
                bed_type,
                needs,
                severity,
                consent,
                requester,
                performer,
                patient,
                patient_path,
                measured,
                measured_path,
            })
        }
        _ => Err(reader.issues),
    }
}

fn required(path: impl Into<String>) -> Issue {
    Issue::new(Kind::Required, "fhir-error-required").at(path)
}

/// That a code is the one that is taken; whether it is one at all was looked at before.
fn only(reader: &mut Reader, root: &Node<'_>, name: &str, wanted: &'static str) {
    if let Some(code) = root.text(name).filter(|code| *code != wanted) {
        let issue = Issue::new(Kind::BusinessRule, "fhir-error-report-not-taken").arg("code", code).arg("wanted", wanted);
        reader.note(issue.at(format!("{}.{name}", root.path)));
    }
}

/// A request of tomorrow is one of a clock that goes wrong.
fn authored(reader: &mut Reader, root: &Node<'_>, now: Ts) {
    let ahead = root.text("authoredOn").filter(|text| instant(text).is_some_and(|at| at > now.plus_secs(AHEAD)));
    if let Some(text) = ahead {
        let issue = Issue::new(Kind::Value, "fhir-have-future").arg("value", text).arg("now", now.rfc3339());
        reader.note(issue.at(format!("{}.authoredOn", root.path)));
    }
}

/// The code of a system among the concepts of a list.
fn coded(reader: &mut Reader, root: &Node<'_>, name: &str, system: &str) -> Option<String> {
    let concepts = root.list(name);
    let codings = concepts.iter().flat_map(|one| reader.concept(one)).collect::<Vec<_>>();
    codings.into_iter().find(|(of, ..)| *of == system).map(|(_, code, _)| code.to_owned())
}

fn note_code(reader: &mut Reader, root: &Node<'_>, name: &str, system: &str) {
    let path = format!("{}.{name}", root.path);
    reader.note(match root.get(name) {
        None => required(path),
        Some(_) => Issue::new(Kind::CodeInvalid, "fhir-error-reason").arg("system", system).at(path),
    });
}

/// The kind of bed: our own code says it for certain, a role of a place or a place of care where only one kind has it.
fn bed_type(reader: &mut Reader, root: &Node<'_>) -> Option<BedType> {
    let path = "ServiceRequest.code";
    let Some(code) = root.get("code") else {
        reader.note(required(path));
        return None;
    };
    let codings = reader.concept(&code);
    let has = |kind: &BedType, system: &str, code: &str| bed(*kind).all().any(|known| known == (system, code));
    let known: Vec<&(&str, &str, String)> =
        codings.iter().filter(|(system, code, _)| BedType::ALL.iter().any(|kind| has(kind, system, code))).collect();
    let mut meant = BedType::ALL.iter().filter(|kind| known.iter().all(|(system, code, _)| has(kind, system, code)));
    match (known.is_empty(), meant.next(), meant.next()) {
        (false, Some(kind), None) => Some(*kind),
        _ => {
            reader.note(Issue::new(Kind::CodeInvalid, "fhir-error-bed-kind").at(path));
            None
        }
    }
}

/// What is needed: what is not understood of it cannot be passed over.
fn needs(reader: &mut Reader, root: &Node<'_>) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for one in root.list("orderDetail") {
        let codings = reader.concept(&one);
        match codings.iter().find(|(system, ..)| *system == OWN_CAPABILITY) {
            Some((_, code, _)) if !all.iter().any(|(known, _)| known == code) => all.push(((*code).to_owned(), one.path.clone())),
            Some(_) => {}
            None => reader.note(Issue::new(Kind::NotSupported, "fhir-error-reason").arg("system", OWN_CAPABILITY).at(&one.path)),
        }
    }
    all
}

/// How sick, by the priority; a code of severity beside it has to say the same.
fn severity(reader: &mut Reader, root: &Node<'_>) -> Option<Severity> {
    let Some(found) = root.text("priority").and_then(severity_of) else {
        if root.get("priority").is_none() {
            reader.note(required("ServiceRequest.priority"));
        }
        return None;
    };
    let said = coded(reader, root, "reasonCode", OWN_SEVERITY);
    if said.as_deref().is_some_and(|said| said != found.as_str()) {
        reader.note(Issue::new(Kind::Value, "fhir-error-codes").at("ServiceRequest.reasonCode"));
    }
    Some(found)
}

fn consent(reader: &mut Reader, root: &Node<'_>) -> Option<Consent> {
    let path = "ServiceRequest.extension";
    let said = root.list("extension").into_iter().find(|extension| extension.text("url") == Some(OWN_CONSENT));
    let Some(said) = said else {
        reader.note(Issue::new(Kind::Required, "fhir-error-consent").arg("url", OWN_CONSENT).at(path));
        return None;
    };
    let found: Option<Consent> = said.text("valueCode").and_then(|code| code.parse().ok());
    if found.is_none() {
        let issue = Issue::new(Kind::CodeInvalid, "fhir-error-consent").arg("url", OWN_CONSENT);
        reader.note(issue.at(format!("{}.valueCode", said.path)));
    }
    found
}

/// The texts of a list, one a line.
fn texts(root: &Node<'_>, name: &str) -> String {
    let all = root.list(name);
    let said: Vec<&str> = all.iter().filter_map(|one| one.text("text")).map(str::trim).filter(|text| !text.is_empty()).collect();
    said.join("\n")
}

/// The number of who sends: that of the placer, else the first that is not the filler's.
fn number(root: &Node<'_>) -> Option<(String, String)> {
    let all = root.list("identifier");
    let kind = |one: &Node<'_>, code: &str| {
        let coding = one.get("type").map(|kind| kind.list("coding")).unwrap_or_default();
        coding.iter().any(|coding| coding.text("code") == Some(code))
    };
    let placer = all.iter().find(|one| kind(one, "PLAC")).or_else(|| all.iter().find(|one| !kind(one, "FILL")))?;
    Some((placer.text("system").unwrap_or_default().to_owned(), placer.text("value")?.trim().to_owned()))
}

/// What is contained under a reference within the resource.
fn contained<'a>(root: &Node<'a>, reference: &str, kind: &str) -> Option<Node<'a>> {
    let id = reference.strip_prefix('#')?;
    let is = |one: &Node<'_>| one.text("id") == Some(id) && one.text("resourceType") == Some(kind);
    root.list("contained").into_iter().find(is)
}

/// The patient, who comes with the request.
fn patient(reader: &mut Reader, root: &Node<'_>, now: Ts) -> Option<(Patient, String)> {
    let said =
        root.get("subject").and_then(|subject| subject.text("reference")).and_then(|text| contained(root, text, "Patient"));
    let Some(node) = said else {
        reader.note(Issue::new(Kind::BusinessRule, "fhir-error-request-patient").at("ServiceRequest.subject"));
        return None;
    };
    let is_dead = node.value.get("deceasedBoolean") == Some(&json!(true)) || node.get("deceasedDateTime").is_some();
    if is_dead {
        reader.note(Issue::new(Kind::BusinessRule, "fhir-error-request-died").at(&node.path));
    }
    let names = node.list("name");
    let name = names.iter().find(|name| name.text("use") != Some("old")).map(name_of).unwrap_or_default();
    let telecom = node.list("telecom");
    let phone = telecom.iter().find(|one| matches!(one.text("system"), Some("phone" | "sms"))).and_then(|one| one.text("value"));
    let born = node.text("birthDate");
    let mut id_number = String::new();
    for one in node.list("identifier").iter().filter(|one| one.text("system") == Some(RESIDENT)) {
        let beside = Beside { born, gender: node.text("gender") };
        match resident(one.text("value").unwrap_or_default(), beside, now.local().date()) {
            Ok(number) => id_number = number,
            Err(slip) => {
                let at = match slip {
                    Slip::Number => format!("{}.value", one.path),
                    Slip::Born => format!("{}.birthDate", node.path),
                    Slip::Gender => format!("{}.gender", node.path),
                };
                reader.note(Issue::new(Kind::Value, "fhir-error-resident").at(at));
            }
        }
    }
    let patient = Patient {
        name,
        id_number,
        born: born.unwrap_or_default().to_owned(),
        phone: phone.unwrap_or_default().to_owned(),
        ..Patient::default()
    };
    Some((patient, node.path))
}

/// A name as it is written: the text, else family and given, without a blank where they are Chinese.
fn name_of(name: &Node<'_>) -> String {
    if let Some(text) = name.text("text") {
        return text.trim().to_owned();
    }
    let given = name.value.get("given").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let parts: Vec<&str> = name.text("family").into_iter().chain(given.iter().filter_map(Value::as_str)).collect();
    let between = if parts.iter().all(|part| part.is_ascii()) { " " } else { "" };
    parts.join(between)
}

/// What was measured and is contained: of each the newest.
fn measured(reader: &mut Reader, root: &Node<'_>) -> (Values, String) {
    let mut all: Vec<Sent> = Vec::new();
    let mut first = None;
    for info in root.list("supportingInfo") {
        let Some(node) = info.text("reference").and_then(|text| contained(root, text, "Observation")) else { continue };
        match read_observation(node.value) {
            Ok(sent) => all.push(sent),
            Err(issues) => issues.into_iter().for_each(|mut issue| {
                let path = issue.expression.take().unwrap_or_default();
                let rest = path.strip_prefix("Observation").unwrap_or(&path);
                reader.note(issue.at(format!("{}{rest}", node.path)));
            }),
        }
        first.get_or_insert(node.path);
    }
    all.sort_by_key(|sent| std::cmp::Reverse(sent.at));
    let values = all.into_iter().fold(Values::default(), |values, sent| values.and(sent.values));
    (values, first.unwrap_or_else(|| "ServiceRequest.supportingInfo".to_owned()))
}

/// Reads a task that is new.
///
/// # Errors
/// Everything that is wrong with it; what is wrong with the request within it is found when that is read.
pub(crate) fn read_task(value: &Value) -> Result<OfTask, Vec<Issue>> {
    of_kind(value, "Task")?;
    let (mut reader, root) = (Reader::default(), Node::root(value, "Task"));
    reader.shape(&root);
    for (name, wanted) in [("status", "requested"), ("intent", "order")] {
        only(&mut reader, &root, name, wanted);
    }
    if root.get("statusReason").is_some() {
        reader.note(Issue::new(Kind::BusinessRule, "fhir-error-reason-not-here").at("Task.statusReason"));
    }
    if let Some(code) = root.get("code") {
        let codings = reader.concept(&code);
        if !codings.iter().any(|(system, code, _)| (*system, *code) == (TASK, "fulfill")) {
            reader.note(Issue::new(Kind::NotSupported, "fhir-error-reason").arg("system", TASK).at("Task.code"));
        }
    }
    let owner = referred(&mut reader, &root, "owner", "Organization");
    let focus = root.get("focus").and_then(|focus| focus.text("reference"));
    let within = focus.and_then(|focus| contained(&root, focus, "ServiceRequest"));
    let known: Option<ReferralId> =
        focus.and_then(reference).filter(|(kind, _)| *kind == "ServiceRequest").and_then(|(_, id)| id.parse().ok());
    let found = match (within, known) {
        (Some(request), _) => Some(OfTask::Within(as_own(&root, &request))),
        (None, Some(id)) => Some(OfTask::Of(id, owner)),
        (None, None) => {
            reader.note(Issue::new(Kind::Value, "fhir-error-reference").arg("wanted", "ServiceRequest").at("Task.focus"));
            None
        }
    };
    found.filter(|_| reader.issues.is_empty()).ok_or(reader.issues)
}

/// The request within a task, with what the task says in its place.
fn as_own(task: &Node<'_>, request: &Node<'_>) -> Within {
    let mut own = request.value.clone();
    let at = task.list("contained").iter().position(|one| one.path == request.path).unwrap_or_default();
    let by_owner = request.get("performer").is_none();
    let mut put = |name: &str, value: Option<Value>| {
        if let (Some(fields), Some(value)) = (own.as_object_mut(), value) {
            fields.entry(name.to_owned()).or_insert(value);
        }
    };
    let of_task = |name: &str| task.value.get(name).cloned();
    put("contained", of_task("contained"));
    put("requester", of_task("requester"));
    put("priority", of_task("priority"));
    put("authoredOn", of_task("authoredOn"));
    put("identifier", of_task("identifier"));
    put("performer", of_task("owner").map(|owner| json!([owner])));
    Within { request: own, at, by_owner }
}
