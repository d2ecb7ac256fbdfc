//! Making the demonstration: the invented files go in through the administrator's page, and two months of what people did are
//! played through the real router, each act at its own time. The states that the script leaves few or no cases in come in
//! as a file of another system.

mod acts;
pub(crate) mod browser;
mod care;
pub(crate) mod ground;
mod lifts;
mod meetings;
mod network;
mod votes;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use linli_access::Ctx;
use linli_db::{Db, settings};
use linli_identity::model::DoorRules;
use linli_identity::passwords::Passwords;
use linli_kernel::{Clock, DistrictId, FakeClock, Rng, SeededRng, SharedRng, Ts};
use linli_webkit::Proxy;

use crate::Machine;
use crate::cli::{self, Profile, Serve};
use crate::house::{self, Chore, Plan, for_districts};
use crate::key;
use crate::record::InFolder;
use crate::{city, demo};

/// The setting that says what this installation is.
const SETTING: &str = "demo";
/// The divisions the demonstration stands on.
const DIVISIONS: &str = include_str!("../../../contexts/territory/data/xuanwu-divisions.csv");
/// Where the logins of the demonstration stand, beside the database.
const LOGINS: &str = "logins.txt";
/// Reports of the two months.
const REPORTS: usize = 1_500;

tokio::task_local! {
    /// The time of the act that is being played.
    pub(crate) static ACTING: Ts;
    /// The chance of what is being done: a stream of its own for every case, so that it does not matter who is served first.
    pub(crate) static CHANCE: Arc<SeededRng>;
}

/// A clock that says the time of the act; outside acts, where the play stands.
#[derive(Debug)]
pub(crate) struct PlayClock(pub(crate) Arc<FakeClock>);

impl Clock for PlayClock {
    fn now(&self) -> Ts {
        ACTING.try_with(|at| *at).unwrap_or_else(|_| self.0.now())
    }
}

/// Chance of the play: the stream of what is being done. Outside of any it is the ground's while that is being laid, afterwards the
/// machine's: what is drawn there, behind the window for reports, is private links and seals.
#[derive(Debug)]
pub(crate) struct PlayRng {
    ground: Arc<SeededRng>,
    secret: SharedSecret,
    laying: AtomicBool,
}

/// The machine's generator, which says nothing of itself.
struct SharedSecret(SharedRng);

impl std::fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedSecret(…)")
    }
}

impl PlayRng {
    /// Chance while the ground is being laid.
    pub(crate) fn laying_ground(ground: Arc<SeededRng>, secret: SharedRng) -> Self {
        Self { ground, secret: SharedSecret(secret), laying: AtomicBool::new(true) }
    }

    fn laying(&self, laying: bool) {
        self.laying.store(laying, Ordering::SeqCst);
    }
}

impl Rng for PlayRng {
    fn fill(&self, into: &mut [u8]) {
        match CHANCE.try_with(Arc::clone) {
            Ok(own) => own.fill(into),
            Err(_) if self.laying.load(Ordering::SeqCst) => self.ground.fill(into),
            Err(_) => self.secret.0.fill(into),
        }
    }
}

/// Whether the store holds demonstration data.
pub async fn is_demo(db: &Db) -> anyhow::Result<bool> {
    Ok(settings::get(&mut db.read().await?.conn(), SETTING).await?.is_some())
}

/// Makes the demonstration unless it is there. A folder with other data is refused; one where the making broke off too.
pub async fn ensure(machine: &Machine, how: &cli::Demo) -> anyhow::Result<()> {
    let db = Db::open(&machine.config).await?;
    let state = settings::get(&mut db.read().await?.conn(), SETTING).await?;
    match state.as_deref() {
        Some("ready") => {}
        Some(_) => anyhow::bail!(
            "the demonstration in {} was not finished; remove the folder and try again",
            machine.config.folder.display()
        ),
        None => {
            let served = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
            ensure!(
                !served.iter().any(|d| d.id != DistrictId::CITY),
                "{} holds real data; the demonstration needs a folder of its own",
                machine.config.folder.display()
            );
            let end = last_hour(machine.clock.now());
            if how.city {
                make_city(machine, &db, end).await?;
            } else {
                make(machine, &db, &how.serve, end, REPORTS).await?;
            }
        }
    }
    db.close().await;
    Ok(())
}

/// Makes a part of a city in its winter wave, up to `end`.
async fn make_city(machine: &Machine, db: &Db, end: Ts) -> anyhow::Result<()> {
    let begun = Instant::now();
    writeln!(std::io::stdout(), "making the demonstration city in {} ...", machine.config.folder.display())?;
    set(db, machine, "being made").await?;
    let logins = city::demonstration(machine, db, end).await.context("the city")?;
    write_logins(&machine.config.folder, &logins)?;
    set(db, machine, "ready").await?;
    writeln!(std::io::stdout(), "ready after {:.1} s", begun.elapsed().as_secs_f64())?;
    Ok(())
}

/// The beginning of the hour, in Beijing as everywhere that is whole hours away from Greenwich.
const fn last_hour(at: Ts) -> Ts {
    const HOUR: i64 = 3_600_000_000;
    Ts(at.0.div_euclid(HOUR) * HOUR)
}

