//! Codes that R4 binds as *required*: nothing else may stand there. Every answer is held against this table wherever assertions are compiled in,
//! so in every story. Source: the value sets of the structure definitions of R4 (4.0.1).

use serde_json::Value;

/// Kind of resource (`*` for any), path of names, the codes.
type Bound = (&'static str, &'static str, &'static [&'static str]);

const PRIORITY: &[&str] = &["routine", "urgent", "asap", "stat"];
const PUBLICATION: &[&str] = &["draft", "active", "retired", "unknown"];
const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const REQUEST: &[&str] =
    &["proposal", "plan", "directive", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option"];
const TASK: &[&str] =
    &["unknown", "proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option"];

const BOUND: &[Bound] = &[
    ("*", "identifier.use", &["usual", "official", "temp", "secondary", "old"]),
    ("*", "telecom.system", &["phone", "fax", "email", "pager", "url", "sms", "other"]),
    ("*", "telecom.use", &["home", "work", "temp", "old", "mobile"]),
    ("*", "address.use", &["home", "work", "temp", "old", "billing"]),
    ("*", "address.type", &["postal", "physical", "both"]),
    (
        "Observation",
        "status",
        &["registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"],
    ),
    ("Location", "status", &["active", "suspended", "inactive"]),
    ("Location", "mode", &["instance", "kind"]),
    ("HealthcareService", "availableTime.daysOfWeek", DAYS),
    ("Measure", "status", PUBLICATION),
    ("MeasureReport", "status", &["complete", "pending", "error"]),
    ("MeasureReport", "type", &["individual", "subject-list", "summary", "data-collection"]),
    ("ServiceRequest", "status", &["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"]),
    ("ServiceRequest", "intent", REQUEST),
    ("ServiceRequest", "priority", PRIORITY),
    (
        "Task",
        "status",
        &[
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
        ],
    ),
    ("Task", "intent", TASK),
    ("Task", "priority", PRIORITY),
    (
        "Encounter",
        "status",
        &["planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown"],
    ),
    ("Encounter", "location.status", &["planned", "active", "reserved", "completed"]),
    ("Patient", "gender", &["male", "female", "other", "unknown"]),
    ("Patient", "name.use", &["usual", "official", "temp", "nickname", "anonymous", "old", "maiden"]),
    ("Group", "type", &["person", "animal", "practitioner", "device", "medication", "substance"]),
    ("Flag", "status", &["active", "inactive", "entered-in-error"]),
    ("SearchParameter", "status", PUBLICATION),
    ("SearchParameter", "type", &["number", "date", "string", "token", "reference", "composite", "quantity", "uri", "special"]),
    ("SearchParameter", "xpathUsage", &["normal", "phonetic", "nearby", "distance", "other"]),
    ("Subscription", "status", &["requested", "active", "error", "off"]),
    ("Subscription", "channel.type", &["rest-hook", "websocket", "email", "sms", "message"]),
    (
        "Bundle",
        "type",
        &[
            "document",
            "message",
            "transaction",
            "transaction-response",
            "batch",
            "batch-response",
            "history",
            "searchset",
            "collection",
        ],
    ),
    ("Bundle", "entry.search.mode", &["match", "include", "outcome"]),
    ("OperationOutcome", "issue.severity", &["fatal", "error", "warning", "information"]),
    (
        "OperationOutcome",
        "issue.code",
        &[
            "invalid",
            "structure",
            "required",
            "value",
            "invariant",
            "security",
            "login",
            "unknown",
            "expired",
            "forbidden",
            "suppressed",
            "processing",
            "not-supported",
            "duplicate",
            "multiple-matches",
            "not-found",
            "deleted",
            "too-long",
            "code-invalid",
            "extension",
            "too-costly",
            "business-rule",
            "conflict",
            "transient",
            "lock-error",
            "no-store",
            "exception",
            "timeout",
            "incomplete",
            "throttled",
            "informational",
        ],
    ),
    ("CapabilityStatement", "status", PUBLICATION),
    ("CapabilityStatement", "kind", &["instance", "capability", "requirements"]),
    ("CapabilityStatement", "rest.mode", &["client", "server"]),
    (
        "CapabilityStatement",
        "rest.resource.interaction.code",
        &["read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type"],
    ),
    ("CapabilityStatement", "rest.interaction.code", &["transaction", "batch", "search-system", "history-system"]),
    ("CapabilityStatement", "rest.resource.versioning", &["no-version", "versioned", "versioned-update"]),
    ("CapabilityStatement", "rest.resource.conditionalRead", &["not-supported", "modified-since", "not-match", "full-support"]),
    ("CapabilityStatement", "rest.resource.conditionalDelete", &["not-supported", "single", "multiple"]),
    ("CapabilityStatement", "rest.resource.referencePolicy", &["literal", "logical", "resolves", "enforced", "local"]),
    (
        "CapabilityStatement",
        "rest.resource.searchParam.type",
        &["number", "date", "string", "token", "reference", "composite", "quantity", "uri", "special"],
    ),
];

/// The elements of a resource, and of those within it, whose code R4 does not have.
pub(crate) fn wrong(resource: &Value) -> Vec<String> {
    let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    let mut found = Vec::new();
    for (_, path, codes) in BOUND.iter().filter(|(of, ..)| *of == "*" || *of == kind) {
        at(resource, path, &mut |code| {
            if !codes.contains(&code) {
                found.push(format!("{kind}.{path}: {code}"));
            }
        });
    }
    for entry in resource.get("entry").and_then(Value::as_array).into_iter().flatten() {
        found.extend(entry.get("resource").map(wrong).unwrap_or_default());
    }
    found
}

/// The texts at a path, through all lists on the way.
fn at(value: &Value, path: &str, seen: &mut dyn FnMut(&str)) {
    if let Value::Array(members) = value {
        return members.iter().for_each(|member| at(member, path, seen));
    }
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    match (value.get(name), rest) {
        (None, _) => {}
        (Some(inner), Some(rest)) => at(inner, rest, seen),
        (Some(Value::Array(members)), None) => members.iter().filter_map(Value::as_str).for_each(seen),
        (Some(inner), None) => inner.as_str().into_iter().for_each(seen),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_code_that_r4_does_not_have_is_found_wherever_it_stands() {
        let stay =
            json!({ "resourceType": "Encounter", "status": "here", "location": [{ "status": "held" }, { "status": "active" }] });
        let bundle = json!({ "resourceType": "Bundle", "type": "searchset", "entry": [{ "resource": stay, "search": { "mode": "match" } }] });
        assert_eq!(wrong(&bundle), ["Encounter.status: here", "Encounter.location.status: held"]);
        assert_eq!(wrong(&json!({ "resourceType": "Flag", "status": "open" })), ["Flag.status: open"]);
    }

    /// What is served has its codes in the table: a kind that is added here and not there would not be looked at.
    #[test]
    fn every_kind_with_a_status_is_in_the_table() {
        for served in crate::table::SERVED.iter().filter(|served| served.search.iter().any(|one| one.path == "status")) {
            assert!(BOUND.iter().any(|(of, path, _)| *of == served.kind && *path == "status"), "{}", served.kind);
        }
    }
}
