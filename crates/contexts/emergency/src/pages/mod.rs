//! The pages of this room.

pub(crate) mod day;
pub(crate) mod desk;
pub(crate) mod file;
pub(crate) mod fleet;
pub(crate) mod handover;
pub(crate) mod recontacts;

use std::str::FromStr;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use linli_access::{Actor, Ctx, Denied};
use linli_hall::{Caller, Hall, Told};
use linli_kernel::DistrictId;
use linli_rulebook::Stamp;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, T};

use crate::error::{EmergencyError, Wrong};
use crate::model::{Call, CallClass, CallState};
use crate::office::DispatchOffice;

/// What pages of this room are told of: everything that happens in it.
pub(crate) const TOLD: Told = Told { kinds: &["emergency."], except: &[] };

impl From<EmergencyError> for AppError {
    fn from(error: EmergencyError) -> Self {
        match error {
            EmergencyError::Denied(refusal) => linli_hall::denied(refusal),
            EmergencyError::Db(error) => linli_hall::store_error(error),
            EmergencyError::Field { field, problem } => Self::invalid(vec![field_problem(field, problem)]),
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}

fn field_problem(field: &str, problem: Wrong) -> FieldProblem {
    match problem {
        Wrong::Required => FieldProblem::new(field, "emergency-field-required"),
        Wrong::NotAChoice => FieldProblem::new(field, "emergency-field-choice"),
        Wrong::TooLong { max } => FieldProblem::new(field, "emergency-field-too-long").arg("max", max),
        Wrong::ControlCharacter => FieldProblem::new(field, "emergency-field-control"),
        Wrong::NotANumber => FieldProblem::new(field, "emergency-field-number"),
        Wrong::NeedsReason => FieldProblem::new(field, "emergency-field-against"),
        Wrong::NoFirst => FieldProblem::new(field, "emergency-field-no-first"),
        Wrong::Double => FieldProblem::new(field, "emergency-field-double"),
        Wrong::OutOfRange { least, most } => {
            FieldProblem::new(field, "emergency-field-between").arg("least", least).arg("most", most)
        }
        Wrong::NotConfirmed => FieldProblem::new(field, "emergency-field-confirm"),
    }
}

pub(crate) fn office(hall: &Hall) -> Result<Arc<DispatchOffice>, AppError> {
    hall.service::<DispatchOffice>()
}

/// The district in which the actor acts.
pub(crate) fn district(ctx: &Ctx) -> Result<DistrictId, AppError> {
    match &ctx.actor {
        Actor::Staff { scope, .. } => Ok(scope.district),
        Actor::Unappointed { .. } | Actor::Program { .. } | Actor::System(_) => Err(linli_hall::denied(Denied::Forbidden)),
        Actor::Visitor | Actor::Resident { .. } => Err(linli_hall::denied(Denied::Unauthenticated)),
    }
}

/// Takes the key of the form, where no header brought one.
pub(crate) fn take_key(caller: &mut Caller, form: &FormMap) {
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
}

/// A page that no cache keeps.
pub(crate) fn private(page: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "private, no-store")], page).into_response()
}

/// The rule behind something, as a line: its title, its version, and that nobody has checked it where that is so.
pub(crate) fn source(t: &T, stamp: &Stamp) -> String {
    let key = if stamp.verified { "emergency-source" } else { "emergency-source-unverified" };
    t.with(key, &[("title", stamp.citation.title_in(t.locale().tag()).into()), ("version", stamp.version.as_str().into())])
}

/// A field that is one of a list of words.
pub(crate) fn word<W: FromStr>(form: &FormMap, field: &'static str) -> Result<W, EmergencyError> {
    let typed = form.typed(field);
    let problem = if typed.is_empty() { Wrong::Required } else { Wrong::NotAChoice };
    typed.parse().map_err(|_| EmergencyError::field(field, problem))
}

/// The choices of a list of words, `emergency-class-advice` and so on.
pub(crate) fn choices<'w>(t: &T, stem: &str, words: impl IntoIterator<Item = &'w str>) -> Vec<Choice> {
    words.into_iter().map(|word| Choice::new(word, t.s(&format!("{stem}-{word}")).into_owned())).collect()
}

/// The colour of a call: red for who waits and is in danger.
pub(crate) const fn tone(call: &Call) -> &'static str {
    match (call.class, call.state) {
        (_, CallState::Closed) => "well",
        (CallClass::VehicleUrgent, CallState::Waiting) => "act",
        (CallClass::VehicleUrgent, _) | (_, CallState::Waiting) => "soon",
        _ => "info",
    }
}

/// Runs one command in a transaction of the actor's district.
macro_rules! run {
    ($caller:expr, $hall:expr, $tx:ident => $command:expr) => {
        async {
            let mut tx = $hall.begin($crate::pages::district(&$caller.ctx)?).await?;
            let $tx = &mut tx;
            let done = $command.await?;
            $hall.commit(tx).await?;
            Ok::<_, linli_webkit::AppError>(done)
        }
        .await
    };
}
pub(crate) use run;
