//! Can it do its work?

use std::path::Path;
use std::time::{Duration, Instant};

use linli_care::Care;
use linli_db::DbError;
use linli_hall::Hall;
use linli_jobs::Pulse;
use linli_kernel::DistrictId;
use serde::Serialize;
use tokio::sync::Mutex;

/// An answer is given again for so long: asking often must not mean writing often.
const FRESH: Duration = Duration::from_secs(5);
/// The store must answer within: whoever asks, a proxy or a person, does not wait much longer either.
const PATIENCE: Duration = Duration::from_secs(3);
/// The worker must have given a sign of life within. One job may take a while.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);
/// So much must be free on the disk, bytes: below it a photo or a checkpoint of the write-ahead log may fail.
const LEAST_FREE: u64 = 100 * 1024 * 1024;
/// The setting that is written to see whether the store takes writes.
const PROBE: &str = "ops.probe";

/// What was found. Each word is `ok` or says in plain words what is wrong.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether everything is.
    pub ready: bool,
    /// A write was put to disk.
    pub store: String,
    /// The tables are those this program knows.
    pub tables: String,
    /// The worker lives.
    pub jobs: String,
    /// There is room.
    pub disk: String,
    /// Where the watch is kept. It decides nothing: that another server has it is as it should be.
    pub watch: String,
}

/// The last report and when it was made.
#[derive(Debug, Default)]
pub struct Ready(Mutex<Option<(Instant, Report)>>);

impl Ready {
    /// The report, a few seconds old at most. Those who ask at the same moment share one look.
    pub async fn report(&self, hall: &Hall, folder: &Path, pulse: &Pulse) -> Report {
        let mut last = self.0.lock().await;
        if let Some((_, report)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return report.clone();
        }
        let report = look(hall, folder, pulse).await;
        *last = Some((Instant::now(), report.clone()));
        report
    }
}

async fn look(hall: &Hall, folder: &Path, pulse: &Pulse) -> Report {
    let (store, tables) =
        tokio::join!(tokio::time::timeout(PATIENCE, write(hall)), tokio::time::timeout(PATIENCE, hall.db().schema()));
    let store = word(store);
    let tables = match tables {
        Ok(Ok((stands, known))) if stands == known => "ok".to_owned(),
        Ok(Ok((stands, known))) => format!("the database has migration {stands}, this program knows {known}"),
        other => word(other.map(|seen| seen.map(|_| ()))),
    };
    let jobs = match pulse.since() {
        None => "the worker has not begun".to_owned(),
        Some(silent) if silent > LONGEST_SILENCE => format!("no sign of life for {} s", silent.as_secs()),
        Some(_) => "ok".to_owned(),
    };
    let disk = match super::free_bytes(folder) {
        Some(free) if free < LEAST_FREE => format!("only {} MB free", free / (1024 * 1024)),
        _ => "ok".to_owned(),
    };
    let ready = [&store, &tables, &jobs, &disk].into_iter().all(|word| word == "ok");
    let watch = hall.service::<Care>().map_or("there is none", |care| care.keeping().words()).to_owned();
    Report { ready, store, tables, jobs, disk, watch }
}

async fn write(hall: &Hall) -> Result<(), DbError> {
    let mut tx = hall.db().begin(DistrictId::CITY).await?;
    linli_db::settings::set(&mut tx.conn()?, PROBE, &hall.now().rfc3339(), hall.now()).await?;
    tx.commit().await
}

fn word(outcome: Result<Result<(), DbError>, tokio::time::error::Elapsed>) -> String {
    match outcome {
        Ok(Ok(())) => "ok".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer in {} s", PATIENCE.as_secs()),
    }
}
