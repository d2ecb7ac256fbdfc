//! The programs that copy a PostgreSQL database.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use sqlx::{Connection as _, PgConnection};

/// Writes the database to a file in custom format.
///
/// # Errors
/// When `pg_dump` is missing or refuses.
pub fn dump(url: &str, to: &Path) -> anyhow::Result<()> {
    let (url, password) = without_password(url);
    let mut command = Command::new("pg_dump");
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(to).arg("--dbname").arg(url);
    run(command, password, "pg_dump")
}

/// Fills an empty database from such a file: all of it or nothing.
///
/// # Errors
/// When `pg_restore` is missing or refuses.
pub fn restore(url: &str, from: &Path) -> anyhow::Result<()> {
    let (url, password) = without_password(url);
    let mut command = Command::new("pg_restore");
    command.args(["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", "--dbname"]).arg(url).arg(from);
    run(command, password, "pg_restore")
}

fn run(mut command: Command, password: Option<String>, name: &str) -> anyhow::Result<()> {
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    match command.output() {
        Ok(done) if done.status.success() => Ok(()),
        Ok(done) => bail!("{name} refused: {}", String::from_utf8_lossy(&done.stderr).trim()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!(
                "{name} is not on this machine: install the PostgreSQL client programs (Debian: postgresql-client), not older than \
                 the server, and see that they are in PATH"
            )
        }
        Err(error) => Err(error).with_context(|| format!("{name} could not be started")),
    }
}

/// Refuses a database that holds tables.
///
/// # Errors
/// When it does, or cannot be reached.
pub async fn must_be_empty(url: &str) -> anyhow::Result<()> {
    let mut conn = PgConnection::connect(url).await.context("the database cannot be reached")?;
    let tables: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_one(&mut conn)
    .await?;
    conn.close().await?;
    ensure!(tables == 0, "the database is not empty ({tables} tables); restore only into an empty one");
    Ok(())
}

/// The URL without its password, and the password: what stands on a command line is seen by everybody on the machine.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let Some((user, host)) = authority.rsplit_once('@') else { return (url.to_owned(), None) };
    match user.split_once(':') {
        Some((name, password)) => (format!("{scheme}://{name}@{host}{tail}"), Some(decoded(password))),
        None => (url.to_owned(), None),
    }
}

/// `%41` is `A`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        match after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_stands_on_the_command_line() {
        let split = |url| {
            let (url, password) = without_password(url);
            (url, password.unwrap_or_default())
        };
        let pair = |url: &str, password: &str| (url.to_owned(), password.to_owned());
        assert_eq!(
            split("postgres://linli:p%40ss%2f1@db:5432/l?sslmode=require"),
            pair("postgres://linli@db:5432/l?sslmode=require", "p@ss/1")
        );
        assert_eq!(split("postgres://linli:100%@db/l"), pair("postgres://linli@db/l", "100%"));
        assert_eq!(split("postgres://postgres@127.0.0.1/x"), pair("postgres://postgres@127.0.0.1/x", ""));
        assert_eq!(split("postgres:///x?host=/run"), pair("postgres:///x?host=/run", ""));
    }
}
