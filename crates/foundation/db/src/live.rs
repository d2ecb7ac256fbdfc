//! What has just been committed, told to whoever listens in this process: live pages and caches.

use std::sync::Arc;

use linli_kernel::{DistrictId, PlacePath};
use tokio::sync::broadcast;
use uuid::Uuid;

/// The public head of a committed journal line. It carries no facts: a listener looks up what it may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// District.
    pub district: DistrictId,
    /// Number of the line in its district.
    pub seq: i64,
    /// Where.
    pub place: PlacePath,
    /// What, e.g. `cases.reported`.
    pub kind: String,
    /// The record it is about.
    pub subject: Option<Uuid>,
}

/// The hub. A listener that falls behind by more than its buffer is told so and reads the journal from its cursor.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    sender: broadcast::Sender<Arc<Published>>,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::channel(4096).0 }
    }

    pub(crate) fn publish(&self, lines: Vec<Arc<Published>>) {
        for line in lines {
            // Nobody listening is fine.
            let _ = self.sender.send(line);
        }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.sender.subscribe()
    }
}
