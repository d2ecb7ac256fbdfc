//! The life of the watch beside the server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use linli_care::{Care, WatchPlan};

/// How long until a watch that could not start tries again.
const AGAIN: Duration = Duration::from_secs(5);

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
