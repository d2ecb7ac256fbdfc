//! One process among several: shows that it lives, claims parts, gives them back.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_nats::jetstream::kv::Operation;
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use linli_watch::Shard;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::bus::{Bus, Plan};
use crate::error::NatsError;
use crate::keeping::{Epoch, Keeping, Share};
use crate::owners::{Key, Owners};
use crate::part::Part;

/// Parts that are claimed in one beat at most.
const AT_ONCE: usize = 64;
/// Parts that are given back in one beat at most.
const BACK: usize = 8;

/// A part that this process owns.
struct Kept {
    share: Share,
    stop: watch::Sender<bool>,
    taken: watch::Receiver<bool>,
    work: JoinHandle<()>,
}

/// One process among several.
pub struct Node {
    bus: Bus,
    plan: Plan,
    keeping: Arc<dyn Keeping>,
    owners: Arc<Mutex<Owners>>,
    kept: BTreeMap<Shard, Kept>,
    life: Arc<Mutex<Life>>,
    begun: bool,
}

/// Whether this process may believe that it lives.
#[derive(Debug, Default)]
struct Life {
    /// Until then, if at all.
    until: Option<Instant>,
    /// It was over in between: everything that was owned is to be given up first.
    over: bool,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("name", &self.plan.name).field("kept", &self.kept.len()).finish_non_exhaustive()
    }
}

impl Node {
    /// A process that owns nothing yet.
    #[must_use]
    pub fn new(bus: Bus, plan: Plan, keeping: Arc<dyn Keeping>) -> Self {
        let owners = Arc::new(Mutex::new(Owners::new(&plan.name, plan.shards, plan.lease)));
        Self { bus, plan, keeping, owners, kept: BTreeMap::new(), life: Arc::default(), begun: false }
    }

    /// Works until `stop`, then gives everything back.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let listens = tokio::spawn(listen(self.bus.clone(), Arc::clone(&self.owners)));
        // On its own: that much is to be given back at once must not look like death.
        let lives = tokio::spawn(live(self.bus.clone(), self.plan.clone(), Arc::clone(&self.life)));
        loop {
            let beat = tokio::time::sleep(self.plan.beat);
            self.beat().await;
            tokio::select! {
                () = &mut stop => break,
                () = beat => {}
            }
        }
        listens.abort();
        lives.abort();
        let all: Vec<Shard> = self.kept.keys().copied().collect();
        for shard in all {
            self.give_back(shard).await;
        }
        let key = Key::Node(self.plan.name.clone());
        if let Err(error) = self.bus.owners.delete(key.text()).await {
            tracing::debug!(%error, "the others will find out by themselves that this process went");
        }
    }

    async fn beat(&mut self) {
        let now = Instant::now();
        let (lives, over) = {
            let mut life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
            let lives = life.until.is_some_and(|until| now < until);
            (lives, std::mem::take(&mut life.over) || !lives)
        };
        if over && !self.kept.is_empty() {
            tracing::warn!("the brokers did not hear in time that this process lives; it gives up its parts of the watch");
            self.lose(self.kept.keys().copied().collect()).await;
        }
        if !lives || !self.owners().heard_all {
            return;
        }
        self.lose_what_others_own().await;
        let all_claimed = self.claim(now).await;
        self.even_out(now).await;
        if !self.begun && all_claimed && self.kept.values().all(|kept| *kept.taken.borrow()) {
            self.begun = true;
            self.keeping.begin().await;
        }
    }

    async fn lose_what_others_own(&mut self) {
        let gone: Vec<Shard> = {
            let owners = self.owners();
            let is_gone = |kept: &&Kept| {
                let revision = owners.revision(kept.share.shard);
                kept.work.is_finished() || revision > kept.share.epoch.0 && owners.mine(kept.share.shard).is_none()
            };
            self.kept.values().filter(is_gone).map(|kept| kept.share.shard).collect()
        };
        if !gone.is_empty() {
            tracing::warn!(parts = gone.len(), "other processes took parts of the watch");
            self.lose(gone).await;
        }
    }

    /// Claims what is free, up to a fair part. True when that was all.
    async fn claim(&mut self, now: Instant) -> bool {
        let kept: BTreeSet<Shard> = self.kept.keys().copied().collect();
        let free: Vec<(Shard, u64)> = {
            let owners = self.owners();
            owners.free(&kept, now).into_iter().map(|shard| (shard, owners.revision(shard))).collect()
        };
        let (many, wanted) = (free.len(), free.into_iter().take(AT_ONCE));
        for (shard, revision) in wanted {
            // Whoever else claimed it since changed the revision, and this fails.
            let key = Key::Part(shard).text();
            match self.bus.owners.update(key, self.plan.name.clone().into(), revision).await {
                Ok(epoch) => self.keep(Share { shard, epoch: Epoch(epoch) }),
                Err(error) => tracing::debug!(%error, part = shard.0, "a part was not claimed"),
            }
        }
        many <= AT_ONCE
    }

    fn keep(&mut self, share: Share) {
        self.owners().heard(Key::Part(share.shard), Some(self.plan.name.clone()), share.epoch.0, Instant::now());
        let (stop, stopped) = watch::channel(false);
        let (tell, taken) = watch::channel(false);
        let part = Part::new(self.bus.clone(), self.plan.clone(), Arc::clone(&self.keeping), share);
        let work = tokio::spawn(part.own(stopped, tell));
        self.kept.insert(share.shard, Kept { share, stop, taken, work });
    }

    /// Whoever came later gets a fair part.
    async fn even_out(&mut self, now: Instant) {
        let surplus = self.kept.len().saturating_sub(self.owners().fair(now)).min(BACK);
        let most: Vec<Shard> = self.kept.keys().rev().take(surplus).copied().collect();
        for shard in most {
            self.give_back(shard).await;
        }
    }

    /// Lets the work on a part come to an end; gives the part if it was taken.
    async fn end(&mut self, shard: Shard) -> Option<Share> {
        let kept = self.kept.remove(&shard)?;
        let _ = kept.stop.send(true);
        if let Err(error) = kept.work.await {
            tracing::error!(%error, part = shard.0, "whoever kept a part of the watch ended badly");
        }
        kept.taken.borrow().then_some(kept.share)
    }

    async fn lose(&mut self, shards: Vec<Shard>) {
        // First all of them are kept no longer: nothing is raised of them while their work comes to an end.
        join_all(shards.iter().map(|shard| self.keeping.lose(*shard))).await;
        for shard in shards {
            self.end(shard).await;
            self.keeping.lose(shard).await;
        }
    }

    async fn give_back(&mut self, shard: Shard) {
        let Some(epoch) = self.kept.get(&shard).map(|kept| kept.share.epoch) else { return };
        if let Some(share) = self.end(shard).await
            && let Err(error) = Part::leave(&self.bus, &self.keeping, share).await
        {
            tracing::debug!(%error, part = shard.0, "a part is given back with the marks of before");
        }
        self.keeping.lose(shard).await;
        if let Err(error) = self.bus.owners.delete_expect_revision(Key::Part(shard).text(), Some(epoch.0)).await {
            tracing::debug!(%error, part = shard.0, "a part could not be given back");
        }
    }

    fn owners(&self) -> std::sync::MutexGuard<'_, Owners> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes our own key again and again. The life that it proves begins when the writing began.
