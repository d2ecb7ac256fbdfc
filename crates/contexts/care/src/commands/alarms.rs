//! What the watch asked for, taken up once: the visits and the highest number in one transaction.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{PlacePath, Ts};
use linli_watch::{Effect, Second, Task};
use uuid::Uuid;

use super::visits::{NewVisit, open_visit, relieve};
use crate::error::CareError;
use crate::model::{CarePersonId, Silence, VisitKind};
use crate::office::CareOffice;
use crate::store;

/// Takes up effects of a watch in one district, in order. Those up to the highest number that was done before are passed over; so whatever
/// died between two of them, each visit is opened once. Gives how many were news.
///
/// # Errors
/// Store errors.
pub(crate) async fn take_up(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    watch: Uuid,
    effects: &[(Effect, CarePersonId)],
) -> Result<usize, CareError> {
    let district = tx.district();
    ctx.may(Action::Create, Resource::Visit, district, &PlacePath::root())?;
    let highest = store::watch::highest(&mut tx.conn()?, district, watch).await?;
    let number = |effect: &Effect| i64::try_from(effect.number).unwrap_or(i64::MAX);
    let mut news = 0;
    for (effect, person) in effects.iter().filter(|(effect, _)| number(effect) > highest) {
        one(ctx, tx, office, effect, *person).await?;
        news += 1;
    }
    if let Some((last, _)) = effects.last() {
        store::watch::set_highest(&mut tx.conn()?, district, watch, number(last)).await?;
    }
    Ok(news)
}

async fn one(ctx: &Ctx, tx: &mut Tx, office: &CareOffice, effect: &Effect, id: CarePersonId) -> Result<(), CareError> {
    let district = tx.district();
    let alarm = effect.task.id();
    let (key, kind) = ((alarm.slot, alarm.since), if alarm.question { VisitKind::Question } else { VisitKind::Alarm });
    let (silence, due) = match effect.task {
        Task::Alarm { silence, deadline, .. } => (Some(silence_of(silence)), deadline),
        Task::SoftQuestion { due, .. } => (None, due),
        Task::Cleared { .. } => {
            if let Some(visit) = store::visits::of_alarm(&mut tx.conn()?, district, key, kind).await? {
                relieve(ctx, tx, office, visit).await?;
            }
            return Ok(());
        }
    };
    // Who withdrew between the alarm and now is not visited for it.
    let Some(person) = store::person(&mut tx.conn()?, district, id).await? else { return Ok(()) };
    if store::watch::of_person(&mut tx.conn()?, district, id).await?.is_none_or(|watched| watched.slot != alarm.slot) {
        return Ok(());
    }
    let new = NewVisit { kind, silence, since: Some(instant(alarm.since)), alarm: Some(key), due: instant(due) };
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
