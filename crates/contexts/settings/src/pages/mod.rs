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
        PlanError::Kind { field: inner, expected } => named(kind_key(inner, expected), inner),
        PlanError::Date { field: inner, value } => named("settings-plan-date", inner).arg("value", value.clone()),
        PlanError::OtherYear { field: inner, date, year } => {
            named("settings-plan-other-year", inner).arg("date", date.to_string()).arg("year", year.to_string())
        }
        PlanError::Duplicate { field: inner, date } => named("settings-plan-twice", inner).arg("date", date.to_string()),
        PlanError::Empty { year } => named("settings-plan-empty", "days").arg("year", year.to_string()),
        PlanError::Year { year } => named("settings-plan-year", "year").arg("year", year.to_string()),
    }
}

/// The text for what a field of a plan should be.
fn kind_key(field: &str, expected: &str) -> &'static str {
    match expected {
        _ if field == "the file" => "settings-plan-kind-file",
        "a list" => "settings-plan-kind-list",
        "true or false" => "settings-plan-kind-flag",
        "a text" => "settings-plan-kind-text",
        number if number.starts_with("a number") => "settings-plan-kind-number",
        _ => "settings-plan-kind-day",
    }
}

/// What is wrong with a pack, in the language of the reader; the words of whoever read it stand after it, for those who know TOML.
fn rule_problem(field: &str, error: &RuleError) -> FieldProblem {
    let (line, inner) = commands::points_at(error);
    let problem = |key: &str, name: &str, why: &str| {
        let problem = FieldProblem::new(field, key).arg("line", line).arg("in", inner.to_owned());
        problem.arg("name", name.to_owned()).arg("why", why.to_owned())
    };
    match error {
        RuleError::Pack { message, .. } => {
            let (key, name) = pack_reason(inner, message);
            problem(key, name, message)
        }
        RuleError::Overlap { other_version, .. } => problem("settings-pack-overlap", other_version, ""),
        RuleError::SameVersion { version, .. } => problem("settings-pack-same-version", version, ""),
        RuleError::None { id, .. } | RuleError::Unknown { id } => problem("settings-pack-no-such-id", id, ""),
    }
}

/// The text for what a reader of TOML says, and the name in it.
fn pack_reason<'m>(field: &str, message: &'m str) -> (&'static str, &'m str) {
    let named = |start: &str| message.strip_prefix(start)?.split('`').next();
    let said = [
        ("missing field `", "settings-pack-missing"),
        ("unknown field `", "settings-pack-unknown-field"),
        ("unknown variant `", "settings-pack-unknown-word"),
        ("duplicate field `", "settings-pack-twice"),
        ("duplicate key `", "settings-pack-twice"),
    ];
    if let Some((key, name)) = said.iter().find_map(|(start, key)| Some((*key, named(start)?))) {
        return (key, name);
    }
    match message {
        _ if field.is_empty() => ("settings-pack-not-toml", ""),
        kind if kind.starts_with("invalid type") || kind.starts_with("invalid value") => ("settings-pack-kind", ""),
        _ => ("settings-pack-wrong", ""),
    }
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
        let problems = ["json", "missing", "date", "other-year", "twice", "empty", "year", "of-another-year"];
        for key in problems.map(|p| format!("settings-plan-{p}")) {
            assert!(texts.has(&key), "{key}");
        }
        let kinds = ["file", "list", "flag", "text", "number", "day"].map(|kind| format!("settings-plan-kind-{kind}"));
        let packs = ["missing", "unknown-field", "unknown-word", "twice", "not-toml", "kind", "wrong", "overlap", "same-version"];
        let packs = packs.map(|what| format!("settings-pack-{what}"));
        for key in kinds.into_iter().chain(packs).chain(["settings-pack-no-such-id".to_owned()]) {
            assert!(texts.has(&key), "{key}");
        }
        for what in ["reason-missing", "reason-long", "reason-control"] {
            assert!(texts.has(&format!("settings-{what}")), "{what}");
        }
    }

    /// A refused plan or pack is said in the language of the reader; only what whoever read it said stands there as it is.
    #[test]
    fn a_refusal_speaks_the_language_of_the_reader() {
        let t = std::sync::Arc::new(Texts::new(&[i18n::SHARED_TEXTS, linli_hall::TEXTS, crate::TEXTS]).unwrap());
        let t = t.in_locale(linli_webkit::Locale::ZhCn);
        for (json, says) in [
            ("[]", "应为带有 year 和 days 的一个对象"),
            (r#"{"year": "2026"}"#, "year：应为数字，例如 2026"),
            (r#"{"year": 2026, "days": 3}"#, "days：应为列表"),
            (r#"{"year": 2026, "days": [3]}"#, "days[0]：应为带有 name、date、isOffDay 的一个对象"),
            (r#"{"year": 2026, "days": [{"name": 1}]}"#, "days[0].name：应为文本"),
            (r#"{"year": 2026, "days": [{"name": "元旦", "date": "2026-01-01", "isOffDay": 1}]}"#, "应为 true 或 false"),
        ] {
            let refused = linli_calendar::YearPlan::parse(json).unwrap_err();
            let said = super::plan_problem("plan", &refused).text(&t);
            assert!(said.contains(says) && !said.contains("the file") && !said.contains("an object"), "{said}");
        }
        let pack = |line: usize, field: &str, message: &str| linli_rulebook::RuleError::Pack {
            file: "local.toml".to_owned(),
            line,
            field: field.to_owned(),
            message: message.to_owned(),
        };
        for (refused, says) in [
            (pack(3, "", "extra `=`, expected nothing"), "第 3 行：不是有效的 TOML。技术说明：extra `=`, expected nothing"),
            (pack(1, "body.danger", "missing field `danger`"), "缺少 danger 这一项（body.danger）"),
            (
                pack(9, "citation.titel", "unknown field `titel`, expected `title`"),
                "第 9 行，citation.titel：没有 titel 这一项。技术说明：unknown",
            ),
            (pack(9, "body.clock", "unknown variant `x`, expected `y`"), "第 9 行，body.clock：不能写 x。技术说明：unknown"),
            (
                pack(9, "body.clock", "invalid type: string \"two\", expected i64"),
                "第 9 行，body.clock：填写的类型不对。技术说明：invalid",
            ),
            (pack(9, "body.class", "class x is there twice"), "第 9 行，body.class：规则前后不一致或不完整。技术说明：class x"),
        ] {
            let said = super::rule_problem("pack_text", &refused).text(&t);
            assert!(said.contains(says), "{said}");
        }
    }
}
