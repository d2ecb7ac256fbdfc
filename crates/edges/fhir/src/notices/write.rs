//! A subscription as a resource. What is in its headers stays here: only their names are told again.

use serde_json::{Value, json};

use super::{Hooks, Notice};
use crate::answer::FHIR_JSON;
use crate::item::Whole;
use crate::network::{put, versioned};
use crate::observation::write::instant;

/// The resource.
pub(crate) fn subscription(hooks: &Hooks, notice: &Notice) -> Whole {
    let mut channel = json!({ "type": "rest-hook", "endpoint": notice.endpoint });
    put(&mut channel, "payload", notice.full.then(|| json!(FHIR_JSON)));
    let headers = hooks.headers(notice);
    let names: Vec<String> = headers.iter().filter_map(|line| Some(format!("{}: …", line.split_once(':')?.0.trim()))).collect();
    put(&mut channel, "header", Some(json!(names)).filter(|_| !names.is_empty()));
    let mut resource = json!({
        "resourceType": "Subscription",
        "id": notice.id.to_string(),
        "status": notice.status.as_str(),
        "reason": notice.reason,
        "criteria": notice.criteria,
        "channel": channel,
    });
    put(&mut resource, "end", notice.ends_at.map(|end| Value::from(instant(end))));
    put(&mut resource, "error", notice.problem.as_ref().map(|problem| json!(problem)));
    Whole { value: versioned(resource, notice.changed_at), changed: notice.changed_at }
}
