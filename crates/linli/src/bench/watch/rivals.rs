//! What could be taken instead of an engine of our own, on the same disk in the same run: Redis with every batch on disk before it is
//! answered, and plain SQL. Both get the same batches and keep, of each person, the last sign in an order by time, from which alarms
//! could be read; neither knows consents, rules or repeats. They begin empty, which favours them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use linli_watch::{Second, Sign};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, QueryBuilder, Sqlite, SqliteConnection};

/// Batches, each with its second.
pub type Batches<'a> = &'a [(Second, Vec<Sign>)];

fn rate(batches: Batches<'_>, took: Duration) -> f64 {
    let events: usize = batches.iter().map(|(_, batch)| batch.len()).sum();
    f64::from(u32::try_from(events).unwrap_or(u32::MAX)) / took.as_secs_f64()
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Events a second of Redis (`appendfsync always`), one `ZADD … GT` with all pairs of a batch at a time; nothing where it is not installed.
pub fn redis(folder: &Path, batches: Batches<'_>) -> anyhow::Result<Option<f64>> {
    let socket = folder.join("redis.sock");
    let server = Command::new("redis-server")
        .args(["--port", "0", "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--unixsocket"])
        .arg(&socket)
        .arg("--dir")
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(server) = server else {
        tracing::warn!("not done: redis-server is not installed");
        return Ok(None);
    };
    let server = Server(server);
    let begun = Instant::now();
    let mut wire = loop {
        match UnixStream::connect(&socket) {
            Ok(wire) => break wire,
            Err(error) if begun.elapsed() > Duration::from_secs(10) => return Err(error).context("redis-server does not answer"),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let mut answers = BufReader::new(wire.try_clone()?);
    let mut line = String::new();
    let begun = Instant::now();
    for (_, batch) in batches {
        wire.write_all(&zadd(batch))?;
        line.clear();
        answers.read_line(&mut line)?;
        ensure!(line.starts_with(':'), "redis says {line}");
    }
    let took = begun.elapsed();
    drop(server);
    Ok(Some(rate(batches, took)))
}

fn zadd(batch: &[Sign]) -> Vec<u8> {
    let mut command = format!("*{}\r\n$4\r\nZADD\r\n$4\r\nsign\r\n$2\r\nGT\r\n", 3 + 2 * batch.len()).into_bytes();
    for sign in batch {
        for number in [sign.at, sign.slot] {
            let digits = number.to_string();
            command.extend(format!("${}\r\n{digits}\r\n", digits.len()).into_bytes());
        }
    }
    command
}

/// Events a second of SQLite with `synchronous=FULL`: one statement and one transaction a batch.
pub async fn sql(folder: &Path, batches: Batches<'_>) -> anyhow::Result<f64> {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("rival.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    for statement in ["CREATE TABLE sign (slot INTEGER PRIMARY KEY, at INTEGER NOT NULL)", "CREATE INDEX sign_at ON sign (at)"] {
        sqlx::query(statement).execute(&mut conn).await?;
    }
    let begun = Instant::now();
    for (_, batch) in batches {
        let mut tx = conn.begin().await?;
        let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO sign (slot, at) ");
        insert.push_values(batch, |mut row, sign| {
            row.push_bind(i64::from(sign.slot)).push_bind(i64::from(sign.at));
        });
        insert.push(" ON CONFLICT (slot) DO UPDATE SET at = excluded.at WHERE excluded.at > sign.at");
        insert.build().execute(&mut *tx).await?;
        tx.commit().await?;
    }
    let took = begun.elapsed();
    conn.close().await?;
    Ok(rate(batches, took))
}
