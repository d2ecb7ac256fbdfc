//! What the program does by itself: tells which community has held no joint meeting in a month that is over.

use linli_access::Ctx;
use linli_db::Tx;
use linli_kernel::PlacePath;
use serde_json::json;

use crate::error::CouncilError;
use crate::model::Month;
use crate::office::CouncilOffice;
use crate::queries::months::{MonthState, of_communities};
use crate::store::feeds;

/// Tells the months in which a community held no joint meeting, each once. Only what is over is told; a community that never called a meeting is shown as
/// such, and no month of it is told. Gives how many were told.
///
/// # Errors
/// Store errors; territory's.
pub async fn sweep(ctx: &Ctx, tx: &mut Tx, office: &CouncilOffice, limit: i64) -> Result<i64, CouncilError> {
    let (district, now) = (tx.district(), ctx.now());
    let current = Month::of(now);
    let all = of_communities(&mut tx.conn()?, office, (district, &PlacePath::root()), now).await?;
    let mut told = 0;
    for community in all {
        for (month, state) in community.months {
            if month >= current || state != MonthState::Missed || told >= limit {
                continue;
            }
            let month = month.to_string();
            if feeds::tell_missed(&mut tx.conn()?, (district, &community.place), (&month, now)).await? {
                tx.journal(ctx.line("council.month_missed", &community.place, None, json!({ "month": month })));
                told += 1;
            }
        }
    }
    Ok(told)
}
