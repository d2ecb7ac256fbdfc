//! Who does the jobs.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use linli_access::Ctx;
use linli_db::{Db, DbError};
use linli_kernel::{DistrictId, SharedClock, SharedRng, Ts};
use serde_json::Value;
use tokio::sync::watch;

use crate::queue::{self, Held, Kinds, Lease};

/// What a job may fail with. It is kept with the job and logged.
pub type JobError = Box<dyn std::error::Error + Send + Sync>;

/// A job under way.
#[derive(Debug, Clone)]
pub struct Running {
    /// Its district; the city for recurrent jobs.
    pub district: DistrictId,
    /// What was put in with it; `Null` for recurrent jobs.
    pub payload: Value,
}

type Work = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>>;

/// Does one kind of job.
pub type Handler = Arc<dyn Fn(Ctx, Db, Running) -> Work + Send + Sync>;

/// A job is held for so long at a time; whoever does it holds on. Nobody takes it over sooner after its holder died.
const HOLD_SECS: i64 = 90;
/// So often a job under way is held on to.
const HOLD_ON: Duration = Duration::from_secs(20);
/// After so many failures a job is given up and shown.
const MOST_ATTEMPTS: i64 = 8;

/// The row in which a job waits for its turn. Each is worked off by itself, one job after another: no clock waits behind an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// What somebody waits for by the clock: terms, ladders of help, calls. Each is short.
    Clocks,
    /// What may take long: folding, indexing, forgetting, computing again.
    Bulk,
}

impl Lane {
    const ALL: [Self; 2] = [Self::Clocks, Self::Bulk];
}

/// When the worker gave its last sign of life. Told by the machine's running time, which nobody puts back.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Mutex<[Option<Instant>; Lane::ALL.len()]>>);

impl Pulse {
    fn beat(&self, lane: Lane) {
        let mut beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (of, beat) in Lane::ALL.into_iter().zip(beats.iter_mut()) {
            if of == lane {
                *beat = Some(Instant::now());
            }
        }
    }

    /// How long ago, in the lane that has been silent longest; `None` when the worker has not begun.
    #[must_use]
    pub fn since(&self) -> Option<Duration> {
        let beats = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        beats.into_iter().collect::<Option<Vec<Instant>>>()?.iter().map(Instant::elapsed).max()
    }
}

/// A job that comes again and again.
#[derive(Clone)]
struct Recurrent {
    kind: &'static str,
    lane: Lane,
    secs: i64,
    handler: Handler,
}

/// Does due jobs, in each lane one after another.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    clock: SharedClock,
    rng: SharedRng,
    kinds: HashMap<&'static str, (Lane, Handler)>,
    recurrent: Vec<Recurrent>,
    pulse: Pulse,
    hold_on: Duration,
}

/// A job under way that goes nowhere any more when whoever waits for it is gone.
struct Leash(tokio::task::JoinHandle<Result<(), JobError>>);

impl Drop for Leash {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a worker holds on to while it works.
#[derive(Clone, Copy)]
enum Hold<'a> {
    Job(&'a Held),
    Turn(Lease),
}

/// What became of a job.
enum Outcome {
    Done,
    Failed(String),
    /// Somebody else does it now.
    TakenOver,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("kinds", &self.kinds.len())
            .field("recurrent", &self.recurrent.len())
            .finish_non_exhaustive()
    }
}

impl Worker {
    /// A worker that knows no job yet.
    #[must_use]
    pub fn new(db: Db, clock: SharedClock, rng: SharedRng) -> Self {
        let (kinds, recurrent, pulse) = (HashMap::new(), Vec::new(), Pulse::default());
        Self { db, clock, rng, kinds, recurrent, pulse, hold_on: HOLD_ON }
    }

    /// Teaches it a kind of queued job.
    #[must_use]
    pub fn on<F, Fut>(mut self, lane: Lane, kind: &'static str, work: F) -> Self
    where
        F: Fn(Ctx, Db, Running) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        self.kinds.insert(kind, (lane, Arc::new(move |ctx, db, job| Box::pin(work(ctx, db, job)))));
        self
    }

