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
use crate::model::CaseId;
use crate::office::Office;
use crate::store;

/// Reports filed together at most. Beyond it the first waits long and the last gains little.
const TOGETHER: usize = 128;

/// A report that waits.
struct Waiting {
    ctx: Ctx,
    report: Prepared,
    answer: oneshot::Sender<Result<Reported, CasesError>>,
}

/// What those of a batch are told, in their order.
type Answers = Vec<Result<Reported, CasesError>>;

/// Why it is not known that a batch was filed.
enum Failed {
    /// Before its commit: nothing of it was filed.
    Before(CasesError),
    /// During its commit, which may have happened; these are the answers if it did.
    AtCommit(Answers, CasesError),
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

    async fn together(&self, district: DistrictId, going: &[Waiting]) -> Result<Answers, Failed> {
        let mut tx = self.db.begin(district).await.map_err(|error| Failed::Before(error.into()))?;
        let reports: Vec<(&Ctx, &Prepared)> = going.iter().map(|waiting| (&waiting.ctx, &waiting.report)).collect();
        let answers = file(&mut tx, &self.office, &reports).await.map_err(Failed::Before)?;
        match tx.commit().await {
            Ok(()) => Ok(answers),
            Err(error) => Err(Failed::AtCommit(answers, error.into())),
        }
    }

    async fn serve(&self, district: DistrictId, going: Vec<Waiting>) {
        match self.together(district, &going).await {
            Ok(answers) => tell_all(going, answers),
            // What one of them cannot do must not keep the others: each goes alone.
            Err(Failed::Before(_)) if going.len() > 1 => {
                for waiting in going {
                    let answer = self.alone(district, &waiting, None).await;
                    tell(waiting, answer);
                }
            }
            Err(Failed::Before(error)) => tell_all(going, vec![Err(error)]),
            Err(Failed::AtCommit(answers, _)) => self.after_a_lost_commit(district, going, answers).await,
        }
    }

    /// On PostgreSQL a connection that is lost during the commit does not say whether it happened. The ids of the cases were made here before,
    /// so the store can be asked; only what is not there is filed again.
    async fn after_a_lost_commit(&self, district: DistrictId, going: Vec<Waiting>, answers: Answers) {
        match self.were_filed(district, &answers).await {
            Ok(true) => tell_all(going, answers),
            Ok(false) => {
                for (waiting, before) in going.into_iter().zip(answers) {
                    let answer = self.alone(district, &waiting, before.ok()).await;
                    tell(waiting, answer);
                }
            }
            Err(_) => going.into_iter().for_each(|waiting| tell(waiting, Err(CasesError::Db(DbError::Unavailable(None))))),
        }
    }

    /// Files one report. `before` is its answer from a commit that was not found in the store: it may have been on its way there still, and
    /// then what is filed now meets its own id.
    async fn alone(&self, district: DistrictId, waiting: &Waiting, before: Option<Reported>) -> Result<Reported, CasesError> {
        let (answer, error) = match self.together(district, std::slice::from_ref(waiting)).await {
            Ok(mut answers) => return answers.pop().unwrap_or(Err(CasesError::Changed)),
            Err(Failed::Before(error)) => (before, error),
            Err(Failed::AtCommit(mut answers, error)) => match answers.pop() {
                Some(Ok(answer)) => (Some(answer), error),
                Some(refusal) => return refusal,
                None => (before, error),
            },
        };
        match answer {
            Some(answer) if self.is_filed(district, answer.id).await? => Ok(answer),
            _ => Err(error),
        }
    }

    /// Whether a batch reached the store. All of it did or nothing: one of its new cases speaks for the others.
    async fn were_filed(&self, district: DistrictId, answers: &[Result<Reported, CasesError>]) -> Result<bool, CasesError> {
        match answers.iter().flatten().find(|answer| !answer.again) {
            Some(new) => self.is_filed(district, new.id).await,
            // Nothing was to be filed: what they were told before, and refusals, stand as they are.
            None => Ok(true),
        }
    }

    async fn is_filed(&self, district: DistrictId, id: CaseId) -> Result<bool, CasesError> {
        let mut read = self.db.read().await?;
        Ok(store::by_id(&mut read.conn(), district, id).await?.is_some())
    }
}

fn tell_all(going: Vec<Waiting>, answers: Answers) {
    going.into_iter().zip(answers).for_each(|(waiting, answer)| tell(waiting, answer));
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
