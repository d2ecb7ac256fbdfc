//! The forms of the ways beside the straight one: check, file, send, return, more time, hold, another case.

use axum::extract::{Path, State};
use axum::response::Response;
use linli_access::Action;
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_webkit::{AppError, FormMap};

use super::actions::{begin, ended, run};
use super::office;
use super::work::district;
use crate::commands::{self, Onward, Which, action_of};
use crate::error::{CasesError, FieldProblem};
use crate::model::Event;

/// Moves a case on by the event that the form names, if it is one of those the route is for.
async fn moved_on(mut caller: Caller, hall: &Hall, id: &str, form: &FormMap, action: Action) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, id, form)?, office(hall)?);
    let named = form.typed("event").parse::<Event>().ok().and_then(Onward::of);
    let done = match named.filter(|onward| action_of(onward.event()) == action) {
        Some(onward) => {
            run!(caller, hall, tx => commands::move_on(&caller.ctx, tx, &office, id, onward, form.typed("reason"))).map(|_| ())
        }
        None => Err(CasesError::Field { field: "event", problem: FieldProblem::Required }.into()),
    };
    ended(&caller, hall, id, form, done).await
}

/// `POST /cases/{id}/move`: check, file, return, ask for a check, ask the reporter, rework.
pub(crate) async fn move_on(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    moved_on(caller, &hall, &id, &form, Action::Change).await
}

/// `POST /cases/{id}/close`: close after the check, or open again what was closed.
pub(crate) async fn close(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    moved_on(caller, &hall, &id, &form, Action::Close).await
}

/// `POST /cases/{id}/dispatch`.
pub(crate) async fn dispatch(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = match form.typed("owner").parse() {
        Ok(to) => run!(caller, hall, tx => commands::dispatch(&caller.ctx, tx, &office, id, to)).map(|_| ()),
        Err(_) => Err(CasesError::Field { field: "owner", problem: FieldProblem::NotAnswering }.into()),
    };
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/extend`.
pub(crate) async fn extend(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let asked = (form.typed("clock"), form.typed("reason"));
    let done = run!(caller, hall, tx => commands::extend(&caller.ctx, tx, &office, id, asked)).map(|_| ());
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/suspend`: until the beginning of a day in Beijing, or until somebody lets it go on.
pub(crate) async fn suspend(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = match day(form.typed("until")) {
        Ok(until) => {
            run!(caller, hall, tx => commands::suspend(&caller.ctx, tx, &office, id, (until, form.typed("reason")))).map(|_| ())
        }
        Err(problem) => Err(problem.into()),
    };
    ended(&caller, &hall, id, &form, done).await
}

/// The beginning of a day; `None` when none was named.
fn day(typed: &str) -> Result<Option<Ts>, CasesError> {
    if typed.is_empty() {
        return Ok(None);
    }
    let wrong = || CasesError::Field { field: "until", problem: FieldProblem::NotWithinAYear };
    let date: jiff::civil::Date = typed.parse().map_err(|_| wrong())?;
    Ts::from_local(date.at(0, 0, 0, 0)).map(Some).ok_or_else(wrong)
}

/// `POST /cases/{id}/resume`.
pub(crate) async fn resume(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let done = run!(caller, hall, tx => commands::resume(&caller.ctx, tx, &office, id)).map(|_| ());
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/merge`: it goes on as another case, or its reporter joins another, as the form says.
pub(crate) async fn merge(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (id, office) = (begin(&mut caller, &id, &form)?, office(&hall)?);
    let other = form.typed("other");
    let done = if form.typed("event") == Event::Join.as_str() {
        run!(caller, hall, tx => commands::join(&caller.ctx, tx, &office, Which::Id(id), other)).map(|_| ())
    } else {
        run!(caller, hall, tx => commands::merge(&caller.ctx, tx, &office, id, other)).map(|_| ())
    };
    ended(&caller, &hall, id, &form, done).await
}
