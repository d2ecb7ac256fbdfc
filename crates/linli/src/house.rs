//! The house put together: every room, the hall they open onto, the jobs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use linli_access::Ctx;
use linli_board::Boards;
use linli_calendar::Calendar;
use linli_care::follow::Desk;
use linli_care::{Care, CareOffice, DevicesHeard};
use linli_cases::rules::Rules;
use linli_cases::{AlsoToday, Neighbourhood, Neighbours, Office, ReportWindow};
use linli_db::Db;
use linli_devices::Devices;
use linli_emergency::{CountedCalls, DispatchOffice};
use linli_expert::RoundOffice;
use linli_fhir::Room as FhirRoom;
use linli_hall::{Furnishing, Hall, Services};
use linli_identity::door::Doorkeeper;
use linli_identity::model::DoorRules;
use linli_identity::pages::AtHome;
use linli_identity::passwords::Passwords;
use linli_identity::vault::Vault;
use linli_jobs::Worker;
use linli_kernel::{SharedClock, SharedRng, Ts};
use linli_record::{LogKeeper, Witness};
use linli_rulebook::{RuleError, Rulebook, SharedRulebook};
use linli_settings::Standing;
use linli_territory::Signposts;
use linli_territory::hanging::HangsOn;
use linli_territory::moves::MOVED;
use linli_treatment::{BedDesk, CountedElsewhere, Network};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::{House, Module, Proxy, Site, Texts};
use tokio::sync::broadcast::error::RecvError;

use crate::api::{self, Description};
use crate::cli::Profile;
use crate::deciding::{self, Deciding};
use crate::hearing;
use crate::intake;
pub use crate::jobs::{Chore, for_districts};
use crate::jobs::{care_jobs, joint_jobs, notice_jobs, read_words, record_jobs, treatment_jobs, worker};
use crate::moves;
use crate::ops::{self, Ops};
use crate::ports::{CareAtHome, Contacts, DevicesAround, Kept, VisitsToday};

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
    /// The folder of this installation, where free space is counted.
    pub folder: PathBuf,
    /// What opens the figures of the installation to somebody who is not on the machine itself.
    pub ops_token: Option<String>,
    /// Hosts of the own network that FHIR subscriptions may tell.
    pub hooks_inside: Vec<String>,
    /// Where the newest checkpoints of the public logs are kept outside the database.
    pub witness: Arc<dyn Witness>,
}

/// A house that stands.
pub struct Built {
    /// What is served.
    pub router: Router,
    /// What its handlers are given.
    pub hall: Hall,
    /// The jobs.
    pub worker: Worker,
    /// The rules and the calendar in force.
    pub standing: Arc<Standing>,
    /// The office of cases.
    pub office: Arc<Office>,
    /// The doors for devices.
    pub devices: Arc<Devices>,
    /// The watch over those who agreed; it does not run until it is started.
    pub care: Arc<Care>,
    /// The keeper of the public logs.
    pub keeper: Arc<LogKeeper>,
    /// The desk of the family-doctor teams, for the walk through all routes.
    #[cfg(test)]
    pub desk: Arc<Desk>,
}

/// The packs of rules that ship, of all rooms.
static PACKS: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let rooms = linli_cases::rules::PACKS.into_iter().chain(linli_care::rules::PACKS).chain(linli_care::follow::rules::PACKS);
    let network = linli_treatment::rules::NETWORK_PACKS.into_iter().chain(linli_treatment::rules::BED_PACKS);
    let calls = linli_emergency::rules::PACKS.into_iter().chain(linli_expert::rules::PACKS);
    rooms.chain(deciding::packs()).chain(linli_devices::rules::PACKS).chain(network).chain(calls).collect()
});

/// Reads every pack of every room as its type, and that those of cases fit each other at an instant.
fn check_at(book: &Rulebook, at: Ts) -> Result<(), RuleError> {
    Rules::check_at(book, at)?;
    linli_care::rules::Rules::check(book)?;
    linli_care::follow::rules::Rules::check(book)?;
    linli_treatment::BedDesk::check(book)?;
    linli_treatment::rules::Rules::check(book)?;
    DispatchOffice::check(book)?;
    RoundOffice::check(book)?;
    deciding::check(book)?;
    linli_devices::rules::Hearing::check(book)
}

/// The rooms of a profile, in the order of the house.
#[must_use]
pub fn rooms(profile: Profile) -> Vec<Module<Hall>> {
    let mut rooms = vec![
        linli_territory::module(),
        linli_people::pages::module(),
        linli_identity::pages::module(),
        linli_settings::module(),
        linli_record::module(),
        intake::pages::module(),
        ops::module(),
        api::module(),
    ];
    if profile != Profile::Treatment {
        rooms.push(linli_board::module());
        rooms.push(linli_cases::module());
        rooms.extend(deciding::rooms());
        rooms.push(linli_care::module());
        rooms.push(linli_open311::module());
        rooms.push(linli_devices::module());
    }
    if profile != Profile::Community {
        rooms.push(linli_treatment::module());
        rooms.push(linli_emergency::module());
        rooms.push(linli_expert::module());
    }
    rooms.push(linli_fhir::module(match profile {
        Profile::Community => &[FhirRoom::Care, FhirRoom::Notices],
        Profile::Treatment => &[FhirRoom::Treatment, FhirRoom::Notices],
        Profile::Both => &[FhirRoom::Care, FhirRoom::Treatment, FhirRoom::Notices],
    }));
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
    all.push(linli_publiclog::TEXTS);
    all.push(linli_retrofit::SUN_TEXTS);
    Ok(Arc::new(Texts::new(&all)?))
}

