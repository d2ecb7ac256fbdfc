//! Forms as measures, returns as reports.

use jiff::ToSpan as _;
use jiff::civil::{DateTime, Time};
use linli_kernel::Ts;
use linli_treatment::model::{InstitutionId, Return, Stated, Sum};
use linli_treatment::queries::directory::Directory;
use linli_treatment::rules::returns::{Every, Form};
use linli_webkit::T;
use serde_json::{Value, json};

use super::live::Live;
use super::{ABSENT, CDC, CDC_FORM, FIGURE, MEASURED, OF_SANER, OVER_TIME, SCORING, absent, measure_id};
use crate::network::codes::coding;
use crate::network::{put, referring};
use crate::observation::codes::UCUM;
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
        let mut one = json!({
            "code": code(&form.id, &field.id),
            "description": field.name(lang),
            "criteria": { "description": field.name(lang), "language": "text/plain", "expression": field.id },
        });
        put(&mut one, "extension", field.over_time.map(|way| over_time(way.as_str())));
        one
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

fn over_time(way: &str) -> Value {
    json!([{ "url": OVER_TIME, "valueCode": way }])
}

/// What is counted at the moment it is asked for, as a measure.
pub(crate) fn live_measure(base: &str, live: &Live, t: &T) -> Value {
    let population = |(id, way): &(&str, &str)| {
        let words = t.s(&format!("fhir-figure-{id}"));
        json!({
            "extension": over_time(way),
            "code": { "coding": [coding(FIGURE, id)] },
            "description": words,
            "criteria": { "description": words, "language": "text/plain", "expression": id },
        })
    };
    let mut measure = json!({
        "resourceType": "Measure",
        "id": live.id,
        "url": canonical(base, live.id),
        "name": live.id.replace('-', "_"),
        "title": t.s(&format!("fhir-measure-{}", live.id)),
        "status": "active",
        "group": [{
            "code": { "coding": [coding(FIGURE, live.id)] },
            "population": live.fields.iter().map(population).collect::<Vec<_>>(),
        }],
    });
    put(&mut measure, "scoring", live.scoring.map(|code| json!({ "coding": [coding(SCORING, code)] })));
    measure
}

/// Local midnight with its zone, 25 characters as SANER wants them.
fn moment(at: DateTime) -> Option<String> {
    Ts::from_local(at).map(instant)
}

/// An institution as a place, with the code that others know it by: SANER wants an identifier of every subject.
pub(crate) fn place_of(directory: &Directory, id: InstitutionId) -> Value {
    let listed = directory.institution(id);
    let name = listed.map(|listed| listed.institution.name.as_str()).unwrap_or_default();
    let mut subject = referring("Location", id, name);
    let identifier = listed.map(|listed| json!({ "system": crate::network::codes::CODE, "value": listed.institution.code }));
    put(&mut subject, "identifier", identifier);
    subject
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
    let subject = place_of(directory, told.institution);
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

/// What is put together of several reports, or counted at the moment it is asked for.
pub(crate) struct Summary<'a> {
    /// The measure: of a form, or one that is counted.
    pub(crate) measure: &'a str,
    /// What it is about, as a reference.
    pub(crate) subject: Option<Value>,
    /// Who put it together.
    pub(crate) reporter: InstitutionId,
    /// From, and until before when.
    pub(crate) span: (Ts, Ts),
    pub(crate) at: Ts,
    pub(crate) figures: &'a [(String, Sum)],
    /// The average, in whole minutes.
    pub(crate) score: Option<i64>,
    /// Of which reports it is made.
    pub(crate) of: Vec<Value>,
}

/// A summary as a report. It is kept nowhere, so it has no id.
pub(crate) fn summary(base: &str, said: Summary<'_>) -> Value {
    let (from, until) = said.span;
    let population = |(field, sum): &(String, Sum)| {
        let mut one = json!({ "code": code(said.measure, field) });
        if sum.numbers > 0 {
            put(&mut one, "count", Some(json!(sum.sum)));
        }
        put(&mut one, "_count", beside(*sum).map(|extension| json!({ "extension": extension })));
        one
    };
    let mut group = json!({
        "code": { "coding": [coding(FIGURE, said.measure)] },
        "population": said.figures.iter().map(population).collect::<Vec<_>>(),
    });
    let score = said.score.map(|minutes| json!({ "value": minutes, "unit": "min", "system": UCUM, "code": "min" }));
    put(&mut group, "measureScore", score);
    let mut report = json!({
        "resourceType": "MeasureReport",
        "status": "complete",
        "type": "summary",
        "measure": canonical(base, said.measure),
        "date": instant(Ts(said.at.0.div_euclid(1_000_000) * 1_000_000)),
        "reporter": referring("Organization", said.reporter, ""),
        "period": { "start": instant(from), "end": instant(until.plus_secs(-1)) },
        "group": [group],
    });
    put(&mut report, "subject", said.subject);
    put(&mut report, "evaluatedResource", Some(json!(said.of)).filter(|_| !said.of.is_empty()));
    report
}

/// What stands beside a count: why there is none, or how many are not in it.
fn beside(sum: Sum) -> Option<Value> {
    let absent = |reason: &str| json!([{ "url": ABSENT, "valueCode": reason }]);
    match (sum.numbers, sum.unknown, sum.suppressed) {
        (0, 0, 0) => Some(absent("unknown")),
        (0, 0, _) => Some(absent("masked")),
        (0, _, _) => Some(absent("unknown")),
        (_, 0, 0) => None,
        (_, unknown, suppressed) => {
            let parts = [("unknown", unknown), ("masked", suppressed)];
            let told =
                parts.into_iter().filter(|(_, many)| *many > 0).map(|(url, many)| json!({ "url": url, "valueInteger": many }));
            Some(json!([{ "url": super::NOT_IN_IT, "extension": told.collect::<Vec<_>>() }]))
        }
    }
}
