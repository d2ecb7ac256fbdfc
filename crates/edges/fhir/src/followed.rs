//! Those whom an institution follows: each colour of its key groups is a `Group`, and an alarm about readings is a `Flag`.

use linli_care::CarePersonId;
use linli_care::follow::model::{Alarm, Colour, Followed, Reason};
use linli_kernel::Ts;
use linli_people::model::OrganisationId;
use linli_webkit::T;
use serde_json::{Value, json};

use crate::item::Whole;
use crate::network::codes::{coding, concept, one};
use crate::network::{period, put, versioned};
use crate::observation::read::URI;

/// The colours of key groups.
const OWN_COLOUR: &str = "urn:linli:fhir:key-group";
/// The number of a group.
const OWN_GROUP: &str = "urn:linli:fhir:group";
/// What kind of flag.
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/flag-category";
/// How urgent an alarm is.
const OWN_LEVEL: &str = "urn:linli:fhir:alarm-level";
/// Why an alarm was raised.
const OWN_REASON: &str = "urn:linli:fhir:alarm-reason";
/// That only a part of a resource is there.
const TAGS: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";

/// The colours in the order in which they are listed.
const COLOURS: [(Colour, &str); 3] =
    [(Colour::Red, "fhir-group-red"), (Colour::Yellow, "fhir-group-yellow"), (Colour::Green, "fhir-group-green")];

fn number(kind: &str, id: impl std::fmt::Display) -> Value {
    json!({ "type": kind, "identifier": { "system": URI, "value": format!("urn:uuid:{id}") } })
}

/// The id of a group: the institution and the colour.
fn group_id(of: OrganisationId, colour: Colour) -> String {
    format!("{of}.{}", colour.as_str())
}

/// The groups of an institution with all their members.
pub(crate) fn groups(t: &T, of: OrganisationId, followed: &[Followed]) -> Vec<(Whole, Vec<CarePersonId>)> {
    let group = |(colour, name): (Colour, &'static str)| {
        let members: Vec<CarePersonId> = followed.iter().filter(|one| one.colour == colour).map(|one| one.person).collect();
        let id = group_id(of, colour);
        let mut resource = json!({
            "resourceType": "Group",
            "id": id,
            "identifier": [{ "system": OWN_GROUP, "value": id }],
            "active": true,
            "type": "person",
            "actual": true,
            "code": one(OWN_COLOUR, colour.as_str()),
            "name": t.s(name),
            "quantity": members.len(),
            "managingEntity": number("Organization", of),
        });
        let listed: Vec<Value> = members.iter().map(|person| json!({ "entity": number("Patient", person) })).collect();
        put(&mut resource, "member", Some(json!(listed)).filter(|_| !listed.is_empty()));
        // Who is in it is what it says; since when is not kept.
        let mut value = versioned(resource, Ts(0));
        if let Some(meta) = value.get_mut("meta").and_then(Value::as_object_mut) {
            meta.remove("lastUpdated");
        }
        (Whole { value, changed: Ts(0) }, members)
    };
    COLOURS.into_iter().map(group).collect()
}

/// The same without its members, and saying so.
pub(crate) fn without_members(mut group: Whole) -> Whole {
    if let Some(fields) = group.value.as_object_mut() {
        fields.remove("member");
        if let Some(meta) = fields.get_mut("meta").and_then(Value::as_object_mut) {
            meta.insert("tag".to_owned(), json!([coding(TAGS, "SUBSETTED")]));
        }
    }
    group
}

/// Whether an alarm is about readings; what the treatment network told is not.
pub(crate) fn is_about_readings(alarm: &Alarm) -> bool {
    alarm.reasons.iter().any(|reason| !matches!(reason, Reason::CameHome | Reason::SentElsewhere | Reason::Died))
}

/// An alarm.
pub(crate) fn flag(alarm: &Alarm) -> Whole {
    let reasons: Vec<Value> = alarm.reasons.iter().map(|reason| coding(OWN_REASON, reason.as_str())).collect();
    let changed = alarm.acknowledged_at.unwrap_or(alarm.raised_at);
    let resource = json!({
        "resourceType": "Flag",
        "id": alarm.id.to_string(),
        "identifier": [{ "system": URI, "value": format!("urn:uuid:{}", alarm.id) }],
        "status": if alarm.became.is_none() { "active" } else { "inactive" },
        "category": [
            { "coding": [{ "system": CATEGORY, "code": "clinical", "display": "Clinical" }] },
            one(OWN_LEVEL, alarm.level.as_str()),
        ],
        "code": concept(&reasons),
        "subject": number("Patient", alarm.person),
        "period": period((alarm.raised_at, alarm.acknowledged_at)),
    });
    Whole { value: versioned(resource, changed), changed }
}