/// Builds the house.
///
/// # Errors
/// When shipped rules, texts or origins do not hold together.
pub fn build(plan: Plan) -> anyhow::Result<Built> {
    let Plan { db, clock, rng, key, profile, base_url, proxy, tls, demo, limited, .. } = plan;
    let Plan { passwords, door: rules, folder, ops_token, hooks_inside, witness, .. } = plan;
    let vault = Vault::new(&key, Arc::clone(&rng));
    let (office, standing, book) = offices(&vault)?;
    let care_office = Arc::new(CareOffice::new(book.clone(), Arc::clone(&office)).context("the shipped rules of care")?);
    let desk = Desk::new(book.clone(), Arc::clone(&care_office)).context("the shipped rules of key groups")?;
    let desk = Arc::new(if profile == Profile::Both { desk.with_beds_at("/referrals/new") } else { desk });
    let beds = Arc::new(BedDesk::new(book.clone(), vault.clone()).context("the shipped rules of beds")?);
    let network = Arc::new(Network::new(book.clone()).context("the shipped rules of the treatment network")?);
    let dispatch = Arc::new(DispatchOffice::new(book.clone(), vault.clone()).context("the shipped rules of 120")?);
    let rounds =
        RoundOffice::new(book.clone(), vault.clone(), Arc::clone(&beds)).context("the shipped rules of expert rounds")?;
    let rounds = Arc::new(rounds);
    let keeper = Arc::new(LogKeeper::new(vault.clone(), &base_url, witness));
    let care = Care::new(db.clone(), Arc::clone(&clock), Arc::clone(&rng), care_office);
    let boards = Arc::new(Boards::new(db.clone(), deciding::sections(&office)));
    let decided = Deciding::new(&book, &vault, (&office, &standing))?;
    let neighbours: Arc<dyn Neighbours> = Arc::new(Neighbourhood);
    let devices = hearing::open(&db, &clock, &vault, book, &care);
    let hanging: Arc<dyn HangsOn> = Arc::new(Kept);
    let doorkeeper = Doorkeeper::new(db.clone(), Arc::clone(&clock), rules);
    let kept = Arc::clone(&office);
    let worker = worker(db.clone(), Arc::clone(&clock), Arc::clone(&rng), &office, &standing);
    let worker = match profile {
        Profile::Treatment => worker,
        _ => decided.jobs(hearing::jobs(care_jobs(worker, &care, &desk), &devices, &office)),
    };
    let worker = if profile == Profile::Community { worker } else { treatment_jobs(worker, &beds, (&dispatch, &rounds)) };
    let worker = if profile == Profile::Both { joint_jobs(worker, &desk) } else { worker };
    let served = (Arc::clone(&beds), Arc::clone(&network));
    let hooks = Arc::new(linli_fhir::Hooks::new(vault.clone(), served, &base_url, hooks_inside));
    let worker = record_jobs(notice_jobs(worker, &hooks), &keeper);
    let ops = Arc::new(Ops::new(folder, worker.pulse(), ops_token.as_deref(), proxy == Proxy::Trusted));
    let observer = ops.requests();
    let services = Services::default()
        .with(Arc::clone(&office))
        .with(ReportWindow::new(db.clone(), Arc::clone(&office)))
        .with(Arc::clone(&standing))
        .with(Arc::clone(&care))
        .with(Arc::clone(&desk))
        .with(beds)
        .with(network)
        .with(hooks)
        .with::<dyn CountedElsewhere>(Arc::new(CountedCalls(Arc::clone(&dispatch))))
        .with(dispatch)
        .with(rounds)
        .with(neighbours)
        .with(hanging)
        .with(Signposts::standing(&db))
        .with(boards)
        .with(Arc::clone(&devices))
        .with(Arc::new(rules))
        .with(Arc::new(passwords))
        .with(Arc::new(intake::Runs::default()))
        .with(Arc::new(vault))
        .with(ops)
        .with(Description::of(profile)?);
    let services = match profile {
        Profile::Treatment => services,
        _ => decided
            .among(services)
            .with::<dyn AtHome>(Arc::new(CareAtHome))
            .with::<dyn AlsoToday>(Arc::new(VisitsToday))
            .with::<dyn DevicesHeard>(Arc::new(DevicesAround)),
    };
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
    keep_standing(&db, &clock, &standing);
    follow_moves(&db, &clock, &rng);
    hearing::listen(&db, &clock, &rng, &devices);
    follow_words(&db);
    let site = Site {
        proxy,
        tls,
        demo,
        limits: limited.then_some(limits),
        sign_in: Some("/login"),
        observer: Some(observer),
        patient: vec![intake::pages::FORM],
        busy: linli_devices::BUSY.to_vec(),
        told: vec![(linli_fhir::ENDPOINT, linli_fhir::told)],
        ..Site::plain(texts, clock, rng)
    };
    let router = linli_webkit::open(house.router, hall.clone(), site)?;
    Ok(Built {
        router,
        hall,
        worker,
        standing,
        office: kept,
        care,
        keeper,
        #[cfg(test)]
        desk,
        devices,
    })
}