/// Makes it: two months up to `end` with this many reports of the script.
async fn make(machine: &Machine, db: &Db, how: &Serve, end: Ts, reports: usize) -> anyhow::Result<()> {
    let begun = Instant::now();
    writeln!(std::io::stdout(), "making the demonstration district in {} ...", machine.config.folder.display())?;
    set(db, machine, "being made").await?;
    let demo = demo::invent(DIVISIONS, demo::SEED)?;
    let script = demo.script(end, reports)?;
    let start = script.first().map_or(end, |event| event.at).plus_secs(-86_400);
    let stands = FakeClock::at(start);
    let clock = Arc::new(PlayClock(Arc::clone(&stands)));
    let rng = Arc::new(PlayRng::laying_ground(demo::stream(demo::SEED, "ground of the play"), machine.rng.clone()));
    let rules = DoorRules { idle_secs: i64::MAX / 4_000_000, session_secs: 400 * 86_400, ..DoorRules::default() };
    // Passwords are hashed at full cost: the demonstration's accounts are real ones.
    let built = house::build(Plan {
        db: db.clone(),
        clock: clock.clone(),
        rng: rng.clone(),
        key: key::key_of(&machine.config.folder, &machine.rng)?,
        profile: how.profile,
        base_url: house::address_of(how.listen, false),
        proxy: Proxy::None,
        tls: false,
        demo: true,
        limited: false,
        passwords: Passwords::new(2)?,
        door: rules,
        folder: machine.config.folder.clone(),
        ops_token: None,
        hooks_inside: Vec::new(),
        witness: Arc::new(InFolder(machine.config.folder.clone())),
    })?;
    let ctx = Ctx::system("demo", clock.clone(), rng.clone());
    // Accounts, sessions, passwords and setup links: nobody who reads the seed here may work them out.
    let secrets = Ctx::system("demo", clock, machine.rng.clone());
    let ground = ground::lay((&ctx, &secrets), db, &built, &demo).await.context("the ground of the demonstration")?;
    tracing::info!(secs = begun.elapsed().as_secs_f64(), "the ground is laid");
    rng.laying(false);
    let logins = ground::open_accounts((&secrets, db, machine), &demo, &ground, how.profile)
        .await
        .context("the logins of the demonstration")?;
    let mut watched = care::Care::new((&secrets, db, &built), (&demo, &ground), end);
    let mut votes = votes::Votes::new((&secrets, db, &built), (&demo, &ground), end);
    let mut lifts = lifts::Lifts::new((&secrets, db, &built), (&demo, &ground), end);
    let mut meetings = meetings::Meetings::new((&secrets, db, &built), (&demo, &ground), end);
    let mut network = network::Network::new((&secrets, db, &built), (&demo, &ground), end);
    let (cares, treats) = (how.profile != Profile::Treatment, how.profile != Profile::Community);
    let evening = async |over| {
        if cares {
            watched.until(over).await?;
            votes.until(over).await?;
            lifts.until(over).await?;
            meetings.until(over).await?;
        }
        if treats { network.until(over).await } else { Ok(()) }
    };
    acts::play((&secrets, db, &built), &ground, script, &rules, (&stands, end), evening).await.context("the two months")?;
    stands.set(end);
    rng.laying(true);
    let hotline = (demo.hotline(end)?, demo.tickets(end)?);
    ground::take_in_hotline(&secrets, db, &built, (&hotline.0, &hotline.1)).await.context("the cases of the hotline")?;
    rng.laying(false);
    if cares {
        watched.until(end).await?;
        votes.until(end).await?;
        lifts.until(end).await?;
        meetings.until(end).await?;
    }
    if treats {
        network.until(end).await?;
    }
    for_districts(&ctx, db, Chore::Overdue(Arc::clone(&built.office))).await?;
    for_districts(&ctx, db, Chore::Fold).await?;
    linli_record::commands::seal_all(&secrets, db, &built.keeper).await.context("the public log of the demonstration")?;
    write_logins(&machine.config.folder, &logins)?;
    set(db, machine, "ready").await?;
    writeln!(std::io::stdout(), "ready after {:.1} s", begun.elapsed().as_secs_f64())?;
    Ok(())
}

pub(crate) async fn set(db: &Db, machine: &Machine, state: &str) -> anyhow::Result<()> {
    let mut tx = db.begin(DistrictId::CITY).await?;
    settings::set(&mut tx.conn()?, SETTING, state, machine.clock.now()).await?;
    Ok(tx.commit().await?)
}

pub(crate) fn write_logins(folder: &Path, text: &str) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(folder.join(LOGINS))?;
        Ok(file.write_all(text.as_bytes())?)
    }
    #[cfg(not(unix))]
    Ok(std::fs::write(folder.join(LOGINS), text)?)
}

/// Says where to begin and who can sign in.
pub fn greet(folder: &Path, address: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(folder.join(LOGINS)).unwrap_or_default();
    writeln!(std::io::stdout(), "{}", text.replace("{address}", address))?;
    Ok(())
}

#[cfg(test)]
mod tests;
