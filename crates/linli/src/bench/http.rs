//! The board page and reports over HTTP, on SQLite with 1,000,000 cases and 150,000 homes, against a program of its own.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::child::Served;
use super::figure::{median, print};
use super::ground::{self, CITY};
use super::load::{self, Outcome, Requests};

const ROUNDS: usize = 5;
const SPAN: Duration = Duration::from_secs(5);
const CLIENTS: usize = 64;

/// Prints `http.board_rps`, `http.board_p99_ms`, `http.report_rps` and `size.resident_mb`: medians of five rounds of five seconds
/// with 64 connections, the load generator on the same machine; beside them a bare axum handler under the same load, and raw
/// fdatasync.
pub async fn run(place: &Path) -> anyhow::Result<()> {
    let folder = ground::prepared(place, CITY)?;
    let served = Served::start(&folder.join("data"), "serve")?;
    let board = board(&folder.join("data"))?;
    let bare = bare().await?;
    let (mut boards, mut p99s, mut reports, mut bares, mut syncs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        bares.push(measure(bare, get(bare, "/")).await?.per_second);
        let read = measure(served.address, get(served.address, &format!("/b/{board}"))).await?;
        boards.push(read.per_second);
        p99s.push(read.p99_ms);
        syncs.push(syncs_per_second(&folder)?);
        reports.push(measure(served.address, report(served.address, &board, round)).await?.per_second);
    }
    let (bare, sync) = (median(bares), median(syncs));
    print("http", "board_rps", median(boards), "1/s", &[("bare_axum_rps", bare)])?;
    print("http", "board_p99_ms", median(p99s), "ms", &[("bare_axum_rps", bare)])?;
    print("http", "report_rps", median(reports), "1/s", &[("bare_axum_rps", bare), ("fsync_per_s", sync)])?;
    print("size", "resident_mb", served.resident_mb()?, "MB", &[])?;
    Ok(())
}

/// The code of the board that the demonstration's greeting names.
fn board(data: &Path) -> anyhow::Result<String> {
    let greeting = std::fs::read_to_string(data.join("logins.txt"))?;
    let (_, code) = greeting.split_once("/b/").context("the greeting names no board")?;
    Ok(code.chars().take_while(char::is_ascii_alphanumeric).collect())
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

fn get(to: SocketAddr, path: &str) -> Requests {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {to}\r\nAccept-Encoding: gzip\r\nAccept-Language: zh-CN\r\n\r\n").into_bytes();
    Arc::new(move |_, _| request.clone())
}

fn report(to: SocketAddr, board: &str, round: usize) -> Requests {
    let board = board.to_owned();
    Arc::new(move |connection, n| {
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
fn syncs_per_second(folder: &Path) -> anyhow::Result<f64> {
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
