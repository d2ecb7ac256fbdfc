//! What two plays of one seed have in common: every line of the treatment network, in its order.

use linli_db::{Db, journal};
use linli_kernel::DistrictId;
use sha2::{Digest as _, Sha256};

use crate::districts;

/// The digest of what happened in all districts: kinds, times, subjects and facts, district by district. Accounts and sessions are left out:
/// they are secret, and others each time.
pub async fn of(db: &Db) -> anyhow::Result<String> {
    let mut all = Sha256::new();
    for district in districts::all(db).await? {
        let mut after = 0;
        loop {
            let lines = journal::after(&mut db.read().await?.conn(), district, after, 2_000).await?;
            let Some(last) = lines.last() else { break };
            after = last.seq;
            for line in lines.iter().filter(|line| line.kind.starts_with("treatment.")) {
                let DistrictId(number) = district;
                let subject = line.subject_id.map(|id| id.to_string()).unwrap_or_default();
                all.update(format!("{number} {} {} {subject} {}\n", line.at.0, line.kind, line.facts));
            }
        }
    }
    Ok(all.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
