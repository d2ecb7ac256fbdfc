//! Whoever has the engine, its log and the consents.

use std::future::Future;
use std::pin::Pin;

use linli_watch::{Shard, Sign};

use crate::error::NatsError;

/// What a port answers with.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Under which claim a part is owned. The next claim of the same part, by whomever, has a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u64);

/// A part that is owned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which part.
    pub shard: Shard,
    /// Since which claim.
    pub epoch: Epoch,
}

/// Whoever watches over the people of the parts that this process owns.
pub trait Keeping: Send + Sync + 'static {
    /// Begins to keep a part. Whoever agreed to be watched and is in it is counted from `marks` and the signs since, which are all there are;
    /// whoever is in no mark from now. Nothing of the part may be raised before this returns; and an alarm of
    /// the owner before, of which the silence has ended by now, must be ended here, because that owner may have died before it said so. From the
    /// beginning of the call nothing may be taken up of anybody with an older claim. Called again after an error.
    fn take(&self, share: Share, marks: Vec<Sign>, since: Vec<Sign>) -> PortFuture<'_, Result<(), NatsError>>;

    /// Every part that this process claimed at first is taken. What is known of others from an earlier life is forgotten, and from now on time
    /// may pass.
    fn begin(&self) -> PortFuture<'_, ()>;

    /// Keeps the part no longer: nothing of it is raised any more from the moment of the call, and everything of it is forgotten.
    fn lose(&self, shard: Shard) -> PortFuture<'_, ()>;

    /// Takes signs of a part that is kept; answers when they are on disk, one verdict for each.
    fn signs(&self, signs: Vec<Sign>) -> PortFuture<'_, Result<Vec<u8>, NatsError>>;

    /// What stands for all signs of the people of a part ([`linli_watch::Engine::mark`]).
    fn marks(&self, shard: Shard) -> PortFuture<'_, Result<Vec<Sign>, NatsError>>;

    /// Whether the marks ought to be written anew soon, because somebody withdrew or something is known that is in no sign. Asking forgets
    /// it.
    fn marks_are_stale(&self, shard: Shard) -> bool;
}
