//! The keys of programs of others, from the machine itself.

use std::collections::BTreeSet;
use std::io::Write as _;

use anyhow::{Context as _, ensure};
use linli_access::Ctx;
use linli_db::Db;
use linli_identity::keys::{self, NewKey, Opens};
use linli_kernel::{DistrictId, Ts};
use linli_people::model::OrganisationId;
use linli_treatment::model::InstitutionKind;

use super::files::open_or_find;
use crate::Machine;
use crate::cli::{FhirKey, Open311Key};

/// Carries a command about the keys of programs that report over Open311 out.
pub async fn open311(machine: &Machine, action: &Open311Key) -> anyhow::Result<()> {
    let desk = Desk::open(machine, Opens::Open311).await?;
    match action {
        Open311Key::Add { name, district } => desk.add(name, None, district.as_deref()).await?,
        Open311Key::Revoke { name, district } => desk.revoke(name, district.as_deref()).await?,
        Open311Key::List { district } => desk.list(district.as_deref()).await?,
    }
    desk.db.close().await;
    Ok(())
}

/// Carries a command about the keys of the systems of institutions out.
pub async fn fhir(machine: &Machine, action: &FhirKey) -> anyhow::Result<()> {
    let desk = Desk::open(machine, Opens::Fhir).await?;
    match action {
        FhirKey::Add { name, institution, district } => desk.add(name, Some(institution), district.as_deref()).await?,
        FhirKey::Revoke { name, district } => desk.revoke(name, district.as_deref()).await?,
        FhirKey::List { district } => desk.list(district.as_deref()).await?,
    }
    desk.db.close().await;
    Ok(())
}

struct Desk {
    db: Db,
    ctx: Ctx,
    opens: Opens,
}

impl Desk {
    async fn open(machine: &Machine, opens: Opens) -> anyhow::Result<Self> {
        let db = Db::open(&machine.config).await?;
        Ok(Self { db, ctx: Ctx::system("program-key", machine.clock.clone(), machine.rng.clone()), opens })
    }

    async fn add(&self, name: &str, institution: Option<&str>, district: Option<&str>) -> anyhow::Result<()> {
        let mut tx = self.db.begin(served(&self.ctx, &self.db, district).await?).await?;
        let organisation = match institution {
            Some(institution) => Some(called(&mut tx, institution, self.ctx.now()).await?),
            None => None,
        };
        let key = keys::add(&self.ctx, &mut tx, NewKey { name, opens: self.opens, organisation }).await?;
        tx.commit().await?;
        Ok(writeln!(std::io::stdout(), "{}", key.secret_text())?)
    }

    async fn revoke(&self, name: &str, district: Option<&str>) -> anyhow::Result<()> {
        let mut tx = self.db.begin(served(&self.ctx, &self.db, district).await?).await?;
        keys::revoke(&self.ctx, &mut tx, name).await?;
        tx.commit().await?;
        Ok(writeln!(std::io::stdout(), "{name} is revoked")?)
    }

    /// Name, since when, open or revoked; then whose program it is and what was refused of it, where there is any.
    async fn list(&self, district: Option<&str>) -> anyhow::Result<()> {
        let district = served(&self.ctx, &self.db, district).await?;
        let mut read = self.db.read().await?;
        let (c, mut out) = (&mut read.conn(), std::io::stdout());
        for key in keys::list(&self.ctx, c, district, self.opens).await? {
            let state = if key.revoked_at.is_some() { "revoked" } else { "open" };
            write!(out, "{}\t{}\t{state}", key.name, key.created_at.rfc3339())?;
            if let Some(id) = key.organisation_id {
                let known = linli_people::queries::organisation(c, district, id).await?;
                write!(out, "\t{}", known.map(|known| known.name).unwrap_or_default())?;
            }
            for refused in keys::refused(&self.ctx, c, district, key.id).await? {
                write!(out, "\t{} × {}, last {}", refused.why, refused.n, refused.last_at.rfc3339())?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

/// The institution of that name or code: one that follows people, or one of the treatment network's register, be it a hospital or the 120
/// centre. What the key then reaches is what such an institution has.
pub(crate) async fn called(tx: &mut linli_db::Tx, name: &str, now: Ts) -> anyhow::Result<OrganisationId> {
    let (district, name) = (tx.district(), name.trim());
    ensure!(!name.is_empty(), "name the institution, or its code");
    let c = &mut tx.conn()?;
    let mut found: BTreeSet<OrganisationId> = BTreeSet::new();
    let follow = linli_care::follow::queries::institutions(c, district).await?;
    found.extend(follow.into_iter().filter(|(_, known)| known == name).map(|(id, _)| id));
    let registered = linli_treatment::queries::rounds::institutions(c).await?;
    let open = registered.iter().filter(|one| {
        one.district == district
            && one.kind != InstitutionKind::Area
            && one.valid_from <= now
            && one.valid_to.is_none_or(|end| end > now)
            && (one.name == name || one.code == name)
    });
    found.extend(open.map(|one| OrganisationId(one.id.0)));
    ensure!(found.len() < 2, "several institutions of the district are called {name}; name the one by its code");
    found.pop_first().with_context(|| {
        format!("no institution of the district that follows people or is in the treatment network is called {name}")
    })
}

/// The district that is meant, which must be one that is served.
pub(super) async fn served(ctx: &Ctx, db: &Db, code: Option<&str>) -> anyhow::Result<DistrictId> {
    if let Some(code) = code {
        let known = linli_territory::queries::district_by_division(&mut db.read().await?.conn(), code).await?;
        ensure!(known.is_some(), "the district {code} is not served here");
    }
    open_or_find(ctx, db, code).await
}
