//! What the treatment network tells of somebody who is followed: a bed was asked for, the person is there, came home, or died.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use serde_json::json;

use super::alarms::{close, open};
use super::{health_line, readings, store, text};
use crate::commands::{self as care, Which};
use crate::follow::desk::Desk;
use crate::follow::error::FollowError;
use crate::follow::model::{Alarm, AlarmId, Became, Followed, Level, Reason, Tidings};
use crate::model::CarePersonId;

/// An alarm became a referral of the treatment network (申请转诊): it is dealt with. Whoever writes the referral calls it in the same transaction.
/// Gives of whom it was.
///
/// # Errors
/// `Field` without a reason; `DealtWith`; `NotFound`, `Denied`; store errors.
pub async fn referred(ctx: &Ctx, tx: &mut Tx, id: AlarmId, because: &str) -> Result<CarePersonId, FollowError> {
    let because = text("because", because, true)?;
    let (mut alarm, _) = open(ctx, tx, id).await?;
    close(ctx, tx, &mut alarm, Became::Referral, because.clone()).await?;
    let facts = json!({ "alarm": id, "became": Became::Referral });
    let line = health_line(ctx, tx, "care.alarm_acknowledged", (&alarm.place, alarm.person), facts).await?;
    tx.journal(ctx.with_personal(line, json!({ "because": because })));
    Ok(alarm.person)
}

/// What is heard of somebody who went to a bed. That somebody is in hospital is kept only under the consent to that, and then nobody knocks;
/// home again, the watch goes on and the family-doctor team calls today. Of a death the team is told, and nobody knocks. Somebody who is followed no
/// longer is nobody's business here.
///
/// # Errors
/// `Care` when the watch cannot be told; `Rules` when none count; store errors.
pub async fn hear(ctx: &Ctx, tx: &mut Tx, desk: &Desk, person: CarePersonId, tidings: Tidings) -> Result<(), FollowError> {
    ctx.may(Action::Change, Resource::FollowUp, tx.district(), &linli_kernel::PlacePath::root())?;
    let district = tx.district();
    let Some(followed) = store::hold(&mut tx.conn()?, district, person).await? else { return Ok(()) };
    let watched = crate::store::watch::of_person(&mut tx.conn()?, district, person).await?;
    let here = watched.as_ref().map(|watched| watched.in_hospital);
    match tidings {
        Tidings::InHospital => {
            let given = crate::consent::in_force(&mut tx.conn()?, district, person, ctx.now()).await?;
            if let (Some(proof), Some(false)) = (given.hospital, here) {
                care::admit(ctx, tx, Which::Id(person), &proof).await?;
            }
            return Ok(());
        }
        Tidings::Home if here == Some(true) => care::discharge(ctx, tx, Which::Id(person)).await?,
        Tidings::Home | Tidings::Elsewhere | Tidings::Died => {}
    }
    raise_tidings(ctx, tx, desk, &followed, tidings).await
}

/// The family-doctor team finds it on the list of the day.
async fn raise_tidings(ctx: &Ctx, tx: &mut Tx, desk: &Desk, followed: &Followed, tidings: Tidings) -> Result<(), FollowError> {
    let reason = match tidings {
        Tidings::InHospital => return Ok(()),
        Tidings::Home => Reason::CameHome,
        Tidings::Elsewhere => Reason::SentElsewhere,
        Tidings::Died => Reason::Died,
    };
    let rules = desk.rules(&followed.place, ctx.now())?;
    let alarm = Alarm {
        district: followed.district,
        id: AlarmId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        person: followed.person,
        place: followed.place.clone(),
        reading: None,
        // Somebody is to call now: that is what it is about.
        due_for: Some(ctx.now()),
        raised_at: ctx.now(),
        level: Level::Look,
        reasons: vec![reason],
        rule: crate::follow::rules::mark(rules.schedule_stamp()),
        became: None,
        acknowledged_at: None,
        acknowledged_by: None,
        because: None,
        visit: None,
    };
    readings::raise(ctx, tx, alarm, json!({ "reasons": [reason] })).await?;
    Ok(())
}
