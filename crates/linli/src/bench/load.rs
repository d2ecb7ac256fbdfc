//! A load generator: keep-alive connections, each sending one request after the other, every answer read to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Answers with a status below 400, per second.
    pub per_second: f64,
    /// How long the slowest of 95 in 100 took, milliseconds.
    pub p95_ms: f64,
    /// How long the slowest of 99 in 100 took, milliseconds.
    pub p99_ms: f64,
    /// Answers with a status of 400 or more, and broken connections.
    pub failures: usize,
    /// The first failure, for the person who reads the figure.
    pub first_failure: Option<String>,
}

/// The bytes of the `n`-th request of connection `c`.
pub type Requests = Arc<dyn Fn(usize, usize) -> Vec<u8> + Send + Sync>;

/// Sends requests over so many connections for so long.
pub async fn run(to: SocketAddr, connections: usize, span: Duration, requests: Requests) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let until = started + span;
    let mut tasks = Vec::with_capacity(connections);
    for c in 0..connections {
        let requests = Arc::clone(&requests);
        tasks.push(tokio::spawn(converse(to, c, until, requests)));
    }
    let mut times: Vec<u32> = Vec::new();
    let mut failures = Vec::new();
    for task in tasks {
        let (mut took, mut failed) = task.await.context("a connection of the load generator broke")?;
        times.append(&mut took);
        failures.append(&mut failed);
    }
    let elapsed = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let count = u32::try_from(times.len()).context("too many answers to count")?;
    Ok(Outcome {
        per_second: f64::from(count) / elapsed,
        p95_ms: quantile(&times, 95),
        p99_ms: quantile(&times, 99),
        failures: failures.len(),
        first_failure: failures.into_iter().next(),
    })
}

fn quantile(sorted: &[u32], percent: usize) -> f64 {
    let at = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(at).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
}

async fn converse(to: SocketAddr, c: usize, until: Instant, requests: Requests) -> (Vec<u32>, Vec<String>) {
    let (mut times, mut failures) = (Vec::new(), Vec::new());
    let mut n = 0;
    while Instant::now() < until && failures.len() < 10 {
        let Ok(stream) = TcpStream::connect(to).await else {
            failures.push("no connection".to_owned());
            continue;
        };
        let _ = stream.set_nodelay(true);
        let mut wire = Wire { stream, buffer: Vec::with_capacity(64 * 1024) };
        while Instant::now() < until {
            let begun = Instant::now();
            match wire.ask(&requests(c, n)).await {
                Ok(status) if status < 400 => times.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX)),
                Ok(status) => failures.push(format!("status {status}")),
                Err(error) => {
                    failures.push(error.to_string());
                    break;
                }
            }
            n += 1;
        }
    }
    (times, failures)
}

/// Reads one page to its end and gives its status back as an error unless it is a success or a redirection.
pub async fn fetch(to: SocketAddr, path: &str) -> anyhow::Result<()> {
    let mut wire = Wire::to(to).await?;
    let status = wire.ask(format!("GET {path} HTTP/1.1\r\nHost: {to}\r\n\r\n").as_bytes()).await?;
    anyhow::ensure!(status < 400, "{path} answered {status}");
    Ok(())
}

/// One keep-alive connection.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    /// A new connection.
    pub async fn to(to: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self { stream: TcpStream::connect(to).await?, buffer: Vec::new() })
    }

    /// A header of the last answer, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.buffer);
        let (head, _) = text.split_once("\r\n\r\n")?;
        let named =
            |line: &str| line.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned());
        head.lines().find_map(named)
    }

    /// The last answer as text, head and all.
    pub fn body(&self) -> String {
        String::from_utf8_lossy(&self.buffer).into_owned()
    }

    /// Sends a request and reads its answer to the end; gives the status.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(self.buffer.get(..head_end).unwrap_or_default()).to_ascii_lowercase();
        let status: u16 = head.get(9..12).and_then(|digits| digits.parse().ok()).context("no status line")?;
        if let Some(length) = head.lines().find_map(|l| l.strip_prefix("content-length:")) {
            let length: usize = length.trim().parse().context("content-length")?;
            while self.buffer.len() < head_end + length {
                self.more().await?;
            }
        } else if head.contains("transfer-encoding: chunked") {
            while !self.buffer.ends_with(b"\r\n0\r\n\r\n") && !self.buffer.ends_with(b"\r\n\r\n0\r\n\r\n") {
                self.more().await?;
            }
        }
        Ok(status)
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
