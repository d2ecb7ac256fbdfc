//! What a withdrawal does to visits: those that the purpose held end, and what was written of them in words goes.

use linli_access::Ctx;
use linli_db::{Tx, journal};
use linli_kernel::Ts;

use super::visits::{With, happen, system};
use crate::consent;
use crate::error::CareError;
use crate::model::{CarePersonId, Purpose, Visit, VisitEvent, VisitId, VisitKind};
use crate::office::CareOffice;
use crate::store;

/// Whether a visit was held by one of these purposes: alarms, and calls because nothing is heard, by the watch; a question by the watch and by the
/// hours that were learned; one that an alarm about a reading asked for by the readings. What a neighbour is worried about is held by none.
fn held(visit: &Visit, asked: &[VisitId], purposes: &[Purpose]) -> bool {
    let any = |of: &[Purpose]| of.iter().any(|purpose| purposes.contains(purpose));
    match visit.kind {
        VisitKind::Alarm | VisitKind::Unheard => any(&[Purpose::Watch]),
        VisitKind::Question => any(&[Purpose::Watch, Purpose::Routine]),
        VisitKind::ByHand => asked.contains(&visit.id) && any(&[Purpose::Readings]),
    }
}

/// Ends the open visits that these purposes held, and erases what was written beside them and beside those that are over; that they happened stays. When
/// nothing is agreed to any more, the words of every visit that is over go. Whoever withdraws calls it in the same transaction, before the alarms are
/// forgotten. Gives whether anything was erased.
///
/// # Errors
/// Store errors.
pub(super) async fn end_visits(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    person: CarePersonId,
    purposes: &[Purpose],
) -> Result<bool, CareError> {
    let (district, system) = (tx.district(), system(ctx));
    let asked = crate::follow::commands::visits_asked(tx, person).await?;
    let given = consent::in_force(&mut tx.conn()?, district, person, ctx.now()).await?;
    let nothing_left = Purpose::ALL.iter().all(|purpose| !given.has(*purpose));
    let mut erased = 0;
    for visit in store::visits::of_person(&mut tx.conn()?, district, person, i64::MAX).await? {
        let (id, open) = (visit.id, visit.is_open());
        let held = held(&visit, &asked, purposes);
        if held && open {
            happen(&system, tx, office, visit, VisitEvent::Withdraw, &With::default()).await?;
        }
        // What somebody is worried about goes on with its words: it did not come from what was agreed to. They go with its end.
        if held || (nothing_left && !open) {
            erased += journal::erase_personal(&mut tx.conn()?, district, id.0).await?;
        }
    }
    Ok(erased > 0)
}

/// A visit that went on after everything was withdrawn is over now: what was written of it is erased, and what would be written with its end is not
/// kept. Gives whether that is so. Whoever never agreed to anything withdrew nothing.
///
/// # Errors
/// Store errors.
pub(super) async fn forgotten(tx: &mut Tx, office: &CareOffice, visit: &Visit, now: Ts) -> Result<bool, CareError> {
    let consents = store::consents::of_person(&mut tx.conn()?, visit.district, visit.person).await?;
    if consents.is_empty() || consents.iter().any(|consent| consent.in_force(now)) {
        return Ok(false);
    }
    journal::erase_personal(&mut tx.conn()?, visit.district, visit.id.0).await?;
    office.erased(now);
    Ok(true)
}
