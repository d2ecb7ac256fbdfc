//! What became of the visits that a team asked for: who asks learns what was found.

use linli_access::{Action, Ctx};
use linli_db::{Conn, PayloadState, journal};
use serde_json::Value;

use super::{Alarmed, name_of};
use crate::follow::desk::Desk;
use crate::follow::error::FollowError;
use crate::follow::model::Alarm;
use crate::follow::scope;
use crate::follow::store::alarms;
use crate::model::Visit;

/// Most visits on a list.
const ROWS: i64 = 100;
/// Days for which a visit stays on the list of the day.
const SHOWN_DAYS: i64 = 7;
/// Most lines of a visit that are read.
const LINES: i64 = 200;

/// A visit that an alarm led to.
#[derive(Debug, Clone)]
pub struct Found {
    /// The alarm.
    pub alarm: Alarm,
    /// The visit.
    pub visit: Visit,
    /// What was written of what was found, as long as it is kept; on the page of the person alone, where every look is written down.
    pub words: Option<String>,
}

/// The visits that these alarms led to, with what was found.
pub(super) async fn found(c: &mut Conn<'_>, all: &[Alarm]) -> Result<Vec<Found>, FollowError> {
    let mut found = Vec::new();
    for alarm in all {
        let Some(id) = alarm.visit else { continue };
        let Some(visit) = crate::store::visits::by_id(c, alarm.district, id).await? else { continue };
        let words = words_of(c, &visit).await?;
        found.push(Found { alarm: alarm.clone(), visit, words });
    }
    Ok(found)
}

/// What whoever went there wrote at the end.
async fn words_of(c: &mut Conn<'_>, visit: &Visit) -> Result<Option<String>, FollowError> {
    for line in journal::of_subject(c, visit.district, visit.id.0, LINES).await? {
        if line.kind == "care.visit_done"
            && let PayloadState::Kept(value) = line.payload(c).await?
        {
            return Ok(value.get("text").and_then(Value::as_str).map(str::to_owned));
        }
    }
    Ok(None)
}

/// Visits that the actor's team asked for in the last days, with the name of whom: how far each is and what it came to, nothing of what was written.
///
/// # Errors
/// As [`super::call_list`].
pub async fn asked_visits(ctx: &Ctx, c: &mut Conn<'_>, desk: &Desk) -> Result<Vec<(Alarmed, Visit)>, FollowError> {
    let scope = scope::team(ctx, Action::Read)?;
    let since = ctx.now().plus_secs(-SHOWN_DAYS * 86_400);
    let mut rows = Vec::new();
    for alarm in alarms::with_visits(c, &scope, since, ROWS).await? {
        let Some(id) = alarm.visit else { continue };
        let Some(visit) = crate::store::visits::by_id(c, alarm.district, id).await? else { continue };
        let name = name_of(c, desk, scope.district, alarm.person).await?;
        rows.push((Alarmed { alarm, name, reading: None }, visit));
    }
    Ok(rows)
}
