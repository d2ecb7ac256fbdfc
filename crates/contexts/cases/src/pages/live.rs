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
pub(crate) const KINDS: [&str; 49] = [
    "cases.absorbed",
    "cases.answered",
    "cases.assigned",
    "cases.call_answered",
    "cases.call_escalated",
    "cases.call_overdue",
    "cases.called",
    "cases.category_followed",
    "cases.check_asked",
    "cases.city_time_asked",
    "cases.class_corrected",
    "cases.closed",
    "cases.confirmed",
    "cases.contacted",
    "cases.deadline_moved",
    "cases.dispatched",
    "cases.ended_elsewhere",
    "cases.escalated",
    "cases.extended",
    "cases.filed",
    "cases.finished",
    "cases.gone_on_elsewhere",
    "cases.handed_elsewhere",
    "cases.heard_elsewhere",
    "cases.joined",
    "cases.kept",
    "cases.kept_lifted",
    "cases.lapsed",
    "cases.merged",
    "cases.noted",
    "cases.overdue",
    "cases.personal_erased",
    "cases.reopened",
    "cases.reported",
    "cases.reporter_asked",
    "cases.result_check_asked",
    "cases.resumed",
    "cases.returned",
    "cases.reworked",
    "cases.sent_elsewhere",
    "cases.suspended",
    "cases.taken",
    "cases.ticket_changed",
    "cases.ticket_received",
    "cases.time_asked",
    "cases.time_refused",
    "cases.voided",
    "duty.handed_over",
    "duty.taken_over",
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever a page says happened to a case comes to the pages that are open.
    #[test]
    fn every_step_that_is_told_is_live() {
        // A file has one line for all its cases; that somebody looked at a number changes nothing that others see.
        const SILENT: [&str; 2] = ["imported", "contact-seen"];
        let steps = crate::TEXTS.0.lines().filter_map(|line| line.strip_prefix("cases-step-")?.split(' ').next());
        let silent = |step: &&str| {
            let told = |kind: &&str| kind.strip_prefix("cases.").is_some_and(|kind| step.starts_with(&kind.replace('_', "-")));
            !KINDS.iter().any(told) && !SILENT.contains(step)
        };
        assert_eq!(steps.filter(silent).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