    /// Teaches it a job that comes again every `secs` seconds, once in the whole installation however many processes run.
    #[must_use]
    pub fn every<F, Fut>(mut self, lane: Lane, kind: &'static str, secs: i64, work: F) -> Self
    where
        F: Fn(Ctx, Db, Running) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |ctx, db, job| Box::pin(work(ctx, db, job)));
        self.recurrent.push(Recurrent { kind, lane, secs, handler });
        self
    }

    /// Holds on to jobs under way this often, by the time of the machine.
    #[must_use]
    pub const fn holding_on_every(mut self, often: Duration) -> Self {
        self.hold_on = often;
        self
    }

    /// Its signs of life: in each lane one at every look into the queue, one before and after every job, and in the lane of what may take long
    /// one whenever it is held on to.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// The names of the jobs that come again and again.
    #[must_use]
    pub fn recurrent(&self) -> Vec<&'static str> {
        self.recurrent.iter().map(|job| job.kind).collect()
    }

    /// Does everything that is due now, lane after lane, and gives how many jobs ran. Tests call it.
    ///
    /// # Errors
    /// Store errors; failures of jobs are kept with the jobs.
    pub async fn run_due(&self) -> Result<usize, DbError> {
        let mut ran = 0;
        for lane in Lane::ALL {
            ran += self.run_lane(lane).await?;
        }
        Ok(ran)
    }

    /// Works until `stop` is done, in all lanes at once.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(());
        let [clocks, bulk] = Lane::ALL.map(|lane| self.walk(lane, stopped.clone()));
        let until_stop = async {
            stop.await;
            drop(stopping);
        };
        tokio::join!(until_stop, clocks, bulk);
    }

    async fn walk(&self, lane: Lane, mut stopped: watch::Receiver<()>) {
        loop {
            if let Err(error) = self.run_lane(lane).await {
                tracing::warn!(%error, ?lane, "the job queue could not be read");
            }
            tokio::select! {
                _ = stopped.changed() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    async fn run_lane(&self, lane: Lane) -> Result<usize, DbError> {
        let mut ran = 0;
        self.pulse.beat(lane);
        for job in self.recurrent.iter().filter(|job| job.lane == lane) {
            if self.take_turn(job).await? {
                ran += 1;
            }
        }
        let of_clocks: Vec<&'static str> =
            self.kinds.iter().filter(|(_, (lane, _))| *lane == Lane::Clocks).map(|(kind, _)| *kind).collect();
        let kinds = match lane {
            Lane::Clocks => Kinds::Only(&of_clocks),
            Lane::Bulk => Kinds::AllBut(&of_clocks),
        };
        while let Some(job) = self.next(kinds).await? {
            self.run_one(lane, &job).await?;
            ran += 1;
        }
        Ok(ran)
    }

    async fn next(&self, kinds: Kinds<'_>) -> Result<Option<Held>, DbError> {
        let now = self.clock.now();
        let mut tx = self.db.begin(DistrictId::CITY).await?;
        let job = queue::hold(&mut tx.conn()?, kinds, now, now.plus_secs(HOLD_SECS)).await?;
        tx.commit().await?;
        Ok(job)
    }

    /// Does a recurrent job if it is due and nobody else does it; whether it did.
    async fn take_turn(&self, job: &Recurrent) -> Result<bool, DbError> {
        let now = self.clock.now();
        let holder = linli_kernel::_private::uuid_v7(self.clock.as_ref(), self.rng.as_ref());
        let lease = Lease { kind: job.kind, holder };
        let mut tx = self.db.begin(DistrictId::CITY).await?;
        let until = (now.plus_secs(job.secs), now.plus_secs(HOLD_SECS));
        let mine = queue::take_turn(&mut tx.conn()?, lease, now, until).await?;
        tx.commit().await?;
        if !mine {
            return Ok(false);
        }
        let running = Running { district: DistrictId::CITY, payload: Value::Null };
        let error = match self.call((job.lane, job.kind), &job.handler, running, Hold::Turn(lease)).await {
            Outcome::Done => None,
            Outcome::Failed(error) => Some(error),
            Outcome::TakenOver => return Ok(true),
        };
        let mut tx = self.db.begin(DistrictId::CITY).await?;
        queue::end_turn(&mut tx.conn()?, lease, error.as_deref()).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn run_one(&self, lane: Lane, job: &Held) -> Result<(), DbError> {
        let payload = serde_json::from_str(&job.payload).unwrap_or(Value::Null);
        let running = Running { district: job.district_id, payload };
        let outcome = match self.kinds.get_key_value(job.kind.as_str()) {
            Some((kind, (_, handler))) => self.call((lane, kind), handler, running, Hold::Job(job)).await,
            None => Outcome::Failed(format!("nobody here does jobs of kind {}", job.kind)),
        };
        let now = self.clock.now();
        let mut tx = self.db.begin(job.district_id).await?;
        let c = &mut tx.conn()?;
        match outcome {
            Outcome::TakenOver => return Ok(()),
            Outcome::Done => queue::done(c, job, now).await?,
            Outcome::Failed(error) if job.attempts >= MOST_ATTEMPTS => queue::give_up(c, job, &error, now).await?,
            // 10 s, 40 s, 160 s …: seven waits, about fifteen hours in all.
            Outcome::Failed(error) => {
                queue::again(c, job, &error, now.plus_secs(10_i64.saturating_mul(4_i64.saturating_pow(attempt(job))))).await?
            }
        }
        tx.commit().await
    }

    async fn call(&self, (lane, kind): (Lane, &'static str), handler: &Handler, job: Running, hold: Hold<'_>) -> Outcome {
        self.pulse.beat(lane);
        let ctx = Ctx::system(kind, Arc::clone(&self.clock), Arc::clone(&self.rng));
        // A handler that panics must not take the worker with it.
        let mut work = Leash(tokio::spawn(handler(ctx, self.db.clone(), job)));
        let outcome = tokio::select! {
            outcome = &mut work.0 => Some(outcome),
            () = self.hold_on(lane, hold) => None,
        };
        drop(work);
        self.pulse.beat(lane);
        let failure = match outcome {
            Some(Ok(Ok(()))) => return Outcome::Done,
            Some(Ok(Err(error))) => error.to_string(),
            Some(Err(panic)) => format!("panic: {panic}"),
            None => {
                tracing::warn!(job = kind, "a job could not be held on to and is left to whoever takes it over");
                return Outcome::TakenOver;
            }
        };
        tracing::warn!(job = kind, error = %failure, "a job failed");
        Outcome::Failed(failure)
    }

    /// Holds on to what is under way; ends when it is lost to somebody else, or may be because the store could not be reached for so long.
    async fn hold_on(&self, lane: Lane, hold: Hold<'_>) {
        let mut held_until = self.clock.now().plus_secs(HOLD_SECS);
        loop {
            tokio::time::sleep(self.hold_on).await;
            let now = self.clock.now();
            match self.hold_until(hold, now.plus_secs(HOLD_SECS)).await {
                Ok(true) => {
                    held_until = now.plus_secs(HOLD_SECS);
                    if lane == Lane::Bulk {
                        self.pulse.beat(lane);
                    }
                }
                Ok(false) => return,
                Err(error) if now >= held_until => {
                    tracing::warn!(%error, "the store cannot be reached");
                    return;
                }
                Err(_) => {}
            }
        }
    }

    async fn hold_until(&self, hold: Hold<'_>, until: Ts) -> Result<bool, DbError> {
        let mut tx = self.db.begin(DistrictId::CITY).await?;
        let held = match hold {
            Hold::Job(job) => queue::hold_on(&mut tx.conn()?, job, until).await?,
            Hold::Turn(lease) => queue::renew_turn(&mut tx.conn()?, lease, until).await?,
        };
        tx.commit().await?;
        Ok(held)
    }
}

fn attempt(job: &Held) -> u32 {
    u32::try_from(job.attempts.saturating_sub(1)).unwrap_or(0)
}
