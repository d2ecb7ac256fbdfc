//! The private page of a reporter: what became of it, and whether it is really fixed.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::CACHE_CONTROL;
use linli_hall::{Caller, Hall};
use linli_webkit::view::{Step, Thumb};
use linli_webkit::{AppError, FieldProblem as FormProblem, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::{neighbours, office, store, words};
use crate::commands::{self, Stepped, Which};
use crate::error::CasesError;
use crate::model::{CaseState, Ending};
use crate::queries::{self, PublicCase};
use crate::token::LinkToken;

/// Whether the page is the answer to a report that was just sent, or to an answer that was just given.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Just {
    #[serde(default)]
    new: String,
    #[serde(default)]
    said: String,
}

/// The case that this one goes on as.
struct Other {
    said: String,
    word: String,
    promise: String,
    steps: Vec<Step>,
}

#[derive(Template)]
#[template(path = "cases-link.html")]
struct LinkPage {
    shell: Shell,
    t: T,
    new: bool,
    said: String,
    /// Whether staff look at it, who go on at the desk.
    staff: bool,
    case: PublicCase,
    address: String,
    place: String,
    class: String,
    tone: &'static str,
    word: String,
    call_first: Vec<String>,
    owner: String,
    owner_name: String,
    owner_phone: String,
    /// Whether it went on as another case, or is void: nobody has it, and nobody will.
    merged: bool,
    promise: String,
    goes_on: Option<Other>,
    /// Whether "not fixed" may still be said, of this or of what it goes on as.
    may_object: bool,
    why: Vec<String>,
    photos: Vec<Thumb>,
    steps: Vec<Step>,
    handled_under: String,
    base: String,
    /// What is wrong with what was said, and what was typed.
    problems: Problems,
    typed: String,
}

/// `GET /r/{token}`.
pub(crate) async fn page(
    caller: Caller,
    State(hall): State<Hall>,
    Path(token): Path<String>,
    Query(just): Query<Just>,
) -> Result<Response, AppError> {
    shown(&caller, &hall, &token, just, (Problems::default(), String::new())).await
}

