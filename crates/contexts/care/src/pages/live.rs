//! The stream that keeps the care board and lists up to date.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_db::journal;
use linli_hall::{Caller, Hall};
use linli_webkit::AppError;
use linli_webkit::live::{LiveEvent, LiveFilter};

use super::store;
use crate::error::CareError;

/// What can happen to a visit, as the journal calls it.
const KINDS: [&str; 15] = [
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
];
/// Lines made good after a lost connection; beyond them the page is loaded anew.
const MOST_MISSED: i64 = 500;

/// `GET /care/live`: what happens in the reach of the actor.
pub(crate) async fn stream(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::Visit).map_err(CareError::from)?;
    let reader = caller.ctx.person().map(|person| person.to_string()).unwrap_or_default();
    let filter = LiveFilter { district: Some(scope.district.0), under: scope.place.to_string(), kinds: KINDS.to_vec(), reader };
    let missed_hall = hall.clone();
    let missed = |after: i64| async move {
        let mut read = missed_hall.read().await?;
        let lines = journal::after(&mut read.conn(), scope.district, after, MOST_MISSED).await.map_err(store)?;
        if i64::try_from(lines.len()).unwrap_or(i64::MAX) >= MOST_MISSED {
            return Ok(None);
        }
        let event = |line: linli_db::StoredLine| LiveEvent {
            district: line.district_id.0,
            seq: line.seq,
            place_path: line.place_path.to_string(),
            kind: line.kind,
            id: line.subject_id.map(|id| id.to_string()).unwrap_or_default(),
        };
        Ok(Some(lines.into_iter().map(event).collect()))
    };
    hall.live().stream(&headers, filter, missed).await
}
