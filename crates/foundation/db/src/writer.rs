//! Group commit on SQLite.
//!
//! One task owns the write connection. It lends it to one transaction at a time, each but the first inside a savepoint of its own
//! within one `BEGIN IMMEDIATE` (before the first there is nothing to go back to, and SQLite keeps a copy of every page it changes under a
//! savepoint), writes the journal lines of all of them as its last statements, and the whole group to disk with
//! one `COMMIT`. A transaction that fails or is dropped
//! rolls back alone; a group that cannot be written fails everybody in it, and nobody has been answered before.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use linli_kernel::DistrictId;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use crate::conn::Conn;
use crate::error::{DbError, Result};
use crate::journal::{self, Ready};
use crate::live::{Live, Published};
use crate::tally::Tally;

/// How many transactions share one fsync at most. Beyond some hundred the gain is gone and the first waits too long.
const GROUP_MAX: usize = 256;

const BEGIN: &str = "BEGIN IMMEDIATE";

/// The way to the writer task.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    asks: mpsc::Sender<oneshot::Sender<Loan>>,
    tally: Tally,
}

/// The write connection on loan to one transaction. Dropped without [`Loan::commit`], its work is rolled back.
#[derive(Debug)]
pub(crate) struct Loan {
    conn: Option<SqliteConnection>,
    back: Option<oneshot::Sender<Returned>>,
    known: Known,
}

/// Districts that are known to have a journal.
type Known = Arc<Mutex<Vec<DistrictId>>>;

#[derive(Debug)]
struct Returned {
    conn: SqliteConnection,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    Kept { district: DistrictId, lines: Vec<Ready>, done: oneshot::Sender<Result<()>> },
    Abandoned,
}

impl Loan {
    pub(crate) fn conn(&mut self) -> Result<&mut SqliteConnection> {
        self.conn.as_mut().ok_or(DbError::Unavailable(None))
    }

    /// Gives the connection back and waits until the group is on disk.
    pub(crate) async fn commit(mut self, district: DistrictId, lines: Vec<Ready>) -> Result<()> {
        let (Some(conn), Some(back)) = (self.conn.take(), self.back.take()) else {
            return Err(DbError::Unavailable(None));
        };
        let (done, outcome) = oneshot::channel();
        back.send(Returned { conn, outcome: Outcome::Kept { district, lines, done } }).map_err(|_| DbError::Unavailable(None))?;
        outcome.await.map_err(|_| DbError::Unavailable(None))?
    }

    /// Whether the district is known to have a journal.
    pub(crate) fn knows(&self, district: DistrictId) -> bool {
        self.known.lock().is_ok_and(|known| known.contains(&district))
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let (Some(conn), Some(back)) = (self.conn.take(), self.back.take()) {
            // The writer is gone only when the process is going; then there is nobody left to tell.
            let _ = back.send(Returned { conn, outcome: Outcome::Abandoned });
        }
    }
}