/// The page, with what was said and has to be said again.
async fn shown(
    caller: &Caller,
    hall: &Hall,
    token: &str,
    just: Just,
    (problems, typed): (Problems, String),
) -> Result<Response, AppError> {
    let link: LinkToken = token.parse().map_err(|_| CasesError::LinkUnknown)?;
    let (office, neighbours) = (office(hall)?, neighbours(hall)?);
    let (t, now) = (caller.info.t().clone(), caller.info.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let case = queries::by_link(c, &office, &link, now).await?;
    let filed = (&case.place, case.reported_at);
    let rules = office.rules_filed_by(case.way.as_ref(), filed, now).map_err(CasesError::from)?;
    let mut people = words::People::of(neighbours.as_ref(), case.district).with(&rules);
    // What went on as another case is with whoever has that one; who had it before has it no more. What is void nobody has.
    let merged = matches!(case.state, CaseState::Merged | CaseState::Joined | CaseState::Void);
    let (owner, unit) = match &case.goes_on {
        Some(other) => (other.owner.clone(), other.unit),
        None if merged => (None, None),
        None => (case.owner.clone(), case.unit),
    };
    let card = match &owner {
        Some(owner) => people.card(c, owner.appointment).await?,
        None => None,
    };
    let unit = match unit {
        Some(unit) => people.unit(c, unit.0).await?,
        None => String::new(),
    };
    let base = format!("/r/{token}");
    let steps = words::steps(c, &t, &mut people, (&case.timeline, &case.photos, &base)).await?;
    let why = match queries::why_due(c, &office, case.district, case.id).await? {
        Some(why) => words::why(&t, &why),
        None => Vec::new(),
    };
    let goes_on = match &case.goes_on {
        Some(other) => Some(Other {
            said: t.v("cases-goes-on-as", "number", &other.number),
            word: words::desk_state_word(&t, other.state),
            promise: other.promised.map(|due| t.v("cases-promise", "when", t.when(due, now))).unwrap_or_default(),
            steps: words::steps(c, &t, &mut people, (&other.timeline, &[], &base)).await?,
        }),
        None => None,
    };
    let class = words::class_name(&rules, &t, &case.class);
    let page = LinkPage {
        shell: Shell::new(&caller.info, format!("{class} · {}", case.number)),
        new: just.new == "1",
        may_object: case.may_object || case.goes_on.as_ref().is_some_and(|other| other.may_object),
        staff: caller.ctx.person().is_some(),
        said: just.said,
        address: format!("{}{base}", hall.base_url()),
        place: neighbours.place_name(c, case.district, &case.place).await.map_err(store)?,
        tone: words::state_tone(case.state),
        word: match case.ended {
            Some(Ending::Elsewhere) => t.s("cases-ended-elsewhere").into_owned(),
            _ => words::state_word(&t, case.state),
        },
        call_first: if case.closed_at.is_none() {
            rules.classes().call_now(&case.description, case.emergency)
        } else {
            Vec::new()
        },
        owner: card.as_ref().map_or(unit, |card| words::staff_words(&t, card)),
        owner_name: card.as_ref().map(|card| card.name.clone()).unwrap_or_default(),
        owner_phone: card.and_then(|card| card.phone).unwrap_or_default(),
        merged,
        promise: promise(&t, &case, now),
        goes_on,
        photos: words::thumbs(&t, &base, &case.photos, None),
        handled_under: words::handled_under(&t, &rules),
        why,
        class,
        steps,
        base,
        problems,
        typed,
        case,
        t,
    };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

/// The promise as a sentence; empty when it is of no more interest.
fn promise(t: &T, case: &PublicCase, now: linli_kernel::Ts) -> String {
    match case.due_at {
        Some(due) if case.closed_at.is_none() && !case.asked => {
            let key = if case.overdue { "cases-promise-over" } else { "cases-promise" };
            t.v(key, "when", t.when(due, now))
        }
        _ => String::new(),
    }
}

/// `POST /r/{token}/confirm`: it is fixed.
pub(crate) async fn confirm(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(token): Path<String>,
    form: FormMap,
) -> Result<Redirect, AppError> {
    answer(&mut caller, &hall, &token, &form, true).await
}

/// `POST /r/{token}/not-fixed`: it is not. Without the words that are needed once it has ended, the same page asks for them.
pub(crate) async fn not_fixed(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(token): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    match answer(&mut caller, &hall, &token, &form, false).await {
        Ok(told) => Ok(told.into_response()),
        Err(error) if caller.info.json() => Err(error),
        Err(error) => {
            let status = error.status();
            let Problems(mut wrong) = error.into_problems()?;
            for problem in wrong.iter_mut().filter(|problem| problem.key == "cases-field-required") {
                *problem = FormProblem::new(&problem.field, "cases-object-required");
            }
            let again = (Problems(wrong), form.typed("words").to_owned());
            Ok((status, shown(&caller, &hall, &token, Just::default(), again).await?).into_response())
        }
    }
}

async fn answer(caller: &mut Caller, hall: &Hall, token: &str, form: &FormMap, fixed: bool) -> Result<Redirect, AppError> {
    let link: LinkToken = token.parse().map_err(|_| CasesError::LinkUnknown)?;
    let office = office(hall)?;
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
    let (district, _) = queries::link_target(&mut hall.read().await?.conn(), &link).await?;
    let mut tx = hall.begin(district).await?;
    let which = Which::Link(&link);
    let _: Stepped = if fixed {
        commands::confirm(&caller.ctx, &mut tx, &office, which, super::actions::rating(form)).await?
    } else {
        commands::not_fixed(&caller.ctx, &mut tx, &office, which, form.typed("words")).await?
    };
    hall.commit(tx).await?;
    Ok(Redirect::to(&format!("/r/{token}?said={}", if fixed { "fixed" } else { "not-fixed" })))
}
