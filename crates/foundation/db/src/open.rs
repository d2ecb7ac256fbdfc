//! Opening the store.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use linli_kernel::DistrictId;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, PgPool, SqlitePool};
use tokio::sync::{Notify, broadcast};

use crate::blobs::Blobs;
use crate::conn::{Boxed, Conn, Engine, Read};
use crate::error::{DbError, Result};
use crate::live::{Live, Published};
use crate::tx::Tx;
use crate::writer::Writer;
use crate::{journal, migrate};

/// Where the data is.
#[derive(Debug, Clone)]
pub struct DbConfig {
    /// The folder of this installation: the SQLite file `linli.db` and the blobs.
    pub folder: PathBuf,
    /// A PostgreSQL URL; without one the SQLite file in the folder is used.
    pub url: Option<String>,
    /// How many connections may read at once.
    pub readers: u32,
}

impl DbConfig {
    /// SQLite in a folder.
    #[must_use]
    pub const fn in_folder(folder: PathBuf) -> Self {
        Self { folder, url: None, readers: 8 }
    }

    /// The path of the SQLite file.
    #[must_use]
    pub fn sqlite_file(&self) -> PathBuf {
        self.folder.join("linli.db")
    }
}

/// The store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    back: Back,
    blobs: Blobs,
    live: Live,
}

#[derive(Debug)]
pub(crate) enum Back {
    Sqlite {
        readers: SqlitePool,
        writer: Writer,
        /// While this is here the journal is followed.
        _here: Arc<()>,
    },
    Pg {
        pool: PgPool,
        wake: Arc<Notify>,
    },
}

impl Db {
    /// Opens the store and brings its tables up to date.
    ///
    /// # Errors
    /// When the folder cannot be used, the server is away, or the tables are newer than this program.
    pub async fn open(config: &DbConfig) -> Result<Self> {
        make_folder(&config.folder).await.map_err(DbError::Blob)?;
        if let Some(bits) = open_to_others(&config.folder) {
            let folder = config.folder.display();
            tracing::warn!(%folder, mode = format!("{bits:03o}"), "the data folder is open to other users of this machine: chmod 700");
        }
        let blobs = Blobs::in_folder(config.folder.join("blobs"));
        let live = Live::new();
        let back = match &config.url {
            Some(url) => open_postgres(url, config.readers, live.clone()).await?,
            None => open_sqlite(config, live.clone()).await?,
        };
        Ok(Self { inner: Arc::new(Inner { back, blobs, live }) })
    }

