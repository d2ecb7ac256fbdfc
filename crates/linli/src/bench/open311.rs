//! The list of Open311 over HTTP, with 1,000,000 cases in the store.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::child::Served;
use super::figure::{median, print};
use super::ground::{self, CITY};
use super::load::{self, Requests, Wire};

const ROUNDS: usize = 5;
const SPAN: Duration = Duration::from_secs(3);
/// Programs that ask at the same time.
const PROGRAMS: usize = 2;
/// Requests of one answer, the most of the specification.
const ROWS: usize = 1_000;

/// What programs ask for, each a thousand requests: the newest in both formats, those of an earlier span, open ones, closed ones, and
/// those of one service.
const LISTS: [&str; 6] = [
    "/open311/v2/requests.json",
    "/open311/v2/requests.xml",
    "/open311/v2/requests.json?start_date=2026-03-01T00:00:00Z&end_date=2026-05-01T00:00:00Z",
    "/open311/v2/requests.json?status=open&start_date=2026-07-01T00:00:00Z&end_date=2026-09-28T00:00:00Z",
    "/open311/v2/requests.json?status=closed",
    "/open311/v2/requests.json?service_code=manhole&start_date=2026-07-01T00:00:00Z&end_date=2026-09-28T00:00:00Z",
];

/// Prints `open311.list_p95_ms`: the median of five rounds of three seconds in which two programs ask for one list after the other, on
/// SQLite; beside it the same newest thousand rows in plain SQL in the same minute.
pub async fn run(place: &Path) -> anyhow::Result<()> {
    let folder = ground::prepared(place, CITY).await?;
    let data = folder.join("data");
    let served = Served::start(&data, "serve")?;
    for path in LISTS {
        full(served.address, path).await?;
    }
    let (mut lists, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        lists.push(p95(served.address).await?);
        plain.push(newest(&data).await?);
    }
    print("open311", "list_p95_ms", median(lists), "ms", &[("sql_ms", median(plain))])?;
    Ok(())
}

fn request(to: SocketAddr, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {to}\r\nAccept-Language: zh-CN\r\n\r\n").into_bytes()
}

/// That the answer holds a thousand requests: a short one would be quick for nothing.
async fn full(to: SocketAddr, path: &str) -> anyhow::Result<()> {
    let mut wire = Wire::to(to).await?;
    let status = wire.ask(&request(to, path)).await?;
    ensure!(status == 200, "{path} answered {status}");
    let key = if path.contains(".xml") { "<service_request_id>" } else { "\"service_request_id\"" };
    let rows = wire.body().matches(key).count();
    ensure!(rows == ROWS, "{path} holds {rows} requests");
    Ok(())
}

async fn p95(to: SocketAddr) -> anyhow::Result<f64> {
    let requests: Vec<Vec<u8>> = LISTS.iter().map(|path| request(to, path)).collect();
    let next: Requests =
        Arc::new(move |program, n| requests.get((program + n) % requests.len().max(1)).cloned().unwrap_or_default());
    let outcome = load::run(to, PROGRAMS, SPAN, next).await?;
    let wrong = outcome.first_failure.unwrap_or_default();
    ensure!(outcome.failures == 0, "{} requests failed, the first with: {wrong}", outcome.failures);
    Ok(outcome.p95_ms)
}

/// What the newest thousand rows cost to read, milliseconds.
async fn newest(data: &Path) -> anyhow::Result<f64> {
    let options = SqliteConnectOptions::new().filename(data.join("linli.db")).read_only(true);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    let district: i64 =
        sqlx::query_scalar("SELECT district_id FROM case_file LIMIT 1").fetch_optional(&mut conn).await?.context("no cases")?;
    let begun = Instant::now();
    let rows = sqlx::query(
        "SELECT id, number, place_path, class, state, state_since, owner_role, reported_at, due_at, closed_at, lon_e7, lat_e7, \
         location_flag FROM case_file WHERE district_id = $1 AND public = TRUE ORDER BY id DESC LIMIT $2",
    )
    .bind(district)
    .bind(i64::try_from(ROWS)?)
    .fetch_all(&mut conn)
    .await?;
    let took = begun.elapsed().as_secs_f64() * 1_000.0;
    conn.close().await?;
    ensure!(rows.len() == ROWS, "{} rows", rows.len());
    Ok(took)
}
