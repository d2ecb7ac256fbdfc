//! Serving until told to stop.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use linli_access::Ctx;
use linli_care::Care;
use linli_db::Db;
use linli_devices::mqtt::{self, Broker};
use linli_identity::commands::make_setup_link;
use linli_identity::model::DoorRules;
use linli_identity::passwords::Passwords;
use linli_kernel::DistrictId;
use linli_webkit::Proxy;
use linli_webkit::serve::{Door, listen};
use tokio::task::JoinHandle;

use crate::care::Folder;
use crate::cli::{Profile, Serve};
use crate::house::{self, Plan};
use crate::record::{self, InFolder};
use crate::{Machine, care, hearing, key, play};

/// Serves until Ctrl-C or SIGTERM, then finishes what is under way.
pub async fn serve(machine: &Machine, how: &Serve) -> anyhow::Result<()> {
    let db = Db::open(&machine.config)
        .await
        .with_context(|| format!("the store in {} cannot be opened", machine.config.folder.display()))?;
    let _alone = alone(machine)?;
    let broker = broker(how)?;
    let tls = how.tls_cert.clone().zip(how.tls_key.clone());
    let door = Door { listen: how.listen, tls, behind_proxy: how.behind_proxy, max_connections: 4_096 };
    let listening = listen(&door).await?;
    let address = house::address_of(listening.address(), door.tls.is_some());
    let base_url = how.base_url.clone().map_or_else(|| address.clone(), |url| url.trim_end_matches('/').to_owned());
    let demo = play::is_demo(&db).await?;
    let key = key::key_for(machine, &db, how.new_key).await?;
    let built = house::build(Plan {
        db: db.clone(),
        clock: machine.clock.clone(),
        rng: machine.rng.clone(),
        key,
        profile: how.profile,
        base_url: base_url.clone(),
        proxy: if how.behind_proxy { Proxy::Trusted } else { Proxy::None },
        tls: door.tls.is_some(),
        demo,
        limited: std::env::var_os("LINLI_UNLIMITED").is_none(),
        passwords: Passwords::new(2)?,
        door: DoorRules::default(),
        folder: machine.config.folder.clone(),
        ops_token: how.ops_token.clone(),
        hooks_inside: how.fhir_hooks_inside.clone(),
        witness: Arc::new(InFolder(machine.config.folder.clone())),
    })?;
    // Whatever can refuse to start has been asked: a start that is refused leaves the setup link of the one before in force.
    prepare(machine, &db, &base_url).await?;
    record::begin(machine, &db, &built.keeper).await?;
    let start = Ctx::system("start", machine.clock.clone(), machine.rng.clone());
    for looked in linli_settings::folder::take(&start, &db, &built.standing, &machine.config.folder).await? {
        match looked.problem {
            None => writeln!(std::io::stdout(), "{} was taken", looked.name)?,
            Some(problem) => writeln!(std::io::stdout(), "{} was refused: {problem}", looked.name)?,
        }
    }
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let jobs = tokio::spawn(built.worker.run(until(stopped.clone())));
    let broker = broker.map(|broker| tokio::spawn(mqtt::listen(Arc::clone(&built.devices), broker, stopped.clone())));
    let watch = match how.profile {
        Profile::Treatment => None,
        _ => Some(watch(machine, how, &db, &built.care, until(stopped))?),
    };
    writeln!(std::io::stdout(), "Linli answers at {address}")?;
    if demo {
        play::greet(&machine.config.folder, &address)?;
    }
    let hall = built.hall.clone();
    let end = async move {
        asked_to_stop().await;
        hall.live().close();
        let _ = stop.send(true);
    };
    listening.serve(built.router, end).await;
    jobs.await?;
    if let Some(broker) = broker {
        broker.await?;
    }
    // Every door is closed: what came through since the last minute is counted before the watch and the store go.
    let ctx = Ctx::system("devices.end", machine.clock.clone(), machine.rng.clone());
    hearing::end(&ctx, &db, &built.devices).await;
    if let Some(watch) = watch {
        watch.await?;
    }
    db.close().await;
    Ok(())
}

/// Begins the watch: over all people, or over this process's part of them.
fn watch(
    machine: &Machine,
    how: &Serve,
    db: &Db,
    care: &Arc<Care>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<JoinHandle<()>> {
    let (care, folder) = (Arc::clone(care), machine.config.folder.clone());
    #[cfg(feature = "scale")]
    if let Some(plan) = crate::scale::plan(machine, &how.together)? {
        let session = format!("{}-{:016x}", plan.name, machine.rng.next_u64());
        return Ok(tokio::spawn(crate::scale::keep_watch(care, db.clone(), folder, (plan, session), stop)));
    }
    Ok(tokio::spawn(care::keep_watch(care, db.clone(), Folder { folder, anew: how.watch_anew }, stop)))
}

/// Whether somebody else listens there already: found out before a demonstration is made, which takes longer.
pub fn is_free(how: &Serve) -> anyhow::Result<()> {
    std::net::TcpListener::bind(how.listen).map(|_| ()).with_context(|| format!("cannot listen on {}", how.listen))
}

/// One server a SQLite file: two would each run the jobs and each think that it alone keeps the watch. The lock ends with the process,
/// however that ends. Servers beside PostgreSQL may be several; which of them keeps the watch they settle in the database.
fn alone(machine: &Machine) -> anyhow::Result<Option<File>> {
    if machine.config.url.is_some() {
        return Ok(None);
    }
    let folder = &machine.config.folder;
    let path = folder.join("serving.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => bail!("another server runs on the folder {}", folder.display()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{} cannot be locked", path.display())),
    }
}

/// The broker that was named.
fn broker(how: &Serve) -> anyhow::Result<Option<Broker>> {
    let Some(url) = &how.mqtt_broker else { return Ok(None) };
    let login = how.mqtt_user.clone().map(|user| (user, how.mqtt_password.clone().unwrap_or_default()));
    Ok(Some(Broker::at(url, &how.mqtt_id, login, how.mqtt_ca.as_deref())?))
}

/// Reference data, and the setup link of an installation without an administrator.
async fn prepare(machine: &Machine, db: &Db, base_url: &str) -> anyhow::Result<()> {
    let ctx = Ctx::system("start", machine.clock.clone(), machine.rng.clone());
    let mut tx = db.begin(DistrictId::CITY).await?;
    linli_territory::commands::ensure_reference_data(&ctx, &mut tx).await?;
    let link = make_setup_link(&ctx, &mut tx, &DoorRules::default()).await?;
    tx.commit().await?;
    if let Some(token) = link {
        writeln!(std::io::stdout(), "Set up the first administrator (once, within 24 hours): {base_url}/setup/{}", token.0)?;
    }
    Ok(())
}

async fn until(mut stopped: tokio::sync::watch::Receiver<bool>) {
    // The sender goes away only when the process does.
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut term) => {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = term.recv() => {}
                }
            }
            Err(_) => {
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}
