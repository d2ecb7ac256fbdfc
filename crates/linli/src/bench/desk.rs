//! The desk over HTTP, with 1,000,000 cases in the store.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use sqlx::{Connection as _, SqliteConnection};

use super::child::Served;
use super::figure::{median, print};
use super::ground::{self, CITY};
use super::load::{self, Requests, Wire};

const ROUNDS: usize = 5;
const SPAN: Duration = Duration::from_secs(3);
/// Desks that ask at the same time.
const DESKS: usize = 4;
/// The login of the duty officer of the whole district.
const OFFICER: &str = "quzhiban";
/// How long the index may take to be filled after the tables were brought up to date.
const PATIENCE: Duration = Duration::from_secs(1_200);

/// What a desk looks at: every view, narrowed and not.
const LISTS: [&str; 8] = [
    "/desk",
    "/desk?view=new",
    "/desk?view=overdue",
    "/desk?view=waiting",
    "/desk?view=ended",
    "/desk?view=all&class=manhole",
    "/desk?view=ended&class=sewer&channel=web",
    "/desk?state=handling&role=life_steward",
];
/// 井盖 in each of them, one character, and words of which few are there.
const SEARCHES: [&str; 6] = [
    "/desk?q=%E4%BA%95%E7%9B%96",
    "/desk?view=all&q=%E4%BA%95%E7%9B%96",
    "/desk?view=ended&q=%E4%BA%95%E7%9B%96",
    "/desk?view=all&q=%E7%9B%96",
    "/desk?view=ended&q=%E4%BA%95%E7%9B%96+777776",
    "/desk?view=all&q=%E7%81%AF%E4%B8%8D%E4%BA%AE&class=stair_lamp",
];

/// Prints `desk.list_p95_ms` and `desk.search_p95_ms`: medians of five rounds of three seconds in which four desks of the district's duty
/// officer ask for one list after the other, on SQLite; beside them one `LIKE '%井盖%'` over title and description in plain SQL in the same
/// minute, and how long the index took to be filled when this run had to.
pub async fn run(place: &Path) -> anyhow::Result<()> {
    let folder = ground::prepared(place, CITY).await?;
    let data = folder.join("data");
    let served = Served::start(&data, "serve")?;
    let session = sign_in(served.address, &password(&data)?).await?;
    let filled = until_filled(served.address, &session).await?;
    let (mut lists, mut searches, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        lists.push(p95(served.address, &session, &LISTS).await?);
        searches.push(p95(served.address, &session, &SEARCHES).await?);
        plain.push(like(&data).await?);
    }
    let beside = [("like_ms", median(plain)), ("fill_s", filled)];
    print("desk", "list_p95_ms", median(lists), "ms", &beside)?;
    print("desk", "search_p95_ms", median(searches), "ms", &beside)?;
    Ok(())
}

/// The password of the duty officer, from the logins that a demonstration leaves in its folder.
fn password(data: &Path) -> anyhow::Result<String> {
    let logins = std::fs::read_to_string(data.join("logins.txt"))?;
    let line = logins.lines().find(|line| line.trim_start().starts_with(OFFICER)).context("no login of the duty officer")?;
    line.split_whitespace().nth(1).map(str::to_owned).context("no password")
}

/// Signs in and gives the cookie.
async fn sign_in(to: SocketAddr, password: &str) -> anyhow::Result<String> {
    let body = format!("login={OFFICER}&password={password}");
    let head = format!(
        "POST /login HTTP/1.1\r\nHost: {to}\r\nOrigin: http://{to}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    );
    let mut wire = Wire::to(to).await?;
    let status = wire.ask(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
    ensure!(status == 303, "signing in answered {status}");
    let cookie = wire.header("set-cookie").context("no session")?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

fn request(to: SocketAddr, session: &str, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {to}\r\nCookie: {session}\r\nAccept-Language: zh-CN\r\n\r\n").into_bytes()
}

/// Waits until nothing is left to be read for the index; gives how long that took, seconds.
async fn until_filled(to: SocketAddr, session: &str) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut wire = Wire::to(to).await?;
    loop {
        let status = wire.ask(&request(to, session, "/api/v1/cases?view=all&q=%E4%BA%95")).await?;
        ensure!(status == 200, "the list answered {status}");
        if wire.body().contains("\"late\":false") {
            return Ok(begun.elapsed().as_secs_f64());
        }
        ensure!(begun.elapsed() < PATIENCE, "the index is not filled after {} s", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn p95(to: SocketAddr, session: &str, paths: &[&str]) -> anyhow::Result<f64> {
    let requests: Vec<Vec<u8>> = paths.iter().map(|path| request(to, session, path)).collect();
    let next: Requests = Arc::new(move |desk, n| requests.get((desk + n) % requests.len().max(1)).cloned().unwrap_or_default());
    let outcome = load::run(to, DESKS, SPAN, next).await?;
    let wrong = outcome.first_failure.unwrap_or_default();
    ensure!(outcome.failures == 0, "{} requests failed, the first with: {wrong}", outcome.failures);
    Ok(outcome.p95_ms)
}

/// What the same question costs without an index.
async fn like(data: &Path) -> anyhow::Result<f64> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("linli.db")).read_only(true);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    let begun = Instant::now();
    let found: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM case_file WHERE title LIKE '%井盖%' OR description LIKE '%井盖%'")
        .fetch_one(&mut conn)
        .await?;
    let took = begun.elapsed().as_secs_f64() * 1_000.0;
    conn.close().await?;
    ensure!(found > 0, "nothing to be found");
    Ok(took)
}
