//! Files coming in, for the command line and for the administrator's page alike: one way for both.

pub mod pages;
mod report;
mod staff;
mod table;

use std::path::Path;

use anyhow::{Context as _, bail};
use linli_access::Ctx;
use linli_db::Db;
use linli_geo::Crs;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_territory::commands::DivisionSource;
use linli_territory::import::{self, BoundaryOptions, DivisionOptions, ImportOptions, Totals};

use crate::cli::ImportKind;
pub use report::{Report, neutral};
use table::Table;

/// How a file is to be taken.
#[derive(Debug, Clone, Default)]
pub struct Taking {
    /// Answer every row, write nothing.
    pub dry_run: bool,
    /// The coordinate system of rows that do not name theirs.
    pub crs: Option<Crs>,
    /// The community of rows that name none.
    pub community: Option<String>,
}

/// Brings a file in. Every row is answered in the report.
///
/// # Errors
/// When the file cannot be read at all, or the actor may not.
pub async fn bring_in(
    (ctx, db, district): (&Ctx, &Db, DistrictId),
    kind: ImportKind,
    file: &Path,
    taking: &Taking,
    report: &mut Report,
    progress: &mut (dyn FnMut(u64) + Send),
) -> anyhow::Result<Totals> {
    let options = ImportOptions { dry_run: taking.dry_run, crs: taking.crs, default_community: taking.community.clone() };
    match kind {
        ImportKind::Divisions => {
            let named =
                |name: &str| file.file_name().map(|f| f.to_string_lossy().into_owned()).unwrap_or_else(|| name.to_owned());
            let source = DivisionSource { name: named("divisions").into(), data_date: "".into(), licence: "".into() };
            let options = DivisionOptions { dry_run: taking.dry_run, source, make_parents: true };
            Ok(import::import_divisions(ctx, db, file, &options, report, progress).await?)
        }
        ImportKind::Boundaries => {
            let text = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
            let crs = taking.crs.context("say the coordinate system of the boundaries: --crs wgs84 or --crs gcj02")?;
            let options = BoundaryOptions {
                dry_run: taking.dry_run,
                crs,
                key_property: None,
                place: None,
                source: file.display().to_string(),
            };
            Ok(import::import_boundaries(ctx, db, district, &text, &options, &mut |n, answer| report.feature(n, answer)).await?)
        }
        ImportKind::Cases => bail!("files of cases are taken by the command `linli import cases`"),
        _ => {
            let table = Table::read(file)?;
            report.header(table.columns());
            let rows = table.rows();
            Ok(match kind {
                ImportKind::Estates => import::import_estates(ctx, db, district, rows, &options, report, progress).await?,
                ImportKind::Homes => import::import_homes(ctx, db, district, rows, &options, report, progress).await?,
                ImportKind::Components => import::import_components(ctx, db, district, rows, &options, report, progress).await?,
                ImportKind::Grids => import::import_grids(ctx, db, district, rows, &options, report, progress).await?,
                ImportKind::People => staff::import_people(ctx, db, district, rows, taking.dry_run, report).await?,
                _ => staff::import_appointments(ctx, db, district, rows, taking.dry_run, report).await?,
            })
        }
    }
}

/// Gives every estate and entrance of a district its board code; those that have one keep it.
///
/// # Errors
/// Store errors.
pub async fn ensure_board_codes(ctx: &Ctx, db: &Db, district: DistrictId, top: &PlacePath) -> anyhow::Result<()> {
    for level in [PlaceLevel::Estate, PlaceLevel::Entrance] {
        let mut after: Option<PlacePath> = None;
        loop {
            let places = {
                let mut read = db.read().await?;
                linli_territory::queries::places_of_level(&mut read.conn(), district, top, level, after.as_ref(), 500).await?
            };
            let Some(last) = places.last().map(|p| p.path.clone()) else { break };
            let paths: Vec<PlacePath> = places.into_iter().map(|p| p.path).collect();
            let mut tx = db.begin(district).await?;
            linli_board::commands::ensure_codes(ctx, &mut tx, &paths).await?;
            tx.commit().await?;
            after = Some(last);
        }
    }
    Ok(())
}
