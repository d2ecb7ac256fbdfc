//! What is known of a patient is erased when its time is over (到期删除): the referral stays as a number that nobody can be found by.

use linli_access::Ctx;
use linli_db::Tx;
use linli_kernel::PlacePath;
use serde_json::json;

use crate::desk::BedDesk;
use crate::error_beds::BedError;
use crate::store;

/// Erases, at both ends that lie in this district, what is known of patients whose referral ended longer ago than the rules keep it: name, condition
/// and the keyed hash by which two referrals of one patient are told to be of one. Gives how many were erased: as many as `limit` means that there
/// may be more.
///
/// # Errors
/// Rules that do not count; store errors.
pub async fn forget(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, limit: i64) -> Result<i64, BedError> {
    let (district, now) = (tx.district(), ctx.now());
    let keep = desk.referrals(&PlacePath::root(), now)?.value.retention_secs();
    let erased = store::referrals::forget(&mut tx.conn()?, district, now.plus_secs(-keep), limit).await?;
    if erased > 0 {
        tx.journal(ctx.line("treatment.forgotten", &PlacePath::root(), None, json!({ "patients": erased })));
    }
    Ok(i64::try_from(erased).unwrap_or(i64::MAX))
}
