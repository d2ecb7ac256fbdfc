//! The administrator's pages.

pub(crate) mod calendar;
pub(crate) mod rules;

use std::sync::Arc;

use linli_access::{Action, Resource};
use linli_calendar::PlanError;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_rulebook::RuleError;
use linli_webkit::{AppError, FieldProblem, FormMap, T};

use crate::error::SettingsError;
use crate::model::RefusedFile;
use crate::standing::Standing;
use crate::{commands, rules as decide};

/// The standing of this process.
fn standing(hall: &Hall) -> Result<Arc<Standing>, AppError> {
    hall.service::<Standing>()
}

/// Whether the caller may change what counts in all districts.
fn may(caller: &Caller, action: Action) -> bool {
    caller.ctx.may(action, Resource::Rules, DistrictId::CITY, &PlacePath::root()).is_ok()
}

/// Where something came from, in words.
fn source_words(t: &T, source: &str, at: Ts) -> String {
    let at = t.moment(at);
    match decide::file_of(source) {
        Some(file) => t.with("settings-from-file", &[("file", file.into()), ("at", at.into())]),
        None => t.v("settings-from-page", "at", at),
    }
}

/// What was handed in: a file, or else what was typed. The name of the file and its text.
fn handed_in(form: &FormMap, file: &'static str, text: &'static str) -> Result<(String, String), AppError> {
    let wrong = |field: &str, key: &str| AppError::invalid(vec![FieldProblem::new(field, key)]);
    if let Some(upload) = form.files(file).next() {
        if upload.bytes.len() > decide::FILE_BYTES {
            return Err(wrong(file, "settings-file-long"));
        }
        let text = String::from_utf8(upload.bytes.to_vec()).map_err(|_| wrong(file, "settings-file-not-utf8"))?;
        return Ok((upload.file_name.chars().filter(|c| !c.is_control()).take(80).collect(), text));
    }
    let typed = form.typed(text);
    if typed.trim().is_empty() {
        return Err(wrong(text, "settings-nothing-handed-in"));
    }
    if typed.len() > decide::FILE_BYTES {
        return Err(wrong(text, "settings-file-long"));
    }
    Ok((String::new(), typed.replace("\r\n", "\n")))
}

/// A refusal about what was handed in, at the field it was handed in by.
fn at_field(error: SettingsError, field: &str) -> AppError {
    let problem = match &error {
        SettingsError::Calendar(linli_calendar::CalendarError::Plan(plan)) => plan_problem(field, plan),
        SettingsError::Calendar(other) => FieldProblem::new(field, "settings-day-wrong").arg("why", other.to_string()),
        SettingsError::Rule(rule) => rule_problem(field, rule),
        SettingsError::OtherYear { asked, found } => FieldProblem::new(field, "settings-plan-of-another-year")
            .arg("asked", asked.to_string())
            .arg("found", found.to_string()),
        SettingsError::Field { field: inner, what } => {
            FieldProblem::new(field, &format!("settings-{what}")).arg("in", inner.clone())
        }
        _ => return error.into(),
    };
    AppError::invalid(vec![problem])
}

fn plan_problem(field: &str, error: &PlanError) -> FieldProblem {
    let named = |key: &str, inner: &str| FieldProblem::new(field, key).arg("in", inner.to_owned());
    match error {
        PlanError::Json { line, column } => {
            FieldProblem::new(field, "settings-plan-json").arg("line", *line).arg("column", *column)
        }
        PlanError::Missing { field: inner } => named("settings-plan-missing", inner),
        PlanError::Kind { field: inner, expected } => named("settings-plan-kind", inner).arg("expected", *expected),
        PlanError::Date { field: inner, value } => named("settings-plan-date", inner).arg("value", value.clone()),
        PlanError::OtherYear { field: inner, date, year } => {
            named("settings-plan-other-year", inner).arg("date", date.to_string()).arg("year", year.to_string())
        }
        PlanError::Duplicate { field: inner, date } => named("settings-plan-twice", inner).arg("date", date.to_string()),
        PlanError::Empty { year } => named("settings-plan-empty", "days").arg("year", year.to_string()),
        PlanError::Year { year } => named("settings-plan-year", "year").arg("year", year.to_string()),
    }
}

fn rule_problem(field: &str, error: &RuleError) -> FieldProblem {
    let (line, inner) = commands::points_at(error);
    let why = match error {
        RuleError::Pack { message, .. } => message.clone(),
        other => other.to_string(),
    };
    FieldProblem::new(field, "settings-pack-wrong").arg("line", line).arg("in", inner.to_owned()).arg("why", why)
}

impl From<SettingsError> for AppError {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Db(e) => linli_hall::store_error(e),
            SettingsError::Denied(e) => linli_hall::denied(e),
            SettingsError::Field { field, what } => {
                Self::invalid(vec![FieldProblem::new(&field, &format!("settings-{what}")).arg("in", "")])
            }
            other => Self::new(other.code()).caused_by(other),
        }
    }
}

/// A refused file, for the template.
struct Refused {
    name: String,
    problem: String,
}

impl From<RefusedFile> for Refused {
    fn from(file: RefusedFile) -> Self {
        Self { name: file.name, problem: file.problem }
    }
}

#[cfg(test)]
mod tests {
    use linli_webkit::{Texts, i18n};

    #[test]
    fn every_text_of_the_pages_exists() {
        let texts = Texts::new(&[i18n::SHARED_TEXTS, linli_hall::TEXTS, crate::TEXTS]).unwrap();
        let sources = [
            include_str!("../../templates/settings-calendar.html"),
            include_str!("../../templates/settings-rules.html"),
            include_str!("mod.rs"),
            include_str!("calendar.rs"),
            include_str!("rules.rs"),
        ];
        assert_eq!(texts.check_templates(&sources), Vec::<String>::new());
        let problems = ["json", "missing", "kind", "date", "other-year", "twice", "empty", "year", "of-another-year"];
        for key in problems.map(|p| format!("settings-plan-{p}")) {
            assert!(texts.has(&key), "{key}");
        }
        for what in ["reason-missing", "reason-long", "reason-control"] {
            assert!(texts.has(&format!("settings-{what}")), "{what}");
        }
    }
}
