//! Files coming in, for the command line and for the administrator's page alike: one way for every kind.
//!
//! What always holds here: a file is opened, mapped and answered by `linli-sheet`; a batch of its rows (5,000; of divisions 50,000; of
//! outlines 200) is one transaction of the room they belong to, with its journal line; a load that breaks off, by an unreadable row,
//! a failing store or a kill, has kept whole batches and nothing of the next one, and the same file again goes on where it stopped.

mod failure;
mod mappings;
pub mod pages;
mod runs;
#[cfg(test)]
mod tests;
mod upload;

use std::io::Write;
use std::path::Path;

use linli_access::Ctx;
use linli_cases::import as cases;
use linli_cases::import::classes::{ClassImport, ClassOptions};
use linli_cases::{Neighbourhood, Office};
use linli_db::Db;
use linli_geo::{Crs, Shape};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_people::import::{PeopleImport, PeopleKind};
use linli_sheet::{FieldError, Headers, Lang, Limits, Mapping, Notable, Origin, Report, SheetError, Source, Totals};
use linli_territory::commands::DivisionSource;
use linli_territory::error::Problem;
use linli_territory::import::{
    self as territory, BoundaryImport, BoundaryOptions, DivisionOptions, ImportOptions, InReport, SheetImport,
};
use linli_treatment::Network;
use linli_treatment::import::{NetworkImport, NetworkKind};
use linli_webkit::T;

use crate::cli::ImportKind;
pub use failure::Failure;
pub use mappings::{Choice, SHIPPED};
pub use runs::Runs;

/// How a file is to be taken.
#[derive(Debug, Clone, Default)]
pub struct Taking {
    /// Answer every row, write nothing.
    pub dry_run: bool,
    /// The coordinate system of rows that do not name theirs.
    pub crs: Option<Crs>,
    /// The community of estates, the place of cases and of outlines that name none, the place of a 12345 list: a code or a natural key.
    pub community: Option<String>,
    /// The system that cases come from; the name of the file otherwise.
    pub system: Option<String>,
    /// Which columns are which.
    pub mapping: Choice,
}

/// Who brings a file in, and how the answers are said.
pub struct Bringing<'a> {
    /// Who acts.
    pub ctx: &'a Ctx,
    /// The store.
    pub db: &'a Db,
    /// The district of the rows; the whole city for divisions.
    pub district: DistrictId,
    /// Rules and vault of cases.
    pub office: &'a Office,
    /// The rules of the treatment network.
    pub network: &'a Network,
    /// The texts, in the language of `lang`.
    pub t: &'a T,
    /// The language of answers.
    pub lang: Lang,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Far {
    /// Rows answered.
    pub rows: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes of the file.
    pub of: u64,
}

/// What became of a file.
#[derive(Debug)]
pub struct Outcome {
    /// The rows.
    pub totals: Totals,
    /// The first rejected and flagged ones.
    pub notable: Vec<Notable>,
    /// What is to be said besides the answers to the rows.
    pub aside: Aside,
    /// Why it broke off, when it did. What the totals count was answered before.
    pub broke_off: Option<Failure>,
}

impl Outcome {
    /// Whether anything of the file was written.
    #[must_use]
    pub const fn wrote(&self, dry_run: bool) -> bool {
        let Totals { accepted, changed, flagged, .. } = self.totals;
        !dry_run && (accepted > 0 || changed > 0 || flagged > 0)
    }
}

/// What a file did besides what its rows say: a 12345 list closes what it has no more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Aside {
    /// Classes that were closed.
    pub closed: u64,
    /// Whether none was closed because rows were rejected.
    pub held_open: bool,
}

impl Aside {
    /// The sentence for people; empty when there is nothing to say.
    #[must_use]
    pub fn text(&self, t: &T) -> String {
        match (self.closed, self.held_open) {
            (0, false) => String::new(),
            (0, true) => t.s("intake-held-open").into_owned(),
            (closed, _) => t.n("intake-closed", closed),
        }
    }
}

