//! A report that was sent: first whether it is one, then what it says. Nothing here looks anything up.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use linli_kernel::Ts;
use linli_treatment::model::{Figures, Stated};
use linli_treatment::rules::returns::{Every, Form, Forms};
use serde_json::Value;

use super::write::canonical;
use super::{ABSENT, BECAUSE, CDC, CDC_FORM, FIGURE, MEASURED, NOT_KEPT, OF_SANER, stated};
use crate::node::{Node, Reader};
use crate::observation::read::instant;
use crate::outcome::{Issue, Kind};
use crate::referred::{Referred, referred};
use crate::search::whole;

/// The elements of a report in R4.
const ELEMENTS: [&str; 15] = [
    "resourceType",
    "meta",
    "language",
    "text",
    "contained",
    "identifier",
    "status",
    "type",
    "measure",
    "subject",
    "date",
    "reporter",
    "period",
    "improvementNotation",
    "group",
];

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) id: Option<String>,
    pub(crate) form: String,
    pub(crate) day: Date,
    pub(crate) figures: Figures,
    pub(crate) because: String,
    pub(crate) subject: Referred,
    pub(crate) reporter: Option<Referred>,
    /// Where in the report each figure stands.
    pub(crate) paths: BTreeMap<String, String>,
}

/// Reads a report by the forms that there are.
pub(crate) fn read(value: &Value, forms: &Forms, base: &str) -> Result<Report, Vec<Issue>> {
    let (mut reader, root) = (Reader::default(), Node::root(value, "MeasureReport"));
    if root.text("resourceType") != Some("MeasureReport") {
        return Err(vec![Issue::new(Kind::Structure, "fhir-error-type").arg("wanted", "MeasureReport").at("MeasureReport")]);
    }
    reader.shape(&root);
    reader.object(&root, &[ELEMENTS.as_slice(), &["evaluatedResource"]].concat());
    reader.texts(&root, &["id", "language", "status", "type", "measure", "date"]);
    reader.lists(&root, &["identifier", "group", "extension"]);
    status(&mut reader, &root);
    let form = form(&mut reader, &root, forms, base);
    if let Some(date) = root.get("date").filter(|date| date.value.as_str().is_some_and(|text| whole(text).is_none())) {
        let text = date.value.as_str().unwrap_or_default().to_owned();
        reader.note(Issue::new(Kind::Value, "fhir-error-effective").arg("value", text).at(date.path));
    }
    let day = form.and_then(|form| period(&mut reader, &root, form.every));
    let subject = referred(&mut reader, &root, "subject", "Location");
    if subject.is_none() {
        reader.note(Issue::new(Kind::Required, "fhir-error-required").at("MeasureReport.subject"));
    }
    let reporter = referred(&mut reader, &root, "reporter", "Organization");
    let because = because(&mut reader, &root);
    let (mut figures, mut paths) = (Figures::new(), BTreeMap::new());
    if let Some(form) = form {
        for group in root.list("group") {
            populations(&mut reader, &group, form, (&mut figures, &mut paths));
        }
        if figures.is_empty() && reader.issues.is_empty() {
            reader.note(Issue::new(Kind::Required, "fhir-error-required").at("MeasureReport.group"));
        }
    }
    match (form, day, subject) {
        (Some(form), Some(day), Some(subject)) if reader.issues.is_empty() => Ok(Report {
            id: root.text("id").map(str::to_owned),
            form: form.id.clone(),
            day,
            figures,
            because,
            subject,
            reporter,
            paths,
        }),
        _ => Err(reader.issues),
    }
}

/// Only what is complete and a summary is a return.
fn status(reader: &mut Reader, root: &Node<'_>) {
    for (name, taken, known) in [
        ("status", "complete", ["complete", "pending", "error", ""]),
        ("type", "summary", ["individual", "subject-list", "summary", "data-collection"]),
    ] {
        let path = format!("MeasureReport.{name}");
        match root.text(name) {
            None => reader.note(Issue::new(Kind::Required, "fhir-error-required").at(path)),
            Some(code) if code == taken => {}
            Some(code) if known.contains(&code) => {
                let issue = Issue::new(Kind::BusinessRule, "fhir-error-report-not-taken").arg("code", code).arg("wanted", taken);
                reader.note(issue.at(path));
            }
            Some(code) => reader.note(Issue::new(Kind::CodeInvalid, "fhir-error-status").arg("status", code).at(path)),
        }
    }
}

fn form<'f>(reader: &mut Reader, root: &Node<'_>, forms: &'f Forms, base: &str) -> Option<&'f Form> {
    let path = "MeasureReport.measure";
    let Some(measure) = root.text("measure") else {
        reader.note(Issue::new(Kind::Required, "fhir-error-required").at(path));
        return None;
    };
    let plain = measure.split('|').next().unwrap_or(measure);
    let found = if plain == CDC { forms.form(CDC_FORM) } else { forms.all().find(|form| canonical(base, &form.id) == plain) };
    if found.is_none() {
        reader.note(Issue::new(Kind::NotSupported, "fhir-error-measure").arg("measure", measure).at(path));
    }
    found
}

