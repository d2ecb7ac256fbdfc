//! The house put together: every room, the hall they open onto, the jobs.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use linli_access::Ctx;
use linli_board::{BoardSection, Boards};
use linli_calendar::Calendar;
use linli_cases::{CasesOnBoard, Neighbourhood, Neighbours, Office};
use linli_db::Db;
use linli_hall::{Furnishing, Hall, Services};
use linli_identity::door::Doorkeeper;
use linli_identity::model::DoorRules;
use linli_identity::passwords::Passwords;
use linli_identity::vault::Vault;
use linli_jobs::Worker;
use linli_kernel::{DistrictId, SharedClock, SharedRng};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::{House, Module, Proxy, Site, Texts};

use crate::cli::Profile;
use crate::commands::backup::KEY_FILE;
use crate::intake;
use crate::ports::Contacts;

/// What a house is built with.
pub struct Plan {
    /// The store.
    pub db: Db,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub rng: SharedRng,
    /// The key of the vault.
    pub key: [u8; 32],
    /// Which half runs.
    pub profile: Profile,
    /// The address printed on paper.
    pub base_url: String,
    /// Whether a proxy in front is believed.
    pub proxy: Proxy,
    /// Whether we speak TLS ourselves.
    pub tls: bool,
    /// Whether every page is stamped 演示数据.
    pub demo: bool,
    /// Rate limits; none while demonstration data is made and while something is measured.
    pub limited: bool,
    /// Password hashing.
    pub passwords: Passwords,
    /// How long sessions and links last.
    pub door: DoorRules,
}

/// A house that stands.
pub struct Built {
    /// What is served.
    pub router: Router,
    /// What its handlers are given.
    pub hall: Hall,
    /// The jobs.
    pub worker: Worker,
}

/// The rooms of a profile, in the order of the house.
#[must_use]
pub fn rooms(profile: Profile) -> Vec<Module<Hall>> {
    let mut rooms =
        vec![linli_territory::module(), linli_people::pages::module(), linli_identity::pages::module(), intake::pages::module()];
    if profile != Profile::Treatment {
        rooms.push(linli_board::module());
        rooms.push(linli_cases::module());
    }
    rooms.push(linli_situation::module());
    rooms
}

/// The texts of the house.
///
/// # Errors
/// When a key is missing in a language or stands twice.
pub fn texts(house: &House<Hall>) -> anyhow::Result<Arc<Texts>> {
    let mut all = house.texts.clone();
    all.push(linli_hall::TEXTS);
    all.push(linli_calendar::TEXTS);
    Ok(Arc::new(Texts::new(&all)?))
}

/// Builds the house.
///
/// # Errors
/// When shipped rules, texts or origins do not hold together.
pub fn build(plan: Plan) -> anyhow::Result<Built> {
    let Plan { db, clock, rng, key, profile, base_url, proxy, tls, demo, limited, passwords, door: rules } = plan;
    let vault = Vault::new(&key, Arc::clone(&rng));
    let office = Arc::new(office(&vault)?);
    let sections: Vec<Arc<dyn BoardSection>> = vec![Arc::new(CasesOnBoard(Arc::clone(&office)))];
    let boards = Arc::new(Boards::new(db.clone(), sections));
    let neighbours: Arc<dyn Neighbours> = Arc::new(Neighbourhood);
    let doorkeeper = Doorkeeper::new(db.clone(), Arc::clone(&clock), rules);
    let services = Services::default()
        .with(Arc::clone(&office))
        .with(neighbours)
        .with(boards)
        .with(Arc::new(rules))
        .with(Arc::new(passwords))
        .with(Arc::new(intake::Runs::default()))
        .with(Arc::new(vault));
    let house = House::of(rooms(profile));
    let texts = texts(&house)?;
    let limits = Arc::new(RateLimits::usual());
    let hall = Hall::furnish(Furnishing {
        db: db.clone(),
        clock: Arc::clone(&clock),
        rng: Arc::clone(&rng),
        live: Live::new(2_000),
        darkroom: Darkroom::new(2),
        limits: if limited { Arc::clone(&limits) } else { Arc::new(RateLimits::new(&[])) },
        sessions: doorkeeper.clone(),
        services,
        nav: house.nav.clone(),
        base_url,
    });
    listen(&db, &hall, &office, doorkeeper);
    let patient = vec![intake::pages::FORM];
    let site = Site {
        proxy,
        tls,
        demo,
        limits: limited.then_some(limits),
        patient,
        ..Site::plain(texts, Arc::clone(&clock), Arc::clone(&rng))
    };
    let router = linli_webkit::open(house.router, hall.clone(), site)?;
    let worker = worker(db, clock, rng, &office);
    Ok(Built { router, hall, worker })
}

/// The office of cases, with the shipped rules and calendar.
///
/// # Errors
/// When they do not hold together.
pub fn office(vault: &Vault) -> anyhow::Result<Office> {
    let calendar = Calendar::builtin().context("the shipped calendar")?;
    let book = SharedRulebook::new(Rulebook::builtin(&linli_cases::rules::PACKS).context("the shipped rules")?);
    Office::new(book, calendar, Arc::new(Neighbourhood), Arc::new(Contacts(vault.clone()))).context("the shipped rules of cases")
}

