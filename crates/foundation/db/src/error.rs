//! What can go wrong with the store, told apart by what the caller can do about it.

use linli_kernel::{Code, Status};

/// Shorthand for this crate's results.
pub type Result<T, E = DbError> = std::result::Result<T, E>;

/// A failure of the store. Absence is not a failure: it is `Option::None`.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The driver or the engine refused.
    #[error("database")]
    Driver(#[source] sqlx::Error),
    /// A unique key is already taken: somebody was quicker.
    #[error("already taken")]
    Taken(#[source] sqlx::Error),
    /// A stored value cannot be what it is: damage or a foreign hand.
    #[error("inconsistent data in {table}.{column}: {row}")]
    Inconsistent {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Which row, as far as known.
        row: String,
    },
    /// Another number of rows was touched than the statement must touch.
    #[error("expected {expected} rows, touched {touched}")]
    WrongRowCount {
        /// Rows that should have been touched.
        expected: u64,
        /// Rows that were.
        touched: u64,
    },
    /// The disk is full, the engine is away or too busy. Nothing was stored; the same request may be tried again.
    #[error("the store is unavailable")]
    Unavailable(#[source] Option<sqlx::Error>),
    /// The PostgreSQL server does not let anybody in, or does not answer at all. Named without user and password.
    #[error("no connection to the PostgreSQL server at {server}: is it running, and do address, user and password fit?")]
    Away {
        /// Host, port and database.
        server: String,
        /// What the driver says; nothing when it waited in vain.
        #[source]
        cause: Option<sqlx::Error>,
    },
    /// The group of transactions this one travelled with could not be written; nothing of it was stored.
    #[error("the write group failed: {0}")]
    GroupFailed(String),
    /// A file beside the database could not be written or read.
    #[error("blob store")]
    Blob(#[source] std::io::Error),
    /// There is no room for a file beside the database. Nothing was stored; the same request may be tried again.
    #[error("no room for a file beside the database")]
    Full(#[source] std::io::Error),
    /// The migrations do not fit the database.
    #[error("migration")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The same idempotency key came with another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// A value cannot be written as JSON.
    #[error("facts cannot be written as JSON")]
    Facts(#[source] serde_json::Error),
}

impl DbError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Taken(_) => Code::new("db.taken", Status::Conflict),
            Self::KeyReused => Code::new("db.key_reused", Status::Conflict),
            Self::Unavailable(_) | Self::Away { .. } | Self::GroupFailed(_) | Self::Full(_) => {
                Code::new("db.unavailable", Status::Unavailable)
            }
            _ => Code::new("db.internal", Status::Internal),
        }
    }

    /// Whether the same transaction may succeed when tried again (PostgreSQL 40001, 40P01, 55P03, lost connections).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Away { .. } | Self::GroupFailed(_) | Self::Full(_) => true,
            Self::Driver(sqlx::Error::Database(e)) => {
                e.code().is_some_and(|c| matches!(c.as_ref(), "40001" | "40P01" | "55P03") || c.starts_with("08"))
            }
            _ => false,
        }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(e) = &error {
            if e.is_unique_violation() {
                return Self::Taken(error);
            }
            // SQLite: 5 busy, 6 locked, 10 I/O, 13 full, each with extended codes in the higher bits. PostgreSQL: 53xxx, 57P0x.
            let code = e.code().unwrap_or_default();
            let primary = code.parse::<u32>().ok().map(|c| c & 0xff);
            let sqlite_away = code.len() <= 4 && matches!(primary, Some(5 | 6 | 10 | 13));
            if sqlite_away || code.starts_with("53") || code.starts_with("57P") {
                return Self::Unavailable(Some(error));
            }
        }
        if matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Io(_))
        {
            return Self::Unavailable(Some(error));
        }
        Self::Driver(error)
    }
}
