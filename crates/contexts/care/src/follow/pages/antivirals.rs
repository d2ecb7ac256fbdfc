//! Early antivirals for somebody who fell ill: the checklist is asked, answered with what speaks for and against each, and a prescriber decides.
//! What is only looked up is kept nowhere.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{agreed, choices, desk, run, source};
use crate::follow::commands::{self, Decided};
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{DecisionId, Followed};
use crate::follow::queries;
use crate::follow::rules::{Answers, Antivirals, Checked, Fit, Point, Question, Rules};
use crate::model::CarePersonId;
use crate::pages::{ended, keyed, named, private};

/// A question as it is asked.
struct Asked {
    field: String,
    text: String,
    answer: String,
}

/// Other medicines, and whether they are taken.
struct Taken {
    code: String,
    text: String,
    ticked: bool,
}

/// A medicine and what speaks for and against it.
struct Row {
    name: String,
    tone: &'static str,
    word: String,
    why: Vec<String>,
    /// Boxes that can be handed out where the person is followed.
    stock: String,
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
    others: Vec<Taken>,
    others_source: String,
    answers: Vec<Choice>,
    rows: Vec<Row>,
    /// Whether the actor may decide, and what about.
    may_decide: bool,
    medicines: Vec<Choice>,
    form: FormMap,
    source: String,
}

impl AntiviralsPage {
    fn typed(&self, field: &str) -> &str {
        self.form.typed(field)
    }
}

/// `GET /care/follow/{id}/antivirals`.
pub(crate) async fn form(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| FollowError::NotFound)?;
    Ok(private(Page(page(&caller, &hall, id, (&FormMap::default(), false), Problems::default()).await?)))
}

/// `POST /care/follow/{id}/antivirals`: by post, so that no answer stands in an address. That it was looked at is written down, nothing else.
pub(crate) async fn check(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let id: CarePersonId = id.parse().map_err(|_| FollowError::NotFound)?;
    let page = page(&caller, &hall, id, (&form, true), Problems::default()).await?;
    run!(caller, hall, tx => commands::looked(&caller.ctx, tx, id))?;
    let status = if page.problems.is_empty() { http::StatusCode::OK } else { http::StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, private(Page(page))).into_response())
}

/// `POST /care/follow/{id}/antivirals/decide`: a prescription, or a decision against one, with what was asked.
pub(crate) async fn decide(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: CarePersonId = id.parse().map_err(|_| FollowError::NotFound)?;
    let desk = desk(&hall)?;
    let view = queries::person(&caller.ctx, &mut hall.read().await?.conn(), &desk, id).await?;
    let done = async {
        let medicine = form.typed("medicine");
        let wrong = |field, problem| FollowError::Field { field, problem };
        let medicine = match medicine {
            "" => return Err(wrong("medicine", Wrong::Required).into()),
            "none" => None,
            code => Some(code),
        };
        let range = Wrong::OutOfRange { least: 1, most: commands::PRESCRIBE_MAX };
        let quantity = match (form.typed("quantity").trim(), medicine) {
            (_, None) => 0,
            (typed, Some(_)) => typed.parse().map_err(|_| wrong("quantity", range))?,
        };
        let input = Decided {
            onset: onset(&form, caller.ctx.now().local().date())?,
            answers: answers(view.rules.antivirals(), &form),
            medicine,
            quantity,
            because: form.typed("because"),
            seen: form.reader().ticked("seen"),
        };
        run!(caller, hall, tx => async {
            let consent = agreed(&caller, tx, id).await?;
            commands::decide(&caller.ctx, tx, &desk, &consent, input).await
        })
    }
    .await;
    let done = done.map(|_| format!("/care/follow/{id}#antivirals"));
    ended(&caller, done, async |problems| Ok(Page(page(&caller, &hall, id, (&form, true), problems).await?))).await
}

/// `POST /care/antivirals/decisions/{id}/put`: handed out, or void.
pub(crate) async fn put(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: DecisionId = id.parse().map_err(|_| FollowError::NotFound)?;
    let (person, institution) = queries::decision_person(&caller.ctx, &mut hall.read().await?.conn(), id).await?;
    let done = run!(caller, hall, tx => async {
        match form.typed("to") {
            "dispensed" => commands::hand_out(&caller.ctx, tx, id).await,
            "cancelled" => commands::cancel(&caller.ctx, tx, id, form.typed("because")).await,
            _ => Err(FollowError::Field { field: "to", problem: Wrong::NotAChoice }),
        }
    });
    let at_person = form.typed("back") == "person";
    match done {
        done if at_person => {
            let sent = (&form, &*format!("cancel-{id}"));
            super::person::back(&caller, &hall, person, sent, done.map(|()| "#antivirals")).await
        }
        Ok(()) => Ok(Redirect::to(&format!("/care/antivirals/{institution}")).into_response()),
        Err(error) => Err(error),
    }
}

/// The day of the onset: not after today.
fn onset(form: &FormMap, today: Date) -> Result<Date, FollowError> {
    let wrong = |problem| FollowError::Field { field: "onset", problem };
    let typed = form.typed("onset").trim();
    let day: Date = typed.parse().map_err(|_| wrong(if typed.is_empty() { Wrong::Required } else { Wrong::NotADate }))?;
    if day > today { Err(wrong(Wrong::InFuture)) } else { Ok(day) }
}

