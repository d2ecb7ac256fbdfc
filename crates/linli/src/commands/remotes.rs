//! Other Open311 servers from the machine itself: pulling once, keeping servers, handing cases over.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use linli_access::Ctx;
use linli_cases::{CasesError, Office};
use linli_db::Db;
use linli_identity::vault::Vault;
use linli_kernel::Ts;
use linli_open311::client::{self, Mapping, NewRemote, Pulled, Spec, USUAL};

use super::keys::served;
use crate::Machine;
use crate::cli::{Open311Pull, Open311Push, Open311Remote, Open311RemoteAdd};
use crate::house;
use crate::key;

/// Days pulled when nothing else was said.
const USUAL_DAYS: i64 = 90;

/// The store, and the office with the rules in force in it.
struct Desk {
    db: Db,
    office: Arc<Office>,
    ctx: Ctx,
}

impl Desk {
    async fn open(machine: &Machine) -> anyhow::Result<Self> {
        let db = Db::open(&machine.config).await?;
        let vault = Vault::new(&key::key_for(machine, &db, false).await?, machine.rng.clone());
        let (office, standing) = house::office(&vault)?;
        standing.refresh(&db, machine.clock.now()).await?;
        let ctx = Ctx::system("open311-remote", machine.clock.clone(), machine.rng.clone());
        Ok(Self { db, office, ctx })
    }
}

/// Pulls once. False when requests were refused.
pub async fn pull(machine: &Machine, what: &Open311Pull) -> anyhow::Result<bool> {
    let desk = Desk::open(machine).await?;
    let district = served(&desk.ctx, &desk.db, what.district.as_deref()).await?;
    let found = linli_territory::queries::resolve(&mut desk.db.read().await?.conn(), district, &what.at).await?;
    let place = found.with_context(|| format!("there is no place {} in this district", what.at))?.path;
    let rules = desk.office.rules(&place, desk.ctx.now()).map_err(CasesError::from)?;
    let spec = Spec {
        url: what.url.clone(),
        jurisdiction: what.jurisdiction.clone(),
        mapping: Mapping::read(&mapping_text(what.mapping.as_deref())?, rules.classes())?,
        place,
        inside: what.inside,
        ca: what.ca.clone(),
        patience: Duration::from_secs(what.timeout),
    };
    let since = match what.since {
        Some(day) => Ts::from_local(day.at(0, 0, 0, 0)).context("that day does not begin")?,
        None => desk.ctx.now().plus_secs(-USUAL_DAYS * 86_400),
    };
    let pulled = client::pull(&desk.ctx, &desk.db, &desk.office, (district, &spec), since, what.dry_run).await?;
    tell(&pulled, if what.dry_run { " (dry run: nothing written)" } else { "" })?;
    desk.db.close().await;
    Ok(pulled.refused == 0)
}

fn mapping_text(file: Option<&Path>) -> anyhow::Result<String> {
    match file {
        None => Ok(USUAL.to_owned()),
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("the mapping {} cannot be read", file.display())),
    }
}

fn tell(pulled: &Pulled, after: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    for reason in &pulled.reasons {
        writeln!(out, "{reason}")?;
    }
    let Pulled { new, changed, unchanged, refused, .. } = pulled;
    Ok(writeln!(out, "{new} new, {changed} changed, {unchanged} unchanged, {refused} refused{after}")?)
}

/// Carries a command about other servers out. False when a look at one met something wrong.
pub async fn remotes(machine: &Machine, action: &Open311Remote) -> anyhow::Result<bool> {
    let desk = Desk::open(machine).await?;
    let (db, ctx, mut out) = (&desk.db, &desk.ctx, std::io::stdout());
    let mut well = true;
    match action {
        Open311Remote::Add(new) => {
            let mut tx = db.begin(served(ctx, db, new.district.as_deref()).await?).await?;
            client::add(ctx, &mut tx, &desk.office, new_remote(new)?).await?;
            tx.commit().await?;
            writeln!(out, "{} is looked at every five minutes", new.name)?;
        }
        Open311Remote::Remove { name, district } => {
            let mut tx = db.begin(served(ctx, db, district.as_deref()).await?).await?;
            client::remove(ctx, &mut tx, name).await?;
            tx.commit().await?;
            writeln!(out, "{name} is removed")?;
        }
        Open311Remote::Run { name, district } => {
            let district = served(ctx, db, district.as_deref()).await?;
            let ran = client::run(ctx, db, &desk.office, district, name).await?;
            well = ran.problem.is_none() && ran.pulled.refused == 0;
            if let Some(problem) = &ran.problem {
                writeln!(out, "{problem}")?;
            }
            tell(&ran.pulled, &format!(", {} sent", ran.sent))?;
        }
        Open311Remote::List { district } => {
            let district = served(ctx, db, district.as_deref()).await?;
            for remote in client::list(ctx, &mut db.read().await?.conn(), district).await? {
                let looked = remote.looked_at.map_or_else(|| "not yet".to_owned(), Ts::rfc3339);
                let keyed = if remote.key_sealed.is_some() { "with a key" } else { "without a key" };
                let problem = remote.problem.unwrap_or_else(|| "well".to_owned());
                writeln!(out, "{}\t{}\t{}\t{keyed}\t{looked}\t{problem}", remote.name, remote.url, remote.place_key)?;
            }
        }
    }
    desk.db.close().await;
    Ok(well)
}

fn new_remote(new: &Open311RemoteAdd) -> anyhow::Result<NewRemote> {
    Ok(NewRemote {
        name: new.name.clone(),
        url: new.url.clone(),
        jurisdiction: new.jurisdiction.clone(),
        place_key: new.at.clone(),
        mapping: mapping_text(new.mapping.as_deref())?,
        key: new.api_key.clone(),
        inside: new.inside,
        idempotent: new.idempotent,
        pulls: !new.no_pull,
    })
}

/// Carries a command about handed over cases out.
pub async fn pushes(machine: &Machine, action: &Open311Push) -> anyhow::Result<()> {
    let desk = Desk::open(machine).await?;
    let (db, ctx, mut out) = (&desk.db, &desk.ctx, std::io::stdout());
    match action {
        Open311Push::Add { number, remote, service, district } => {
            let mut tx = db.begin(served(ctx, db, district.as_deref()).await?).await?;
            client::hand_over(ctx, &mut tx, &desk.office, (number, remote), service.as_deref()).await?;
            tx.commit().await?;
            writeln!(out, "{number} is sent to {remote} within five minutes")?;
        }
        Open311Push::Again { number, remote, district } => {
            let mut tx = db.begin(served(ctx, db, district.as_deref()).await?).await?;
            client::try_again(ctx, &mut tx, number, remote).await?;
            tx.commit().await?;
            writeln!(out, "{number} is sent to {remote} again")?;
        }
        Open311Push::Settle { number, remote, key, district } => {
            let mut tx = db.begin(served(ctx, db, district.as_deref()).await?).await?;
            client::settle(ctx, &mut tx, (number, remote), key).await?;
            tx.commit().await?;
            writeln!(out, "{number} is {key} with {remote}")?;
        }
        Open311Push::List { district } => {
            let district = served(ctx, db, district.as_deref()).await?;
            for handed in client::handed(ctx, &mut db.read().await?.conn(), district).await? {
                let word = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
                let (key, told, problem) = (word(handed.request_id), word(handed.told), word(handed.problem));
                writeln!(out, "{}\t{}\t{}\t{key}\t{told}\t{problem}", handed.number, handed.remote, handed.stage)?;
            }
        }
    }
    desk.db.close().await;
    Ok(())
}
