//! What the store says of itself to those who watch it: counts and sizes, nothing of what is stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::conn::{Conn, Read};
use crate::error::{DbError, Result};
use crate::migrate;
use crate::open::{Back, Db};
use crate::sql;

/// Upper ends of the classes in which group sizes are counted, transactions per group.
pub const GROUP_CLASSES: [u64; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/// Counts of the writer task, since the store was opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    classes: [AtomicU64; GROUP_CLASSES.len()],
    transactions: AtomicU64,
    failed: AtomicU64,
}

impl Tally {
    /// A group of so many transactions is on disk.
    pub(crate) fn written(&self, transactions: usize) {
        let size = u64::try_from(transactions).unwrap_or(u64::MAX);
        if size == 0 {
            return;
        }
        let class = GROUP_CLASSES.iter().position(|end| size <= *end).unwrap_or(GROUP_CLASSES.len() - 1);
        if let Some(count) = self.0.classes.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.0.transactions.fetch_add(size, Ordering::Relaxed);
    }

    /// A group could not be written.
    pub(crate) fn failed(&self) {
        self.0.failed.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> Groups {
        Groups {
            classes: self.0.classes.each_ref().map(|count| count.load(Ordering::Relaxed)),
            transactions: self.0.transactions.load(Ordering::Relaxed),
            failed: self.0.failed.load(Ordering::Relaxed),
        }
    }
}

/// The write groups since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Groups {
    /// Groups per class of [`GROUP_CLASSES`].
    pub classes: [u64; GROUP_CLASSES.len()],
    /// Transactions in all of them.
    pub transactions: u64,
    /// Groups that could not be written.
    pub failed: u64,
}

/// How busy the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vitals {
    /// Write groups; `None` on PostgreSQL, where every transaction is its own.
    pub groups: Option<Groups>,
    /// Transactions that wait for the write connection (SQLite); 0 on PostgreSQL, where they wait in the pool.
    pub waiting: u64,
    /// Connections open, those for reading on SQLite, all on PostgreSQL.
    pub connections: u64,
    /// Of these, the ones nobody uses at the moment.
    pub idle: u64,
}

impl Db {
    /// How busy the store is. Costs nothing.
    #[must_use]
    pub fn vitals(&self) -> Vitals {
        let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        match self.back() {
            Back::Sqlite { readers, writer, .. } => Vitals {
                groups: Some(writer.tally().read()),
                waiting: wide(writer.waiting()),
                connections: u64::from(readers.size()),
                idle: wide(readers.num_idle()),
            },
            Back::Pg { pool, .. } => {
                Vitals { groups: None, waiting: 0, connections: u64::from(pool.size()), idle: wide(pool.num_idle()) }
            }
        }
    }

    /// Bytes the database takes: the file with its write-ahead log, or what PostgreSQL counts for the database.
    ///
    /// # Errors
    /// Store errors.
    pub async fn bytes(&self) -> Result<u64> {
        match self.back() {
            Back::Sqlite { readers, .. } => {
                let file = readers.connect_options().get_filename().to_owned();
                let wal = file.with_file_name(format!("{}-wal", file.file_name().unwrap_or_default().to_string_lossy()));
                let size = |path| async { tokio::fs::metadata(path).await.map_or(0, |meta| meta.len()) };
                Ok(size(file).await + size(wal).await)
            }
            Back::Pg { pool, .. } => {
                let mut conn = pool.acquire().await?;
                let bytes: i64 = sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(&mut *conn).await?;
                Ok(u64::try_from(bytes).unwrap_or(0))
            }
        }
    }

    /// The newest migration that stands in the database, and the newest this program knows. They are equal unless a newer
    /// program has been at work on the same database.
    ///
    /// # Errors
    /// Store errors.
    pub async fn schema(&self) -> Result<(i64, i64)> {
        let mut read: Read = self.read().await?;
        let c: &mut Conn<'_> = &mut read.conn();
        let stands: Option<i64> =
            sql!(c, x => sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(x).await)?;
        stands.map(|version| (version, migrate::newest())).ok_or(DbError::Inconsistent {
            table: "_sqlx_migrations",
            column: "version",
            row: "none".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_counted_in_their_class() {
        let tally = Tally::default();
        for size in [0, 1, 2, 3, 4, 256, 1000] {
            tally.written(size);
        }
        tally.failed();
        let groups = tally.read();
        assert_eq!(groups.classes, [1, 1, 2, 0, 0, 0, 0, 0, 2]);
        assert_eq!((groups.transactions, groups.failed), (1266, 1));
    }
}
