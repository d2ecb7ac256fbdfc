//! What the watch asked for, taken up once: the visits and the highest number in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{PlacePath, Ts};
use linli_watch::{Effect, Second, Slot, Task};
use uuid::Uuid;

use super::errand;
use super::visits::{NewVisit, open_visit, relieve};
use crate::error::CareError;
use crate::model::{CarePersonId, ErrandKind, Silence, VisitKind};
use crate::office::CareOffice;
use crate::store;

/// A part of the watch, and the claim under which this process owns it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) part: u16,
    pub(crate) epoch: i64,
}

/// Takes up effects of a watch in one district, in order. Those up to the highest number that was done before are passed over; so whatever
/// died between two of them, each visit is opened once. Where the watch is split each comes with the claim of its part, and those of
/// a part that another process has claimed since are passed over too. Gives how many were news.
///
/// # Errors
/// Store errors.
pub(crate) async fn take_up(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    watch: Uuid,
    effects: &[(Effect, CarePersonId, Option<Claim>)],
) -> Result<usize, CareError> {
    let district = tx.district();
    ctx.may(Action::Create, Resource::Visit, district, &PlacePath::root())?;
    let highest = store::watch::highest(&mut tx.conn()?, district, watch).await?;
    let number = |effect: &Effect| i64::try_from(effect.number).unwrap_or(i64::MAX);
    let replaced = replaced(tx, effects.iter().filter_map(|(_, _, claim)| *claim)).await?;
    let mut news = 0;
    for (effect, person, claim) in effects.iter().filter(|(effect, ..)| number(effect) > highest) {
        if claim.is_some_and(|claim| replaced.contains(&claim.part)) {
            tracing::warn!("another process owns this part of the watch by now; what it asked for here is passed over");
            continue;
        }
        take_up_one(ctx, tx, office, &effect.task, *person).await?;
        news += 1;
    }
    if let Some((last, ..)) = effects.last() {
        store::watch::set_highest(&mut tx.conn()?, district, watch, number(last)).await?;
    }
    Ok(news)
}

/// The parts of which somebody has seen a later claim than these.
async fn replaced(tx: &mut Tx, claims: impl Iterator<Item = Claim>) -> Result<BTreeSet<u16>, CareError> {
    let district = tx.district();
    let mut replaced = BTreeSet::new();
    for (part, epoch) in claims.map(|claim| (claim.part, claim.epoch)).collect::<BTreeMap<_, _>>() {
        if !store::watch::holds_claim(&mut tx.conn()?, district, part, epoch).await? {
            replaced.insert(part);
        }
    }
    Ok(replaced)
}

/// From here on nothing of a part is taken up in this district under an earlier claim. False when there is a later one already.
///
/// # Errors
/// Store errors.
pub(crate) async fn claim(tx: &mut Tx, claim: Claim) -> Result<bool, CareError> {
    let district = tx.district();
    Ok(store::watch::holds_claim(&mut tx.conn()?, district, claim.part, claim.epoch).await?)
}

/// Ends what the owner before did not come to end: visits about alarms of which the silence is over, by the second from which it is counted now.
///
/// # Errors
/// Store errors.
pub(crate) async fn relieve_ended(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    part: (u16, u16),
    since: &BTreeMap<Slot, Second>,
) -> Result<(), CareError> {
    let district = tx.district();
    for visit in store::visits::open_of_part(&mut tx.conn()?, district, part).await? {
        if visit.alarm.is_some_and(|(slot, silent)| since.get(&slot).is_some_and(|since| *since > silent)) {
            relieve(ctx, tx, office, visit).await?;
        }
    }
    Ok(())
}

/// Takes up one thing that the watch asks for, whatever its number. Doing it again changes nothing.
///
/// # Errors
/// Store errors.
pub(crate) async fn take_up_one(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    task: &Task,
    id: CarePersonId,
) -> Result<(), CareError> {
    let district = tx.district();
    let alarm = task.id();
    let (key, kind) = ((alarm.slot, alarm.since), if alarm.question { VisitKind::Question } else { VisitKind::Alarm });
    let (silence, due) = match *task {
        Task::Alarm { silence, deadline, .. } => (Some(silence_of(silence)), deadline),
        Task::SoftQuestion { due, .. } => (None, due),
        Task::Cleared { .. } => {
            let which = (i64::from(alarm.slot), i64::from(alarm.since));
            store::keeper::clear_aside(&mut tx.conn()?, district, which, alarm.question).await?;
            if let Some(visit) = store::visits::of_alarm(&mut tx.conn()?, district, key, kind).await? {
                relieve(ctx, tx, office, visit).await?;
            }
            return Ok(());
        }
    };
    // Who withdrew between the alarm and now is not visited for it.
    let Some(person) = store::person(&mut tx.conn()?, district, id).await? else { return Ok(()) };
    let watched = store::watch::of_person(&mut tx.conn()?, district, id).await?;
    let Some(watched) = watched.filter(|watched| watched.slot == alarm.slot) else { return Ok(()) };
    // Who was seen last before she agreed may be silent for too long already when she does: due since she is watched, and not before. The clock of
    // whoever has to reach her begins when anybody could know of it.
    let due = instant(due).max(watched.enrolled_at);
    if watched.unheard.as_ref().is_some_and(|(_, since)| due >= *since) {
        // Nothing hears her: that she is silent says nothing, and she is rung up for that. For the watch it is as if she had been seen, so that it counts
        // anew as soon as something does.
        return errand(ctx, tx, (id, alarm.slot), ErrandKind::Seen, Some(ctx.now())).await;
    }
    let new = NewVisit { kind, silence, since: Some(instant(alarm.since)), alarm: Some(key), due, forewarned: false };
    open_visit(ctx, tx, office, &person, new).await?;
    Ok(())
}

const fn silence_of(silence: linli_watch::Silence) -> Silence {
    match silence {
        linli_watch::Silence::NotLeftHome => Silence::NotLeftHome,
        linli_watch::Silence::NotComeBack => Silence::NotComeBack,
        linli_watch::Silence::NoSign => Silence::NoSign,
    }
}

fn instant(second: Second) -> Ts {
    Ts(i64::from(second) * 1_000_000)
}
