//! The last bed, wanted by many at the same moment, on both databases, while the process is killed: nobody else is promised it, and nothing
//! that was promised is lost.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use linli_db::DbConfig;
use linli_treatment::model::beds::HoldId;

use super::ground::{self, Marks};
use super::life::{self, Told};
use crate::bench::figure::print;
use crate::bench::watch::chance::Chance;

/// Rounds of each database.
const ROUNDS: u32 = 10_000;
/// How often the process is killed in them.
const KILLS: u32 = 20;
const SEED: u64 = 20_230_106;

/// What was heard, whatever died.
#[derive(Default)]
struct Heard {
    /// The round that is next.
    next: u32,
    /// Holds that were given and not begun to be let go.
    promised: BTreeSet<HoldId>,
    double: u32,
    lost: u32,
    given: u32,
    ended: bool,
}

/// Prints `beds.double_promised` and `beds.lost_acknowledged` for SQLite, and for PostgreSQL where `LINLI_BENCH_PG` names an empty database.
pub async fn run(place: &Path) -> anyhow::Result<()> {
    let postgres = std::env::var("LINLI_BENCH_PG").ok();
    for (name, url) in [("sqlite", None), ("postgres", postgres)] {
        if name == "postgres" && url.is_none() {
            tracing::warn!("PostgreSQL is not measured: LINLI_BENCH_PG names no empty database");
            continue;
        }
        let folder = place.join(format!("beds-{name}"));
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let config = DbConfig { url: url.clone(), ..DbConfig::in_folder(folder.clone()) };
        let marks = ground::lay(&config).await?;
        let begun = Instant::now();
        let heard = race(&folder, url.as_deref(), marks)?;
        ensure!(heard.given >= ROUNDS, "{} of {ROUNDS} rounds gave the bed to somebody", heard.given);
        let beside = [
            (name, 1.0),
            ("rounds", f64::from(ROUNDS)),
            ("clients", f64::from(u32::try_from(life::CLIENTS)?)),
            ("kills", f64::from(KILLS)),
            ("took_s", begun.elapsed().as_secs_f64()),
        ];
        print("beds", "double_promised", f64::from(heard.double), "", &beside)?;
        print("beds", "lost_acknowledged", f64::from(heard.lost), "", &beside)?;
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn race(folder: &Path, url: Option<&str>, marks: Marks) -> anyhow::Result<Heard> {
    let mut chance = Chance(SEED);
    let mut moments: Vec<u32> = (0..KILLS).map(|_| chance.below(ROUNDS)).collect();
    moments.sort_unstable();
    let mut heard = Heard::default();
    for moment in moments.into_iter().map(Some).chain([None]) {
        // Two moments in one round: the second finds it over.
        let moment = moment.map(|moment| moment.max(heard.next));
        life_until((folder, url, marks), moment, &mut chance, &mut heard)?;
    }
    ensure!(heard.ended, "the race ended by itself");
    Ok(heard)
}

/// Lets it live until a little after the round of the moment, in the middle of whatever it does then; to the end without one.
fn life_until(
    (folder, url, marks): (&Path, Option<&str>, Marks),
    moment: Option<u32>,
    chance: &mut Chance,
    heard: &mut Heard,
) -> anyhow::Result<()> {
    let told = Told {
        url: url.map(str::to_owned),
        marks,
        from: heard.next,
        until: ROUNDS,
        promised: heard.promised.iter().copied().collect(),
    };
    let mut child = Command::new(std::env::current_exe()?)
        .args(["bench", life::NAME, "--folder"])
        .arg(folder)
        .env_remove("LINLI_DATA")
        .env_remove("LINLI_DATABASE_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    writeln!(child.stdin.take().context("no input")?, "{}", serde_json::to_string(&told)?)?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?);
    let (mut killed, mut line) = (false, String::new());
    let mut of_round = 0;
    // A line that the kill cut off was not said.
    while lines.read_line(&mut line)? > 0 && line.ends_with('\n') {
        let (word, what) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        let hold = || what.parse::<HoldId>().ok().with_context(|| format!("the race says {line}"));
        match word {
            "held" => {
                heard.promised.insert(hold()?);
                heard.given += 1;
                of_round += 1;
                if of_round > 1 {
                    heard.double += 1;
                }
            }
            "letting" => {
                heard.promised.remove(&hold()?);
            }
            "there" => {}
            "lost" => {
                heard.promised.remove(&hold()?);
                heard.lost += 1;
            }
            "double" => heard.double += 1,
            "round" => {
                heard.next = what.parse::<u32>()? + 1;
                of_round = 0;
            }
            "end" => heard.ended = true,
            _ => bail!("the race says {line}"),
        }
        if !killed && moment.is_some_and(|moment| heard.next > moment) {
            std::thread::sleep(Duration::from_micros(u64::from(chance.below(3_000))));
            child.kill()?;
            killed = true;
        }
        line.clear();
    }
    let ended = child.wait()?;
    ensure!(killed || heard.ended, "the race ended with {ended}");
    Ok(())
}
