//! Bringing the tables up to date. Two folders with equal numbers; a test says that both give the same logical schema.

use sqlx::migrate::Migrator;
use sqlx::{PgPool, SqliteConnection};

use crate::error::{DbError, Result};
use crate::statistics;

static SQLITE: Migrator = sqlx::migrate!("../../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../../migrations/postgres");

pub(crate) async fn sqlite(conn: &mut SqliteConnection) -> Result<()> {
    SQLITE.run(&mut *conn).await.map_err(DbError::Migration)?;
    statistics::tell(conn).await
}

pub(crate) async fn postgres(pool: &PgPool) -> Result<()> {
    POSTGRES.run(pool).await.map_err(DbError::Migration)
}

/// The number of the newest migration in this program. Both folders have the same.
pub(crate) fn newest() -> i64 {
    SQLITE.iter().map(|migration| migration.version).max().unwrap_or(0)
}
