//! Files of cases, from the machine itself.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use linli_access::Ctx;
use linli_cases::Neighbourhood;
use linli_cases::import::{Import as Run, ImportOptions, LA_311, NYC_311, schema};
use linli_db::Db;
use linli_geo::Crs;
use linli_identity::vault::Vault;
use linli_sheet::{ExportFormat, Hints, Lang, Limits, Mapping, Origin, Report, Source};

use super::files::open_or_find;
use crate::Machine;
use crate::cli::Import;
use crate::house;

/// Brings a file of cases in. False when rows were rejected.
pub async fn import(machine: &Machine, ctx: &Ctx, db: &Db, what: &Import) -> anyhow::Result<bool> {
    let district = open_or_find(ctx, db, what.district.as_deref()).await?;
    let crs = what.crs.as_deref().map(Crs::parse).transpose()?;
    let mapping = match what.mapping.as_deref().map(|path| (path, path.to_string_lossy())) {
        None => Mapping::by_name(&schema(), crs),
        Some((_, name)) if name == "la-311" => Mapping::from_toml(LA_311, &schema())?,
        Some((_, name)) if name == "nyc-311" => Mapping::from_toml(NYC_311, &schema())?,
        Some((path, _)) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            Mapping::from_toml(&text, &schema()).with_context(|| path.display().to_string())?
        }
    };
    let hints: Hints = mapping.hints().clone();
    let source = Source::open(&Origin::File(what.file.clone()), &hints, &Limits::default())?;
    let place = match &what.community {
        None => linli_territory::queries::district(&mut db.read().await?.conn(), district).await?.map(|d| d.path),
        Some(code) => {
            let found = linli_territory::queries::resolve(&mut db.read().await?.conn(), district, code).await?;
            Some(found.with_context(|| format!("no place {code}"))?.path)
        }
    };
    let system = what.system.clone().or_else(|| what.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    let options = ImportOptions { dry_run: what.dry_run, system: system.unwrap_or_default(), place, outline: None };
    let out: Box<dyn std::io::Write + Send> = match &what.report {
        None => Box::new(std::io::sink()),
        Some(path) => {
            ensure!(!path.exists(), "{} exists; a report never overwrites", path.display());
            Box::new(std::io::BufWriter::new(std::fs::File::create(path)?))
        }
    };
    let mut report = Report::new(out, ExportFormat::Csv, source.headers(), Lang::Zh)?;
    let vault = Vault::new(&house::key_of(&machine.config.folder, &machine.rng)?, Arc::clone(&machine.rng));
    let (office, standing) = house::office(&vault)?;
    standing.refresh(db, machine.clock.now()).await?;
    let bar = indicatif::ProgressBar::new_spinner();
    let run = Run {
        ctx,
        db,
        office: &office,
        neighbours: &Neighbourhood,
        district,
        options: &options,
        say: &|error| error.text(Lang::Zh),
    };
    let totals = run.run(source, &mapping, &mut report, &mut |rows| bar.set_position(rows)).await?;
    bar.finish_and_clear();
    report.finish()?;
    writeln!(std::io::stdout(), "{totals:?}{}", if what.dry_run { " (dry run: nothing written)" } else { "" })?;
    Ok(totals.rejected == 0)
}
