//! What the program does by itself: tells what is late, and erases what was told when its time is over.

use std::collections::{BTreeMap, BTreeSet};

use linli_access::{Action, Ctx, Denied, Resource};
use linli_db::Tx;
use linli_kernel::PlacePath;
use serde_json::json;

use super::seat_of;
use crate::error::{EmergencyError, Wrong};
use crate::model::CallId;
use crate::office::DispatchOffice;
use crate::store::{calls, day, diversion, fleet};

/// Tells calls, calls back and hand-overs whose clock is over, each once; erases what was told longer ago than the rules keep it. Gives how many
/// things were done: as many as `limit` of a kind means that there may be more.
///
/// # Errors
/// Store errors.
pub async fn sweep(ctx: &Ctx, tx: &mut Tx, office: &DispatchOffice, limit: i64) -> Result<i64, EmergencyError> {
    let (district, now) = (tx.district(), ctx.now());
    let c = &mut tx.conn()?;
    let late = calls::late(c, district, now, limit).await?;
    let due = diversion::due(c, district, now, limit).await?;
    let mut slow = Vec::new();
    for id in fleet::late(c, district, now, limit).await? {
        slow.extend(fleet::mission(c, district, id).await?);
    }
    // Every call that is touched is held before anything is done, in the order in which the seats hold two: nobody waits for the other.
    let touched: BTreeSet<CallId> =
        late.iter().copied().chain(due.iter().map(|one| one.call)).chain(slow.iter().map(|mission| mission.call)).collect();
    let mut held = BTreeMap::new();
    for id in touched {
        if let Some(call) = calls::lock(c, district, id).await? {
            held.insert(id, call);
        }
    }
    for id in &late {
        let Some(call) = held.get_mut(id) else { continue };
        if call.late_told_at.is_some() || call.due_at.is_none_or(|due| due > now) {
            continue;
        }
        call.late_told_at = Some(now);
        calls::put(&mut tx.conn()?, call).await?;
        tx.journal(ctx.line("emergency.call_late", &call.place, Some(id.0), json!({ "state": call.state, "class": call.class })));
    }
    for looked in &due {
        let Some(call) = held.get(&looked.call) else { continue };
        let open = diversion::open_of(&mut tx.conn()?, district, call.id).await?;
        let Some(mut open) = open.filter(|open| open.id == looked.id && open.late_told_at.is_none()) else { continue };
        open.late_told_at = Some(now);
        diversion::put(&mut tx.conn()?, district, &open, None).await?;
        tx.journal(ctx.line("emergency.call_back_due", &call.place, Some(call.id.0), json!({ "no": open.no })));
    }
    for looked in &slow {
        let Some(call) = held.get(&looked.call) else { continue };
        let mission = fleet::mission(&mut tx.conn()?, district, looked.id).await?;
        let Some(mut mission) = mission.filter(|one| one.over_at.is_none() && one.due_at.is_some_and(|due| due <= now)) else {
            continue;
        };
        mission.late_told_at = Some(now);
        fleet::put_mission(&mut tx.conn()?, &mission).await?;
        let what = if mission.hospital_at.is_some() { "emergency.hand_over_late" } else { "emergency.scene_late" };
        tx.journal(ctx.line(what, &call.place, Some(call.id.0), json!({ "mission": mission.id })));
    }
    let done = i64::try_from(late.len().max(due.len()).max(slow.len())).unwrap_or(i64::MAX);
    let keep = office.rules(&PlacePath::root(), now)?.value.retention_secs();
    let forgotten = calls::forget(&mut tx.conn()?, district, now.plus_secs(-keep), limit).await?;
    if forgotten > 0 {
        tx.journal(ctx.line("emergency.forgotten", &PlacePath::root(), None, json!({ "calls": forgotten })));
    }
    Ok(done.max(i64::try_from(forgotten).unwrap_or(i64::MAX)))
}

/// Says how many calls the telephone system counted on a day (呼入电话).
///
/// # Errors
/// `Field` for fewer than were taken down; `Denied`; store errors.
pub async fn say_inbound(ctx: &Ctx, tx: &mut Tx, on: jiff::civil::Date, counted: i64) -> Result<(), EmergencyError> {
    /// More than any city has on a day.
    const MOST: i64 = 1_000_000;
    let (district, place) = (tx.district(), seat_of(ctx)?);
    ctx.may(Action::Change, Resource::EmergencyFigures, district, &place)?;
    let by = ctx.appointment().ok_or(Denied::Forbidden)?;
    let scope = ctx.scope(Action::Change, Resource::EmergencyFigures)?;
    let span = crate::queries::day::span(on).ok_or(EmergencyError::field("day", Wrong::NotAChoice))?;
    let taken: i64 = day::by_class(&mut tx.conn()?, &scope, span).await?.into_iter().map(|(_, n)| n).sum();
    if !(taken..=MOST).contains(&counted) {
        return Err(EmergencyError::field("inbound", Wrong::OutOfRange { least: taken, most: MOST }));
    }
    day::say_inbound(&mut tx.conn()?, district, (&on.to_string(), counted), (ctx.now(), by)).await?;
    tx.journal(ctx.line("emergency.inbound_told", &place, None, json!({ "day": on.to_string(), "calls": counted })));
    Ok(())
}
