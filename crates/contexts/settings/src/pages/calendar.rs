//! The page of the calendar: which days are worked, and where that comes from.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use jiff::civil::Date;
use linli_access::Action;
use linli_calendar::{Calendar, LocalDay, LocalKind, YearPlan};
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::{Refused, at_field, handed_in, may, source_words, standing};
use crate::model::{StoredDay, StoredYear};
use crate::standing::Standing;
use crate::{commands, queries, rules};

/// Years from this one on that the page speaks of when they have no plan.
const AHEAD: i16 = 2;

struct DayLine {
    date: String,
    name: String,
    off: bool,
}

struct YearCard {
    year: i16,
    source: String,
    brought_in: bool,
    version: String,
    off: usize,
    make_up: usize,
    papers: Vec<String>,
    note: String,
    days: Vec<DayLine>,
}

struct LocalLine {
    date: String,
    what: String,
    name: String,
    source: String,
}

#[derive(Template)]
#[template(path = "settings-calendar.html")]
pub(crate) struct CalendarPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    said: String,
    may: bool,
    refused: Vec<Refused>,
    years: Vec<YearCard>,
    missing: String,
    local: Vec<LocalLine>,
    kinds: Vec<Choice>,
    version: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Just {
    #[serde(default)]
    said: String,
}

/// `GET /admin/calendar`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Query(just): Query<Just>,
) -> Result<Page<CalendarPage>, AppError> {
    let said = match just.said.as_str() {
        "taken" => "settings-said-calendar-taken",
        "same" => "settings-said-same",
        "removed" => "settings-said-removed",
        _ => "",
    };
    Ok(Page(page(&caller, &hall, said, FormMap::default(), Problems::default()).await?))
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    said: &'static str,
    form: FormMap,
    problems: Problems,
) -> Result<CalendarPage, AppError> {
    let t = caller.info.t().clone();
    let calendar = standing(hall)?.calendar();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let stored = queries::years(c).await?;
    let days = queries::days(c).await?;
    let refused = queries::refused(c, "calendar").await?;
    drop(read);
    let missing = missing(&calendar, hall.now().local().year());
    let kinds = ["off", "work", "closed"];
    Ok(CalendarPage {
        shell: caller.shell(t.s("settings-calendar-title")),
        said: if said.is_empty() { String::new() } else { t.s(said).into_owned() },
        may: may(caller, Action::Change),
        refused: refused.into_iter().map(Refused::from).collect(),
        years: calendar.years().map(|plan| card(&t, plan, &stored)).collect(),
        missing: missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(&t.s("settings-list-separator")),
        local: days.iter().map(|day| local_line(&t, day)).collect(),
        kinds: kinds.map(|kind| Choice::new(kind, t.s(&format!("settings-day-{kind}")))).into(),
        version: calendar.version().to_owned(),
        problems,
        form,
        t,
    })
}

/// The years from this one on that have no plan.
fn missing(calendar: &Calendar, now: i16) -> Vec<i16> {
    (now..=now.saturating_add(AHEAD)).filter(|year| calendar.year(*year).is_none()).collect()
}

fn card(t: &T, plan: &YearPlan, stored: &[StoredYear]) -> YearCard {
    let brought = stored.iter().find(|known| known.plan.year == plan.year);
    let (off, make_up) = rules::counts(plan);
    YearCard {
        year: plan.year,
        source: match brought {
            Some(known) => source_words(t, &known.source, known.set_at),
            None => t.s("settings-shipped").into_owned(),
        },
        brought_in: brought.is_some(),
        version: rules::version_of(plan),
        off,
        make_up,
        papers: plan.papers.clone(),
        note: plan.note.clone().unwrap_or_default(),
        days: plan
            .days
            .iter()
            .map(|day| DayLine { date: day.date.to_string(), name: day.name.clone(), off: day.is_off_day })
            .collect(),
    }
}

fn local_line(t: &T, stored: &StoredDay) -> LocalLine {
    let what = match &stored.day.kind {
        LocalKind::Off => t.s("settings-day-off").into_owned(),
        LocalKind::Work => t.s("settings-day-work").into_owned(),
        LocalKind::Closed { from, to } => {
            t.with("settings-day-closed-at", &[("from", from.as_str().into()), ("to", to.as_str().into())])
        }
    };
    LocalLine {
        date: stored.day.date.to_string(),
        what,
        name: stored.day.name.clone(),
        source: source_words(t, &stored.source, stored.set_at),
    }
}

/// `GET /admin/calendar/years/{year}`: the plan in force, in the shape in which it is brought in.
pub(crate) async fn plan(_: Caller, State(hall): State<Hall>, Path(year): Path<i16>) -> Result<Response, AppError> {
    let calendar = standing(&hall)?.calendar();
    let plan = calendar.year(year).ok_or_else(AppError::not_found)?;
    let text = serde_json::to_string_pretty(&plan.to_json()).map_err(AppError::internal)?;
    let name = format!("attachment; filename=\"calendar-{year}.json\"");
    Ok(([(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, name)], text).into_response())
}

async fn again(caller: &Caller, hall: &Hall, form: FormMap, error: AppError) -> Result<Response, AppError> {
    let problems = error.into_problems()?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page(caller, hall, "", form, problems).await?)).into_response())
}

