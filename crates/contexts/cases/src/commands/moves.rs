//! Cases go along when their place moves.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_territory::moves::Moved;
use serde_json::json;

use crate::error::CasesError;
use crate::store::{self, days};

/// Takes at most `limit` cases along after a place moved, the open ones first, and says how many; 0 when none is left behind.
/// Whoever reads the journal calls it for every line `territory.moved` until it says 0; doing it again changes nothing.
///
/// The timeline and the daily counts of what was reported here keep the path they were written with: they say where it happened.
/// The counts of imported cases rest on the records alone and go with them.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, CasesError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Case, district, &moved.to)?;
    let lists = linli_territory::moves::rewrite(&mut tx.conn()?, district, "message_class", "place_path", moved).await?;
    let desks = linli_territory::moves::rewrite(&mut tx.conn()?, district, "duty_handover", "place_path", moved).await?;
    if lists + desks > 0 {
        return Ok(lists + desks);
    }
    // Whoever folds the counts or moves them waits here for the other.
    tx.next_number("cases.figures/fold").await?;
    let c = &mut tx.conn()?;
    linli_territory::moves::rewrite(c, district, "unit_link", "place_path", moved).await?;
    linli_territory::moves::rewrite(c, district, "hotline_key", "place_path", moved).await?;
    linli_territory::moves::rewrite(c, district, "hotline_ticket", "place_path", moved).await?;
    linli_territory::moves::rewrite(c, district, "case_file", "reported_place", moved).await?;
    for open in [true, false] {
        let cases = store::moves::left_behind(c, district, &moved.from, open, limit).await?;
        if cases.is_empty() {
            continue;
        }
        let mut counts = days::Days::new();
        for case in cases.iter().filter(|case| case.imported) {
            let mut before = days::Days::new();
            days::spread_imported(&mut before, &case.place, case.reported_at, case.external_closed_at);
            for (key, delta) in before {
                counts.entry(key).or_default().subtract(delta);
            }
            let Some(place) = moved.path(&case.place) else { continue };
            days::spread_imported(&mut counts, &place, case.reported_at, case.external_closed_at);
        }
        counts.retain(|_, delta| *delta != days::DayCounts::default());
        days::write(c, district, &counts).await?;
        let ids: Vec<_> = cases.iter().map(|case| case.id).collect();
        let followed = store::moves::take_along(c, district, &ids, moved).await?;
        tx.journal(ctx.line("cases.moved", &moved.to, None, json!({ "cases": followed })));
        return Ok(followed);
    }
    Ok(0)
}
