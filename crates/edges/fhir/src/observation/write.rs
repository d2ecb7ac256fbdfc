//! The parts of a reading as observations.

use linli_care::follow::model::{Part, Reading, Vitals};
use linli_kernel::Ts;
use serde_json::{Map, Number, Value, json};

use super::ObservationId;
use super::codes::{self, ABSENT, CATEGORY, CODES, LOINC, OWN, SNOMED, UCUM};
use super::read::URI;

/// An instant as FHIR writes it, in the zone of the place.
pub(crate) fn instant(at: Ts) -> String {
    at.rfc3339()
}

/// When a reading was written or changed last.
pub(crate) fn changed(reading: &Reading) -> Ts {
    reading.changed_at.unwrap_or(reading.received_at)
}

/// The parts of a reading that were measured.
pub(crate) fn parts(reading: &Reading) -> impl Iterator<Item = Part> + '_ {
    Part::ALL.iter().copied().filter(|part| reading.vitals.has(*part))
}

/// One part of a reading. What is not there any more was entered in error.
pub(crate) fn observation(reading: &Reading, part: Part) -> Value {
    let there = reading.vitals.has(part);
    let status = match (there, reading.changed_at) {
        (false, _) => "entered-in-error",
        (true, Some(_)) => "corrected",
        (true, None) => "final",
    };
    let codings: Vec<Value> = CODES
        .iter()
        .filter(|known| known.part == part)
        .map(|known| json!({ "system": known.system, "code": known.code, "display": known.display }))
        .collect();
    let mut meta = json!({ "versionId": reading.version.to_string(), "lastUpdated": instant(changed(reading)) });
    let mut resource = json!({
        "resourceType": "Observation",
        "id": ObservationId { reading: reading.id, part }.to_string(),
        "status": status,
        "category": [{ "coding": [{ "system": CATEGORY, "code": "vital-signs", "display": "Vital Signs" }] }],
        "code": { "coding": codings },
        "subject": { "type": "Patient", "identifier": { "system": URI, "value": format!("urn:uuid:{}", reading.person) } },
        "effectiveDateTime": instant(reading.taken_at),
        "issued": instant(reading.received_at),
    });
    if let (Some(profile), Some(meta)) = (codes::profile(part).filter(|_| there), meta.as_object_mut()) {
        meta.insert("profile".to_owned(), json!([profile]));
    }
    if let Some(fields) = resource.as_object_mut() {
        fields.insert("meta".to_owned(), meta);
        if there {
            value(fields, &reading.vitals, part);
        } else {
            let reason = json!({ "coding": [{ "system": ABSENT, "code": "error", "display": "Error" }] });
            fields.insert("dataAbsentReason".to_owned(), reason);
        }
    }
    resource
}

fn value(fields: &mut Map<String, Value>, vitals: &Vitals, part: Part) {
    let whole = |value: Option<i64>| value.map(Number::from);
    let number = match part {
        Part::SpO2 => whole(vitals.spo2),
        Part::SpO2Walk => whole(vitals.spo2_walk),
        Part::Pulse => whole(vitals.pulse),
        Part::Breaths => whole(vitals.breaths),
        Part::Temperature => vitals.temperature.and_then(tenths),
        Part::Pressure => {
            let components = [(codes::SYSTOLIC, vitals.systolic), (codes::DIASTOLIC, vitals.diastolic)];
            let components: Vec<Value> = components.into_iter().map(|(code, value)| component(code, value)).collect();
            fields.insert("component".to_owned(), json!(components));
            None
        }
        Part::Mind => {
            let known = codes::MINDS.iter().find(|(mind, ..)| Some(*mind) == vitals.mind);
            if let Some((_, code, display)) = known {
                let coding = json!({ "system": SNOMED, "code": code, "display": display });
                fields.insert("valueCodeableConcept".to_owned(), json!({ "coding": [coding] }));
            }
            None
        }
    };
    if let Some(number) = number {
        fields.insert("valueQuantity".to_owned(), quantity(number, part));
    }
    if part == Part::SpO2 && vitals.on_oxygen {
        // That oxygen was given is known, how much is not.
        let code = json!({ "coding": [{ "system": OWN, "code": codes::OXYGEN_GIVEN, "display": "Oxygen was being given" }] });
        fields.insert("component".to_owned(), json!([{ "code": code, "valueBoolean": true }]));
    }
}

/// How much was measured, in thousandths of our unit; a pair and a word are none.
pub(crate) fn thousandths(vitals: &Vitals, part: Part) -> Option<i64> {
    let whole = match part {
        Part::SpO2 => vitals.spo2,
        Part::SpO2Walk => vitals.spo2_walk,
        Part::Pulse => vitals.pulse,
        Part::Breaths => vitals.breaths,
        Part::Temperature => return vitals.temperature.map(|tenths| tenths * 100),
        Part::Pressure | Part::Mind => None,
    };
    whole.map(|whole| whole * 1_000)
}

fn component((code, display): (&str, &str), value: Option<i64>) -> Value {
    let code = json!({ "coding": [{ "system": LOINC, "code": code, "display": display }] });
    match value {
        Some(value) => json!({ "code": code, "valueQuantity": quantity(Number::from(value), Part::Pressure) }),
        None => {
            let reason = json!({ "coding": [{ "system": ABSENT, "code": "unknown", "display": "Unknown" }] });
            json!({ "code": code, "dataAbsentReason": reason })
        }
    }
}

fn quantity(value: Number, part: Part) -> Value {
    let (unit, code) = codes::unit(part);
    json!({ "value": value, "unit": unit, "system": UCUM, "code": code })
}

/// 367 as 36.7.
fn tenths(value: i64) -> Option<Number> {
    serde_json::from_str(&format!("{}.{}", value / 10, value % 10)).ok()
}