impl Bringing<'_> {
    /// Brings a file in. `begin` begins the report once the header is known, and every row is answered in it.
    ///
    /// # Errors
    /// When the file cannot be opened, its mapping does not fit, or the report cannot be written. What breaks a load off later is in the outcome.
    pub async fn bring_in<W: Write + Send>(
        &self,
        kind: ImportKind,
        file: &Path,
        taking: &Taking,
        begin: impl FnOnce(&Headers) -> Result<Report<W>, SheetError>,
        progress: &mut (dyn FnMut(Far) + Send),
    ) -> Result<Outcome, Failure> {
        let origin = Origin::File(file.to_owned());
        let mapping = taking.mapping.mapping(kind, taking.crs)?;
        if let (Some(said), Some(mapped)) = (taking.crs, mapping.crs())
            && said != mapped
        {
            return Err(Failure::TwoSystems(said.name(), mapped.name()));
        }
        let limits = Limits::default();
        let source = Source::open(&origin, mapping.hints(), &limits)?;
        let declared = std::fs::File::open(file).map_err(SheetError::Io)?;
        territory::check_declared_crs(source.format(), std::io::BufReader::new(declared), taking.crs.or(mapping.crs()))?;
        let mut report = begin(source.headers())?;
        let read = source.progress();
        let mut far = |rows| progress(Far { rows, bytes: read.done(), of: read.total() });
        let opened = Opened { file, origin: &origin, limits: &limits, mapping: &mapping };
        let (aside, broke_off) = match self.take(kind, taking, opened, source, &mut report, &mut far).await {
            Ok(aside) => (aside, None),
            Err(failure) => (Aside::default(), Some(failure)),
        };
        let (totals, notable) = (report.totals(), report.notable().to_vec());
        report.finish()?;
        Ok(Outcome { totals, notable, aside, broke_off })
    }

    async fn take<W: Write + Send>(
        &self,
        kind: ImportKind,
        taking: &Taking,
        opened: Opened<'_>,
        source: Source,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Aside, Failure> {
        let (ctx, db, district, mapping) = (self.ctx, self.db, self.district, opened.mapping);
        let say = |problem: &Problem| territory::sentence(self.t, self.lang, problem);
        if let Some(sheet) = mappings::sheet_kind(kind) {
            let options = ImportOptions { dry_run: taking.dry_run, crs: taking.crs, default_community: taking.community.clone() };
            let (origin, limits) = (opened.origin, opened.limits);
            let import = SheetImport { ctx, db, district, kind: sheet, origin, limits, options: &options, say: &say };
            import.run(source, mapping, report, progress).await?;
            return Ok(Aside::default());
        }
        let done: Result<(), Failure> = match kind {
            ImportKind::Divisions => self.divisions(taking, opened, source, report, progress).await,
            ImportKind::Boundaries => {
                let place = self.place(taking.community.as_deref()).await?;
                let options = BoundaryOptions { dry_run: taking.dry_run, crs: taking.crs, place, source: opened.origin.name() };
                let import = BoundaryImport { ctx, db, district, options: &options, say: &say };
                import.run(source, mapping, report, progress).await?;
                Ok(())
            }
            ImportKind::People | ImportKind::Appointments => {
                let kind = if kind == ImportKind::People { PeopleKind::People } else { PeopleKind::Appointments };
                let import = PeopleImport { ctx, db, district, kind, dry_run: taking.dry_run, say: &say };
                import.run(source, mapping, report, progress).await?;
                Ok(())
            }
            ImportKind::Institutions
            | ImportKind::Returns
            | ImportKind::TreatmentGrids
            | ImportKind::GridMembers
            | ImportKind::Catchments
            | ImportKind::Staff
            | ImportKind::Beds => {
                let kind = mappings::network_kind(kind).unwrap_or(NetworkKind::Institutions);
                let (network, dry_run) = (self.network, taking.dry_run);
                let import = NetworkImport { ctx, db, network, district, kind, dry_run, say: &say };
                import.run(source, mapping, report, progress).await?;
                Ok(())
            }
            ImportKind::Classes => return self.classes(taking, opened, source, report, progress).await,
            ImportKind::Hotline => self.tickets(taking, opened, source, report, progress).await,
            _ => self.cases(taking, opened, source, report, progress).await,
        };
        done.map(|()| Aside::default())
    }

    async fn divisions<W: Write + Send>(
        &self,
        taking: &Taking,
        opened: Opened<'_>,
        source: Source,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), Failure> {
        let say = |problem: &Problem| territory::sentence(self.t, self.lang, problem);
        let named = DivisionSource { name: opened.origin.name().into(), data_date: "".into(), licence: "".into() };
        let options = DivisionOptions { dry_run: taking.dry_run, source: named, make_parents: true };
        let mapping = matches!(taking.mapping, Choice::Toml(_)).then_some(opened.mapping);
        let table = (opened.file, Some(source));
        let mut answers = InReport::new(report, &say);
        territory::import_divisions_mapped(self.ctx, self.db, table, mapping, &options, &mut answers, progress).await?;
        Ok(answers.done()?)
    }

    async fn tickets<W: Write + Send>(
        &self,
        taking: &Taking,
        opened: Opened<'_>,
        source: Source,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), Failure> {
        let place = self.place_or_district(taking).await?;
        let say = |error: &FieldError| cases::sentence(self.t, self.lang, error);
        let import = cases::TicketImport {
            ctx: self.ctx,
            db: self.db,
            office: self.office,
            neighbours: &Neighbourhood,
            district: self.district,
            dry_run: taking.dry_run,
            place,
            origin: opened.origin,
            limits: opened.limits,
            say: &say,
        };
        import.run(source, opened.mapping, report, progress).await?;
        Ok(())
    }

    async fn cases<W: Write + Send>(
        &self,
        taking: &Taking,
        opened: Opened<'_>,
        source: Source,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), Failure> {
        let place = self.place_or_district(taking).await?;
        let outline = match &place {
            None => None,
            Some(place) => {
                let mut read = self.db.read().await?;
                let kept = linli_territory::queries::boundary(&mut read.conn(), self.district, place).await?;
                kept.and_then(|boundary| Shape::from_geojson(&boundary.geojson).ok())
            }
        };
        let stem = || opened.origin.name().rsplit_once('.').map_or_else(|| opened.origin.name(), |(stem, _)| stem.to_owned());
        let system = taking.system.clone().unwrap_or_else(stem);
        let options = cases::ImportOptions { dry_run: taking.dry_run, system, place, outline };
        let say = |error: &FieldError| cases::sentence(self.t, self.lang, error);
        let import = cases::Import {
            ctx: self.ctx,
            db: self.db,
            office: self.office,
            neighbours: &Neighbourhood,
            district: self.district,
            options: &options,
            origin: opened.origin,
            limits: opened.limits,
            say: &say,
        };
        import.run(source, opened.mapping, report, progress).await?;
        Ok(())
    }

    async fn classes<W: Write + Send>(
        &self,
        taking: &Taking,
        opened: Opened<'_>,
        source: Source,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Aside, Failure> {
        let place = self.place_or_district(taking).await?.unwrap_or_default();
        let options = ClassOptions { dry_run: taking.dry_run, place, source: opened.origin.name() };
        let say = |error: &FieldError| cases::sentence(self.t, self.lang, error);
        let import = ClassImport {
            ctx: self.ctx,
            db: self.db,
            office: self.office,
            district: self.district,
            options: &options,
            say: &say,
        };
        let done = import.run(source, opened.mapping, report, progress).await?;
        Ok(Aside { closed: done.closed, held_open: done.held_open })
    }

    /// The place that was named, else the district.
    async fn place_or_district(&self, taking: &Taking) -> Result<Option<PlacePath>, Failure> {
        if let Some(place) = self.place(taking.community.as_deref()).await? {
            return Ok(Some(place));
        }
        let mut read = self.db.read().await?;
        Ok(linli_territory::queries::district(&mut read.conn(), self.district).await?.map(|district| district.path))
    }

    async fn place(&self, key: Option<&str>) -> Result<Option<PlacePath>, Failure> {
        let Some(key) = key else { return Ok(None) };
        let mut read = self.db.read().await?;
        let found = linli_territory::queries::resolve(&mut read.conn(), self.district, key).await?;
        found.map(|place| Some(place.path)).ok_or_else(|| Failure::NoPlace(key.to_owned()))
    }
}

struct Opened<'a> {
    file: &'a Path,
    origin: &'a Origin,
    limits: &'a Limits,
    mapping: &'a Mapping,
}

/// Gives every estate and entrance of a district its board code; those that have one keep it.
///
/// # Errors
/// Store errors.
pub async fn ensure_board_codes(ctx: &Ctx, db: &Db, district: DistrictId, top: &PlacePath) -> anyhow::Result<()> {
    for level in [PlaceLevel::Estate, PlaceLevel::Entrance] {
        let mut after: Option<PlacePath> = None;
        loop {
            let (last, missing) = {
                let mut read = db.read().await?;
                let c = &mut read.conn();
                let places = linli_territory::queries::places_of_level(c, district, top, level, after.as_ref(), 500).await?;
                let Some(last) = places.last().map(|p| p.path.clone()) else { break };
                let paths: Vec<PlacePath> = places.into_iter().map(|p| p.path).collect();
                (last, linli_board::queries::without_code(c, district, &paths).await?)
            };
            if !missing.is_empty() {
                let mut tx = db.begin(district).await?;
                linli_board::commands::ensure_codes(ctx, &mut tx, &missing).await?;
                tx.commit().await?;
            }
            after = Some(last);
        }
    }
    Ok(())
}
