//! Letters between the two ends of a referral are delivered, clocks that are over are looked at. Each step is a transaction of one district;
//! whatever dies in between is done again and changes nothing then.

use std::collections::BTreeSet;

use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::DistrictId;

use super::{beds, inbound, referrals};
use crate::desk::BedDesk;
use crate::error_beds::BedError;
use crate::model::referrals::Letter;
use crate::queries::referrals::candidates;
use crate::store;
use crate::store::referrals::Waiting;

/// Letters of one round.
const AT_ONCE: i64 = 200;

/// Delivers what waits, and what is written in answer, until nothing waits. A letter that cannot be delivered waits on and keeps none of the
/// others. Gives how many letters were delivered.
///
/// # Errors
/// The first letter's that could not be delivered, when all others were.
pub async fn deliver(ctx: &Ctx, db: &Db, desk: &BedDesk) -> Result<u64, BedError> {
    let (mut delivered, mut stuck, mut first) = (0, BTreeSet::new(), None);
    loop {
        let letters = store::referrals::waiting(&mut db.read().await?.conn(), AT_ONCE).await?;
        let mut moved = false;
        for letter in letters.into_iter().filter(|letter| !stuck.contains(&letter.id)).collect::<Vec<_>>() {
            match hand_over(ctx, db, desk, &letter).await {
                Ok(()) => {
                    arrived(ctx, db, &letter).await?;
                    delivered += 1;
                    moved = true;
                }
                Err(error) => {
                    tracing::warn!(letter = %letter.id, %error, "a letter of a referral could not be delivered; it waits");
                    stuck.insert(letter.id);
                    first = first.or(Some(error));
                }
            }
        }
        if !moved {
            return first.map_or(Ok(delivered), Err);
        }
    }
}

/// Delivers one of the letters that were ever written, delivered before or not: the `n`th by the order in which they were written. For whoever
/// has to show that nothing depends on order or number. Gives whether there is such a letter.
///
/// # Errors
/// Store errors.
#[cfg(feature = "testing")]
pub async fn deliver_nth(ctx: &Ctx, db: &Db, desk: &BedDesk, n: usize) -> Result<bool, BedError> {
    let letters = store::referrals::every(&mut db.read().await?.conn()).await?;
    let Some(letter) = letters.get(n) else { return Ok(false) };
    hand_over(ctx, db, desk, letter).await?;
    arrived(ctx, db, letter).await?;
    Ok(true)
}

/// Writes down that a letter has been delivered, where it was written.
async fn arrived(ctx: &Ctx, db: &Db, letter: &Waiting) -> Result<(), BedError> {
    let mut tx = db.begin(letter.district).await?;
    store::referrals::delivered(&mut tx.conn()?, letter.district, letter.id, ctx.now()).await?;
    Ok(tx.commit().await?)
}

/// Hands a letter to the end it is for, in a transaction of that district.
async fn hand_over(ctx: &Ctx, db: &Db, desk: &BedDesk, waiting: &Waiting) -> Result<(), BedError> {
    let mut tx = db.begin(waiting.to).await?;
    match &waiting.letter {
        letter @ Letter::Ask { .. } => inbound::hear(ctx, &mut tx, desk, letter, waiting.sealed.as_deref()).await?,
        letter @ Letter::Answer { .. } => referrals::hear(ctx, &mut tx, desk, letter).await?,
    }
    Ok(tx.commit().await?)
}

/// Looks at every clock of a district that is over: holds, referrals, orders to convert; then letters are delivered.
///
/// # Errors
/// Store errors; what was done until then stays.
pub async fn sweep(ctx: &Ctx, db: &Db, desk: &BedDesk, district: DistrictId) -> Result<(), BedError> {
    loop {
        let mut tx = db.begin(district).await?;
        let one = inbound::expire_next(ctx, &mut tx).await?;
        tx.commit().await?;
        if !one {
            break;
        }
    }
    deliver(ctx, db, desk).await?;
    let due = store::referrals::due(&mut db.read().await?.conn(), district, ctx.now(), AT_ONCE).await?;
    for id in due {
        let mut read = db.read().await?;
        let c = &mut read.conn();
        let Some(referral) = store::referrals::one(c, district, id).await? else { continue };
        let from = (district, referral.institution);
        let candidates =
            candidates(c, desk, from, (referral.direction, referral.grid_kind), (referral.bed_type, &referral.needs), ctx.now())
                .await?;
        drop(read);
        let mut tx = db.begin(district).await?;
        referrals::look(ctx, &mut tx, desk, id, &candidates).await?;
        tx.commit().await?;
    }
    let mut tx = db.begin(district).await?;
    beds::tell_late_conversions(ctx, &mut tx, AT_ONCE).await?;
    tx.commit().await?;
    deliver(ctx, db, desk).await?;
    Ok(())
}
