//! Outlines from GeoJSON, or from any table with a column that holds one.

use std::io::Write;
use std::sync::Arc;

use linli_access::Ctx;
use linli_db::{Db, Tx};
use linli_geo::Crs;
use linli_kernel::{DistrictId, PlacePath};
use linli_sheet::{FieldKind, FieldSpec, Format, Mapping, Record, Report, Schema, Source};

use super::cells::misplaced;
use super::{ImportError, InReport};
use crate::commands::{BoundaryInput, put_boundary};
use crate::error::{Answer, Problem, TerritoryError};
use crate::queries;

/// Outlines of one transaction. Each is a change of a place of its own and has a journal line of its own.
const BATCH: usize = 200;
/// Longest outline, characters.
const GEOMETRY_CHARS: usize = 16 << 20;

/// The fields of a file of outlines: the place as an official code or a natural key, and its geometry.
#[must_use]
pub fn boundary_schema() -> Arc<Schema> {
    Arc::new(Schema::new(
        "boundaries",
        [
            FieldSpec::new("place", FieldKind::Identifier).aliases(&["adcode", "code", "区划代码"]).max_chars(300),
            FieldSpec::new("geometry", FieldKind::Text).required().aliases(&["边界"]).max_chars(GEOMETRY_CHARS),
        ],
    ))
}

/// The mapping of a file whose columns (of GeoJSON: properties) have these names.
#[must_use]
pub fn boundary_mapping() -> Mapping {
    Mapping::by_name(&boundary_schema(), None)
}

/// How a file of outlines is to be taken.
#[derive(Debug, Clone)]
pub struct BoundaryOptions {
    /// Answer every outline, write nothing.
    pub dry_run: bool,
    /// The coordinate system of the numbers. Published outlines of China are often GCJ-02 without saying so; nothing is guessed.
    pub crs: Option<Crs>,
    /// The place of outlines that name none.
    pub place: Option<PlacePath>,
    /// Who published it and under what terms.
    pub source: String,
}

/// A file of outlines to be taken.
pub struct BoundaryImport<'a> {
    /// Who imports.
    pub ctx: &'a Ctx,
    /// The store.
    pub db: &'a Db,
    /// The district the places belong to.
    pub district: DistrictId,
    /// How it is to be taken.
    pub options: &'a BoundaryOptions,
    /// How problems are said, usually [`super::sentence`].
    pub say: &'a (dyn Fn(&Problem) -> String + Sync),
}

impl BoundaryImport<'_> {
    /// Records the outlines, each converted to WGS-84 and with its original beside it. Every row is answered in the report.
    ///
    /// # Errors
    /// `Invalid` when no coordinate system is named, and see [`ImportError`]; whole batches before that are kept.
    pub async fn run<W: Write + Send>(
        &self,
        source: Source,
        mapping: &Mapping,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<linli_sheet::Totals, ImportError> {
        let bound = mapping.bind(source.headers(), source.format())?;
        let crs = self.options.crs.or(mapping.crs());
        let crs = crs.ok_or_else(|| TerritoryError::Invalid(Problem::new("crs", "crs_missing", "--crs wgs84 / gcj02")))?;
        let mut answers = InReport::new(report, self.say);
        let mut tx = None;
        let mut done = 0_u64;
        for row in source {
            let row = row?;
            let mut here = match tx.take() {
                Some(tx) => tx,
                None => self.db.begin(self.district).await.map_err(TerritoryError::from)?,
            };
            let (refused, answer) = match bound.apply(&row) {
                Err(errors) => (errors, Problem::new("row", "unreadable", "").into()),
                Ok(record) => (Vec::new(), self.put(&mut here, &record, crs).await?),
            };
            answers.tell(&row, &refused, &answer);
            done += 1;
            if usize::try_from(done).is_ok_and(|n| n % BATCH == 0) && !self.options.dry_run {
                here.commit().await.map_err(TerritoryError::from)?;
                progress(done);
            } else {
                tx = Some(here);
            }
        }
        if let Some(tx) = tx.filter(|_| !self.options.dry_run) {
            tx.commit().await.map_err(TerritoryError::from)?;
        }
        answers.done()?;
        progress(done);
        Ok(report.totals())
    }

    async fn put(&self, tx: &mut Tx, record: &Record, crs: Crs) -> Result<Answer, TerritoryError> {
        let geometry = record.text("geometry").to_owned();
        match linli_geo::parse_geometry(&geometry, crs, &linli_geo::Limits::default()) {
            Ok(linli_geo::Geometry::Shape(_)) => {}
            Ok(linli_geo::Geometry::Point(_)) => return Ok(Problem::new("geometry", "no_outline", "").into()),
            Err(e) => return Ok(misplaced("geometry", &e).into()),
        }
        let path = match (record.opt_text("place"), &self.options.place) {
            (Some(key), _) => match queries::resolve(&mut tx.conn()?, self.district, key).await? {
                Some(place) => place.path,
                None => return Ok(Problem::new("place", "unknown", key).into()),
            },
            (None, Some(path)) => path.clone(),
            (None, None) => return Ok(Problem::new("place", "missing", "").into()),
        };
        let input = BoundaryInput { path, geometry, crs, source: self.options.source.clone() };
        match put_boundary(self.ctx, tx, &input).await {
            Ok(outcome) => Ok(Answer::of(outcome)),
            Err(TerritoryError::Invalid(problem)) => Ok(problem.into()),
            Err(TerritoryError::Unknown(place)) => Ok(Problem::new("place", "unknown", place).into()),
            Err(other) => Err(other),
        }
    }
}

/// Refuses a GeoJSON file that names another coordinate system than it is to be read in; other files name theirs in columns.
///
/// # Errors
/// `Invalid` with field `crs`.
pub fn check_declared_crs(format: Format, mut file: impl std::io::Read, crs: Option<Crs>) -> Result<(), TerritoryError> {
    #[derive(serde::Deserialize)]
    struct Root {
        crs: Option<serde_json::Value>,
    }
    let Some(crs) = crs.filter(|_| format == Format::Geojson) else { return Ok(()) };
    // A file that is no JSON is refused with its line by whoever reads its rows.
    let Ok(Root { crs: Some(declared) }) = serde_json::from_reader(&mut file) else { return Ok(()) };
    linli_geo::check_declared_crs(&declared, crs)
        .map_err(|e| TerritoryError::Invalid(Problem::new("crs", "geojson", e.to_string())))
}
