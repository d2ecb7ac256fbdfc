//! The door to whoever watches: what this crate asks of it, and the queue before it.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use linli_db::{Conn, DbError};
use linli_kernel::DistrictId;
use linli_watch::{ShortId, SignKind, SignKinds};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// What a port gives back.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Somebody who may be watched, by the number under which the room of care keeps the consent (假名编号). Never a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person {
    /// The district.
    pub district: DistrictId,
    /// The number.
    pub id: Uuid,
}

impl Person {
    /// As signs name somebody.
    #[must_use]
    pub const fn short(self) -> ShortId {
        ShortId::of(self.id.as_u128())
    }
}

/// A sign of life of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// Whose: the last bits of the number.
    pub person: ShortId,
    /// Which kind.
    pub kind: SignKind,
    /// When it happened, Unix seconds by the clock of the device, 0 to 2³²−1.
    pub at: i64,
}

/// What hears somebody: which kinds of signs the devices bring that are mapped to the person, and which of them come from devices that are heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ears {
    /// Whom.
    pub person: Person,
    /// All devices.
    pub mapped: SignKinds,
    /// Those that were heard and are neither silent nor retired.
    pub living: SignKinds,
}

/// What somebody agreed to, as far as devices have to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// That what recognises a face may say who it was (同意使用人脸比对结果).
    pub faces: bool,
}

/// What became of a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It counts, and is on disk.
    Counted,
    /// Known already, or older than what is known.
    Repeated,
    /// From the future, by more than clocks differ.
    Future,
    /// Nobody agreed to be watched under this number: never, no longer, or not yet.
    NoConsent,
    /// From somebody who is away until later.
    WhileAway,
    /// Of a kind that this person's rules do not ask for.
    NotAsked,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Counted, Self::Repeated, Self::Future, Self::NoConsent, Self::WhileAway, Self::NotAsked];

    /// The stable word for answers and counts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Repeated => "repeated",
            Self::Future => "future",
            Self::NoConsent => "no_consent",
            Self::WhileAway => "while_away",
            Self::NotAsked => "not_asked",
        }
    }
}

/// Why signs cannot be taken now. Nothing of them was done; the same signs may be brought again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Shut {
    /// No room on the disk.
    #[error("no room on the disk for signs")]
    Full,
    /// Not now: starting, stopping, or the store is away.
    #[error("signs cannot be taken just now")]
    Unavailable,
}

impl Shut {
    /// After how many seconds it is worth trying again.
    #[must_use]
    pub const fn retry_after_secs(self) -> u32 {
        match self {
            Self::Full => 30,
            Self::Unavailable => 5,
        }
    }
}

/// Whoever watches.
///
/// # Contract
/// * `take` answers when everything that counted is on disk, with one verdict per sign in their order. Brought again, the same signs do
///   no harm.
/// * `heard_by` may be said again and changes nothing then.
/// * `who` and `faces` answer from the consents in force at that moment.
pub trait SignsDoor: Send + Sync + 'static {
    /// Takes signs.
    fn take(&self, signs: Vec<Sign>) -> PortFuture<'_, Result<Vec<Verdict>, Shut>>;

    /// What hears these people from now on. Whoever has nothing that serves the rule is not watched (未在看护), and somebody rings up today.
    fn heard_by<'a>(&'a self, people: &'a [Ears]) -> PortFuture<'a, Result<(), Shut>>;

    /// Whom a number means; nothing for nobody.
    fn who<'a, 'c: 'a>(&'a self, c: &'a mut Conn<'c>, person: Person) -> PortFuture<'a, Result<Option<Agreed>, DbError>>;

    /// Those of a district who agreed that what recognises a face may say who it was.
    fn faces<'a, 'c: 'a>(&'a self, c: &'a mut Conn<'c>, district: DistrictId) -> PortFuture<'a, Result<HashSet<Uuid>, DbError>>;
}

/// Where nobody is watched: every sign is one of somebody who did not agree, and is dropped.
#[derive(Debug, Clone, Copy, Default)]
pub struct NobodyWatched;

impl SignsDoor for NobodyWatched {
    fn take(&self, signs: Vec<Sign>) -> PortFuture<'_, Result<Vec<Verdict>, Shut>> {
        Box::pin(async move { Ok(vec![Verdict::NoConsent; signs.len()]) })
    }

    fn heard_by<'a>(&'a self, _: &'a [Ears]) -> PortFuture<'a, Result<(), Shut>> {
        Box::pin(async { Ok(()) })
    }

    fn who<'a, 'c: 'a>(&'a self, _: &'a mut Conn<'c>, _: Person) -> PortFuture<'a, Result<Option<Agreed>, DbError>> {
        Box::pin(async { Ok(None) })
    }

    fn faces<'a, 'c: 'a>(&'a self, _: &'a mut Conn<'c>, _: DistrictId) -> PortFuture<'a, Result<HashSet<Uuid>, DbError>> {
        Box::pin(async { Ok(HashSet::new()) })
    }
}

/// Most signs that go through the door at once, apart from a single batch that has more.
const GROUP_MAX: usize = 16 * 1024;
/// Most batches that wait. Whoever comes then waits for room, which the network hands on to the device.
const WAITING_MAX: usize = 1_024;

type Answered = Result<Vec<Verdict>, Shut>;

struct Waiting {
    signs: Vec<Sign>,
    answer: oneshot::Sender<Answered>,
}

/// A batch of a group: how many signs of it are its own, and who waits for what became of them.
type Part = (usize, oneshot::Sender<Answered>);

/// The queue before the door: while one group is being put to disk the next one gathers, so that many single signs cost one wait for
/// the disk and not one each. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    queue: mpsc::Sender<Waiting>,
    door: Arc<dyn SignsDoor>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate")
    }
}

