//! The stream that keeps the care board and lists up to date.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall, Told};
use linli_webkit::AppError;

use crate::error::CareError;

/// What can happen to a visit, as the journal calls it.
const TOLD: Told = Told {
    kinds: &[
        "care.visit_opened",
        "care.visit_taken",
        "care.visit_handed_up",
        "care.visit_phone_silent",
        "care.visit_knocked",
        "care.visit_no_answer",
        "care.visit_contact_told",
        "care.visit_police_told",
        "care.visit_fire_told",
        "care.visit_relieved",
        "care.visit_done",
        "care.visit_withdrawn",
        "care.visit_sign_came",
        "care.not_watched",
        "care.watched_again",
    ],
    except: &[],
};

/// `GET /care/live`: what happens in the reach of the actor.
pub(crate) async fn stream(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::Visit).map_err(CareError::from)?;
    hall.stream(&caller.ctx, &headers, (scope, TOLD), None).await
}
