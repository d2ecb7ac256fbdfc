//! The database room: SQLite inside the binary or PostgreSQL beside it, one SQL text for both.
//!
//! What always holds here:
//! * A write happens in a [`Tx`] of exactly one district; what it changed and its journal lines are on disk together
//!   before [`Tx::commit`] answers, or none of it is.
//! * On SQLite one writer task owns the write connection and carries many small transactions to disk with one fsync,
//!   each in a savepoint of its own; on PostgreSQL each has its own transaction.
//! * Journal lines of a district are numbered without gaps, so a reader with one cursor per district misses nothing.
//! * Nothing outside this crate knows which engine runs, except through [`sql!`](crate::sql).

mod blobs;
mod bulk;
mod conn;
mod error;
mod idempotency;
pub mod journal;
mod live;
mod migrate;
mod numbers;
mod open;
pub mod settings;
mod sole;
mod statistics;
mod tally;
mod tx;
mod writer;

#[cfg(feature = "testing")]
pub mod testing;

pub use blobs::{BlobHash, Blobs};
pub use bulk::{Bulk, Column};
pub use conn::{Boxed, Conn, Engine, Read};
pub use error::{DbError, Result};
pub use idempotency::Recall;
pub use journal::{Cursor, Line, PayloadState, StoredLine};
/// The trait and its derive, under one name.
pub use linli_rows::FromRow;
pub use live::Published;
pub use open::{Db, DbConfig, open_to_others};
pub use sole::Sole;
pub use tally::{GROUP_CLASSES, Groups, Vitals};
pub use tx::Tx;

#[doc(hidden)]
pub use sqlx;