impl Gate {
    /// Opens a gate before a door. It closes when the last clone is gone.
    #[must_use]
    pub fn before(door: Arc<dyn SignsDoor>) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        tokio::spawn(pass(Arc::clone(&door), waiting));
        Self { queue, door }
    }

    /// The door itself.
    #[must_use]
    pub fn door(&self) -> &dyn SignsDoor {
        self.door.as_ref()
    }

    /// Brings signs through; answers when those that counted are on disk.
    ///
    /// # Errors
    /// Those of the door.
    pub async fn take(&self, signs: Vec<Sign>) -> Result<Vec<Verdict>, Shut> {
        if signs.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, answered) = oneshot::channel();
        self.queue.send(Waiting { signs, answer }).await.map_err(|_| Shut::Unavailable)?;
        answered.await.map_err(|_| Shut::Unavailable)?
    }
}

async fn pass(door: Arc<dyn SignsDoor>, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(first) = waiting.recv().await {
        let mut shares = vec![(first.signs.len(), first.answer)];
        let mut signs = first.signs;
        while signs.len() < GROUP_MAX {
            let Ok(next) = waiting.try_recv() else { break };
            shares.push((next.signs.len(), next.answer));
            signs.extend(next.signs);
        }
        let many = signs.len();
        let outcome = match door.take(signs).await {
            Ok(verdicts) if verdicts.len() == many => Ok(verdicts),
            // Whom an answer belongs to cannot be told, so nobody is told that anything is on disk.
            Ok(verdicts) => {
                tracing::error!(signs = many, verdicts = verdicts.len(), "the door gave another number of verdicts");
                Err(Shut::Unavailable)
            }
            Err(shut) => Err(shut),
        };
        hand_out(outcome, shares);
    }
}

/// Gives each batch its share. Who has gone meanwhile is not told, and brings it again.
fn hand_out(outcome: Answered, shares: Vec<Part>) {
    match outcome {
        Ok(verdicts) => {
            let mut rest = verdicts.into_iter();
            for (many, answer) in shares {
                let _ = answer.send(Ok(rest.by_ref().take(many).collect()));
            }
        }
        Err(shut) => {
            for (_, answer) in shares {
                let _ = answer.send(Err(shut));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Writes down the size of every group, holds the first until it is let go.
    #[derive(Default)]
    struct Counting {
        groups: Mutex<Vec<usize>>,
        go: tokio::sync::Notify,
        shut: Mutex<Option<Shut>>,
    }

    impl SignsDoor for Counting {
        fn take(&self, signs: Vec<Sign>) -> PortFuture<'_, Result<Vec<Verdict>, Shut>> {
            Box::pin(async move {
                let first = {
                    let mut groups = self.groups.lock().unwrap();
                    groups.push(signs.len());
                    groups.len() == 1
                };
                if first {
                    self.go.notified().await;
                }
                if let Some(shut) = *self.shut.lock().unwrap() {
                    return Err(shut);
                }
                Ok(signs.iter().map(|sign| if sign.at % 2 == 0 { Verdict::Counted } else { Verdict::Repeated }).collect())
            })
        }

        fn heard_by<'a>(&'a self, _: &'a [Ears]) -> PortFuture<'a, Result<(), Shut>> {
            Box::pin(async { Ok(()) })
        }

        fn who<'a, 'c: 'a>(&'a self, _: &'a mut Conn<'c>, _: Person) -> PortFuture<'a, Result<Option<Agreed>, DbError>> {
            Box::pin(async { Ok(None) })
        }

        fn faces<'a, 'c: 'a>(&'a self, _: &'a mut Conn<'c>, _: DistrictId) -> PortFuture<'a, Result<HashSet<Uuid>, DbError>> {
            Box::pin(async { Ok(HashSet::new()) })
        }
    }

    fn sign(at: i64) -> Sign {
        Sign { person: ShortId::of(1), kind: SignKind::In, at }
    }

    #[tokio::test]
    async fn those_who_wait_go_together_and_each_gets_its_own_answer() {
        let door = Arc::new(Counting::default());
        let gate = Gate::before(door.clone());
        let first = tokio::spawn({
            let gate = gate.clone();
            async move { gate.take(vec![sign(0)]).await }
        });
        while door.groups.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let others: Vec<_> = (0..50)
            .map(|n| {
                let gate = gate.clone();
                tokio::spawn(async move { gate.take(vec![sign(n), sign(n + 1)]).await })
            })
            .collect();
        while gate.queue.capacity() > WAITING_MAX - 50 {
            tokio::task::yield_now().await;
        }
        door.go.notify_one();
        assert_eq!(first.await.unwrap(), Ok(vec![Verdict::Counted]));
        for (n, other) in (0..).zip(others) {
            let expected = if n % 2 == 0 { [Verdict::Counted, Verdict::Repeated] } else { [Verdict::Repeated, Verdict::Counted] };
            assert_eq!(other.await.unwrap(), Ok(expected.to_vec()));
        }
        assert_eq!(*door.groups.lock().unwrap(), [1, 100], "one wait for the disk for all of them");
    }

    #[tokio::test]
    async fn a_shut_door_is_told_to_everybody_and_opens_again() {
        let door = Arc::new(Counting::default());
        door.go.notify_one();
        *door.shut.lock().unwrap() = Some(Shut::Full);
        let gate = Gate::before(door.clone());
        assert_eq!(gate.take(vec![sign(0)]).await, Err(Shut::Full));
        *door.shut.lock().unwrap() = None;
        assert_eq!(gate.take(vec![sign(0)]).await, Ok(vec![Verdict::Counted]));
        assert_eq!(gate.take(Vec::new()).await, Ok(Vec::new()));
    }
}
