//! Tables of every format, with a mapping of their columns where they have other names than the own format.

use std::io::Write;
use std::sync::Arc;

use linli_access::Ctx;
use linli_db::Db;
use linli_geo::Point;
use linli_kernel::DistrictId;
use linli_sheet::{
    Bound, FieldError, FieldKind, FieldSpec, Lang, Limits, Mapping, MappingError, Origin, Record, Report, Schema, SheetError,
    Source,
};
use linli_webkit::T;

use super::kinds::{Components, Estates, Grids, Homes};
use super::run::{Kind, Shares, run};
use super::{ImportOptions, InReport, Row};
use crate::TerritoryError;
use crate::error::Problem;

/// Longest geometry in a cell, characters: an outline by mistake where a point belongs must be named, not cut.
const GEOMETRY_CHARS: usize = 16 << 20;

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetKind {
    /// Estates.
    Estates,
    /// Homes.
    Homes,
    /// Components.
    Components,
    /// Governance grids.
    Grids,
}

impl SheetKind {
    /// The fields that a mapping may fill. Cells are read as people write them (units, several forms of a day), so that a mapping
    /// need only name the columns; a place is `location = { lon = "…", lat = "…" }` under `[coordinates] crs = "…"`.
    #[must_use]
    pub fn schema(self) -> Arc<Schema> {
        let mut fields = self.fields();
        if matches!(self, Self::Estates | Self::Components) {
            fields.push(FieldSpec::new("location", FieldKind::Point));
        }
        Arc::new(Schema::new(self.name(), fields))
    }

    /// The word of the command line and of a mapping's `kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Estates => "estates",
            Self::Homes => "homes",
            Self::Components => "components",
            Self::Grids => "grids",
        }
    }

    /// The mapping of the own format. A file without another names its coordinate systems row by row, so `lon`, `lat` and `crs`
    /// are plain cells; a GeoJSON file has its points in `geometry`.
    #[must_use]
    pub fn own_mapping(self) -> Mapping {
        Mapping::by_name(&Arc::new(Schema::new(self.name(), self.fields())), None)
    }

    fn fields(self) -> Vec<FieldSpec> {
        let text = |name| FieldSpec::new(name, FieldKind::Text);
        let key = |name| FieldSpec::new(name, FieldKind::Identifier).max_chars(300);
        let place = [
            text("lon").aliases(&["经度"]),
            text("lat").aliases(&["纬度"]),
            text("crs").aliases(&["坐标系"]),
            text("geometry").max_chars(GEOMETRY_CHARS),
        ];
        match self {
            Self::Estates => [
                key("estate_code").required().aliases(&["小区编码"]),
                key("community_code").aliases(&["社区代码"]),
                text("name").required().aliases(&["小区名称"]),
                text("kind").aliases(&["小区类型"]),
                text("year_built").aliases(&["建成年份"]),
                text("area_m2").aliases(&["建筑面积"]),
                text("households").aliases(&["户数"]),
                text("buildings").aliases(&["楼栋数"]),
                text("management").aliases(&["管理方式"]),
                text("manager_name").aliases(&["物业公司"]),
                key("manager_credit_code").aliases(&["统一社会信用代码"]),
                text("managed_since").aliases(&["接管日期"]),
            ]
            .into_iter()
            .chain(place)
            .collect(),
            Self::Homes => vec![
                key("estate_code").required().aliases(&["小区编码"]),
                key("building").required().aliases(&["楼栋"]),
                key("entrance").required().aliases(&["单元"]),
                text("floor").aliases(&["楼层"]),
                key("room").required().aliases(&["房号"]),
                text("area_m2").aliases(&["建筑面积"]),
            ],
            Self::Components => [
                key("component_id").required().aliases(&["标识码", "部件标识码"]),
                text("name").aliases(&["名称"]),
                key("class_code").aliases(&["类别代码"]),
                key("place").aliases(&["所在地点"]),
                text("state").aliases(&["状态"]),
                key("department_code").aliases(&["主管部门代码"]),
                text("department_name").aliases(&["主管部门名称"]),
                text("since").aliases(&["初始日期"]),
            ]
            .into_iter()
            .chain(place)
            .collect(),
            Self::Grids => vec![
                key("grid_code").required().aliases(&["网格编码"]),
                text("name").required().aliases(&["网格名称"]),
                key("community_code").required().aliases(&["社区代码"]),
                text("covers").required().aliases(&["覆盖范围"]).max_chars(20_000),
            ],
        }
    }
}

/// A row of a table with what it says.
#[derive(Debug, Clone)]
pub struct SheetRow {
    row: linli_sheet::Row,
    record: Result<Record, Vec<FieldError>>,
}

impl SheetRow {
    /// The row as it stands in the file.
    #[must_use]
    pub const fn row(&self) -> &linli_sheet::Row {
        &self.row
    }

    /// What the table reader refused in it; empty when it could be read.
    #[must_use]
    pub fn refused(&self) -> &[FieldError] {
        self.record.as_ref().err().map_or(&[], Vec::as_slice)
    }
}

impl Row for SheetRow {
    fn line(&self) -> u64 {
        self.row.line
    }
    fn cell(&self, column: &str) -> Option<&str> {
        self.record.as_ref().ok().and_then(|record| record.opt_text(column))
    }
    fn broken(&self) -> Option<Problem> {
        self.record.as_ref().err().and_then(|errors| errors.first()).map(problem_of)
    }
    fn located(&self) -> Option<Point> {
        let record = self.record.as_ref().ok().filter(|record| record.knows("location"))?;
        record.point("location").map(|located| located.point)
    }
}

