//! What is stored twice, computed anew, and what must always hold.

use std::collections::HashMap;

use linli_db::{Conn, journal};
use linli_kernel::DistrictId;
use serde_json::Value;
use uuid::Uuid;

use crate::error::CouncilError;
use crate::model::{Meeting, MeetingId, Presence, State};
use crate::store::{items, meetings, minutes, said, seats};

/// Meetings and lines of one batch.
const BATCH: i64 = 500;

/// Walks the invariants of a district: an empty list means that everything holds.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, CouncilError> {
    let mut found = Vec::new();
    let said = states_told(c, district).await?;
    let mut after = MeetingId(Uuid::nil());
    loop {
        let page = meetings::every(c, district, after, BATCH).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for meeting in &page {
            let mut wrong = |problem: &str| found.push(format!("meeting {}: {problem}", meeting.number));
            if said.get(&meeting.id.0).map(String::as_str) != Some(meeting.state.as_str()) {
                wrong("its state is not what the journal says");
            }
            look_at(c, meeting, &mut wrong).await?;
        }
    }
    let broken = items::broken_chains(c, district).await?;
    if broken > 0 {
        found.push(format!("{broken} matters were carried to where they did not arrive"));
    }
    Ok(found)
}

/// The state that the last line about each meeting says.
async fn states_told(c: &mut Conn<'_>, district: DistrictId) -> Result<HashMap<Uuid, String>, CouncilError> {
    let mut said = HashMap::new();
    let mut seq = 0;
    loop {
        let lines = journal::after(c, district, seq, BATCH).await?;
        let Some(last) = lines.last() else { return Ok(said) };
        seq = last.seq;
        for line in lines.iter().filter(|line| line.kind.starts_with("council.")) {
            let facts = line.facts();
            let is_meeting = facts.get("kind").is_some();
            if let (Some(id), Some(state), true) = (line.subject_id, facts.get("state").and_then(Value::as_str), is_meeting) {
                said.insert(id, state.to_owned());
            }
        }
    }
}

async fn look_at(c: &mut Conn<'_>, meeting: &Meeting, wrong: &mut impl FnMut(&str)) -> Result<(), CouncilError> {
    let (district, id) = (meeting.district, meeting.id);
    let versions = minutes::versions(c, district, id).await?;
    if versions.first().map_or(0, |newest| newest.version) != meeting.minutes {
        wrong("counts other minutes than it has");
    }
    if meeting.called_at.is_some() != meeting.notice.is_some() {
        wrong("was called without a notice, or has one and was not called");
    }
    if matches!(meeting.state, State::Approved | State::Published) {
        if versions.first().is_none_or(|newest| newest.approved_at.is_none()) {
            wrong("is approved, and its newest minutes are not");
        }
        if said::opinions(c, district, id).await?.iter().any(|opinion| opinion.unanswered()) {
            wrong("is approved with a conflict that nobody answered");
        }
    }
    if meeting.state == State::Published && meeting.result.is_none() {
        wrong("is published and has no result on the boards");
    }
    if meeting.state.held() && !seats::of_meeting(c, district, id).await?.iter().any(|seat| seat.presence == Presence::Present) {
        wrong("was held and nobody was there");
    }
    for promised in said::actions(c, district, id).await? {
        let stands = linli_cases::queries::stand(c, district, &[linli_cases::CaseId(promised.case)]).await?;
        if stands.is_empty() {
            wrong("something was undertaken, and its case is not there");
        }
    }
    Ok(())
}
