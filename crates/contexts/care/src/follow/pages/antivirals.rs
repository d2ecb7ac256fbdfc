//! Early antivirals for somebody who fell ill: the checklist is asked, and answered with what speaks for and against each. Nothing of it is kept.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{choices, desk, private, run, source};
use crate::follow::commands;
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::Followed;
use crate::follow::queries;
use crate::follow::rules::{Antivirals, Checked, Fit, Point, Rules};
use crate::model::CarePersonId;

/// A question as it is asked.
struct Asked {
    field: String,
    text: String,
    answer: String,
}

/// A medicine and what speaks for and against it.
struct Row {
    name: String,
    tone: &'static str,
    word: String,
    why: Vec<String>,
    citation: String,
}

#[derive(Template)]
#[template(path = "follow-antivirals.html")]
struct AntiviralsPage {
    shell: Shell,
    t: T,
    href: String,
    problems: Problems,
    /// Whether the risk factors are known; without them nothing is computed.
    known: bool,
    onset: String,
    questions: Vec<Asked>,
    answers: Vec<Choice>,
    rows: Vec<Row>,
    source: String,
}

/// `GET /care/follow/{id}/antivirals`.
pub(crate) async fn form(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| FollowError::NotFound)?;
    Ok(private(Page(page(&caller, &hall, id, &FormMap::default(), false).await?)))
}

/// `POST /care/follow/{id}/antivirals`: by post, so that no answer stands in an address. That it was looked at is written down, nothing else.
pub(crate) async fn check(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let id: CarePersonId = id.parse().map_err(|_| FollowError::NotFound)?;
    let page = page(&caller, &hall, id, &form, true).await?;
    run!(caller, hall, tx => commands::looked(&caller.ctx, tx, id))?;
    let status = if page.problems.is_empty() { http::StatusCode::OK } else { http::StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, private(Page(page))).into_response())
}

/// The day of the onset: not after today.
fn onset(form: &FormMap, today: Date) -> Result<Date, FollowError> {
    let wrong = |problem| FollowError::Field { field: "onset", problem };
    let typed = form.typed("onset").trim();
    let day: Date = typed.parse().map_err(|_| wrong(if typed.is_empty() { Wrong::Required } else { Wrong::NotADate }))?;
    if day > today { Err(wrong(Wrong::NotADate)) } else { Ok(day) }
}

async fn page(caller: &Caller, hall: &Hall, id: CarePersonId, form: &FormMap, sent: bool) -> Result<AntiviralsPage, AppError> {
    let (t, desk) = (caller.info.t().clone(), desk(hall)?);
    let view = queries::person(&caller.ctx, &mut hall.read().await?.conn(), &desk, id).await?;
    let (english, today) = (t.locale().tag() == "en", caller.ctx.now().local().date());
    let list = view.rules.antivirals();
    let (mut problems, mut rows) = (Problems::default(), Vec::new());
    if let Some(followed) = view.followed.as_ref().filter(|_| sent) {
        match onset(form, today) {
            Ok(onset) => rows = judged(&t, &view.rules, followed, ((onset, today), form), english),
            Err(error) => problems = AppError::from(error).into_problems()?,
        }
    }
    let ask = |question: &crate::follow::rules::Question| {
        let field = format!("q-{}", question.code);
        Asked { text: question.text(english).to_owned(), answer: form.typed(&field).to_owned(), field }
    };
    Ok(AntiviralsPage {
        shell: caller.shell(t.v("follow-antivirals-title", "name", &view.name)),
        href: format!("/care/follow/{id}"),
        known: view.followed.is_some(),
        onset: form.typed("onset").to_owned(),
        questions: list.questions().iter().map(ask).collect(),
        answers: choices(&t, "follow-answer", ["no", "yes"]),
        rows,
        source: source(&t, view.rules.antivirals_stamp()),
        problems,
        t,
    })
}

fn judged(t: &T, rules: &Rules, followed: &Followed, (days, form): ((Date, Date), &FormMap), english: bool) -> Vec<Row> {
    let list = rules.antivirals();
    let answer = |code: &str| match form.typed(&format!("q-{code}")) {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let codes = list.questions().iter().map(|question| question.code.as_str());
    let answers: BTreeMap<String, bool> = codes.filter_map(|code| Some((code.to_owned(), answer(code)?))).collect();
    list.check(&followed.factors, days, &answers).iter().map(|checked| row(t, list, checked, english)).collect()
}

fn row(t: &T, list: &Antivirals, checked: &Checked<'_>, english: bool) -> Row {
    let question = |code: &str| match list.question(code) {
        Some(question) => question.text(english).to_owned(),
        None => t.s(&format!("follow-{code}")).into_owned(),
    };
    let said = |point: &Point| match point {
        Point::TooLate { days, within } => {
            t.with("follow-antiviral-late", &[("days", (*days).into()), ("within", (*within).into())])
        }
        Point::TooYoung => t.s("follow-antiviral-young").into_owned(),
        Point::NoRisk => t.s("follow-antiviral-no-risk").into_owned(),
        Point::Stops(code) => t.v("follow-antiviral-stops", "what", question(code)),
        Point::Weighs(code) => t.v("follow-antiviral-weighs", "what", question(code)),
        Point::NotAsked(code) => t.v("follow-antiviral-not-asked", "what", question(code)),
    };
    let tone = match checked.fit {
        Fit::Possible => "well",
        Fit::Weigh => "soon",
        Fit::Out => "act",
    };
    let unverified = if checked.medicine.verified { String::new() } else { t.s("follow-antiviral-unverified").into_owned() };
    Row {
        name: checked.medicine.name(english).to_owned(),
        tone,
        word: t.s(&format!("follow-antiviral-{}", checked.fit.as_str())).into_owned(),
        why: checked.points.iter().map(said).collect(),
        citation: format!("{}{unverified}", checked.medicine.citation),
    }
}