/// What was answered; a question without an answer was not asked.
fn answers(list: &Antivirals, form: &FormMap) -> Answers {
    let answer = |code: &str| match form.typed(&format!("q-{code}")) {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let said = list.questions().iter().filter_map(|one| Some((one.code.clone(), answer(&one.code)?)));
    let takes = form.all("takes").filter(|code| list.interaction(code).is_some()).map(str::to_owned);
    Answers { said: said.collect(), takes: takes.collect() }
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    id: CarePersonId,
    (form, sent): (&FormMap, bool),
    mut problems: Problems,
) -> Result<AntiviralsPage, AppError> {
    let (t, desk) = (caller.info.t().clone(), desk(hall)?);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let view = queries::person(&caller.ctx, c, &desk, id).await?;
    let (english, today) = (t.locale().tag() == "en", caller.ctx.now().local().date());
    let list = view.rules.antivirals();
    let mut rows = Vec::new();
    if let Some(followed) = view.followed.as_ref().filter(|_| sent) {
        match onset(form, today) {
            Ok(onset) => {
                let all = queries::antiviral_stock(&caller.ctx, c, caller.ctx.now()).await?;
                let here = all.into_iter().find(|of| of.institution == followed.institution);
                let stock = here.map(|of| of.medicines.into_iter().map(|(code, stock)| (code, stock.left)).collect());
                rows = judged(&t, &view.rules, followed, ((onset, today), form), &stock.unwrap_or_default());
            }
            Err(error) if problems.is_empty() => problems = named(&t, AppError::from(error).into_problems()?),
            Err(_) => {}
        }
    }
    let ask = |question: &Question| {
        let field = format!("q-{}", question.code);
        Asked { text: question.text(english).to_owned(), answer: form.typed(&field).to_owned(), field }
    };
    let taken = |one: &crate::follow::rules::Interaction| Taken {
        text: one.text(english).to_owned(),
        ticked: form.all("takes").any(|code| code == one.code),
        code: one.code.clone(),
    };
    let unverified = t.s("follow-antiviral-unverified");
    let mut medicines: Vec<Choice> = list.medicines().iter().map(|one| Choice::new(&one.code, one.name(english))).collect();
    medicines.push(Choice::new("none", t.s("follow-antiviral-against").into_owned()));
    Ok(AntiviralsPage {
        shell: caller.shell(t.v("follow-antivirals-title", "name", &view.name)),
        href: format!("/care/follow/{id}"),
        known: view.followed.is_some(),
        onset: form.typed("onset").to_owned(),
        questions: list.questions().iter().map(ask).collect(),
        others: list.interactions().iter().map(taken).collect(),
        others_source: list
            .interactions()
            .first()
            .map(|one| format!("{}{}", one.citation, if one.verified { "" } else { unverified.as_ref() }))
            .unwrap_or_default(),
        answers: choices(&t, "follow-answer", ["no", "yes"]),
        rows,
        may_decide: caller.ctx.scope(Action::Change, Resource::Antiviral).is_ok(),
        medicines,
        form: form.clone(),
        source: source(&t, view.rules.antivirals_stamp()),
        problems,
        t: t.clone(),
    })
}

fn judged(
    t: &T,
    rules: &Rules,
    followed: &Followed,
    (days, form): ((Date, Date), &FormMap),
    stock: &BTreeMap<String, i64>,
) -> Vec<Row> {
    let list = rules.antivirals();
    let checked = list.check(&followed.factors, days, &answers(list, form));
    checked.iter().map(|checked| row(t, list, checked, stock)).collect()
}

fn row(t: &T, list: &Antivirals, checked: &Checked<'_>, stock: &BTreeMap<String, i64>) -> Row {
    let english = t.locale().tag() == "en";
    let question = |code: &str| match list.question(code) {
        Some(question) => question.text(english).to_owned(),
        None => t.s(&format!("follow-{code}")).into_owned(),
    };
    let other = |code: &str| list.interaction(code).map(|one| one.text(english).to_owned()).unwrap_or_default();
    let said = |point: &Point| match point {
        Point::TooLate { days, within } => {
            t.with("follow-antiviral-late", &[("days", (*days).into()), ("within", (*within).into())])
        }
        Point::TooYoung => t.s("follow-antiviral-young").into_owned(),
        Point::NoRisk => t.s("follow-antiviral-no-risk").into_owned(),
        Point::Stops(code) => t.v("follow-antiviral-stops", "what", question(code)),
        Point::Weighs(code) => t.v("follow-antiviral-weighs", "what", question(code)),
        Point::NotAsked(code) => t.v("follow-antiviral-not-asked", "what", question(code)),
        Point::Clashes(code) => t.v("follow-antiviral-clashes", "what", other(code)),
        Point::Interacts(code) => t.v("follow-antiviral-interacts", "what", other(code)),
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
        stock: t.n("follow-antiviral-here", stock.get(&checked.medicine.code).copied().unwrap_or_default()),
        citation: format!("{}{unverified}", checked.medicine.citation),
    }
}