    /// Which engine holds the data.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.inner.back {
            Back::Sqlite { .. } => Engine::Sqlite,
            Back::Pg { .. } => Engine::Postgres,
        }
    }

    pub(crate) fn back(&self) -> &Back {
        &self.inner.back
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// `Unavailable` when none becomes free in time.
    pub fn read(&self) -> Boxed<'_, Result<Read>> {
        Box::pin(async {
            Ok(match &self.inner.back {
                Back::Sqlite { readers, .. } => Read::Sqlite(readers.acquire().await?),
                Back::Pg { pool, .. } => Read::Pg(pool.acquire().await?),
            })
        })
    }

    /// Begins a write transaction of one district.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub fn begin(&self, district: DistrictId) -> Boxed<'_, Result<Tx>> {
        Box::pin(async move {
            Ok(match &self.inner.back {
                Back::Sqlite { writer, .. } => Tx::sqlite(district, writer.borrow().await?),
                Back::Pg { pool, wake } => Tx::pg(district, pool.begin().await?, Arc::clone(wake)),
            })
        })
    }

    /// Whether the store was closed: nothing is read or written any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.inner.back {
            Back::Sqlite { readers, .. } => readers.is_closed(),
            Back::Pg { pool, .. } => pool.is_closed(),
        }
    }

    /// The files beside the database.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    /// Listens to what is committed from now on. See [`Published`].
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.inner.live.subscribe()
    }

    /// Writes a consistent copy of the SQLite file to `to` (which must not exist). Not for PostgreSQL: use `pg_dump`.
    ///
    /// # Errors
    /// Store errors.
    pub async fn copy_sqlite_to(&self, to: &std::path::Path) -> Result<()> {
        match &self.inner.back {
            Back::Sqlite { readers, .. } => {
                // VACUUM INTO needs a connection that is not query_only; a fresh one from the same file does.
                let options = readers.connect_options().as_ref().clone().read_only(false).pragma("query_only", "OFF");
                let mut conn = options.connect().await?;
                sqlx::query("VACUUM INTO $1").bind(to.to_string_lossy().into_owned()).execute(&mut conn).await?;
                Ok(())
            }
            Back::Pg { .. } => Err(DbError::Unavailable(None)),
        }
    }

    /// Folds the write-ahead log of the SQLite file into it and empties the log: what was deleted, and overwritten in the file, is then in
    /// neither. On PostgreSQL the server does that in its own time. Then the connections let go of what they kept in memory: pages as they were
    /// before, and the values that statements were last asked with.
    ///
    /// # Errors
    /// `Unavailable` when somebody reads what is older, a backup for one: nothing is lost by it, and it is to be tried again. It waits for
    /// a fifth of a second only, because nobody can write meanwhile.
    pub async fn fold_log(&self) -> Result<()> {
        let Back::Sqlite { readers, .. } = &self.inner.back else { return Ok(()) };
        let options =
            readers.connect_options().as_ref().clone().pragma("query_only", "OFF").busy_timeout(Duration::from_millis(200));
        let mut conn = options.connect().await?;
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut conn).await?;
        if busy != 0 {
            return Err(DbError::Unavailable(None));
        }
        // Those that nobody uses now; one that is in use looks at the file anew with its next read, which throws its pages away.
        // Counted beforehand: the pool opens the least that it keeps anew.
        for _ in 0..readers.num_idle() {
            let Some(idle) = readers.try_acquire() else { break };
            idle.close().await?;
        }
        let mut tx = self.begin(linli_kernel::DistrictId::CITY).await?;
        if let Conn::Sqlite(writer) = tx.conn()? {
            sqlx::Connection::clear_cached_statements(writer).await?;
            sqlx::query("PRAGMA shrink_memory").execute(writer).await?;
        }
        Ok(())
    }

    /// Closes the store. What was committed is on disk anyway; this folds the write-ahead log and frees the file.
    pub async fn close(self) {
        match &self.inner.back {
            Back::Sqlite { readers, .. } => readers.close().await,
            Back::Pg { pool, .. } => pool.close().await,
        }
    }
}

fn sqlite_options(config: &DbConfig) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(config.sqlite_file())
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        // What is erased is overwritten, not only unlinked.
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "-8000")
        .statement_cache_capacity(256)
        // A list is read whole: its rows do not wait for one another on their way from the thread of the connection.
        .row_buffer_size(1_000)
        .disable_statement_logging()
}

/// Where the folder is open to others although it was to be for its owner only, its mode bits; `None` when it is not, or there are none.
/// What is made in it is closed in any case; its name, and what others put there before, are not.
#[must_use]
pub fn open_to_others(folder: &std::path::Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let bits = std::fs::metadata(folder).ok()?.permissions().mode() & 0o777;
        (bits & 0o077 != 0).then_some(bits)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// The folder, for its owner only: it holds what residents wrote.
async fn make_folder(folder: &std::path::Path) -> std::io::Result<()> {
    let mut maker = tokio::fs::DirBuilder::new();
    maker.recursive(true);
    #[cfg(unix)]
    maker.mode(0o700);
    maker.create(folder).await
}

/// The database file for its owner only, also where the folder was there before and is open; SQLite gives its log the mode of the file.
/// A file that is there is not opened: closing it again would drop, by the rules of POSIX, every lock that this process holds on it. Another
/// process that then closed the database would believe to be the last one, and take the log away under those who go on writing into it.
async fn make_file(file: &std::path::Path) -> std::io::Result<()> {
    let mut maker = tokio::fs::OpenOptions::new();
    maker.create_new(true).write(true);
    #[cfg(unix)]
    maker.mode(0o600);
    match maker.open(file).await {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

async fn open_sqlite(config: &DbConfig, live: Live) -> Result<Back> {
    make_file(&config.sqlite_file()).await.map_err(DbError::Blob)?;
    let options = sqlite_options(config);
    // The one writer keeps more pages at hand, and folds the write-ahead log into the file seldom: pages that are written again and
    // again in between (indexes by place and by owner) then go into the file once. 8,192 pages are 32 MB of log.
    let writing = options.clone().pragma("cache_size", "-32000").pragma("wal_autocheckpoint", "8192");
    let mut conn = writing.connect().await?;
    migrate::sqlite(&mut conn).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(config.readers.max(1))
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        // A connection to a file does not go away while it rests.
        .test_before_acquire(false)
        .connect_with(options.clone().create_if_missing(false).pragma("query_only", "ON"))
        .await?;
    let reopen = move || {
        let options = writing.clone();
        async move { options.connect().await.map_err(DbError::from) }
    };
    live.begin(journal::all_last_seqs(&mut Conn::Sqlite(&mut conn)).await?);
    let here = Arc::new(());
    let (tail_readers, tail_live, still_here) = (readers.clone(), live.clone(), Arc::downgrade(&here));
    // What this process writes it tells itself; another one (an import beside the server) is heard within a second.
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if still_here.upgrade().is_none() || tail_readers.is_closed() {
                return;
            }
            let followed = async { tail_live.follow(&mut Read::Sqlite(tail_readers.acquire().await?).conn()).await };
            if let Err(error) = followed.await {
                tracing::debug!(%error, "the journal could not be followed; trying again");
            }
        }
    });
    Ok(Back::Sqlite { readers, writer: Writer::start(conn, live, reopen), _here: here })
}

