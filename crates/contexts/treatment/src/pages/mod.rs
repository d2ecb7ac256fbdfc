//! The pages of this room.

pub(crate) mod beds;
pub(crate) mod city;
pub(crate) mod clinics;
pub(crate) mod desk;
pub(crate) mod grids;
pub(crate) mod inbound;
pub(crate) mod institutions;
pub(crate) mod network;
pub(crate) mod outcomes;
pub(crate) mod plan;
pub(crate) mod plan_history;
pub(crate) mod plan_words;
pub(crate) mod referrals;
pub(crate) mod returns;
pub(crate) mod upkeep;

use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use linli_access::{Actor, Ctx, Denied};
use linli_hall::Caller;
use linli_kernel::DistrictId;
use linli_rulebook::Stamp;
use linli_webkit::{AppError, FormMap, T};

use crate::error::TreatmentError;

impl From<TreatmentError> for AppError {
    fn from(error: TreatmentError) -> Self {
        match error {
            TreatmentError::Denied(refusal) => linli_hall::denied(refusal),
            TreatmentError::Db(error) => linli_hall::store_error(error),
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}

/// The district in which the actor acts.
fn district(ctx: &Ctx) -> Result<DistrictId, AppError> {
    match &ctx.actor {
        Actor::Staff { scope, .. } => Ok(scope.district),
        Actor::Unappointed { .. } | Actor::Program { .. } | Actor::System(_) => Err(linli_hall::denied(Denied::Forbidden)),
        Actor::Visitor | Actor::Resident { .. } => Err(linli_hall::denied(Denied::Unauthenticated)),
    }
}

/// Takes the key of the form, where no header brought one.
fn take_key(caller: &mut Caller, form: &FormMap) {
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
}

/// A page that no cache keeps.
fn private(page: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "private, no-store")], page).into_response()
}

/// The rule behind something, as a line: its title, its version, and that nobody has checked it where that is so.
fn source(t: &T, stamp: &Stamp) -> String {
    let key = if stamp.verified { "network-source" } else { "network-source-unverified" };
    t.with(key, &[("title", stamp.citation.title_in(t.locale().tag()).into()), ("version", stamp.version.as_str().into())])
}
