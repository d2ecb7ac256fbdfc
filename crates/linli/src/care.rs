//! The life of the watch beside the server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use linli_care::{Care, CareError, Keeping, WatchPlan};
use linli_db::{Db, Sole};

/// How long until a watch that could not start tries again.
const AGAIN: Duration = Duration::from_secs(5);
/// How often a server looks whether its claim still lives.
const LOOK: Duration = Duration::from_secs(1);
/// How long the session of the claim may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// What is claimed in the database: the keeping of the watch. Any number that nothing else claims.
const WATCH: i64 = 0x6c69_6e6c_6977_6174;

/// Where the watch of this server lies, and what is done when that is not where it was kept last.
#[derive(Debug)]
pub struct Folder {
    /// The data folder.
    pub folder: PathBuf,
    /// Whether to count everybody anew in a folder that is another one.
    pub anew: bool,
}

/// Keeps the watch until `stop`, while no other server on the same database does. This one tries again and again; everything else goes on
/// meanwhile.
pub async fn keep_watch(care: Arc<Care>, db: Db, folder: Folder, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        // Also while it cannot be kept: a process before may have died just after somebody withdrew.
        care.fold_what_was_erased().await;
        match begin(&care, &db, &folder).await {
            Ok(Some(claim)) => {
                let mut asked = false;
                let ended = async {
                    tokio::select! {
                        () = &mut stop => asked = true,
                        () = lost(&care, &db, claim) => {
                            tracing::error!("another server has taken the watch over; this one keeps it no longer");
                        }
                    }
                };
                Arc::clone(&care).run(ended).await;
                if asked {
                    return;
                }
            }
            Ok(None) => {
                if care.keeping() != Keeping::Elsewhere {
                    tracing::warn!(
                        "another server on this database keeps the watch; signs of devices are answered with 503 here"
                    );
                }
                care.is_kept_elsewhere();
            }
            Err(error) => tracing::error!(%error, "the watch does not start; trying again"),
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

/// Claims the watch and starts it; nothing when another server has it.
async fn begin(care: &Arc<Care>, db: &Db, folder: &Folder) -> Result<Option<Sole>, CareError> {
    let Some(claim) = db.claim_alone(WATCH).await? else { return Ok(None) };
    let plan = WatchPlan::in_folder(&folder.folder);
    if db.engine() == linli_db::Engine::Sqlite {
        care.start(&plan).await?;
    } else {
        care.start_alone(&plan, folder.anew).await?;
    }
    Ok(Some(claim))
}

/// Ends when another server has taken the watch over. A session that died alone takes nothing away: the watch goes on while the database is
/// away, nobody else can begin it without the database, and the claim is renewed as soon as that is there.
async fn lost(care: &Care, db: &Db, mut claim: Sole) {
    loop {
        tokio::time::sleep(LOOK).await;
        if tokio::time::timeout(PATIENCE, claim.lives()).await.unwrap_or(false) {
            continue;
        }
        match care.keeps_still().await {
            Ok(false) => return,
            Ok(true) => {
                if let Ok(Some(again)) = db.claim_alone(WATCH).await {
                    claim = again;
                }
            }
            Err(error) => tracing::warn!(%error, "whether the watch is still kept here cannot be asked now"),
        }
    }
}
