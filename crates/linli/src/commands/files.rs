//! Files coming in, from the machine itself.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use linli_access::Ctx;
use linli_db::Db;
use linli_geo::Crs;
use linli_identity::vault::Vault;
use linli_kernel::DistrictId;
use linli_sheet::{ExportFormat, Headers, Lang, Report, SheetError};
use linli_webkit::{House, Locale, T};

use crate::Machine;
use crate::cli::{Import, ImportKind, Language, Profile};
use crate::house;
use crate::intake::{Bringing, Choice, Far, Outcome, SHIPPED, Taking};
use crate::key;

/// Troubled rows that are printed; a report has them all.
const PRINTED: usize = 20;

/// Brings a file in. False when rows were rejected, or the load broke off.
pub async fn import(machine: &Machine, what: &Import) -> anyhow::Result<bool> {
    let (lang, locale) = match what.lang {
        Language::Zh => (Lang::Zh, Locale::ZhCn),
        Language::En => (Lang::En, Locale::En),
    };
    let t = house::texts(&House::of(house::rooms(Profile::Both)))?.in_locale(locale);
    let taking = Taking {
        dry_run: what.dry_run,
        crs: what.crs.as_deref().map(|named| crs(&t, named)).transpose()?,
        community: what.community.clone(),
        system: what.system.clone(),
        mapping: what.mapping.as_deref().map(|named| mapping(&t, named)).transpose()?.unwrap_or_default(),
    };
    let report = what.report.as_deref().map(|path| report_file(&t, path)).transpose()?;
    let db = Db::open(&machine.config).await?;
    let ctx = Ctx::system("import", machine.clock.clone(), machine.rng.clone());
    // Classes of components ship with the program; a folder that was never served does not have them yet.
    let mut tx = db.begin(DistrictId::CITY).await?;
    linli_territory::commands::ensure_reference_data(&ctx, &mut tx).await?;
    tx.commit().await?;
    // A 12345 list at four digits is one of the whole city.
    let of_city = |key: &str| key.len() == 4 && key.bytes().all(|b| b.is_ascii_digit());
    let city_list = what.kind == ImportKind::Classes && what.community.as_deref().is_some_and(of_city);
    let district = if what.kind == ImportKind::Divisions || city_list {
        DistrictId::CITY
    } else {
        open_or_find(&ctx, &db, what.district.as_deref()).await.map_err(|error| which_district(&t, error))?
    };
    let vault = Vault::new(&key::key_of(&machine.config.folder, &machine.rng)?, machine.rng.clone());
    let (office, network, standing) = house::importing(&vault)?;
    standing.refresh(&db, machine.clock.now()).await?;
    let bringing = Bringing { ctx: &ctx, db: &db, district, office: &office, network: &network, t: &t, lang };
    let begin = |headers: &Headers| -> Result<Report<Box<dyn std::io::Write + Send>>, SheetError> {
        let begun = match report {
            None => Report::counting(lang),
            Some((path, format)) => {
                let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
                let out: Box<dyn std::io::Write + Send> = Box::new(std::io::BufWriter::new(file));
                Report::new(out, format, headers, lang)?
            }
        };
        Ok(begun.keeping(PRINTED))
    };
    let bar = progress_bar();
    let mut tell = |far: Far| {
        bar.set_length(far.of);
        bar.set_position(far.bytes);
        bar.set_message(t.n("intake-rows-done", far.rows));
    };
    let done = bringing.bring_in(what.kind, &what.file, &taking, begin, &mut tell).await;
    bar.finish_and_clear();
    let outcome = match done {
        Ok(outcome) => outcome,
        Err(failure) => bail!("{}: {}", what.file.display(), failure.text(&t, lang)),
    };
    let broke_off = outcome.broke_off.as_ref().map(|failure| failure.text(&t, lang));
    print(&t, &outcome, lang, what.dry_run)?;
    let aside = outcome.aside.text(&t);
    if !aside.is_empty() {
        writeln!(std::io::stdout(), "{aside}")?;
    }
    // Divisions are the whole city's; the district that was named is one of them, and is served from now on.
    if what.kind == ImportKind::Divisions && !what.dry_run && broke_off.is_none() && what.district.is_some() {
        open_or_find(&ctx, &db, what.district.as_deref()).await?;
    }
    db.close().await;
    match broke_off {
        Some(why) => {
            let file = what.file.display().to_string();
            let told = if outcome.wrote(what.dry_run) { "intake-broke-off" } else { "intake-broke-off-nothing" };
            bail!(t.with(told, &[("file", file.into()), ("why", why.into())]))
        }
        None => Ok(outcome.totals.rejected == 0),
    }
}

