//! Files in and out, from the machine itself.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use linli_access::{Ctx, Scope};
use linli_db::{Conn, Db};
use linli_geo::Crs;
use linli_kernel::DistrictId;
use linli_territory::export;
use linli_territory::import::columns;

use crate::Machine;
use crate::cli::{ExportKind, Import, ImportKind};
use crate::intake::{Report, Taking, bring_in, neutral};

/// Brings a file in. False when rows were rejected.
pub async fn import(machine: &Machine, what: &Import) -> anyhow::Result<bool> {
    let db = Db::open(&machine.config).await?;
    let ctx = Ctx::system("import", machine.clock.clone(), machine.rng.clone());
    if what.kind == ImportKind::Cases {
        return super::cases::import(machine, &ctx, &db, what).await;
    }
    ensure!(what.mapping.is_none(), "mapping files are taken for cases only so far; give the file our own columns");
    let national = what.kind == ImportKind::Divisions;
    let district = if national { DistrictId::CITY } else { open_or_find(&ctx, &db, what.district.as_deref()).await? };
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {human_pos} rows, {per_sec}, {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let taking = Taking {
        dry_run: what.dry_run,
        crs: what.crs.as_deref().map(Crs::parse).transpose()?,
        community: what.community.clone(),
    };
    let mut report = if what.report.is_some() && !national { Report::of_everything() } else { Report::of_trouble() };
    let totals =
        bring_in((&ctx, &db, district), what.kind, &what.file, &taking, &mut report, &mut |rows| bar.set_position(rows)).await?;
    bar.finish_and_clear();
    if let Some(path) = &what.report {
        ensure!(!path.exists(), "{} exists; a report never overwrites", path.display());
        std::fs::write(path, report.csv()?)?;
    }
    let mut out = std::io::stdout();
    for (line, result, reason) in report.trouble().take(20) {
        writeln!(out, "line {line}: {result}: {reason}")?;
    }
    writeln!(
        out,
        "{} rows: {} new, {} changed, {} unchanged, {} rejected, {} doubtful{}",
        totals.rows,
        totals.created,
        totals.changed,
        totals.unchanged,
        totals.rejected,
        totals.doubtful,
        if what.dry_run { " (dry run: nothing written)" } else { "" }
    )?;
    db.close().await;
    Ok(totals.rejected == 0)
}

/// The district that is meant: the one named, opened when it was not served yet, or the only one.
pub async fn open_or_find(ctx: &Ctx, db: &Db, code: Option<&str>) -> anyhow::Result<DistrictId> {
    let served = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
    let served: Vec<_> = served.into_iter().filter(|d| d.id != DistrictId::CITY).collect();
    match (code, served.as_slice()) {
        (None, [only]) => Ok(only.id),
        (None, []) => bail!("no district is served yet: import the divisions, then name one with --district CODE"),
        (None, _) => bail!("several districts are served; name one with --district CODE"),
        (Some(code), known) => match known.iter().find(|d| d.division == code) {
            Some(district) => Ok(district.id),
            None => {
                let mut tx = db.begin(DistrictId::CITY).await?;
                let id = linli_territory::commands::open_district(ctx, &mut tx, code).await?;
                tx.commit().await?;
                Ok(id)
            }
        },
    }
}

/// Writes rows out.
pub async fn export(machine: &Machine, kind: ExportKind, file: &Path, district: Option<&str>) -> anyhow::Result<()> {
    ensure!(!file.exists(), "{} exists; an export never overwrites", file.display());
    super::backup::exists(&machine.config)?;
    let db = Db::open(&machine.config).await?;
    let ctx = Ctx::system("export", machine.clock.clone(), machine.rng.clone());
    let district = open_or_find(&ctx, &db, district).await?;
    let mut bytes = vec![0xEF, 0xBB, 0xBF];
    let mut writer = csv::Writer::from_writer(&mut bytes);
    let mut read = db.read().await?;
    let rows = rows(&ctx, &mut read.conn(), district, kind).await?;
    for row in &rows {
        writer.write_record(row.iter().map(|cell| neutral(cell)))?;
    }
    writer.flush()?;
    drop(writer);
    std::fs::write(file, &bytes).with_context(|| format!("{} cannot be written", file.display()))?;
    writeln!(std::io::stdout(), "{} rows written to {}", rows.len().saturating_sub(1), file.display())?;
    Ok(())
}

async fn rows(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, kind: ExportKind) -> anyhow::Result<Vec<Vec<String>>> {
    let place = linli_territory::queries::district(c, district).await?.context("this district is not served")?.path;
    let scope = Scope { district, place };
    let words = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut rows = Vec::new();
    match kind {
        ExportKind::Estates => {
            rows.push(words(export::ESTATES));
            let mut after = None;
            loop {
                let mut page = export::estates(ctx, c, &scope, after.as_ref()).await?;
                rows.append(&mut page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        ExportKind::Homes => {
            rows.push(words(columns::HOMES));
            let mut after = None;
            loop {
                let mut page = export::homes(ctx, c, &scope, after.as_ref()).await?;
                rows.append(&mut page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        ExportKind::Components => {
            rows.push(words(columns::COMPONENTS));
            let mut after: Option<String> = None;
            loop {
                let mut page = export::components(ctx, c, &scope, after.as_deref()).await?;
                rows.append(&mut page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
    }
    Ok(rows)
}
