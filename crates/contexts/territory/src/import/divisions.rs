//! Official divisions from published tables: hundreds of thousands of rows in one pass, in bounded memory.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use linli_access::Ctx;
use linli_db::{Db, Tx};
use linli_kernel::DistrictId;
use linli_sheet::{Bound, FieldError, FieldKind, FieldSpec, Limits, Mapping, Origin, Record, Schema, Source};

use super::{Answers, Row, Totals, sheets};
use crate::TerritoryError;
use crate::commands::{DivisionInput, DivisionRegister, DivisionSource, division_register, put_divisions};
use crate::error::{Answer, Problem};

/// Rows that are recorded at once.
const BATCH: usize = 5_000;
/// Rows of one transaction: large enough that its one fsync does not count, small enough that others get their turn.
const TRANSACTION: usize = 50_000;
/// Tables that may lie beside the one that is loaded, from the top down, with the length of their codes.
const COMPANIONS: [(&str, usize); 3] = [("cities.csv", 4), ("areas.csv", 6), ("streets.csv", 9)];

/// How a table of divisions is to be taken.
#[derive(Debug, Clone)]
pub struct DivisionOptions {
    /// Answer every row, write nothing.
    pub dry_run: bool,
    /// The data set, for the record of where each name came from.
    pub source: DivisionSource,
    /// Make streets, districts and cities that are missing from the codes of what lies under them, named by code and doubted.
    pub make_parents: bool,
}

/// The fields of a table of divisions, for a mapping.
#[must_use]
pub fn division_schema() -> Arc<Schema> {
    let text = |name| FieldSpec::new(name, FieldKind::Text).max_chars(200);
    let code = |name| FieldSpec::new(name, FieldKind::Identifier).max_chars(20);
    Arc::new(Schema::new(
        "divisions",
        [
            code("code").required().aliases(&["区划代码", "统计用区划代码"]),
            text("name").aliases(&["名称"]),
            code("street_code").aliases(&["streetCode"]),
            code("area_code").aliases(&["areaCode"]),
            code("city_code").aliases(&["cityCode"]),
            text("street_name"),
            text("area_name"),
            text("city_name"),
            text("province_name"),
        ],
    ))
}

/// A row of a table of divisions.
#[derive(Debug, Clone)]
pub struct DivisionRow {
    row: linli_sheet::Row,
    columns: Arc<HashMap<&'static str, usize>>,
    mapped: Option<Result<Record, Vec<FieldError>>>,
}

impl Row for DivisionRow {
    fn line(&self) -> u64 {
        self.row.line
    }
    fn cell(&self, column: &str) -> Option<&str> {
        match &self.mapped {
            Some(Ok(record)) => record.opt_text(column),
            Some(Err(_)) => None,
            None => self.columns.get(column).and_then(|i| self.row.at(*i)),
        }
    }
    fn broken(&self) -> Option<Problem> {
        match &self.mapped {
            Some(Err(errors)) => errors.first().map(sheets::problem_of),
            _ => sheets::row_problem(&self.row),
        }
    }
}

impl DivisionRow {
    /// The row as it stands in the file.
    #[must_use]
    pub const fn row(&self) -> &linli_sheet::Row {
        &self.row
    }

    /// What the table reader refused in it; empty when it could be read.
    #[must_use]
    pub fn refused(&self) -> &[FieldError] {
        match &self.mapped {
            Some(Err(errors)) => errors,
            _ => &[],
        }
    }
}

