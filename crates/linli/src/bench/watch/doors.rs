//! The doors of the watch, asked from outside: batches and single signs over HTTP, small messages over a broker, and how late an alarm is
//! meanwhile. What is asked is the program as it is shipped; that a sign counted is read from its own figures.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use sqlx::{Connection as _, SqliteConnection};

use super::ground::{self, FALL_SILENT, Gateway, Ground, TOPIC};
use super::mosquitto::Mosquitto;
use super::{load, say};
use crate::bench::child::Served;
use crate::bench::figure::median;
use crate::bench::http::syncs_per_second;
use crate::bench::load::{self as generator, Requests, Wire};

const ROUNDS: usize = 3;
const SPAN: Duration = Duration::from_secs(5);
/// Connections whose signs come one by one.
const CLIENTS: usize = 64;
/// Messages over the broker.
const MESSAGES: usize = 200_000;
/// Until the first alarm is due, after the people are registered: the program must be up and know everybody.
const SILENT_IN: Duration = Duration::from_secs(45);
/// Digits of an instant in a line.
const DIGITS: usize = 10;

/// Prints `watch.http_events_per_s`, `.single_acks_per_s`, `.mqtt_events_per_s` and `.alarm_lag_s`: medians of three rounds of five seconds
/// with the load generator on the same machine, every sign news, every token, device and consent looked at.
pub async fn run(place: &Path) -> anyhow::Result<()> {
    let begun = Instant::now();
    let ground = ground::make(place, SILENT_IN).await?;
    tracing::info!(people = ground.people, "registered in {:.0} s", begun.elapsed().as_secs_f64());
    let broker = Mosquitto::start(&ground.data)?;
    let url = broker.as_ref().map(|broker| format!("mqtt://{}", broker.address));
    let served = match &url {
        Some(url) => Served::start_with(&ground.data, &["serve", "--mqtt-broker", url, "--mqtt-id", "bench"])?,
        None => Served::start(&ground.data, "serve")?,
    };
    let all = f64::from(u32::try_from(ground.people)?);
    let started = Instant::now();
    while figure(served.address, "linli_watch_people").await? < all {
        ensure!(started.elapsed() < Duration::from_secs(120), "the watch does not know everybody");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    batches(&ground, &served).await?;
    singles(&ground, &served).await?;
    if let Some(broker) = &broker {
        brokered(&ground, &served, broker).await?;
    }
    lag(&ground).await
}

/// A figure of the running program.
async fn figure(of: SocketAddr, name: &str) -> anyhow::Result<f64> {
    let mut wire = Wire::to(of).await?;
    let status = wire.ask(format!("GET /metrics HTTP/1.1\r\nHost: {of}\r\n\r\n").as_bytes()).await?;
    ensure!(status == 200, "/metrics answers {status}");
    let text = wire.body();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.with_context(|| format!("no figure {name}"))?.trim().parse().context("a number")
}

const COUNTED: &str = "linli_watch_signs_total{verdict=\"counted\"}";

fn head(to: SocketAddr, token: &str, length: usize) -> String {
    format!(
        "POST /api/v1/devices/signs HTTP/1.1\r\nHost: {to}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/x-ndjson\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

fn line(label: &str, at: i64) -> String {
    format!("{{\"who\":\"{label}\",\"kind\":\"use\",\"at\":{at}}}\n")
}

/// A request with a line for everybody of a gateway, of which only the instants change.
struct Batch {
    bytes: Vec<u8>,
    instants: Vec<usize>,
}

impl Batch {
    fn of(gateway: &Gateway, to: SocketAddr, at: i64) -> Self {
        let lines: String = gateway.labels.iter().map(|label| line(label, at)).collect();
        let head = head(to, &gateway.token, lines.len());
        let mut instants = Vec::with_capacity(gateway.labels.len());
        let mut end = head.len();
        for text in lines.split_inclusive('\n') {
            end += text.len();
            instants.push(end - "}\n".len() - DIGITS);
        }
        Self { bytes: [head.as_bytes(), lines.as_bytes()].concat(), instants }
    }

    fn set(&mut self, at: i64) {
        let digits = at.to_string();
        for place in &self.instants {
            if let Some(there) = self.bytes.get_mut(*place..*place + DIGITS) {
                there.copy_from_slice(digits.as_bytes());
            }
        }
    }
}

async fn batches(ground: &Ground, served: &Served) -> anyhow::Result<()> {
    let to = served.address;
    let at = Arc::new(AtomicI64::new(ground.begin));
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let before = figure(to, COUNTED).await?;
        let begun = Instant::now();
        let mut sending = Vec::new();
        for gateway in &ground.batching {
            sending.push(tokio::spawn(send(to, Batch::of(gateway, to, ground.begin), Arc::clone(&at), begun + SPAN)));
        }
        let mut sent = 0;
        for one in sending {
            sent += one.await??;
        }
        let took = begun.elapsed().as_secs_f64();
        let counted = figure(to, COUNTED).await? - before;
        ensure!(counted >= f64::from(sent), "{sent} events were answered as counted, {counted} were");
        rates.push(f64::from(sent) / took);
    }
    let beside = [
        ("connections", f64::from(u32::try_from(ground.batching.len())?)),
        ("lines_a_request", f64::from(u32::try_from(ground::OF_ONE)?)),
        ("fdatasync_per_s", syncs_per_second(&ground.data)?),
        ("load", load()),
    ];
    Ok(say("http_events_per_s", median(rates), "1/s", &beside)?)
}

/// Sends a batch again and again, each a second later than all before, over one connection; gives how many events were answered as counted.
async fn send(to: SocketAddr, mut batch: Batch, at: Arc<AtomicI64>, until: Instant) -> anyhow::Result<u32> {
    let mut wire = Wire::to(to).await?;
    let lines = batch.instants.len();
    let meant = format!("\"counted\":{lines},");
    let mut sent = 0;
    while Instant::now() < until {
        batch.set(at.fetch_add(1, Ordering::Relaxed) + 1);
        let status = wire.ask(&batch.bytes).await?;
        ensure!(status == 200 && wire.body().contains(&meant), "answered {status}: {}", wire.body());
        sent += u32::try_from(lines)?;
    }
    Ok(sent)
}

async fn singles(ground: &Ground, served: &Served) -> anyhow::Result<()> {
    let to = served.address;
    let each = ground.single.labels.len() / CLIENTS;
    let (mut rates, mut p99s) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let labels: Vec<String> = ground.single.labels.clone();
        let (token, begin) = (ground.single.token.clone(), ground.begin + 20_000 * i64::try_from(round)?);
        // Each connection has people of its own, whose signs come in their order.
        let requests: Requests = Arc::new(move |connection, n| {
            let label = labels.get(connection * each + n % each).map_or("", String::as_str);
            let line = line(label, begin + 1 + i64::try_from(n / each).unwrap_or(0));
            format!("{}{line}", head(to, &token, line.len())).into_bytes()
        });
        let before = figure(to, COUNTED).await?;
        let outcome = generator::run(to, CLIENTS, SPAN, requests).await?;
        ensure!(outcome.failures == 0, "{} failed: {}", outcome.failures, outcome.first_failure.unwrap_or_default());
        let counted = figure(to, COUNTED).await? - before;
        let answered = outcome.per_second * SPAN.as_secs_f64();
        ensure!(counted >= 0.98 * answered, "{answered} answers, but only {counted} signs counted");
        rates.push(outcome.per_second);
        p99s.push(outcome.p99_ms);
    }
    let beside = [("fdatasync_per_s", syncs_per_second(&ground.data)?), ("p99_ms", median(p99s)), ("load", load())];
    Ok(say("single_acks_per_s", median(rates), "1/s", &beside)?)
}

async fn brokered(ground: &Ground, served: &Served, broker: &Mosquitto) -> anyhow::Result<()> {
    let to = served.address;
    let labels = &ground.brokered.labels;
    let before = figure(to, COUNTED).await?;
    // Until the first is heard we are not subscribed yet.
    let first = line("resident-00000", ground.begin + 1);
    while figure(to, COUNTED).await? <= before {
        broker.publish(TOPIC, std::iter::once(first.clone())).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let before = figure(to, COUNTED).await?;
    let lines = (0..MESSAGES).map(|n| {
        let label = labels.get(n % labels.len().max(1)).map_or("", String::as_str);
        line(label, ground.begin + 2 + i64::try_from(n / labels.len().max(1)).unwrap_or(0))
    });
    let begun = Instant::now();
    let (published, heard) = tokio::join!(broker.publish(TOPIC, lines), async {
        let all = before + f64::from(u32::try_from(MESSAGES)?);
        while figure(to, COUNTED).await? < all {
            ensure!(begun.elapsed() < Duration::from_secs(120), "messages were lost on the way");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(begun.elapsed())
    });
    published?;
    let rate = f64::from(u32::try_from(MESSAGES)?) / heard?.as_secs_f64();
    let beside = [("messages", f64::from(u32::try_from(MESSAGES)?)), ("load", load())];
    Ok(say("mqtt_events_per_s", rate, "1/s", &beside)?)
}

/// How long after its deadline the latest alarm was a visit with an owner, on the real clock, while all of that went on.
async fn lag(ground: &Ground) -> anyhow::Result<()> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(ground.data.join("linli.db")).read_only(true);
    let begun = Instant::now();
    let lags: Vec<i64> = loop {
        let mut conn = SqliteConnection::connect_with(&options).await?;
        let lags = sqlx::query_scalar(
            "SELECT v.opened_at - v.due_at FROM care_visit v JOIN care_watch w ON w.district_id = v.district_id \
             AND w.person_id = v.person_id WHERE v.alarm_slot IS NOT NULL AND w.profile = 'housebound' \
             ORDER BY v.opened_at DESC LIMIT $1",
        )
        .bind(i64::try_from(FALL_SILENT)?)
        .fetch_all(&mut conn)
        .await?;
        conn.close().await?;
        if lags.len() == FALL_SILENT || begun.elapsed() > Duration::from_secs(150) {
            break lags;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    ensure!(lags.len() == FALL_SILENT, "only {} of {FALL_SILENT} alarms came", lags.len());
    let secs = |micros: i64| f64::from(u32::try_from(micros.max(0)).unwrap_or(u32::MAX)) / 1e6;
    let lags: Vec<f64> = lags.into_iter().map(secs).collect();
    let worst = lags.iter().copied().fold(0.0, f64::max);
    let beside = [("median_s", median(lags)), ("alarms", f64::from(u32::try_from(FALL_SILENT)?)), ("load", load())];
    Ok(say("alarm_lag_s", worst, "s", &beside)?)
}
