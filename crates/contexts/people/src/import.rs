//! People and appointments from files (人员、任职), row by row.
//!
//! What always holds here: every row is answered exactly once, in the order of the file; a rejected row leaves nothing behind; the
//! same file again changes nothing; a dry run writes nothing. A batch is one transaction with one journal line; a load that breaks
//! off has kept whole batches and can be run again.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use linli_access::Ctx;
use linli_db::{Db, Tx};
use linli_kernel::DistrictId;
use linli_sheet::{
    FieldError, FieldKind, FieldSpec, Mapping, MappingError, Record, Report, Row, Schema, SheetError, Source, Totals,
};
use linli_territory::error::{Answer, Problem};
use linli_territory::import::InReport;

use crate::commands::{put_appointments, put_people};
use crate::error::PeopleError;
use crate::model::{AppointmentInput, PersonInput};

/// Rows of one transaction.
const BATCH: usize = 5_000;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeopleKind {
    /// People with their organisations.
    People,
    /// Appointments.
    Appointments,
}

impl PeopleKind {
    /// The word of the command line and of a mapping's `kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Appointments => "appointments",
        }
    }

    /// The fields of the own format, and what a mapping may fill.
    #[must_use]
    pub fn schema(self) -> Arc<Schema> {
        let text = |name| FieldSpec::new(name, FieldKind::Text).max_chars(300);
        let key = |name| FieldSpec::new(name, FieldKind::Identifier).max_chars(300);
        let fields = match self {
            Self::People => vec![
                key("person_code").required().aliases(&["工号", "人员编号"]),
                text("name").required().aliases(&["姓名"]),
                text("organisation_kind").aliases(&["单位类型"]),
                text("organisation_name").aliases(&["单位名称", "单位"]),
                key("organisation_credit_code").aliases(&["统一社会信用代码"]),
                text("work_phone").aliases(&["工作电话"]),
            ],
            Self::Appointments => vec![
                key("person_code").required().aliases(&["工号", "人员编号"]),
                text("organisation_name").aliases(&["单位名称", "单位"]),
                text("role").required().aliases(&["角色"]),
                text("title").aliases(&["职务"]),
                key("place").aliases(&["地点"]),
                key("grid_code").aliases(&["网格编码"]),
                text("public_phone").aliases(&["公示电话"]),
                FieldSpec::new("from", FieldKind::Instant).required().aliases(&["任职开始", "开始日期"]),
                FieldSpec::new("to", FieldKind::Instant).aliases(&["任职结束", "结束日期"]),
            ],
        };
        Arc::new(Schema::new(self.name(), fields))
    }

    /// The mapping of the own format.
    #[must_use]
    pub fn own_mapping(self) -> Mapping {
        Mapping::by_name(&self.schema(), None)
    }
}

/// Why a file could not be taken at all, or a load broke off. Whole batches before that are kept.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The room refused, or the store.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The file.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The mapping does not fit the file.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

impl From<linli_db::DbError> for ImportError {
    fn from(error: linli_db::DbError) -> Self {
        Self::People(error.into())
    }
}

/// A file to be taken.
pub struct PeopleImport<'a> {
    /// Who imports.
    pub ctx: &'a Ctx,
    /// The store.
    pub db: &'a Db,
    /// The district the rows belong to.
    pub district: DistrictId,
    /// What the rows are.
    pub kind: PeopleKind,
    /// Answer every row, write nothing.
    pub dry_run: bool,
    /// How problems are said, usually [`linli_territory::import::sentence`].
    pub say: &'a (dyn Fn(&Problem) -> String + Sync),
}

/// A row on its way into a batch.
struct Waiting<I> {
    row: Row,
    refused: Vec<FieldError>,
    input: Result<I, Problem>,
}

