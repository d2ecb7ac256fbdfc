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

use crate::queue::{self, Held};

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

/// How long a job may be held before somebody else may take it over.
const HOLD_SECS: i64 = 300;
/// How long a turn of a recurrent job is held; it is held anew three times in that while it runs, however long that takes.
pub(crate) const TURN_SECS: i64 = 30;
/// After so many failures a job is given up and shown.
const MOST_ATTEMPTS: i64 = 8;

/// In which line a recurrent job stands (车道).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// What runs out by the minute: it waits for no import, no index and no erasing.
    Clocks,
    /// Everything else, and the queue.
    Work,
}

/// A job that comes again.
#[derive(Clone)]
struct Recurrent {
    kind: &'static str,
    secs: i64,
    lane: Lane,
    handler: Handler,
}

/// When the worker gave its last sign of life. Told by the machine's running time, which nobody puts back.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Mutex<Option<Instant>>>);

impl Pulse {
    fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// How long ago; `None` when the worker has not begun.
    #[must_use]
    pub fn since(&self) -> Option<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }
}

/// Does due jobs, one after another, in two lanes that do not wait for each other.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    clock: SharedClock,
    rng: SharedRng,
    kinds: HashMap<&'static str, Handler>,
    recurrent: Vec<Recurrent>,
    pulse: Pulse,
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
        Self { db, clock, rng, kinds: HashMap::new(), recurrent: Vec::new(), pulse: Pulse::default() }
    }

    /// Teaches it a kind of queued job.
    #[must_use]
    pub fn on<F, Fut>(mut self, kind: &'static str, work: F) -> Self
    where
        F: Fn(Ctx, Db, Running) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        self.kinds.insert(kind, Arc::new(move |ctx, db, job| Box::pin(work(ctx, db, job))));
        self
    }

    /// Teaches it a job that comes again every `secs` seconds, once in the whole installation however many processes run.
    #[must_use]
    pub fn every<F, Fut>(self, kind: &'static str, secs: i64, work: F) -> Self
    where
        F: Fn(Ctx, Db, Running) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        self.taught(kind, secs, Lane::Work, work)
    }

    /// As [`Worker::every`], for what runs out by the minute: deadlines, ladders, holds. It waits for no other work.
    #[must_use]
    pub fn clock<F, Fut>(self, kind: &'static str, secs: i64, work: F) -> Self
    where
        F: Fn(Ctx, Db, Running) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        self.taught(kind, secs, Lane::Clocks, work)
    }

    fn taught<F, Fut>(mut self, kind: &'static str, secs: i64, lane: Lane, work: F) -> Self
    where
        F: Fn(Ctx, Db, Running) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |ctx, db, job| Box::pin(work(ctx, db, job)));
        self.recurrent.push(Recurrent { kind, secs, lane, handler });
        self
    }

    /// Its signs of life: one at every look into the queue and one before and after every job.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// The names of the jobs that come again and again.
    #[must_use]
    pub fn recurrent(&self) -> Vec<&'static str> {
        self.recurrent.iter().map(|job| job.kind).collect()
    }

    /// Does everything that is due now and gives how many jobs ran. Tests call it; `run` calls it again and again.
    ///
    /// # Errors
    /// Store errors; failures of jobs are kept with the jobs.
    pub async fn run_due(&self) -> Result<usize, DbError> {
        Ok(self.due_in(Lane::Clocks).await? + self.due_in(Lane::Work).await?)
    }

    async fn due_in(&self, lane: Lane) -> Result<usize, DbError> {
        let turns = self.turns(lane).await?;
        Ok(if lane == Lane::Work { turns + self.queued().await? } else { turns })
    }

    /// The turns of a lane that are due.
    async fn turns(&self, lane: Lane) -> Result<usize, DbError> {
        let mut ran = 0;
        self.pulse.beat();
        for job in self.recurrent.iter().filter(|job| job.lane == lane) {
            let now = self.clock.now();
            let mut tx = self.db.begin(DistrictId::CITY).await?;
            let held = queue::take_turn(&mut tx.conn()?, job.kind, now, now.plus_secs(job.secs)).await?;
            tx.commit().await?;
            if let Some(held) = held {
                ran += 1;
                let outcome = self.held(job, held).await;
                let mut tx = self.db.begin(DistrictId::CITY).await?;
                queue::note_turn(&mut tx.conn()?, job.kind, outcome.as_ref().err().map(String::as_str)).await?;
                tx.commit().await?;
            }
        }
        Ok(ran)
    }

    /// Does a turn and holds it as long as it takes.
    async fn held(&self, job: &Recurrent, mut held: Ts) -> Result<(), String> {
        let mut work = std::pin::pin!(self.call(job.kind, &job.handler, DistrictId::CITY, Value::Null));
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(Duration::from_secs(TURN_SECS.unsigned_abs() / 3)) => {}
            }
            match self.hold_on(job.kind, held).await {
                Ok(until) => held = until,
                Err(error) => tracing::warn!(job = job.kind, %error, "a turn could not be held longer; trying again"),
            }
        }
    }

    async fn hold_on(&self, kind: &str, held: Ts) -> Result<Ts, DbError> {
        let mut tx = self.db.begin(DistrictId::CITY).await?;
        let until = queue::hold_turn(&mut tx.conn()?, kind, held, self.clock.now()).await?;
        tx.commit().await?;
        Ok(until)
    }

    /// Everything in the queue that is due.
    async fn queued(&self) -> Result<usize, DbError> {
        let mut ran = 0;
        loop {
            let now = self.clock.now();
            let mut tx = self.db.begin(DistrictId::CITY).await?;
            let jobs = queue::hold(&mut tx.conn()?, now, now.plus_secs(HOLD_SECS), 16).await?;
            tx.commit().await?;
            if jobs.is_empty() {
                return Ok(ran);
            }
            for job in jobs {
                self.run_one(&job).await?;
                ran += 1;
            }
        }
    }

    /// Works until `stop` is done.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (ending, ended) = tokio::sync::watch::channel(false);
        let (clocks, work) = (self.lane(Lane::Clocks, ended.clone()), self.lane(Lane::Work, ended));
        let stop = async {
            stop.await;
            let _ = ending.send(true);
        };
        tokio::join!(clocks, work, stop);
    }

    async fn lane(&self, lane: Lane, mut ended: tokio::sync::watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.due_in(lane).await {
                tracing::warn!(%error, "the job queue could not be read");
            }
            tokio::select! {
                _ = ended.wait_for(|ended| *ended) => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    async fn run_one(&self, job: &Held) -> Result<(), DbError> {
        let payload = serde_json::from_str(&job.payload).unwrap_or(Value::Null);
        let outcome = match self.kinds.get_key_value(job.kind.as_str()) {
            Some((kind, handler)) => self.call(kind, handler, job.district_id, payload).await,
            None => Err(format!("nobody here does jobs of kind {}", job.kind)),
        };
        let now = self.clock.now();
        let mut tx = self.db.begin(job.district_id).await?;
        let c = &mut tx.conn()?;
        match outcome {
            Ok(()) => queue::done(c, job, now).await?,
            Err(error) if job.attempts >= MOST_ATTEMPTS => queue::give_up(c, job, &error, now).await?,
            // 10 s, 40 s, 160 s …: seven waits, about fifteen hours in all.
            Err(error) => {
                queue::again(c, job, &error, now.plus_secs(10_i64.saturating_mul(4_i64.saturating_pow(attempt(job))))).await?
            }
        }
        tx.commit().await
    }

    async fn call(&self, kind: &'static str, handler: &Handler, district: DistrictId, payload: Value) -> Result<(), String> {
        self.pulse.beat();
        let ctx = Ctx::system(kind, Arc::clone(&self.clock), Arc::clone(&self.rng));
        // A handler that panics must not take the worker with it.
        let outcome = tokio::spawn(handler(ctx, self.db.clone(), Running { district, payload })).await;
        self.pulse.beat();
        let failure = match outcome {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(panic) => format!("panic: {panic}"),
        };
        tracing::warn!(job = kind, error = %failure, "a job failed");
        Err(failure)
    }
}

fn attempt(job: &Held) -> u32 {
    u32::try_from(job.attempts.saturating_sub(1)).unwrap_or(0)
}
