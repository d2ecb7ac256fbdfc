//! The winter wave of a whole city, played through the router.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::civil::{Date, date};
use linli_db::{Db, DbConfig};
use linli_kernel::{SystemClock, SystemRng};

use super::figure::print;
use crate::Machine;
use crate::city::{Report, Simulate, play};

const SEED: u64 = 20_230_104;
/// The thirty days up to the last published one.
const FROM: Date = date(2022, 12, 6);
/// The shorter span that is played twice: the height of the wave, a part of the city.
const TWICE: (Date, i64, f64) = (date(2022, 12, 22), 3, 0.05);

/// Prints `replay.digest_equal`, 1 when two plays of one seed left the same journal, and `replay.days30_s`, seconds for thirty days of the whole
/// city with the plan, one run.
pub async fn run(place: &Path) -> anyhow::Result<()> {
    let (from, days, share) = TWICE;
    let (one, other) = (played(place, (from, days, share)).await?.0, played(place, (from, days, share)).await?.0);
    let equal = one.digest == other.digest && one.waits == other.waits;
    let beside = [("days", 3.0), ("share", share), ("lines", many(one.lines)?)];
    print("replay", "digest_equal", f64::from(u8::from(equal)), "", &beside)?;
    let (report, seconds) = played(place, (FROM, 30, 1.0)).await?;
    let beside = [
        ("returns", many(report.returns)?),
        ("severe", many(report.severe)?),
        ("lines", many(report.lines)?),
        ("died_waiting", many(report.waits.died_waiting)?),
    ];
    Ok(print("replay", "days30_s", seconds, "s", &beside)?)
}

fn many(n: usize) -> anyhow::Result<f64> {
    Ok(f64::from(u32::try_from(n)?))
}

async fn played(place: &Path, (from, days, share): (Date, i64, f64)) -> anyhow::Result<(Report, f64)> {
    let folder = tempfile::tempdir_in(place)?;
    let config = DbConfig { folder: folder.path().to_owned(), url: None, readers: 8 };
    let machine = Machine { config, clock: Arc::new(SystemClock), rng: Arc::new(SystemRng) };
    let db = Db::open(&machine.config).await?;
    let how = Simulate { from, days, seed: SEED, share, without_plan: false, compare: false, report: None };
    let begun = Instant::now();
    let report = play(&machine, &db, &how, true).await?;
    let seconds = begun.elapsed().as_secs_f64();
    db.close().await;
    Ok((report, seconds))
}
