//! Bringing the tables up to date. Two folders with equal numbers; a test says that both give the same logical schema.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{PgPool, SqlStr, SqliteConnection};

use crate::error::{DbError, Result};
use crate::statistics;

// SQLITE and POSTGRES: number, what, text of every file, in order.
include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

fn migrator(files: &[(i64, &'static str, &'static str)]) -> Migrator {
    let of = |&(number, what, text): &(i64, &'static str, &'static str)| {
        Migration::new(number, Cow::Borrowed(what), MigrationType::Simple, SqlStr::from_static(text), false)
    };
    Migrator::with_migrations(files.iter().map(of).collect())
}

pub(crate) async fn sqlite(conn: &mut SqliteConnection) -> Result<()> {
    migrator(&SQLITE).run(&mut *conn).await.map_err(DbError::Migration)?;
    statistics::tell(conn).await
}

pub(crate) async fn postgres(pool: &PgPool) -> Result<()> {
    migrator(&POSTGRES).run(pool).await.map_err(DbError::Migration)
}

/// The number of the newest migration in this program. Both folders have the same.
pub(crate) fn newest() -> i64 {
    SQLITE.iter().map(|(number, ..)| *number).max().unwrap_or(0)
}