impl PeopleImport<'_> {
    /// Takes the file. Every row is answered in the report. `progress` is told the rows done.
    ///
    /// # Errors
    /// See [`ImportError`]; whole batches before that are kept.
    pub async fn run<W: Write + Send>(
        &self,
        source: Source,
        mapping: &Mapping,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Totals, ImportError> {
        match self.kind {
            PeopleKind::People => self.take::<People, W>(source, mapping, report, progress).await,
            PeopleKind::Appointments => self.take::<Appointments, W>(source, mapping, report, progress).await,
        }
    }

    async fn take<K: Kind, W: Write + Send>(
        &self,
        source: Source,
        mapping: &Mapping,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Totals, ImportError> {
        let bound = mapping.bind(source.headers(), source.format())?;
        let mut source = source;
        let mut answers = InReport::new(report, self.say);
        // Where a key stood first. The commands see a batch, so a second row in a later batch is refused here.
        let mut seen: HashMap<String, u64> = HashMap::new();
        let mut done = 0_u64;
        let mut kept_open: Option<Tx> = None;
        loop {
            let mut batch = Vec::new();
            for row in source.by_ref().take(BATCH) {
                let row = row?;
                batch.push(match bound.apply(&row) {
                    Err(refused) => Waiting { row, refused, input: Err(Problem::new("row", "unreadable", "")) },
                    Ok(record) => {
                        let input =
                            K::read(&record).and_then(|input| first_of_its_key(&mut seen, &K::key(&input), row.line, input));
                        Waiting { row, refused: Vec::new(), input }
                    }
                });
            }
            if batch.is_empty() {
                break;
            }
            let mut tx = match kept_open.take() {
                Some(tx) => tx,
                None => self.db.begin(self.district).await?,
            };
            done += self.answer::<K, W>(&mut tx, batch, &mut answers).await?;
            // A dry run stays in one transaction, so that later rows meet what earlier ones would have made, and is dropped.
            if self.dry_run {
                kept_open = Some(tx);
            } else {
                tx.commit().await?;
            }
            progress(done);
        }
        answers.done()?;
        Ok(report.totals())
    }

    async fn answer<K: Kind, W: Write + Send>(
        &self,
        tx: &mut Tx,
        batch: Vec<Waiting<K::Input>>,
        answers: &mut InReport<'_, W>,
    ) -> Result<u64, ImportError> {
        let mut inputs = Vec::with_capacity(batch.len());
        let mut rows = Vec::with_capacity(batch.len());
        for Waiting { row, refused, input } in batch {
            rows.push((row, refused, input.map(|input| inputs.push(input))));
        }
        let mut told = K::put(self.ctx, tx, &inputs).await?.into_iter();
        let mut count = 0;
        for (row, refused, read) in rows {
            let answer = match read {
                Err(problem) => problem.into(),
                Ok(()) => told.next().unwrap_or_else(|| Problem::new("row", "unanswered", "").into()),
            };
            answers.tell(&row, &refused, &answer);
            count += 1;
        }
        Ok(count)
    }
}

/// A key that comes a second time is refused, with the line of the first.
fn first_of_its_key<I>(seen: &mut HashMap<String, u64>, key: &str, line: u64, input: I) -> Result<I, Problem> {
    match seen.get(key) {
        Some(first) => Err(Problem::new("person_code", "duplicate", format!("= {first}"))),
        None => {
            seen.insert(key.to_owned(), line);
            Ok(input)
        }
    }
}

fn owned(record: &Record, field: &str) -> Option<String> {
    record.opt_text(field).map(str::to_owned)
}

/// A kind of row.
trait Kind {
    type Input: Send + Sync;
    fn read(record: &Record) -> Result<Self::Input, Problem>;
    fn key(input: &Self::Input) -> String;
    async fn put(ctx: &Ctx, tx: &mut Tx, inputs: &[Self::Input]) -> Result<Vec<Answer>, PeopleError>;
}

struct People;

impl Kind for People {
    type Input = PersonInput;

    fn read(record: &Record) -> Result<PersonInput, Problem> {
        Ok(PersonInput {
            code: record.text("person_code").to_owned(),
            name: record.text("name").to_owned(),
            organisation_kind: owned(record, "organisation_kind"),
            organisation_name: owned(record, "organisation_name"),
            organisation_credit_code: owned(record, "organisation_credit_code"),
            work_phone: owned(record, "work_phone"),
        })
    }

    fn key(input: &PersonInput) -> String {
        input.code.clone()
    }

    async fn put(ctx: &Ctx, tx: &mut Tx, inputs: &[PersonInput]) -> Result<Vec<Answer>, PeopleError> {
        put_people(ctx, tx, inputs).await
    }
}

struct Appointments;

impl Kind for Appointments {
    type Input = AppointmentInput;

    /// `from` and `to` are days or moments; a day is its first moment in Beijing.
    fn read(record: &Record) -> Result<AppointmentInput, Problem> {
        Ok(AppointmentInput {
            person_code: record.text("person_code").to_owned(),
            organisation_name: owned(record, "organisation_name"),
            role: record.text("role").to_owned(),
            title: record.text("title").to_owned(),
            place: record.text("place").to_owned(),
            grid_code: owned(record, "grid_code"),
            public_phone: owned(record, "public_phone"),
            valid_from: record.instant("from").ok_or_else(|| Problem::new("from", "missing", ""))?,
            valid_to: record.instant("to"),
        })
    }

    /// What makes two appointments of a file the same one; see [`crate::rules::same_appointment`].
    fn key(input: &AppointmentInput) -> String {
        let organisation = input.organisation_name.as_deref().unwrap_or_default();
        let grid = input.grid_code.as_deref().unwrap_or_default();
        let parts = [input.person_code.as_str(), organisation, &input.role, &input.title, &input.place, grid];
        format!("{}\u{1f}{}", parts.join("\u{1f}"), input.valid_from.0)
    }

    async fn put(ctx: &Ctx, tx: &mut Tx, inputs: &[AppointmentInput]) -> Result<Vec<Answer>, PeopleError> {
        put_appointments(ctx, tx, inputs).await
    }
}