fn print(t: &T, outcome: &Outcome, lang: Lang, dry_run: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    for row in &outcome.notable {
        let said = [
            ("line", row.line.to_string().into()),
            ("result", row.outcome.word(lang).into()),
            ("reasons", row.reasons.as_str().into()),
        ];
        writeln!(out, "{}", t.with("intake-row-line", &said))?;
    }
    let totals = outcome.totals;
    let counts = [
        ("rows", totals.rows()),
        ("new", totals.accepted),
        ("changed", totals.changed),
        ("unchanged", totals.unchanged),
        ("flagged", totals.flagged),
        ("rejected", totals.rejected),
    ];
    let counts = counts.map(|(name, count)| (name, count.to_string().into()));
    let aside = if dry_run { t.s("intake-nothing-written") } else { "".into() };
    writeln!(out, "{}{aside}", t.with("intake-totals", &counts))?;
    Ok(())
}

fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} [{wide_bar}] {percent} % {msg} {elapsed}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A coordinate system by its name.
fn crs(t: &T, named: &str) -> anyhow::Result<Crs> {
    Crs::parse(named).map_err(|_| anyhow!(t.v("intake-crs-unknown", "crs", named)))
}

/// A mapping that ships, by its name, or a file.
fn mapping(t: &T, named: &Path) -> anyhow::Result<Choice> {
    if let Some(shipped) = Choice::shipped(&named.to_string_lossy()) {
        return Ok(shipped);
    }
    let unreadable = || {
        let names = SHIPPED.iter().map(|m| format!("{} ({})", m.name, m.kind.word())).collect::<Vec<_>>().join(", ");
        t.with("intake-mapping-unreadable", &[("file", named.display().to_string().into()), ("names", names.into())])
    };
    Ok(Choice::Toml(std::fs::read_to_string(named).with_context(unreadable)?))
}

/// Refuses a report that would overwrite something, or whose ending says nothing, before anything is imported.
fn report_file<'p>(t: &T, path: &'p Path) -> anyhow::Result<(&'p Path, ExportFormat)> {
    let file = || path.display().to_string();
    let format = ExportFormat::of_name(&path.to_string_lossy());
    let format = format.with_context(|| t.v("intake-report-ending", "file", file()))?;
    ensure!(!path.exists(), t.v("intake-report-exists", "file", file()));
    Ok((path, format))
}

/// Why nobody can tell which district is meant.
#[derive(Debug, Clone, Copy, thiserror::Error)]
enum WhichDistrict {
    #[error("no district is served yet: import the divisions, then name one with --district CODE")]
    None,
    #[error("several districts are served; name one with --district CODE")]
    Several,
}

/// The same in the language of the answers.
fn which_district(t: &T, error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref() {
        Some(WhichDistrict::None) => anyhow!(t.s("intake-no-district").into_owned()),
        Some(WhichDistrict::Several) => anyhow!(t.s("intake-several-districts").into_owned()),
        None => error,
    }
}

/// The district that is meant: the one named, opened when it was not served yet, or the only one.
pub async fn open_or_find(ctx: &Ctx, db: &Db, code: Option<&str>) -> anyhow::Result<DistrictId> {
    let served = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
    let served: Vec<_> = served.into_iter().filter(|d| d.id != DistrictId::CITY).collect();
    match (code, served.as_slice()) {
        (None, [only]) => Ok(only.id),
        (None, []) => Err(WhichDistrict::None.into()),
        (None, _) => Err(WhichDistrict::Several.into()),
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