/// Refuses to go on with a key that is not the one the sealed contacts were sealed with; the first start notes it.
///
/// # Errors
/// When the key file is another one, and store errors.
pub async fn check_key(db: &Db, vault: &Vault, at: linli_kernel::Ts) -> anyhow::Result<()> {
    use linli_identity::vault::CHECK_SETTING;
    let value = vault.check_value();
    match linli_db::settings::get(&mut db.read().await?.conn(), CHECK_SETTING).await? {
        Some(known) => {
            anyhow::ensure!(known == value, "{KEY_FILE} is not the key of this store: sealed contacts could not be read")
        }
        None => {
            let mut tx = db.begin(DistrictId::CITY).await?;
            linli_db::settings::set(&mut tx.conn()?, CHECK_SETTING, &value, at).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Starts those who listen to what is committed.
fn listen(db: &Db, hall: &Hall, office: &Arc<Office>, doorkeeper: Doorkeeper) {
    tokio::spawn(hall.clone().announce());
    tokio::spawn(doorkeeper.listen());
    let (office, mut heard) = (Arc::clone(office), db.subscribe());
    tokio::spawn(async move {
        loop {
            match heard.recv().await {
                Ok(line) => office.heard(&line),
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            }
        }
    });
}

fn worker(db: Db, clock: SharedClock, rng: SharedRng, office: &Arc<Office>) -> Worker {
    let recompute = Arc::clone(office);
    Worker::new(db, clock, rng)
        .every("cases.overdue", 60, |ctx, db, _| async move { Ok(for_districts(&ctx, &db, Chore::Overdue).await?) })
        .every("cases.fold", 20, |ctx, db, _| async move { Ok(for_districts(&ctx, &db, Chore::Fold).await?) })
        .every("cases.recompute", 3600, move |ctx, db, _| {
            let office = Arc::clone(&recompute);
            async move { Ok(for_districts(&ctx, &db, Chore::Recompute(office)).await?) }
        })
        .every("board.codes", 60, |ctx, db, _| async move { Ok(for_districts(&ctx, &db, Chore::Codes).await?) })
        .every("identity.sweep", 3600, |ctx, db, _| async move {
            let mut tx = db.begin(DistrictId::CITY).await?;
            linli_identity::commands::sweep(&ctx, &mut tx).await?;
            Ok(tx.commit().await?)
        })
}

/// What is done in every district again and again.
#[derive(Clone)]
pub enum Chore {
    /// Mark what is overdue.
    Overdue,
    /// Fold the day's figures.
    Fold,
    /// Compute provisional promises again.
    Recompute(Arc<Office>),
    /// Give every entrance and estate its board code.
    Codes,
}

/// Does a chore in every district, in batches, each in a transaction of its own.
///
/// # Errors
/// Those of the rooms.
pub async fn for_districts(ctx: &Ctx, db: &Db, chore: Chore) -> anyhow::Result<()> {
    const BATCH: i64 = 500;
    let districts = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
    for district in districts.into_iter().filter(|d| d.id != DistrictId::CITY) {
        match &chore {
            Chore::Overdue => loop {
                let mut tx = db.begin(district.id).await?;
                let marked = linli_cases::commands::sweep_overdue(ctx, &mut tx, BATCH).await?;
                tx.commit().await?;
                if marked < BATCH {
                    break;
                }
            },
            Chore::Fold => loop {
                let mut tx = db.begin(district.id).await?;
                let folded = linli_cases::commands::fold_figures(&mut tx, 20_000).await?;
                tx.commit().await?;
                if folded == 0 {
                    break;
                }
            },
            Chore::Recompute(office) => {
                let mut after = None;
                loop {
                    let mut tx = db.begin(district.id).await?;
                    let done = linli_cases::commands::recompute_deadlines(ctx, &mut tx, office, after, BATCH).await?;
                    tx.commit().await?;
                    after = done.next;
                    if after.is_none() {
                        break;
                    }
                }
            }
            Chore::Codes => intake::ensure_board_codes(ctx, db, district.id, &district.path).await?,
        }
    }
    Ok(())
}

/// The key outside the database: 32 bytes in a file that only its owner reads, made at the first start.
///
/// # Errors
/// When it cannot be read or made, or is no key.
pub fn key_of(folder: &Path, rng: &SharedRng) -> anyhow::Result<[u8; 32]> {
    let path = folder.join(KEY_FILE);
    if path.exists() {
        let bytes = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        return bytes.try_into().map_err(|_| anyhow::anyhow!("{} is not a key: it must have 32 bytes", path.display()));
    }
    std::fs::create_dir_all(folder)?;
    let mut key = [0_u8; 32];
    rng.fill(&mut key);
    let draft = folder.join("linli.key.draft");
    write_private(&draft, &key)?;
    std::fs::rename(&draft, &path)?;
    Ok(key)
}

#[cfg(unix)]
fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

#[cfg(not(unix))]
fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    Ok(std::fs::write(path, bytes)?)
}

/// The address printed on paper when none is given.
#[must_use]
pub fn address_of(listen: SocketAddr, tls: bool) -> String {
    format!("{}://{listen}", if tls { "https" } else { "http" })
}
