//! A task that was sent back: what whoever sends it wants done. What it says besides is what it was sent as.

use linli_treatment::commands::inbound::Bed;
use linli_treatment::model::referrals::{Declining, Withdrawing};
use serde_json::Value;

use super::{OWN_DECLINING, OWN_OF_TASK, OWN_WITHDRAWING};
use crate::item::reference;
use crate::node::{Node, Reader};
use crate::outcome::{Issue, Kind};

/// The elements of a task in R4.
const ELEMENTS: [&str; 33] = [
    "resourceType",
    "meta",
    "language",
    "text",
    "contained",
    "identifier",
    "instantiatesCanonical",
    "instantiatesUri",
    "basedOn",
    "groupIdentifier",
    "partOf",
    "status",
    "statusReason",
    "businessStatus",
    "intent",
    "priority",
    "code",
    "description",
    "focus",
    "for",
    "encounter",
    "executionPeriod",
    "authoredOn",
    "lastModified",
    "requester",
    "performerType",
    "owner",
    "location",
    "reasonCode",
    "reasonReference",
    "insurance",
    "note",
    "relevantHistory",
];
/// And the rest of them.
const MORE: [&str; 3] = ["restriction", "input", "output"];
/// The states that R4 has.
const STATES: [&str; 12] = [
    "draft",
    "requested",
    "received",
    "accepted",
    "rejected",
    "ready",
    "cancelled",
    "in-progress",
    "on-hold",
    "failed",
    "completed",
    "entered-in-error",
];

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// 接收, with a bed or, for somebody who is critical, without.
    Accept(Option<Bed>),
    /// 拒绝.
    Decline(Declining),
    /// 取消, by the sending end.
    Cancel(Withdrawing),
}

/// Reads what is wanted, and the id.
pub(crate) fn read(value: &Value) -> Result<(Option<String>, Wanted), Vec<Issue>> {
    let (mut reader, root) = (Reader::default(), Node::root(value, "Task"));
    if root.text("resourceType") != Some("Task") {
        return Err(vec![Issue::new(Kind::Structure, "fhir-error-type").arg("wanted", "Task").at("Task")]);
    }
    reader.shape(&root);
    reader.object(&root, &[ELEMENTS.as_slice(), &MORE].concat());
    reader.texts(&root, &["id", "status", "intent"]);
    reader.lists(&root, &["input", "output", "basedOn", "identifier"]);
    if root.text("intent").is_none() {
        reader.note(Issue::new(Kind::Required, "fhir-error-required").at("Task.intent"));
    }
    let wanted = wanted(&mut reader, &root);
    match wanted {
        Some(wanted) if reader.issues.is_empty() => Ok((root.text("id").map(str::to_owned), wanted)),
        _ => Err(reader.issues),
    }
}

fn wanted(reader: &mut Reader, root: &Node<'_>) -> Option<Wanted> {
    let path = "Task.status";
    match root.text("status") {
        None => {
            reader.note(Issue::new(Kind::Required, "fhir-error-required").at(path));
            None
        }
        Some("accepted") => Some(Wanted::Accept(bed(reader, root))),
        Some("rejected") => reason(reader, root, OWN_DECLINING).map(Wanted::Decline),
        Some("cancelled") => reason(reader, root, OWN_WITHDRAWING).map(Wanted::Cancel),
        Some(code) if STATES.contains(&code) => {
            reader.note(Issue::new(Kind::NotSupported, "fhir-error-task-status").arg("status", code).at(path));
            None
        }
        Some(code) => {
            reader.note(Issue::new(Kind::CodeInvalid, "fhir-error-status").arg("status", code).at(path));
            None
        }
    }
}

/// The reason, which is there if and only if something does not come about.
fn reason<T: std::str::FromStr>(reader: &mut Reader, root: &Node<'_>, system: &str) -> Option<T> {
    let path = "Task.statusReason";
    let Some(said) = root.get("statusReason") else {
        reader.note(Issue::new(Kind::Required, "fhir-error-required").at(path));
        return None;
    };
    let codings = reader.concept(&said);
    let found = codings.iter().filter(|(of, ..)| *of == system).find_map(|(_, code, _)| code.parse().ok());
    if found.is_none() {
        reader.note(Issue::new(Kind::CodeInvalid, "fhir-error-reason").arg("system", system).at(path));
    }
    found
}

/// The bed that is held: `Location/{unit}.{kind}`.
fn bed(reader: &mut Reader, root: &Node<'_>) -> Option<Bed> {
    if root.get("statusReason").is_some() {
        reader.note(Issue::new(Kind::BusinessRule, "fhir-error-reason-not-here").at("Task.statusReason"));
    }
    for input in root.list("input") {
        let Some(kind) = input.get("type") else { continue };
        let is_bed = reader.concept(&kind).iter().any(|(system, code, _)| *system == OWN_OF_TASK && *code == "bed");
        if !is_bed {
            continue;
        }
        let named = input.get("valueReference").and_then(|value| value.text("reference")).and_then(reference);
        let bed = named.filter(|(kind, _)| *kind == "Location").and_then(|(_, id)| {
            let (unit, bed_type) = id.split_once('.')?;
            Some(Bed { unit: unit.parse().ok()?, bed_type: bed_type.parse().ok()?, guest_of: None })
        });
        if bed.is_none() {
            let issue = Issue::new(Kind::Value, "fhir-error-bed");
            reader.note(issue.at(format!("{}.valueReference", input.path)));
        }
        return bed;
    }
    None
}
