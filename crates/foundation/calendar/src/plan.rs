//! The plan of a year (国务院办公厅关于部分节假日安排的通知) in the shape of `NateScarlet/holiday-cn`.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::PlanError;

/// Years that data may speak of; bounds the tables that are computed from it.
pub(crate) const YEARS: std::ops::RangeInclusive<i16> = 1950..=2200;

/// One day that differs from the plain week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfficialDay {
    /// Name of the holiday it belongs to, e.g. 春节; make-up days (调休上班) bear the name of the holiday they make up for.
    pub name: String,
    /// The date.
    pub date: Date,
    /// True: free. False: a weekend day on which work is done.
    #[serde(rename = "isOffDay")]
    pub is_off_day: bool,
}

/// The plan of a year. Days that it does not list follow the week: Monday to Friday work, Saturday and Sunday free.
///
/// The year is the year of the notice: its days may lie in the December before, or in the January after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct YearPlan {
    /// The year.
    pub year: i16,
    /// The notices it was taken from.
    pub papers: Vec<String>,
    /// Who wrote it down from where, when that is worth saying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The days, in order of date.
    pub days: Vec<OfficialDay>,
}

impl YearPlan {
    /// Reads a plan from JSON.
    ///
    /// # Errors
    /// The first thing that is wrong, with the field it stands in.
    pub fn parse(json: &str) -> Result<Self, PlanError> {
        let value: Value = serde_json::from_str(json).map_err(|e| PlanError::Json { line: e.line(), column: e.column() })?;
        let top = value.as_object().ok_or_else(|| kind("the file", "an object with year and days"))?;
        let year = year_of(top)?;
        let listed = need(top, "", "days")?.as_array().ok_or_else(|| kind("days", "a list"))?;
        let mut days = Vec::with_capacity(listed.len());
        let mut seen = BTreeSet::new();
        for (i, entry) in listed.iter().enumerate() {
            let day = official_day(entry, &format!("days[{i}]"), year)?;
            if !seen.insert(day.date) {
                return Err(PlanError::Duplicate { field: format!("days[{i}].date"), date: day.date });
            }
            days.push(day);
        }
        if days.is_empty() {
            return Err(PlanError::Empty { year });
        }
        days.sort_by_key(|day| day.date);
        let note = top.get("note").map(|n| text(n, "note")).transpose()?;
        Ok(Self { year, papers: papers_of(top)?, note, days })
    }

    /// As JSON in the same shape, for storing and for handing out.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn year_of(top: &Map<String, Value>) -> Result<i16, PlanError> {
    let given = need(top, "", "year")?.as_i64().ok_or_else(|| kind("year", "a number such as 2026"))?;
    i16::try_from(given).ok().filter(|year| YEARS.contains(year)).ok_or(PlanError::Year { year: given })
}

fn papers_of(top: &Map<String, Value>) -> Result<Vec<String>, PlanError> {
    // A plan that does not say from which notice it is taken is nobody's.
    let papers = need(top, "", "papers")?.as_array().ok_or_else(|| kind("papers", "a list"))?;
    papers.iter().enumerate().map(|(i, paper)| text(paper, &format!("papers[{i}]"))).collect()
}

fn official_day(entry: &Value, at: &str, year: i16) -> Result<OfficialDay, PlanError> {
    let entry = entry.as_object().ok_or_else(|| kind(at, "an object with name, date and isOffDay"))?;
    let name = text(need(entry, at, "name")?, &format!("{at}.name"))?;
    let field = format!("{at}.date");
    let written = text(need(entry, at, "date")?, &field)?;
    let date = parse_date(&written).ok_or_else(|| PlanError::Date { field: field.clone(), value: short(&written) })?;
    let (y, month) = (i32::from(date.year()) - i32::from(year), date.month());
    // The days around a new year belong to the plan of either; no holiday reaches farther.
    if !matches!((y, month), (0, _) | (-1, 12) | (1, 1)) {
        return Err(PlanError::OtherYear { field, date, year });
    }
    let is_off_day = need(entry, at, "isOffDay")?.as_bool().ok_or_else(|| kind(&format!("{at}.isOffDay"), "true or false"))?;
    Ok(OfficialDay { name, date, is_off_day })
}