impl Writer {
    /// Starts the task. `reopen` makes a new write connection when the old one is lost.
    pub(crate) fn start<F, Fut>(conn: SqliteConnection, live: Live, reopen: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<SqliteConnection>> + Send + 'static,
    {
        let (asks, queue) = mpsc::channel(4096);
        let tally = Tally::default();
        tokio::spawn(run(conn, queue, live, tally.clone(), reopen));
        Self { asks, tally }
    }

    /// What has been written so far.
    pub(crate) const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How many wait for the write connection.
    pub(crate) fn waiting(&self) -> usize {
        self.asks.max_capacity().saturating_sub(self.asks.capacity())
    }

    /// Waits for the write connection.
    pub(crate) async fn borrow(&self) -> Result<Loan> {
        let (lend, borrowed) = oneshot::channel();
        self.asks.send(lend).await.map_err(|_| DbError::Unavailable(None))?;
        borrowed.await.map_err(|_| DbError::Unavailable(None))
    }
}

/// One transaction of the group, waiting to be written.
#[derive(Debug)]
struct Waiter {
    district: DistrictId,
    lines: Vec<Ready>,
    done: oneshot::Sender<Result<()>>,
}

async fn run<F, Fut>(
    conn: SqliteConnection,
    mut queue: mpsc::Receiver<oneshot::Sender<Loan>>,
    live: Live,
    tally: Tally,
    reopen: F,
) where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<SqliteConnection>> + Send + 'static,
{
    let mut held = Some(conn);
    let known = Known::default();
    while let Some(first) = queue.recv().await {
        let conn = match held.take() {
            Some(conn) => conn,
            None => match reopen().await {
                Ok(conn) => conn,
                Err(error) => {
                    tracing::error!(%error, "the write connection cannot be opened");
                    drop(first); // its borrower is told "unavailable"
                    continue;
                }
            },
        };
        held = group(conn, first, &mut queue, &live, &known, &tally).await;
    }
    if let Some(conn) = held {
        // A clean goodbye folds the write-ahead log into the file.
        let _ = conn.close().await;
    }
}

/// Carries one group. Gives the connection back unless it was lost or cannot be trusted any more.
async fn group(
    mut conn: SqliteConnection,
    first: oneshot::Sender<Loan>,
    queue: &mut mpsc::Receiver<oneshot::Sender<Loan>>,
    live: &Live,
    known: &Known,
    tally: &Tally,
) -> Option<SqliteConnection> {
    if let Err(error) = raw(&mut conn, BEGIN).await {
        tracing::warn!(%error, "no write transaction could be begun");
        let _ = raw(&mut conn, "ROLLBACK").await;
        drop(first);
        return Some(conn);
    }
    let mut waiters: Vec<Waiter> = Vec::new();
    // Whether there is a savepoint behind which the transaction on loan stands.
    let mut marked = false;
    let mut next = Some(first);
    while let Some(lend) = next.take() {
        conn = match lend_out(conn, lend, known).await {
            Some(Returned { conn, outcome: Outcome::Abandoned }) if waiters.is_empty() => begin_again(conn).await?,
            Some(Returned { conn, outcome: Outcome::Abandoned }) => abandon(conn, &mut waiters).await?,
            Some(Returned { conn, outcome: Outcome::Kept { district, lines, done } }) => {
                waiters.push(Waiter { district, lines, done });
                conn
            }
            None => {
                tally.failed();
                fail(waiters, "the write connection was lost");
                return None;
            }
        };
        if waiters.len() < GROUP_MAX {
            next = queue.try_recv().ok();
        }
        // When the whole group was rolled back, its savepoint went with it.
        marked &= !waiters.is_empty();
        if next.is_some() && !waiters.is_empty() {
            let mark = if marked { "RELEASE w; SAVEPOINT w" } else { "SAVEPOINT w" };
            marked = true;
            if let Err(error) = raw(&mut conn, mark).await {
                tally.failed();
                return undo(conn, waiters, &error).await;
            }
        }
    }
    let published = match finish(&mut conn, &mut waiters).await {
        Ok(published) => published,
        Err(error) => {
            tally.failed();
            return undo(conn, waiters, &error).await;
        }
    };
    tally.written(waiters.len());
    if let Ok(mut known) = known.lock() {
        // Only now: a district opened in a group that failed does not exist.
        for line in &published {
            if !known.contains(&line.district) {
                known.push(line.district);
            }
        }
    }
    live.publish(published);
    for waiter in waiters {
        // A caller that stopped waiting has still been served.
        let _ = waiter.done.send(Ok(()));
    }
    Some(conn)
}

/// Writes the journal of the group, district by district in the order the transactions came, and commits.
async fn finish(conn: &mut SqliteConnection, waiters: &mut [Waiter]) -> Result<Vec<Arc<Published>>> {
    let mut by_district: BTreeMap<DistrictId, Vec<Ready>> = BTreeMap::new();
    for waiter in waiters {
        if !waiter.lines.is_empty() {
            by_district.entry(waiter.district).or_default().append(&mut waiter.lines);
        }
    }
    let mut published = Vec::new();
    for (district, lines) in by_district {
        let first = journal::write(&mut Conn::Sqlite(conn), district, &lines).await?;
        published.extend((first..).zip(lines).map(|(seq, Ready { line, .. })| {
            Arc::new(Published { district, seq, place: line.place, kind: line.kind.to_owned(), subject: line.subject })
        }));
    }
    raw(conn, "COMMIT").await?;
    Ok(published)
}

/// Lends the connection; `None` when it never came back.
async fn lend_out(conn: SqliteConnection, lend: oneshot::Sender<Loan>, known: &Known) -> Option<Returned> {
    let (back, returned) = oneshot::channel();
    if let Err(mut unused) = lend.send(Loan { conn: Some(conn), back: Some(back), known: Arc::clone(known) }) {
        // The borrower gave up while queueing.
        let conn = unused.conn.take()?;
        return Some(Returned { conn, outcome: Outcome::Abandoned });
    }
    returned.await.ok()
}

/// Rolls the only transaction of the group back; the group begins anew.
async fn begin_again(mut conn: SqliteConnection) -> Option<SqliteConnection> {
    // A full disk may already have rolled back under us.
    let _ = raw(&mut conn, "ROLLBACK").await;
    raw(&mut conn, BEGIN).await.ok().map(|()| conn)
}

/// Rolls one transaction back and leaves the rest of the group standing.
async fn abandon(mut conn: SqliteConnection, waiters: &mut Vec<Waiter>) -> Option<SqliteConnection> {
    match raw(&mut conn, "ROLLBACK TO w").await {
        Ok(()) => Some(conn),
        Err(error) => {
            // A full disk may already have rolled the whole group back under us; nobody in it has been answered.
            let _ = raw(&mut conn, "ROLLBACK").await;
            fail(std::mem::take(waiters), &error.to_string());
            raw(&mut conn, BEGIN).await.ok().map(|()| conn)
        }
    }
}

async fn undo(mut conn: SqliteConnection, waiters: Vec<Waiter>, error: &DbError) -> Option<SqliteConnection> {
    tracing::error!(%error, waiting = waiters.len(), "a write group failed");
    let rolled_back = raw(&mut conn, "ROLLBACK").await;
    fail(waiters, &error.to_string());
    // After a failed COMMIT the transaction may or may not still be open; a connection that cannot even roll back is given up.
    match rolled_back {
        Ok(()) => Some(conn),
        Err(_) => None,
    }
}

fn fail(waiters: Vec<Waiter>, why: &str) {
    for waiter in waiters {
        let _ = waiter.done.send(Err(DbError::GroupFailed(why.to_owned())));
    }
}

async fn raw(conn: &mut SqliteConnection, text: &'static str) -> Result<()> {
    sqlx::raw_sql(text).execute(conn).await.map(|_| ()).map_err(DbError::from)
}