/// What was changed is in force in this process before the answer.
async fn settle(hall: &Hall) -> Result<(), AppError> {
    let standing: std::sync::Arc<Standing> = standing(hall)?;
    Ok(standing.refresh(hall.db(), hall.now()).await?)
}

/// `POST /admin/calendar/plans`: the plan of a year, or a file with decisions about days.
pub(crate) async fn take(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    match try_take(&caller, &hall, &form).await {
        Ok(changed) => {
            settle(&hall).await?;
            let said = if changed { "taken" } else { "same" };
            Ok(Redirect::to(&format!("/admin/calendar?said={said}")).into_response())
        }
        Err(error) => again(&caller, &hall, form, error).await,
    }
}

async fn try_take(caller: &Caller, hall: &Hall, form: &FormMap) -> Result<bool, AppError> {
    let field = if form.files("plan_file").next().is_some() { "plan_file" } else { "plan_text" };
    let (name, text) = handed_in(form, "plan_file", "plan_text")?;
    let typed = form.typed("plan_year").trim();
    let asked = match typed.parse::<i16>() {
        Ok(year) => Some(year),
        Err(_) if typed.is_empty() => rules::year_in_name(&name),
        Err(_) => return Err(AppError::invalid(vec![FieldProblem::new("plan_year", "settings-plan-year-typed")])),
    };
    let mut tx = hall.begin(DistrictId::CITY).await?;
    let taken = commands::take_calendar(&caller.ctx, &mut tx, &text, (asked, "page")).await;
    let changed = taken.map_err(|error| at_field(error, field))?;
    hall.commit(tx).await?;
    Ok(changed)
}

/// `POST /admin/calendar/years/{year}/reset`: the shipped plan counts again, or none.
pub(crate) async fn reset(caller: Caller, State(hall): State<Hall>, Path(year): Path<i16>) -> Result<Redirect, AppError> {
    let mut tx = hall.begin(DistrictId::CITY).await?;
    commands::reset_year(&caller.ctx, &mut tx, year).await?;
    hall.commit(tx).await?;
    settle(&hall).await?;
    Ok(Redirect::to("/admin/calendar?said=removed"))
}

/// `POST /admin/calendar/days`.
pub(crate) async fn add_day(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    match try_add(&caller, &hall, &form).await {
        Ok(()) => {
            settle(&hall).await?;
            Ok(Redirect::to("/admin/calendar?said=taken").into_response())
        }
        Err(error) => again(&caller, &hall, form, error).await,
    }
}

async fn try_add(caller: &Caller, hall: &Hall, form: &FormMap) -> Result<(), AppError> {
    let t = caller.info.t();
    let mut read = form.reader();
    read.text("date", &t.s("settings-day-date"), 1..=10);
    let date = read.date("date");
    let kind = read.choice::<String>("kind", &t.s("settings-day-kind"));
    let name = read.text("name", &t.s("settings-day-reason"), 1..=rules::REASON_CHARS);
    let kind = match kind.as_deref() {
        Some("work") => LocalKind::Work,
        Some("closed") => LocalKind::Closed {
            from: read.text("closed_from", &t.s("settings-day-from"), 1..=5),
            to: read.text("closed_to", &t.s("settings-day-to"), 1..=5),
        },
        Some("off") | None => LocalKind::Off,
        Some(_) => {
            read.wrong(FieldProblem::new("kind", "field-not-a-choice").arg("label", ""));
            LocalKind::Off
        }
    };
    read.finish()?;
    let Some(date) = date else { return Err(AppError::invalid(Vec::new())) };
    let mut tx = hall.begin(DistrictId::CITY).await?;
    let put = commands::put_day(&caller.ctx, &mut tx, LocalDay { date, name, kind }, "page").await;
    put.map_err(|error| match &error {
        crate::SettingsError::Calendar(calendar) => {
            let field = rules::day_field(calendar).unwrap_or("date");
            AppError::invalid(vec![FieldProblem::new(field, "settings-day-wrong").arg("why", calendar.to_string())])
        }
        _ => error.into(),
    })?;
    hall.commit(tx).await
}

/// `POST /admin/calendar/days/{day}/remove`.
pub(crate) async fn remove_day(
    caller: Caller,
    State(hall): State<Hall>,
    Path(day): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let date: Date = day.parse().map_err(|_| AppError::not_found())?;
    let removed = async {
        let mut tx = hall.begin(DistrictId::CITY).await?;
        let removed = commands::remove_day(&caller.ctx, &mut tx, date, form.typed("reason")).await;
        removed.map_err(|error| match error {
            crate::SettingsError::Field { what, .. } => {
                AppError::invalid(vec![FieldProblem::new(&format!("reason-{date}"), &format!("settings-{what}")).arg("in", "")])
            }
            other => other.into(),
        })?;
        hall.commit(tx).await
    };
    match removed.await {
        Ok(()) => {
            settle(&hall).await?;
            Ok(Redirect::to("/admin/calendar?said=removed").into_response())
        }
        Err(error) => again(&caller, &hall, form, error).await,
    }
}
