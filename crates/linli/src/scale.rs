//! The watch shared by several processes: the care room behind the port of `linli-nats`, and the way of its signs to the others.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use linli_care::{Care, CareError, Carrier, CarrierFuture, Refused, Verdict, WatchPlan};
use linli_db::Db;
use linli_nats::{Bus, Door, Keeping, NatsError, Node, Plan, PortFuture, Share};
use linli_watch::{Shard, Shards, Sign};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;

use crate::Machine;
use crate::cli::Together;

/// How long until what did not work is tried again.
const AGAIN: Duration = Duration::from_secs(2);
/// How long a device waits for the owner of a part.
const PATIENCE: Duration = Duration::from_secs(5);
/// Verdicts by the byte that stands for them between processes.
const VERDICTS: [Verdict; 6] =
    [Verdict::Taken, Verdict::NoConsent, Verdict::NoNews, Verdict::TooFarAhead, Verdict::WhileAway, Verdict::NotAskedFor];

/// With whom the watch is shared; nothing when it is not.
///
/// # Errors
/// A name that cannot be a key; a SQLite file, which only one process can have.
pub fn plan(machine: &Machine, how: &Together) -> anyhow::Result<Option<Plan>> {
    let Some((servers, name)) = how.nats.as_ref().zip(how.nats_name.as_ref()) else { return Ok(None) };
    ensure!(machine.config.url.is_some(), "processes that share the watch need one PostgreSQL (--database-url) between them");
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    ensure!(!name.is_empty() && name.chars().all(fits), "--nats-name {name}: letters, digits, - and _ only");
    Ok(Some(Plan { copies: how.nats_copies, ..Plan::new(servers, name) }))
}

/// Joins the others and keeps a part of the watch until `stop`.
pub async fn keep_watch(
    care: Arc<Care>,
    db: Db,
    folder: PathBuf,
    (plan, session): (Plan, String),
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    let bus = loop {
        let tried = tokio::select! {
            () = &mut stop => return,
            tried = join(&care, &folder, &plan, &session) => tried,
        };
        match tried {
            Ok(bus) => break bus,
            Err(error) => tracing::warn!(%error, "this process does not join the others yet; trying again"),
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    };
    let follows = tokio::spawn(follow(Arc::clone(&care), db));
    let node = Node::new(bus, plan, Arc::new(Kept(Arc::clone(&care))));
    // The watch goes on until its parts are given back.
    let (ended, node_ended) = oneshot::channel();
    let gives_back = async {
        node.run(stop).await;
        let _ = ended.send(());
    };
    let until = async {
        let _ = node_ended.await;
    };
    tokio::join!(gives_back, care.run(until));
    follows.abort();
}

async fn join(care: &Arc<Care>, folder: &std::path::Path, plan: &Plan, session: &str) -> anyhow::Result<Bus> {
    let bus = Bus::open(plan).await?;
    let door = Door::open(bus.clone(), plan.shards, session, PATIENCE).await?;
    care.start_split(&WatchPlan::in_folder(folder), Shards::CITY, Arc::new(Mail(door))).await?;
    Ok(bus)
}

/// Follows what other processes commit: whose numbers are new, whose are gone.
async fn follow(care: Arc<Care>, db: Db) {
    let mut heard = db.subscribe();
    loop {
        let followed = match heard.recv().await {
            Ok(line) => care.follow(&line).await,
            Err(RecvError::Lagged(_)) => care.follow_anew().await,
            Err(RecvError::Closed) => return,
        };
        if let Err(error) = followed {
            tracing::warn!(%error, "who has which number could not be followed");
        }
    }
}

/// The way of signs to the owners of their parts.
struct Mail(Door);

impl Carrier for Mail {
    fn carry(&self, signs: Vec<Sign>) -> CarrierFuture<'_> {
        Box::pin(async move {
            let said = self.0.carry(&signs).await.map_err(|error| Refused::Later(error.to_string()))?;
            let verdict = |byte: &u8| VERDICTS.get(usize::from(*byte)).copied();
            said.iter()
                .map(verdict)
                .collect::<Option<_>>()
                .ok_or_else(|| Refused::Later("a verdict that nobody knows".to_owned()))
        })
    }
}

/// The care room, as whoever keeps parts.
struct Kept(Arc<Care>);

fn kept(error: CareError) -> NatsError {
    NatsError::Kept(error.to_string())
}

/// The byte that stands for a verdict between processes.
fn byte(verdict: Verdict) -> u8 {
    VERDICTS.iter().zip(0..).find(|(known, _)| **known == verdict).map_or(u8::MAX, |(_, byte)| byte)
}

impl Keeping for Kept {
    fn take(&self, share: Share, marks: Vec<Sign>, since: Vec<Sign>) -> PortFuture<'_, Result<(), NatsError>> {
        Box::pin(async move {
            let epoch = i64::try_from(share.epoch.0).unwrap_or(i64::MAX);
            self.0.take_part(share.shard, epoch, marks, since).await.map_err(|error| match error {
                CareError::Watch(Refused::Never(_)) => NatsError::Fenced,
                error => kept(error),
            })
        })
    }

    fn begin(&self) -> PortFuture<'_, ()> {
        Box::pin(async move {
            while let Err(error) = self.0.begin().await {
                tracing::warn!(%error, "the watch does not begin; trying again");
                tokio::time::sleep(AGAIN).await;
            }
        })
    }

    fn lose(&self, shard: Shard) -> PortFuture<'_, ()> {
        Box::pin(async move {
            // What could not be forgotten now is nobody's concern here any more, and is forgotten with the next beginning.
            if let Err(error) = self.0.lose_part(shard).await {
                tracing::warn!(%error, part = shard.0, "a part of the watch that is kept no longer could not be forgotten");
            }
        })
    }

    fn signs(&self, signs: Vec<Sign>) -> PortFuture<'_, Result<Vec<u8>, NatsError>> {
        Box::pin(async move { Ok(self.0.signs_of_parts(signs).await.map_err(kept)?.into_iter().map(byte).collect()) })
    }

    fn marks(&self, shard: Shard) -> PortFuture<'_, Result<Vec<Sign>, NatsError>> {
        Box::pin(async move { self.0.marks(shard).await.map_err(kept) })
    }

    fn marks_are_stale(&self, shard: Shard) -> bool {
        self.0.marks_are_stale(shard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_comes_back_from_its_byte() {
        assert!(VERDICTS.iter().zip(0..).all(|(verdict, place)| byte(*verdict) == place));
    }
}
