//! Forms as measures, returns as reports.

use jiff::ToSpan as _;
use jiff::civil::{DateTime, Time};
use linli_kernel::Ts;
use linli_treatment::model::{Return, Stated};
use linli_treatment::queries::directory::Directory;
use linli_treatment::rules::returns::{Every, Form};
use serde_json::{Value, json};

use super::{ABSENT, CDC, CDC_FORM, FIGURE, MEASURED, OF_SANER, absent, measure_id};
use crate::network::codes::coding;
use crate::network::{put, referring};
use crate::observation::write::instant;

/// The code of a field, with that of SANER where it has one.
fn code(form: &str, field: &str) -> Value {
    let saner = OF_SANER.iter().find(|(of, known, _)| *of == form && *known == field).map(|(_, _, code)| coding(MEASURED, code));
    let all: Vec<Value> = [coding(FIGURE, field)].into_iter().chain(saner).collect();
    json!({ "coding": all })
}

/// The canonical address of the measure of a form.
pub(crate) fn canonical(base: &str, form: &str) -> String {
    format!("{base}/Measure/{}", measure_id(form))
}

/// The form as a measure, in the version of the rules.
pub(crate) fn measure(base: &str, form: &Form, version: &str, lang: &str) -> Value {
    let population = |field: &linli_treatment::rules::returns::Field| {
        json!({
            "code": code(&form.id, &field.id),
            "description": field.name(lang),
            "criteria": { "description": field.name(lang), "language": "text/plain", "expression": field.id },
        })
    };
    let mut measure = json!({
        "resourceType": "Measure",
        "id": measure_id(&form.id),
        "url": canonical(base, &form.id),
        "version": version,
        "name": form.id,
        "title": form.name(lang),
        "status": "active",
        "group": [{
            "code": { "coding": [coding(FIGURE, &form.id)] },
            "population": form.fields.iter().map(population).collect::<Vec<_>>(),
        }],
    });
    let related = (form.id == CDC_FORM).then(|| json!([{ "type": "derived-from", "resource": CDC }]));
    put(&mut measure, "relatedArtifact", related);
    measure
}

/// Local midnight with its zone, 25 characters as SANER wants them.
fn moment(at: DateTime) -> Option<String> {
    Ts::from_local(at).map(instant)
}

/// A return as a report.
pub(crate) fn report(base: &str, directory: &Directory, told: &Return, form: Option<&Form>) -> Value {
    let mut fields: Vec<&str> = form.map(|form| form.fields.iter().map(|field| field.id.as_str()).collect()).unwrap_or_default();
    // What an earlier version of the form asked stays readable.
    let earlier: Vec<&str> = told.figures.keys().map(String::as_str).filter(|field| !fields.contains(field)).collect();
    fields.extend(earlier);
    let population = |field: &&str| {
        let stated = told.figures.get(*field)?;
        let mut one = json!({ "code": code(&told.form, field) });
        match (stated, absent(*stated)) {
            (Stated::Number(number), _) => put(&mut one, "count", Some(json!(number))),
            (_, Some(reason)) => {
                put(&mut one, "_count", Some(json!({ "extension": [{ "url": ABSENT, "valueCode": reason }] })));
            }
            (_, None) => {}
        }
        Some(one)
    };
    let listed = directory.institution(told.institution);
    let name = listed.map(|listed| listed.institution.name.as_str()).unwrap_or_default();
    let mut subject = referring("Location", told.institution, name);
    let identifier = listed.map(|listed| json!({ "system": crate::network::codes::CODE, "value": listed.institution.code }));
    put(&mut subject, "identifier", identifier);
    let days = if form.is_some_and(|form| form.every == Every::Week) { 6 } else { 0 };
    let last = told.day.checked_add(days.days()).unwrap_or(told.day);
    let (start, end) = (told.day.to_datetime(Time::midnight()), last.at(23, 59, 59, 0));
    json!({
        "resourceType": "MeasureReport",
        "id": told.id.to_string(),
        "meta": { "versionId": told.version.to_string(), "lastUpdated": instant(told.told_at) },
        "status": "complete",
        "type": "summary",
        "measure": canonical(base, &told.form),
        "subject": subject,
        "date": instant(Ts(told.told_at.0.div_euclid(1_000_000) * 1_000_000)),
        "reporter": referring("Organization", told.institution, name),
        "period": { "start": moment(start), "end": moment(end) },
        "group": [{
            "code": { "coding": [coding(FIGURE, &told.form)] },
            "population": fields.iter().filter_map(population).collect::<Vec<_>>(),
        }],
    })
}