/// Exactly `YYYY-MM-DD`: the library also takes `20261001` and date-times, which here would hide a slip of the pen.
fn parse_date(written: &str) -> Option<Date> {
    if written.len() != 10 {
        return None;
    }
    written.parse::<Date>().ok()
}

fn need<'a>(map: &'a Map<String, Value>, at: &str, field: &str) -> Result<&'a Value, PlanError> {
    let dot = if at.is_empty() { "" } else { "." };
    map.get(field).ok_or_else(|| PlanError::Missing { field: format!("{at}{dot}{field}") })
}

fn text(value: &Value, field: &str) -> Result<String, PlanError> {
    value.as_str().map(str::to_owned).ok_or_else(|| kind(field, "a text"))
}

fn kind(field: &str, expected: &'static str) -> PlanError {
    PlanError::Kind { field: field.to_owned(), expected }
}

/// A text cut for an error message.
pub(crate) fn short(value: &str) -> String {
    value.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(days: &str) -> Result<YearPlan, PlanError> {
        YearPlan::parse(&format!(r#"{{"year": 2026, "papers": [], "days": [{days}]}}"#))
    }

    #[test]
    fn every_fault_is_named_with_its_field() {
        let of = |days: &str| plan(days).unwrap_err().to_string();
        let good = r#"{"name":"元旦","date":"2026-01-01","isOffDay":true}"#;
        assert_eq!(of(r#"{"date":"2026-01-01","isOffDay":true}"#), "days[0].name: missing");
        assert_eq!(of(&format!(r#"{good},{{"name":"元旦","isOffDay":true}}"#)), "days[1].date: missing");
        assert_eq!(of(r#"{"name":"元旦","date":"2026-01-01"}"#), "days[0].isOffDay: missing");
        assert_eq!(of(r#"{"name":"元旦","date":"2026-01-01","isOffDay":1}"#), "days[0].isOffDay: must be true or false");
        assert_eq!(
            of(r#"{"name":"元旦","date":"2026-02-29","isOffDay":true}"#),
            "days[0].date: '2026-02-29' is not a date such as 2026-10-01"
        );
        assert!(of(r#"{"name":"元旦","date":"20260101","isOffDay":true}"#).starts_with("days[0].date: "));
        assert_eq!(of(&format!("{good},{good}")), "days[1].date: 2026-01-01 is listed twice");
        assert_eq!(
            of(r#"{"name":"元旦","date":"2024-12-31","isOffDay":true}"#),
            "days[0].date: 2024-12-31 does not belong in the plan of 2026"
        );
        assert_eq!(
            of(r#"{"name":"春节","date":"2025-02-03","isOffDay":true}"#),
            "days[0].date: 2025-02-03 does not belong in the plan of 2026",
            "a slip of the pen in the year"
        );
        assert_eq!(of(""), "days: empty, the plan of 2026 has not been published");
        assert_eq!(YearPlan::parse("{").unwrap_err(), PlanError::Json { line: 1, column: 1 });
        assert_eq!(YearPlan::parse("[]").unwrap_err().to_string(), "the file: must be an object with year and days");
        assert_eq!(YearPlan::parse("{}").unwrap_err().to_string(), "year: missing");
        assert_eq!(YearPlan::parse(r#"{"year": 2026}"#).unwrap_err().to_string(), "days: missing");
        let unsigned = format!(r#"{{"year": 2026, "days": [{good}]}}"#);
        assert_eq!(YearPlan::parse(&unsigned).unwrap_err().to_string(), "papers: missing");
        assert_eq!(YearPlan::parse(r#"{"year": 99999, "days": []}"#).unwrap_err(), PlanError::Year { year: 99_999 });
    }

    #[test]
    fn a_day_of_the_neighbour_year_is_taken() {
        let plan = plan(r#"{"name":"元旦","date":"2025-12-31","isOffDay":true}"#).unwrap();
        assert_eq!(plan.days.first().unwrap().date, Date::constant(2025, 12, 31));
        assert_eq!(YearPlan::parse(&plan.to_json().to_string()).unwrap(), plan);
    }
}