/// A refusal of the table reader as a problem of ours.
pub(super) fn problem_of(error: &FieldError) -> Problem {
    // The names of fields are few and known; a refusal names one of them or the row as a whole.
    let names = [SheetKind::Estates, SheetKind::Homes, SheetKind::Components, SheetKind::Grids]
        .into_iter()
        .flat_map(|k| k.schema().fields.clone());
    let divisions = super::division_schema();
    let field =
        names.chain(divisions.fields.iter().copied()).find(|spec| spec.name == error.field).map_or("row", |spec| spec.name);
    Problem::new(field, error.code, error.value.clone())
}

/// What makes a row unusable before its cells are looked at.
pub(super) fn row_problem(row: &linli_sheet::Row) -> Option<Problem> {
    row.row_problem().map(|problem| Problem::new("row", problem.code(), ""))
}

/// Why a table could not be taken at all, or a load broke off. Whole batches before that are kept.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The room refused, or the store.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// The file.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The mapping does not fit the file.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

/// The sentence for a problem: the field, what is wrong with it, and the value.
#[must_use]
pub fn sentence(t: &T, lang: Lang, problem: &Problem) -> String {
    let key = format!("territory-problem-{}", problem.what);
    let Some(what) = t.opt(&key) else { return FieldError::new(problem.field, problem.what).value(&problem.detail).text(lang) };
    if problem.detail.is_empty() {
        format!("{}: {what}", problem.field)
    } else {
        format!("{}: {what} ({})", problem.field, problem.detail)
    }
}

/// A table to be taken.
pub struct SheetImport<'a> {
    /// Who imports.
    pub ctx: &'a Ctx,
    /// The store.
    pub db: &'a Db,
    /// The district the rows belong to.
    pub district: DistrictId,
    /// What the rows are.
    pub kind: SheetKind,
    /// The file, which is read a second time for the points that rows share.
    pub origin: &'a Origin,
    /// How large it may be.
    pub limits: &'a Limits,
    /// How it is to be taken.
    pub options: &'a ImportOptions,
    /// How problems are said, usually [`sentence`].
    pub say: &'a (dyn Fn(&Problem) -> String + Sync),
}

impl SheetImport<'_> {
    /// Takes the table that was opened from the origin with the mapping ([`SheetKind::own_mapping`] for the own format). Every row
    /// is answered in the report. `progress` is told the rows done.
    ///
    /// # Errors
    /// See [`ImportError`]; whole batches before that are kept.
    pub async fn run<W: Write + Send>(
        &self,
        source: Source,
        mapping: &Mapping,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<linli_sheet::Totals, ImportError> {
        let options = ImportOptions { crs: self.options.crs.or(mapping.crs()), ..self.options.clone() };
        match self.kind {
            SheetKind::Estates => self.take(&Estates::of(&options), (source, mapping), report, progress).await,
            SheetKind::Homes => self.take(&Homes::of(&options), (source, mapping), report, progress).await,
            SheetKind::Components => self.take(&Components::of(&options), (source, mapping), report, progress).await,
            SheetKind::Grids => self.take(&Grids::of(&options), (source, mapping), report, progress).await,
        }
    }

    async fn take<K: Kind, W: Write + Send>(
        &self,
        kind: &K,
        (source, mapping): (Source, &Mapping),
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<linli_sheet::Totals, ImportError> {
        let mut table = Opened::of(source, mapping)?;
        let shares = match self.kind {
            SheetKind::Estates | SheetKind::Components => Some(self.shares(kind, mapping)?),
            SheetKind::Homes | SheetKind::Grids => None,
        };
        let mut broke_off = None;
        let rows = std::iter::from_fn(|| match table.next()? {
            Ok(row) => Some(Ok(row)),
            Err(error) => {
                broke_off = Some(error);
                None
            }
        });
        let mut answers = InReport::new(report, self.say);
        run(kind, self.ctx, (self.db, self.district), rows, (self.options, shares), &mut answers, progress).await?;
        answers.done()?;
        match broke_off {
            Some(error) => Err(error.into()),
            None => Ok(report.totals()),
        }
    }

    /// Reads the table once for its points alone, so that a point shared by very many is doubted in the first row already.
    fn shares<K: Kind>(&self, kind: &K, mapping: &Mapping) -> Result<Shares, ImportError> {
        let mut shares = Shares::new();
        let mut table = Opened::of(Source::open(self.origin, mapping.hints(), self.limits)?, mapping)?;
        while let Some(row) = table.next() {
            let Ok(row) = row else { break };
            if let Some(point) = kind.read(&row).ok().and_then(|input| kind.point(&input)) {
                *shares.entry(point).or_default() += 1;
            }
        }
        Ok(shares)
    }
}

struct Opened {
    source: Source,
    bound: Bound,
}

impl Opened {
    fn of(source: Source, mapping: &Mapping) -> Result<Self, ImportError> {
        let bound = mapping.bind(source.headers(), source.format())?;
        Ok(Self { source, bound })
    }

    fn next(&mut self) -> Option<Result<SheetRow, SheetError>> {
        let row = self.source.next()?;
        Some(row.map(|row| {
            let record = self.bound.apply(&row);
            SheetRow { row, record }
        }))
    }
}
