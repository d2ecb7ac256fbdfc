//! Keys of the city's hotline, from the machine itself.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use linli_access::Ctx;
use linli_cases::{CasesError, commands};
use linli_db::Db;
use linli_kernel::{DistrictId, PlacePath};

use super::keys::served;
use crate::Machine;
use crate::cli::HotlineKey;

/// Carries a command about keys out.
pub async fn keys(machine: &Machine, action: &HotlineKey) -> anyhow::Result<()> {
    let db = Db::open(&machine.config).await?;
    let ctx = Ctx::system("hotline-key", machine.clock.clone(), machine.rng.clone());
    let mut out = std::io::stdout();
    match action {
        HotlineKey::Add { name, place, district } => {
            let district = served(&ctx, &db, district.as_deref()).await?;
            let place = place_of(&db, district, place.as_deref()).await?;
            let mut tx = db.begin(district).await?;
            let key = commands::add_hotline_key(&ctx, &mut tx, (name, place)).await?;
            tx.commit().await?;
            writeln!(out, "{}", key.secret_text())?;
        }
        HotlineKey::Revoke { name, district } => {
            let mut tx = db.begin(served(&ctx, &db, district.as_deref()).await?).await?;
            match commands::revoke_hotline_key(&ctx, &mut tx, name).await {
                Err(CasesError::NotFound) => bail!("no open key of this district is called {name}"),
                done => done?,
            }
            tx.commit().await?;
            writeln!(out, "{name} is revoked")?;
        }
        HotlineKey::List { district } => {
            let district = served(&ctx, &db, district.as_deref()).await?;
            for key in commands::hotline_keys(&ctx, &mut db.read().await?.conn(), district).await? {
                let state = if key.revoked_at.is_some() { "revoked" } else { "open" };
                writeln!(out, "{}\t{}\t{}\t{state}", key.name, key.place, key.created_at.rfc3339())?;
            }
        }
    }
    db.close().await;
    Ok(())
}

/// The place that is meant: the whole district when none is named.
async fn place_of(db: &Db, district: DistrictId, key: Option<&str>) -> anyhow::Result<PlacePath> {
    let mut read = db.read().await?;
    let c = &mut read.conn();
    match key {
        Some(key) => {
            let found = linli_territory::queries::resolve(c, district, key).await?;
            Ok(found.with_context(|| format!("there is no place {key}"))?.path)
        }
        None => Ok(linli_territory::queries::district(c, district).await?.context("the district is not there")?.path),
    }
}
