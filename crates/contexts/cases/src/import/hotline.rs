//! Tickets of the city's hotline from a file (12345 工单表): each row is a delivery, as the city's program would send it.
//!
//! What always holds here: every row is answered once, in the order of the file; a rejected row leaves nothing behind; the same file again
//! changes nothing, also one that has a ticket several times; a batch is one transaction; a dry run writes nothing.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::sync::Arc;

use linli_access::{Action, Ctx, Resource};
use linli_db::{Db, Tx};
use linli_kernel::{DistrictId, PlacePath};
use linli_sheet::{
    FieldError, FieldKind, FieldSpec, Limits, Mapping, Origin, Outcome, Record, Report, Row, Schema, Source, Totals,
};

use super::{Decision, ImportError};
use crate::commands::{self, DESCRIPTION_MAX, NewTicket, Receipt, TICKET_NO_MAX};
use crate::error::{CasesError, FieldProblem};
use crate::neighbours::Neighbours;
use crate::office::Office;

/// Rows of one transaction.
const BATCH_ROWS: usize = 1_000;

/// The fields of a table of tickets, and what a mapping may fill.
#[must_use]
pub fn ticket_schema() -> Arc<Schema> {
    Arc::new(Schema::new(
        "hotline",
        [
            FieldSpec::new("ticket_no", FieldKind::Identifier).required().aliases(&["工单编号"]).max_chars(TICKET_NO_MAX),
            FieldSpec::new("title", FieldKind::Text).aliases(&["标题"]).max_chars(200),
            FieldSpec::new("content", FieldKind::Text).required().aliases(&["内容"]).max_chars(DESCRIPTION_MAX),
            FieldSpec::new("category", FieldKind::Text).aliases(&["类别", "诉求类别"]).max_chars(100),
            FieldSpec::new("place", FieldKind::Text).aliases(&["地点"]).max_chars(200),
            FieldSpec::new("received_at", FieldKind::Instant).aliases(&["受理时间"]),
            FieldSpec::new("due_at", FieldKind::Instant).aliases(&["办理时限"]),
            FieldSpec::new("phone", FieldKind::Text).aliases(&["联系电话"]).max_chars(40),
            FieldSpec::new("rework", FieldKind::Text).aliases(&["重办原因"]).max_chars(commands::NOTE_MAX),
            FieldSpec::new("rework_at", FieldKind::Instant).aliases(&["重办时间"]),
        ],
    ))
}

/// Who and what an import of tickets works with.
pub struct TicketImport<'a> {
    /// Who imports.
    pub ctx: &'a Ctx,
    /// The store.
    pub db: &'a Db,
    /// Rules and vault.
    pub office: &'a Office,
    /// Where keys of places are looked up.
    pub neighbours: &'a dyn Neighbours,
    /// The district the tickets belong to.
    pub district: DistrictId,
    /// Answer every row, write nothing.
    pub dry_run: bool,
    /// The place of rows that name none; `None` rejects them.
    pub place: Option<PlacePath>,
    /// The file, which is read beforehand for the tickets that it has several times.
    pub origin: &'a Origin,
    /// How large it may be.
    pub limits: &'a Limits,
    /// How reasons are said.
    pub say: &'a (dyn Fn(&FieldError) -> String + Sync),
}

/// A row with what was read from it.
type Read = (Row, Result<Record, Vec<FieldError>>);

/// The tickets that a file has several times.
#[derive(Default)]
struct Repeated {
    /// The last row of each: what the file says of it in the end.
    last: HashMap<String, Record>,
    /// Those that a row was answered for.
    seen: HashSet<String>,
    /// Those that stood here already as the last row has them when the first came: the file was taken before.
    taken_before: HashSet<String>,
}

fn number_in(record: &Record) -> String {
    record.opt_text("ticket_no").unwrap_or_default().trim().to_owned()
}

