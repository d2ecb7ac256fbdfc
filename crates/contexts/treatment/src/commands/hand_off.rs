//! Somebody who is followed at home is handed over to a bed, and the care side is told how it goes on (交接): that somebody is in hospital, home, or
//! dead, and nothing else. What the treatment side knows of the patient stays there.

use linli_access::{Ctx, Denied};
use linli_care::follow::Desk;
use linli_care::follow::commands as follow;
use linli_care::follow::model::{AlarmId, Tidings};
use linli_db::{Db, Tx};
use linli_kernel::{DistrictId, PlacePath};
use serde_json::json;
use uuid::Uuid;

use crate::error_beds::BedError;
use crate::model::hand_off::{HandOff, HandOffId, Stage};
use crate::model::referrals::ReferralId;
use crate::rules;
use crate::store;

/// Hand-offs that are looked at together.
const AT_ONCE: i64 = 200;

/// An alarm of the care side became this referral: the alarm is dealt with and the person handed over. In the transaction of the referral.
///
/// # Errors
/// `Follow` when the actor may not know of the alarm, or somebody has dealt with it; store errors.
pub async fn make(ctx: &Ctx, tx: &mut Tx, alarm: AlarmId, referral: ReferralId, because: &str) -> Result<HandOffId, BedError> {
    // The same request again is answered with the same referral, and its alarm is dealt with.
    let district = tx.district();
    if let Some(known) = store::hand_off::of(&mut tx.conn()?, district, referral).await? {
        return Ok(known);
    }
    let person = follow::referred(ctx, tx, alarm, because).await?;
    let by = ctx.appointment().ok_or(Denied::Forbidden)?;
    let id = HandOffId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let new = HandOff { district, id, person, referral, stage: Stage::Asked, stage_at: ctx.now() };
    store::hand_off::insert(&mut tx.conn()?, &new, by).await?;
    // Neither whom nor which referral: the line would outlive the consent.
    tx.journal(ctx.line("treatment.handed_over", &PlacePath::root(), Some(id.0), json!({})));
    Ok(id)
}

/// Looks how those have gone on who were handed over from a district, and tells the care side what is news. Each in a transaction of its own; done
/// again it changes nothing. Gives how many were news.
///
/// # Errors
/// Store errors; `Follow` when the care side cannot be told.
pub async fn follow_all(ctx: &Ctx, db: &Db, desk: &Desk, district: DistrictId) -> Result<u64, BedError> {
    let (mut after, mut news) = (Uuid::nil(), 0);
    loop {
        let mut read = db.read().await?;
        let open = store::hand_off::open(&mut read.conn(), district, after, AT_ONCE).await?;
        let Some(last) = open.last() else { return Ok(news) };
        after = last.id.0;
        let mut moved = Vec::new();
        for one in open {
            let stage = rules::hand_off::stage(&store::hand_off::legs(&mut read.conn(), &one).await?);
            if stage != one.stage {
                moved.push((one, stage));
            }
        }
        drop(read);
        for (one, stage) in moved {
            let mut tx = db.begin(district).await?;
            if tell(ctx, &mut tx, desk, &one, stage).await? {
                news += 1;
            }
            tx.commit().await?;
        }
    }
}

async fn tell(ctx: &Ctx, tx: &mut Tx, desk: &Desk, one: &HandOff, stage: Stage) -> Result<bool, BedError> {
    if !store::hand_off::put(&mut tx.conn()?, one, stage, ctx.now()).await? {
        return Ok(false);
    }
    let tidings = match stage {
        Stage::InHospital => Some(Tidings::InHospital),
        Stage::Home => Some(Tidings::Home),
        Stage::Elsewhere => Some(Tidings::Elsewhere),
        Stage::Died => Some(Tidings::Died),
        Stage::Asked | Stage::Over => None,
    };
    if let Some(tidings) = tidings {
        follow::hear(ctx, tx, desk, one.person, tidings).await?;
    }
    tx.journal(ctx.line("treatment.hand_off_moved", &PlacePath::root(), Some(one.id.0), json!({})));
    Ok(true)
}
