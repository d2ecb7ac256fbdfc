//! What the program does by itself: tells the house and the health office what is overdue, and erases opinions when their time is over.

use linli_access::Ctx;
use linli_db::Tx;
use linli_kernel::PlacePath;
use serde_json::json;

use crate::error::ExpertError;
use crate::office::RoundOffice;
use crate::store::{findings, rounds};

/// Tells findings whose clock is over, each once; erases opinions older than the rules keep them. Gives how many things were done: as many as `limit`
/// of a kind means that there may be more.
///
/// # Errors
/// Store errors.
pub async fn sweep(ctx: &Ctx, tx: &mut Tx, office: &RoundOffice, limit: i64) -> Result<i64, ExpertError> {
    let (district, now) = (tx.district(), ctx.now());
    let late = findings::late(&mut tx.conn()?, district, now, limit).await?;
    for id in &late {
        let Some(mut finding) = findings::lock(&mut tx.conn()?, district, *id).await? else { continue };
        // Somebody may have answered since it was read.
        if finding.late_told_at.is_some() || finding.due_at.is_none_or(|due| due > now) {
            continue;
        }
        finding.late_told_at = Some(now);
        findings::put(&mut tx.conn()?, &finding).await?;
        let facts = json!({ "institution": finding.institution, "matter": finding.matter, "state": finding.state });
        tx.journal(ctx.line("expert.finding_late", &finding.place, Some(id.0), facts));
    }
    let keep = office.rules(&PlacePath::root(), now)?.value.retention_secs();
    let forgotten = rounds::forget(&mut tx.conn()?, district, now.plus_secs(-keep), limit).await?;
    if forgotten > 0 {
        tx.journal(ctx.line("expert.forgotten", &PlacePath::root(), None, json!({ "opinions": forgotten })));
    }
    let done = i64::try_from(late.len()).unwrap_or(i64::MAX);
    Ok(done.max(i64::try_from(forgotten).unwrap_or(i64::MAX)))
}
