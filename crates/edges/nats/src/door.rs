//! The way of signs to whoever owns their part, from any process that heard them.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use linli_watch::{Shard, Shards, Sign};
use tokio::sync::oneshot;

use crate::bus::Bus;
use crate::error::NatsError;
use crate::wire;

/// The header that says where the verdicts are waited for. The stream keeps it; the reply of the publishing itself it does not.
pub(crate) const ANSWER: &str = "Linli-Answer";

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Vec<u8>>>>>;

/// Hands signs in and waits for the verdicts.
#[derive(Debug)]
pub struct Door {
    bus: Bus,
    shards: Shards,
    patience: Duration,
    inbox: String,
    /// What makes ids of messages different from those of every other door.
    session: String,
    next: AtomicU64,
    waiting: Waiting,
    listens: tokio::task::JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.listens.abort();
    }
}

impl Door {
    /// Opens it. `session` must be different each time.
    ///
    /// # Errors
    /// A broker that cannot be reached.
    pub async fn open(bus: Bus, shards: Shards, session: &str, patience: Duration) -> Result<Self, NatsError> {
        let inbox = bus.client.new_inbox();
        let answers = bus.client.subscribe(format!("{inbox}.*")).await;
        let mut answers = answers.map_err(|error| NatsError::broker("wait for verdicts", error))?;
        let waiting = Waiting::default();
        let told = Arc::clone(&waiting);
        let listens = tokio::spawn(async move {
            while let Some(answer) = answers.next().await {
                let number = answer.subject.as_str().rsplit('.').next().and_then(|number| number.parse().ok());
                let asked = number.and_then(|number: u64| told.lock().unwrap_or_else(PoisonError::into_inner).remove(&number));
                if let Some(asked) = asked {
                    // Whoever does not wait any more is not told.
                    let _ = asked.send(answer.payload.to_vec());
                }
            }
        });
        Ok(Self { bus, shards, patience, inbox, session: session.to_owned(), next: AtomicU64::new(0), waiting, listens })
    }

    /// Brings signs to the owners of their parts; one verdict for each, in their order, when all of them are on disk there.
    ///
    /// # Errors
    /// When it cannot be said of one of them; then all may be sent again, and what is known already is no news.
    pub async fn carry(&self, signs: &[Sign]) -> Result<Vec<u8>, NatsError> {
        let mut parts: BTreeMap<Shard, (Vec<usize>, Vec<Sign>)> = BTreeMap::new();
        for (place, sign) in signs.iter().enumerate() {
            let (places, part) = parts.entry(self.shards.of(sign.slot)).or_default();
            places.push(place);
            part.push(*sign);
        }
        let messages = parts.iter().flat_map(|(shard, (places, part))| {
            let chunks = places.chunks(wire::SIGNS_MOST).zip(part.chunks(wire::SIGNS_MOST));
            chunks.map(move |(places, part)| async move { Ok::<_, NatsError>((places, self.one(*shard, part).await?)) })
        });
        let mut all = vec![0; signs.len()];
        for (places, verdicts) in try_join_all(messages).await? {
            for (place, verdict) in places.iter().zip(verdicts) {
                if let Some(seat) = all.get_mut(*place) {
                    *seat = verdict;
                }
            }
        }
        Ok(all)
    }

    async fn one(&self, shard: Shard, signs: &[Sign]) -> Result<Vec<u8>, NatsError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (asked, answered) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(number, asked);
        let said = tokio::time::timeout(self.patience, self.ask(shard, number, signs, answered)).await;
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        said.unwrap_or(Err(NatsError::Unanswered))
    }

    async fn ask(
        &self,
        shard: Shard,
        number: u64,
        signs: &[Sign],
        answered: oneshot::Receiver<Vec<u8>>,
    ) -> Result<Vec<u8>, NatsError> {
        let (id, answer) = (format!("{}-{number}", self.session), format!("{}.{number}", self.inbox));
        // The id makes a second try the same message, whether the first one arrived or not.
        while let Err(error) = self.bus.publish(shard, &id, &answer, wire::of_signs(signs)).await {
            tracing::debug!(%error, part = shard.0, "signs could not be published; trying again");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let verdicts = answered.await.map_err(|_| NatsError::Unanswered)?;
        if verdicts.len() == signs.len() { Ok(verdicts) } else { Err(NatsError::Unanswered) }
    }
}
