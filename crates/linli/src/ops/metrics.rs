//! Figures for Prometheus. Labels are patterns of routes, methods, classes of status, districts' numbers, names of jobs: nothing
//! of what people wrote, and no address.

use std::fmt;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use linli_care::{Care, Counted, Keeping, WatchVitals};
use linli_db::{GROUP_CLASSES, Vitals, journal};
use linli_hall::{Hall, store_error};
use linli_jobs::Turn;
use linli_webkit::{AppError, Observer};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

type Labels = Vec<(&'static str, String)>;
type Latency = Family<Labels, Histogram, fn() -> Histogram>;

/// Upper ends of the classes of time an answer took, seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Counts answers by method, route and class of status, and the time to their head by route.
pub struct Requests {
    registry: Mutex<Registry>,
    answers: Family<Labels, Counter>,
    latency: Latency,
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").finish_non_exhaustive()
    }
}

impl Default for Requests {
    fn default() -> Self {
        let answers = Family::<Labels, Counter>::default();
        let latency: Latency = Family::new_with_constructor(|| Histogram::new(SECONDS));
        let mut registry = Registry::with_prefix("linli");
        registry.register("http_requests", "Answers by method, route pattern and class of status", answers.clone());
        registry.register("http_request_duration_seconds", "Time to the head of an answer by route pattern", latency.clone());
        Self { registry: Mutex::new(registry), answers, latency }
    }
}

impl Observer for Requests {
    fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        // Methods that we do not know could be invented without end.
        let method = if [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method) {
            method.as_str()
        } else {
            "other"
        };
        let class = format!("{}xx", status.as_u16() / 100);
        let route = route.to_owned();
        self.latency.get_or_create(&vec![("route", route.clone())]).observe(took.as_secs_f64());
        self.answers.get_or_create(&vec![("method", method.to_owned()), ("route", route), ("status", class)]).inc();
    }
}

/// Everything else, read when it is asked for.
#[derive(Debug)]
struct Seen {
    vitals: Vitals,
    bytes: u64,
    free: Option<u64>,
    listeners: u64,
    seqs: Vec<(i64, i64)>,
    turns: Vec<Turn>,
    waiting_jobs: i64,
    failed_jobs: i64,
    watch: WatchVitals,
    signs: Counted,
}

/// All figures as text.
pub async fn printed(hall: &Hall, requests: &Requests, folder: &Path) -> Result<String, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let seqs = journal::all_last_seqs(c).await.map_err(store_error)?;
    let turns = linli_jobs::turns(c).await.map_err(store_error)?;
    let (waiting_jobs, failed_jobs) = linli_jobs::depth(c).await.map_err(store_error)?;
    drop(read);
    let care = hall.service::<Care>()?;
    let seen = Seen {
        vitals: hall.db().vitals(),
        bytes: hall.db().bytes().await.map_err(store_error)?,
        free: super::free_bytes(folder),
        listeners: u64::try_from(hall.live().readers()).unwrap_or(u64::MAX),
        seqs: seqs.into_iter().map(|(district, seq)| (district.0, seq)).collect(),
        turns,
        waiting_jobs,
        failed_jobs,
        watch: care.vitals().await,
        signs: care.counted(),
    };
    let mut once = Registry::default();
    once.register_collector(Box::new(seen));
    let mut text = String::new();
    if let Ok(registry) = requests.registry.lock() {
        prometheus_text::encode(&mut text, &registry).map_err(AppError::internal)?;
    }
    prometheus_text::encode(&mut text, &once).map_err(AppError::internal)?;
    Ok(text)
}

