//! What the program does by itself: tells the next rung, lets consents run out, follows moves; and writes down who looked.

use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::PlacePath;
use linli_territory::moves::{Moved, rewrite_some};
use serde_json::json;

use super::ladder::press;
use super::{Which, at_entrance, withdraw};
use crate::error::CareError;
use crate::model::{CarePerson, ConsentChannel};
use crate::office::CareOffice;
use crate::store;

/// Tells the next rung about visits whose time is over, at most `limit`, and forgets absences that are over. Gives how many; come again while
/// it gives `limit`.
///
/// # Errors
/// Store errors.
pub async fn sweep(ctx: &Ctx, tx: &mut Tx, office: &CareOffice, limit: i64) -> Result<i64, CareError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.may(Action::Change, Resource::Visit, district, &PlacePath::root())?;
    store::watch::forget_absences(&mut tx.conn()?, district, now).await?;
    let visits = store::visits::due_to_wake(&mut tx.conn()?, district, now, limit).await?;
    let seen = i64::try_from(visits.len()).unwrap_or(limit);
    for visit in visits {
        match press(ctx, tx, office, visit).await {
            // Somebody working on it at this very moment wins; the next sweep looks again.
            Ok(()) | Err(CareError::Changed) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(seen)
}

/// Withdraws consents whose term has run out, at most `limit`; the watch forgets as after any withdrawal. Gives how many.
///
/// # Errors
/// Store errors.
pub async fn expire(ctx: &Ctx, tx: &mut Tx, office: &CareOffice, limit: i64) -> Result<i64, CareError> {
    let (district, now) = (tx.district(), ctx.now());
    let over = store::consents::run_out(&mut tx.conn()?, district, now, limit).await?;
    let seen = i64::try_from(over.len()).unwrap_or(limit);
    for (person, purpose) in over {
        let Ok(purpose) = purpose.parse() else { continue };
        withdraw(ctx, tx, office, Which::Id(person), Some(purpose), ConsentChannel::Expiry).await?;
    }
    Ok(seen)
}

/// Writes down that a member of the staff looked at what is known of a person; the person sees it on the own page.
///
/// # Errors
/// None of its own.
pub fn note_look(ctx: &Ctx, tx: &mut Tx, person: &CarePerson) {
    let facts = match &ctx.actor {
        Actor::Program { organisation, .. } => json!({ "institution": organisation }),
        _ => json!({}),
    };
    tx.journal(ctx.line("care.looked", &at_entrance(&person.place), Some(person.id.0), facts));
}

/// The tables whose rows keep a place.
const MOVING: [&str; 8] = [
    "care_person",
    "care_watch",
    "care_visit",
    "care_followed",
    "care_alarm",
    "care_referral",
    "oxygen_booking",
    "antiviral_decision",
];

/// Takes about `limit` rows along after a place moved, and says how many; 0 when none is left behind. Whoever reads the journal calls it for
/// every line `territory.moved` until it says 0; doing it again changes nothing.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, CareError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Care, district, &moved.to)?;
    for table in MOVING {
        let followed = rewrite_some(&mut tx.conn()?, district, (table, "place_path"), moved, limit).await?;
        if followed > 0 {
            tx.journal(ctx.line("care.moved", &moved.to, None, json!({ "rows": followed })));
            return Ok(followed);
        }
    }
    Ok(0)
}
