//! The board page and reports over HTTP, against a program of its own on a store of its own: the demonstration district.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::figure::{median, print};
use super::load::{self, Outcome, Requests};

const ROUNDS: usize = 3;
const SPAN: Duration = Duration::from_secs(5);
const CLIENTS: usize = 64;

/// A program of our own, ended with the measurement.
struct Served {
    child: Child,
    address: SocketAddr,
    board: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Prints `http.board_rps`, `http.board_p99_ms`, `http.report_rps`: medians of three rounds of five seconds, 64 connections,
/// the load generator on the same machine; beside them a bare axum handler under the same load, and raw fdatasync.
pub async fn run() -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("linli-bench").tempdir_in(".")?;
    let served = serve(folder.path())?;
    let bare = bare().await?;
    let (mut boards, mut p99s, mut reports, mut bares, mut syncs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bares.push(measure(bare, get(bare, "/")).await?.per_second);
        let board = measure(served.address, get(served.address, &format!("/b/{}", served.board))).await?;
        boards.push(board.per_second);
        p99s.push(board.p99_ms);
        syncs.push(syncs_per_second(folder.path())?);
        reports.push(measure(served.address, report(&served)).await?.per_second);
    }
    let (bare, sync) = (median(bares), median(syncs));
    print("http", "board_rps", median(boards), "1/s", &[("bare_axum_rps", bare)])?;
    print("http", "board_p99_ms", median(p99s), "ms", &[("bare_axum_rps", bare)])?;
    print("http", "report_rps", median(reports), "1/s", &[("bare_axum_rps", bare), ("fdatasync_per_s", sync)])?;
    Ok(())
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

fn report(served: &Served) -> Requests {
    let (to, board) = (served.address, served.board.clone());
    Arc::new(move |connection, n| {
        let body = format!(
            "{{\"board\":\"{board}\",\"class\":null,\"description\":\"三楼楼道灯不亮，晚上看不清台阶 {connection}-{n}\"}}"
        );
        let length = body.len();
        format!("POST /api/v1/cases HTTP/1.1\r\nHost: {to}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
    })
}

fn serve(folder: &Path) -> anyhow::Result<Served> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--data")
        .arg(folder.join("data"))
        .args(["demo", "--listen", "127.0.0.1:0"])
        .env("LINLI_UNLIMITED", "1")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let (mut address, mut board) = (None, None);
    while address.is_none() || board.is_none() {
        let line = lines.next().context("the measured program ended")??;
        address = address.or_else(|| line.strip_prefix("Linli answers at http://").and_then(|a| a.parse().ok()));
        // The folder's own path may hold "/b/" too.
        board = board.or_else(|| line.strip_prefix("公告牌")?.split_once("/b/").map(|(_, code)| code.trim().to_owned()));
    }
    // Somebody must go on reading, or the program would wait for its output.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(Served { child, address: address.context("no address")?, board: board.context("no board")? })
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
    let mut file = File::create(folder.join("sync"))?;
    let (begun, mut count) = (Instant::now(), 0_u32);
    while begun.elapsed() < Duration::from_secs(1) {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}
