//! The window for reports (报事窗口): whoever comes while a batch is on its way to disk waits for the next one, and all who wait go
//! together. One report alone waits for nobody.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use linli_access::Ctx;
use linli_db::{Db, DbError};
use linli_kernel::DistrictId;
use tokio::sync::oneshot;

use crate::commands::{Prepared, Reported, file};
use crate::error::CasesError;
use crate::office::Office;

/// Reports filed together at most. Beyond it the first waits long and the last gains little.
const TOGETHER: usize = 128;

/// A report that waits.
struct Waiting {
    ctx: Ctx,
    report: Prepared,
    answer: oneshot::Sender<Result<Reported, CasesError>>,
}

/// The line before the window of each district. A district with a line has somebody who carries.
type Lines = Mutex<HashMap<DistrictId, VecDeque<Waiting>>>;

/// The window. One for the whole program, shared.
pub struct ReportWindow {
    db: Db,
    office: Arc<Office>,
    lines: Lines,
}

impl std::fmt::Debug for ReportWindow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReportWindow").finish_non_exhaustive()
    }
}

impl ReportWindow {
    /// A window that files into this store by this office.
    #[must_use]
    pub fn new(db: Db, office: Arc<Office>) -> Arc<Self> {
        Arc::new(Self { db, office, lines: Lines::default() })
    }

    /// Files a prepared report and answers when it is on disk. Who stops waiting may still have been served.
    ///
    /// # Errors
    /// `Denied` for staff without the right; `KeyReused`; store errors.
    pub async fn report(self: &Arc<Self>, district: DistrictId, ctx: Ctx, report: Prepared) -> Result<Reported, CasesError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { ctx, report, answer };
        let first = {
            let mut lines = self.lines();
            let first = !lines.contains_key(&district);
            lines.entry(district).or_default().push_back(waiting);
            first
        };
        if first {
            // A task of its own: who asked first may go away, and the others still wait for what is being carried.
            tokio::spawn(Carrier { window: Arc::clone(self), district, done: false }.carry());
        }
        answered.await.unwrap_or(Err(CasesError::Db(DbError::Unavailable(None))))
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<DistrictId, VecDeque<Waiting>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those who go next; `None` closes the line.
    fn next(&self, district: DistrictId) -> Option<Vec<Waiting>> {
        let mut lines = self.lines();
        let line = lines.get_mut(&district)?;
        if line.is_empty() {
            lines.remove(&district);
            return None;
        }
        let mut keys = HashSet::new();
        let mut going = Vec::with_capacity(line.len().min(TOGETHER));
        while going.len() < TOGETHER
            && let Some(waiting) = line.front()
        {
            // The same request twice: the second needs the answer of the first, so it goes with the next batch.
            if let Some(key) = &waiting.ctx.idempotency_key
                && !keys.insert((waiting.ctx.actor_text(), key.clone()))
            {
                break;
            }
            going.extend(line.pop_front());
        }
        Some(going)
    }

    async fn together(&self, district: DistrictId, going: &[Waiting]) -> Result<Vec<Result<Reported, CasesError>>, Failed> {
        let mut tx = self.db.begin(district).await.map_err(|error| Failed::Before(error.into()))?;
        let reports: Vec<(&Ctx, &Prepared)> = going.iter().map(|waiting| (&waiting.ctx, &waiting.report)).collect();
        let answers = file(&mut tx, &self.office, &reports).await.map_err(Failed::Before)?;
        tx.commit().await.map_err(|error| Failed::Perhaps(error.into()))?;
        Ok(answers)
    }

    /// One alone. What may be there already is filed again only under a key by which it is found.
    async fn alone(&self, district: DistrictId, waiting: Waiting) {
        let done = self.together(district, std::slice::from_ref(&waiting)).await;
        let done = done.map_err(Failed::into_inner);
        tell(waiting, done.and_then(|mut answers| answers.pop().unwrap_or(Err(CasesError::Changed))));
    }

    async fn serve(&self, district: DistrictId, going: Vec<Waiting>) {
        match self.together(district, &going).await {
            Ok(answers) => answers.into_iter().zip(going).for_each(|(answer, waiting)| tell(waiting, answer)),
            // What one of them cannot do must not keep the others: each goes alone.
            Err(Failed::Before(_)) if going.len() > 1 => {
                for waiting in going {
                    self.alone(district, waiting).await;
                }
            }
            Err(Failed::Before(error)) => {
                if let Some(waiting) = going.into_iter().next() {
                    tell(waiting, Err(error));
                }
            }
            // The answer of the store was lost, and all of them may be on disk: whoever sent a key is found by it or filed now; the others are told
            // that it is not known, rather than that there are two.
            Err(Failed::Perhaps(error)) => {
                tracing::warn!(%error, reports = going.len(), "whether reports were filed is not known");
                for waiting in going {
                    if waiting.ctx.idempotency_key.is_some() {
                        self.alone(district, waiting).await;
                    } else {
                        tell(waiting, Err(CasesError::Db(DbError::Unavailable(None))));
                    }
                }
            }
        }
    }
}

/// Why a batch was not filed.
enum Failed {
    /// Nothing of it is in the store.
    Before(CasesError),
    /// It may be in the store: the commit was not answered.
    Perhaps(CasesError),
}

impl Failed {
    fn into_inner(self) -> CasesError {
        match self {
            Self::Before(error) | Self::Perhaps(error) => error,
        }
    }
}

fn tell(waiting: Waiting, answer: Result<Reported, CasesError>) {
    // Who stopped waiting has been served all the same.
    let _ = waiting.answer.send(answer);
}

/// Who carries the batches of a district, until nobody waits any more.
struct Carrier {
    window: Arc<ReportWindow>,
    district: DistrictId,
    /// The line is closed; who comes now opens another.
    done: bool,
}

impl Carrier {
    async fn carry(mut self) {
        while let Some(going) = self.window.next(self.district) {
            self.window.serve(self.district, going).await;
        }
        self.done = true;
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        // After a panic somebody may be left here; they are told that the store is not available.
        if !self.done {
            self.window.lines().remove(&self.district);
        }
    }
}
