//! Entries of a transaction that are one request: the patient of a new referral, and its task, are told with it. Each keeps its place among the
//! answers; what is wrong is named where it was sent.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::outcome::{Issue, Refusal};

/// What an entry is a part of: the entry of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Along {
    Patient(usize),
    Task(usize),
}

/// What was put together.
#[derive(Debug, Default)]
pub(super) struct Fold {
    along: BTreeMap<usize, Along>,
    /// Where the patient was put: the entry of the request and the number among what is contained, and where the patient stood.
    patients: BTreeMap<(usize, usize), usize>,
}

impl Fold {
    pub(super) fn of(&self, entry: usize) -> Option<Along> {
        self.along.get(&entry).copied()
    }

    /// Names what is wrong with a patient where the patient was sent.
    pub(super) fn placed(&self, refusal: Refusal) -> Refusal {
        let place = |issue: Issue| {
            for ((request, at), entry) in &self.patients {
                let put = format!("Bundle.entry[{request}].resource.contained[{at}]");
                let moved = issue.expression.as_deref().and_then(|path| path.strip_prefix(&put)).map(str::to_owned);
                if let Some(rest) = moved {
                    return issue.at(format!("Bundle.entry[{entry}].resource{rest}"));
                }
            }
            issue
        };
        Refusal { issues: refusal.issues.into_iter().map(place).collect(), ..refusal }
    }
}

/// An entry that makes something new of a kind: its address and its resource.
fn new_of<'a>(entries: &'a [Value], kind: &str) -> Vec<(usize, &'a str, &'a Value)> {
    let one = |(i, entry): (usize, &'a Value)| {
        let text = |path: &str| entry.pointer(path).and_then(Value::as_str);
        let is_new =
            text("/request/method") == Some("POST") && text("/request/url").map(|url| url.trim_matches('/')) == Some(kind);
        let resource = entry.get("resource").filter(|resource| resource.get("resourceType") == Some(&json!(kind)))?;
        is_new.then(|| (i, text("/fullUrl").unwrap_or_default(), resource))
    };
    entries.iter().enumerate().filter_map(one).collect()
}

fn refers<'a>(resource: &'a Value, name: &str) -> Option<&'a str> {
    resource.get(name)?.get("reference")?.as_str().filter(|text| !text.starts_with('#'))
}

/// Puts the patient into the request that is about him, and the request into the task that is about it.
pub(super) fn folded(mut bundle: Value) -> (Value, Fold) {
    let mut fold = Fold::default();
    if bundle.get("type") != Some(&json!("transaction")) {
        return (bundle, fold);
    }
    let entries = bundle.get("entry").and_then(Value::as_array).cloned().unwrap_or_default();
    let (patients, tasks) = (new_of(&entries, "Patient"), new_of(&entries, "Task"));
    let mut changed: Vec<(usize, Value)> = Vec::new();
    for (i, url, request) in new_of(&entries, "ServiceRequest") {
        let mut request = request.clone();
        let patient = refers(&request, "subject").and_then(|about| patients.iter().find(|(_, url, _)| *url == about));
        if let Some((at, _, patient)) = patient {
            let place = within(&mut request, patient, "the-patient");
            put(&mut request, "subject", json!({ "reference": "#the-patient" }));
            fold.along.entry(*at).or_insert(Along::Patient(i));
            fold.patients.insert((i, place), *at);
        }
        for (at, _, task) in tasks.iter().filter(|(_, _, task)| !url.is_empty() && refers(task, "focus") == Some(url)) {
            let mut task = (*task).clone();
            if let (None, Some(owner)) = (request.get("performer"), task.get("owner")) {
                put(&mut request, "performer", json!([owner]));
            }
            within(&mut task, &request, "the-request");
            put(&mut task, "focus", json!({ "reference": "#the-request" }));
            fold.along.entry(*at).or_insert(Along::Task(i));
            changed.push((*at, task));
        }
        changed.push((i, request));
    }
    for (i, resource) in changed {
        if let Some(entry) = bundle.get_mut("entry").and_then(|entries| entries.get_mut(i)) {
            put(entry, "resource", resource);
        }
    }
    (bundle, fold)
}

fn put(resource: &mut Value, name: &str, value: Value) {
    if let Some(fields) = resource.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

/// Adds a resource to what another contains; gives its place there.
fn within(resource: &mut Value, inner: &Value, id: &str) -> usize {
    let mut inner = inner.clone();
    put(&mut inner, "id", json!(id));
    let mut all = resource.get("contained").and_then(Value::as_array).cloned().unwrap_or_default();
    all.push(inner);
    let at = all.len() - 1;
    put(resource, "contained", Value::Array(all));
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Kind;
    use http::StatusCode;

    #[test]
    fn the_patient_and_the_task_of_a_request_are_told_with_it() {
        let entry = |kind: &str, url: &str, mut resource: Value| {
            resource["resourceType"] = json!(kind);
            json!({ "fullUrl": url, "resource": resource, "request": { "method": "POST", "url": kind } })
        };
        let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
            entry("Task", "urn:uuid:3", json!({ "focus": { "reference": "urn:uuid:2" }, "owner": { "reference": "Organization/7" } })),
            entry("Patient", "urn:uuid:1", json!({ "birthDate": "1944-05-01" })),
            entry("ServiceRequest", "urn:uuid:2", json!({ "subject": { "reference": "urn:uuid:1" }, "contained": [{ "resourceType": "Observation", "id": "o" }] })),
            entry("Patient", "urn:uuid:9", json!({})),
        ] });
        let (folded, fold) = folded(bundle);
        let request = &folded["entry"][2]["resource"];
        assert_eq!(
            (&request["subject"]["reference"], &request["contained"][1]["birthDate"]),
            (&json!("#the-patient"), &json!("1944-05-01"))
        );
        assert_eq!(request["performer"][0]["reference"], "Organization/7");
        assert_eq!(folded["entry"][0]["resource"]["focus"]["reference"], "#the-request");
        let along = [0, 1, 2, 3].map(|entry| fold.of(entry));
        assert_eq!(
            along,
            [Some(Along::Task(2)), Some(Along::Patient(2)), None, None],
            "a patient of nobody's request is told by itself"
        );
        let at = |path: &str| Refusal::of(StatusCode::CONFLICT, Issue::new(Kind::Value, "fhir-error-value").at(path));
        let placed = |path: &str| fold.placed(at(path)).issues[0].expression.clone().unwrap();
        assert_eq!(placed("Bundle.entry[2].resource.contained[1].name"), "Bundle.entry[1].resource.name");
        assert_eq!(placed("Bundle.entry[2].resource.contained[0].code"), "Bundle.entry[2].resource.contained[0].code");
    }
}