/// The day that the period is, or the first of its week: nothing else is a return.
fn period(reader: &mut Reader, root: &Node<'_>, every: Every) -> Option<Date> {
    let Some(period) = root.get("period") else {
        reader.note(Issue::new(Kind::Required, "fhir-error-required").at("MeasureReport.period"));
        return None;
    };
    reader.object(&period, &["start", "end"]);
    let Some(start) = period.text("start") else {
        reader.note(Issue::new(Kind::Required, "fhir-error-required").at("MeasureReport.period.start"));
        return None;
    };
    let days = if every == Every::Week { 7 } else { 1 };
    let span = || {
        let first = day_of(start, false)?;
        let last = period.text("end").map_or(Some(first), |end| day_of(end, true))?;
        let fits = first <= last && last < first.checked_add(days.days()).ok()?;
        fits.then_some(first)
    };
    let found = span();
    if found.is_none() {
        let issue = Issue::new(Kind::Value, "fhir-error-report-period").arg("days", days.to_string());
        reader.note(issue.at("MeasureReport.period"));
    }
    found
}

/// The day of a date or an instant. Midnight at the end belongs to the day before it.
fn day_of(text: &str, is_end: bool) -> Option<Date> {
    if text.len() == 10 {
        return text.parse().ok();
    }
    let at = instant(text)?;
    let day = at.local().date();
    let midnight = Ts::from_local(day.at(0, 0, 0, 0))?;
    if is_end && at == midnight { day.yesterday().ok() } else { Some(day) }
}

fn because(reader: &mut Reader, root: &Node<'_>) -> String {
    let said = root.list("extension").into_iter().find(|extension| extension.text("url") == Some(BECAUSE));
    let Some(said) = said else { return String::new() };
    if said.text("valueString").is_none() {
        reader.note(Issue::new(Kind::Structure, "fhir-error-text").at(format!("{}.valueString", said.path)));
    }
    said.text("valueString").unwrap_or_default().to_owned()
}

fn populations(
    reader: &mut Reader,
    group: &Node<'_>,
    form: &Form,
    (figures, paths): (&mut Figures, &mut BTreeMap<String, String>),
) {
    reader.object(group, &["code", "population", "measureScore", "stratifier"]);
    reader.lists(group, &["population", "stratifier"]);
    if let Some(strata) = group.get("stratifier") {
        reader.note(Issue::new(Kind::NotSupported, "fhir-error-stratifier").at(strata.path));
    }
    for population in group.list("population") {
        reader.object(&population, &["code", "count", "subjectResults"]);
        let Some(code) = population.get("code") else {
            reader.note(Issue::new(Kind::Required, "fhir-error-required").at(format!("{}.code", population.path)));
            continue;
        };
        let codings = reader.concept(&code);
        let meant: Vec<&str> = codings.iter().filter_map(|(system, code, _)| field(form, system, code)).collect();
        let Some(field) = meant.first().copied() else {
            let passed_over = |(system, code, _): &(&str, &str, String)| *system == MEASURED && NOT_KEPT.contains(code);
            if !codings.iter().any(passed_over) {
                let said = codings.first().map(|(_, code, _)| *code).unwrap_or_default();
                reader.note(Issue::new(Kind::NotSupported, "fhir-error-figure").arg("code", said).at(code.path));
            }
            continue;
        };
        if meant.iter().any(|other| *other != field) {
            reader.note(Issue::new(Kind::Value, "fhir-error-codes").at(code.path));
            continue;
        }
        if let Some(stated) = count(reader, &population)
            && figures.insert(field.to_owned(), stated).is_some()
        {
            reader.note(Issue::new(Kind::Value, "fhir-error-twice").at(population.path.clone()));
        }
        paths.insert(field.to_owned(), format!("{}.count", population.path));
    }
}

/// The field of the form that a coding means.
fn field<'f>(form: &'f Form, system: &str, code: &str) -> Option<&'f str> {
    let own = || form.field(code).map(|field| field.id.as_str());
    let of_saner = || {
        let (_, field, _) = OF_SANER.iter().find(|(of, _, known)| *of == form.id && *known == code)?;
        form.field(field).map(|field| field.id.as_str())
    };
    match system {
        FIGURE => own(),
        MEASURED => of_saner(),
        _ => None,
    }
}

/// A count, or why there is none. A count that is absent without a reason is no zero: it is refused.
fn count(reader: &mut Reader, population: &Node<'_>) -> Option<Stated> {
    let path = format!("{}.count", population.path);
    let extensions = population.get("_count").map(|count| count.list("extension")).unwrap_or_default();
    let reason = extensions.iter().find(|extension| extension.text("url") == Some(ABSENT));
    match (population.get("count"), reason) {
        (None, None) => {
            reader.note(Issue::new(Kind::Required, "fhir-error-count").at(path));
            None
        }
        (Some(_), Some(_)) => {
            reader.note(Issue::new(Kind::Value, "fhir-error-count-both").at(path));
            None
        }
        (Some(count), None) => {
            if !count.value.is_number() {
                reader.note(Issue::new(Kind::Structure, "fhir-error-number").at(path));
                return None;
            }
            let number = count.value.as_i64().filter(|number| *number >= 0);
            if number.is_none() {
                reader.note(Issue::new(Kind::Value, "fhir-error-value").arg("value", count.value.to_string()).at(path));
            }
            number.map(Stated::Number)
        }
        (None, Some(reason)) => {
            let code = reason.text("valueCode").unwrap_or_default();
            let known = stated(code);
            if known.is_none() {
                reader.note(Issue::new(Kind::CodeInvalid, "fhir-error-absent-reason").arg("code", code).at(path));
            }
            known
        }
    }
}