/// The office of cases and the rules and calendar it goes by: what ships, until the standing has read the database.
///
/// # Errors
/// When what ships does not hold together.
pub fn office(vault: &Vault) -> anyhow::Result<(Arc<Office>, Arc<Standing>)> {
    offices(vault).map(|(office, standing, _)| (office, standing))
}

/// What files are brought in with: the office of cases, the treatment network, and the rules and calendar they go by.
///
/// # Errors
/// When what ships does not hold together.
pub fn importing(vault: &Vault) -> anyhow::Result<(Arc<Office>, Arc<Network>, Arc<Standing>)> {
    let (office, standing, book) = offices(vault)?;
    let network = Network::new(book).context("the shipped rules of the treatment network")?;
    Ok((office, Arc::new(network), standing))
}

/// As [`office`], with the book that the rooms go by.
fn offices(vault: &Vault) -> anyhow::Result<(Arc<Office>, Arc<Standing>, SharedRulebook)> {
    let book = SharedRulebook::new(Rulebook::builtin(&PACKS).context("the shipped rules")?);
    let calendar = Calendar::builtin().context("the shipped calendar")?;
    let office = Office::new(book.clone(), calendar, Arc::new(Neighbourhood), Arc::new(Contacts(vault.clone())));
    let office = Arc::new(office.context("the shipped rules of cases")?);
    let takes = Arc::clone(&office);
    let standing = Standing::new(&PACKS, check_at, book.clone(), move |calendar| takes.set_calendar(calendar))
        .context("the shipped calendar")?;
    Ok((office, Arc::new(standing), book))
}

/// The rules in force, for what needs no office: what ships, and what the database puts in its place.
///
/// # Errors
/// When what ships does not hold together; store errors.
pub async fn rulebook(db: &Db, now: Ts) -> anyhow::Result<SharedRulebook> {
    let book = SharedRulebook::new(Rulebook::builtin(&PACKS).context("the shipped rules")?);
    let standing = Standing::new(&PACKS, check_at, book.clone(), |_| ()).context("the shipped calendar")?;
    standing.refresh(db, now).await?;
    Ok(book)
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
                Err(RecvError::Lagged(_)) => office.missed(),
                Err(RecvError::Closed) => return,
            }
        }
    });
}

/// Takes other rules and another calendar up when a line says that they changed, in whichever process that was.
fn keep_standing(db: &Db, clock: &SharedClock, standing: &Arc<Standing>) {
    let (mut heard, db, clock, standing) = (db.subscribe(), db.clone(), Arc::clone(clock), Arc::clone(standing));
    tokio::spawn(async move {
        loop {
            match heard.recv().await {
                Ok(line) if !Standing::concerns(&line) => continue,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
            if let Err(error) = standing.refresh(&db, clock.now()).await {
                tracing::error!(%error, "changed rules could not be read; those in force stay");
            }
        }
    });
}

/// Lets every room follow a move as soon as it is committed; the job of the same name picks up what was left.
fn follow_moves(db: &Db, clock: &SharedClock, rng: &SharedRng) {
    let ctx = Ctx::system("moves", Arc::clone(clock), Arc::clone(rng));
    let (mut heard, db) = (db.subscribe(), db.clone());
    tokio::spawn(async move {
        loop {
            match heard.recv().await {
                Ok(line) if line.kind != MOVED => continue,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
            if let Err(error) = moves::follow(&ctx, &db).await {
                tracing::warn!(%error, "a move could not be followed; the job tries again");
            }
        }
    });
}

/// What is reported or changes is found by its words about a second later. A pause as long as the work leaves the one writer to those
/// who report; the job of the same name picks up what was left and what other processes brought in.
fn follow_words(db: &Db) {
    const GATHER: Duration = Duration::from_secs(1);
    let (mut heard, db) = (db.subscribe(), db.clone());
    tokio::spawn(async move {
        loop {
            match heard.recv().await {
                Ok(line) if !line.kind.starts_with("cases.") => continue,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
            tokio::time::sleep(GATHER).await;
            heard = heard.resubscribe();
            if let Err(error) = read_words(&db).await {
                if db.is_closed() {
                    return;
                }
                tracing::warn!(%error, "what was reported could not be read for the search; the job tries again");
            }
        }
    });
}

/// The address printed on paper when none is given.
#[must_use]
pub fn address_of(listen: SocketAddr, tls: bool) -> String {
    format!("{}://{listen}", if tls { "https" } else { "http" })
}
