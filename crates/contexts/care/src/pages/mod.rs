//! The pages of this room.

pub(crate) mod board;
pub(crate) mod consents;
pub(crate) mod enrol;
pub(crate) mod figures;
pub(crate) mod link;
pub(crate) mod live;
pub(crate) mod person;
pub(crate) mod visit;
pub(crate) mod words;

use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};
use http::header::CACHE_CONTROL;
use linli_access::{Action, Actor, Ctx, Denied, Resource, Scope};
use linli_cases::Neighbours;
use linli_db::{Conn, DbError};
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_webkit::{AppError, FieldProblem as FormProblem, FormMap, Problems, T};

use crate::commands::SEEN_DAYS;
use crate::error::{CareError, FieldProblem};
use crate::model::Need;
use crate::watching::{Care, Refused};

/// Seconds after which somebody may come again when the watch could not take it.
const AGAIN_SECS: u64 = 5;

impl From<CareError> for AppError {
    fn from(error: CareError) -> Self {
        match error {
            CareError::Denied(refusal) => linli_hall::denied(refusal),
            CareError::Db(error) => linli_hall::store_error(error),
            CareError::Field { field, problem } => Self::invalid(vec![form_problem(field, problem)]),
            CareError::Missing(need) => Self::new(error.code()).field(missing(need)),
            CareError::TextChanged => Self::invalid(vec![FormProblem::new("purpose", "care-field-text-changed")]),
            CareError::Cases(error) => error.into(),
            CareError::Watch(Refused::Later(_) | Refused::OtherFolder) => {
                Self::new(error.code()).retry_after(AGAIN_SECS).caused_by(error)
            }
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}

fn missing(need: Need) -> FormProblem {
    match need {
        Need::NoPhone => FormProblem::new("event", "care-field-phone-first"),
        Need::Until => FormProblem::new("until", "care-field-until"),
        Need::Words => FormProblem::new("words", "care-field-required"),
        Need::Called120 => FormProblem::new("called_120", "care-field-called-120"),
        Need::Contact => FormProblem::new("event", "care-field-no-contact"),
    }
}

fn form_problem(field: &str, problem: FieldProblem) -> FormProblem {
    match problem {
        FieldProblem::Required => FormProblem::new(field, "care-field-required"),
        FieldProblem::TooLong { max, found } => FormProblem::new(field, "field-too-long").arg("max", max).arg("found", found),
        FieldProblem::ControlCharacter => FormProblem::new(field, "field-control-character"),
        FieldProblem::NotAPhone => FormProblem::new(field, "field-not-a-phone"),
        FieldProblem::NoSuchHome => FormProblem::new(field, "care-field-no-such-home"),
        FieldProblem::WatchedAlready => FormProblem::new(field, "care-field-watched-already"),
        FieldProblem::AgreedAlready => FormProblem::new(field, "care-field-agreed-already"),
        FieldProblem::NotAChoice => FormProblem::new(field, "field-not-a-choice"),
        FieldProblem::NotWithinAYear => FormProblem::new(field, "care-field-not-within-a-year"),
        FieldProblem::NotWithinAWeek => FormProblem::new(field, "care-field-not-within-a-week").arg("days", SEEN_DAYS),
    }
}

/// A store error as an answer.
fn store(error: DbError) -> AppError {
    linli_hall::store_error(error)
}

/// The running watch of the house, with its office.
fn care(hall: &Hall) -> Result<Arc<Care>, AppError> {
    hall.service::<Care>()
}

/// The neighbours of the house.
fn neighbours(hall: &Hall) -> Result<Arc<dyn Neighbours>, AppError> {
    hall.service::<dyn Neighbours>()
}

/// The district in which the actor works.
fn district(ctx: &Ctx) -> Result<DistrictId, AppError> {
    match &ctx.actor {
        Actor::Staff { scope, .. } => Ok(scope.district),
        _ => Err(linli_hall::denied(Denied::Unauthenticated)),
    }
}

/// What figures of a scope are made of, with names: of the city its districts, of everything else the place itself.
pub(crate) async fn grounds(c: &mut Conn<'_>, scope: &Scope) -> Result<Vec<(Scope, String)>, CareError> {
    if scope.district != DistrictId::CITY {
        return Ok(vec![(scope.clone(), String::new())]);
    }
    let districts = linli_territory::queries::districts(c).await?.into_iter();
    Ok(districts.map(|one| (Scope { district: one.id, place: one.path }, one.name)).collect())
}

/// How such a scope is called.
pub(crate) async fn ground_name(c: &mut Conn<'_>, t: &T, neighbours: &dyn Neighbours, scope: &Scope) -> Result<String, AppError> {
    if scope.district == DistrictId::CITY {
        return Ok(t.s("care-figures-city").into_owned());
    }
    neighbours.place_name(c, scope.district, &scope.place).await.map_err(store)
}

/// Whether the actor keeps the consents at all.
fn keeps(ctx: &Ctx) -> bool {
    ctx.scope(Action::Read, Resource::Care).is_ok()
}

/// Takes the key of the form where the request has none.
pub(crate) fn keyed(caller: &mut Caller, form: &FormMap) {
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
}

/// Tells the watch what was just written down for it. What it cannot take now is told with the next pass: nothing is lost, so nobody is
/// answered with an error.
async fn tell_watch(care: &Care) {
    if let Err(error) = care.errands().await {
        tracing::warn!(%error, "the watch could not be told at once; the next pass tells it");
    }
}

/// A page that is kept nowhere.
pub(crate) fn private(page: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "private, no-store")], page).into_response()
}

/// The problems with the names of their fields, so that the summary above the form says which is meant.
pub(crate) fn named(t: &T, problems: Problems) -> Problems {
    let label = |problem: &FormProblem| match problem.field.as_str() {
        "quantity" => t.opt("follow-prescribe-boxes"),
        "weekday" => t.opt("follow-oxygen-weekdays"),
        field => {
            let field = field.replace('_', "-");
            ["follow", "care", "follow-oxygen"].iter().find_map(|stem| t.opt(&format!("{stem}-{field}")))
        }
    };
    let named = |problem: FormProblem| match label(&problem) {
        Some(label) if !problem.args.iter().any(|(name, _)| *name == "label") => problem.arg("label", label.into_owned()),
        _ => problem,
    };
    Problems(problems.0.into_iter().map(named).collect())
}

/// How a form that was sent ends: at the address that follows, or at the page again with what is wrong with its fields. An error that no
/// field explains stays one. A phone that sends its queue reads what is wrong as JSON.
pub(crate) async fn ended<P: IntoResponse>(
    caller: &Caller,
    done: Result<String, AppError>,
    again: impl AsyncFnOnce(Problems) -> Result<P, AppError>,
) -> Result<Response, AppError> {
    match done {
        Ok(next) => Ok(Redirect::to(&next).into_response()),
        Err(error) if caller.info.json() => Err(error),
        Err(error) => {
            let status = error.status();
            let problems = named(caller.info.t(), error.into_problems()?);
            Ok((status, private(again(problems).await?)).into_response())
        }
    }
}
