//! How files about the calendar are read, and what a reason must be. Pure.

use std::collections::BTreeSet;

use jiff::civil::Date;
use linli_calendar::{CalendarError, LocalDay, LocalKind, PlanError, YearPlan};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::error::SettingsError;
use crate::model::CalendarFile;

/// Longest reason, in characters: it is printed beside a deadline.
pub const REASON_CHARS: usize = 60;
/// Largest file about the calendar or rules, in bytes.
pub const FILE_BYTES: usize = 512 * 1024;

/// First 12 hexadecimal digits of the SHA-256 of a text.
#[must_use]
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// The version of a plan: changes with everything it says, and with nothing about how it is written.
#[must_use]
pub fn version_of(plan: &YearPlan) -> String {
    digest(&plan.to_json().to_string())
}

/// A text as it is read: without the byte order mark that editors on Windows put in front.
fn bare(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Reads a file about the calendar: `{"year": …, "days": […]}` is the plan of a year in the shape of the shipped ones;
/// `{"local": […], "removed": […]}` are decisions about days.
///
/// # Errors
/// The first thing that is wrong, with the field it stands in.
pub fn read_calendar(text: &str) -> Result<CalendarFile, SettingsError> {
    let text = bare(text);
    let value: Value = serde_json::from_str(text).map_err(|e| PlanError::Json { line: e.line(), column: e.column() })?;
    let about_days = |top: &Map<String, Value>| top.contains_key("local") || top.contains_key("removed");
    match value.as_object().filter(|top| about_days(top)) {
        None => Ok(CalendarFile::Plan(YearPlan::parse(text)?)),
        Some(top) => Ok(CalendarFile::Days { local: local_days(top)?, removed: removed_days(top)? }),
    }
}

fn listed<'a>(top: &'a Map<String, Value>, field: &'static str) -> Result<&'a [Value], SettingsError> {
    match top.get(field) {
        None => Ok(&[]),
        Some(list) => Ok(list.as_array().ok_or(PlanError::Kind { field: field.to_owned(), expected: "a list" })?),
    }
}

fn local_days(top: &Map<String, Value>) -> Result<Vec<LocalDay>, SettingsError> {
    let mut seen = BTreeSet::new();
    let mut days = Vec::new();
    for (i, entry) in listed(top, "local")?.iter().enumerate() {
        let at = format!("local[{i}]");
        let date = date_of(entry, &at)?;
        let name = reason(&format!("{at}.name"), &text_of(entry, &at, "name")?)?;
        let kind = match text_of(entry, &at, "kind")?.as_str() {
            "off" => LocalKind::Off,
            "work" => LocalKind::Work,
            "closed" => LocalKind::Closed { from: text_of(entry, &at, "from")?, to: text_of(entry, &at, "to")? },
            _ => return Err(PlanError::Kind { field: format!("{at}.kind"), expected: "off, work or closed" }.into()),
        };
        if !seen.insert(date) {
            return Err(PlanError::Duplicate { field: format!("{at}.date"), date }.into());
        }
        days.push(LocalDay { date, name, kind });
    }
    Ok(days)
}

fn removed_days(top: &Map<String, Value>) -> Result<Vec<(Date, String)>, SettingsError> {
    let mut days = Vec::new();
    for (i, entry) in listed(top, "removed")?.iter().enumerate() {
        let at = format!("removed[{i}]");
        days.push((date_of(entry, &at)?, reason(&format!("{at}.name"), &text_of(entry, &at, "name")?)?));
    }
    Ok(days)
}

fn text_of(entry: &Value, at: &str, field: &str) -> Result<String, SettingsError> {
    let field_name = || format!("{at}.{field}");
    let value = entry.get(field).ok_or_else(|| PlanError::Missing { field: field_name() })?;
    Ok(value.as_str().ok_or_else(|| PlanError::Kind { field: field_name(), expected: "a text" })?.to_owned())
}

fn date_of(entry: &Value, at: &str) -> Result<Date, SettingsError> {
    let written = text_of(entry, at, "date")?;
    let date = if written.len() == 10 { written.parse().ok() } else { None };
    let wrong = || PlanError::Date { field: format!("{at}.date"), value: written.chars().take(40).collect() };
    Ok(date.ok_or_else(wrong)?)
}

/// A reason as people read it: one line, not empty, at most [`REASON_CHARS`] characters.
///
/// # Errors
/// `Field`.
pub fn reason(field: &str, text: &str) -> Result<String, SettingsError> {
    let text = text.trim();
    let wrong = |what| Err(SettingsError::Field { field: field.to_owned(), what });
    match text.chars().count() {
        0 => wrong("reason-missing"),
        n if n > REASON_CHARS => wrong("reason-long"),
        _ if text.chars().any(char::is_control) => wrong("reason-control"),
        _ => Ok(text.to_owned()),
    }
}

/// The year that the name of a file speaks of, when it speaks of exactly one: `holiday-cn-2027.json`.
#[must_use]
pub fn year_in_name(name: &str) -> Option<i16> {
    let mut years = name.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 4).filter_map(|run| run.parse().ok());
    let year = years.next()?;
    years.next().is_none().then_some(year)
}