impl TicketImport<'_> {
    /// Takes a file. `progress` is told how many rows were answered.
    ///
    /// # Errors
    /// When the actor may not import there, the mapping does not fit the file, the file breaks off, or the store fails; whole
    /// batches before that are kept.
    pub async fn run<W: Write + Send>(
        &self,
        source: Source,
        mapping: &Mapping,
        report: &mut Report<W>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Totals, ImportError> {
        let top = self.place.clone().unwrap_or_default();
        self.ctx.may(Action::Import, Resource::Case, self.district, &top).map_err(CasesError::from)?;
        let bound = mapping.bind(source.headers(), source.format())?;
        let mut repeated = self.repeated(mapping)?;
        let (mut waiting, mut answered): (Vec<Read>, u64) = (Vec::with_capacity(BATCH_ROWS), 0);
        for row in source {
            let row = row?;
            let record = bound.apply(&row);
            waiting.push((row, record));
            if waiting.len() == BATCH_ROWS {
                answered += self.answer(std::mem::take(&mut waiting), &mut repeated, report).await?;
                progress(answered);
            }
        }
        answered += self.answer(waiting, &mut repeated, report).await?;
        progress(answered);
        Ok(report.totals())
    }

    /// Reads the file beforehand, and once more where a ticket is in it several times.
    fn repeated(&self, mapping: &Mapping) -> Result<Repeated, ImportError> {
        let mut rows: HashMap<String, u32> = HashMap::new();
        self.each(mapping, |record| *rows.entry(number_in(&record)).or_default() += 1)?;
        rows.retain(|_, rows| *rows > 1);
        let mut repeated = Repeated::default();
        if !rows.is_empty() {
            self.each(mapping, |record| {
                let number = number_in(&record);
                if rows.contains_key(&number) {
                    repeated.last.insert(number, record);
                }
            })?;
        }
        Ok(repeated)
    }

    fn each(&self, mapping: &Mapping, mut see: impl FnMut(Record)) -> Result<(), ImportError> {
        let source = Source::open(self.origin, mapping.hints(), self.limits)?;
        let bound = mapping.bind(source.headers(), source.format())?;
        // Where the file breaks off is said when its rows are answered.
        source.map_while(Result::ok).filter_map(|row| bound.apply(&row).ok()).for_each(&mut see);
        Ok(())
    }

    async fn answer<W: Write + Send>(
        &self,
        rows: Vec<Read>,
        repeated: &mut Repeated,
        report: &mut Report<W>,
    ) -> Result<u64, ImportError> {
        let mut tx = self.db.begin(self.district).await?;
        let mut decisions = Vec::with_capacity(rows.len());
        for (row, record) in rows {
            let decision = match record {
                Ok(record) => self.take_in_its_turn(&mut tx, &record, repeated).await?,
                Err(wrong) => Decision::rejected(wrong),
            };
            decisions.push((row, decision));
        }
        // A dry run has taken everything in; dropped, none of it happened.
        if !self.dry_run {
            tx.commit().await?;
        }
        let mut count = 0;
        for (row, decision) in &decisions {
            let reasons: Vec<String> = decision.notes.iter().map(self.say).collect();
            report.answer_in_words(row, decision.outcome, &reasons)?;
            count += 1;
        }
        Ok(count)
    }

    /// A row of a ticket that the file has several times says that it does. The first of them finds out whether the file was taken before:
    /// then none of them changes anything, or the rows of one ticket would change it to and fro every time.
    async fn take_in_its_turn(&self, tx: &mut Tx, record: &Record, repeated: &mut Repeated) -> Result<Decision, ImportError> {
        let number = number_in(record);
        let Some(last) = repeated.last.get(&number) else { return self.take(tx, record).await };
        let first = repeated.seen.insert(number.clone());
        if first && self.is_known(tx, last).await? {
            repeated.taken_before.insert(number.clone());
        }
        let mut decision =
            if repeated.taken_before.contains(&number) { Decision::unchanged() } else { self.take(tx, record).await? };
        if !first {
            decision.notes.push(FieldError::new("ticket_no", "ticket_again").value(&number));
        }
        Ok(decision)
    }

    /// Whether a row says what is known already.
    async fn is_known(&self, tx: &mut Tx, record: &Record) -> Result<bool, ImportError> {
        let Some(place) = self.place_of(tx, record).await? else { return Ok(false) };
        match commands::is_known(tx, self.office, &ticket(record, place), self.ctx.now()).await {
            Ok(known) => Ok(known),
            Err(CasesError::Field { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn take(&self, tx: &mut Tx, record: &Record) -> Result<Decision, ImportError> {
        let Some(place) = self.place_of(tx, record).await? else {
            let named = record.opt_text("place");
            let code = if named.is_some() { "place_unknown" } else { "place_missing" };
            return Ok(Decision::rejected(vec![FieldError::new("place", code).value(named.unwrap_or_default())]));
        };
        // What is wrong is found before anything of the row is written.
        match commands::receive_ticket(self.ctx, tx, self.office, ticket(record, place)).await {
            Ok(received) => Ok(Decision { outcome: outcome(received.receipt), notes: Vec::new() }),
            Err(CasesError::Field { field, problem }) => Ok(Decision::rejected(vec![FieldError::new(field, code(problem))])),
            Err(error) => Err(error.into()),
        }
    }

    async fn place_of(&self, tx: &mut Tx, record: &Record) -> Result<Option<PlacePath>, ImportError> {
        let Some(key) = record.opt_text("place") else { return Ok(self.place.clone()) };
        Ok(self.neighbours.place_of_key(&mut tx.conn()?, self.district, key).await?)
    }
}

/// A row as the city's program would send it.
fn ticket(record: &Record, place: PlacePath) -> NewTicket {
    let text = |field: &str| record.opt_text(field).unwrap_or_default().to_owned();
    NewTicket {
        ticket_no: text("ticket_no"),
        title: text("title"),
        content: text("content"),
        category: text("category"),
        place_named: record.opt_text("place").is_some(),
        place,
        // Whoever imports is let in to the places of the tickets themselves.
        within: PlacePath::root(),
        received_at: record.instant("received_at"),
        due_at: record.instant("due_at"),
        phone: record.opt_text("phone").map(str::to_owned),
        rework: record.opt_text("rework").map(str::to_owned),
        rework_at: record.instant("rework_at"),
        fresh: false,
    }
}

const fn outcome(receipt: Receipt) -> Outcome {
    match receipt {
        Receipt::New => Outcome::Accepted,
        Receipt::Changed => Outcome::Changed,
        Receipt::Unchanged => Outcome::Unchanged,
    }
}

/// The code of a reason, as the texts of this room know it.
const fn code(problem: FieldProblem) -> &'static str {
    match problem {
        FieldProblem::BeforeReceipt => "before_receipt",
        FieldProblem::InTheFuture => "received_in_the_future",
        FieldProblem::NotSinceReceipt => "not_since_receipt",
        FieldProblem::OfAnotherPlace => "of_another_place",
        FieldProblem::NotAPhone => "not_a_phone",
        FieldProblem::TooLong { .. } => "ticket_too_long",
        FieldProblem::ControlCharacter => "ticket_control_character",
        _ => "ticket_field",
    }
}
