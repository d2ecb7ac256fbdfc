//! The city replay (全市推演): a winter wave plays through the whole system, act by act, under a simulated clock.
//!
//! What always holds here:
//! * Nothing is computed beside the system: institutions come in as files, everybody acts at a browser under an appointment, the jobs are those
//!   of a server. A fever visit is a count in a clinic's return; somebody who needs an intensive bed is a person.
//! * What the report says of the system is read from its journal, never from the plan of the play.
//! * The same seed and the same span give the same journal: acts are ordered, each has a stream of chance of its own.
//! * Districts are real; institutions and people are invented, and every page says that it is a demonstration.

mod cases;
mod digest;
mod down;
mod logins;
mod offers;
mod plan;
mod report;
mod run;
mod shown;
mod stage;
mod wave;
mod work;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use jiff::civil::Date;
use linli_db::{Db, DbConfig};
use linli_kernel::{DistrictId, Ts};

pub use report::Report;

use crate::play;
use crate::{Machine, demo};

/// The divisions that the city stands on.
const DIVISIONS: &str = include_str!("../../../contexts/territory/data/beijing-divisions.csv");

/// What is played.
#[derive(Debug, Clone, clap::Args)]
pub struct Simulate {
    /// The first day of the wave that is played.
    #[arg(long, default_value = "2022-12-04")]
    pub from: Date,
    /// How many days; 32 reach from the first published figure to the last.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(i64).range(1..=60))]
    pub days: i64,
    /// All chance comes from this number: the same one, span and share give the same journal.
    #[arg(long, default_value_t = 20_230_104)]
    pub seed: u64,
    /// What part of the city, of its institutions and of the wave: 1 is the whole one.
    #[arg(long, default_value_t = 0.1)]
    pub share: f64,
    /// Nobody looks at the plan.
    #[arg(long, conflicts_with = "compare")]
    pub without_plan: bool,
    /// Play the same span twice, with the plan and without it, in two folders below --data, and put both beside each other.
    #[arg(long)]
    pub compare: bool,
    /// Where the report goes as JSON; never overwrites.
    #[arg(long)]
    pub report: Option<PathBuf>,
}

/// Plays a span of the wave in an empty store and prints what came of it.
pub async fn simulate(machine: &Machine, how: &Simulate) -> anyhow::Result<()> {
    ensure!(how.share > 0.0 && how.share <= 1.0, "--share is a part of the city: above 0, 1 at most");
    let file = how.report.as_ref().map(std::fs::File::create_new).transpose().context("the report")?;
    let reports = if how.compare {
        ensure!(machine.config.url.is_none(), "--compare makes two stores; with a database of its own play twice");
        let mut reports = Vec::new();
        for (name, plan) in [("with-plan", true), ("without-plan", false)] {
            let config = DbConfig { folder: machine.config.folder.join(name), ..machine.config.clone() };
            std::fs::create_dir_all(&config.folder)?;
            let machine = Machine { config, clock: machine.clock.clone(), rng: machine.rng.clone() };
            reports.push(one(&machine, how, plan).await?);
        }
        reports
    } else {
        vec![one(machine, how, !how.without_plan).await?]
    };
    write!(std::io::stdout(), "{}", shown::table(&reports))?;
    if let Some(file) = file {
        serde_json::to_writer_pretty(file, &reports)?;
    }
    Ok(())
}

async fn one(machine: &Machine, how: &Simulate, plan: bool) -> anyhow::Result<Report> {
    let db = Db::open(&machine.config).await?;
    let report = play(machine, &db, how, plan).await?;
    db.close().await;
    Ok(report)
}

/// The wave is played so many days later than it was: the rules that ship were not in force then. Whole weeks, four years less five days.
const LATER: i64 = 208 * 7;

/// Plays it in a store that holds nothing.
pub async fn play(machine: &Machine, db: &Db, how: &Simulate, plan: bool) -> anyhow::Result<Report> {
    let served = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
    ensure!(
        !served.iter().any(|district| district.id != DistrictId::CITY),
        "{} holds data; the city needs a folder of its own",
        machine.config.folder.display()
    );
    play::set(db, machine, "being made").await?;
    let day = |n: i64| how.from.checked_add(jiff::Span::new().days(LATER + n)).context("a day of the span");
    let (from, to) = (day(0)?, day(how.days - 1)?);
    let wave = wave::Wave::published()?.later(LATER);
    let city = plan::City::plan(&wave, how.seed, how.share, (from, to, LATER));
    let begun = std::time::Instant::now();
    let stage = stage::Stage::build(machine, db, how.seed, &city).await?;
    // The last day is told the next morning.
    let end = stage::at(to.tomorrow()?, 10, 0)?;
    let mut run = run::Run::new(&stage, &city, &wave, (plan, end))?;
    run.play().await?;
    let report = report::read(db, &wave, &city, &run, (how.seed, plan, begun.elapsed().as_secs_f64())).await?;
    play::set(db, machine, "ready").await?;
    Ok(report)
}

/// The day of the wave that a demonstration takes for today: beds are full, and more are being made.
const TODAY: Date = jiff::civil::date(2022, 12, 22);
/// What part of the city a demonstration has, and how many days of it.
const DEMO: (f64, i64) = (0.05, 5);

/// Plays the days of the wave up to now, for visitors. Gives the sheet with the logins.
pub async fn demonstration(machine: &Machine, db: &Db, end: Ts) -> anyhow::Result<String> {
    let today = end.local().date();
    let (share, days) = DEMO;
    let later = i64::from(TODAY.until(today)?.get_days());
    let wave = wave::Wave::published()?.later(later);
    let from = today.checked_sub(jiff::Span::new().days(days))?;
    // The span goes on after today, so that there is something left to open and to make.
    let city = plan::City::plan(&wave, demo::SEED, share, (from, today.checked_add(jiff::Span::new().days(7))?, later));
    let stage = stage::Stage::build(machine, db, demo::SEED, &city).await?;
    let mut run = run::Run::new(&stage, &city, &wave, (true, end))?;
    run.play().await?;
    logins::open(&stage, machine, &city).await
}

/// A CSV text.
fn table(rows: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> anyhow::Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    rows(&mut out)?;
    Ok(String::from_utf8(out.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)?)
}

#[cfg(test)]
mod tests;
