//! The stream that keeps the pages of those who work on cases up to date.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_db::journal;
use linli_hall::{Caller, Hall};
use linli_webkit::AppError;
use linli_webkit::live::{LiveEvent, LiveFilter};

use super::store;
use crate::error::CasesError;

/// What can happen to a case, as the journal calls it.
pub(crate) const KINDS: [&str; 24] = [
    "cases.kept",
    "cases.kept_lifted",
    "cases.reported",
    "cases.taken",
    "cases.assigned",
    "cases.class_corrected",
    "cases.noted",
    "cases.finished",
    "cases.confirmed",
    "cases.reopened",
    "cases.voided",
    "cases.overdue",
    "cases.deadline_moved",
    "cases.escalated",
    "cases.left_waiting",
    "duty.handed_over",
    "duty.taken_over",
    "cases.dispatched",
    "cases.returned",
    "cases.called",
    "cases.call_answered",
    "cases.call_overdue",
    "cases.time_asked",
    "cases.time_refused",
];
/// Lines made good after a lost connection; beyond them the page is loaded anew.
const MOST_MISSED: i64 = 500;

/// `GET /cases/live`: what happens in the reach of the actor.
pub(crate) async fn stream(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::Case).map_err(CasesError::from)?;
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
