//! Rows going out, page by page: memory does not grow with them.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, ensure};
use linli_access::{Ctx, Scope};
use linli_cases::export as cases;
use linli_db::Db;
use linli_kernel::{DistrictId, PlacePath};
use linli_people::export as people;
use linli_sheet::{ExportCell, ExportFormat, Lang};
use linli_territory::export as territory;
use linli_territory::import::columns;
use serde_json::json;

use super::files::open_or_find;
use crate::Machine;
use crate::cli::{Export, ExportKind};
use crate::house;

/// Columns that are numbers in a workbook, with their decimals.
const NUMBERS: [(&str, u8); 7] =
    [("year_built", 0), ("households", 0), ("buildings", 0), ("floor", 0), ("area_m2", 2), ("lon", 7), ("lat", 7)];

/// Writes rows out.
pub async fn export(machine: &Machine, what: &Export) -> anyhow::Result<()> {
    let file = &what.file;
    let format = ExportFormat::of_name(&file.to_string_lossy());
    let format = format.with_context(|| format!("{}: an export ends in .csv or .xlsx", file.display()))?;
    ensure!(!file.exists(), "{} exists; an export never overwrites", file.display());
    super::backup::exists(&machine.config)?;
    ensure!(!what.with_phones || what.kind == ExportKind::People, "--with-phones is for people only");
    let db = Db::open(&machine.config).await?;
    let ctx = Ctx::system("export", machine.clock.clone(), machine.rng.clone());
    let scope = scope(&ctx, &db, what).await?;
    // Under another name until it is whole: what has the name is a whole export.
    let draft = draft_of(file);
    let written = write(&ctx, &db, what, &scope, (&draft, format)).await;
    let rows = match written {
        Ok(rows) => rows,
        Err(error) => {
            // What failed is told; a draft that cannot be removed is seen.
            let _ = std::fs::remove_file(&draft);
            return Err(error);
        }
    };
    std::fs::rename(&draft, file).with_context(|| format!("{} cannot be written", file.display()))?;
    let mut tx = db.begin(scope.district).await?;
    let facts = json!({ "what": what.kind.word(), "rows": rows, "phones": what.with_phones });
    tx.journal(ctx.line("files.exported", &scope.place, None, facts));
    tx.commit().await?;
    db.close().await;
    writeln!(std::io::stdout(), "{rows} rows written to {}", file.display())?;
    Ok(())
}

async fn scope(ctx: &Ctx, db: &Db, what: &Export) -> anyhow::Result<Scope> {
    if what.kind == ExportKind::Divisions {
        return Ok(Scope { district: DistrictId::CITY, place: PlacePath::root() });
    }
    let district = open_or_find(ctx, db, what.district.as_deref()).await?;
    let found = linli_territory::queries::district(&mut db.read().await?.conn(), district).await?;
    Ok(Scope { district, place: found.context("this district is not served")?.path })
}

fn draft_of(file: &Path) -> std::path::PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".draft");
    file.with_file_name(name)
}

/// Takes page after page until there is none.
macro_rules! pages {
    ($out:expr, $db:expr, |$c:ident, $after:ident| $page:expr) => {{
        let mut next = None;
        loop {
            let page = {
                let mut read = $db.read().await?;
                let $c = &mut read.conn();
                let $after = next.as_ref();
                $page.await?
            };
            $out.rows(&page.rows)?;
            next = page.next;
            if next.is_none() {
                break;
            }
        }
    }};
}

async fn write(ctx: &Ctx, db: &Db, what: &Export, scope: &Scope, (draft, format): (&Path, ExportFormat)) -> anyhow::Result<u64> {
    let headers = match what.kind {
        ExportKind::Divisions => territory::DIVISIONS,
        ExportKind::Estates => territory::ESTATES,
        ExportKind::Homes => columns::HOMES,
        ExportKind::Components => columns::COMPONENTS,
        ExportKind::Grids => columns::GRIDS,
        ExportKind::People if what.with_phones => people::PEOPLE_WITH_PHONES,
        ExportKind::People => people::PEOPLE,
        ExportKind::Appointments => people::APPOINTMENTS,
        ExportKind::Cases => cases::CASES,
    };
    let file = super::backup::private_file(draft).with_context(|| format!("{} cannot be written", draft.display()))?;
    let mut out = Out {
        export: linli_sheet::Export::new(BufWriter::new(file), format, headers, Lang::Zh)?,
        decimals: headers.iter().map(|h| NUMBERS.iter().find(|(name, _)| name == h).map(|(_, d)| *d)).collect(),
        rows: 0,
    };
    let book = house::rulebook(db, ctx.now()).await?.load();
    match what.kind {
        ExportKind::Divisions => pages!(out, db, |c, after| territory::divisions(ctx, c, after.map(String::as_str))),
        ExportKind::Estates => pages!(out, db, |c, after| territory::estates(ctx, c, scope, after)),
        ExportKind::Homes => pages!(out, db, |c, after| territory::homes(ctx, c, scope, after)),
        ExportKind::Components => pages!(out, db, |c, after| territory::components(ctx, c, scope, after.map(String::as_str))),
        ExportKind::Grids => pages!(out, db, |c, after| territory::grids(ctx, c, scope, after.map(String::as_str))),
        ExportKind::People => {
            pages!(out, db, |c, after| people::people(ctx, c, scope, what.with_phones, after.map_or("", String::as_str)))
        }
        ExportKind::Appointments => pages!(out, db, |c, after| people::appointments(ctx, c, scope, after.copied())),
        ExportKind::Cases => pages!(out, db, |c, after| cases::cases(ctx, c, &book, scope, after.copied())),
    }
    let Out { export, rows, .. } = out;
    export.finish()?;
    Ok(rows)
}

struct Out {
    export: linli_sheet::Export<BufWriter<File>>,
    /// Per column: the decimals of a number.
    decimals: Vec<Option<u8>>,
    rows: u64,
}

impl Out {
    fn rows(&mut self, rows: &[Vec<String>]) -> anyhow::Result<()> {
        for row in rows {
            let cells: Vec<ExportCell<'_>> =
                row.iter().zip(&self.decimals).map(|(text, decimals)| cell(text, *decimals)).collect();
            self.export.row(&cells)?;
            self.rows += 1;
        }
        Ok(())
    }
}

fn cell(text: &str, decimals: Option<u8>) -> ExportCell<'_> {
    match decimals.and_then(|decimals| units(text, decimals).map(|n| (n, decimals))) {
        Some((n, 0)) => ExportCell::Int(n),
        Some((n, decimals)) => ExportCell::Decimal(n, decimals),
        None => ExportCell::Text(text),
    }
}

/// A number with at most so many decimals in units of the last one; `None` for anything else.
fn units(text: &str, decimals: u8) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let places = usize::from(decimals);
    if whole.is_empty() || fraction.len() > places || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_digit() {
        assert_eq!(cell("86.5", Some(2)), ExportCell::Decimal(8650, 2));
        assert_eq!(cell("-0.5000000", Some(7)), ExportCell::Decimal(-5_000_000, 7));
        assert_eq!(cell("118.7969000", Some(7)), ExportCell::Decimal(1_187_969_000, 7));
        assert_eq!(cell("-1", Some(0)), ExportCell::Int(-1));
        assert_eq!(cell("=1+1", Some(0)), ExportCell::Text("=1+1"));
        assert_eq!(cell("320102", None), ExportCell::Text("320102"));
    }
}
