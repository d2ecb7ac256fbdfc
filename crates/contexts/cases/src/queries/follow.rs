//! The case that another one goes on as (并案后), for whoever reported that other one: how it stands, what happened there, and whether he may
//! still say that it is not fixed. Nothing of what anybody else reported or wrote is among it.

use linli_db::Conn;
use linli_kernel::Ts;
use linli_people::model::OrganisationId;
use serde_json::Value;

use super::timeline::{Audience, TimelineEntry, timeline};
use crate::commands::HEARD_FROM;
use crate::error::CasesError;
use crate::model::{Case, CaseState, ClockRuns, Event, Owner, Standing};
use crate::office::Office;
use crate::store;

/// The case that another one goes on as, as the reporter of that one sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct GoesOn {
    /// Its number.
    pub number: String,
    /// Where it stands.
    pub state: CaseState,
    /// Promised by, while its clock runs.
    pub promised: Option<Ts>,
    /// What happened there, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Who has it; the page shows role and public name only.
    pub owner: Option<Owner>,
    /// The organisation that has it.
    pub unit: Option<OrganisationId>,
    /// Whether the work there is done, and he may say that it is not fixed.
    pub may_object: bool,
}

/// What is between that case and its own reporter, or somebody else who joined it.
const NOT_HIS: [&str; 5] = ["cases.reported", "cases.imported", "cases.noted", "cases.absorbed", "cases.told_elsewhere"];
/// Steps whose words say what was done or why it waits, to everybody.
const SAID_TO_ALL: [&str; 6] =
    ["cases.finished", "cases.answered", "cases.closed", "cases.voided", "cases.suspended", "cases.extended"];

/// The case that this one goes on as; `None` when it does not, and for one that is not public: whoever's case was joined to that did not
/// write it.
pub(super) async fn goes_on(c: &mut Conn<'_>, office: &Office, case: &Case, now: Ts) -> Result<Option<GoesOn>, CasesError> {
    let Some(other) = public_main(c, case).await? else { return Ok(None) };
    let rules = office.rules_of(&other, now)?;
    let may = rules.possible(&other, other.state, Standing::Reporter).contains(&Event::NotFixed);
    let in_time = other.closed_at.is_none_or(|ended| crate::commands::may_object(office, &rules, ended, now));
    let mut entries = timeline(c, &other, Audience::Reporter).await?;
    entries.retain(|entry| !NOT_HIS.contains(&entry.kind.as_str()));
    for entry in &mut entries {
        let own = heard_from(entry) == Some(case.number.as_str());
        if !own && !SAID_TO_ALL.contains(&entry.kind.as_str()) {
            (entry.words, entry.erased) = (None, false);
        }
        if let Some(facts) = entry.facts.as_object_mut() {
            facts.remove("photos");
            facts.remove(HEARD_FROM);
        }
    }
    Ok(Some(GoesOn {
        promised: (other.clock == ClockRuns::Running).then_some(other.due_at).flatten(),
        number: other.number,
        state: other.state,
        owner: other.owner,
        unit: other.unit,
        timeline: entries,
        may_object: may && in_time,
    }))
}

/// The number of the case whose reporter said it, where that is another one than the case of the line.
fn heard_from(entry: &TimelineEntry) -> Option<&str> {
    entry.facts.get(HEARD_FROM).and_then(Value::as_str)
}

/// Takes out of the timeline of a case, for its own reporter, what was written by those whose cases went on as it.
pub(super) fn without_words_of_others(entries: &mut [TimelineEntry]) {
    for entry in entries.iter_mut().filter(|entry| heard_from(entry).is_some()) {
        (entry.words, entry.erased) = (None, false);
        if let Some(facts) = entry.facts.as_object_mut() {
            facts.remove(HEARD_FROM);
        }
    }
}

/// The case that this one goes on as, where boards show it to everybody.
pub(crate) async fn public_main(c: &mut Conn<'_>, case: &Case) -> Result<Option<Case>, CasesError> {
    let Some(other) = case.merged_into else { return Ok(None) };
    Ok(store::by_id(c, case.district, other).await?.filter(|other| other.public))
}