/// That a plan is of the year it is said to be of.
///
/// # Errors
/// `OtherYear`.
pub fn of_year(plan: &YearPlan, asked: Option<i16>) -> Result<(), SettingsError> {
    match asked {
        Some(asked) if asked != plan.year => Err(SettingsError::OtherYear { asked, found: plan.year }),
        _ => Ok(()),
    }
}

/// Days off and make-up days (调休上班) of a plan.
#[must_use]
pub fn counts(plan: &YearPlan) -> (usize, usize) {
    let off = plan.days.iter().filter(|day| day.is_off_day).count();
    (off, plan.days.len() - off)
}

/// Where a plan or a pack came from, from how the journal and the tables write it.
#[must_use]
pub fn file_of(source: &str) -> Option<&str> {
    source.strip_prefix("file:")
}

/// What the calendar error says about the form field of a local day.
#[must_use]
pub const fn day_field(error: &CalendarError) -> Option<&'static str> {
    match error {
        CalendarError::Closing { .. } | CalendarError::Term(_) => Some("closed_from"),
        CalendarError::LocalYear { .. } => Some("date"),
        CalendarError::Plan(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        read_calendar(text).unwrap_err().to_string()
    }

    #[test]
    fn decisions_about_days_are_read_and_every_fault_names_its_field() {
        let good = r#"{"local": [{"date": "2027-03-04", "name": "大雪", "kind": "off"}, {"date": "2027-03-05", "name": "停电检修", "kind": "closed", "from": "12:00", "to": "18:00"}], "removed": [{"date": "2027-01-02", "name": "已取消"}]}"#;
        let CalendarFile::Days { local, removed } = read_calendar(good).unwrap() else { panic!("not a plan") };
        assert_eq!((local.len(), removed.len()), (2, 1));
        assert_eq!(wrong(r#"{"local": [{"name": "大雪", "kind": "off"}]}"#), "local[0].date: missing");
        assert_eq!(
            wrong(r#"{"local": [{"date": "2027-02-29", "name": "雪", "kind": "off"}]}"#),
            "local[0].date: '2027-02-29' is not a date such as 2026-10-01"
        );
        assert_eq!(wrong(r#"{"local": [{"date": "2027-03-04", "name": " ", "kind": "off"}]}"#), "local[0].name: reason-missing");
        assert_eq!(
            wrong(r#"{"local": [{"date": "2027-03-04", "name": "雪", "kind": "maybe"}]}"#),
            "local[0].kind: must be off, work or closed"
        );
        let twice = r#"{"local": [{"date": "2027-03-04", "name": "雪", "kind": "off"}, {"date": "2027-03-04", "name": "雪", "kind": "work"}]}"#;
        assert_eq!(wrong(twice), "local[1].date: 2027-03-04 is listed twice");
        assert_eq!(wrong(r#"{"removed": [{"date": "2027-03-04"}]}"#), "removed[0].name: missing");
        assert_eq!(wrong(r#"{"local": 3}"#), "local: must be a list");
        assert_eq!(wrong(r#"{"year": 2027}"#), "days: missing", "anything else is a plan");
    }

    #[test]
    fn a_name_speaks_of_one_year_or_of_none() {
        assert_eq!(year_in_name("holiday-cn-2027.json"), Some(2027));
        assert_eq!(year_in_name("2026-2027.json"), None);
        assert_eq!(year_in_name("local.json"), None);
        assert_eq!(year_in_name("20270101.json"), None);
    }
}