async fn live(bus: Bus, plan: Plan, life: Arc<Mutex<Life>>) {
    let life = || life.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let begun = Instant::now();
        {
            // Whoever was stopped for a while must not believe that saying so now makes up for it.
            let mut life = life();
            life.over |= life.until.is_some_and(|until| begun >= until);
        }
        let key = Key::Node(plan.name.clone()).text();
        match tokio::time::timeout(plan.lease / 3, bus.owners.put(key, "lives".into())).await {
            Ok(Ok(_)) => life().until = Some(begun + plan.lease * 2 / 3),
            Ok(Err(error)) => tracing::warn!(%error, "the brokers were not told that this process lives"),
            Err(_) => tracing::warn!("the brokers did not answer in time that this process lives"),
        }
        tokio::time::sleep(plan.beat).await;
    }
}

/// Hears what is written into the bucket, from its beginning on.
async fn listen(bus: Bus, owners: Arc<Mutex<Owners>>) {
    loop {
        if let Err(error) = hear(&bus, &owners).await {
            tracing::warn!(%error, "the owners of parts cannot be heard; trying again");
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}

async fn hear(bus: &Bus, owners: &Mutex<Owners>) -> Result<(), NatsError> {
    let heard = |error: &dyn std::fmt::Display| NatsError::broker("hear the owners", error);
    let mut changes = bus.owners.watch_all_from_revision(1).await.map_err(|error| heard(&error))?;
    while let Some(change) = changes.next().await {
        let change = change.map_err(|error| heard(&error))?;
        let value = (change.operation == Operation::Put).then(|| String::from_utf8_lossy(&change.value).into_owned());
        let mut owners = owners.lock().unwrap_or_else(PoisonError::into_inner);
        // There is always one, the number of parts.
        owners.heard_all |= change.seen_current;
        if let Some(key) = Key::read(&change.key) {
            owners.heard(key, value, change.revision, Instant::now());
        }
    }
    Ok(())
}