impl Collector for Seen {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> fmt::Result {
        let to = &mut to;
        if let Some(groups) = self.vitals.groups {
            let buckets: Vec<(f64, u64)> = GROUP_CLASSES.iter().map(|end| float(*end)).zip(groups.classes).collect();
            let help = "Transactions that went to disk with one fsync";
            let mut histogram = to.encode_descriptor("linli_write_group_size", help, None, MetricType::Histogram)?;
            let count = groups.classes.iter().sum();
            histogram.encode_histogram::<NoLabelSet>(float(groups.transactions), count, &buckets, None)?;
            let help = "Write groups that could not be written";
            let mut failed = to.encode_descriptor("linli_write_groups_failed", help, None, MetricType::Counter)?;
            failed.encode_counter::<NoLabelSet, u64, f64>(&groups.failed, None)?;
        }
        gauge(to, "linli_write_queue_depth", "Transactions waiting for the write connection", self.vitals.waiting)?;
        gauge(to, "linli_store_connections", "Connections to the store", self.vitals.connections)?;
        gauge(to, "linli_store_connections_idle", "Connections nobody uses at the moment", self.vitals.idle)?;
        gauge(to, "linli_store_bytes", "Bytes of the database", self.bytes)?;
        if let Some(free) = self.free {
            gauge(to, "linli_disk_free_bytes", "Bytes free where the data folder is", free)?;
        }
        gauge(to, "linli_live_listeners", "Pages that listen to what happens", self.listeners)?;
        gauge(to, "linli_jobs_waiting", "Jobs in the queue", count(self.waiting_jobs))?;
        gauge(to, "linli_jobs_given_up", "Jobs that failed for good and wait for somebody to look", count(self.failed_jobs))?;
        let seqs = self.seqs.iter().map(|(district, seq)| ("district", district.to_string(), *seq));
        gauges(to, "linli_journal_seq", "Number of the last journal line of a district", seqs)?;
        let last = self.turns.iter().filter_map(|turn| Some(("job", turn.kind.clone(), turn.last_at?.0 / 1_000_000)));
        gauges(to, "linli_job_last_run_timestamp_seconds", "When a recurrent job ran last", last)?;
        let failing = self.turns.iter().map(|turn| ("job", turn.kind.clone(), i64::from(turn.last_error.is_some())));
        gauges(to, "linli_job_last_run_failed", "1 when the last run of a recurrent job failed", failing)?;
        self.watch(to)
    }
}

impl Seen {
    /// The watch. Of signs only how many, never whose.
    fn watch(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        gauge(to, "linli_watch_runs", "1 when this process keeps the watch", u64::from(self.watch.runs))?;
        let keeping = self.watch.keeping;
        let elsewhere = u64::from(keeping == Keeping::Elsewhere);
        gauge(to, "linli_watch_elsewhere", "1 when another server on the same database keeps the watch", elsewhere)?;
        let nowhere = u64::from(keeping == Keeping::OtherFolder);
        gauge(to, "linli_watch_other_folder", "1 when nobody keeps the watch: it was kept last in another folder", nowhere)?;
        let help = "Errands and alarms that could not be done for a reason of their own and are set aside";
        gauge(to, "linli_watch_set_aside", help, self.watch.aside)?;
        gauge(to, "linli_watch_people", "People whom this process watches", u64::from(self.watch.watched))?;
        gauge(to, "linli_watch_log_bytes", "Bytes of its log that a restart would have to read", self.watch.log_bytes)?;
        gauge(to, "linli_watch_effects_waiting", "Alarms and ends of alarms that nobody has taken up yet", self.watch.waiting)?;
        let worst = self.watch.worst_commit.as_secs_f64();
        let help = "Longest way of a group of signs to the disk since the last look";
        to.encode_descriptor("linli_watch_commit_worst_seconds", help, None, MetricType::Gauge)?.encode_gauge(&worst)?;
        let groups = [("done", self.watch.commits - self.watch.failed), ("failed", self.watch.failed)];
        counters(to, "linli_watch_commits", "Groups of signs put on disk, or not", "outcome", &groups)?;
        let (taken, unused) = (self.signs.taken, self.signs.of_no_use);
        let signs = [("counted", taken), ("no_consent", self.signs.without_consent), ("of_no_use", unused)];
        counters(to, "linli_watch_signs", "Signs of life by what became of them", "verdict", &signs)
    }
}

fn counters(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label: &'static str,
    values: &[(&'static str, u64)],
) -> fmt::Result {
    let mut family = to.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (text, value) in values {
        family.encode_family(&[(label, *text)])?.encode_counter::<NoLabelSet, u64, f64>(value, None)?;
    }
    Ok(())
}

fn gauge(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    to.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&i64::try_from(value).unwrap_or(i64::MAX))
}

fn gauges(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl Iterator<Item = (&'static str, String, i64)>,
) -> fmt::Result {
    let mut family = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (label, text, value) in values {
        family.encode_family(&[(label, text)])?.encode_gauge(&value)?;
    }
    Ok(())
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// Exact up to 2⁵³, more than anybody counts here.
fn float(n: u64) -> f64 {
    let half = |bits: u64| f64::from(u32::try_from(bits & 0xffff_ffff).unwrap_or(u32::MAX));
    half(n >> 32) * 4_294_967_296.0 + half(n)
}
