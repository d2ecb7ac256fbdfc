//! Imports that run behind the page: it shows how far one is, and can be left.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use linli_access::{Actor, Ctx};
use linli_cases::Office;
use linli_db::Db;
use linli_kernel::DistrictId;
use linli_sheet::{ExportFormat, Lang, Report};
use linli_treatment::Network;
use linli_webkit::T;
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;

use super::upload::SentFile;
use super::{Bringing, Failure, Far, Outcome, Taking};
use crate::cli::ImportKind;

/// So many run at a time; more wait for nobody, they are asked to come later.
const AT_A_TIME: usize = 2;
/// So many that have ended are remembered, with their reports.
const REMEMBERED: usize = 20;
/// Troubled rows shown on the page; the report has them all.
const SHOWN: usize = 50;

/// Where an import stands.
#[derive(Debug, Clone)]
pub enum State {
    /// It runs.
    Running(Far),
    /// It ended; `Err` when the file could not be taken at all.
    Ended(Arc<Result<Outcome, Failure>>),
}

/// What an import is started with.
pub struct Order {
    /// Who.
    pub ctx: Ctx,
    /// The store.
    pub db: Db,
    /// The district.
    pub district: DistrictId,
    /// Rules and vault of cases.
    pub office: Arc<Office>,
    /// The rules of the treatment network.
    pub network: Arc<Network>,
    /// The texts of whoever started it.
    pub t: T,
    /// Their language.
    pub lang: Lang,
    /// What the rows are.
    pub kind: ImportKind,
    /// The file.
    pub file: SentFile,
    /// How it is to be taken.
    pub taking: Taking,
    /// The kind of report.
    pub format: ExportFormat,
}

/// An import.
pub struct Run {
    /// Its id, in its address.
    pub id: Uuid,
    /// The name of the file.
    pub name: String,
    /// What its rows are.
    pub kind: ImportKind,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// The kind of report.
    pub format: ExportFormat,
    /// Where the report is, whole once the import has ended.
    pub report: PathBuf,
    actor: Actor,
    state: watch::Receiver<State>,
    _folder: TempDir,
}

impl Run {
    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Waits until it has ended.
    pub async fn ended(&self) {
        // The sender is dropped only after the end was told.
        let _ = self.state.clone().wait_for(|state| matches!(state, State::Ended(_))).await;
    }
}

/// The imports of this process. After a restart they are forgotten; what they had recorded is there in whole batches.
#[derive(Default)]
pub struct Runs(Mutex<Vec<Arc<Run>>>);

impl Runs {
    /// Starts an import; `None` when too many run.
    #[must_use]
    pub fn start(&self, order: Order) -> Option<Arc<Run>> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let running = runs.iter().filter(|run| matches!(run.state(), State::Running(_))).count();
        if running >= AT_A_TIME {
            return None;
        }
        while runs.len() >= REMEMBERED {
            let oldest = runs.iter().position(|run| matches!(run.state(), State::Ended(_)))?;
            runs.remove(oldest);
        }
        let (tell, state) = watch::channel(State::Running(Far::default()));
        let SentFile { folder, path } = order.file;
        let ending = if order.format == ExportFormat::Xlsx { "xlsx" } else { "csv" };
        let run = Arc::new(Run {
            id: Uuid::from_bytes(random(order.ctx.rng.as_ref())),
            name: path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
            kind: order.kind,
            dry_run: order.taking.dry_run,
            format: order.format,
            report: folder.path().join(format!("answers-{}.{ending}", order.kind.word())),
            actor: order.ctx.actor.clone(),
            state,
            _folder: folder,
        });
        runs.push(Arc::clone(&run));
        drop(runs);
        let work = Work {
            ctx: order.ctx,
            db: order.db,
            district: order.district,
            office: order.office,
            network: order.network,
            t: order.t,
            lang: order.lang,
            taking: order.taking,
        };
        let held = Arc::clone(&run);
        let told = tell.clone();
        let working = tokio::spawn(async move { work.carry_out(&held, &path, &told).await });
        tokio::spawn(async move {
            let ended = working.await.unwrap_or_else(|error| {
                tracing::error!(%error, "an import broke down");
                Err(Failure::Broken)
            });
            tell.send_replace(State::Ended(Arc::new(ended)));
        });
        Some(run)
    }

    /// The import with this id, for whoever started it.
    #[must_use]
    pub fn find(&self, id: Uuid, actor: &Actor) -> Option<Arc<Run>> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.iter().find(|run| run.id == id && run.actor == *actor).cloned()
    }
}

struct Work {
    ctx: Ctx,
    db: Db,
    district: DistrictId,
    office: Arc<Office>,
    network: Arc<Network>,
    t: T,
    lang: Lang,
    taking: Taking,
}

impl Work {
    async fn carry_out(&self, run: &Run, file: &Path, tell: &watch::Sender<State>) -> Result<Outcome, Failure> {
        let bringing = Bringing {
            ctx: &self.ctx,
            db: &self.db,
            district: self.district,
            office: &self.office,
            network: &self.network,
            t: &self.t,
            lang: self.lang,
        };
        let begin = |headers: &linli_sheet::Headers| {
            let out = std::io::BufWriter::new(std::fs::File::create(&run.report)?);
            Ok(Report::new(out, run.format, headers, self.lang)?.keeping(SHOWN))
        };
        let mut progress = |far| {
            tell.send_replace(State::Running(far));
        };
        bringing.bring_in(run.kind, file, &self.taking, begin, &mut progress).await
    }
}

fn random(rng: &dyn linli_kernel::Rng) -> [u8; 16] {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes);
    bytes
}