/// Loads a table of divisions (xlsx, csv, JSON): columns `code` and `name`, and where they are there the codes of the places above
/// (which must agree with the code) and their names (`street_name`, `area_name`, `city_name`, `province_name`: then these places are
/// recorded too). When `cities.csv`, `areas.csv` and `streets.csv` lie beside the file, what they say of the places above is loaded first.
///
/// # Errors
/// `Invalid` with field `file` when it cannot be read or lacks a column, `Denied`, store errors. What is wrong with a row is its answer.
pub async fn import_divisions(
    ctx: &Ctx,
    db: &Db,
    file: &Path,
    options: &DivisionOptions,
    report: &mut (dyn Answers<DivisionRow> + Send),
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Totals, TerritoryError> {
    import_divisions_mapped(ctx, db, (file, None), None, options, report, progress).await
}

/// The same with a mapping of columns to [`division_schema`], and with the table that was opened from the file already.
///
/// # Errors
/// As [`import_divisions`].
pub async fn import_divisions_mapped(
    ctx: &Ctx,
    db: &Db,
    (file, opened): (&Path, Option<Source>),
    mapping: Option<&Mapping>,
    options: &DivisionOptions,
    report: &mut (dyn Answers<DivisionRow> + Send),
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Totals, TerritoryError> {
    let width = code_width(file, mapping)?;
    let mut load = Load::begin(ctx, db, options, province_names(file)?).await?;
    for (name, _) in COMPANIONS.iter().filter(|(_, companion)| *companion < width) {
        let companion = file.with_file_name(name);
        if companion.exists() && companion != file {
            // What the companions hold is not part of the file that was asked for; only its own rows are answered.
            load.table(ctx, db, Table::open(&companion, None)?, &mut Silent, &mut |_| {}).await?;
            load.seen.clear();
        }
    }
    load.totals = Totals::default();
    let table = match opened {
        Some(source) => Table::of(file, source, mapping)?,
        None => Table::open(file, mapping)?,
    };
    load.table(ctx, db, table, report, progress).await?;
    let totals = load.totals;
    load.end().await?;
    Ok(totals)
}

struct Silent;

impl Answers<DivisionRow> for Silent {
    fn answered(&mut self, _: &DivisionRow, _: &Answer) {}
    fn unreadable(&mut self, _: u64, _: &Problem) {}
    fn doubted_later(&mut self, _: u64, _: &Problem) {}
}

struct Load<'a> {
    options: &'a DivisionOptions,
    provinces: HashMap<String, String>,
    register: DivisionRegister,
    tx: Option<Tx>,
    in_tx: usize,
    /// Codes of this file, as numbers with the line where each stood.
    seen: HashMap<u64, u64>,
    /// Parents whose name this file has told already.
    told: HashSet<String>,
    totals: Totals,
}

impl<'a> Load<'a> {
    async fn begin(
        ctx: &Ctx,
        db: &Db,
        options: &'a DivisionOptions,
        provinces: HashMap<String, String>,
    ) -> Result<Self, TerritoryError> {
        let mut tx = db.begin(DistrictId::CITY).await?;
        let register = division_register(ctx, &mut tx, &options.source, options.make_parents).await?;
        Ok(Self {
            options,
            provinces,
            register,
            tx: Some(tx),
            in_tx: 0,
            seen: HashMap::new(),
            told: HashSet::new(),
            totals: Totals::default(),
        })
    }

    async fn table(
        &mut self,
        ctx: &Ctx,
        db: &Db,
        table: Table,
        report: &mut (dyn Answers<DivisionRow> + Send),
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), TerritoryError> {
        let mut batch = Batch::default();
        for row in table {
            self.take(row?, &mut batch);
            if batch.rows.len() >= BATCH {
                self.flush(ctx, db, &mut batch, report).await?;
                progress(self.totals.rows);
            }
        }
        self.flush(ctx, db, &mut batch, report).await?;
        progress(self.totals.rows);
        Ok(())
    }

    /// Puts a row into the batch, after the places above it that it names.
    fn take(&mut self, row: DivisionRow, batch: &mut Batch) {
        match self.checked(&row) {
            Err(problem) => batch.rows.push((row, Err(problem))),
            Ok(code) => {
                self.tell_parents(&row, &code, batch);
                let name = row.cell("name").map(str::trim).filter(|n| !n.is_empty());
                let name = name.map(|n| self.full_name(&code, n));
                batch.rows.push((row, Ok(batch.inputs.len())));
                batch.inputs.push(DivisionInput { code, name });
            }
        }
    }

    fn checked(&mut self, row: &DivisionRow) -> Result<String, Problem> {
        if let Some(problem) = row.broken() {
            return Err(problem);
        }
        let code = row.cell("code").map(str::trim).unwrap_or_default();
        if code.is_empty() {
            return Err(Problem::new("code", "missing", ""));
        }
        linli_kernel::division_code(code).map_err(|e| Problem::new("code", "division_code", e.to_string()))?;
        for (column, digits) in [("street_code", 9), ("area_code", 6), ("city_code", 4)] {
            let stated = row.cell(column).map(str::trim).filter(|s| !s.is_empty());
            if let Some(stated) = stated.filter(|stated| code.len() > digits && code.get(..digits) != Some(*stated)) {
                return Err(Problem::new(column, "parent_differs", format!("{stated} / {code}")));
            }
        }
        // Twelve digits fit a number; the length tells apart codes that differ in leading zeros only.
        let key = code.parse::<u64>().unwrap_or(0) * 16 + u64::try_from(code.len()).unwrap_or(0);
        match self.seen.insert(key, row.line()) {
            Some(first) => {
                self.seen.insert(key, first);
                Err(Problem::new("code", "duplicate", format!("= {first}")))
            }
            None => Ok(code.to_owned()),
        }
    }

    fn tell_parents(&mut self, row: &DivisionRow, code: &str, batch: &mut Batch) {
        for (column, digits) in [("city_name", 4), ("area_name", 6), ("street_name", 9)] {
            let (Some(name), Some(parent)) = (row.cell(column).map(str::trim).filter(|n| !n.is_empty()), code.get(..digits))
            else {
                continue;
            };
            if code.len() <= digits || self.told.contains(parent) {
                continue;
            }
            self.told.insert(parent.to_owned());
            let name = match row.cell("province_name").map(str::trim) {
                Some(province) if digits == 4 => city_name(name, province),
                _ => name.to_owned(),
            };
            batch.inputs.push(DivisionInput { code: parent.to_owned(), name: Some(name) });
        }
    }

    fn full_name(&self, code: &str, name: &str) -> String {
        match code.get(..2).and_then(|province| self.provinces.get(province)) {
            Some(province) if code.len() == 4 => city_name(name, province),
            _ => name.to_owned(),
        }
    }

    async fn flush(
        &mut self,
        ctx: &Ctx,
        db: &Db,
        batch: &mut Batch,
        report: &mut (dyn Answers<DivisionRow> + Send),
    ) -> Result<(), TerritoryError> {
        let mut tx = match self.tx.take() {
            Some(tx) => tx,
            None => db.begin(DistrictId::CITY).await?,
        };
        let mut answers: Vec<Option<Answer>> =
            put_divisions(ctx, &mut tx, &mut self.register, &batch.inputs).await?.into_iter().map(Some).collect();
        self.in_tx += batch.inputs.len();
        // A dry run stays in its one transaction, so that later rows find the places above them, and is dropped at the end.
        if self.in_tx >= TRANSACTION && !self.options.dry_run {
            tx.commit().await?;
            self.in_tx = 0;
        } else {
            self.tx = Some(tx);
        }
        batch.inputs.clear();
        for (row, input) in batch.rows.drain(..) {
            let answer = match input {
                Err(problem) => problem.into(),
                Ok(index) => {
                    answers.get_mut(index).and_then(Option::take).unwrap_or_else(|| Problem::new("code", "unanswered", "").into())
                }
            };
            self.totals.count(&answer);
            report.answered(&row, &answer);
        }
        Ok(())
    }

    async fn end(self) -> Result<(), TerritoryError> {
        match self.tx {
            Some(tx) if !self.options.dry_run => Ok(tx.commit().await?),
            _ => Ok(()),
        }
    }
}

#[derive(Default)]
struct Batch {
    inputs: Vec<DivisionInput>,
    rows: Vec<(DivisionRow, Result<usize, Problem>)>,
}

/// The second level of a municipality or of counties directly under a province has a name that says nothing by itself
/// (市辖区, 县, 省直辖县级行政区划): the province's name is put there or before it.
fn city_name(name: &str, province: &str) -> String {
    match name {
        "市辖区" => province.to_owned(),
        "县" | "省直辖县级行政区划" | "自治区直辖县级行政区划" => format!("{province}{name}"),
        _ => name.to_owned(),
    }
}

fn unreadable(file: &Path, problem: &str) -> TerritoryError {
    TerritoryError::Invalid(Problem::new("file", "unreadable", format!("{}: {problem}", file.display())))
}

/// A table of divisions, row by row.
struct Table {
    file: PathBuf,
    source: Source,
    columns: Arc<HashMap<&'static str, usize>>,
    bound: Option<Bound>,
}

impl Table {
    fn open(file: &Path, mapping: Option<&Mapping>) -> Result<Self, TerritoryError> {
        let hints = mapping.map(|m| m.hints().clone()).unwrap_or_default();
        let source = Source::open(&Origin::File(file.to_owned()), &hints, &Limits::default());
        Self::of(file, source.map_err(|e| unreadable(file, &e.to_string()))?, mapping)
    }

    fn of(file: &Path, source: Source, mapping: Option<&Mapping>) -> Result<Self, TerritoryError> {
        let bound = mapping.map(|m| m.bind(source.headers(), source.format())).transpose();
        let bound = bound.map_err(|e| unreadable(file, &e.to_string()))?;
        if bound.is_none() {
            // Hundreds of thousands of rows are read by position, which is quicker; the header is judged as any other.
            let own = Mapping::by_name(&division_schema(), None).bind(source.headers(), source.format());
            own.map_err(|e| unreadable(file, &e.to_string()))?;
        }
        let find = |spec: &FieldSpec| {
            let mut names = std::iter::once(spec.name).chain(spec.aliases.iter().copied());
            names.find_map(|name| source.headers().find(name)).map(|at| (spec.name, at))
        };
        let columns: HashMap<&'static str, usize> = division_schema().fields.iter().filter_map(find).collect();
        if bound.is_none() && !columns.contains_key("code") {
            return Err(unreadable(file, "no column `code`"));
        }
        Ok(Self { file: file.to_owned(), source, columns: Arc::new(columns), bound })
    }
}

impl Iterator for Table {
    type Item = Result<DivisionRow, TerritoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.source.next()?;
        Some(row.map_err(|e| unreadable(&self.file, &e.to_string())).map(|row| {
            let mapped = self.bound.as_ref().map(|bound| bound.apply(&row));
            DivisionRow { row, columns: Arc::clone(&self.columns), mapped }
        }))
    }
}

/// The length of the first code of a table that is one.
fn code_width(file: &Path, mapping: Option<&Mapping>) -> Result<usize, TerritoryError> {
    for row in Table::open(file, mapping)?.take(100) {
        let row = row?;
        if let Some(code) = row.cell("code").map(str::trim).filter(|c| linli_kernel::division_code(c).is_ok()) {
            return Ok(code.len());
        }
    }
    Ok(0)
}

/// The names of the provinces by their two digits, from `provinces.csv` beside the file when it is there.
fn province_names(file: &Path) -> Result<HashMap<String, String>, TerritoryError> {
    let beside = file.with_file_name("provinces.csv");
    let mut names = HashMap::new();
    if beside.exists() {
        for row in Table::open(&beside, None)? {
            let row = row?;
            if let (Some(code), Some(name)) = (row.cell("code"), row.cell("name")) {
                names.insert(code.to_owned(), name.to_owned());
            }
        }
    }
    Ok(names)
}