/// How long the first connection to a server may take. A pool would try again and again for longer, and say nothing of why.
const FIRST_ANSWER: Duration = Duration::from_secs(3);

/// Whether the server lets us in at all, asked once and answered at once.
async fn knock(options: &PgConnectOptions) -> Result<()> {
    let server =
        format!("{}:{}/{}", options.get_host(), options.get_port(), options.get_database().unwrap_or(options.get_username()));
    match tokio::time::timeout(FIRST_ANSWER, options.connect()).await {
        Ok(Ok(first)) => Ok(sqlx::Connection::close(first).await?),
        Ok(Err(cause)) => Err(DbError::Away { server, cause: Some(cause) }),
        Err(_) => Err(DbError::Away { server, cause: None }),
    }
}

async fn open_postgres(url: &str, connections: u32, live: Live) -> Result<Back> {
    let options = PgConnectOptions::from_str(url)?.application_name("linli").disable_statement_logging();
    knock(&options).await?;
    let pool = PgPoolOptions::new()
        .max_connections(connections.max(2))
        // Long enough for a restart of the server, short enough for somebody who waits for a page.
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(options)
        .await?;
    migrate::postgres(&pool).await?;
    let wake = Arc::new(Notify::new());
    live.begin(journal::all_last_seqs(&mut Read::Pg(pool.acquire().await?).conn()).await?);
    let (tail_pool, tail_wake) = (pool.clone(), Arc::downgrade(&wake));
    // Other processes write to the same server; this one follows the journal, woken by its own commits and once a second.
    tokio::spawn(async move {
        while let Some(wake) = tail_wake.upgrade() {
            let woken = tokio::time::timeout(Duration::from_secs(1), wake.notified()).await;
            drop((woken, wake));
            if tail_pool.is_closed() {
                return;
            }
            let followed = async { live.follow(&mut Read::Pg(tail_pool.acquire().await?).conn()).await };
            if let Err(error) = followed.await {
                tracing::debug!(%error, "the journal could not be followed; trying again");
            }
        }
    });
    Ok(Back::Pg { pool, wake })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What readers kept of pages and of what they were asked with goes with the folding; the store goes on.
    #[tokio::test]
    async fn folding_the_log_lets_go_of_what_connections_kept() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&DbConfig::in_folder(folder.path().to_owned())).await.unwrap();
        let held = [db.read().await.unwrap(), db.read().await.unwrap(), db.read().await.unwrap()];
        drop(held);
        let Back::Sqlite { readers, .. } = &db.inner.back else { panic!("a file") };
        while readers.num_idle() < 3 {
            tokio::task::yield_now().await;
        }
        db.fold_log().await.unwrap();
        assert!(readers.num_idle() <= 1, "none of those from before; the pool opens one anew");
        assert!(db.read().await.is_ok());
        drop(db.begin(linli_kernel::DistrictId::CITY).await.unwrap());
    }
}
