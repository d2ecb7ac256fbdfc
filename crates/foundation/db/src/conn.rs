//! One connection, whichever engine runs behind it.

use std::pin::Pin;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection};

/// What the store does for every command. Boxed, so that it is compiled once here and not again in every crate that waits for it: the
/// pools of both drivers would be in each of them (a megabyte and a half of the program).
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Which engine holds the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The file inside.
    Sqlite,
    /// The server beside.
    Postgres,
}

/// A borrowed connection, from a reader or from a transaction.
#[derive(Debug)]
pub enum Conn<'a> {
    /// SQLite.
    Sqlite(&'a mut SqliteConnection),
    /// PostgreSQL.
    Pg(&'a mut PgConnection),
}

impl Conn<'_> {
    /// Which engine this is, for the few statements that must differ (bulk inserts).
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Pg(_) => Engine::Postgres,
        }
    }
}

/// Runs one body for either engine: `sql!(c, x => sqlx::query_as::<_, Row>(TEXT).bind(id).fetch_optional(x).await)?`.
///
/// `c` is a `&mut Conn<'_>`. The text uses `$1`, `$2` … on both engines. Errors become [`DbError`](crate::DbError).
#[macro_export]
macro_rules! sql {
    ($conn:expr, $x:ident => $body:expr) => {
        match $conn {
            $crate::Conn::Sqlite(inner) => {
                let $x = &mut **inner;
                $body.map_err($crate::DbError::from)
            }
            $crate::Conn::Pg(inner) => {
                let $x = &mut **inner;
                $body.map_err($crate::DbError::from)
            }
        }
    };
}

/// Executes a statement that gives no rows, on either engine: `exec!(c, sqlx::query(TEXT).bind(id))?` gives the rows touched.
#[macro_export]
macro_rules! exec {
    ($conn:expr, $query:expr) => {
        $crate::sql!($conn, x => $query.execute(x).await.map(|done| done.rows_affected()))
    };
}

/// A connection for reading. On SQLite it cannot write.
#[derive(Debug)]
pub enum Read {
    /// SQLite.
    Sqlite(PoolConnection<Sqlite>),
    /// PostgreSQL.
    Pg(PoolConnection<Postgres>),
}

impl Read {
    /// Borrows it for a statement.
    pub fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Sqlite(c) => Conn::Sqlite(c),
            Self::Pg(c) => Conn::Pg(c),
        }
    }
}
