//! Facts about this installation.

use linli_kernel::Ts;

use crate::conn::Conn;
use crate::error::Result;
use crate::{exec, sql};

/// Reads a setting.
///
/// # Errors
/// Store errors.
pub async fn get(c: &mut Conn<'_>, name: &str) -> Result<Option<String>> {
    sql!(c, x => sqlx::query_scalar("SELECT value FROM setting WHERE name = $1").bind(name).fetch_optional(x).await)
}

/// Writes a setting.
///
/// # Errors
/// Store errors.
pub async fn set(c: &mut Conn<'_>, name: &str, value: &str, at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO setting (name, value, updated_at) VALUES ($1, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"
        )
        .bind(name)
        .bind(value)
        .bind(at)
    )
    .map(|_| ())
}
