//! The board page and reports over HTTP, on SQLite with 1,000,000 cases and 150,000 homes, against a program of its own.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use sqlx::{Connection as _, SqliteConnection};

use super::child::Served;
use super::figure::{median, print};
use super::ground::{self, CITY};
use super::load::{self, Outcome, Requests};

const ROUNDS: usize = 5;
const SPAN: Duration = Duration::from_secs(5);
const CLIENTS: usize = 64;

/// Prints `http.board_rps`, `http.board_p99_ms`, `http.report_rps` and `size.resident_mb`: medians of five rounds of five seconds
/// with 64 connections over a thousand boards of the district, the load generator on the same machine; beside them a bare axum handler under the same load, and raw
/// fdatasync.
pub async fn run(place: &Path) -> anyhow::Result<()> {
    let folder = ground::prepared(place, CITY).await?;
    let served = Served::start(&folder.join("data"), "serve")?;
    let boards = boards(&folder.join("data")).await?;
    let bare = bare().await?;
    let (mut reads, mut p99s, mut reports, mut bares, mut syncs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        bares.push(measure(bare, get(bare, &["/".to_owned()])).await?.per_second);
        let read = measure(served.address, get(served.address, &boards)).await?;
        reads.push(read.per_second);
        p99s.push(read.p99_ms);
        syncs.push(syncs_per_second(&folder)?);
        reports.push(measure(served.address, report(served.address, &boards, round)).await?.per_second);
    }
    let (bare, sync) = (median(bares), median(syncs));
    print("http", "board_rps", median(reads), "1/s", &[("bare_axum_rps", bare)])?;
    print("http", "board_p99_ms", median(p99s), "ms", &[("bare_axum_rps", bare)])?;
    print("http", "report_rps", median(reports), "1/s", &[("bare_axum_rps", bare), ("fsync_per_s", sync)])?;
    print("size", "resident_mb", served.resident_mb()?, "MB", &[])?;
    Ok(())
}

/// The addresses of a thousand boards spread over the district, read from a copy of nothing but their codes.
async fn boards(data: &Path) -> anyhow::Result<Vec<String>> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("linli.db")).read_only(true);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    // Codes are random letters, so their order is no order of places.
    let codes: Vec<String> =
        sqlx::query_scalar("SELECT code FROM board_code ORDER BY code LIMIT 1000").fetch_all(&mut conn).await?;
    conn.close().await?;
    ensure!(!codes.is_empty(), "no boards");
    Ok(codes.into_iter().map(|code| format!("/b/{code}")).collect())
}

async fn measure(to: SocketAddr, requests: Requests) -> anyhow::Result<Outcome> {
    let outcome = load::run(to, CLIENTS, SPAN, requests).await?;
    ensure!(
        outcome.failures == 0,
        "{} requests failed, the first with: {}",
        outcome.failures,
        outcome.first_failure.unwrap_or_default()
    );
    Ok(outcome)
}

/// Each request asks for the next of these paths.
fn get(to: SocketAddr, paths: &[String]) -> Requests {
    let ask = |path: &String| {
        format!("GET {path} HTTP/1.1\r\nHost: {to}\r\nAccept-Encoding: gzip\r\nAccept-Language: zh-CN\r\n\r\n").into_bytes()
    };
    let requests: Vec<Vec<u8>> = paths.iter().map(ask).collect();
    // A stride without a common divisor: connections do not walk in step.
    Arc::new(move |connection, n| requests.get((connection * 31 + n) % requests.len().max(1)).cloned().unwrap_or_default())
}

fn report(to: SocketAddr, boards: &[String], round: usize) -> Requests {
    let boards: Vec<String> = boards.iter().filter_map(|path| path.strip_prefix("/b/").map(str::to_owned)).collect();
    Arc::new(move |connection, n| {
        let board = boards.get((connection * 31 + n) % boards.len().max(1)).map_or("", String::as_str);
        let words = format!("三楼楼道灯不亮，晚上看不清台阶 {round}-{connection}-{n}");
        let body = format!("{{\"board\":\"{board}\",\"class\":null,\"description\":\"{words}\"}}");
        let head = format!("POST /api/v1/cases HTTP/1.1\r\nHost: {to}\r\nContent-Type: application/json\r\n");
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    })
}

/// A bare axum handler in this process.
async fn bare() -> anyhow::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(
        async move { axum::serve(listener, axum::Router::new().route("/", axum::routing::get(|| async { "ok" }))).await },
    );
    Ok(address)
}

/// 4 KiB written and synced again and again for a second.
pub(super) fn syncs_per_second(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("sync");
    let mut file = File::create(&path)?;
    let (begun, mut count) = (Instant::now(), 0_u32);
    while begun.elapsed() < Duration::from_secs(1) {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    std::fs::remove_file(path)?;
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}
