//! What a meeting leaves open goes on to the next one by itself (自动结转): joint meetings drop no promise.

use linli_access::Ctx;
use linli_db::Tx;
use linli_kernel::PlacePath;
use serde_json::json;

use super::{save, tell};
use crate::error::CouncilError;
use crate::model::{Item, ItemId, Kind, Outcome};
use crate::store::{items, meetings};

/// Puts what earlier meetings of a family at a place left open on the agenda of the next one, where there is one, and says how many. Called whenever a
/// meeting is made, its minutes are approved, or it is cancelled; doing it again changes nothing.
pub(super) async fn carry(ctx: &Ctx, tx: &mut Tx, place: &PlacePath, family: Kind) -> Result<usize, CouncilError> {
    let district = tx.district();
    let left = items::left_open(&mut tx.conn()?, (district, place), family).await?;
    if left.is_empty() {
        return Ok(0);
    }
    let Some(mut next) = meetings::next(&mut tx.conn()?, (district, place), family).await? else { return Ok(0) };
    let mut carried = 0;
    for mut before in left {
        let after = Item {
            id: ItemId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
            meeting: next.id,
            no: 0,
            carried_from: Some(before.id),
            carried: before.carried + 1,
            carried_to: None,
            outcome: Outcome::Open,
            decision: String::new(),
            ..before.clone()
        };
        // The same case or proposal was put there by hand already: then it goes on as that one.
        let on_it = if items::insert(&mut tx.conn()?, district, &after).await? {
            Some(after.id)
        } else {
            adopted(tx, &next.id, &before).await?
        };
        before.carried_to = on_it;
        items::put(&mut tx.conn()?, district, &before).await?;
        carried += 1;
    }
    if next.called_at.is_some() {
        next.sequence += 1;
    }
    save(ctx, tx, &mut next).await?;
    tell(ctx, tx, "council.carried_over", &next, json!({ "items": carried }));
    Ok(carried)
}

/// The item of the next agenda that has the same source, which from now on comes from the one before.
async fn adopted(tx: &mut Tx, next: &crate::model::MeetingId, before: &Item) -> Result<Option<ItemId>, CouncilError> {
    let district = tx.district();
    let agenda = items::of_meeting(&mut tx.conn()?, district, *next).await?;
    let Some(same) = agenda.into_iter().find(|item| item.source_id == before.source_id) else { return Ok(None) };
    items::adopt(&mut tx.conn()?, district, (same.id, before.id), before.carried + 1).await?;
    Ok(Some(same.id))
}
