//! The watch in the program: its jobs, and its life beside the server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use linli_care::{Care, CareError, WatchPlan, commands};
use linli_db::Db;
use linli_jobs::Worker;
use linli_kernel::DistrictId;

/// Rows of a batch.
const BATCH: i64 = 500;
/// How long until a watch that could not start tries again.
const AGAIN: Duration = Duration::from_secs(5);

/// Teaches the worker the ladder of visits, and the consents whose term runs out.
pub fn jobs(worker: Worker, care: &Arc<Care>) -> Worker {
    let (ladder, terms) = (Arc::clone(care), Arc::clone(care));
    worker
        .every("care.ladder", 30, move |ctx, db, _| {
            let care = Arc::clone(&ladder);
            async move {
                for district in districts(&db).await? {
                    loop {
                        let mut tx = db.begin(district).await?;
                        let seen = commands::sweep(&ctx, &mut tx, care.office(), BATCH).await?;
                        tx.commit().await?;
                        if seen < BATCH {
                            break;
                        }
                    }
                }
                Ok(())
            }
        })
        .every("care.terms", 60, move |ctx, db, _| {
            let care = Arc::clone(&terms);
            async move {
                for district in districts(&db).await? {
                    loop {
                        let mut tx = db.begin(district).await?;
                        let seen = commands::expire(&ctx, &mut tx, care.office(), BATCH).await?;
                        tx.commit().await?;
                        if seen < BATCH {
                            break;
                        }
                    }
                }
                care.errands().await?;
                Ok(())
            }
        })
}

async fn districts(db: &Db) -> Result<Vec<DistrictId>, CareError> {
    let found = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
    Ok(found.into_iter().map(|district| district.id).filter(|id| *id != DistrictId::CITY).collect())
}

/// Starts the watch and lets it run until `stop`. While another process has its folder, this one tries again; everything else goes on
/// meanwhile.
pub async fn keep_watch(care: Arc<Care>, folder: PathBuf, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    while let Err(error) = care.start(&WatchPlan::in_folder(&folder)).await {
        tracing::warn!(%error, "the watch does not start; trying again");
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
    care.run(stop).await;
}
